//! Files that are neither pictures nor films nor sounds: brought in, read as text.

use std::{io::Read, time::Duration};

use flate2::read::ZlibDecoder;

use crate::{File, MediaFile, NodeContext, NodeError, Outputs, node};

use super::{input_name, text::TEXT_MAX_BYTES};

/// Brings any file into the workflow: a PDF, a table, subtitles, a table of colours.
#[node("file.load", title = "File", role = "input", example = r#"{"params":{"value":"sample:photo"}}"#)]
fn load(
    /// What the file is called when the workflow is run from outside. Empty: it cannot be handed over.
    #[param(title = "Name", default = "", wire = false)]
    name: String,
    /// The file.
    #[param(title = "File", accept = "file")]
    value: MediaFile,
) -> Result<File, NodeError> {
    input_name(&name)?;
    Ok(File(value.0))
}

/// Reads a file as text: subtitles, tables, Markdown, code.
#[node("file.text", title = "Text of a file", example = r#"{"inputs":{"file":"sample:text"}}"#)]
async fn text(
    /// The file.
    file: File,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    if file.media().size_bytes > TEXT_MAX_BYTES as u64 {
        return Err(NodeError::invalid("file", format!("the file is larger than {} MB", TEXT_MAX_BYTES >> 20)));
    }
    let bytes = file.bytes(ctx).await?;
    if bytes.len() > TEXT_MAX_BYTES || bytes.contains(&0) {
        return Err(NodeError::invalid("file", "the file is not text"));
    }
    Ok(match std::str::from_utf8(&bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        // Old programs write one byte a letter: those of Latin-1 are the first of Unicode.
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    })
}

/// Largest document that is read.
const PDF_MAX_BYTES: usize = 32 << 20;
/// What all compressed parts of a document may unpack to: a few kilobytes can hold gigabytes.
const UNPACKED_MAX_BYTES: u64 = 256 << 20;
/// A document that takes longer is built to.
const PDF_TIME_MAX: Duration = Duration::from_secs(60);

#[derive(Outputs)]
struct PdfText {
    /// The text of all pages.
    text: String,
    /// The text of each page.
    pages: Vec<String>,
}

/// Takes the text out of a PDF. Scanned pages are pictures: they have none.
#[node(
    "document.pdf_text",
    title = "Text of a PDF",
    resource = "cpu",
    timeout_seconds = 120,
    example = r#"{"inputs":{"file":"sample:pdf"}}"#
)]
async fn pdf_text(
    /// The PDF.
    file: File,
    ctx: &NodeContext,
) -> Result<PdfText, NodeError> {
    let refuse = |why: &str| NodeError::invalid("file", why);
    if file.media().size_bytes > PDF_MAX_BYTES as u64 {
        return Err(refuse("the document is larger than 32 MB"));
    }
    let bytes = file.bytes(ctx).await?;
    if bytes.len() > PDF_MAX_BYTES || !bytes[..bytes.len().min(1024)].windows(5).any(|head| head == b"%PDF-") {
        return Err(refuse("the file is not a PDF"));
    }
    let reading = tokio::task::spawn_blocking(move || {
        if !unpacks_within(&bytes, UNPACKED_MAX_BYTES) {
            return Err("the document unpacks to more than 256 MB".to_owned());
        }
        pdf_extract::extract_text_from_mem_by_pages(&bytes).map_err(|error| error.to_string())
    });
    let read = tokio::select! {
        read = tokio::time::timeout(PDF_TIME_MAX, reading) => read,
        () = ctx.cancel().cancelled() => return Err(NodeError::Cancelled),
    };
    let pages = match read {
        Ok(Ok(Ok(pages))) => pages,
        Ok(Ok(Err(why))) => return Err(refuse("the document cannot be read").with_raw(&why)),
        // The reader panics on some broken documents: they are broken either way.
        Ok(Err(_)) => return Err(refuse("the document is damaged")),
        Err(_) => return Err(refuse("reading the document takes too long")),
    };
    let pages: Vec<String> = pages.into_iter().map(|page| page.trim().to_owned()).collect();
    let text = super::text::within_limit(pages.join("\n\n"))?;
    Ok(PdfText { text, pages })
}

/// Whether all that is compressed with Flate in a document unpacks to no more than `most` bytes, and what is compressed
/// in that again. Reads the bytes and not the structure, which can lie.
fn unpacks_within(bytes: &[u8], most: u64) -> bool {
    const DEPTH_MAX: u32 = 4;
    fn unpacked(bytes: &[u8], left: u64, depth: u32) -> Option<u64> {
        let mut content = Vec::new();
        // What is damaged unpacks up to the damage.
        let _ = ZlibDecoder::new(bytes).take(left + 1).read_to_end(&mut content);
        let mut sum = content.len() as u64;
        if sum > left || depth == 0 {
            return (sum <= left && depth > 0).then_some(sum);
        }
        if content.first() == Some(&0x78) {
            sum += unpacked(&content, left - sum, depth - 1)?;
        }
        Some(sum)
    }
    let mut left = most;
    let finder = b"stream";
    let starts = bytes.windows(finder.len()).enumerate().filter(|(_, window)| window == finder).map(|(at, _)| at + 6);
    for start in starts {
        let content = &bytes[start..];
        let content = content.strip_prefix(b"\r\n").or_else(|| content.strip_prefix(b"\n")).unwrap_or(content);
        // The first byte of what zlib writes.
        if content.first().is_none_or(|first| first & 0x0f != 8) {
            continue;
        }
        match unpacked(content, left, DEPTH_MAX) {
            Some(size) => left -= size,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_is_told_before_it_unpacks() {
        let document =
            |content: Vec<u8>| [b"%PDF-1.5 1 0 obj << >> stream\n".to_vec(), content, b"\nendstream".to_vec()].concat();
        assert!(unpacks_within(&document(packed(&[7; 10_000])), 20_000));
        assert!(!unpacks_within(&document(packed(&[7; 30_000])), 20_000));
        // Packed twice: small at first sight.
        assert!(!unpacks_within(&document(packed(&packed(&vec![7; 3_000_000]))), 1_000_000));
        assert!(unpacks_within(b"%PDF-1.5 nothing", 10));
    }
}
