//! What a model that somebody hosts takes and gives, noted in a node as data. Pure, so that check, client and engine derive
//! the same ports and parameters from it without asking anybody.
//!
//! It is read from the vendor's schema once (`engine::hosted_model`) and stands in the document from then on, where
//! anybody may have changed it: what makes no sense gives no port.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{ChoiceOption, ParamKind, ParamSpec, PortSpec};
use crate::value::ValueType;

/// The most inputs, and the most outputs.
pub const HOSTED_PORTS_MAX: usize = 64;
/// The most values of one choice.
pub const HOSTED_CHOICES_MAX: usize = 200;
const NAME_MAX_BYTES: usize = 64;
/// What the node itself has.
const OWN: [&str; 4] = ["model", "interface", "connection", "seed"];

/// A hosted model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostedModel {
    /// Who hosts it: `fal` or `replicate`.
    pub provider: String,
    /// As it is run there: `fal-ai/flux/dev`, `owner/name`, or `owner/name:version`.
    pub endpoint: String,
    /// In the order in which people are asked for them.
    #[serde(default)]
    pub inputs: Vec<HostedInput>,
    #[serde(default)]
    pub outputs: Vec<HostedOutput>,
}

/// Something that the model takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostedInput {
    /// As the vendor calls it.
    pub name: String,
    #[serde(flatten)]
    pub kind: HostedKind,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The model's own; `null`: it does not say.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub default: Json,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// What a value of it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HostedKind {
    Text,
    Number {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
    },
    Integer {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    Bool,
    /// One of these: texts or numbers.
    Choice {
        options: Vec<Json>,
    },
    /// The node's seed stands for it.
    Seed,
    /// A picture, film or sound, handed over by address.
    Media {
        media: ValueType,
        /// Several of them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        list: bool,
    },
    /// Anything else, in the vendor's own words.
    Json,
}

/// Something that the model gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostedOutput {
    pub name: String,
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// Where it stands in the answer, as a JSON pointer.
    #[serde(default)]
    pub pointer: String,
}

impl HostedModel {
    /// Reads what a node notes. Nothing of it is believed: `None` for what is no such note.
    pub fn read(interface: &Json) -> Option<Self> {
        let mut model: Self = serde_json::from_value(interface.clone()).ok()?;
        model.tidy();
        Some(model)
    }

    /// Leaves out what cannot be a port: strange names, the second of two of one name, what is too much.
    pub fn tidy(&mut self) {
        let mut seen = BTreeSet::new();
        self.inputs.retain(|input| {
            let sane = match &input.kind {
                HostedKind::Choice { options } => !options.is_empty() && options.len() <= HOSTED_CHOICES_MAX,
                HostedKind::Media { media, .. } => is_media(media),
                _ => true,
            };
            sane && is_name(&input.name) && seen.insert(input.param_name())
        });
        self.inputs.truncate(HOSTED_PORTS_MAX);
        let mut seen = BTreeSet::new();
        self.outputs.retain(|output| is_name(&output.name) && seen.insert(output.name.clone()));
        self.outputs.truncate(HOSTED_PORTS_MAX);
    }

    /// Ports for its media, parameters for everything else.
    pub(super) fn ports(&self) -> (Vec<PortSpec>, Vec<PortSpec>, Vec<ParamSpec>) {
        let inputs = self.inputs.iter().filter_map(HostedInput::port).collect();
        let outputs = self.outputs.iter().map(|output| PortSpec::new(&output.name, output.value_type.clone(), ""));
        (inputs, outputs.collect(), self.inputs.iter().filter_map(HostedInput::param).collect())
    }
}

impl HostedInput {
    /// The port or parameter that stands for it: its own name, unless the node has one of that name.
    pub fn param_name(&self) -> String {
        if OWN.contains(&self.name.as_str()) { format!("{}_", self.name) } else { self.name.clone() }
    }

    fn port(&self) -> Option<PortSpec> {
        let HostedKind::Media { media, list } = &self.kind else { return None };
        let value_type = if *list { ValueType::List(Box::new(media.clone())) } else { media.clone() };
        let port = PortSpec::new(self.param_name(), value_type, &self.description);
        Some(PortSpec { required: self.required, ..port })
    }

    fn param(&self) -> Option<ParamSpec> {
        let (kind, wire) = match &self.kind {
            HostedKind::Media { .. } | HostedKind::Seed => return None,
            HostedKind::Text => (ParamKind::Text, ValueType::Text),
            HostedKind::Number { min, max } => {
                (ParamKind::Number { min: *min, max: *max, step: None, unit: None }, ValueType::Number)
            }
            HostedKind::Integer { min, max } => {
                (ParamKind::Integer { min: *min, max: *max, unit: None }, ValueType::Number)
            }
            HostedKind::Bool => (ParamKind::Bool, ValueType::Bool),
            HostedKind::Json => (ParamKind::Json, ValueType::Json),
            HostedKind::Choice { options } => {
                let option = |value: String, title: String| ChoiceOption { value, title };
                let mut options: Vec<_> = options.iter().map(|value| option(plain(value), plain(value))).collect();
                if !self.required && self.default.is_null() {
                    options.insert(0, option(String::new(), "As the model does".to_owned()));
                }
                (ParamKind::Choice { options }, ValueType::Text)
            }
        };
        let default = match &self.kind {
            HostedKind::Choice { options } if options.contains(&self.default) => Json::from(plain(&self.default)),
            HostedKind::Choice { .. } if self.required => Json::Null,
            HostedKind::Choice { .. } => Json::from(""),
            _ if self.takes(&self.default).is_some() => self.default.clone(),
            _ => Json::Null,
        };
        Some(ParamSpec {
            name: self.param_name(),
            title: title(&self.name),
            description: self.description.clone(),
            kind,
            default,
            optional: !self.required,
            wire: Some(wire),
            advanced: false,
        })
    }

    /// The value as the vendor wants it; `None`: it is none.
    pub fn takes(&self, value: &Json) -> Option<Json> {
        let within = |number: f64, min: Option<f64>, max: Option<f64>| {
            min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
        };
        let fits = match &self.kind {
            HostedKind::Text => value.is_string(),
            HostedKind::Bool => value.is_boolean(),
            HostedKind::Json => !value.is_null(),
            HostedKind::Number { min, max } => value.as_f64().is_some_and(|number| within(number, *min, *max)),
            HostedKind::Integer { min, max } => {
                // A wire's whole number is one too.
                let whole = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15)?;
                let fits = within(whole, min.map(|min| min as f64), max.map(|max| max as f64));
                return fits.then(|| Json::from(whole as i64));
            }
            HostedKind::Choice { options } => {
                return options.iter().find(|option| plain(option) == plain(value)).cloned();
            }
            HostedKind::Seed | HostedKind::Media { .. } => false,
        };
        fits.then(|| value.clone())
    }
}

impl HostedOutput {
    /// The addresses of its media in an answer: a text, an object with a `url`, or a list of those.
    pub fn addresses<'j>(&self, answer: &'j Json) -> Vec<&'j str> {
        let Some(found) = answer.pointer(&self.pointer).filter(|_| is_media(self.value_type.item())) else {
            return Vec::new();
        };
        let each = match found {
            Json::Array(items) => items.iter().collect(),
            single => vec![single],
        };
        let address = |item: &'j Json| item.as_str().or_else(|| item.get("url")?.as_str());
        each.into_iter().filter_map(address).collect()
    }
}

fn is_media(value_type: &ValueType) -> bool {
    use ValueType::{Any, Audio, File, Image, Mask, Video};
    matches!(value_type, Image | Mask | Video | Audio | File | Any)
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.len() <= NAME_MAX_BYTES && name.chars().all(plain)
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `num_inference_steps` as people read it.
fn title(name: &str) -> String {
    let words = name.replace(['_', '-', '.'], " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
