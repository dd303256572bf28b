//! This workflow's runs, newest first, page by page: who, when, how it went, what it cost, what it brought.

use dioxus::prelude::*;
use shared::{
    api::{ModelSpend, Run},
    id::RunId,
};

use super::{StatusWord, dollars};
use crate::{
    api::Api,
    canvas::{category, state::use_canvas},
    dom,
    media::Shown,
    replica::view::CanvasViewStoreExt,
    route::Route,
    ui::{Button, Empty, Glyph, Icon, Size, Skeleton, Tone, use_toaster},
};

/// How many a page has.
const PAGE: usize = 20;

#[component]
pub fn History() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let workflow = canvas.replica().workflow();
    let mut older = use_signal(Vec::<Run>::new);
    let mut more = use_signal(|| true);
    let mut open = use_signal(|| None::<RunId>);
    // Asked again when a run begins or ends.
    let states = use_memo(move || {
        let runs = canvas.view.runs();
        let runs = runs.read();
        runs.iter().map(|(id, run)| (*id, run.status)).collect::<Vec<_>>()
    });
    let newest = use_resource(move || {
        let _ = states.read();
        async move { Api.runs(workflow, None, PAGE).await }
    });
    let newest = newest.read();
    let first: Vec<Run> = match &*newest {
        None => return rsx! { div { class: "run-list", Skeleton { height: "44px" } } },
        Some(Err(error)) => return rsx! { div { class: "side-empty", p { role: "alert", "{error.sentence()}" } } },
        Some(Ok(runs)) => runs.clone(),
    };
    if first.is_empty() {
        return rsx! {
            Empty { glyph: Glyph::Play, title: "No runs yet", text: "Press Run: everybody here sees the results appear." }
        };
    }
    // A new run pushes the last one of the first page into what was loaded before.
    let rest = older().into_iter().filter(|run| first.iter().all(|known| known.id != run.id));
    let whole = first.len() == PAGE;
    let runs: Vec<Run> = first.iter().cloned().chain(rest).collect();
    let last = runs.last().map(|run| run.id);
    rsx! {
        ul { class: "run-list",
            for run in runs {
                Item {
                    key: "{run.id}",
                    open: open() == Some(run.id),
                    onopen: move |id| {
                        let next = if open() == Some(id) { None } else { Some(id) };
                        open.set(next);
                    },
                    run,
                }
            }
        }
        if whole && more() {
            div { class: "side-actions",
                Button {
                    size: Size::S,
                    onclick: move |_| async move {
                        match Api.runs(workflow, last, PAGE).await {
                            Ok(page) => {
                                more.set(page.len() == PAGE);
                                older.write().extend(page);
                            }
                            Err(error) => toaster.say(Tone::Danger, error.sentence()),
                        }
                    },
                    "Older runs"
                }
            }
        }
    }
}

#[component]
fn Item(run: Run, open: bool, onopen: EventHandler<RunId>) -> Element {
    let canvas = use_canvas();
    let id = run.id;
    // Of a run under way the document knows more, and sooner.
    let live = canvas.view.runs().get(id).map(|live| live.cloned());
    let status = live.as_ref().map_or(run.status, |live| live.status);
    let cost = live.as_ref().and_then(|live| live.cost_usd).or(run.cost_usd).filter(|cost| *cost > 0.0);
    let when = format!("{}, {}", dom::day_of(&run.created_at), dom::time_of(&run.created_at));
    rsx! {
        li { class: "run-entry", "data-run": "{id}", "data-status": status.as_str(),
            button {
                class: "run-item",
                r#type: "button",
                aria_expanded: if open { "true" } else { "false" },
                onclick: move |_| onopen.call(id),
                span { class: "run-line-text",
                    strong { "{run.started_by_name}" }
                    small { class: "tabular", "{when}" }
                }
                if let Some(cost) = cost {
                    small { class: "tabular", "{dollars(cost)}" }
                }
                StatusWord { status }
                Icon { glyph: if open { Glyph::ChevronDown } else { Glyph::ChevronRight }, size: Size::S }
            }
            if open {
                Brought { id }
            }
        }
    }
}

/// Whose key paid for which model, and how much.
#[component]
fn Paid(id: RunId) -> Element {
    let spend = use_resource(use_reactive!(|id| async move { Api.run_spend(id).await.unwrap_or_default() }));
    let spend = spend.read();
    let Some(spend) = spend.as_ref().filter(|spend| !spend.is_empty()) else { return rsx! {} };
    rsx! {
        ul { class: "run-paid", "data-testid": "run-paid",
            for model in spend {
                li { key: "{model.provider} {model.model} {model.payer}",
                    span { "{model.model}" }
                    small { class: "tabular", "{paid(model)}" }
                }
            }
        }
    }
}

/// `$0.40, Workspace key at fal`
fn paid(model: &ModelSpend) -> String {
    let total = model.total;
    let cost = match total.calls_of_unknown_cost {
        0 => dollars(total.usd),
        unknown if unknown == total.calls => "Cost unknown".to_owned(),
        _ => format!("{} and more, part unknown", dollars(total.usd)),
    };
    let payer = if model.payer == "person" { "key of whoever started it" } else { "Workspace key" };
    format!("{cost}, {payer}, {}", model.provider)
}

/// What a run brought: asked when it is opened, because results may be long.
#[component]
fn Brought(id: RunId) -> Element {
    let canvas = use_canvas();
    let run = use_resource(use_reactive!(|id| async move { Api.run(id).await }));
    let run = run.read();
    let run = match &*run {
        None => return rsx! { div { class: "run-brought", Skeleton { height: "64px" } } },
        Some(Err(error)) => return rsx! { div { class: "run-brought", p { role: "alert", "{error.sentence()}" } } },
        Some(Ok(run)) => run,
    };
    let took = run.started_at.as_deref().zip(run.finished_at.as_deref());
    let took = took.and_then(|(start, end)| dom::seconds_between(start, end));
    rsx! {
        div { class: "run-brought",
            if let Some(seconds) = took {
                p { class: "quiet tabular", "Took {seconds:.1} s" }
            }
            Paid { id }
            for (node , failure) in run.failures.clone() {
                button {
                    key: "{node}",
                    class: "problem",
                    r#type: "button",
                    "data-severity": "error",
                    onclick: move |_| canvas.go_to(&node),
                    Icon { glyph: Glyph::CircleAlert }
                    span { "{category::told(&failure.message)}" }
                }
            }
            for (name , value) in run.outputs.clone() {
                div { key: "{name}", class: "output",
                    span { class: "output-name", "{category::words(&name)}" }
                    Shown { value }
                }
            }
            if run.outputs.is_empty() && run.failures.is_empty() {
                p { class: "quiet", "Its results stand on the nodes: this workflow names none." }
            }
            if run.status.is_final() {
                Link { class: "button", "data-size": "s", to: Route::PastRun { id: run.workflow, run: id },
                    Icon { glyph: Glyph::History }
                    "Open as it was run"
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::api::SpendTotal;

    use super::*;

    #[test]
    fn a_call_of_unknown_cost_is_no_call_for_nothing() {
        let of = |usd, unknown| ModelSpend {
            provider: "fal".into(),
            model: "wan".into(),
            payer: "workspace".into(),
            total: SpendTotal { usd, calls: 2, calls_of_unknown_cost: unknown },
        };
        assert_eq!(paid(&of(0.4, 0)), "$0.40, Workspace key, fal");
        assert_eq!(paid(&of(0.4, 1)), "$0.40 and more, part unknown, Workspace key, fal");
        assert_eq!(paid(&of(0.0, 2)), "Cost unknown, Workspace key, fal");
    }
}
