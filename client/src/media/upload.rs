//! Files from the person's machine: picked, dropped or pasted.
//!
//! A file dropped on the canvas becomes a node that loads it; a file dropped on a media field becomes its value.

use dioxus::{prelude::*, web::WebEventExt};
use serde_json::Value as Json;
use shared::{
    exchange::Limits,
    graph::Node,
    id::NodeId,
    import::{self, ImportError, Imported},
    node::{Catalog, NodeSpec, ParamKind},
    value::{Media, ValueType},
};

use super::{FileLink, Film, Picture, Sound, facts};
use crate::{
    api::Api,
    canvas::{clipboard::Wires, geometry::Point, state::Canvas},
    dom::{self, File},
    panels::param::Bound,
    replica::use_replica,
    ui::{Glyph, Icon, IconButton, Progress, Size, Toaster, Tone, use_toaster},
};

/// What kind of media a file claims to be. The server looks at the bytes.
fn claimed(mime: &str) -> ValueType {
    match mime.split('/').next() {
        Some("image") => ValueType::Image,
        Some("video") => ValueType::Video,
        Some("audio") => ValueType::Audio,
        _ => ValueType::File,
    }
}

/// The kind of node that loads such a file, and the parameter that takes it.
fn loader<'c>(catalog: &'c Catalog, kind: &ValueType) -> Option<(&'c NodeSpec, &'c str)> {
    let takes = |spec: &'c NodeSpec| {
        let found =
            spec.params.iter().find(|param| matches!(&param.kind, ParamKind::Media { accept } if accept == kind));
        // A loader only loads: nothing flows into it.
        found.filter(|_| spec.inputs.is_empty()).map(|param| (spec, param.name.as_str()))
    };
    catalog.iter().find_map(takes)
}

/// Uploads files and makes a node of each, side by side.
pub fn place_files(canvas: Canvas, toaster: Toaster, files: Vec<File>, at_canvas: Point) {
    for (index, file) in files.into_iter().enumerate() {
        let at = [at_canvas[0] + index as f64 * 360.0, at_canvas[1]];
        spawn(place_file(canvas, toaster, file, at));
    }
}

/// Files up to this size are looked into for a workflow before they are uploaded.
const WORKFLOW_MAX_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Whether a file of this type can have a workflow in it.
fn may_hold_workflow(mime: &str, name: &str) -> bool {
    let known = ["image/png", "video/mp4", "video/quicktime", "application/json"];
    known.contains(&mime) || name.to_lowercase().ends_with(".json")
}

/// The workflow in a file, ours or another program's.
async fn workflow_in(canvas: Canvas, toaster: Toaster, file: &File) -> Option<Imported> {
    if !may_hold_workflow(&file.type_(), &file.name()) || file.size() > WORKFLOW_MAX_BYTES {
        return None;
    }
    let bytes = dom::bytes_of(file).await?;
    match import::read_file(&bytes, Limits::default(), &canvas.catalog()) {
        Ok(imported) => Some(imported),
        // A picture, then, or a file of values.
        Err(ImportError::NoWorkflow) => None,
        Err(error) => {
            toaster.say(Tone::Danger, format!("“{}”: {error}.", file.name()));
            None
        }
    }
}

async fn place_file(canvas: Canvas, toaster: Toaster, file: File, at_canvas: Point) {
    if let Some(imported) = workflow_in(canvas, toaster, &file).await {
        return canvas.paste_imported(&imported, Wires::Inner, at_canvas, toaster);
    }
    let catalog = canvas.catalog();
    let Some((spec, param)) = loader(&catalog, &claimed(&file.type_())) else {
        toaster.say(Tone::Danger, format!("Nothing here loads files like “{}”.", file.name()));
        return;
    };
    let mut node = Node::new(spec.node_type.clone());
    node.version = spec.version;
    node.title = Some(file.name());
    node.pos = canvas.corner_for(&node, at_canvas, None);
    let id = canvas.add_node(node, None);
    let param = param.to_owned();
    toaster.say(Tone::Neutral, format!("Uploading “{}”…", file.name()));
    match Api.upload(canvas.replica().workspace(), &file, |_| {}).await {
        Ok(media) => set_media(canvas, &id, &param, &named(media, &file)),
        Err(error) => toaster.say(Tone::Danger, error.sentence()),
    }
}

fn named(media: Media, file: &File) -> Media {
    Media { name: media.name.or_else(|| Some(file.name())), ..media }
}

fn set_media(canvas: Canvas, id: &NodeId, param: &str, media: &Media) {
    // Plain data: it always has a JSON form.
    let value = serde_json::to_value(media).unwrap_or(Json::Null);
    canvas.replica().edit("load a file", |edit| edit.set_param(id, param, value));
    canvas.replica().end_gesture();
}

/// Files dragged over the canvas.
#[derive(Clone, Copy, PartialEq)]
pub struct Dropping {
    canvas: Canvas,
    toaster: Toaster,
    over: Signal<bool>,
}

pub fn use_drop(canvas: Canvas) -> Dropping {
    Dropping { canvas, toaster: use_toaster(), over: use_signal(|| false) }
}

impl Dropping {
    /// Whether files hover now.
    pub fn over(&self) -> bool {
        (self.over)()
    }

    pub fn drag_over(mut self, event: &DragEvent) {
        if self.canvas.writable() && dom::carries_something(&event.as_web_event()) {
            event.prevent_default();
            self.over.set(true);
        }
    }

    pub fn leave(mut self) {
        self.over.set(false);
    }

    pub fn drop(mut self, event: &DragEvent) {
        self.over.set(false);
        let files = dom::dropped(&event.as_web_event());
        let text = dom::dropped_text(&event.as_web_event());
        if files.is_empty() && text.trim().is_empty() || !self.canvas.writable() {
            return;
        }
        event.prevent_default();
        let at = event.client_coordinates();
        let at_canvas = self.canvas.looking().canvas_from_screen(dom::surface_point(at.x, at.y));
        if files.is_empty() {
            self.canvas.paste_text(&text, Wires::Inner, at_canvas, self.toaster);
        } else {
            place_files(self.canvas, self.toaster, files, at_canvas);
        }
    }
}

/// A parameter that holds a file: shows it, and takes another.
#[component]
pub fn MediaField(bound: Bound, accept: ValueType) -> Element {
    let replica = use_replica();
    let toaster = use_toaster();
    let mut progress = use_signal(|| None::<f64>);
    let mut over = use_signal(|| false);
    let media = serde_json::from_value::<Media>(bound.value.clone()).ok();
    let (label, disabled) = (bound.title.clone(), bound.disabled);
    let filter = match accept {
        ValueType::Image | ValueType::Mask => "image/*",
        ValueType::Video => "video/*",
        ValueType::Audio => "audio/*",
        _ => "*/*",
    };
    let take = use_callback({
        let bound = bound.clone();
        move |files: Vec<File>| {
            let Some(file) = files.into_iter().next() else { return };
            let (bound, workspace) = (bound.clone(), replica.workspace());
            progress.set(Some(0.0));
            spawn(async move {
                let told = move |part| progress.clone().set(Some(part));
                match Api.upload(workspace, &file, told).await {
                    // Plain data: it always has a JSON form.
                    Ok(media) => bound.set_and_rest(serde_json::to_value(named(media, &file)).unwrap_or(Json::Null)),
                    Err(error) => toaster.say(Tone::Danger, error.sentence()),
                }
                progress.set(None);
            });
        }
    });
    let clear = move |_| bound.set_and_rest(Json::Null);
    rsx! {
        div {
            class: "media-field",
            "data-over": over(),
            "data-filled": media.is_some(),
            ondragover: move |event| {
                if !disabled && dom::carries_files(&event.as_web_event()) {
                    event.prevent_default();
                    event.stop_propagation();
                    over.set(true);
                }
            },
            ondragleave: move |_| over.set(false),
            ondrop: move |event| {
                over.set(false);
                let files = dom::dropped(&event.as_web_event());
                if !disabled && !files.is_empty() {
                    event.prevent_default();
                    event.stop_propagation();
                    take.call(files);
                }
            },
            if let Some(media) = &media {
                MediaPreview { media: media.clone(), accept: accept.clone() }
            }
            label { class: "media-pick", "data-disabled": disabled,
                input {
                    class: "spoken",
                    r#type: "file",
                    accept: filter,
                    aria_label: "{label}",
                    disabled,
                    onchange: move |event| take.call(dom::chosen(&event.as_web_event())),
                }
                Icon { glyph: Glyph::Upload }
                if let Some(part) = progress() {
                    span { "Uploading {part * 100.0:.0} %" }
                    Progress { label: "Upload", part }
                } else if let Some(media) = &media {
                    span { class: "media-name", "{media.name.clone().unwrap_or_else(|| media.mime.clone())}" }
                    small { "{facts(media)}" }
                } else {
                    span { "Choose or drop a file" }
                }
            }
            if media.is_some() && !disabled {
                IconButton { glyph: Glyph::X, label: "Remove file", size: Size::S, onclick: clear }
            }
        }
    }
}

#[component]
fn MediaPreview(media: Media, accept: ValueType) -> Element {
    match accept {
        ValueType::Image | ValueType::Mask => rsx! { Picture { media } },
        ValueType::Video => rsx! { Film { media } },
        ValueType::Audio => rsx! { Sound { media } },
        _ => rsx! { FileLink { media } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_type_names_its_kind() {
        assert_eq!(claimed("video/mp4"), ValueType::Video);
        assert_eq!(claimed("application/pdf"), ValueType::File);
        assert_eq!(claimed(""), ValueType::File);
    }
}
