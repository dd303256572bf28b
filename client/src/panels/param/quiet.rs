//! A setting that is only looked at: what its field would show, as words in the same place and of the same height.

use dioxus::prelude::*;
use serde_json::Value as Json;
use shared::node::ParamKind;

use super::number::shown;
use crate::{
    model_takes::plain,
    ui::{Glyph, Icon, Size},
};

/// Letters for which there is room on every card. Only what is longer is cut, since that costs the browser a layer.
const SHORT: usize = 14;

/// Whether a kind has words that say all that its field does.
pub fn has_words(kind: &ParamKind) -> bool {
    matches!(kind, ParamKind::Text | ParamKind::Number { .. } | ParamKind::Integer { .. } | ParamKind::Choice { .. })
}

#[component]
pub fn QuietField(kind: ParamKind, value: Json) -> Element {
    let words = words(&kind, &value);
    let long = words.chars().count() > SHORT;
    match kind {
        ParamKind::Choice { .. } => rsx! {
            div { class: "select",
                div { class: "quiet-field", "data-long": long, "{words}" }
                Icon { glyph: Glyph::ChevronDown, size: Size::S }
            }
        },
        ParamKind::Number { min: Some(min), max: Some(max), unit, .. } => rsx! {
            QuietRange { value: value.as_f64().unwrap_or(min), min, max, words, unit }
        },
        ParamKind::Integer { min: Some(min), max: Some(max), unit } => rsx! {
            QuietRange { value: value.as_f64().unwrap_or(min as f64), min: min as f64, max: max as f64, words, unit }
        },
        ParamKind::Number { unit, .. } | ParamKind::Integer { unit, .. } => rsx! {
            div { class: "number-field", QuietNumber { words, unit } }
        },
        _ => rsx! {
            div { class: "quiet-field", "data-long": long, "{words}" }
        },
    }
}

#[component]
fn QuietRange(value: f64, min: f64, max: f64, words: String, unit: Option<String>) -> Element {
    let fill = if max > min { ((value - min) / (max - min) * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    rsx! {
        div { class: "number-field",
            div { class: "quiet-slider", style: "--fill: {fill}%" }
            QuietNumber { words, unit }
        }
    }
}

#[component]
fn QuietNumber(words: String, unit: Option<String>) -> Element {
    rsx! {
        div { class: "number-input tabular", "data-unit": unit.is_some(),
            div { class: "quiet-number", "{words}" }
            if let Some(unit) = &unit {
                span { class: "unit", aria_hidden: "true", "{unit}" }
            }
        }
    }
}

fn words(kind: &ParamKind, value: &Json) -> String {
    let said = match kind {
        ParamKind::Choice { options } => {
            let chosen = options.iter().find(|option| value.as_str() == Some(option.value.as_str()));
            chosen.map_or_else(|| plain(value), |option| option.title.clone())
        }
        ParamKind::Number { .. } | ParamKind::Integer { .. } => value.as_f64().map(shown).unwrap_or_default(),
        _ => plain(value),
    };
    if said.is_empty() { "Not set".to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_say_what_the_field_would_show() {
        let number = ParamKind::Number { min: None, max: None, step: None, unit: None };
        assert_eq!(words(&number, &json!(0.5)), "0.5");
        assert_eq!(words(&number, &Json::Null), "Not set");
        assert_eq!(words(&ParamKind::Text, &json!("harbour")), "harbour");
        let options = serde_json::from_value(json!([{"value": "add", "title": "Add"}])).unwrap();
        let choice = ParamKind::Choice { options };
        assert_eq!(words(&choice, &json!("add")), "Add");
        assert_eq!(words(&choice, &json!("of a later version")), "of a later version");
    }
}
