//! Sharing a workflow: adding people to its workspace, and its address to pass on. Opened from the editor.

use dioxus::prelude::*;
use shared::{access::Role, id::WorkspaceId};

use super::people::Members;
use crate::{
    dom,
    ui::{Button, Dialog, Glyph, Tone, use_toaster},
};

/// `role` is the asking person's.
#[component]
pub fn ShareDialog(workspace: WorkspaceId, role: Role, onclose: EventHandler<()>) -> Element {
    let toaster = use_toaster();
    let copy = move |_| async move {
        if dom::copy_text(&dom::address()).await {
            toaster.say(Tone::Ok, "Link copied. It opens for members of the workspace.");
        } else {
            toaster.say(Tone::Danger, "The browser does not allow copying here. The link is in the address bar.");
        }
    };
    rsx! {
        Dialog {
            title: "Share",
            onclose,
            footer: rsx! {
                Button { glyph: Glyph::Link, onclick: copy, "Copy link" }
                Button { onclick: move |_| onclose.call(()), "Done" }
            },
            p { class: "share-note",
                if role.can_manage() {
                    "People you invite become members of the workspace and can open all of its workflows."
                } else {
                    "Members of the workspace can open this workflow. An admin can invite more."
                }
            }
            Members { workspace, own: role }
        }
    }
}
