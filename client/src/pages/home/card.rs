//! One workflow in the grid.

use dioxus::prelude::*;
use shared::{
    access::Role,
    api::{Folder, Workflow},
};

use super::{
    dialogs::{Delete, Rename},
    folder_dialogs::MoveWorkflow,
    folders::{Dragged, Shelf},
};
use crate::{
    api::Api,
    dom,
    pages::{people::role_title, time::ago},
    route::Route,
    ui::{Chip, Glyph, IconButton, Menu, MenuItem, Size, Tone, use_toaster},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Menu,
    Rename,
    Move,
    Delete,
}

#[component]
pub fn Card(shelf: Shelf, folders: Vec<Folder>, workflow: Workflow) -> Element {
    let onchange = shelf.onchange;
    let mut dragged = shelf.dragged;
    let id = workflow.id;
    let draggable = if workflow.role.can_edit() { "true" } else { "false" };
    let toaster = use_toaster();
    let mut open = use_signal(|| Open::Nothing);
    let close = move |()| open.set(Open::Nothing);
    let title = shown_title(&workflow.title).to_owned();
    let export = {
        let (id, title) = (workflow.id, title.clone());
        move |()| {
            open.set(Open::Nothing);
            let file_name = format!("{}.json", file_stem(&title));
            spawn(async move {
                match Api.export(id).await {
                    Ok(text) => dom::download(&file_name, "application/json", &text),
                    Err(error) => toaster.say(Tone::Danger, error.sentence()),
                }
            });
        }
    };
    rsx! {
        li {
            class: "card",
            "data-testid": "workflow-card",
            "data-dragged": dragged() == Some(Dragged::Workflow(id)),
            draggable,
            ondragstart: move |_| dragged.set(Some(Dragged::Workflow(id))),
            ondragend: move |_| dragged.set(None),
            Link { class: "card-link", to: Route::Workflow { id: workflow.id }, aria_label: "{title}", draggable: "false",
                div { class: "card-picture",
                    if let Some(poster) = &workflow.poster {
                        img { src: "/api/blobs/{poster}", alt: "", loading: "lazy", draggable: "false" }
                    } else {
                        Blank { node_count: workflow.node_count }
                    }
                }
            }
            div { class: "card-foot",
                div { class: "card-words",
                    p { class: "card-title", "{title}" }
                    p { class: "card-note",
                        {edited(&workflow)}
                        if !matches!(workflow.role, Role::Owner | Role::Admin | Role::Editor) {
                            Chip { "{role_title(workflow.role)}" }
                        }
                    }
                }
                div { class: "card-menu",
                    IconButton {
                        glyph: Glyph::Ellipsis,
                        label: "More for {title}",
                        tip: "More",
                        size: Size::S,
                        aria_haspopup: "menu",
                        aria_expanded: if open() == Open::Menu { "true" } else { "false" },
                        onclick: move |_| open.set(Open::Menu),
                    }
                    if open() == Open::Menu {
                        Menu { label: "{title}", onclose: close,
                            if workflow.role.can_edit() {
                                MenuItem { title: "Rename", glyph: Glyph::Pencil, onclick: move |()| open.set(Open::Rename) }
                            }
                            if workflow.role.can_edit() && !folders.is_empty() {
                                MenuItem { title: "Move to…", glyph: Glyph::Folder, onclick: move |()| open.set(Open::Move) }
                            }
                            MenuItem { title: "Export as JSON", glyph: Glyph::Download, onclick: export }
                            if workflow.role.can_edit() {
                                MenuItem { title: "Delete", glyph: Glyph::Trash2, tone: Tone::Danger, onclick: move |()| open.set(Open::Delete) }
                            }
                        }
                    }
                }
            }
            match open() {
                Open::Nothing | Open::Menu => rsx! {},
                Open::Rename => rsx! { Rename { workflow, onclose: close, ondone: onchange } },
                Open::Move => rsx! { MoveWorkflow { workflow, folders, onclose: close, ondone: onchange } },
                Open::Delete => rsx! { Delete { workflow, onclose: close, ondone: onchange } },
            }
        }
    }
}

/// Where there is no picture yet.
#[component]
fn Blank(node_count: u32) -> Element {
    rsx! {
        svg { class: "blank", view_box: "0 0 240 135", "aria-hidden": "true",
            if node_count > 0 {
                path { class: "wire", d: "M94 52 C 120 52 116 82 142 82" }
                rect { class: "node", x: 42, y: 34, width: 52, height: 36, rx: 7 }
                rect { class: "node", x: 142, y: 62, width: 56, height: 42, rx: 7 }
            } else {
                rect { class: "node faint", x: 91, y: 46, width: 58, height: 42, rx: 7 }
            }
        }
    }
}

fn edited(workflow: &Workflow) -> String {
    let nodes = match workflow.node_count {
        0 => "Empty".to_owned(),
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    match dom::seconds_since(&workflow.updated_at) {
        Some(seconds) => format!("{nodes} · edited {}", ago(seconds)),
        None => nodes,
    }
}

pub fn shown_title(title: &str) -> &str {
    if title.trim().is_empty() { "Untitled" } else { title }
}

/// Letters and digits of the title, for a file name that every system takes.
fn file_stem(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let stem = words.collect::<Vec<_>>().join("-").to_lowercase();
    if stem.is_empty() { "workflow".into() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn a_file_is_named_after_the_workflow() {
        assert_eq!(file_stem("Photos → film (draft)"), "photos-film-draft");
        assert_eq!(file_stem("../.."), "workflow");
    }
}
