//! Renaming and deleting a workflow.

use dioxus::prelude::*;
use shared::api::{PatchWorkflow, Workflow};

use super::card::shown_title;
use crate::{
    api::Api,
    pages::shell::use_focus,
    ui::{Button, Dialog, Field, TextInput, Tone, Variant, use_toaster},
};

#[component]
pub fn Rename(workflow: Workflow, onclose: EventHandler<()>, ondone: EventHandler<()>) -> Element {
    let toaster = use_toaster();
    let mut title = use_signal(|| workflow.title.clone());
    let mut busy = use_signal(|| false);
    use_focus("workflow-title");
    let id = workflow.id;
    let rename = move |event: FormEvent| async move {
        event.prevent_default();
        let wanted = title.peek().trim().to_owned();
        if busy() || wanted.is_empty() {
            return;
        }
        busy.set(true);
        let body = PatchWorkflow { title: Some(wanted), ..PatchWorkflow::default() };
        match Api.patch_workflow(id, &body).await {
            Ok(_) => {
                onclose.call(());
                ondone.call(());
            }
            Err(error) => {
                toaster.say(Tone::Danger, error.sentence());
                busy.set(false);
            }
        }
    };
    rsx! {
        Dialog { title: "Rename workflow", onclose,
            form { class: "stack", onsubmit: rename,
                Field { label: "Title",
                    TextInput {
                        value: title(),
                        name: "title",
                        autocomplete: "off",
                        oninput: move |text| title.set(text),
                        id: "workflow-title",
                    }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Primary, submit: true, busy: busy(), disabled: title().trim().is_empty(), "Rename" }
                }
            }
        }
    }
}

#[component]
pub fn Delete(workflow: Workflow, onclose: EventHandler<()>, ondone: EventHandler<()>) -> Element {
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let id = workflow.id;
    let delete = move |_| async move {
        busy.set(true);
        match Api.delete_workflow(id).await {
            Ok(()) => {
                onclose.call(());
                toaster.say(Tone::Ok, "The workflow was deleted.");
                ondone.call(());
            }
            Err(error) => {
                toaster.say(Tone::Danger, error.sentence());
                busy.set(false);
            }
        }
    };
    rsx! {
        Dialog {
            title: "Delete workflow?",
            onclose,
            footer: rsx! {
                Button { onclick: move |_| onclose.call(()), "Cancel" }
                Button { variant: Variant::Danger, busy: busy(), onclick: delete, "Delete workflow" }
            },
            p {
                "“{shown_title(&workflow.title)}” and its results go for everyone in the workspace. This cannot be undone."
            }
        }
    }
}
