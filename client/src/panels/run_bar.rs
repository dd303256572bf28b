//! The bar at the foot: add, run, and what a run is doing, for everybody who watches.

use dioxus::prelude::*;
use shared::{
    id::RunId,
    outputs::RunSummary,
    run::{NodeStatus, RunStatus},
};

use super::runs::dollars;
use crate::{
    canvas::state::{Canvas, CanvasStateStoreExt, Side, use_canvas},
    estimate::{last_cost, use_estimates},
    replica::view::CanvasViewStoreExt,
    ui::{Button, Chip, Glyph, Icon, Kbd, Size, Tone, Variant, use_toaster},
};

#[component]
pub fn RunBar() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let going = use_memo(move || going(canvas));
    let selected = use_memo(move || canvas.state.selection().read().len());
    let problems = canvas.view.problems().read().len();
    let some = selected();
    let nothing = canvas.view.nodes().is_empty();
    // A question may stand far out of sight.
    let asks = use_memo(move || {
        let outputs = canvas.view.outputs();
        let outputs = outputs.read();
        let mut asking = outputs.iter().filter(|(_, output)| !output.status.is_final() && !output.approvals.is_empty());
        asking.next().map(|(id, _)| id.clone())
    });
    rsx! {
        footer { class: "run-bar", role: "toolbar", aria_label: "Run",
            Button {
                variant: Variant::Quiet,
                glyph: Glyph::Plus,
                disabled: !canvas.writable(),
                onclick: move |_| canvas.open_search(canvas.middle_canvas(), None),
                "Add node"
            }
            span { class: "bar-rule" }
            if let Some((_, run)) = going() {
                Progress { run }
                if let Some(node) = asks() {
                    Button {
                        variant: Variant::Primary,
                        glyph: Glyph::Hand,
                        "data-testid": "run-asks",
                        onclick: move |_| canvas.go_to(&node),
                        "Answer"
                    }
                }
                Button {
                    variant: Variant::Danger,
                    glyph: Glyph::Square,
                    disabled: !canvas.runnable(),
                    onclick: move |_| canvas.cancel_runs(toaster),
                    "Cancel"
                }
            } else {
                if problems > 0 {
                    button {
                        class: "problem-count",
                        r#type: "button",
                        aria_label: "{problems} problems",
                        onclick: move |_| canvas.state.side().set(Some(Side::Problems)),
                        Chip { tone: Tone::Warn,
                            Icon { glyph: Glyph::TriangleAlert }
                            "{problems}"
                        }
                    }
                }
                if some > 0 {
                    Button {
                        variant: Variant::Secondary,
                        disabled: !canvas.runnable(),
                        onclick: move |_| {
                            let targets = canvas.selected().into_iter().collect();
                            canvas.run(targets, toaster);
                        },
                        if some == 1 { "To here" } else { "Selected" }
                    }
                }
                Price {}
                Button {
                    variant: Variant::Primary,
                    glyph: Glyph::Play,
                    disabled: !canvas.runnable() || nothing,
                    onclick: move |_| canvas.run(Vec::new(), toaster),
                    "Run"
                    Kbd { keys: "Mod+Enter" }
                }
            }
        }
    }
}

/// What a run is going to cost and who pays; and what the last one did.
#[component]
fn Price() -> Element {
    let canvas = use_canvas();
    let estimates = use_estimates();
    let last = use_memo(move || last_cost(canvas));
    let Some(words) = estimates.whole() else { return rsx! {} };
    let keyless = match words.without_key {
        0 => None,
        1 => Some("1 model has no key".to_owned()),
        many => Some(format!("{many} models have no key")),
    };
    rsx! {
        div { class: "run-price", "data-testid": "estimate",
            title: "By list prices, if nothing is there already; a node that is given a list is paid for each item.",
            if !words.payer.is_empty() {
                span { class: "tabular", "{words.price} · {words.payer}" }
            }
            if let Some(keyless) = keyless {
                span { class: "run-keyless",
                    Icon { glyph: Glyph::Key, size: Size::S }
                    "{keyless}"
                }
            }
            if let Some(last) = last() {
                small { class: "tabular", "data-testid": "actual", "Last run: {last}" }
            }
        }
    }
}

/// The newest run that is not through.
fn going(canvas: Canvas) -> Option<(RunId, RunSummary)> {
    let runs = canvas.view.runs();
    let runs = runs.read();
    let going = runs.iter().filter(|(_, run)| !run.status.is_final());
    going.max_by(|a, b| a.1.started_at.cmp(&b.1.started_at)).map(|(id, run)| (*id, run.clone()))
}

#[component]
fn Progress(run: RunSummary) -> Element {
    let canvas = use_canvas();
    let counted = use_memo(move || {
        let outputs = canvas.view.outputs();
        let outputs = outputs.read();
        outputs.values().filter(|output| output.status == NodeStatus::Running).count()
    });
    let percent = (run.progress.clamp(0.0, 1.0) * 100.0).round();
    let cost = run.cost_usd.filter(|cost| *cost > 0.0).map(|cost| format!(" · {}", dollars(cost))).unwrap_or_default();
    rsx! {
        div { class: "run-progress", role: "status",
            span { class: "run-who",
                strong { "{run.started_by_name}" }
                if run.status == RunStatus::Queued {
                    " waits"
                    if let Some(position) = run.position {
                        " · turn {position}"
                    }

                } else {
                    " is running · "
                    span { class: "tabular", "{percent} %" }
                    if counted() > 1 {
                        " · {counted()} at once"
                    }
                    "{cost}"
                }
            }
            span { class: "run-line", style: "--part: {run.progress}" }
        }
    }
}
