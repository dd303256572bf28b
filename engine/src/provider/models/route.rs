//! Who serves a model, under which names, and how its values are written there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::provider::order::{FilmTask, Order, SoundTask};

/// One provider that serves a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Whose key it needs.
    pub provider: String,
    /// What the provider calls the model when it makes something of words alone. Absent: it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_text: Option<String>,
    /// What the provider calls the model when it begins with a picture, or has a portrait speak. Absent: it cannot.
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
            // A portrait that speaks is a film from a picture.
            Order::Film(film) if film.task == FilmTask::LipSync && film.first_frame.is_some() => {
                self.from_image.as_deref()
            }
            _ => self.serves.get(order.capability()).map(String::as_str),
        }
    }

    /// The list price of an order, where it is known and follows from the order. `None` rather than a guess.
    pub(crate) fn price(&self, order: &Order) -> Option<f64> {
        let second = |size: Option<&str>| self.usd_per_second.get("any").or_else(|| self.usd_per_second.get(size?));
        match order {
            Order::Film(film) => {
                let seconds = film.seconds.map(f64::from).or(film.seconds_given)?;
                Some(second(film.resolution.as_deref())? * seconds)
            }
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
    /// How strongly the LoRA of that list works, as its `scale`.
    LoraScale,
    /// A voice as `{"voice_id": …}`.
    Voice,
}
