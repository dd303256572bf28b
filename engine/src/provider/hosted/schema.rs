//! JSON Schemas of hosted models, read leniently: what a value is, in which range, and which of them are media.
//!
//! Pure. The schema came from outside: references are followed a few times only, texts are cut, lists are counted.

use serde_json::{Map, Value as Json};
use shared::{
    node::{HOSTED_CHOICES_MAX, HOSTED_PORTS_MAX, HostedInput, HostedKind, HostedOutput},
    value::ValueType,
};

/// So many references lead to a schema at most.
const STEPS_MAX: usize = 8;
const DESCRIPTION_MAX_CHARS: usize = 500;
const TEXT_MAX_BYTES: usize = 2000;

type Ports = (Vec<HostedInput>, Vec<HostedOutput>);

/// Of fal's OpenAPI document of an endpoint.
pub(super) fn of_fal(document: &Json, id: &str) -> Option<Ports> {
    let schemas = Schemas(document);
    let paths = document["paths"].as_object()?;
    let asked = paths.get(&format!("/{id}")).and_then(|path| content(&path["post"]["requestBody"]));
    let result = paths.iter().find(|(path, _)| path.ends_with("/requests/{request_id}"));
    let told = result.and_then(|(_, path)| content(&path["get"]["responses"]["200"]));
    let asked = asked.or_else(|| schemas.ending("Input"))?;
    let told = told.or_else(|| schemas.ending("Output"))?;
    let outputs = schemas.properties(told)?;
    let outputs = outputs.iter().filter_map(|(name, schema)| schemas.output(name, &format!("/{name}"), schema));
    Some((schemas.inputs(asked)?, outputs.take(HOSTED_PORTS_MAX).collect()))
}

fn content(body: &Json) -> Option<&Json> {
    body.pointer("/content/application~1json/schema")
}

/// Of the `openapi_schema` of a model's version at Replicate. `example` is what it once gave: its schema says only that
/// there is an address, and not of what.
pub(super) fn of_replicate(document: &Json, example: &Json) -> Option<Ports> {
    let schemas = Schemas(document);
    let all = document.pointer("/components/schemas")?;
    let inputs = schemas.inputs(all.get("Input")?)?;
    let output = schemas.resolved(all.get("Output")?)?;
    let outputs = match output["properties"].as_object() {
        Some(properties) => properties
            .iter()
            .filter_map(|(name, schema)| schemas.output(name, &format!("/{name}"), schema))
            .take(HOSTED_PORTS_MAX)
            .collect(),
        None => {
            let mut output = schemas.output("output", "", output)?;
            if *output.value_type.item() == ValueType::Any {
                let media = medium_of(example).unwrap_or(ValueType::Any);
                let list = output.value_type.is_list();
                output.value_type = if list { ValueType::List(Box::new(media)) } else { media };
            }
            vec![output]
        }
    };
    Some((inputs, outputs))
}

/// The medium of the first address in a result, by its ending.
fn medium_of(result: &Json) -> Option<ValueType> {
    let address = result.as_str().or_else(|| result.get(0)?.as_str())?;
    let ending = address.split(['?', '#']).next()?.rsplit('.').next()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "png" | "jpg" | "jpeg" | "webp" | "gif" | "avif" => ValueType::Image,
        "mp4" | "webm" | "mov" => ValueType::Video,
        "mp3" | "wav" | "flac" | "ogg" | "m4a" => ValueType::Audio,
        _ => return None,
    })
}

/// A document with the schemas that others refer to.
struct Schemas<'d>(&'d Json);

impl<'d> Schemas<'d> {
    /// The one whose name ends so.
    fn ending(&self, end: &str) -> Option<&'d Json> {
        let all = self.0.pointer("/components/schemas")?.as_object()?;
        all.iter().find(|(name, _)| name.ends_with(end)).map(|(_, schema)| schema)
    }

    /// What a schema refers to, and what remains of a choice between something and nothing.
    fn resolved(&self, schema: &'d Json) -> Option<&'d Json> {
        self.follow(schema, STEPS_MAX)
    }

    fn follow(&self, schema: &'d Json, steps: usize) -> Option<&'d Json> {
        let steps = steps.checked_sub(1)?;
        if let Some(place) = schema["$ref"].as_str() {
            return self.follow(self.0.pointer(place.strip_prefix('#')?)?, steps);
        }
        let parts = ["allOf", "anyOf", "oneOf"].into_iter().find_map(|key| schema[key].as_array());
        let real = |part: &&Json| part["type"] != "null";
        match parts.map(|parts| parts.iter().filter(real).collect::<Vec<_>>()) {
            Some(parts) if schema.get("type").is_none() => self.follow(parts.first()?, steps),
            _ => Some(schema),
        }
    }

    fn properties(&self, schema: &'d Json) -> Option<&'d Map<String, Json>> {
        self.resolved(schema)?["properties"].as_object()
    }

    fn inputs(&self, schema: &'d Json) -> Option<Vec<HostedInput>> {
        let schema = self.resolved(schema)?;
        let properties = schema["properties"].as_object()?;
        let listed = |list: &Json, name: &str| list.as_array()?.iter().position(|item| item == name);
        let mut named: Vec<(&String, &Json)> = properties.iter().collect();
        named.sort_by_key(|(name, property)| {
            let order = property["x-order"].as_u64().map(|order| order as usize);
            order.or_else(|| listed(&schema["x-fal-order-properties"], name)).unwrap_or(usize::MAX)
        });
        let required = |name: &str| listed(&schema["required"], name).is_some();
        let inputs = named.into_iter().filter_map(|(name, property)| self.input(name, property, required(name)));
        Some(inputs.take(HOSTED_PORTS_MAX).collect())
    }

    fn input(&self, name: &str, property: &'d Json, required: bool) -> Option<HostedInput> {
        let schema = self.resolved(property)?;
        // A secret would stand in the document; a result within the answer is none that could be fetched.
        let secret =
            schema["format"] == "password" || ["_token", "api_key", "secret"].iter().any(|end| name.ends_with(end));
        if secret || name == "sync_mode" {
            return None;
        }
        let said = |key: &str| property.get(key).or_else(|| schema.get(key));
        let kind = self.kind(name, property, schema)?;
        let default = said("default").filter(|value| value.to_string().len() <= TEXT_MAX_BYTES).cloned();
        let description = said("description").and_then(Json::as_str).unwrap_or_default();
        Some(HostedInput {
            name: name.to_owned(),
            kind,
            required,
            default: default.unwrap_or_default(),
            description: description.chars().filter(|c| !c.is_control()).take(DESCRIPTION_MAX_CHARS).collect(),
        })
    }

    fn kind(&self, name: &str, property: &'d Json, schema: &'d Json) -> Option<HostedKind> {
        if let Some(options) = schema["enum"].as_array() {
            let plain = |option: &&Json| option.is_number() || option.as_str().is_some_and(|text| text.len() <= 200);
            let options: Vec<Json> = options.iter().filter(plain).take(HOSTED_CHOICES_MAX).cloned().collect();
            return (!options.is_empty()).then_some(HostedKind::Choice { options });
        }
        let limit = |key: &str| property.get(key).or_else(|| schema.get(key)).and_then(Json::as_f64);
        let (min, max) = (limit("minimum"), limit("maximum"));
        Some(match schema["type"].as_str() {
            Some("integer") if name == "seed" => HostedKind::Seed,
            Some("integer") => {
                HostedKind::Integer { min: min.map(|min| min.ceil() as i64), max: max.map(|max| max.floor() as i64) }
            }
            Some("number") => HostedKind::Number { min, max },
            Some("boolean") => HostedKind::Bool,
            Some("string") => match medium(name, schema) {
                Some(media) => HostedKind::Media { media, list: false },
                None => HostedKind::Text,
            },
            Some("array") => {
                let item = self.resolved(&schema["items"]);
                let media = item.filter(|item| item["type"] == "string").and_then(|item| medium(name, item));
                media.map_or(HostedKind::Json, |media| HostedKind::Media { media, list: true })
            }
            Some("object") => HostedKind::Json,
            _ if schema.get("properties").is_some() => HostedKind::Json,
            _ => return None,
        })
    }

    fn output(&self, name: &str, pointer: &str, schema: &'d Json) -> Option<HostedOutput> {
        let schema = self.resolved(schema)?;
        let list = |item: ValueType| ValueType::List(Box::new(item));
        let value_type = match schema["type"].as_str() {
            Some("string") if schema["format"] == "uri" => {
                medium(name, schema).filter(|found| *found != ValueType::File).unwrap_or(ValueType::Any)
            }
            Some("string") => ValueType::Text,
            Some("number" | "integer") => ValueType::Number,
            Some("boolean") => ValueType::Bool,
            Some("array") => {
                let item = self.resolved(&schema["items"])?;
                match item["type"].as_str() {
                    Some("string") if item["format"] == "uri" => list(named_medium(name).unwrap_or(ValueType::Any)),
                    // A language model's, piece by piece.
                    Some("string") if schema["x-cog-array-type"] == "iterator" => ValueType::Text,
                    _ if is_file(item) => list(named_medium(name).unwrap_or(ValueType::Any)),
                    _ => ValueType::Json,
                }
            }
            _ if is_file(schema) => named_medium(name).unwrap_or(ValueType::Any),
            _ => ValueType::Json,
        };
        // A name that the pointer would have to escape is no port's either.
        (!name.contains(['~', '/'])).then(|| HostedOutput {
            name: name.to_owned(),
            value_type,
            pointer: pointer.to_owned(),
        })
    }
}

/// An object that says where a file is.
fn is_file(schema: &Json) -> bool {
    schema["properties"].get("url").is_some()
}

/// The medium of an address, where the text is one.
fn medium(name: &str, schema: &Json) -> Option<ValueType> {
    let is_address = schema["format"] == "uri" || name.ends_with("_url") || name.ends_with("_urls");
    is_address.then(|| named_medium(name).unwrap_or(ValueType::File)).filter(|found| {
        // An address that names no medium is a text: that of a LoRA, of a web page.
        *found != ValueType::File || schema["format"] == "uri"
    })
}

fn named_medium(name: &str) -> Option<ValueType> {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if has(&["mask"]) => Some(ValueType::Mask),
        () if has(&["video", "film"]) => Some(ValueType::Video),
        () if has(&["audio", "speech", "voice_sample", "music", "sound"]) => Some(ValueType::Audio),
        () if has(&["image", "picture", "photo", "frame", "img"]) => Some(ValueType::Image),
        () => None,
    }
}

#[cfg(test)]
mod tests;
