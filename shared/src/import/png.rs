//! Texts in a PNG: `tEXt`, and `iTXt` that is not compressed. Nothing is decoded, and no length is believed.

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

pub fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Keyword and text of each.
pub fn texts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = bytes.get(SIGNATURE.len()..).unwrap_or_default();
    // Length, type, data, checksum.
    while let Some((head, behind)) = rest.split_at_checked(8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some((data, behind)) = behind.split_at_checked(length) else { break };
        match &head[4..] {
            b"tEXt" => found.extend(latin(data)),
            b"iTXt" => found.extend(international(data)),
            b"IEND" => break,
            _ => {}
        }
        rest = behind.get(4..).unwrap_or_default();
    }
    found
}

/// Up to the next zero, and what stands behind it.
fn until_zero(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|byte| *byte == 0)?;
    Some((&data[..end], &data[end + 1..]))
}

fn latin(data: &[u8]) -> Option<(String, String)> {
    let (keyword, text) = until_zero(data)?;
    // By the standard it is Latin-1; programs that write UTF-8 here are common, and JSON is mostly neither.
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => text.iter().map(|byte| char::from(*byte)).collect(),
    };
    Some((String::from_utf8_lossy(keyword).to_lowercase(), text))
}

fn international(data: &[u8]) -> Option<(String, String)> {
    let (keyword, rest) = until_zero(data)?;
    let (&[compressed, _method], rest) = rest.split_first_chunk::<2>()?;
    if compressed != 0 {
        return None;
    }
    let (_language, rest) = until_zero(rest)?;
    let (_translated, text) = until_zero(rest)?;
    Some((String::from_utf8_lossy(keyword).to_lowercase(), String::from_utf8(text.to_vec()).ok()?))
}
