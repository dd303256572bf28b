//! What a run has brought so far: its named results, what it cost, and what went wrong.

use dioxus::prelude::*;
use shared::{api::Run, run::RunStatus};

use super::form::FormResult;
use crate::{
    canvas::{category, node::advice},
    media::Shown,
    ui::{Glyph, Icon, Skeleton},
};

#[component]
pub fn Results(run: Run, results: Vec<FormResult>) -> Element {
    let nothing = results.is_empty() && run.outputs.is_empty();
    let unnamed: Vec<_> = run
        .outputs
        .iter()
        .filter(|(name, _)| results.iter().all(|result| result.name != **name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    rsx! {
        for (node , failure) in run.failures.clone() {
            div { key: "{node}", class: "failure", role: "alert",
                Icon { glyph: Glyph::CircleAlert }
                div {
                    p { class: "failure-message", "{category::told(&failure.message)}" }
                    p { class: "failure-advice", "{advice(&failure)}" }
                }
            }
        }
        for result in results {
            article { key: "{result.name}", class: "app-result", "data-result": "{result.name}",
                h2 { "{result.title}" }
                match run.outputs.get(&result.name) {
                    Some(value) => rsx! { Shown { value: value.clone() } },
                    None if run.status.is_final() => rsx! { p { class: "quiet", "No result" } },
                    None => rsx! { Skeleton { height: "96px" } },
                }
            }
        }
        for (name , value) in unnamed {
            article { key: "{name}", class: "app-result", "data-result": "{name}",
                h2 { "{category::words(&name)}" }
                Shown { value }
            }
        }
        if nothing && run.status == RunStatus::Done {
            p { class: "quiet", "Done. This workflow names no result: put a result node at its end to see it here." }
        }
        if let Some(cost) = run.cost_usd.filter(|cost| *cost > 0.0) {
            p { class: "quiet tabular", "Cost ${cost:.3}" }
        }
    }
}
