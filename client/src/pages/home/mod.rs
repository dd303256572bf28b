//! Home: the workflows of a workspace, and the ways to start another.

mod card;
mod dialogs;
mod folder_dialogs;
mod folders;
mod import;
mod mini_graph;
mod templates;

use dioxus::prelude::*;
use shared::{
    api::{CreateWorkflow, Folder, Workflow, Workspace},
    id::{FolderId, WorkspaceId},
};

use self::{
    card::Card,
    folder_dialogs::NameFolder,
    folders::{Breadcrumbs, Dragged, FolderRow, Shelf, way_to},
    import::ImportButton,
    templates::Templates,
};
use super::shell::Shell;
use crate::{
    api::{Api, ApiError},
    dom,
    route::Route,
    session::use_session,
    ui::{Button, Glyph, Icon, Skeleton, Tone, Variant, use_toaster},
};

#[component]
pub fn Home() -> Element {
    rsx! { Place { folder: None } }
}

/// Home, inside a folder.
#[component]
pub fn InFolder(id: FolderId) -> Element {
    rsx! { Place { folder: id } }
}

#[component]
fn Place(folder: Option<FolderId>) -> Element {
    let session = use_session();
    use_effect(|| dom::set_title("OpenFlow"));
    rsx! {
        Shell {
            if let Some(workspace) = session.workspace() {
                Workflows { key: "{workspace.id}", workspace, folder }
            }
        }
    }
}

#[component]
fn Workflows(workspace: Workspace, folder: Option<FolderId>) -> Element {
    let session = use_session();
    let mut search = use_signal(String::new);
    let workspace_id = workspace.id;
    let mut workflows = use_resource(move || async move {
        let answer = Api.workflows(Some(workspace_id)).await;
        if let Err(error) = &answer {
            session.failed(error);
        }
        answer
    });
    let mut folders = use_resource(move || async move {
        // The workflows' own answer says what is wrong.
        Api.folders(workspace_id).await.unwrap_or_default()
    });
    let mut naming = use_signal(|| false);
    let dragged = use_signal(|| None::<Dragged>);
    let onchange = use_callback(move |()| {
        workflows.restart();
        folders.restart();
    });
    let start = use_starter(workspace_id, folder);
    let editable = workspace.role.can_edit();
    let shelf = Shelf { workspace: workspace_id, editable, dragged, onchange };
    let loaded = workflows.read();
    let all_folders: Vec<Folder> = folders.read().clone().unwrap_or_default();
    let way = way_to(&all_folders, folder);
    let inner: Vec<Folder> = all_folders.iter().filter(|found| found.parent == folder).cloned().collect();
    let is_empty = matches!(&*loaded, Some(Ok(found)) if found.is_empty()) && all_folders.is_empty();
    rsx! {
        header { class: "page-head",
            Breadcrumbs { shelf, name: workspace.name.clone(), way }
            if !is_empty {
                label { class: "search",
                    Icon { glyph: Glyph::Search }
                    input {
                        r#type: "search",
                        aria_label: "Search workflows",
                        placeholder: "Search",
                        value: search,
                        oninput: move |event| search.set(event.value()),
                    }
                }
            }
            if editable {
                Button { glyph: Glyph::Folder, onclick: move |_| naming.set(true), "New folder" }
                ImportButton { onimport: start, busy: start.busy() }
                Button {
                    variant: Variant::Primary,
                    glyph: Glyph::Plus,
                    busy: start.busy(),
                    onclick: move |_| start.start("Untitled".into(), None),
                    "New workflow"
                }
            }
        }
        match &*loaded {
            None => rsx! {
                ul { class: "grid", aria_busy: "true",
                    for place in 0..6 {
                        li { key: "{place}", class: "card", Skeleton { height: "172px" } }
                    }
                }
            },
            Some(Err(error)) => rsx! { Failed { error: error.clone(), onretry: move |()| workflows.restart() } },
            Some(Ok(_)) if is_empty => rsx! { Nothing { editable } },
            // A search looks everywhere, whatever folder one is in.
            Some(Ok(found)) if !search().trim().is_empty() => rsx! {
                Grid { shelf, folders: all_folders.clone(), found: matching(found, &search()), searched: true }
            },
            Some(Ok(found)) => rsx! {
                if !inner.is_empty() {
                    FolderRow { shelf, folders: inner.clone(), workflows: found.clone() }
                }
                if inner.is_empty() || found.iter().any(|workflow| workflow.folder == folder) {
                    Grid {
                        shelf,
                        folders: all_folders.clone(),
                        found: found.iter().filter(|workflow| workflow.folder == folder).cloned().collect::<Vec<_>>(),
                        searched: false,
                    }
                }
            },
        }
        if editable && folder.is_none() {
            Templates { first: is_empty, starter: start }
        }
        if naming() {
            NameFolder { shelf, parent: folder, onclose: move |()| naming.set(false) }
        }
    }
}

#[component]
fn Grid(shelf: Shelf, folders: Vec<Folder>, found: Vec<Workflow>, searched: bool) -> Element {
    if found.is_empty() {
        return if searched {
            rsx! { p { class: "quiet nothing-found", "No workflow has these words in its title or description." } }
        } else {
            rsx! {
                section { class: "nothing",
                    h2 { "This folder is empty" }
                    p { "Drag workflows onto a folder to put them there, or make a new one here." }
                }
            }
        };
    }
    rsx! {
        ul { class: "grid", aria_label: "Workflows",
            for workflow in found {
                Card { key: "{workflow.id}", shelf, folders: folders.clone(), workflow }
            }
        }
    }
}

#[component]
fn Nothing(editable: bool) -> Element {
    rsx! {
        section { class: "nothing",
            if editable {
                h2 { "What will you make?" }
                p { "Pick a template, press Run, and change it until it is yours: those without a key symbol need no key. Or begin on an empty canvas, and ask others in." }
            } else {
                h2 { "Nothing here yet" }
                p { "Workflows that members with the right to edit make here will show up." }
            }
        }
    }
}

#[component]
fn Failed(error: ApiError, onretry: EventHandler<()>) -> Element {
    rsx! {
        section { class: "nothing", role: "alert",
            h2 { "The workflows could not be loaded" }
            p { "{error.sentence()}" }
            Button { onclick: move |_| onretry.call(()), "Try again" }
        }
    }
}

/// Creates a workflow and opens it.
#[derive(Clone, Copy, PartialEq)]
struct Starter {
    create: Callback<(String, Option<serde_json::Value>)>,
    busy: Signal<bool>,
}

impl Starter {
    fn start(self, title: String, graph: Option<serde_json::Value>) {
        self.create.call((title, graph));
    }

    fn busy(self) -> bool {
        (self.busy)()
    }
}

fn use_starter(workspace: WorkspaceId, folder: Option<FolderId>) -> Starter {
    // Going into a folder renders the same component again, with another folder.
    let mut place = use_signal(|| folder);
    if *place.peek() != folder {
        place.set(folder);
    }
    let session = use_session();
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let create = use_callback(move |(title, graph): (String, Option<serde_json::Value>)| {
        spawn(async move {
            if busy() {
                return;
            }
            busy.set(true);
            let body = CreateWorkflow { workspace: Some(workspace), folder: *place.peek(), title, graph };
            match Api.create_workflow(&body).await {
                Ok(workflow) => {
                    navigator().push(Route::Workflow { id: workflow.id });
                }
                Err(error) => {
                    session.failed(&error);
                    toaster.say(Tone::Danger, error.sentence());
                }
            }
            busy.set(false);
        });
    });
    Starter { create, busy }
}

/// Those in which every word of the search occurs, in title or description.
fn matching(workflows: &[Workflow], search: &str) -> Vec<Workflow> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let matches = |workflow: &&Workflow| {
        let text = format!("{} {}", workflow.title, workflow.description).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    workflows.iter().filter(matches).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_search_must_occur() {
        let workflow = |title: &str| {
            let id = "wf_00000000000000000000000000000007";
            let json = serde_json::json!({
                "id": id, "workspace": "ws_00000000000000000000000000000001", "title": title, "description": "Holiday",
                "role": "editor", "created_at": "", "updated_at": "",
                "created_by": "usr_00000000000000000000000000000001", "node_count": 0
            });
            serde_json::from_value::<Workflow>(json).unwrap()
        };
        let all = [workflow("Photos to film"), workflow("Film poster")];
        let titles = |search| matching(&all, search).into_iter().map(|found| found.title).collect::<Vec<_>>();
        assert_eq!(titles("FILM"), ["Photos to film", "Film poster"]);
        assert_eq!(titles("holiday poster"), ["Film poster"]);
        assert_eq!(titles("photo poster"), [""; 0]);
    }
}
