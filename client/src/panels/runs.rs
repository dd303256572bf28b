//! The latest runs: who, when, how it went.

use dioxus::prelude::*;
use shared::run::RunStatus;

use crate::{
    canvas::state::use_canvas,
    replica::view::CanvasViewStoreExt,
    ui::{Chip, Glyph, Icon, Size, Spinner, Tone},
};

#[component]
pub fn Runs() -> Element {
    let canvas = use_canvas();
    let runs = use_memo(move || {
        let runs = canvas.view.runs();
        let runs = runs.read();
        let mut listed: Vec<_> = runs.iter().map(|(id, run)| (*id, run.clone())).collect();
        listed.sort_by(|a, b| b.1.started_at.cmp(&a.1.started_at));
        listed
    });
    let runs = runs();
    if runs.is_empty() {
        return rsx! {
            div { class: "side-empty",
                p { "No runs yet." }
                p { class: "quiet", "Press Run: everybody here sees the results appear." }
            }
        };
    }
    rsx! {
        ul { class: "run-list",
            for (id , run) in runs {
                li { key: "{id}", class: "run-item", "data-run": "{id}", "data-status": run.status.as_str(),
                    span { class: "run-line-text",
                        strong { "{run.started_by_name}" }
                        small { class: "tabular", "{when(&run.started_at)}" }
                    }
                    Chip { tone: tone(run.status),
                        if run.status == RunStatus::Running {
                            Spinner { size: Size::S }
                        } else {
                            Icon { glyph: glyph(run.status), size: Size::S }
                        }
                        "{word(run.status)}"
                    }
                    if let Some(cost) = run.cost_usd.filter(|cost| *cost > 0.0) {
                        small { class: "tabular", "${cost:.3}" }
                    }
                }
            }
        }
    }
}

fn tone(status: RunStatus) -> Tone {
    match status {
        RunStatus::Queued | RunStatus::Cancelled => Tone::Neutral,
        RunStatus::Running => Tone::Accent,
        RunStatus::Done => Tone::Ok,
        RunStatus::Failed => Tone::Danger,
    }
}

fn glyph(status: RunStatus) -> Glyph {
    match status {
        RunStatus::Queued | RunStatus::Running => Glyph::CircleDashed,
        RunStatus::Done => Glyph::Check,
        RunStatus::Failed => Glyph::CircleAlert,
        RunStatus::Cancelled => Glyph::Ban,
    }
}

fn word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "Queued",
        RunStatus::Running => "Running",
        RunStatus::Done => "Done",
        RunStatus::Failed => "Failed",
        RunStatus::Cancelled => "Cancelled",
    }
}

/// Day and time of an RFC 3339 text, in UTC: `22 Nov, 14:05`.
fn when(rfc3339: &str) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = rfc3339.get(5..7).and_then(|month| month.parse::<usize>().ok());
    let month = month.and_then(|month| months.get(month.wrapping_sub(1)));
    match (rfc3339.get(8..10), month, rfc3339.get(11..16)) {
        (Some(day), Some(month), Some(time)) => format!("{} {month}, {time} UTC", day.trim_start_matches('0')),
        _ => rfc3339.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::when;

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(when("2026-11-02T14:05:59.123Z"), "2 Nov, 14:05 UTC");
        assert_eq!(when("yesterday"), "yesterday");
    }
}
