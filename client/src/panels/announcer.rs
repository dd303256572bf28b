//! Says aloud, for those who do not see the canvas, what happens on it: runs that begin and end, people who come.

use std::collections::BTreeMap;

use dioxus::prelude::*;
use shared::{id::RunId, run::RunStatus};

use crate::{canvas::state::use_canvas, replica::view::CanvasViewStoreExt};

#[component]
pub fn Announcer() -> Element {
    let canvas = use_canvas();
    let mut said = use_signal(String::new);
    let mut known = use_signal(|| None::<(BTreeMap<RunId, RunStatus>, Vec<String>)>);
    use_effect(move || {
        let runs = canvas.view.runs();
        let named: BTreeMap<RunId, (RunStatus, String)> =
            runs.read().iter().map(|(id, run)| (*id, (run.status, run.started_by_name.clone()))).collect();
        let people = canvas.view.people();
        let here: Vec<String> =
            people.read().values().filter_map(|person| Some(person.user.as_ref()?.name.clone())).collect();
        let states = named.iter().map(|(id, (status, _))| (*id, *status)).collect();
        // What was there when the page opened is not news.
        if let Some((before, faces)) = known.peek().as_ref() {
            let moved = named.iter().filter(|(id, (status, _))| before.get(id) != Some(status));
            let mut news: Vec<String> = moved.map(|(_, (status, who))| run_news(*status, who)).collect();
            news.extend(here.iter().filter(|name| !faces.contains(name)).map(|name| format!("{name} is here.")));
            if !news.is_empty() {
                said.set(news.join(" "));
            }
        }
        known.set(Some((states, here)));
    });
    rsx! {
        p { class: "spoken", role: "status", aria_live: "polite", "{said}" }
    }
}

fn run_news(status: RunStatus, who: &str) -> String {
    match status {
        RunStatus::Queued => format!("A run of {who} waits for its turn."),
        RunStatus::Running => format!("A run of {who} has begun."),
        RunStatus::Done => format!("The run of {who} is done."),
        RunStatus::Failed => format!("The run of {who} is over, and something in it failed."),
        RunStatus::Cancelled => format!("The run of {who} was cancelled."),
    }
}
