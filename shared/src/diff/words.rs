//! How one text became another, in whole words: what a history shows of a changed prompt.

use serde::{Deserialize, Serialize};
use similar::{Algorithm, ChangeTag, utils::diff_words};

/// The time to compare grows with the product of the lengths: beyond this, what differs is shown as one piece.
const MAX_BYTES: usize = 32 * 1024;

/// A stretch of text. Those that are not removed make up the new text, those that are not added the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPiece {
    Same(String),
    Removed(String),
    Added(String),
}

impl TextPiece {
    pub fn text(&self) -> &str {
        match self {
            Self::Same(text) | Self::Removed(text) | Self::Added(text) => text,
        }
    }
}

/// The pieces in the order of reading; where words were replaced, the old ones stand first.
pub fn text_pieces(old: &str, new: &str) -> Vec<TextPiece> {
    let start = common(old.chars(), new.chars());
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = common(old_rest.chars().rev(), new_rest.chars().rev());
    let (gone, come) = (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
    if gone.len() + come.len() > MAX_BYTES {
        let pieces = [
            TextPiece::Same(old[..start].into()),
            TextPiece::Removed(gone.into()),
            TextPiece::Added(come.into()),
            TextPiece::Same(old_rest[old_rest.len() - end..].into()),
        ];
        return pieces.into_iter().filter(|piece| !piece.text().is_empty()).collect();
    }
    // Whole texts again, so that no word is cut where the common beginning happens to end.
    let pieces = if start + end > MAX_BYTES { around(old, new, start, end) } else { words(old, new) };
    joined(pieces)
}

/// The middle in words, with common text around that is cut at white space.
fn around(old: &str, new: &str, start: usize, end: usize) -> Vec<TextPiece> {
    let start = old[..start].rfind(char::is_whitespace).unwrap_or(0);
    let tail = &old[old.len() - end..];
    let end = tail.find(char::is_whitespace).map_or(0, |at| tail.len() - at);
    let middle = words(&old[start..old.len() - end], &new[start..new.len() - end]);
    let (before, after) = (TextPiece::Same(old[..start].into()), TextPiece::Same(old[old.len() - end..].into()));
    [before].into_iter().chain(middle).chain([after]).collect()
}

fn words(old: &str, new: &str) -> Vec<TextPiece> {
    let piece = |(tag, text): (ChangeTag, &str)| match tag {
        ChangeTag::Equal => TextPiece::Same(text.into()),
        ChangeTag::Delete => TextPiece::Removed(text.into()),
        ChangeTag::Insert => TextPiece::Added(text.into()),
    };
    diff_words(Algorithm::Myers, old, new).into_iter().map(piece).collect()
}

/// Neighbours of one kind as one piece, and nothing empty.
fn joined(pieces: Vec<TextPiece>) -> Vec<TextPiece> {
    let mut joined: Vec<TextPiece> = Vec::new();
    for piece in pieces.into_iter().filter(|piece| !piece.text().is_empty()) {
        match (joined.last_mut(), &piece) {
            (Some(TextPiece::Same(last)), TextPiece::Same(text))
            | (Some(TextPiece::Removed(last)), TextPiece::Removed(text))
            | (Some(TextPiece::Added(last)), TextPiece::Added(text)) => last.push_str(text),
            _ => joined.push(piece),
        }
    }
    joined
}

/// Bytes of the characters that both begin with.
fn common(old: impl Iterator<Item = char>, new: impl Iterator<Item = char>) -> usize {
    old.zip(new).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let show = |piece: &TextPiece| match piece {
            TextPiece::Same(text) => text.clone(),
            TextPiece::Removed(text) => format!("[-{text}-]"),
            TextPiece::Added(text) => format!("[+{text}+]"),
        };
        text_pieces(old, new).iter().map(show).collect()
    }

    #[test]
    fn whole_words_are_shown() {
        assert_eq!(shown("a red fox jumps", "a reddish fox sleeps"), "a [-red-][+reddish+] fox [-jumps-][+sleeps+]");
        assert_eq!(shown("", "new"), "[+new+]");
        assert_eq!(shown("same", "same"), "same");
        assert_eq!(shown("one\ntwo", "one\nthree"), "one\n[-two-][+three+]");
    }

    #[test]
    fn long_texts_are_compared_where_they_differ() {
        let long = "word ".repeat(20_000);
        let (old, new) = (format!("{long}red {long}"), format!("{long}blue {long}"));
        let pieces = text_pieces(&old, &new);
        assert!(pieces.contains(&TextPiece::Removed("red".into())), "{}", pieces.len());
        assert!(pieces.contains(&TextPiece::Added("blue".into())));
        // Nothing in common and too long to compare: one piece each, at once.
        assert_eq!(text_pieces(&"a ".repeat(500_000), &"b".repeat(1_000_000)).len(), 2);
    }
}
