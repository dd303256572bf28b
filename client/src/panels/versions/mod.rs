//! The history of the workflow: versions by day, what changed since one of them, and the way back to it.
//!
//! Looking at a version puts it into the canvas's state, where the marks on the canvas come from; going back is an edit
//! of the person's own, so that undo takes it back.

mod changes;
mod item;
mod lines;

use std::rc::Rc;

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use shared::{
    id::VersionId,
    version::{PatchVersion, Version, VersionReason},
};

use self::{changes::ChangeList, item::Item};
use crate::{
    api::{Api, ApiError},
    canvas::state::{Canvas, CanvasStateStoreExt, Preview, use_canvas},
    dom,
    replica::view::CanvasViewStoreExt,
    ui::{Button, Glyph, Size, Skeleton, TextInput, Toaster, Tone, Variant, use_toaster},
};

/// Others make versions too, and so does the server.
const REFRESH_MILLIS: u32 = 15_000;

#[component]
pub fn Versions() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let workflow = canvas.replica().workflow();
    let mut versions = use_resource(move || async move { Api.versions(workflow).await });
    use_future(move || async move {
        loop {
            TimeoutFuture::new(REFRESH_MILLIS).await;
            versions.restart();
        }
    });
    // Whoever closes the panel is back at the present.
    use_drop(move || canvas.state.preview().set(None));
    let editor = canvas.view.role().read().can_edit();
    let chosen = canvas.state.preview().read().as_ref().map(|preview| preview.version.id);
    let listed = match &*versions.read() {
        None => return rsx! { div { class: "side-empty", Skeleton {} } },
        Some(Err(error)) => {
            let sentence = error.sentence();
            return rsx! {
                div { class: "side-empty",
                    p { "The history cannot be shown now." }
                    p { class: "quiet", "{sentence}" }
                }
            };
        }
        Some(Ok(listed)) => listed.clone(),
    };
    let look = move |version: Version| {
        spawn(async move { look_at(canvas, toaster, version).await });
    };
    let refresh = move |()| versions.restart();
    rsx! {
        div { class: "version-panel",
            if editor {
                NameForm { onnamed: refresh }
            }
            if listed.is_empty() {
                div { class: "side-empty",
                    p { "No versions yet." }
                    p { class: "quiet", "One is kept whenever editing pauses and before every run." }
                }
            }
            for (day , of_day) in by_day(listed) {
                section { key: "{day}", aria_label: "{day}",
                    h4 { class: "version-day", "{day}" }
                    ul { class: "version-list",
                        for version in of_day {
                            li { key: "{version.id}",
                                Item {
                                    version: version.clone(),
                                    chosen: chosen == Some(version.id),
                                    onchoose: {
                                        let version = version.clone();
                                        move |()| if chosen == Some(version.id) {
                                            canvas.state.preview().set(None);
                                        } else {
                                            look(version.clone());
                                        }
                                    },
                                }
                                if chosen == Some(version.id) {
                                    Chosen { version, editor, onchanged: refresh }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A field to give the present state a name.
#[component]
fn NameForm(onnamed: EventHandler<()>) -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let mut name = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let workflow = canvas.replica().workflow();
        let wanted = name.peek().trim().to_owned();
        if wanted.is_empty() || *busy.peek() {
            return;
        }
        busy.set(true);
        spawn(async move {
            match Api.name_version(workflow, &wanted).await {
                Ok(_) => {
                    name.set(String::new());
                    onnamed.call(());
                }
                Err(error) => toaster.say(Tone::Danger, error.sentence()),
            }
            busy.set(false);
        });
    };
    rsx! {
        form { class: "version-form", onsubmit: submit,
            TextInput {
                value: name(),
                aria_label: "Name of the version",
                placeholder: "Name this version",
                maxlength: "200",
                oninput: move |text: String| name.set(text),
            }
            Button { submit: true, size: Size::S, busy: busy(), disabled: name.read().trim().is_empty(), "Save" }
        }
    }
}

/// What changed since the chosen version, and what can be done with it.
#[component]
fn Chosen(version: Version, editor: bool, onchanged: EventHandler<()>) -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let workflow = canvas.replica().workflow();
    let id = version.id;
    let unchanged = canvas.since.read().as_ref().is_none_or(|diff| diff.is_empty());
    let patch = move |body: PatchVersion| {
        spawn(async move {
            told(toaster, Api.patch_version(workflow, id, &body).await.map(drop));
            onchanged.call(());
        });
    };
    let named = version.name.is_some();
    rsx! {
        div { class: "version-open",
            if editor {
                div { class: "version-actions",
                    Button {
                        variant: Variant::Primary,
                        size: Size::S,
                        glyph: Glyph::Undo2,
                        disabled: unchanged,
                        onclick: move |_| restore(canvas, toaster, id),
                        "Restore"
                    }
                    Button {
                        size: Size::S,
                        glyph: Glyph::Pin,
                        onclick: move |_| patch(PatchVersion { pinned: Some(!version.pinned), ..PatchVersion::default() }),
                        if version.pinned { "Unpin" } else { "Pin" }
                    }
                    Button {
                        size: Size::S,
                        variant: Variant::Quiet,
                        glyph: Glyph::Trash2,
                        aria_label: "Delete this version",
                        onclick: move |_| {
                            canvas.state.preview().set(None);
                            spawn(async move {
                                told(toaster, Api.delete_version(workflow, id).await);
                                onchanged.call(());
                            });
                        },
                    }
                }
                input {
                    class: "input version-rename",
                    r#type: "text",
                    aria_label: "Name",
                    placeholder: if named { "Take the name away" } else { "Give it a name" },
                    maxlength: "200",
                    value: version.name.clone().unwrap_or_default(),
                    onchange: move |event| patch(PatchVersion { name: Some(event.value()), ..PatchVersion::default() }),
                }
            }
            ChangeList {}
        }
    }
}

async fn look_at(canvas: Canvas, toaster: Toaster, version: Version) {
    match Api.version_graph(canvas.replica().workflow(), version.id).await {
        Ok(graph) => {
            canvas.state.wire().set(None);
            canvas.state.preview().set(Some(Preview { version, graph: Rc::new(graph) }));
        }
        Err(error) => toaster.say(Tone::Danger, error.sentence()),
    }
}

/// One step of this person's own, whatever it takes.
fn restore(canvas: Canvas, toaster: Toaster, version: VersionId) {
    let Some(preview) = canvas.state.preview().peek().clone().filter(|preview| preview.version.id == version) else {
        return;
    };
    canvas.state.preview().set(None);
    let (replica, catalog) = (canvas.replica(), canvas.catalog());
    replica.end_gesture();
    let restored = replica.edit("restore a version", |edit| edit.restore(&preview.graph, &catalog));
    replica.end_gesture();
    match restored {
        Some(_) => toaster.say(Tone::Ok, "Restored. Undo takes it back."),
        None => toaster.say(Tone::Danger, "This workflow cannot be changed now."),
    }
}

fn told(toaster: Toaster, answer: Result<(), ApiError>) {
    if let Err(error) = answer {
        toaster.say(Tone::Danger, error.sentence());
    }
}

/// Days in the order of the versions.
fn by_day(versions: Vec<Version>) -> Vec<(String, Vec<Version>)> {
    let mut days: Vec<(String, Vec<Version>)> = Vec::new();
    for version in versions {
        let day = dom::day_of(&version.created_at);
        match days.last_mut() {
            Some((last, of_day)) if *last == day => of_day.push(version),
            _ => days.push((day, vec![version])),
        }
    }
    days
}

/// Why a version without a name is there.
fn why(reason: VersionReason) -> &'static str {
    match reason {
        VersionReason::Created => "As it was made",
        VersionReason::Paused => "Edited",
        VersionReason::Run => "Before a run",
        VersionReason::Named => "Saved by hand",
        VersionReason::Restore => "Before a restore",
    }
}
