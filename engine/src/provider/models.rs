//! The catalogue of models: dated data, compiled in from `assets/models`.
//!
//! It feeds pickers and prices. It limits nothing: a model that is not in it can be named all the same.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::{
    Usage,
    order::{FilmTask, Order, SoundTask},
};

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
    /// listed is not taken. Of pictures and sounds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Limit>,
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

/// One provider that serves a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Whose key it needs.
    pub provider: String,
    /// What the provider calls the model when it makes something of words alone. Absent: it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_text: Option<String>,
    /// What the provider calls the model when it begins with a picture. Absent: it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_image: Option<String>,
    /// What the provider calls the model for a capability, beside films that are made of words and pictures.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub serves: BTreeMap<String, String>,
    /// What the provider wants to be told besides, in its own words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, serde_json::Value>,
    /// The provider's names of our parameters, where each of its models has names of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Field>,
    /// US dollars for a second of film, by size; `any` where the size does not matter. Absent: unknown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usd_per_second: BTreeMap<String, f64>,
    /// US dollars for one picture, song or sound. Absent: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_each: Option<f64>,
    /// US dollars for a thousand characters that are spoken. Absent: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_thousand_characters: Option<f64>,
}

impl Route {
    /// What the provider calls the model for this order; `None`: it cannot do that.
    pub(crate) fn endpoint(&self, order: &Order) -> Option<&str> {
        match order {
            Order::Film(film) if film.task == FilmTask::Generate => {
                if film.first_frame.is_some() {
                    self.from_image.as_deref()
                } else {
                    self.from_text.as_deref()
                }
            }
            _ => self.serves.get(order.capability()).map(String::as_str),
        }
    }

    /// The list price of an order, where it is known and follows from the order. `None` rather than a guess.
    pub(crate) fn price(&self, order: &Order) -> Option<f64> {
        let second = |size: Option<&str>| self.usd_per_second.get("any").or_else(|| self.usd_per_second.get(size?));
        match order {
            Order::Film(film) => Some(second(film.resolution.as_deref())? * f64::from(film.seconds?)),
            Order::Picture(_) => self.usd_each,
            Order::Sound(sound) if sound.task == SoundTask::Speak => {
                Some(self.usd_per_thousand_characters? * sound.prompt.chars().count() as f64 / 1000.0)
            }
            Order::Sound(sound) => self.usd_each.or_else(|| Some(second(None)? * sound.seconds?)),
            Order::Hosted(_) => None,
        }
    }
}

/// How one parameter is called and written at a provider: `"image_url"`, or `{"name":"duration","form":"text"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Field {
    /// Written as it is.
    Name(String),
    /// Written in a form of its own.
    Formed {
        /// The provider's name.
        name: String,
        /// How the value is written.
        form: Form,
    },
}

/// How a provider wants a value to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A number as text: `"5"`.
    Text,
    /// Seconds with their unit: `"5s"`.
    Seconds,
    /// Seconds as thousandths.
    Millis,
    /// Text in capitals.
    Upper,
    /// A size as `{"width": 1024, "height": 768}`.
    Size,
    /// Part of a list.
    List,
    /// The address of a LoRA as `[{"path": …}]`.
    Loras,
    /// A voice as `{"voice_id": …}`.
    Voice,
}

/// US dollars for a million tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prices {
    /// Text that goes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_in: Option<f64>,
    /// Text that comes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_out: Option<f64>,
    /// Pictures that go in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_in: Option<f64>,
    /// Pictures that come out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_out: Option<f64>,
}

static MODELS: LazyLock<ModelCatalog> = LazyLock::new(|| {
    let read = |text| serde_json::from_str::<ModelCatalog>(text).expect("the catalogue is tested");
    let mut catalog = read(include_str!("../../../assets/models/text.json"));
    for more in [
        include_str!("../../../assets/models/image.json"),
        include_str!("../../../assets/models/video.json"),
        include_str!("../../../assets/models/audio.json"),
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

/// What comes out of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Text,
    Picture,
}

/// What a call of a vendor's model cost; `None` where the price or the usage is unknown.
pub(crate) fn cost_usd(provider: &str, model: &str, usage: Usage, made: Made) -> Option<f64> {
    let listed = |model: &&Model, id: &str| model.provider == provider && model.id == id;
    if usage.cost_usd.is_some() {
        return usage.cost_usd;
    }
    let entry = MODELS.models.iter().find(|entry| listed(entry, model)).or_else(|| {
        // Vendors answer with a dated name, `gpt-6-luna-2026-09-01`, for the one that was asked.
        MODELS.models.iter().filter(|entry| entry.provider == provider).find(|entry| {
            let dated = model.strip_prefix(&entry.id).and_then(|rest| rest.strip_prefix('-'));
            dated.is_some_and(|date| date.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
        })
    })?;
    let prices = entry.usd_per_million.as_ref()?;
    let (input, output) = (usage.input_tokens?, usage.output_tokens?);
    let pictures = usage.input_picture_tokens.unwrap_or(0).min(input);
    let text_in = (input - pictures) as f64 * prices.text_in?;
    let image_in = if pictures == 0 { 0.0 } else { pictures as f64 * prices.image_in.or(prices.text_in)? };
    let out = output as f64
        * match made {
            Made::Text => prices.text_out?,
            Made::Picture => prices.image_out?,
        };
    Some((text_in + image_in + out) / 1e6)
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
        let page = include_str!("../../../docs/providers.md");
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

    #[test]
    fn costs_are_tokens_times_price_and_never_guessed() {
        let usage = Usage { input_tokens: Some(1000), output_tokens: Some(100), ..Usage::default() };
        assert_eq!(cost_usd("openai", "gpt-6.1-sol", usage, Made::Text), Some(0.003));
        assert_eq!(cost_usd("openai", "gpt-6.1-sol-2026-10-01", usage, Made::Text), Some(0.003));
        assert_eq!(cost_usd("openai", "gpt-6.1-sol-mini", usage, Made::Text), None);
        assert_eq!(cost_usd("openai", "gpt-image-2.6-sunburst", usage, Made::Picture), None);
        assert_eq!(cost_usd("openai", "gpt-6.1-sol", Usage::default(), Made::Text), None);
        let pictures = Usage { input_picture_tokens: Some(500), ..usage };
        let cost = cost_usd("openai", "gpt-image-2.6-flare", pictures, Made::Picture).unwrap();
        assert!((cost - (500.0 * 5.0 + 500.0 * 8.0 + 100.0 * 30.0) / 1e6).abs() < 1e-12);
    }
}
