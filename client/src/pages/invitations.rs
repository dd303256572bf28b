//! Invitation links: making one to copy, and those that are open.

use dioxus::prelude::*;
use shared::{
    access::Role,
    api::{CreateInvitation, Invitation},
    id::WorkspaceId,
};

use super::people::role_title;
use crate::{
    api::Api,
    dom,
    session::use_session,
    ui::{Button, Glyph, Icon, IconButton, Select, Tone, use_toaster},
};

/// Makes a link and shows it; with `listed`, also those that are open.
#[component]
pub fn Invitations(workspace: WorkspaceId, #[props(default)] listed: bool) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut role = use_signal(|| Role::Editor);
    let mut uses = use_signal(String::new);
    let mut link = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let mut open = use_resource(use_reactive!(|workspace| async move {
        if !listed {
            return Vec::new();
        }
        let answer = Api.invitations(workspace).await;
        if let Err(error) = &answer {
            session.failed(error);
        }
        answer.unwrap_or_default()
    }));
    let make = move |_| async move {
        busy.set(true);
        let body = CreateInvitation { role: role(), expires_in_days: None, max_uses: uses.peek().parse().ok() };
        match Api.create_invitation(workspace, &body).await {
            Ok(made) => {
                let address = format!("{}{}", dom::origin(), made.path);
                if dom::copy_text(&address).await {
                    toaster.say(Tone::Ok, "Invitation link copied.");
                }
                link.set(Some(address));
                open.restart();
            }
            Err(error) => toaster.say(Tone::Danger, error.sentence()),
        }
        busy.set(false);
    };
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Owner);
    let roles: Vec<_> = roles.map(|role| (role.as_str().to_owned(), role_title(role).to_owned())).collect();
    let counts = [("", "Any number"), ("1", "One person"), ("10", "10 people")];
    let counts = counts.map(|(value, title)| (value.to_owned(), title.to_owned())).to_vec();
    rsx! {
        div { class: "link-form",
            Icon { glyph: Glyph::Link }
            Select {
                label: "Role of who follows the link",
                value: role().as_str(),
                options: roles,
                onchange: move |text: String| if let Ok(chosen) = text.parse() { role.set(chosen) },
            }
            Select { label: "How many may follow it", value: uses(), options: counts, onchange: move |text| uses.set(text) }
            Button { busy: busy(), onclick: make, "Create invitation link" }
        }
        if let Some(link) = link() {
            CopyLine { label: "Invitation link", text: link }
            p { class: "form-note", "It works for 7 days. It is shown this once; make another any time." }
        }
        if listed && open().is_some_and(|open| !open.is_empty()) {
            ul { class: "members",
                for invitation in open().unwrap_or_default() {
                    li { key: "{invitation.id}", class: "member", "data-testid": "invitation",
                        div { class: "who",
                            span { class: "name", "{role_title(invitation.role)}" }
                            span { class: "email", {state_of(&invitation)} }
                        }
                        IconButton {
                            glyph: Glyph::Trash2,
                            label: "Revoke this link",
                            tip: "Revoke",
                            onclick: move |_| async move {
                                match Api.revoke_invitation(workspace, invitation.id).await {
                                    Ok(()) => {
                                        link.set(None);
                                        open.restart();
                                    }
                                    Err(error) => toaster.say(Tone::Danger, error.sentence()),
                                }
                            },
                        }
                    }
                }
            }
        }
    }
}

fn state_of(invitation: &Invitation) -> String {
    let used = match (invitation.uses, invitation.max_uses) {
        (uses, Some(max)) => format!("{uses} of {max} used"),
        (0, None) => "not used yet".to_owned(),
        (1, None) => "used once".to_owned(),
        (uses, None) => format!("used {uses} times"),
    };
    let until = invitation.expires_at.split('T').next().unwrap_or_default();
    format!("{used} · until {until} · by {}", invitation.created_by_name)
}

/// A line of text that is there to be copied.
#[component]
pub fn CopyLine(label: String, text: String) -> Element {
    let toaster = use_toaster();
    let copied = text.clone();
    rsx! {
        div { class: "copy-line",
            input { class: "input mono", readonly: true, aria_label: "{label}", value: "{text}" }
            Button {
                glyph: Glyph::Copy,
                onclick: move |_| {
                    let text = copied.clone();
                    async move {
                        if dom::copy_text(&text).await {
                            toaster.say(Tone::Ok, "Copied.");
                        } else {
                            toaster.say(Tone::Danger, "The browser does not allow copying here: select the text instead.");
                        }
                    }
                },
                "Copy"
            }
        }
    }
}
