//! Parts of texts: trimmed, cut, line by line, in chunks; and what changed between two.

use similar::{ChangeTag, TextDiff};

use crate::{Choice, NodeError, Outputs, node};

use super::within_limit;

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Trim {
    #[choice(title = "Around the text")]
    Around,
    #[choice(title = "Around each line")]
    Lines,
    #[choice(title = "Everywhere: one space between words")]
    Everywhere,
}

/// Takes white space away that nobody needs.
#[node(
    "text.trim",
    title = "Trim text",
    example = r#"{"inputs":{"text":"  a   slow evening "},"params":{"trim":"everywhere"}}"#
)]
fn trim(
    /// The text.
    text: String,
    /// Where it is taken away.
    #[param(title = "Where", default = Trim::Around)]
    trim: Trim,
) -> Result<String, NodeError> {
    Ok(match trim {
        Trim::Around => text.trim().to_owned(),
        Trim::Lines => text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned(),
        Trim::Everywhere => text.split_whitespace().collect::<Vec<_>>().join(" "),
    })
}

/// Takes a part out of a text, by characters. Negative numbers count from the end.
#[node(
    "text.slice",
    title = "Part of text",
    example = r#"{"inputs":{"text":"A slow evening"},"params":{"start":2,"end":6}}"#
)]
fn slice(
    /// The text.
    text: String,
    /// The first character, from 0.
    #[param(title = "Start", default = 0)]
    start: i64,
    /// The character behind the last one. Empty: up to the end.
    #[param(title = "End")]
    end: Option<i64>,
    /// Put at the end where something was cut off, for example `…`.
    #[param(title = "Mark", default = "", advanced)]
    mark: String,
) -> Result<String, NodeError> {
    let count = text.chars().count();
    let (from, to) = super::super::list::bounds(start, end, count);
    let part: String = text.chars().skip(from).take(to.saturating_sub(from)).collect();
    Ok(if to < count { format!("{part}{mark}") } else { part })
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Order {
    #[choice(title = "As they are")]
    Same,
    #[choice(title = "Sorted, A to Z")]
    Sorted,
    #[choice(title = "Sorted, Z to A")]
    Backwards,
    Reversed,
}

/// Works on the lines of a text: sorts them, takes out empty ones and repetitions, numbers them.
#[node(
    "text.lines",
    title = "Lines",
    example = r#"{"inputs":{"text":"pear\napple\n\npear"},"params":{"order":"sorted","unique":true,"number":true}}"#
)]
fn lines(
    /// The text.
    text: String,
    /// Their order.
    #[param(title = "Order", default = Order::Same)]
    order: Order,
    /// Takes out lines that are there already.
    #[param(title = "No repetitions", default = false)]
    unique: bool,
    /// Takes out empty lines.
    #[param(title = "No empty lines", default = true)]
    skip_empty: bool,
    /// Puts numbers before them.
    #[param(title = "Number them", default = false)]
    number: bool,
) -> Result<String, NodeError> {
    let mut lines: Vec<&str> = text.lines().filter(|line| !skip_empty || !line.trim().is_empty()).collect();
    if unique {
        let mut seen = std::collections::HashSet::new();
        lines.retain(|line| seen.insert(*line));
    }
    match order {
        Order::Same => {}
        Order::Sorted => lines.sort_unstable(),
        Order::Backwards => lines.sort_unstable_by(|a, b| b.cmp(a)),
        Order::Reversed => lines.reverse(),
    }
    within_limit(if number {
        lines.iter().enumerate().map(|(i, line)| format!("{}. {line}", i + 1)).collect::<Vec<_>>().join("\n")
    } else {
        lines.join("\n")
    })
}

/// Cuts a long text into chunks that overlap, where paragraphs, sentences or words end. For searching by meaning.
#[node(
    "text.chunk",
    title = "Chunk text",
    output = "texts",
    example = r#"{"inputs":{"text":"One sentence. Another sentence. A third sentence."},"params":{"size":32,"overlap":8}}"#
)]
fn chunk(
    /// The text.
    text: String,
    /// How long a chunk is at most.
    #[param(title = "Size", default = 1000, min = 16, max = 100000, unit = "characters")]
    size: u32,
    /// How much of a chunk stands at the beginning of the next one, at most.
    #[param(title = "Overlap", default = 100, min = 0, max = 50000, unit = "characters")]
    overlap: u32,
) -> Result<Vec<String>, NodeError> {
    let (size, overlap) = (size as usize, overlap as usize);
    if overlap * 2 > size {
        return Err(NodeError::invalid("overlap", "the overlap is more than half of a chunk"));
    }
    let letters: Vec<char> = text.trim().chars().collect();
    let mut chunks = Vec::new();
    let mut begin = 0;
    while begin < letters.len() {
        let most = (begin + size).min(letters.len());
        let end = if most == letters.len() { most } else { good_end(&letters, begin + size / 3, most) };
        let chunk: String = letters[begin..end].iter().collect();
        chunks.push(chunk.trim().to_owned());
        if end == letters.len() {
            break;
        }
        let back = (end - overlap).max(begin + 1);
        // A chunk begins with a word.
        begin = (back..end).find(|at| letters[at - 1].is_whitespace()).unwrap_or(end);
    }
    chunks.retain(|chunk| !chunk.is_empty());
    Ok(chunks)
}

/// The best place to cut between `least` and `most`: behind a paragraph, else a sentence, else a word.
fn good_end(letters: &[char], least: usize, most: usize) -> usize {
    let last = |fits: &dyn Fn(usize) -> bool| (least.max(2)..=most).rev().find(|at| fits(*at));
    last(&|at| letters[at - 1] == '\n' && letters[at - 2] == '\n')
        .or_else(|| last(&|at| letters[at - 1].is_whitespace() && matches!(letters[at - 2], '.' | '!' | '?' | '…')))
        .or_else(|| last(&|at| letters[at - 1].is_whitespace()))
        .unwrap_or(most)
}

#[derive(Outputs)]
struct Diff {
    /// The changes, line by line: `-` was taken out, `+` was put in.
    diff: String,
    /// Whether the texts are the same.
    same: bool,
    /// How alike they are, 0 to 100.
    similarity: f64,
}

/// Compares two texts line by line.
#[node(
    "text.diff",
    title = "Compare texts",
    example = r#"{"inputs":{"before":"a slow\nevening","after":"a quick\nevening"}}"#
)]
fn diff(
    /// The text before.
    before: String,
    /// The text after.
    after: String,
) -> Result<Diff, NodeError> {
    /// A comparison of very long texts that differ everywhere is cut short; it is then coarser.
    const TIME_MAX: std::time::Duration = std::time::Duration::from_secs(2);
    let diff = TextDiff::configure().timeout(TIME_MAX).diff_lines(&before, &after);
    let line = |change: similar::Change<&str>| {
        let mark = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        format!("{mark}{}", change.value().trim_end_matches(['\n', '\r']))
    };
    let text = diff.iter_all_changes().map(line).collect::<Vec<_>>().join("\n");
    Ok(Diff { diff: within_limit(text)?, same: before == after, similarity: f64::from(diff.ratio()) * 100.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_in_characters_from_both_ends() {
        let part = |start, end| slice("Grüße!".into(), start, end, "…".into()).unwrap();
        assert_eq!((part(2, Some(4)), part(-3, None), part(9, None)), ("üß…".into(), "ße!".into(), String::new()));
    }

    #[test]
    fn chunks_end_with_sentences_and_lose_nothing() {
        let text = "One sentence here. Another sentence there. A third one. And the fourth and last.";
        let chunks = chunk(text.into(), 40, 0).unwrap();
        assert!(chunks.iter().all(|chunk| chunk.chars().count() <= 40 && chunk.ends_with('.')), "{chunks:?}");
        assert_eq!(chunks.join(" "), text);
        let long = chunk("x".repeat(100), 40, 10).unwrap();
        assert!(long.len() >= 3 && long.iter().all(|chunk| chunk.len() <= 40), "{long:?}");
    }

    #[test]
    fn a_diff_names_what_changed() {
        let found = diff("a\nb\nc".into(), "a\nx\nc".into()).unwrap();
        assert_eq!((found.diff.as_str(), found.same), (" a\n-b\n+x\n c", false));
    }
}
