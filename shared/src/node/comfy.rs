//! What a workflow of ComfyUI takes and gives, read from its API format. Pure, so that check, client and engine agree.
//!
//! It is not made into nodes of ours here (`import` does that): it stays what it is, and runs where ComfyUI runs.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::PortSpec;
use crate::value::ValueType;

/// The most ports of one side.
const PORTS_MAX: usize = 64;

/// A value that can be put into the workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct ComfyInput {
    pub port: PortSpec,
    /// The node there.
    pub node: String,
    /// And its input.
    pub field: String,
    pub kind: ComfyKind,
}

/// What becomes of a value that is put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComfyKind {
    /// Uploaded; the workflow gets the name of the file.
    Media,
    Text,
    /// A whole number, and a new one for each run where nobody gives one.
    Seed,
}

/// A node there that keeps what it made.
#[derive(Debug, Clone, PartialEq)]
pub struct ComfyOutput {
    pub port: PortSpec,
    pub node: String,
}

/// The media, texts and seeds that stand in the workflow as they are, in the order of its nodes.
pub fn comfy_inputs(workflow: &Json) -> Vec<ComfyInput> {
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    for (id, class, title, inputs) in nodes(workflow) {
        for (field, value) in inputs {
            let Some((kind, value_type)) = kind(class, field, value) else { continue };
            let base = match field.as_str() {
                "image" | "video" | "file" | "audio" | "text" | "seed" => slug(title),
                other => format!("{}_{}", slug(title), slug(other)),
            };
            let name = if kind == ComfyKind::Seed { format!("{base}_seed") } else { base };
            let description = match kind {
                ComfyKind::Media => format!("Takes the place of what `{title}` loads."),
                ComfyKind::Text => format!("The `{field}` of `{title}`."),
                ComfyKind::Seed => format!("The seed of `{title}`."),
            };
            let port = PortSpec::new(unique(&mut names, name, id), value_type, description);
            found.push(ComfyInput { port, node: id.to_owned(), field: field.clone(), kind });
        }
    }
    found.truncate(PORTS_MAX);
    found
}

/// The nodes that save or show something.
pub fn comfy_outputs(workflow: &Json) -> Vec<ComfyOutput> {
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    for (id, class, title, _) in nodes(workflow) {
        let Some(value_type) = made(class) else { continue };
        let port = PortSpec::new(unique(&mut names, slug(title), id), value_type, format!("What `{title}` keeps."));
        found.push(ComfyOutput { port, node: id.to_owned() });
    }
    found.truncate(PORTS_MAX);
    found
}

/// Whether it is the API format, and not the one that ComfyUI's editor saves by itself.
pub fn is_comfy_api(workflow: &Json) -> bool {
    let nodes = workflow.as_object().filter(|nodes| !nodes.is_empty());
    nodes.is_some_and(|nodes| nodes.values().all(|node| node.get("class_type").is_some_and(Json::is_string)))
}

/// Id, class, title and inputs of each node.
fn nodes(workflow: &Json) -> impl Iterator<Item = (&str, &str, &str, &Map<String, Json>)> {
    let all = workflow.as_object().into_iter().flatten();
    let mut all: Vec<_> = all
        .filter_map(|(id, node)| {
            let class = node.get("class_type")?.as_str()?;
            let title = node.pointer("/_meta/title").and_then(Json::as_str).filter(|title| !title.trim().is_empty());
            Some((id.as_str(), class, title.unwrap_or(class), node.get("inputs")?.as_object()?))
        })
        .collect();
    // Their ids are numbers as text: 9 stands before 10.
    all.sort_by_key(|(id, ..)| (id.parse::<u64>().unwrap_or(u64::MAX), *id));
    all.into_iter()
}

fn kind(class: &str, field: &str, value: &Json) -> Option<(ComfyKind, ValueType)> {
    match (field, value) {
        ("image", Json::String(_)) if class.starts_with("LoadImageMask") => Some((ComfyKind::Media, ValueType::Mask)),
        ("image", Json::String(_)) if class.starts_with("Load") => Some((ComfyKind::Media, ValueType::Image)),
        ("video" | "file", Json::String(_)) if class.contains("LoadVideo") => {
            Some((ComfyKind::Media, ValueType::Video))
        }
        ("audio", Json::String(_)) if class.contains("LoadAudio") => Some((ComfyKind::Media, ValueType::Audio)),
        ("text" | "prompt" | "negative_prompt" | "text_g" | "text_l" | "clip_l" | "t5xxl", Json::String(_)) => {
            Some((ComfyKind::Text, ValueType::Text))
        }
        ("value", Json::String(_)) if class.starts_with("PrimitiveString") => Some((ComfyKind::Text, ValueType::Text)),
        ("seed" | "noise_seed", Json::Number(_)) => Some((ComfyKind::Seed, ValueType::Number)),
        _ => None,
    }
}

fn made(class: &str) -> Option<ValueType> {
    let keeps = class.starts_with("Save") || class.starts_with("Preview") || class.ends_with("VideoCombine");
    let has = |word: &str| class.contains(word);
    match () {
        () if !keeps => None,
        () if has("Video") || has("WEBM") => Some(ValueType::Video),
        () if has("Audio") => Some(ValueType::Audio),
        // One node may keep a whole batch.
        () if has("Image") || has("Animated") => Some(ValueType::List(Box::new(ValueType::Image))),
        () => None,
    }
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars().take(48) {
        match letter {
            letter if letter.is_alphanumeric() => slug.extend(letter.to_lowercase()),
            _ if slug.is_empty() || slug.ends_with('_') => {}
            _ => slug.push('_'),
        }
    }
    let slug = slug.trim_end_matches('_');
    if slug.is_empty() { "value".to_owned() } else { slug.to_owned() }
}

fn unique(names: &mut BTreeSet<String>, name: String, id: &str) -> String {
    let name = if names.contains(&name) { format!("{name}_{id}") } else { name };
    // An id may be long, or not fit into a name at all.
    let mut name: String = name.chars().filter(|letter| !letter.is_control()).take(100).collect();
    while !names.insert(name.clone()) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_follow_from_the_workflow() {
        let workflow = json!({
            "10": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20, "model": ["4", 0], "positive": ["6", 0]}},
            "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a boat", "clip": ["4", 1]}, "_meta": {"title": "Positive prompt"}},
            "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}, "_meta": {"title": "Positive prompt"}},
            "8": {"class_type": "CLIPTextEncode", "inputs": {"text": ["2", 0]}},
            "1": {"class_type": "LoadImage", "inputs": {"image": "example.png", "upload": "image"}, "_meta": {"title": "Load Image"}},
            "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
            "11": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0]}},
            "12": {"class_type": "SaveLatent", "inputs": {}},
        });
        assert!(is_comfy_api(&workflow));
        let inputs = comfy_inputs(&workflow);
        let told: Vec<String> = inputs
            .iter()
            .map(|input| format!("{}: {} at {}.{}", input.port.name, input.port.value_type, input.node, input.field))
            .collect();
        assert_eq!(
            told,
            [
                "load_image: image at 1.image",
                "positive_prompt: text at 6.text",
                "positive_prompt_7: text at 7.text",
                "ksampler_seed: number at 10.seed",
            ]
        );
        let outputs = comfy_outputs(&workflow);
        let told: Vec<String> =
            outputs.iter().map(|output| format!("{}: {}", output.port.name, output.port.value_type)).collect();
        assert_eq!(told, ["saveimage: list<image>", "savevideo: video"]);
    }

    #[test]
    fn what_is_no_workflow_has_no_ports() {
        for json in [json!(null), json!([]), json!({}), json!({"nodes": [], "links": []}), json!({"1": {"inputs": 3}})]
        {
            assert!(
                !is_comfy_api(&json) && comfy_inputs(&json).is_empty() && comfy_outputs(&json).is_empty(),
                "{json}"
            );
        }
        let wild = json!({"\u{1}": {"class_type": "SaveImage", "inputs": {}, "_meta": {"title": "!!!"}}});
        assert_eq!(comfy_outputs(&wild)[0].port.name, "value");
    }
}
