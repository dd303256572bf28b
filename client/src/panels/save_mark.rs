//! Whether the person's work is safe. It says *saved* only of what the server has written durably.

use dioxus::prelude::*;
use shared::{api::CreateWorkflow, exchange};

use crate::{
    api::Api,
    canvas::state::use_canvas,
    replica::view::{CanvasViewStoreExt, SaveState},
    route::Route,
    ui::{Button, Glyph, Icon, Size, Spinner, Tone, use_toaster},
};

#[component]
pub fn SaveMark() -> Element {
    let canvas = use_canvas();
    let save = canvas.view.save().cloned();
    let (hook, text) = words(save);
    rsx! {
        span { class: "save-mark", "data-save": hook, role: "status", aria_live: "polite",
            match save {
                SaveState::Saved => rsx! { Icon { glyph: Glyph::CloudCheck } },
                SaveState::Saving { .. } => rsx! { Spinner { size: Size::S } },
                SaveState::Offline { .. } => rsx! { Icon { glyph: Glyph::CloudOff } },
                SaveState::ReadOnly { .. } => rsx! { Icon { glyph: Glyph::Eye } },
            }
            span { "{text}" }
            if matches!(save, SaveState::ReadOnly { unsaved: 1.. }) {
                KeepAsCopy {}
            }
        }
    }
}

/// Makes a workflow of one's own of what could not be sent, in one's own workspace.
#[component]
fn KeepAsCopy() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let navigator = use_navigator();
    let keep = move |_| {
        spawn(async move {
            let Some(graph) = canvas.replica().with_unsent().await else { return };
            let title = format!("{} (my changes)", graph.meta.title);
            let graph = Some(exchange::write_value(&graph));
            match Api.create_workflow(&CreateWorkflow { workspace: None, folder: None, title, graph }).await {
                Ok(workflow) => drop(navigator.push(Route::Workflow { id: workflow.id })),
                Err(error) => toaster.say(Tone::Danger, error.sentence()),
            }
        });
    };
    rsx! {
        Button { size: Size::S, glyph: Glyph::Copy, onclick: keep, "Keep my changes as a copy" }
    }
}

fn words(save: SaveState) -> (&'static str, String) {
    match save {
        SaveState::Saved => ("saved", "Saved".into()),
        SaveState::Saving { .. } => ("saving", "Saving…".into()),
        SaveState::Offline { unsaved: 0 } => ("offline", "Offline".into()),
        SaveState::Offline { unsaved: 1 } => ("offline", "Offline, 1 change not yet sent".into()),
        SaveState::Offline { unsaved } => ("offline", format!("Offline, {unsaved} changes not yet sent")),
        SaveState::ReadOnly { unsaved: 0 } => ("readonly", "View only".into()),
        SaveState::ReadOnly { unsaved: 1 } => ("readonly", "View only, 1 change of yours not sent".into()),
        SaveState::ReadOnly { unsaved } => ("readonly", format!("View only, {unsaved} changes of yours not sent")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsent_changes_are_counted() {
        assert_eq!(words(SaveState::Offline { unsaved: 12 }).1, "Offline, 12 changes not yet sent");
        assert_eq!(words(SaveState::Offline { unsaved: 0 }).1, "Offline");
    }
}
