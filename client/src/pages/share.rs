//! Sharing a workflow: who can open it and as what, people to add, a link to pass on. Opened from the editor.

use dioxus::prelude::*;
use shared::{
    access::{Role, may_override},
    api::WorkflowMember,
    id::{UserId, WorkflowId, WorkspaceId},
};

use super::{
    invitations::Invitations,
    people::{Invite, color_of, role_title},
};
use crate::{
    api::Api,
    dom,
    session::use_session,
    ui::{Avatar, Button, Chip, Dialog, Glyph, Select, Skeleton, Tone, use_toaster},
};

/// `role` is the asking person's.
#[component]
pub fn ShareDialog(workspace: WorkspaceId, workflow: WorkflowId, role: Role, onclose: EventHandler<()>) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut members = use_resource(use_reactive!(|workflow| async move {
        let answer = Api.workflow_members(workflow).await;
        if let Err(error) = &answer {
            session.failed(error);
            toaster.say(Tone::Danger, error.sentence());
        }
        answer.unwrap_or_default()
    }));
    let me = session.me();
    // Adding people takes the right in the workspace; the role here may be another.
    let own =
        me.as_ref().and_then(|me| me.workspaces.iter().find(|found| found.id == workspace).map(|found| found.role));
    let manages = own.is_some_and(Role::can_manage);
    let me = me.map(|me| me.user.id);
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
                Button { glyph: Glyph::Link, onclick: copy, "Copy link to workflow" }
                Button { onclick: move |_| onclose.call(()), "Done" }
            },
            if let Some(own) = own.filter(|own| own.can_manage()) {
                Invite { workspace, own, onadd: move |_| members.restart() }
                Invitations { workspace }
            }
            p { class: "share-note",
                if manages {
                    "Whoever joins can open every workflow of the workspace. A role given below counts in this workflow alone."
                } else {
                    "Members of the workspace can open this workflow. An admin can invite more."
                }
            }
            ul { class: "members",
                match members() {
                    None => rsx! { li { Skeleton { height: "44px" } } },
                    Some(found) => rsx! {
                        for member in found {
                            Person { key: "{member.user}", workflow, own: role, me, member, onchange: move |()| members.restart() }
                        }
                    },
                }
            }
        }
    }
}

#[component]
fn Person(
    workflow: WorkflowId,
    own: Role,
    me: Option<UserId>,
    member: WorkflowMember,
    onchange: EventHandler<()>,
) -> Element {
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let user = member.user;
    let is_me = me == Some(user);
    let changeable = !is_me && may_override(own, member.workspace_role, None);
    let as_in_workspace = format!("{} (workspace)", role_title(member.workspace_role));
    let mut options = vec![(String::new(), as_in_workspace)];
    let given = Role::ALL.into_iter().filter(|role| may_override(own, member.workspace_role, Some(*role)));
    options.extend(given.map(|role| (role.as_str().to_owned(), role_title(role).to_owned())));
    rsx! {
        li { class: "member",
            Avatar { name: member.name.clone(), color: color_of(user) }
            div { class: "who",
                span { class: "name",
                    "{member.name}"
                    if is_me {
                        span { class: "quiet", " (you)" }
                    }
                }
                span { class: "email", "{member.email}" }
            }
            if changeable {
                Select {
                    label: "Role of {member.name} in this workflow",
                    value: member.workflow_role.map(|role| role.as_str().to_owned()).unwrap_or_default(),
                    options,
                    disabled: busy(),
                    onchange: move |text: String| async move {
                        busy.set(true);
                        match Api.set_workflow_role(workflow, user, text.parse().ok()).await {
                            Ok(_) => onchange.call(()),
                            Err(error) => toaster.say(Tone::Danger, error.sentence()),
                        }
                        busy.set(false);
                    },
                }
            } else {
                Chip { "{role_title(member.role)}" }
            }
        }
    }
}
