//! How far something has come, as a line.

use dioxus::prelude::*;

/// `part` goes from 0 to 1; absent: nobody knows, and the line moves.
#[component]
pub fn Progress(label: String, part: Option<f64>) -> Element {
    let part = part.map(|part| part.clamp(0.0, 1.0));
    rsx! {
        span {
            class: "progress-line",
            role: "progressbar",
            aria_label: "{label}",
            aria_valuemin: "0",
            aria_valuemax: "100",
            aria_valuenow: part.map(|part| format!("{:.0}", part * 100.0)),
            "data-unknown": part.is_none(),
            style: "--part: {part.unwrap_or(0.0)}",
        }
    }
}
