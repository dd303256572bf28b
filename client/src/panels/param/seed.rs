//! A seed: a fixed number, or a new one for each run. The one that made the present result is shown.

use dioxus::prelude::*;
use serde_json::Value as Json;

use super::Bound;
use crate::{
    dom,
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, IconButton, Switch},
};

#[component]
pub fn SeedField(bound: Bound) -> Element {
    let canvas = bound.canvas;
    let used = use_memo(use_reactive!(|bound| {
        let output = canvas.view.outputs().get(bound.id.clone())?;
        output.read().seed
    }));
    let fixed = bound.value.as_u64();
    let (typed, rolled, switched) = (bound.clone(), bound.clone(), bound.clone());
    rsx! {
        div { class: "seed-field",
            input {
                class: "input tabular",
                r#type: "text",
                inputmode: "numeric",
                aria_label: "{bound.title}",
                placeholder: match used() {
                    Some(used) => format!("Random, last {used}"),
                    None => "Random".into(),
                },
                value: fixed.map(|seed| seed.to_string()).unwrap_or_default(),
                disabled: bound.disabled,
                onchange: move |event| {
                    let text = event.value();
                    match text.trim().parse::<u64>() {
                        Ok(seed) => typed.set_and_rest(seed),
                        Err(_) if text.trim().is_empty() => typed.set_and_rest(Json::Null),
                        Err(_) => {}
                    }
                },
            }
            IconButton {
                glyph: Glyph::Dices,
                label: "Roll a new seed",
                disabled: bound.disabled,
                onclick: move |_| rolled.set_and_rest((dom::random() * f64::from(u32::MAX)) as u64),
            }
            label { class: "seed-fixed",
                Switch {
                    label: "Keep this seed",
                    on: fixed.is_some(),
                    disabled: bound.disabled,
                    onchange: move |keep: bool| {
                        let seed = used().unwrap_or(0);
                        switched.set_and_rest(if keep { Json::from(seed) } else { Json::Null });
                    },
                }
                span { "Fixed" }
            }
        }
    }
}
