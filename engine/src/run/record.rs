//! The generation record of a media node: what it was given, what it made, how long it took.
//!
//! Nodes that call models hand in their own record, with what the vendor said. This one is for the others, so that every
//! new asset has one: a film that was cut, a picture that was scaled. What a node only passes on has none.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value as Json, json};
use shared::{
    graph::Params,
    node::{NodeRole, NodeSpec},
    value::{BlobHash, Media, Value, ValueType, Values},
};

use crate::{
    Generation, Inputs,
    generation::{GenerationKind, GenerationOutput},
};

/// What these records name as their provider: nobody but this program.
const PROVIDER: &str = "openflow";

/// What a node was given, noted before it works.
pub(super) struct Given {
    model: String,
    input: BTreeMap<String, Json>,
    blobs: BTreeSet<BlobHash>,
}

impl Given {
    /// `None` for a node that cannot make media.
    pub fn of(spec: &NodeSpec, inputs: &Inputs, params: &Params, seed: Option<u64>) -> Option<Self> {
        if spec.role != NodeRole::Step || !spec.outputs.iter().any(|port| holds_media(&port.value_type)) {
            return None;
        }
        let mut given = Self {
            model: format!("{}@{}", spec.node_type, spec.version),
            input: BTreeMap::new(),
            blobs: BTreeSet::new(),
        };
        for param in &spec.params {
            let value = params.get(&param.name).unwrap_or(&param.default);
            let value = given.noted_json(value);
            given.input.insert(param.name.clone(), value);
        }
        for (name, values) in inputs {
            let mut items: Vec<Json> = values.iter().map(|value| given.noted(value)).collect();
            let value = if items.len() == 1 { items.remove(0) } else { Json::Array(items) };
            given.input.insert(name.clone(), value);
        }
        if let Some(seed) = seed {
            given.input.insert("seed".to_owned(), json!(seed));
        }
        Some(given)
    }

    /// One record for each asset that was not there before.
    pub fn records(&self, outputs: &Values, took: Duration) -> Vec<Generation> {
        let mut records = Vec::new();
        let mut seen = BTreeSet::new();
        for media in outputs.values().flat_map(media_of) {
            // What was there before is nothing new, and a list may name one asset twice.
            if self.blobs.contains(&media.blob) || !seen.insert(&media.blob) {
                continue;
            }
            let Some(kind) = kind_of(media) else { continue };
            let mut generation = Generation::new(PROVIDER, &self.model, kind);
            generation.input = self.input.clone();
            generation.output = GenerationOutput {
                blob: Some(media.blob.clone()),
                mime: Some(media.mime.clone()),
                width: media.width,
                height: media.height,
                fps: media.fps,
                file_size_bytes: Some(media.size_bytes),
                duration_ms: media.duration_millis,
                ..GenerationOutput::default()
            };
            generation.metrics.latency_ms = Some(took.as_millis() as u64);
            records.push(generation);
        }
        records
    }

    /// Media as the hash they are known by.
    fn noted(&mut self, value: &Value) -> Json {
        match value {
            Value::List(items) => Json::Array(items.iter().map(|item| self.noted(item)).collect()),
            Value::Text(text) => json!(text),
            Value::Number(number) => json!(number),
            Value::Bool(truth) => json!(truth),
            Value::Json(json) => json.clone(),
            Value::Embedding(vector) => json!({"dimensions": vector.len()}),
            Value::Image(media)
            | Value::Mask(media)
            | Value::Video(media)
            | Value::Audio(media)
            | Value::File(media) => {
                self.blobs.insert(media.blob.clone());
                json!(media.blob)
            }
        }
    }

    fn noted_json(&mut self, value: &Json) -> Json {
        match value.get("blob").and_then(|blob| blob.as_str()?.parse::<BlobHash>().ok()) {
            Some(blob) => {
                self.blobs.insert(blob.clone());
                json!(blob)
            }
            None => value.clone(),
        }
    }
}

fn holds_media(value_type: &ValueType) -> bool {
    match value_type {
        ValueType::Image | ValueType::Mask | ValueType::Video | ValueType::Audio => true,
        ValueType::List(item) => holds_media(item),
        ValueType::Any
        | ValueType::Text
        | ValueType::Number
        | ValueType::Bool
        | ValueType::Json
        | ValueType::File
        | ValueType::Embedding => false,
    }
}

fn media_of(value: &Value) -> Vec<&Media> {
    match value {
        Value::List(items) => items.iter().flat_map(media_of).collect(),
        value => value.media().into_iter().collect(),
    }
}

fn kind_of(media: &Media) -> Option<GenerationKind> {
    match media.mime.split('/').next()? {
        "image" => Some(GenerationKind::Image),
        "video" => Some(GenerationKind::Video),
        "audio" => Some(GenerationKind::Audio),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    fn media(byte: u8, mime: &str) -> Media {
        Media { width: Some(8), fps: Some(25.0), ..Media::new(BlobHash::of(&[byte]), mime, 3) }
    }

    #[test]
    fn every_new_asset_is_recorded_with_what_it_was_made_of() {
        let spec = catalog().get("image.grayscale").expect("a node of the library");
        let photo = media(1, "image/png");
        let inputs = Inputs::from([("image".to_owned(), vec![Value::Image(photo.clone())])]);
        let given = Given::of(spec, &inputs, &Params::new(), Some(7)).expect("it makes pictures");
        let gray = media(2, "image/png");
        let outputs = Values::from([
            ("image".to_owned(), Value::List(vec![Value::Image(gray.clone()), Value::Image(photo.clone())])),
            ("again".to_owned(), Value::Image(gray.clone())),
        ]);
        let records = given.records(&outputs, Duration::from_millis(12));
        assert_eq!(records.len(), 1, "what is passed on is nothing new");
        let record = &records[0];
        assert_eq!((record.provider.as_str(), record.model.as_str()), ("openflow", "image.grayscale@1"));
        assert_eq!((record.kind, record.output.blob.as_ref()), (GenerationKind::Image, Some(&gray.blob)));
        assert_eq!((&record.input["image"], &record.input["seed"]), (&json!(photo.blob), &json!(7)));
        assert_eq!((record.output.width, record.metrics.latency_ms), (Some(8), Some(12)));
    }

    #[test]
    fn what_makes_no_media_and_what_only_lets_in_or_out_leaves_no_record() {
        for node_type in ["text.join", "image.load", "output.image"] {
            let spec = catalog().get(node_type).expect("a node of the library");
            assert!(Given::of(spec, &Inputs::new(), &Params::new(), None).is_none(), "{node_type}");
        }
    }
}
