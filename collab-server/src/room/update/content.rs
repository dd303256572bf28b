//! The content of one struct: checked for form, measured in clock ticks, and passed over.

use serde::de::IgnoredAny;
use shared::protocol::lib0::{Malformed, Reader};

use super::{Kind, MAX_DEPTH, UpdateError};

/// Reads the content of a struct of the given kind. Yields how many clock ticks it takes.
pub fn read(reader: &mut Reader<'_>, kind: u8) -> Result<(Kind, u64), UpdateError> {
    match kind {
        1 => return Ok((Kind::Gone, reader.var_uint()?)),
        3 => {
            reader.var_buf()?;
        }
        4 => {
            let text = reader.var_string()?;
            // Clocks of text count UTF-16 code units.
            let len = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
            return Ok((Kind::Content, len as u64));
        }
        5 => json(reader.var_string()?)?,
        6 => {
            reader.var_string()?;
            json(reader.var_string()?)?;
        }
        7 => match reader.var_uint()? {
            0 | 1 | 2 | 4 | 6 => {}
            // XML elements and hooks carry a name.
            3 | 5 => {
                reader.var_string()?;
            }
            _ => return Err(Malformed::Type.into()),
        },
        8 => {
            let count = reader.count(1)?;
            for _ in 0..count {
                any(reader, MAX_DEPTH)?;
            }
            return Ok((Kind::Content, count as u64));
        }
        9 => {
            reader.var_string()?;
            any(reader, MAX_DEPTH)?;
            return Ok((Kind::Document, 1));
        }
        // 2 is a JSON list of Yjs before version 13; yrs reads one text too many there.
        unknown => return Err(UpdateError::Kind(unknown)),
    }
    Ok((Kind::Content, 1))
}

/// A value in lib0's own encoding.
fn any(reader: &mut Reader<'_>, depth: usize) -> Result<(), Malformed> {
    let Some(depth) = depth.checked_sub(1) else { return Err(Malformed::Depth) };
    match reader.byte()? {
        // undefined, null, false, true
        127 | 126 | 121 | 120 => {}
        125 => {
            reader.var_int()?;
        }
        124 => {
            reader.take(4)?;
        }
        123 | 122 => {
            reader.take(8)?;
        }
        119 => {
            reader.var_string()?;
        }
        118 => {
            for _ in 0..reader.count(2)? {
                reader.var_string()?;
                any(reader, depth)?;
            }
        }
        117 => {
            for _ in 0..reader.count(1)? {
                any(reader, depth)?;
            }
        }
        116 => {
            reader.var_buf()?;
        }
        _ => return Err(Malformed::Type),
    }
    Ok(())
}

/// Whether a text is one JSON value of bounded depth. Browsers throw on anything else.
pub fn json(text: &str) -> Result<(), Malformed> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Malformed::Depth);
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|_| Malformed::Json)
}
