//! Kinds of nodes as people see them: groups, pictures, names.

use shared::{
    node::{NodeRole, NodeSpec},
    value::ValueType,
};

use crate::{api::sentence, ui::Glyph};

/// The group's name in the palette.
pub fn title(category: &str) -> String {
    match category {
        "http" => "Web".into(),
        "json" => "JSON".into(),
        "text" => "Text and language".into(),
        "image" => "Pictures".into(),
        "mask" => "Masks".into(),
        "list" => "Lists".into(),
        "date" => "Dates".into(),
        "document" | "file" => "Files".into(),
        "embedding" => "Meanings".into(),
        "video" => "Video".into(),
        "audio" => "Sound".into(),
        "number" => "Numbers".into(),
        "model" => "Hosted models".into(),
        "comfyui" => "ComfyUI".into(),
        "output" => "Results".into(),
        "note" => "Notes".into(),
        other => words(other),
    }
}

/// Video first, as the whole product is; kinds this version does not know come last, by name.
pub fn rank(category: &str) -> usize {
    let order = [
        "video", "image", "mask", "audio", "text", "number", "list", "json", "date", "document", "file", "code",
        "http", "output", "note",
    ];
    order.iter().position(|known| *known == category).unwrap_or(order.len())
}

pub fn glyph(spec: &NodeSpec) -> Glyph {
    match spec.category() {
        "video" => Glyph::Film,
        "image" | "mask" => Glyph::Image,
        "audio" => Glyph::AudioLines,
        "text" if ["text.chat", "text.agent"].contains(&spec.node_type.as_str()) => Glyph::Sparkles,
        "text" => Glyph::Type,
        "number" => Glyph::Hash,
        "json" => Glyph::Braces,
        "http" => Glyph::Globe,
        "output" => Glyph::CloudCheck,
        "note" => Glyph::StickyNote,
        "flow" if spec.role == NodeRole::Reroute => Glyph::Spline,
        _ => Glyph::Blocks,
    }
}

/// `font_size` as "Font size".
pub fn words(name: &str) -> String {
    let mut text = name.replace(['_', '-'], " ");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    text
}

/// A message for people: a sentence, with identifiers in quotation marks where the text has back-ticks.
pub fn told(message: &str) -> String {
    let mut opened = false;
    let mark = |letter| match letter {
        '`' => {
            opened = !opened;
            if opened { '“' } else { '”' }
        }
        other => other,
    };
    sentence(&message.chars().map(mark).collect::<String>())
}

/// The name of what a port carries, item by item: `image` of `list<image>`.
pub fn item_name(value_type: &ValueType) -> String {
    match value_type {
        ValueType::List(item) => item.to_string(),
        single => single.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_in_sentences() {
        assert_eq!(told("input `image` is required"), "Input “image” is required.");
    }

    #[test]
    fn names_become_words() {
        assert_eq!(words("font_size"), "Font size");
        assert_eq!(words("éclat"), "éclat");
        assert_eq!(words(""), "");
    }
}
