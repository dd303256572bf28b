//! The mark of a value type: a shape beside the colour, so that nobody needs to tell colours apart.
//!
//! Two letters of the icon font on top of each other: the card's own colour behind, and the mark in front.

use dioxus::prelude::*;
use shared::value::ValueType;

/// `filled` ones carry a wire. Lists wear a second outline.
#[component]
pub fn PortGlyph(value_type: ValueType, #[props(default)] filled: bool) -> Element {
    let (item, list) = match &value_type {
        ValueType::List(item) => (item.as_ref(), true),
        single => (single, false),
    };
    let behind = if list { Place::ListBehind } else { Place::Behind };
    let mark = match (list, filled) {
        (false, false) => Place::Open,
        (false, true) => Place::Filled,
        (true, false) => Place::ListOpen,
        (true, true) => Place::ListFilled,
    };
    rsx! {
        span {
            class: "port-glyph",
            "data-value-type": "{item}",
            "data-filled": filled,
            "data-list": list,
            "data-behind": "{letter(item, behind)}",
            "data-mark": "{letter(item, mark)}",
            "aria-hidden": "true",
        }
    }
}

/// The drawings that the font has of each mark, in its order.
#[derive(Clone, Copy)]
enum Place {
    Behind,
    Open,
    Filled,
    ListBehind,
    ListOpen,
    ListFilled,
}

fn letter(item: &ValueType, place: Place) -> char {
    char::from_u32(0xE800 + 8 * number(item) + place as u32).expect("a private letter")
}

/// The place of the type's file in assets/icons/ports, by name.
fn number(item: &ValueType) -> u32 {
    match item {
        ValueType::Any | ValueType::List(_) => 0,
        ValueType::Audio => 1,
        ValueType::Bool => 2,
        ValueType::Embedding => 3,
        ValueType::File => 4,
        ValueType::Image => 5,
        ValueType::Json => 6,
        ValueType::Mask => 7,
        ValueType::Number => 8,
        ValueType::Text => 9,
        ValueType::Video => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The font has them in this order.
    #[test]
    fn marks_are_the_files_by_name() {
        use ValueType::*;
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/icons/ports");
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<String> =
            entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        let items = [Any, Audio, Bool, Embedding, File, Image, Json, Mask, Number, Text, Video];
        assert_eq!(names, items.each_ref().map(ToString::to_string));
        assert_eq!(items.each_ref().map(number), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
}
