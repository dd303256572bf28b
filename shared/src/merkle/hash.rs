//! Parts of a key into bytes, each with its kind and length, and every equal thing in one spelling.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::SCHEME;
use crate::{
    document::whole,
    graph::Params,
    node::{NodeSpec, ParamKind},
    seed::INCREMENT,
    value::{Value, ValueType, Values},
};

/// Feeds a hash so that no two different sequences of parts give the same bytes: every part says its kind and length.
pub(super) struct Hash(blake3::Hasher);

impl Hash {
    pub(super) fn new(domain: &str) -> Self {
        let mut hash = Self(blake3::Hasher::new());
        hash.text("openflow");
        hash.number(SCHEME);
        hash.text(domain);
        hash
    }

    fn tag(&mut self, tag: u8) {
        self.0.update(&[tag]);
    }

    pub(super) fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// Parameters as a run sees them: defaults filled in, those of an unknown type as they stand, wired ones left out.
    pub(super) fn params(&mut self, spec: Option<&NodeSpec>, params: &Params, is_wired: impl Fn(&str) -> bool) {
        let Some(spec) = spec else {
            for (name, value) in params.iter().filter(|(name, _)| !is_wired(name)) {
                self.text(name);
                self.json(value);
            }
            return self.text("params");
        };
        let by_name: BTreeMap<&str, _> = spec.params.iter().map(|param| (param.name.as_str(), param)).collect();
        for (name, param) in by_name.into_iter().filter(|(name, _)| !is_wired(name)) {
            // `null` is "not given", whichever way it came about.
            let value = params.get(name).filter(|value| !value.is_null()).unwrap_or(&param.default);
            self.text(name);
            // Which seed a counting one has reached is no change of the graph.
            let part = match &param.kind {
                ParamKind::Media { .. } => value.get("blob"),
                ParamKind::Seed => value.get(INCREMENT),
                _ => None,
            };
            self.json(part.unwrap_or(value));
        }
        self.text("params");
    }

    fn float(&mut self, number: f64) {
        // One zero.
        self.0.update(&(if number == 0.0 { 0.0 } else { number }).to_bits().to_le_bytes());
    }

    fn json(&mut self, json: &Json) {
        match json {
            Json::Null => self.tag(0),
            Json::Bool(value) => self.tag(1 + u8::from(*value)),
            Json::Number(value) => match value.as_i64().or_else(|| whole(value.as_f64()?)) {
                Some(int) => {
                    self.tag(3);
                    self.number(int.cast_unsigned());
                }
                None => {
                    self.tag(7);
                    self.float(value.as_f64().unwrap_or_default());
                }
            },
            Json::String(text) => {
                self.tag(4);
                self.text(text);
            }
            Json::Array(items) => {
                self.tag(5);
                self.number(items.len() as u64);
                items.iter().for_each(|item| self.json(item));
            }
            Json::Object(entries) => {
                self.tag(6);
                self.number(entries.len() as u64);
                let entries: BTreeMap<&String, &Json> = entries.iter().collect();
                for (key, value) in entries {
                    self.text(key);
                    self.json(value);
                }
            }
        }
    }

    pub(super) fn value(&mut self, value: &Value) {
        self.text(&kind(value).to_string());
        match value {
            Value::Text(text) => self.text(text),
            Value::Number(number) => self.float(*number),
            Value::Bool(flag) => self.tag((*flag).into()),
            Value::Json(json) => self.json(json),
            Value::Image(media)
            | Value::Mask(media)
            | Value::Video(media)
            | Value::Audio(media)
            | Value::File(media) => self.text(media.blob.as_str()),
            Value::Embedding(numbers) => {
                self.number(numbers.len() as u64);
                for number in numbers {
                    self.0.update(&number.to_le_bytes());
                }
            }
            Value::List(items) => {
                self.number(items.len() as u64);
                items.iter().for_each(|item| self.value(item));
            }
        }
    }

    pub(super) fn values(&mut self, values: &Values) {
        self.number(values.len() as u64);
        for (port, value) in values {
            self.text(port);
            self.value(value);
        }
    }

    pub(super) fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

fn kind(value: &Value) -> ValueType {
    match value {
        // Its items say what they are; looking through all of them here too would be quadratic in depth.
        Value::List(_) => ValueType::List(Box::new(ValueType::Any)),
        value => value.value_type(),
    }
}
