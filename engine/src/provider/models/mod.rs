//! The catalogue of models: dated data, compiled in from `assets/models`.
//!
//! It feeds pickers and prices. It limits nothing: a model that is not in it can be named all the same.

mod price;
mod route;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

pub use price::Prices;
pub(crate) use price::{Made, cost_usd};
pub use route::{Field, Form, Route};

/// All models that are known, and the day they were looked up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCatalog {
    /// The day the data was gathered, `YYYY-MM-DD`.
    pub as_of: String,
    /// In the order of recommendation.
    pub models: Vec<Model>,
}

/// One model of one vendor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// As the vendor's API names it.
    pub id: String,
    /// For people.
    pub title: String,
    /// Whose key it needs.
    pub provider: String,
    /// For which nodes it is offered: `text.chat`, `image.generate`.
    pub capabilities: Vec<String>,
    /// What tells it from its siblings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The day it stops answering, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<String>,
    /// What to take once it has stopped answering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// What may be done with its results, where that is not everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Absent: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_million: Option<Prices>,
    /// The parameters it takes beyond what its task asks for, by our names, and within which limits. One that is not
    /// listed is not taken. For films that are made of words and pictures, see `video`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Limit>,
    /// What it has to be told, by our names, where others leave that open: `prompt`, `control`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What films it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoLimits>,
    /// Who serves it, the first choice first. Empty: the provider itself, under the model's own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

/// What a model takes for one parameter. Empty: anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// The smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The largest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The only values there are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<serde_json::Value>,
}

/// What films a model makes. An empty list: there is no choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VideoLimits {
    /// The lengths it makes, in seconds.
    pub seconds: Vec<u32>,
    /// The shapes it makes, as `16:9`. Of films from a picture, only where `aspect_of_frame` is false.
    pub aspects: Vec<String>,
    /// The sizes it makes, as `720p`.
    pub resolutions: Vec<String>,
    /// A film from a picture has the picture's shape.
    pub aspect_of_frame: bool,
    /// Whether it can end on a given picture.
    pub last_frame: bool,
    /// Whether films have sound.
    pub sound: Sound,
    /// Whether it can be told what not to show.
    pub negative_prompt: bool,
    /// Whether the same seed brings back the same film.
    pub seed: bool,
}

/// Whether a model's films have sound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    #[default]
    Never,
    Always,
    /// As one asks.
    Choice,
}

static MODELS: LazyLock<ModelCatalog> = LazyLock::new(|| {
    let read = |text| serde_json::from_str::<ModelCatalog>(text).expect("the catalogue is tested");
    let mut catalog = read(include_str!("../../../../assets/models/text.json"));
    for more in [
        include_str!("../../../../assets/models/image.json"),
        include_str!("../../../../assets/models/video.json"),
        include_str!("../../../../assets/models/audio.json"),
    ] {
        catalog.models.extend(read(more).models);
    }
    catalog
});

/// The models that ship with OpenFlow.
pub fn models() -> &'static ModelCatalog {
    &MODELS
}

/// The model of this name that is offered for a capability.
pub(crate) fn model(id: &str, capability: &str) -> Option<&'static Model> {
    let offered = |model: &&Model| model.id == id && model.capabilities.iter().any(|name| name == capability);
    MODELS.models.iter().find(offered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_reads_and_names_each_model_once() {
        let mut ids: Vec<_> = models().models.iter().map(|model| (&model.provider, &model.id)).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), models().models.len());
        assert!(models().models.iter().all(|model| !model.capabilities.is_empty()));
    }

    #[test]
    fn the_documented_examples_are_entries() {
        let page = include_str!("../../../../docs/providers.md");
        let examples = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        let examples: Vec<Model> = examples.map(|example| serde_json::from_str(example).unwrap()).collect();
        assert_eq!(examples.len(), 2);
        for example in examples {
            assert!(models().models.iter().any(|model| model.id == example.id), "{}", example.id);
        }
    }

    /// What people know by name: alive with somebody who serves it, or retired with a day.
    #[test]
    fn the_models_that_people_name_are_there() {
        const ALIVE: [(&str, &str); 19] = [
            ("Wan 2.6", "video.generate"),
            ("Wan 2.7", "video.generate"),
            ("Kling", "video.generate"),
            ("Runway Gen-4", "video.generate"),
            ("Veo 3", "video.generate"),
            ("Hailuo", "video.generate"),
            ("Hunyuan", "video.generate"),
            ("FLUX", "image.generate"),
            ("Stable Diffusion", "image.generate"),
            ("Recraft", "image.generate"),
            ("Ideogram", "image.generate"),
            ("GPT Image", "image.generate"),
            ("ElevenLabs", "audio.speak"),
            ("GPT-4o mini TTS", "audio.speak"),
            ("Bark", "audio.speak"),
            ("MusicGen", "audio.music"),
            ("GPT-6", "text.chat"),
            ("Claude", "text.chat"),
            ("Gemini", "text.chat"),
        ];
        let named = |title: &'static str, capability: &'static str| {
            let offers = move |model: &&Model| model.capabilities.iter().any(|name| name == capability);
            models().models.iter().filter(move |model| model.title.starts_with(title)).filter(offers)
        };
        for (title, capability) in ALIVE {
            // A day that is to come is no end yet.
            let mut alive =
                named(title, capability).filter(|model| model.successor.is_none() || !model.routes.is_empty());
            assert!(alive.next().is_some(), "{title}: {capability}");
        }
        for (title, capability) in [("Sora", "video.generate"), ("Imagen", "image.generate")] {
            let retired: Vec<_> = named(title, capability).collect();
            assert!(!retired.is_empty() && retired.iter().all(|model| model.shutdown.is_some()), "{title}");
        }
    }

    #[test]
    fn dates_are_days_successors_exist_and_what_ended_has_one() {
        let known = |id: &str| models().models.iter().any(|model| model.id == id);
        for model in &models().models {
            if let Some(day) = &model.shutdown {
                let digits =
                    day.len() == 10 && day.split('-').all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
                assert!(digits, "{}: {day}", model.id);
                assert!(model.successor.is_some() || model.id == "sora-2", "{}", model.id);
            }
            assert!(model.successor.as_deref().is_none_or(known), "{}", model.id);
            assert!(model.parameters.values().all(|limit| limit.min.zip(limit.max).is_none_or(|(min, max)| min < max)));
        }
    }
}
