//! The frame around home and settings: workspaces and oneself at the side, the page beside them.

use dioxus::prelude::*;
use shared::id::WorkspaceId;

use crate::{
    api::Api,
    dom,
    route::Route,
    session::{Session, use_session},
    ui::{
        Avatar, Button, Dialog, Field, Glyph, Icon, IconButton, Menu, MenuItem, Size, TextInput, Tone, Variant,
        use_toaster,
    },
};

#[component]
pub fn Shell(children: Element) -> Element {
    let session = use_session();
    let mut creating = use_signal(|| false);
    let here = use_route::<Route>();
    let chosen = session.workspace().map(|workspace| workspace.id);
    let Some(me) = session.me() else { return rsx! {} };
    rsx! {
        div { class: "shell",
            nav { class: "shell-side", aria_label: "Workspaces",
                Link { class: "shell-brand", to: Route::Home {},
                    img { src: "/assets/logo.svg", alt: "", width: 26, height: 26 }
                    "OpenFlow"
                }
                div { class: "shell-heading",
                    h2 { "Workspaces" }
                    IconButton { glyph: Glyph::Plus, label: "New workspace", size: Size::S, onclick: move |_| creating.set(true) }
                }
                ul {
                    for workspace in me.workspaces.clone() {
                        li { key: "{workspace.id}",
                            button {
                                class: "shell-item",
                                aria_current: (chosen == Some(workspace.id)).then_some("true"),
                                onclick: move |_| {
                                    session.choose_workspace(workspace.id);
                                    navigator().push(Route::Home {});
                                },
                                span { class: "shell-letter", "aria-hidden": "true", "{first_letter(&workspace.name)}" }
                                span { class: "name", "{workspace.name}" }
                            }
                        }
                    }
                }
                div { class: "shell-foot",
                    Link {
                        class: "shell-item",
                        to: Route::Settings {},
                        "aria-current": (here == Route::Settings {}).then_some("page"),
                        Icon { glyph: Glyph::Settings }
                        span { class: "name", "Workspace settings" }
                    }
                    Account { session, name: me.user.name.clone(), email: me.user.email.clone() }
                }
            }
            main { class: "shell-page", {children} }
        }
        if creating() {
            NewWorkspace {
                onclose: move |()| creating.set(false),
                oncreate: move |id| async move {
                    creating.set(false);
                    session.reload().await;
                    session.choose_workspace(id);
                    navigator().push(Route::Home {});
                },
            }
        }
    }
}

#[component]
fn Account(session: Session, name: String, email: String) -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        div { class: "shell-account",
            button {
                class: "shell-item",
                aria_haspopup: "menu",
                aria_expanded: if open() { "true" } else { "false" },
                aria_label: "Account of {name}",
                onclick: move |_| open.toggle(),
                Avatar { name: name.clone(), color: "#62d5c5", size: Size::S }
                span { class: "name", "{name}" }
            }
            if open() {
                Menu { label: "Account", onclose: move |()| open.set(false),
                    p { class: "shell-email", "{email}" }
                    MenuItem {
                        title: "Account",
                        glyph: Glyph::Settings,
                        onclick: move |()| {
                            open.set(false);
                            navigator().push(Route::Account {});
                        },
                    }
                    MenuItem {
                        title: "Sign out",
                        glyph: Glyph::LogOut,
                        onclick: move |()| {
                            open.set(false);
                            spawn(session.sign_out());
                        },
                    }
                }
            }
        }
    }
}

#[component]
fn NewWorkspace(onclose: EventHandler<()>, oncreate: EventHandler<WorkspaceId>) -> Element {
    let mut name = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let toaster = use_toaster();
    use_focus("workspace-name");
    let create = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() || name.peek().trim().is_empty() {
            return;
        }
        busy.set(true);
        match Api.create_workspace(name.peek().trim()).await {
            Ok(workspace) => oncreate.call(workspace.id),
            Err(error) => toaster.say(Tone::Danger, error.sentence()),
        }
        busy.set(false);
    };
    rsx! {
        Dialog { title: "New workspace", onclose,
            form { class: "stack", onsubmit: create,
                Field { label: "Name", hint: "Members of a workspace share its workflows and provider keys.",
                    TextInput {
                        value: name(),
                        name: "workspace",
                        autocomplete: "off",
                        oninput: move |text| name.set(text),
                        id: "workspace-name",
                    }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Primary, submit: true, busy: busy(), disabled: name().trim().is_empty(), "Create workspace" }
                }
            }
        }
    }
}

/// Puts the keyboard on an element of the calling dialog, after the dialog itself has taken it.
pub fn use_focus(id: &'static str) {
    use_effect(move || {
        spawn(async move {
            dom::next_frame().await;
            dom::focus(id);
        });
    });
}

fn first_letter(name: &str) -> String {
    name.chars().next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default()
}
