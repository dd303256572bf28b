//! Any JSON, as text. What does not read is not written, and says why.

use dioxus::prelude::*;
use serde_json::Value as Json;

use super::Bound;

#[component]
pub fn JsonField(bound: Bound) -> Element {
    let mut wrong = use_signal(|| None::<String>);
    let text = match &bound.value {
        Json::Null => String::new(),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    };
    rsx! {
        textarea {
            class: "textarea mono",
            aria_label: "{bound.title}",
            aria_invalid: wrong().is_some().then_some("true"),
            rows: "4",
            spellcheck: "false",
            placeholder: "JSON",
            value: "{text}",
            disabled: bound.disabled,
            onchange: move |event| {
                let text = event.value();
                if text.trim().is_empty() {
                    wrong.set(None);
                    bound.set_and_rest(Json::Null);
                    return;
                }
                match serde_json::from_str::<Json>(&text) {
                    Ok(value) => {
                        wrong.set(None);
                        bound.set_and_rest(value);
                    }
                    Err(error) => wrong.set(Some(format!("Not JSON yet: {error}"))),
                }
            },
        }
        if let Some(wrong) = wrong() {
            p { class: "param-wrong", role: "alert", "{wrong}" }
        }
    }
}
