//! Folders: the way to where one is, what is in it, and moving things by hand.

use dioxus::prelude::*;
use shared::{
    api::{Folder, PatchFolder, PatchWorkflow, Workflow},
    id::{FolderId, WorkflowId, WorkspaceId},
};

use super::folder_dialogs::{DeleteFolder, NameFolder};
use crate::{
    api::{Api, ApiError},
    route::Route,
    ui::{Glyph, Icon, IconButton, Menu, MenuItem, Size, Tone, use_toaster},
};

/// What is being dragged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dragged {
    Workflow(WorkflowId),
    Folder(FolderId),
}

/// Where folders are, and who may change them. Cheap to copy.
#[derive(Clone, Copy, PartialEq)]
pub struct Shelf {
    pub workspace: WorkspaceId,
    pub editable: bool,
    pub dragged: Signal<Option<Dragged>>,
    /// The lists are out of date.
    pub onchange: EventHandler<()>,
}

impl Shelf {
    /// Puts what is being dragged into a folder, or to the top.
    fn drop_into(self, folder: Option<FolderId>, fail: impl Fn(ApiError) + 'static) {
        let mut dragged = self.dragged;
        let Some(thing) = dragged.take() else { return };
        // Dropped where it was taken up.
        if folder.is_some_and(|folder| thing == Dragged::Folder(folder)) {
            return;
        }
        spawn(async move {
            let moved = match thing {
                Dragged::Workflow(id) => {
                    let body = PatchWorkflow { folder: Some(folder), ..PatchWorkflow::default() };
                    Api.patch_workflow(id, &body).await.map(drop)
                }
                Dragged::Folder(id) => {
                    let body = PatchFolder { name: None, parent: Some(folder) };
                    Api.patch_folder(self.workspace, id, &body).await.map(drop)
                }
            };
            match moved {
                Ok(()) => self.onchange.call(()),
                Err(error) => fail(error),
            }
        });
    }
}

/// From the top to a folder, itself included. Ends early where the list has a gap.
pub fn way_to(folders: &[Folder], folder: Option<FolderId>) -> Vec<Folder> {
    let mut way = Vec::new();
    let mut next = folder;
    while let Some(found) = next.and_then(|id| folders.iter().find(|folder| folder.id == id)) {
        // A ring cannot be made; a list that has one all the same must not hang the page.
        if way.len() > folders.len() {
            break;
        }
        way.push(found.clone());
        next = found.parent;
    }
    way.reverse();
    way
}

/// Where one is, each step a link and a place to drop things.
#[component]
pub fn Breadcrumbs(shelf: Shelf, name: String, way: Vec<Folder>) -> Element {
    let last = way.len();
    rsx! {
        nav { class: "crumbs", aria_label: "Folders",
            Crumb { shelf, folder: None, name, current: last == 0 }
            for (place, folder) in way.into_iter().enumerate() {
                span { key: "{folder.id}", class: "crumb-step",
                    Icon { glyph: Glyph::ChevronRight, size: Size::S }
                    Crumb { shelf, folder: folder.id, name: folder.name, current: place + 1 == last }
                }
            }
        }
    }
}

#[component]
fn Crumb(shelf: Shelf, folder: Option<FolderId>, name: String, current: bool) -> Element {
    let toaster = use_toaster();
    let mut over = use_signal(|| false);
    let to = folder.map_or(Route::Home {}, |id| Route::Folder { id });
    rsx! {
        span {
            class: "crumb",
            "data-over": over() && (shelf.dragged)().is_some(),
            ondragover: move |event| {
                event.prevent_default();
                over.set(true);
            },
            ondragleave: move |_| over.set(false),
            ondrop: move |event| {
                event.prevent_default();
                over.set(false);
                shelf.drop_into(folder, move |error| toaster.say(Tone::Danger, error.sentence()));
            },
            if current {
                h1 { aria_current: "page", "{name}" }
            } else {
                Link { to, "{name}" }
            }
        }
    }
}

/// The folders at this place.
#[component]
pub fn FolderRow(shelf: Shelf, folders: Vec<Folder>, workflows: Vec<Workflow>) -> Element {
    rsx! {
        ul { class: "folders", aria_label: "Folders",
            for folder in folders {
                Tile {
                    key: "{folder.id}",
                    shelf,
                    count: workflows.iter().filter(|workflow| workflow.folder == Some(folder.id)).count(),
                    folder,
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Menu,
    Rename,
    Delete,
}

#[component]
fn Tile(shelf: Shelf, folder: Folder, count: usize) -> Element {
    let toaster = use_toaster();
    let mut over = use_signal(|| false);
    let mut open = use_signal(|| Open::Nothing);
    let close = move |()| open.set(Open::Nothing);
    let mut dragged = shelf.dragged;
    let id = folder.id;
    rsx! {
        li {
            class: "folder",
            "data-testid": "folder",
            "data-over": over() && dragged().is_some_and(|thing| thing != Dragged::Folder(id)),
            draggable: if shelf.editable { "true" } else { "false" },
            ondragstart: move |_| dragged.set(Some(Dragged::Folder(id))),
            ondragend: move |_| dragged.set(None),
            ondragover: move |event| {
                event.prevent_default();
                over.set(true);
            },
            ondragleave: move |_| over.set(false),
            ondrop: move |event| {
                event.prevent_default();
                over.set(false);
                shelf.drop_into(Some(id), move |error| toaster.say(Tone::Danger, error.sentence()));
            },
            Link { class: "folder-link", to: Route::Folder { id }, draggable: "false",
                Icon { glyph: Glyph::Folder }
                span { class: "name", "{folder.name}" }
                if count > 0 {
                    span { class: "quiet", "{count}" }
                }
            }
            if shelf.editable {
                div { class: "card-menu",
                    IconButton {
                        glyph: Glyph::Ellipsis,
                        label: "More for {folder.name}",
                        tip: "More",
                        size: Size::S,
                        aria_haspopup: "menu",
                        onclick: move |_| open.set(Open::Menu),
                    }
                    if open() == Open::Menu {
                        Menu { label: "{folder.name}", onclose: close,
                            MenuItem { title: "Rename", glyph: Glyph::Pencil, onclick: move |()| open.set(Open::Rename) }
                            MenuItem { title: "Delete", glyph: Glyph::Trash2, tone: Tone::Danger, onclick: move |()| open.set(Open::Delete) }
                        }
                    }
                }
            }
            match open() {
                Open::Nothing | Open::Menu => rsx! {},
                Open::Rename => rsx! { NameFolder { shelf, folder, onclose: close } },
                Open::Delete => rsx! { DeleteFolder { shelf, folder, onclose: close } },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(n: u8, parent: Option<u8>) -> Folder {
        let id = |n: u8| format!("fld_{n:032x}").parse::<FolderId>().unwrap();
        Folder { id: id(n), parent: parent.map(id), name: n.to_string() }
    }

    #[test]
    fn the_way_to_a_folder_begins_at_the_top() {
        let all = [folder(3, Some(2)), folder(1, None), folder(2, Some(1))];
        let names = |id: Option<FolderId>| way_to(&all, id).into_iter().map(|found| found.name).collect::<Vec<_>>();
        assert_eq!(names(Some(all[0].id)), ["1", "2", "3"]);
        assert_eq!(names(None), [""; 0]);
        let ring = [folder(1, Some(2)), folder(2, Some(1))];
        assert!(way_to(&ring, Some(ring[0].id)).len() <= 3);
    }
}
