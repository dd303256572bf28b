//! Why a node failed, and what to do about it.

use dioxus::prelude::*;
use shared::{
    id::NodeId,
    run::{FailureCode, NodeFailure},
};

use crate::{
    canvas::{category, state::use_canvas},
    replica::view::CanvasViewStoreExt,
    route::Route,
    ui::{Glyph, Icon},
};

/// The next step, for each kind of failure.
pub fn advice(failure: &NodeFailure) -> &'static str {
    match failure.code {
        FailureCode::InvalidInput => "Change the value, then run again.",
        FailureCode::MissingInput => "Connect a wire or give a value.",
        FailureCode::MissingKey => "Add a key for this provider in the settings.",
        FailureCode::Auth => "Check the provider's key in the settings.",
        FailureCode::Quota => "The provider's account is used up: top it up, or use another key.",
        FailureCode::RateLimited => "Too many calls at once: wait a moment, then run again.",
        FailureCode::Filtered => "The provider's rules refused this: change the prompt or the picture.",
        FailureCode::ProviderDown => "The provider does not answer as it should: try again later.",
        FailureCode::MissingTool => "Ask whoever runs this server to install it.",
        FailureCode::Timeout => "It took too long: try something smaller, or run again.",
        FailureCode::Internal => "This is our fault. Run again; if it stays, report it with the details.",
    }
}

fn wants_settings(failure: &NodeFailure) -> bool {
    matches!(failure.code, FailureCode::MissingKey | FailureCode::Auth)
}

#[component]
pub fn Failure(id: NodeId) -> Element {
    let canvas = use_canvas();
    let failure = use_memo(move || {
        let output = canvas.view.outputs().get(id.clone())?;
        let output = output.read();
        // A node that was run over a list may be done and have an error: some of its items failed.
        if output.status.is_final() { output.error.clone() } else { None }
    });
    let Some(failure) = failure() else { return rsx! {} };
    rsx! {
        div { class: "failure", role: "alert",
            Icon { glyph: Glyph::CircleAlert }
            div {
                p { class: "failure-message", "{category::told(&failure.message)}" }
                p { class: "failure-advice",
                    "{advice(&failure)} "
                    if wants_settings(&failure) {
                        Link { to: Route::Settings {}, "Open settings" }
                    }
                }
                if let Some(raw) = &failure.raw {
                    details {
                        summary { "Details" }
                        pre { "data-scroll": "true", "{raw}" }
                    }
                }
            }
        }
    }
}
