//! A number: a slider where there is a range, and always a field to type into, with the unit beside it.

use dioxus::prelude::*;
use serde_json::{Number, Value as Json};

use super::Bound;
use crate::ui::Slider;

#[component]
pub fn NumberField(
    bound: Bound,
    min: Option<f64>,
    max: Option<f64>,
    /// 0: as fine as one likes.
    step: f64,
    unit: Option<String>,
    whole: bool,
) -> Element {
    let value = bound.value.as_f64();
    let (slide, rest, typed) = (bound.clone(), bound.clone(), bound.clone());
    let has_unit = unit.is_some();
    let label = unit.as_ref().map_or_else(|| bound.title.clone(), |unit| format!("{} in {unit}", bound.title));
    let to_json = move |value: f64| number(value, whole);
    rsx! {
        div { class: "number-field",
            if let (Some(min), Some(max)) = (min, max) {
                Slider {
                    label: "{bound.title}, slider",
                    value: value.unwrap_or(min),
                    min,
                    max,
                    step: slider_step(step, min, max),
                    disabled: bound.disabled,
                    oninput: move |value| slide.set(to_json(value)),
                    onchange: move |_| rest.rest(),
                }
            }
            label { class: "number-input", "data-unit": has_unit,
                input {
                    class: "input tabular",
                    r#type: "text",
                    inputmode: if whole { "numeric" } else { "decimal" },
                    aria_label: "{label}",
                    value: value.map(shown).unwrap_or_default(),
                    placeholder: "Not set",
                    disabled: bound.disabled,
                    onchange: move |event| {
                        if let Some(value) = read(&event.value(), min, max, whole) {
                            typed.set_and_rest(to_json(value));
                        }
                    },
                }
                if let Some(unit) = unit {
                    span { class: "unit", aria_hidden: "true", "{unit}" }
                }
            }
        }
    }
}

/// Without noise: `4`, `0.5`, `3.333`.
pub fn shown(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What was typed, brought into the range; `None`: no number.
fn read(text: &str, min: Option<f64>, max: Option<f64>, whole: bool) -> Option<f64> {
    let value: f64 = text.trim().replace(',', ".").parse().ok().filter(|value: &f64| value.is_finite())?;
    let value = if whole { value.round() } else { value };
    Some(value.max(min.unwrap_or(f64::MIN)).min(max.unwrap_or(f64::MAX)))
}

/// A slider needs a step: a round one, of which some two hundred fit.
fn slider_step(step: f64, min: f64, max: f64) -> f64 {
    if step > 0.0 {
        return step;
    }
    let rough: f64 = (max - min) / 200.0;
    if rough > 0.0 { 10f64.powf(rough.log10().floor()) } else { 1.0 }
}

fn number(value: f64, whole: bool) -> Json {
    if whole {
        return Json::from(value as i64);
    }
    // Only infinities and no-numbers have no JSON; `read` and sliders give neither.
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_without_noise() {
        assert_eq!(shown(0.1 + 0.2), "0.3");
        assert_eq!(shown(100.0), "100");
        assert_eq!(shown(-0.5), "-0.5");
    }

    #[test]
    fn what_is_typed_is_brought_into_the_range() {
        assert_eq!(read(" 7,5 ", Some(0.0), Some(5.0), false), Some(5.0));
        assert_eq!(read("2.6", None, None, true), Some(3.0));
        assert_eq!(read("seven", None, None, false), None);
        assert_eq!(read("inf", None, None, false), None);
    }

    #[test]
    fn a_range_without_a_step_gets_a_round_one() {
        assert_eq!(slider_step(0.0, 0.0, 1.0), 0.001);
        assert_eq!(slider_step(0.0, 0.0, 4096.0), 10.0);
        assert_eq!(slider_step(0.5, 0.0, 100.0), 0.5);
    }

    #[test]
    fn whole_numbers_stay_whole_in_the_document() {
        assert_eq!(number(3.0, true).to_string(), "3");
    }
}
