//! Looking into texts: patterns, parts, counts.

use regex::{Regex, RegexBuilder};
use serde_json::{Value as Json, json};

use crate::{Choice, NodeError, Outputs, node};

/// Matches that one node hands out at most.
const MATCHES_MAX: usize = 10_000;

/// A regular expression of a person. `field` is the parameter that is named when it is none.
pub(in crate::nodes) fn pattern(text: &str, field: &str, ignore_case: bool) -> Result<Regex, NodeError> {
    /// Compiled size of an expression: nested repetitions would otherwise fill the memory.
    const REGEX_MAX_BYTES: usize = 1 << 20;
    RegexBuilder::new(text)
        .case_insensitive(ignore_case)
        .size_limit(REGEX_MAX_BYTES)
        .build()
        .map_err(|error| NodeError::invalid(field, "not a regular expression").with_raw(&error.to_string()))
}

#[derive(Outputs)]
struct Matches {
    /// The first match, or its first group where the pattern has one; empty when nothing matches.
    first: String,
    /// All matches.
    matches: Vec<String>,
    /// All groups of each match: `[["whole", "group 1"], …]`; named groups too: `[{"name": "text"}]`.
    groups: Json,
    /// Whether anything matches.
    found: bool,
}

/// Finds everything that a regular expression matches: numbers, addresses, tags, parts of a name.
#[node(
    "text.match",
    title = "Find in text",
    example = r#"{"inputs":{"text":"Scene 12, take 3"},"params":{"pattern":"(\\w+) (\\d+)"}}"#
)]
fn find(
    /// The text.
    text: String,
    /// The regular expression.
    #[param(title = "Pattern", default = "\\w+")]
    pattern: String,
    /// Treats capital and small letters alike.
    #[param(title = "Ignore case", default = false)]
    ignore_case: bool,
) -> Result<Matches, NodeError> {
    let regex = self::pattern(&pattern, "pattern", ignore_case)?;
    let names: Vec<&str> = regex.capture_names().flatten().collect();
    let (mut matches, mut groups, mut first) = (Vec::new(), Vec::new(), None);
    for found in regex.captures_iter(&text).take(MATCHES_MAX) {
        first.get_or_insert_with(|| found.get(1).or(found.get(0)).map_or("", |m| m.as_str()).to_owned());
        matches.push(found[0].to_owned());
        groups.push(if names.is_empty() {
            json!(found.iter().map(|group| group.map(|m| m.as_str())).collect::<Vec<_>>())
        } else {
            names.iter().map(|name| ((*name).to_owned(), json!(found.name(name).map(|m| m.as_str())))).collect()
        });
    }
    Ok(Matches { first: first.unwrap_or_default(), found: !matches.is_empty(), matches, groups: groups.into() })
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Test {
    Contains,
    #[choice(title = "Begins with")]
    Begins,
    #[choice(title = "Ends with")]
    Ends,
    #[choice(title = "Is the same as")]
    Equals,
    #[choice(title = "Matches the regular expression")]
    Matches,
}

/// Asks whether a text contains, begins with or matches something, for switches and conditions.
#[node(
    "text.test",
    title = "Test text",
    example = r#"{"inputs":{"text":"A slow evening"},"params":{"test":"contains","value":"SLOW"}}"#
)]
fn test(
    /// The text.
    text: String,
    /// What is asked.
    #[param(title = "Test", default = Test::Contains)]
    test: Test,
    /// What is looked for.
    #[param(title = "Value", default = "")]
    value: String,
    /// Treats capital and small letters alike.
    #[param(title = "Ignore case", default = true)]
    ignore_case: bool,
) -> Result<bool, NodeError> {
    if test == Test::Matches {
        return Ok(pattern(&value, "value", ignore_case)?.is_match(&text));
    }
    let fold = |text: String| if ignore_case { text.to_lowercase() } else { text };
    let (text, value) = (fold(text), fold(value));
    Ok(match test {
        Test::Begins => text.starts_with(&value),
        Test::Ends => text.ends_with(&value),
        Test::Equals => text == value,
        Test::Contains | Test::Matches => text.contains(&value),
    })
}

#[derive(Outputs)]
struct Counts {
    /// How many characters.
    characters: f64,
    /// How many words.
    words: f64,
    /// How many lines.
    lines: f64,
    /// About how many tokens, as language models count: a quarter of the bytes.
    tokens: f64,
}

/// Counts characters, words and lines of a text.
#[node("text.count", title = "Length of text", example = r#"{"inputs":{"text":"A slow evening"}}"#)]
fn count(
    /// The text.
    text: String,
) -> Result<Counts, NodeError> {
    Ok(Counts {
        characters: text.chars().count() as f64,
        words: text.split_whitespace().count() as f64,
        lines: text.lines().count() as f64,
        tokens: text.len().div_ceil(4) as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_names_are_found() {
        let found = find("a=1, b=2".into(), r"(?<key>\w)=(?<value>\d)".into(), false).unwrap();
        assert_eq!((found.first.as_str(), found.matches), ("a", vec!["a=1".to_owned(), "b=2".to_owned()]));
        assert_eq!(found.groups, json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]));
        assert!(find("a".into(), "(".into(), false).is_err());
    }

    #[test]
    fn tests_answer() {
        let ask = |kind, value: &str| test("A slow evening".into(), kind, value.into(), true).unwrap();
        assert!(ask(Test::Contains, "SLOW") && ask(Test::Ends, "ing") && ask(Test::Matches, "^a .*g$"));
        assert!(!ask(Test::Equals, "a slow") && !ask(Test::Begins, "slow"));
    }
}
