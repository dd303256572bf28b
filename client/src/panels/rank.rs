//! Which nodes the palette offers for what was typed, and in which order. Pure.

use shared::{
    node::{Catalog, NodeSpec},
    value::ValueType,
};

use crate::canvas::{category, connect::fitting_ports, layout::Side};

/// The wire a new node has to fit: the side it is dropped from, and what it carries.
pub type Carried = (Side, ValueType);

/// Kinds of nodes that fit, best first. Without words they stand in their groups.
pub fn search<'c>(catalog: &'c Catalog, words: &str, carried: Option<&Carried>) -> Vec<&'c NodeSpec> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<((u32, bool, usize), &NodeSpec)> = Vec::new();
    for spec in catalog.iter() {
        let Some(inexact) = fit(spec, carried) else { continue };
        let Some(distance) = words.iter().map(|word| distance(spec, word)).sum::<Option<u32>>() else { continue };
        found.push(((distance, inexact, category::rank(spec.category())), spec));
    }
    // What is at home with the wire goes first: text with text, film with film. Stable, so types stay in order.
    let home = carried.map(|(_, value_type)| category::item_name(value_type));
    found.sort_by_key(|((distance, inexact, group), spec)| {
        let abroad = home.as_ref().is_some_and(|home| spec.category() != home);
        (*distance, *inexact, abroad, *group)
    });
    found.into_iter().map(|(_, spec)| spec).collect()
}

/// Whether the best port merely converts; `None`: nothing fits.
fn fit(spec: &NodeSpec, carried: Option<&Carried>) -> Option<bool> {
    let Some((side, value_type)) = carried else { return Some(false) };
    let other = if *side == Side::Out { Side::In } else { Side::Out };
    let (_, best) = *fitting_ports(spec, other, value_type).first()?;
    Some(best != value_type)
}

/// How far a word is from a kind of node; `None`: it does not say it.
fn distance(spec: &NodeSpec, word: &str) -> Option<u32> {
    let title = spec.title.to_lowercase();
    if title == word {
        return Some(0);
    }
    if title.starts_with(word) {
        return Some(1);
    }
    if title.split_whitespace().any(|part| part.starts_with(word)) {
        return Some(2);
    }
    if title.contains(word) || spec.node_type.contains(word) {
        return Some(4);
    }
    if category::title(spec.category()).to_lowercase().contains(word) {
        return Some(6);
    }
    if spec.summary.to_lowercase().contains(word) {
        return Some(8);
    }
    // Initials and slips: the letters in order, as in "vtrim".
    is_within(word, &format!("{} {title}", spec.category())).then_some(12)
}

fn is_within(letters: &str, text: &str) -> bool {
    let mut rest = text.chars();
    letters.chars().count() > 2 && letters.chars().all(|letter| rest.any(|other| other == letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalog() -> Catalog {
        let spec = |node_type: &str, title: &str, summary: &str, from: &str, to: &str| -> NodeSpec {
            serde_json::from_value(json!({
                "type": node_type, "version": 1, "title": title, "summary": summary, "description": "",
                "role": "step", "resource": "cpu", "cacheable": true, "params": [], "example": {},
                "inputs": [{"name": "in", "type": from, "description": ""}],
                "outputs": [{"name": "out", "type": to, "description": ""}],
            }))
            .unwrap()
        };
        [
            spec("image.blur", "Blur", "Softens a picture.", "image", "image"),
            spec("text.join", "Join text", "Puts texts together.", "list<text>", "text"),
            spec("video.trim", "Trim", "Cuts a film.", "video", "video"),
            spec("video.frame", "Extract frame", "A picture out of a film.", "video", "image"),
            spec("output.value", "Result", "Anything.", "any", "any"),
        ]
        .into_iter()
        .collect()
    }

    fn types(words: &str, carried: Option<Carried>) -> Vec<String> {
        let catalog = catalog();
        search(&catalog, words, carried.as_ref()).into_iter().map(|spec| spec.node_type.clone()).collect()
    }

    #[test]
    fn titles_beat_summaries() {
        assert_eq!(types("trim", None), ["video.trim"]);
        assert_eq!(types("pict", None), ["image.blur", "video.frame"]);
    }

    #[test]
    fn every_word_has_to_be_said() {
        assert_eq!(types("extract frame", None), ["video.frame"]);
        assert_eq!(types("extract blur", None), Vec::<String>::new());
    }

    #[test]
    fn letters_in_order_are_enough() {
        assert_eq!(types("vtrim", None), ["video.trim"]);
    }

    #[test]
    fn a_dropped_wire_leaves_what_fits_with_exact_types_first() {
        assert_eq!(types("", Some((Side::Out, ValueType::Video))), ["video.frame", "video.trim", "output.value"]);
        assert_eq!(types("", Some((Side::In, ValueType::Text))), ["text.join", "output.value"]);
    }

    #[test]
    fn without_words_video_comes_first() {
        assert_eq!(types("", None).first().map(String::as_str), Some("video.frame"));
    }
}
