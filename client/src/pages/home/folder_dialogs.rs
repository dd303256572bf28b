//! What is asked about a folder: its name, whether it may go, and where a workflow is to be.

use dioxus::prelude::*;
use shared::{
    api::{CreateFolder, Folder, PatchFolder, PatchWorkflow, Workflow},
    id::FolderId,
};

use super::folders::{Shelf, way_to};
use crate::{
    api::Api,
    pages::shell::use_focus,
    ui::{Button, Dialog, Field, Select, TextInput, Tone, Variant, use_toaster},
};

/// Makes a folder in `parent`, or renames `folder`.
#[component]
pub fn NameFolder(
    shelf: Shelf,
    folder: Option<Folder>,
    parent: Option<FolderId>,
    onclose: EventHandler<()>,
) -> Element {
    let toaster = use_toaster();
    let known = folder.as_ref().map(|folder| folder.id);
    let mut name = use_signal(|| folder.map(|folder| folder.name).unwrap_or_default());
    let mut busy = use_signal(|| false);
    use_focus("folder-name");
    let save = move |event: FormEvent| async move {
        event.prevent_default();
        let wanted = name.peek().trim().to_owned();
        if busy() || wanted.is_empty() {
            return;
        }
        busy.set(true);
        let saved = match known {
            Some(id) => {
                let body = PatchFolder { name: Some(wanted), parent: None };
                Api.patch_folder(shelf.workspace, id, &body).await
            }
            None => Api.create_folder(shelf.workspace, &CreateFolder { name: wanted, parent }).await,
        };
        match saved {
            Ok(_) => {
                onclose.call(());
                shelf.onchange.call(());
            }
            Err(error) => {
                toaster.say(Tone::Danger, error.sentence());
                busy.set(false);
            }
        }
    };
    let (title, action) = if known.is_some() { ("Rename folder", "Rename") } else { ("New folder", "Create folder") };
    rsx! {
        Dialog { title, onclose,
            form { class: "stack", onsubmit: save,
                Field { label: "Name",
                    TextInput {
                        value: name(),
                        name: "folder",
                        autocomplete: "off",
                        oninput: move |text| name.set(text),
                        id: "folder-name",
                    }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Primary, submit: true, busy: busy(), disabled: name().trim().is_empty(), "{action}" }
                }
            }
        }
    }
}

#[component]
pub fn DeleteFolder(shelf: Shelf, folder: Folder, onclose: EventHandler<()>) -> Element {
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let id = folder.id;
    let delete = move |_| async move {
        busy.set(true);
        match Api.delete_folder(shelf.workspace, id).await {
            Ok(()) => {
                onclose.call(());
                shelf.onchange.call(());
            }
            Err(error) => {
                toaster.say(Tone::Danger, error.sentence());
                busy.set(false);
            }
        }
    };
    rsx! {
        Dialog {
            title: "Delete folder?",
            onclose,
            footer: rsx! {
                Button { onclick: move |_| onclose.call(()), "Cancel" }
                Button { variant: Variant::Danger, busy: busy(), onclick: delete, "Delete folder" }
            },
            p { "Nothing in “{folder.name}” is lost: its workflows and folders move up to where it was." }
        }
    }
}

/// The same as dragging, for keyboards and small screens.
#[component]
pub fn MoveWorkflow(
    workflow: Workflow,
    folders: Vec<Folder>,
    onclose: EventHandler<()>,
    ondone: EventHandler<()>,
) -> Element {
    let toaster = use_toaster();
    let mut place = use_signal(|| workflow.folder);
    let mut busy = use_signal(|| false);
    let id = workflow.id;
    let mut options = vec![(String::new(), "Top of the workspace".to_owned())];
    let path = |folder: &Folder| {
        let names = way_to(&folders, Some(folder.id)).into_iter().map(|folder| folder.name);
        names.collect::<Vec<_>>().join(" / ")
    };
    options.extend(folders.iter().map(|folder| (folder.id.to_string(), path(folder))));
    options[1..].sort_by(|a, b| a.1.cmp(&b.1));
    let save = move |_| async move {
        busy.set(true);
        let body = PatchWorkflow { folder: Some(place()), ..PatchWorkflow::default() };
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
        Dialog {
            title: "Move workflow",
            onclose,
            footer: rsx! {
                Button { onclick: move |_| onclose.call(()), "Cancel" }
                Button { variant: Variant::Primary, busy: busy(), onclick: save, "Move" }
            },
            Field { label: "To",
                Select {
                    label: "Folder",
                    value: place().map(|id| id.to_string()).unwrap_or_default(),
                    options,
                    onchange: move |text: String| place.set(text.parse().ok()),
                }
            }
        }
    }
}
