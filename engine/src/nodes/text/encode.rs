//! Texts as other programs want them: hashed, encoded, marked up.

use base64::{Engine as _, engine::general_purpose};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use pulldown_cmark::{Event, Options, Parser, html};
use sha2::{Digest, Sha256, Sha512};

use crate::{Choice, NodeError, node};

use super::within_limit;

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Hash {
    #[choice(title = "SHA-256")]
    Sha256,
    #[choice(title = "SHA-512")]
    Sha512,
    #[choice(title = "BLAKE3")]
    Blake3,
}

/// Makes a fingerprint of a text: the same for the same text, and never for another one.
#[node("text.hash", title = "Hash", example = r#"{"inputs":{"text":"A slow evening"},"params":{"hash":"sha256"}}"#)]
fn hash(
    /// The text.
    text: String,
    /// The kind of fingerprint.
    #[param(title = "Kind", default = Hash::Sha256)]
    hash: Hash,
) -> Result<String, NodeError> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(match hash {
        Hash::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        Hash::Sha512 => hex(&Sha512::digest(text.as_bytes())),
        Hash::Blake3 => blake3::hash(text.as_bytes()).to_hex().to_string(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Way {
    Encode,
    Decode,
}

/// Encodes a text as Base64, or decodes it.
#[node(
    "text.base64",
    title = "Base64",
    example = r#"{"inputs":{"text":"QSBzbG93IGV2ZW5pbmc="},"params":{"way":"decode"}}"#
)]
fn base64(
    /// The text.
    text: String,
    /// Which way.
    #[param(title = "Way", default = Way::Encode)]
    way: Way,
    /// Uses letters that may stand in addresses and file names.
    #[param(title = "For addresses", default = false)]
    url_safe: bool,
) -> Result<String, NodeError> {
    if way == Way::Encode {
        let engine = if url_safe { &general_purpose::URL_SAFE_NO_PAD } else { &general_purpose::STANDARD };
        return within_limit(engine.encode(text));
    }
    // Both alphabets, with and without padding: what is meant is clear.
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    let plain = plain.replace('-', "+").replace('_', "/");
    let bytes = general_purpose::STANDARD_NO_PAD.decode(plain);
    let bytes = bytes.map_err(|error| NodeError::invalid("text", "this is not Base64").with_raw(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| NodeError::invalid("text", "what is encoded is no text, as far as UTF-8 goes"))
}

/// What keeps its meaning in a whole address.
const ADDRESS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|');
/// What may stand in a part of an address.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Encodes a text so that it may stand in a web address, or decodes it.
#[node(
    "text.url_encode",
    title = "URL encode",
    example = r#"{"inputs":{"text":"a slow evening & more"},"params":{"way":"encode"}}"#
)]
fn url_encode(
    /// The text.
    text: String,
    /// Which way.
    #[param(title = "Way", default = Way::Encode)]
    way: Way,
    /// Keeps the signs that part an address, such as `/` and `?`.
    #[param(title = "Whole address", default = false)]
    whole: bool,
) -> Result<String, NodeError> {
    match way {
        Way::Encode => within_limit(utf8_percent_encode(&text, if whole { ADDRESS } else { PART }).to_string()),
        Way::Decode => percent_decode_str(&text)
            .decode_utf8()
            .map(Into::into)
            .map_err(|_| NodeError::invalid("text", "what is encoded is no text, as far as UTF-8 goes")),
    }
}

/// Turns Markdown into HTML. HTML inside of the Markdown is shown as text, never taken over.
#[node(
    "text.markdown",
    title = "Markdown to HTML",
    example = r##"{"inputs":{"text":"# A slow evening\n\nWith *light*."}}"##
)]
fn markdown(
    /// The Markdown.
    text: String,
) -> Result<String, NodeError> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(&text, options).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    within_limit(written)
}

/// Takes the text out of HTML: of a web page, a mail. Headings, lists and links stay readable.
#[node(
    "text.from_html",
    title = "HTML to text",
    resource = "cpu",
    example = r#"{"inputs":{"html":"<h1>A slow evening</h1><p>With <b>light</b>.</p><script>x()</script>"}}"#
)]
async fn from_html(
    /// The HTML.
    html: String,
    /// Where lines break.
    #[param(title = "Line width", default = 100, min = 20, max = 1000, unit = "characters")]
    width: u32,
    ctx: &crate::NodeContext,
) -> Result<String, NodeError> {
    /// Elements inside of each other: the reader is recursive.
    const DEPTH_MAX: usize = 1000;
    if depth(&html) > DEPTH_MAX {
        return Err(NodeError::invalid("html", format!("elements stand in each other more than {DEPTH_MAX} deep")));
    }
    let work = move || {
        html2text::config::plain_no_decorate()
            .string_from_read(html.as_bytes(), width as usize)
            .map_err(|error| NodeError::invalid("html", "the HTML cannot be read").with_raw(&error.to_string()))
    };
    within_limit(ctx.blocking(work).await?)
}

/// At least as deep as elements can stand in each other.
fn depth(html: &str) -> usize {
    let (mut now, mut most) = (0usize, 0);
    for (at, _) in html.match_indices('<') {
        match html.as_bytes().get(at + 1) {
            Some(b'/') => now = now.saturating_sub(1),
            Some(letter) if letter.is_ascii_alphabetic() => {
                let name: String = html[at + 1..].chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
                // These hold nothing, and are never closed.
                if !["br", "img", "hr", "meta", "link", "input", "p", "li", "td", "tr"]
                    .contains(&&*name.to_ascii_lowercase())
                {
                    now += 1;
                }
            }
            _ => {}
        }
        most = most.max(now);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_the_known_ones() {
        assert_eq!(
            hash("abc".into(), Hash::Sha256).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(hash(String::new(), Hash::Blake3).unwrap().starts_with("af1349b9f5f9a1a6"));
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["Grüße & mehr?", "", "a/b c"] {
            for flag in [false, true] {
                let there = base64(text.into(), Way::Encode, flag).unwrap();
                assert_eq!(base64(there, Way::Decode, flag).unwrap(), text);
                let there = url_encode(text.into(), Way::Encode, flag).unwrap();
                assert_eq!(url_encode(there, Way::Decode, flag).unwrap(), text);
            }
        }
        assert_eq!(url_encode("a/b c".into(), Way::Encode, true).unwrap(), "a/b%20c");
        assert!(base64("%%".into(), Way::Decode, false).is_err());
    }

    #[test]
    fn markdown_takes_no_html_over() {
        let html = markdown("# Hi\n\n<script>x</script>\n\na *b*".into()).unwrap();
        assert!(html.contains("<h1>Hi</h1>") && html.contains("<em>b</em>") && !html.contains("<script>"), "{html}");
    }

    #[test]
    fn html_that_is_too_deep_is_told_by_counting() {
        assert!(depth(&"<div>".repeat(5000)) > 1000 && depth("<div><b>x</b></div><br><br>") == 2);
    }
}
