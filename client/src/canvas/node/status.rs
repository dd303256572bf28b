//! The state of a node in a word: what the last run made of it, and whether that still holds.

use dioxus::prelude::*;
use shared::{graph::Mode, id::NodeId, outputs::NodeOutput, run::NodeStatus};

use crate::{
    canvas::state::{Canvas, use_canvas},
    replica::view::CanvasViewStoreExt,
    ui::{Chip, Glyph, Icon, Size, Spinner, Tone},
};

/// `idle`, or the state as the server names it. Subscribes whoever is running.
pub fn node_status(canvas: Canvas, id: &NodeId) -> &'static str {
    let output = canvas.view.outputs().get(id.clone());
    output.map_or("idle", |output| output.read().status.as_str())
}

/// What the chip says; `None`: nothing worth saying.
#[derive(Debug, Clone, PartialEq)]
struct Say {
    tone: Tone,
    glyph: Option<Glyph>,
    text: String,
    why: &'static str,
}

fn say(mode: Mode, pinned: bool, output: Option<&NodeOutput>, stale: bool) -> Option<Say> {
    let word = |tone, glyph, text: &str, why| Some(Say { tone, glyph, text: text.into(), why });
    match mode {
        Mode::Bypass => {
            return word(Tone::Neutral, Some(Glyph::SkipForward), "Bypassed", "Left out; wires pass through");
        }
        Mode::Mute => return word(Tone::Neutral, Some(Glyph::Ban), "Muted", "Left out, with all that depends on it"),
        Mode::Active => {}
    }
    if pinned {
        return word(Tone::Neutral, Some(Glyph::Pin), "Pinned", "Keeps this result and is not run again");
    }
    let output = output?;
    match output.status {
        NodeStatus::Queued => word(Tone::Neutral, Some(Glyph::CircleDashed), "Queued", "Waits for what it depends on"),
        NodeStatus::Running => {
            let percent = output.progress.map(|part| format!("{:.0} %", part.clamp(0.0, 1.0) * 100.0));
            word(Tone::Accent, None, percent.as_deref().unwrap_or("Running"), "Works now")
        }
        NodeStatus::Waiting => word(Tone::Warn, Some(Glyph::CircleDashed), "Waits", "Waits for somebody to approve"),
        NodeStatus::Failed => word(Tone::Danger, Some(Glyph::CircleAlert), "Failed", "See below why"),
        NodeStatus::Done | NodeStatus::Cached if stale => {
            word(Tone::Warn, Some(Glyph::RefreshCw), "Stale", "Made from an earlier version of this workflow")
        }
        NodeStatus::Done | NodeStatus::Cached if output.error.is_some() => {
            let items = output.items.as_ref();
            let text = items.map_or_else(String::new, |items| format!("{} of {} failed", items.failed, items.total));
            word(Tone::Warn, Some(Glyph::CircleAlert), &text, "See below why")
        }
        NodeStatus::Done => {
            let text = output.duration_millis.map_or_else(|| "Done".into(), duration);
            word(Tone::Ok, Some(Glyph::Check), &text, "Done")
        }
        NodeStatus::Cached => word(Tone::Ok, Some(Glyph::Check), "Cached", "Nothing changed: the earlier result holds"),
        NodeStatus::Skipped => word(
            Tone::Neutral,
            Some(Glyph::SkipForward),
            "Skipped",
            "Its branch was not taken, or something it depends on failed",
        ),
        NodeStatus::Cancelled => word(Tone::Neutral, Some(Glyph::Ban), "Cancelled", "Stopped before it was done"),
    }
}

/// Short enough for a chip: `0.4 s`, `12 s`, `3 min`.
fn duration(millis: u64) -> String {
    match millis {
        0..10_000 => format!("{:.1} s", millis as f64 / 1000.0),
        10_000..120_000 => format!("{} s", millis / 1000),
        _ => format!("{} min", millis / 60_000),
    }
}

fn is_pinned(canvas: Canvas, id: &NodeId) -> bool {
    canvas.view.nodes().get(id.clone()).is_some_and(|node| node.read().pin.is_some())
}

/// The state in words, for those who do not see the chip.
pub fn status_words(canvas: Canvas, id: &NodeId, mode: Mode) -> Option<String> {
    let output = canvas.view.outputs().get(id.clone()).map(|output| output.cloned());
    let stale = canvas.view.stale().read().contains(id);
    let pinned = is_pinned(canvas, id);
    say(mode, pinned, output.as_ref(), stale).map(|said| said.text)
}

#[component]
pub fn StatusChip(id: NodeId, mode: Mode) -> Element {
    let canvas = use_canvas();
    let said = use_memo(use_reactive!(|id, mode| {
        let output = canvas.view.outputs().get(id.clone()).map(|output| output.cloned());
        let stale = canvas.view.stale().read().contains(&id);
        say(mode, is_pinned(canvas, &id), output.as_ref(), stale)
    }));
    let Some(Say { tone, glyph, text, why }) = said() else { return rsx! {} };
    rsx! {
        span { class: "node-state", title: why,
            Chip { tone,
                if let Some(glyph) = glyph {
                    Icon { glyph, size: Size::S }
                } else {
                    Spinner { size: Size::S }
                }
                span { class: "tabular", "{text}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::{id::RunId, value::Values};

    use super::*;

    fn output(status: NodeStatus) -> NodeOutput {
        NodeOutput {
            run: "run_00000000000070008000000000000000".parse::<RunId>().unwrap(),
            status,
            progress: Some(0.42),
            key: String::new(),
            error: None,
            cost_usd: None,
            duration_millis: Some(1234),
            seed: None,
            text: String::new(),
            preview: Values::new(),
            values: Values::new(),
            items: None,
            approvals: Vec::new(),
            history: Vec::new(),
        }
    }

    fn words(mode: Mode, status: NodeStatus, stale: bool) -> String {
        say(mode, false, Some(&output(status)), stale).map(|said| said.text).unwrap_or_default()
    }

    #[test]
    fn every_state_has_words_and_not_only_a_colour() {
        assert_eq!(words(Mode::Active, NodeStatus::Running, false), "42 %");
        assert_eq!(words(Mode::Active, NodeStatus::Done, false), "1.2 s");
        assert_eq!(words(Mode::Active, NodeStatus::Done, true), "Stale");
        assert_eq!(words(Mode::Active, NodeStatus::Failed, true), "Failed");
        assert_eq!(words(Mode::Mute, NodeStatus::Done, false), "Muted");
        let pinned = say(Mode::Active, true, None, false).map(|said| said.text);
        assert_eq!(pinned.as_deref(), Some("Pinned"));
    }

    #[test]
    fn a_node_that_never_ran_says_nothing() {
        assert_eq!(say(Mode::Active, false, None, true), None);
    }
}
