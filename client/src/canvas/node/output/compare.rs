//! Two results beside each other, or one over the other with a slider between them.

use dioxus::prelude::*;
use shared::{outputs::OutputVersion, value::Value};

use crate::{
    api::blob_url,
    dom,
    media::{Shown, poster_of},
    ui::{Dialog, Glyph, Segment, Segmented, Select, Slider},
};

#[component]
pub fn Compare(history: Vec<OutputVersion>, first: usize, onclose: EventHandler<()>) -> Element {
    let count = history.len();
    // What is looked at, beside the one before it.
    let left = use_signal(|| (first + 1).min(count.saturating_sub(1)));
    let right = use_signal(|| if first + 1 < count { first } else { first.saturating_sub(1) });
    let mut over = use_signal(|| false);
    let name = |index: usize| {
        let time = history.get(index).map(|version| dom::time_of(&version.finished_at)).unwrap_or_default();
        format!("Result {} of {count}, {time}", count - index)
    };
    let options: Vec<(String, String)> = (0..count).map(|index| (index.to_string(), name(index))).collect();
    let (one, other) = (history.get(left()), history.get(right()));
    let (Some(one), Some(other)) = (one, other) else { return rsx! {} };
    let pictures = still(one).zip(still(other));
    let choose = move |mut side: Signal<usize>| {
        move |chosen: String| {
            if let Ok(index) = chosen.parse() {
                side.set(index);
            }
        }
    };
    rsx! {
        Dialog { title: "Compare results", wide: true, onclose,
            div { class: "compare-head",
                Select { label: "Left result", value: left().to_string(), options: options.clone(), onchange: choose(left) }
                if pictures.is_some() {
                    Segmented {
                        label: "How",
                        name: "compare-how",
                        value: if over() { "over" } else { "beside" },
                        options: vec![
                            Segment::with("beside", "Side by side", Glyph::Columns2),
                            Segment::with("over", "Slider", Glyph::SquareSplitHorizontal),
                        ],
                        onchange: move |value| over.set(value == "over"),
                    }
                }
                Select { label: "Right result", value: right().to_string(), options, onchange: choose(right) }
            }
            match pictures.filter(|_| over()) {
                Some((one, other)) => rsx! { Slid { one, other } },
                None => rsx! {
                    div { class: "compare",
                        for (side , version) in [("left", one), ("right", other)] {
                            div { key: "{side}", class: "compare-side",
                                for (port , value) in version.values.clone() {
                                    Shown { key: "{port}", value }
                                }
                                if let Some(seed) = version.seed {
                                    p { class: "quiet tabular", "Seed {seed}" }
                                }
                            }
                        }
                    }
                },
            }
        }
    }
}

/// The address of the picture to lay over another: the whole picture, or a film's poster.
fn still(version: &OutputVersion) -> Option<String> {
    version.values.values().find_map(|value| match value {
        Value::Image(media) | Value::Mask(media) => Some(blob_url(&media.blob)),
        other => poster_of(other).map(|poster| blob_url(&poster)),
    })
}

#[component]
fn Slid(one: String, other: String) -> Element {
    let mut part = use_signal(|| 50.0);
    rsx! {
        figure { class: "compare-over", style: "--part: {part}%",
            img { src: "{other}", alt: "Right result", draggable: "false" }
            img { class: "compare-upper", src: "{one}", alt: "Left result", draggable: "false" }
            span { class: "compare-line", aria_hidden: "true" }
        }
        Slider {
            label: "How much of the left result is seen, in percent",
            value: part(),
            min: 0.0,
            max: 100.0,
            step: 1.0,
            oninput: move |value| part.set(value),
            onchange: |_| {},
        }
    }
}
