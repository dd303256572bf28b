//! Runs: what is executed and what waits in the workspace, and what this workflow's runs have brought.

mod history;
mod queue;

use dioxus::prelude::*;
use shared::run::RunStatus;

use crate::ui::{Chip, Glyph, Icon, Size, Spinner, Tone};

use history::History;
use queue::Queue;

#[component]
pub fn Runs() -> Element {
    rsx! {
        Queue {}
        History {}
    }
}

#[component]
pub fn StatusWord(status: RunStatus) -> Element {
    let (tone, glyph, word) = match status {
        RunStatus::Queued => (Tone::Neutral, Glyph::CircleDashed, "Queued"),
        RunStatus::Running => (Tone::Accent, Glyph::CircleDashed, "Running"),
        RunStatus::Done => (Tone::Ok, Glyph::Check, "Done"),
        RunStatus::Failed => (Tone::Danger, Glyph::CircleAlert, "Failed"),
        RunStatus::Cancelled => (Tone::Neutral, Glyph::Ban, "Cancelled"),
    };
    rsx! {
        Chip { tone,
            if status == RunStatus::Running {
                Spinner { size: Size::S }
            } else {
                Icon { glyph, size: Size::S }
            }
            "{word}"
        }
    }
}

/// `$0.42`, and tenths of cents where there is not more than that.
pub fn dollars(usd: f64) -> String {
    if usd < 0.1 { format!("${usd:.3}") } else { format!("${usd:.2}") }
}
