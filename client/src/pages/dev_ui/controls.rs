//! What is pressed, typed into and moved.

use dioxus::prelude::*;

use super::Row;
use crate::ui::{
    Avatar, Button, Chip, Empty, Field, Glyph, Icon, IconButton, Kbd, Progress, Segment, Segmented, Select, Size,
    Skeleton, Slider, Spinner, Switch, TabTitle, Tabs, TextInput, Tone, Variant,
};

const VARIANTS: [Variant; 4] = [Variant::Primary, Variant::Secondary, Variant::Quiet, Variant::Danger];
const TONES: [Tone; 5] = [Tone::Neutral, Tone::Accent, Tone::Ok, Tone::Warn, Tone::Danger];
const SIZES: [Size; 3] = [Size::S, Size::M, Size::L];

#[component]
pub fn Controls() -> Element {
    rsx! {
        Row { title: "Button",
            for variant in VARIANTS {
                div { key: "{variant:?}", class: "dev-group",
                    Button { variant, "{variant:?}" }
                    Button { variant, glyph: Glyph::Play, "Picture" }
                    Button { variant, disabled: true, "Disabled" }
                    Button { variant, busy: true, "Busy" }
                }
            }
            for size in SIZES {
                Button { key: "{size:?}", size, glyph: Glyph::Plus, "Size {size:?}" }
            }
        }
        Row { title: "Icon button",
            for size in SIZES {
                IconButton { key: "{size:?}", glyph: Glyph::Settings, label: "Size {size:?}", size, onclick: |_| {} }
            }
            IconButton { glyph: Glyph::Pin, label: "Pressed", pressed: true, onclick: |_| {} }
            IconButton { glyph: Glyph::Pin, label: "Not pressed", pressed: false, onclick: |_| {} }
            IconButton { glyph: Glyph::Trash2, label: "Disabled", disabled: true, onclick: |_| {} }
        }
        Fields {}
        Choices {}
        Row { title: "Chip",
            for tone in TONES {
                Chip { key: "{tone:?}", tone, Icon { glyph: Glyph::Check, size: Size::S } "{tone:?}" }
            }
        }
        Row { title: "Avatar",
            Avatar { name: "Ada Lovelace", color: "#62d5c5" }
            Avatar { name: "Grace", color: "#f49bc1", size: Size::S }
        }
        Row { title: "Keys",
            Kbd { keys: "Mod+Shift+Z" }
            Kbd { keys: "Enter" }
        }
        Row { title: "Waiting",
            for size in SIZES {
                Spinner { key: "{size:?}", size }
            }
            div { class: "dev-wide", Skeleton {} }
            div { class: "dev-wide", Progress { label: "Known", part: 0.4 } }
            div { class: "dev-wide", Progress { label: "Unknown" } }
        }
        Row { title: "Empty",
            Empty { glyph: Glyph::History, title: "No runs yet", text: "Press Run: everybody here sees the results appear.",
                Button { glyph: Glyph::Play, "Run" }
            }
        }
    }
}

#[component]
fn Fields() -> Element {
    let mut text = use_signal(|| "A paper boat".to_owned());
    rsx! {
        Row { title: "Field",
            Field { label: "Label", hint: "What helps to fill it in",
                TextInput { value: text(), oninput: move |typed| text.set(typed) }
            }
            Field { label: "Empty", TextInput { value: "", placeholder: "Placeholder" } }
            Field { label: "Wrong", error: "What is wrong with it", TextInput { value: "17 o'clock", invalid: true } }
            Field { label: "Disabled", TextInput { value: "Cannot be changed", disabled: true } }
            Field { label: "Long", textarea { class: "textarea", rows: "3", "Several\nlines" } }
        }
    }
}

#[component]
fn Choices() -> Element {
    let mut part = use_signal(|| 0.3);
    let mut on = use_signal(|| true);
    let mut chosen = use_signal(|| "fixed");
    let mut tab = use_signal(|| 0);
    let options = [("a", "Teal and orange"), ("b", "Bleach")].map(|(value, title)| (value.into(), title.into()));
    let segments = vec![Segment::new("random", "Random"), Segment::new("fixed", "Fixed")];
    let tabs = [("Settings", 0), ("Runs", 0), ("Problems", 2)];
    let tabs = tabs.into_iter().enumerate().map(|(tab, (title, count))| TabTitle { tab, title, count });
    rsx! {
        Row { title: "Select",
            div { class: "dev-wide", Select { label: "Look", value: "a", options: options.to_vec(), onchange: |_| {} } }
            div { class: "dev-wide", Select { label: "Disabled look", value: "a", options: options.to_vec(), disabled: true, onchange: |_| {} } }
        }
        Row { title: "Slider",
            div { class: "dev-wide",
                Slider { label: "Strength", value: part(), min: 0.0, max: 1.0, step: 0.01, oninput: move |value| part.set(value), onchange: |_| {} }
            }
            div { class: "dev-wide",
                Slider { label: "Disabled strength", value: 0.6, min: 0.0, max: 1.0, step: 0.01, disabled: true, oninput: |_| {}, onchange: |_| {} }
            }
        }
        Row { title: "Switch",
            Switch { label: "With sound", on: on(), onchange: move |next| on.set(next) }
            Switch { label: "Off", on: false, onchange: |_| {} }
            Switch { label: "Disabled", on: true, disabled: true, onchange: |_| {} }
        }
        Row { title: "Segmented",
            Segmented { label: "Seed", name: "dev-seed", value: chosen(), options: segments.clone(), onchange: move |value| chosen.set(value) }
            Segmented { label: "Disabled seed", name: "dev-seed-2", value: "random", options: segments, disabled: true, onchange: |_| {} }
        }
        Row { title: "Tabs",
            Tabs { label: "Panel", tabs: tabs.collect::<Vec<_>>(), chosen: tab(), onchange: move |next| tab.set(next) }
        }
    }
}
