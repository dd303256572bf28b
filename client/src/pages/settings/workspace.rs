//! The workspace itself: its name, and the ways out of it.

use dioxus::prelude::*;
use shared::{
    access::Role,
    api::{Member, Workspace},
    id::UserId,
};

use crate::{
    api::Api,
    route::Route,
    session::use_session,
    ui::{Button, Dialog, Field, Select, TextInput, Tone, Variant, use_toaster},
};

#[component]
pub fn Name(workspace: Workspace) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let saved = workspace.name.clone();
    let mut name = use_signal(|| workspace.name.clone());
    let mut busy = use_signal(|| false);
    let id = workspace.id;
    let unchanged = name().trim() == saved || name().trim().is_empty();
    let save = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() || name.peek().trim().is_empty() {
            return;
        }
        busy.set(true);
        let wanted = name.peek().trim().to_owned();
        match Api.rename_workspace(id, wanted).await {
            Ok(_) => session.reload().await,
            Err(error) => toaster.say(Tone::Danger, error.sentence()),
        }
        busy.set(false);
    };
    rsx! {
        form { class: "line-form", onsubmit: save,
            Field { label: "Name",
                TextInput { value: name(), name: "workspace", autocomplete: "off", oninput: move |text| name.set(text) }
            }
            Button { submit: true, busy: busy(), disabled: unchanged, "Rename" }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    Nothing,
    Leave,
    Transfer,
    Delete,
}

/// What cannot be undone. A person's own workspace has none of it.
#[component]
pub fn Leaving(workspace: Workspace) -> Element {
    let mut asking = use_signal(|| Asking::Nothing);
    let close = move |()| asking.set(Asking::Nothing);
    let owns = workspace.role.can_own();
    rsx! {
        div { class: "danger-rows",
            Row { title: "Leave", text: "You lose access to its workflows at once.", action: "Leave workspace", onclick: move |()| asking.set(Asking::Leave) }
            if owns {
                Row { title: "Hand over", text: "Another member becomes the owner, you an admin.", action: "Hand over", onclick: move |()| asking.set(Asking::Transfer) }
                Row { title: "Delete", text: "Every workflow, result and key in it goes, for everyone.", action: "Delete workspace", onclick: move |()| asking.set(Asking::Delete) }
            }
        }
        match asking() {
            Asking::Nothing => rsx! {},
            Asking::Leave => rsx! { Leave { workspace, onclose: close } },
            Asking::Transfer => rsx! { Transfer { workspace, onclose: close } },
            Asking::Delete => rsx! { Delete { workspace, onclose: close } },
        }
    }
}

#[component]
fn Row(title: String, text: String, action: String, onclick: EventHandler<()>) -> Element {
    rsx! {
        div { class: "key-row",
            div { class: "who",
                span { class: "name", "{title}" }
                span { class: "email", "{text}" }
            }
            Button { variant: Variant::Danger, onclick: move |_| onclick.call(()), "{action}" }
        }
    }
}

#[component]
fn Leave(workspace: Workspace, onclose: EventHandler<()>) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let id = workspace.id;
    let leave = move |_| async move {
        let Some(me) = session.me() else { return };
        match Api.remove_member(id, me.user.id).await {
            Ok(()) => {
                session.reload().await;
                navigator().push(Route::Home {});
            }
            Err(error) => toaster.say(Tone::Danger, error.sentence()),
        }
        onclose.call(());
    };
    rsx! {
        Dialog {
            title: "Leave {workspace.name}?",
            onclose,
            footer: rsx! {
                Button { onclick: move |_| onclose.call(()), "Cancel" }
                Button { variant: Variant::Danger, onclick: leave, "Leave workspace" }
            },
            p { "To come back you need an invitation. What you made there stays with the workspace." }
        }
    }
}

#[component]
fn Transfer(workspace: Workspace, onclose: EventHandler<()>) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut to = use_signal(String::new);
    let id = workspace.id;
    let members = use_resource(move || async move { Api.members(id).await.unwrap_or_default() });
    let me = session.me().map(|me| me.user.id);
    let others = members().unwrap_or_default().into_iter().filter(|member: &Member| Some(member.user) != me);
    let mut options = vec![(String::new(), "Choose a member".to_owned())];
    options.extend(others.map(|member| (member.user.to_string(), format!("{} ({})", member.name, member.email))));
    let give = move |_| async move {
        let Ok(user) = to.peek().parse::<UserId>() else { return };
        match Api.transfer_workspace(id, user).await {
            Ok(_) => {
                session.reload().await;
                toaster.say(Tone::Ok, "The workspace was handed over. You are an admin now.");
            }
            Err(error) => toaster.say(Tone::Danger, error.sentence()),
        }
        onclose.call(());
    };
    rsx! {
        Dialog {
            title: "Hand over {workspace.name}",
            onclose,
            footer: rsx! {
                Button { onclick: move |_| onclose.call(()), "Cancel" }
                Button { variant: Variant::Danger, disabled: to().is_empty(), onclick: give, "Hand over" }
            },
            Field { label: "To",
                Select { label: "New owner", value: to(), options, onchange: move |text| to.set(text) }
            }
        }
    }
}

#[component]
fn Delete(workspace: Workspace, onclose: EventHandler<()>) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut typed = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let id = workspace.id;
    let same = typed().trim() == workspace.name;
    let delete = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() {
            return;
        }
        busy.set(true);
        match Api.delete_workspace(id, typed.peek().trim()).await {
            Ok(()) => {
                session.reload().await;
                toaster.say(Tone::Ok, "The workspace was deleted.");
                navigator().push(Route::Home {});
                onclose.call(());
            }
            Err(error) => toaster.say(Tone::Danger, error.sentence()),
        }
        busy.set(false);
    };
    rsx! {
        Dialog { title: "Delete {workspace.name}?", onclose,
            form { class: "stack", onsubmit: delete,
                p { "Every workflow, result and key in it goes, for everyone. There is no way back." }
                Field { label: "Type the name of the workspace to delete it",
                    TextInput { value: typed(), name: "confirm", autocomplete: "off", placeholder: workspace.name.clone(), oninput: move |text| typed.set(text) }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Danger, submit: true, busy: busy(), disabled: !same, "Delete workspace" }
                }
            }
        }
    }
}

/// Whether there is anything in [`Leaving`] for this person.
pub fn can_leave(workspace: &Workspace) -> bool {
    !workspace.personal && workspace.role >= Role::Viewer
}
