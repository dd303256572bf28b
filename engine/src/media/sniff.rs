//! What kind of file bytes are, judged by how they begin. File names are never believed.

/// How many bytes are looked at.
pub(super) const HEAD_BYTES: usize = 8192;

/// What describes best what the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture that can be decoded here.
    Picture,
    /// A film or a sound: which of them, and of what kind exactly, only probing can tell.
    Stream,
    /// Neither, or none that is known here.
    Other,
}

/// The MIME type of a file that begins with `head`, and how to look into it.
pub(super) fn sniff(head: &[u8]) -> (&'static str, Kind) {
    let Some(found) = infer::get(head) else {
        return (if is_text(head) { "text/plain" } else { "application/octet-stream" }, Kind::Other);
    };
    match found.mime_type() {
        mime @ ("image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/tiff" | "image/bmp") => {
            (mime, Kind::Picture)
        }
        // The usual names, which browsers know, for the ones of the sniffer.
        "audio/x-wav" => ("audio/wav", Kind::Stream),
        "audio/x-flac" => ("audio/flac", Kind::Stream),
        "audio/x-aiff" => ("audio/aiff", Kind::Stream),
        "audio/m4a" => ("audio/mp4", Kind::Stream),
        "audio/opus" => ("audio/ogg", Kind::Stream),
        "video/x-m4v" => ("video/mp4", Kind::Stream),
        // A score, not a sound.
        mime @ "audio/midi" => (mime, Kind::Other),
        mime if mime.starts_with("video/") || mime.starts_with("audio/") => (mime, Kind::Stream),
        // Markup and scripts are texts: shown as such, never executed.
        mime if mime.starts_with("text/") => ("text/plain", Kind::Other),
        mime => (mime, Kind::Other),
    }
}

/// Whether bytes read as UTF-8 without control characters. The last character may be cut in two.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).expect("checked up to there")
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_known_by_their_beginning() {
        let cases: [(&[u8], &str, Kind); 7] = [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png", Kind::Picture),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav", Kind::Stream),
            (b"\0\0\0\x20ftypisom\0\0\0\0isomavc1", "video/mp4", Kind::Stream),
            (b"<!doctype html><script>", "text/plain", Kind::Other),
            ("grüße\n".as_bytes(), "text/plain", Kind::Other),
            (&"ä".as_bytes()[..1], "application/octet-stream", Kind::Other),
            (b"\0\x01\x02\x03", "application/octet-stream", Kind::Other),
        ];
        for (head, mime, kind) in cases {
            assert_eq!(sniff(head), (mime, kind), "{}", String::from_utf8_lossy(head));
        }
    }
}
