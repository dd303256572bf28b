//! Colours, sizes, distances, and the marks of value types.

use dioxus::prelude::*;
use shared::value::ValueType;

use super::Row;
use crate::ui::{Glyph, Icon, PortGlyph, Size};

const SURFACES: [&str; 7] = ["floor", "canvas", "well", "surface-1", "surface-2", "surface-3", "surface-4"];
const INKS: [&str; 8] = ["text", "text-2", "text-3", "accent-ink", "danger", "warn", "ok", "info"];
const SIZES: [&str; 7] = ["11", "12", "13", "14", "16", "20", "28"];
const SPACES: [&str; 7] = ["1", "2", "3", "4", "5", "6", "7"];
const RADII: [&str; 4] = ["s", "m", "l", "xl"];

fn types() -> [ValueType; 11] {
    use ValueType::*;
    [Any, Text, Number, Bool, Json, Image, Mask, Video, Audio, File, Embedding]
}

#[component]
pub fn Tokens() -> Element {
    rsx! {
        Row { title: "Surfaces",
            for name in SURFACES {
                div { key: "{name}", class: "dev-swatch", style: "background: var(--{name})", "{name}" }
            }
        }
        Row { title: "Inks",
            for name in INKS {
                span { key: "{name}", class: "dev-ink", style: "color: var(--{name})", "{name}" }
            }
        }
        Row { title: "Type",
            for size in SIZES {
                span { key: "{size}", style: "font-size: var(--size-{size})", "Size {size}" }
            }
        }
        Row { title: "Distances",
            for step in SPACES {
                span { key: "{step}", class: "dev-space", style: "width: var(--space-{step})", title: "space-{step}" }
            }
        }
        Row { title: "Corners",
            for name in RADII {
                div { key: "{name}", class: "dev-swatch", style: "border-radius: var(--radius-{name}); background: var(--surface-3)", "{name}" }
            }
        }
        Row { title: "Values",
            for value_type in types() {
                span { key: "{value_type}", class: "dev-type",
                    PortGlyph { value_type: value_type.clone() }
                    PortGlyph { value_type: value_type.clone(), filled: true }
                    PortGlyph { value_type: ValueType::List(Box::new(value_type.clone())), filled: true }
                    "{value_type}"
                }
            }
        }
        Row { title: "Icons",
            for glyph in Glyph::ALL.iter().copied() {
                span { key: "{glyph:?}", class: "dev-icon", title: "{glyph:?}", Icon { glyph, size: Size::L } }
            }
        }
    }
}
