//! A seed: a new one for each run, a fixed number, or one that counts up. The one that made the present result is shown.

use dioxus::prelude::*;
use serde_json::Value as Json;
use shared::seed::SeedPolicy;

use super::Bound;
use crate::{
    dom,
    ui::{Glyph, IconButton, Select},
};

#[component]
pub fn SeedField(bound: Bound) -> Element {
    let policy = SeedPolicy::read(&bound.value).unwrap_or(SeedPolicy::Random);
    let used = bound.used_seed;
    let (typed, rolled, switched, taken) = (bound.clone(), bound.clone(), bound.clone(), bound.clone());
    let options = [("random", "Random"), ("fixed", "Fixed"), ("increment", "Counts up")];
    let options = options.map(|(value, title)| (value.to_owned(), title.to_owned()));
    rsx! {
        div { class: "seed-field",
            div { class: "seed-line",
                Select {
                    label: "{bound.title}, how it is chosen",
                    value: word(policy),
                    options: options.to_vec(),
                    disabled: bound.disabled,
                    onchange: move |chosen: String| {
                        let number = number_of(policy).or(used).unwrap_or(0);
                        switched.set_and_rest(policy_named(&chosen, number).to_json());
                    },
                }
                if let Some(number) = number_of(policy) {
                    input {
                        class: "input tabular",
                        r#type: "text",
                        inputmode: "numeric",
                        aria_label: if matches!(policy, SeedPolicy::Fixed(_)) { bound.title.clone() } else { format!("{}, first", bound.title) },
                        value: "{number}",
                        disabled: bound.disabled,
                        onchange: move |event| {
                            if let Ok(number) = event.value().trim().parse::<u64>() {
                                typed.set_and_rest(policy_named(word(policy), number).to_json());
                            }
                        },
                    }
                    IconButton {
                        glyph: Glyph::Dices,
                        label: "Roll a new seed",
                        disabled: bound.disabled,
                        onclick: move |_| {
                            let number = (dom::random() * f64::from(u32::MAX)) as u64;
                            rolled.set_and_rest(policy_named(word(policy), number).to_json());
                        },
                    }
                }
            }
            if let Some(used) = used.filter(|used| policy != SeedPolicy::Fixed(*used)) {
                p { class: "seed-used",
                    "Last used "
                    span { class: "tabular", "{used}" }
                    if !bound.disabled {
                        button { class: "text-button", r#type: "button", onclick: move |_| taken.set_and_rest(Json::from(used)), "Keep it" }
                    }
                }
            }
        }
    }
}

fn word(policy: SeedPolicy) -> &'static str {
    match policy {
        SeedPolicy::Random => "random",
        SeedPolicy::Fixed(_) => "fixed",
        SeedPolicy::Increment { .. } => "increment",
    }
}

fn number_of(policy: SeedPolicy) -> Option<u64> {
    match policy {
        SeedPolicy::Random => None,
        SeedPolicy::Fixed(number) | SeedPolicy::Increment { from: number, .. } => Some(number),
    }
}

fn policy_named(word: &str, number: u64) -> SeedPolicy {
    match word {
        "fixed" => SeedPolicy::Fixed(number),
        "increment" => SeedPolicy::Increment { from: number, at: None },
        _ => SeedPolicy::Random,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_to_choose_is_what_its_word_says() {
        for policy in [SeedPolicy::Random, SeedPolicy::Fixed(7), SeedPolicy::Increment { from: 7, at: None }] {
            assert_eq!(policy_named(word(policy), number_of(policy).unwrap_or(0)), policy);
        }
    }
}
