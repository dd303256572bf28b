//! Text: typed in, joined, split, replaced, re-cased, looked into, encoded. Templates are in `template.rs`.

mod find;
mod parts;
mod encode;

use crate::{Choice, NodeError, node};

use super::input_name;

pub(super) use find::pattern;

/// No text node makes a longer text: it has to fit into documents and requests.
pub(super) const TEXT_MAX_BYTES: usize = 4 << 20;

/// Gives a text to the workflow. Type it here, or hand it over by its name when the workflow is run from outside.
#[node(
    "text.input",
    title = "Text",
    role = "input",
    example = r#"{"params":{"name":"title","value":"A slow evening"}}"#
)]
fn input(
    /// What the text is called when the workflow is run from outside. Empty: it cannot be handed over.
    #[param(title = "Name", default = "", wire = false)]
    name: String,
    /// The text.
    #[param(title = "Text", prompt, default = "")]
    value: String,
) -> Result<String, NodeError> {
    input_name(&name)?;
    Ok(value)
}

/// Puts texts together. They follow each other in the order of their wires, with the separator between them.
#[node("text.join", title = "Join text", example = r#"{"inputs":{"texts":["one","two"]},"params":{"separator":", "}}"#)]
fn join(
    /// The texts.
    texts: Vec<String>,
    /// What stands between two texts. `\n` is a line break, `\t` a tab.
    #[param(title = "Separator", default = "\\n")]
    separator: String,
    /// Leaves out texts that hold nothing but white space.
    #[param(title = "Skip empty", default = true)]
    skip_empty: bool,
) -> Result<String, NodeError> {
    let texts: Vec<String> = texts.into_iter().filter(|text| !skip_empty || !text.trim().is_empty()).collect();
    within_limit(texts.join(&unescaped(&separator)))
}

/// Cuts a text into a list of texts, for nodes that take lists.
#[node(
    "text.split",
    title = "Split text",
    output = "texts",
    example = r#"{"inputs":{"text":"red, green"},"params":{"separator":","}}"#
)]
fn split(
    /// The text to cut.
    text: String,
    /// Where to cut. `\n` is a line break, `\t` a tab.
    #[param(title = "Separator", default = "\\n")]
    separator: String,
    /// Leaves out pieces that hold nothing but white space, and trims the others.
    #[param(title = "Trim", default = true)]
    trim: bool,
) -> Result<Vec<String>, NodeError> {
    let separator = unescaped(&separator);
    if separator.is_empty() {
        return Err(NodeError::invalid("separator", "the separator is empty: there is nothing to cut at"));
    }
    let pieces = text.split(separator.as_str());
    Ok(if trim {
        pieces.map(str::trim).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
    } else {
        pieces.map(str::to_owned).collect()
    })
}

/// Replaces parts of a text. As a regular expression, `$1` and `$name` in the replacement stand for what groups caught.
#[node(
    "text.replace",
    title = "Replace text",
    example = r#"{"inputs":{"text":"2024-05-01"},"params":{"find":"(\\d+)-(\\d+)-(\\d+)","replacement":"$3.$2.$1","regex":true}}"#
)]
fn replace(
    /// The text to change.
    text: String,
    /// What to look for.
    #[param(title = "Find", default = "")]
    find: String,
    /// What to put in its place.
    #[param(title = "Replace with", default = "")]
    replacement: String,
    /// Reads "Find" as a regular expression.
    #[param(title = "Regular expression", default = false)]
    regex: bool,
    /// Treats capital and small letters alike.
    #[param(title = "Ignore case", default = false, advanced)]
    ignore_case: bool,
) -> Result<String, NodeError> {
    if find.is_empty() {
        return Err(NodeError::invalid("find", "there is nothing to look for"));
    }
    if !regex && !ignore_case {
        return within_limit(text.replace(&find, &replacement));
    }
    let pattern = if regex { find } else { regex::escape(&find) };
    let pattern = self::pattern(&pattern, "find", ignore_case)?;
    let changed = if regex {
        pattern.replace_all(&text, replacement.as_str())
    } else {
        pattern.replace_all(&text, regex::NoExpand(&replacement))
    };
    within_limit(changed.into_owned())
}

#[derive(Debug, Clone, Copy, Choice)]
enum Case {
    Upper,
    Lower,
    #[choice(title = "First letter upper")]
    Sentence,
    #[choice(title = "Each Word Upper")]
    Title,
}

/// Changes capital and small letters. White space around the text is removed.
#[node(
    "text.case",
    title = "Change case",
    example = r#"{"inputs":{"text":" a slow evening "},"params":{"case":"title"}}"#
)]
fn case(
    /// The text to change.
    text: String,
    /// Which letters are to be capital.
    #[param(title = "Case", default = Case::Upper)]
    case: Case,
) -> Result<String, NodeError> {
    let text = text.trim();
    Ok(match case {
        Case::Upper => text.to_uppercase(),
        Case::Lower => text.to_lowercase(),
        Case::Sentence => capitalised(text),
        Case::Title => text.split(' ').map(capitalised).collect::<Vec<_>>().join(" "),
    })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// One-line fields cannot hold a line break, so it is spelled out there.
fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}

pub(super) fn within_limit(text: String) -> Result<String, NodeError> {
    if text.len() <= TEXT_MAX_BYTES {
        Ok(text)
    } else {
        Err(NodeError::invalid("text", format!("the text would be longer than {} MiB", TEXT_MAX_BYTES >> 20)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_join_in_order_and_split_again() {
        let texts = vec!["one".to_owned(), " ".to_owned(), "two".to_owned()];
        let joined = join(texts, "\\n".into(), true).unwrap();
        assert_eq!(joined, "one\ntwo");
        assert_eq!(split(joined, "\\n".into(), true).unwrap(), ["one", "two"]);
    }

    #[test]
    fn plain_replacement_takes_signs_literally() {
        let plain =
            |find: &str, with: &str, ignore_case| replace("A.b".into(), find.into(), with.into(), false, ignore_case);
        assert_eq!(plain(".", "$1", false).unwrap(), "A$1b");
        assert_eq!(plain("a.", "$1", true).unwrap(), "$1b");
    }

    #[test]
    fn groups_are_filled_into_the_replacement() {
        let changed = replace("2024-05".into(), r"(\d+)-(\d+)".into(), "$2/$1".into(), true, false);
        assert_eq!(changed.unwrap(), "05/2024");
    }

    #[test]
    fn a_bad_expression_names_the_field() {
        for bad in ["(", "(((a{500}){500}){500})", ""] {
            let error = replace("text".into(), bad.into(), String::new(), true, false).unwrap_err();
            assert_eq!(error.failure().unwrap().field.as_deref(), Some("find"), "{bad}");
        }
    }

    #[test]
    fn cases_keep_letters_outside_ascii() {
        assert_eq!(case("élan vital".into(), Case::Title).unwrap(), "Élan Vital");
        assert_eq!(case("ABC déf".into(), Case::Lower).unwrap(), "abc déf");
        assert_eq!(case(" über uns".into(), Case::Sentence).unwrap(), "Über uns");
    }
}
