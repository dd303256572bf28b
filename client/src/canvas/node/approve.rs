//! What a node asks somebody to decide: what it shows, and yes or no.

use dioxus::prelude::*;
use shared::{
    id::{NodeId, RunId},
    run::Approval,
};

use crate::{
    api::Api,
    canvas::{category, state::use_canvas},
    media::Shown,
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Icon, Size, Tone, Variant, use_toaster},
};

#[component]
pub fn Approvals(id: NodeId) -> Element {
    let canvas = use_canvas();
    let waiting = use_memo(use_reactive!(|id| {
        let output = canvas.view.outputs().get(id)?;
        let output = output.read();
        (!output.status.is_final() && !output.approvals.is_empty()).then(|| (output.run, output.approvals.clone()))
    }));
    let Some((run, waiting)) = waiting() else { return rsx! {} };
    rsx! {
        for (index , approval) in waiting.into_iter().enumerate() {
            // Two questions of one node differ by their place in a list.
            Asked { key: "{index}", run, approval }
        }
    }
}

#[component]
fn Asked(run: RunId, approval: Approval) -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let asked = approval.clone();
    let answer = use_callback(move |approved: bool| {
        let asked = asked.clone();
        busy.set(true);
        spawn(async move {
            if let Err(error) = Api.answer(run, &asked, approved).await {
                toaster.say(Tone::Danger, error.sentence());
            }
            busy.set(false);
        });
    });
    let allowed = canvas.view.role().read().can_approve() && !busy();
    let question = if approval.question.trim().is_empty() {
        "Is this good?".to_owned()
    } else {
        category::told(&approval.question)
    };
    rsx! {
        div { class: "approval", role: "group", aria_label: "{question}",
            p { class: "approval-question",
                Icon { glyph: Glyph::Hand }
                "{question}"
            }
            Shown { value: approval.value.clone() }
            div { class: "approval-answers",
                Button { size: Size::S, variant: Variant::Primary, glyph: Glyph::Check, disabled: !allowed, onclick: move |_| answer.call(true), "Yes, go on" }
                Button { size: Size::S, glyph: Glyph::X, disabled: !allowed, onclick: move |_| answer.call(false), "No" }
            }
        }
    }
}
