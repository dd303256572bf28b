//! What the chosen model takes for the other parameters of its node: ranges, choices, and what it does not take at all.
//!
//! The server refuses by the same rules before anything is ordered (`engine/src/provider/order/fit.rs`); here one sees them
//! while choosing. A value is never changed by this. Parameter rows (`panels::param`) call [`takes`].

use serde::Deserialize;
use serde_json::Value as Json;
use shared::node::{ChoiceOption, ParamKind};

use crate::models::Model;

/// What a model takes for one parameter. Empty: anything.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Limit {
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// The only values there are.
    pub choices: Vec<Json>,
}

/// What films a model makes. An empty list: there is no choice.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct VideoLimits {
    pub seconds: Vec<u32>,
    pub aspects: Vec<String>,
    pub resolutions: Vec<String>,
    pub sound: String,
    pub negative_prompt: bool,
    pub seed: bool,
}

/// What a chosen model says about one parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Takes {
    Anything,
    Within(Limit),
    /// Not at all. What is set is refused before the run, with these words.
    Nothing(String),
    /// Whatever is set changes nothing.
    Unheard(String),
}

/// Parameters that are part of an order, by the node's names. All others, such as the prompt or the connection, are the
/// node's own business.
const ORDERED: [&str; 24] = [
    "negative_prompt",
    "factor",
    "sound",
    "sync_mode",
    "size",
    "aspect",
    "resolution",
    "quality",
    "background",
    "style",
    "steps",
    "guidance",
    "strength",
    "control_strength",
    "lora",
    "lora_strength",
    "voice",
    "instructions",
    "language",
    "speed",
    "seconds",
    "lyrics",
    "instrumental",
    "looped",
];

pub fn takes(model: &Model, capability: &str, param: &str) -> Takes {
    let title = model.name();
    if capability == "video.generate" {
        return model.video.as_ref().map_or(Takes::Anything, |limits| film(limits, title, param));
    }
    if !["image.", "audio.", "video."].iter().any(|kind| capability.starts_with(kind))
        || capability == "audio.transcribe"
    {
        return Takes::Anything;
    }
    let listed = |name: &str| model.parameters.get(name);
    match param {
        "seed" | "take" if listed("seed").is_none() => {
            Takes::Unheard(format!("{title} takes no seed: each result is another one."))
        }
        // One follows from the other.
        "size" if listed("size").is_none() && listed("aspect").is_some() => Takes::Anything,
        "aspect" if listed("aspect").is_none() && listed("size").is_some() => Takes::Anything,
        // Where words are not what the task is about, many models take none.
        "prompt" if matches!(capability, "image.vary" | "video.lip_sync") && listed("prompt").is_none() => {
            Takes::Nothing(format!("{title} takes no words."))
        }
        // The order calls it by what it is for.
        "sound" if listed("audio").is_some() => Takes::Anything,
        _ => match listed(param) {
            Some(limit) => Takes::Within(limit.clone()),
            None if ORDERED.contains(&param) => Takes::Nothing(format!("{title} does not take this.")),
            None => Takes::Anything,
        },
    }
}

fn film(limits: &VideoLimits, title: &str, param: &str) -> Takes {
    let texts = |texts: &[String]| Limit {
        choices: texts.iter().map(|text| Json::from(text.as_str())).collect(),
        ..Limit::default()
    };
    match param {
        "seconds" if limits.seconds.is_empty() => Takes::Nothing(format!("{title} decides itself how long a film is.")),
        "seconds" => {
            let choices = limits.seconds.iter().map(|&seconds| Json::from(seconds)).collect();
            Takes::Within(Limit { choices, ..Limit::default() })
        }
        "aspect" if limits.aspects.is_empty() => Takes::Nothing(format!("{title} decides itself about the shape.")),
        "aspect" => Takes::Within(texts(&limits.aspects)),
        "resolution" if limits.resolutions.is_empty() => {
            Takes::Nothing(format!("{title} decides itself about the size."))
        }
        "resolution" => Takes::Within(texts(&limits.resolutions)),
        "sound" => match limits.sound.as_str() {
            "always" => Takes::Within(Limit { choices: vec!["on".into()], ..Limit::default() }),
            "choice" => Takes::Anything,
            _ => Takes::Within(Limit { choices: vec!["off".into()], ..Limit::default() }),
        },
        "negative_prompt" if !limits.negative_prompt => {
            Takes::Nothing(format!("{title} cannot be told what not to show."))
        }
        "seed" if !limits.seed => Takes::Unheard(format!("{title} takes no seed: each film is another one.")),
        _ => Takes::Anything,
    }
}

impl Limit {
    /// The node's own kind of parameter, brought down to what the model takes.
    pub fn narrowed(&self, kind: &ParamKind) -> ParamKind {
        let lower = |own: Option<f64>| [own, self.min].into_iter().flatten().reduce(f64::max);
        let upper = |own: Option<f64>| [own, self.max].into_iter().flatten().reduce(f64::min);
        match kind {
            ParamKind::Number { min, max, step, unit } => {
                ParamKind::Number { min: lower(*min), max: upper(*max), step: *step, unit: unit.clone() }
            }
            ParamKind::Integer { min, max, unit } => ParamKind::Integer {
                min: lower(min.map(|min| min as f64)).map(|min| min.ceil() as i64),
                max: upper(max.map(|max| max as f64)).map(|max| max.floor() as i64),
                unit: unit.clone(),
            },
            ParamKind::Choice { options } if !self.choices.is_empty() => {
                let taken = |option: &&ChoiceOption| is_unset(&option.value.as_str().into()) || self.has(&option.value);
                ParamKind::Choice { options: options.iter().filter(taken).cloned().collect() }
            }
            other => other.clone(),
        }
    }

    fn has(&self, value: &str) -> bool {
        self.choices.iter().any(|choice| choice.as_str() == Some(value))
    }

    /// What is wrong with a value, in words; `None`: the model takes it.
    pub fn fault(&self, title: &str, value: &Json, unit: &str) -> Option<String> {
        if is_unset(value) {
            return None;
        }
        if !self.choices.is_empty() {
            let same =
                |choice: &Json| choice == value || choice.as_f64().zip(value.as_f64()).is_some_and(|(a, b)| a == b);
            let listed = || self.choices.iter().map(plain).collect::<Vec<_>>().join(", ");
            return (!self.choices.iter().any(same))
                .then(|| format!("{title} takes {}{unit} here, not {}{unit}.", listed(), plain(value)));
        }
        let number = value.as_f64()?;
        let outside = self.min.is_some_and(|min| number < min) || self.max.is_some_and(|max| number > max);
        let range = match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max}{unit}"),
            (Some(min), None) => format!("{min}{unit} or more"),
            (None, Some(max)) => format!("at most {max}{unit}"),
            (None, None) => return None,
        };
        outside.then(|| format!("{title} takes {range} here, not {number}{unit}."))
    }
}

/// Left to the model.
pub fn is_unset(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty() || text == "auto",
        Json::Bool(on) => !on,
        _ => false,
    }
}

/// A value without quotation marks.
pub fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model(json: Json) -> Model {
        serde_json::from_value(json).expect("a model")
    }

    fn wan() -> Model {
        let video = json!({"seconds": [5, 10, 15], "aspects": ["16:9"], "sound": "always", "vendor_news": 1});
        model(json!({"id": "wan", "title": "Wan", "video": video}))
    }

    #[test]
    fn a_film_has_the_models_lengths() {
        let Takes::Within(limit) = takes(&wan(), "video.generate", "seconds") else { panic!("no limit") };
        assert_eq!(limit.fault("Wan", &json!(7), " s").as_deref(), Some("Wan takes 5, 10, 15 s here, not 7 s."));
        assert_eq!(limit.fault("Wan", &json!(10), " s"), None);
        assert_eq!(limit.fault("Wan", &Json::Null, " s"), None, "left to the model");
        assert_eq!(takes(&wan(), "video.generate", "prompt"), Takes::Anything);
        let none = takes(&wan(), "video.generate", "resolution");
        assert_eq!(none, Takes::Nothing("Wan decides itself about the size.".into()));
        assert!(matches!(takes(&wan(), "video.generate", "seed"), Takes::Unheard(_)));
    }

    #[test]
    fn what_a_pictures_model_does_not_list_it_does_not_take() {
        let flux =
            model(json!({"id": "f", "title": "Flux", "parameters": {"size": {}, "steps": {"min": 4, "max": 50}}}));
        assert_eq!(takes(&flux, "image.generate", "style"), Takes::Nothing("Flux does not take this.".into()));
        assert_eq!(takes(&flux, "image.generate", "aspect"), Takes::Anything, "it becomes a size");
        assert!(matches!(takes(&flux, "image.generate", "take"), Takes::Unheard(_)));
        assert_eq!(takes(&flux, "text.chat", "style"), Takes::Anything, "an answer is not ordered");
        let Takes::Within(steps) = takes(&flux, "image.generate", "steps") else { panic!("no limit") };
        assert_eq!(steps.fault("Flux", &json!(80), "").as_deref(), Some("Flux takes 4 to 50 here, not 80."));
        let own = ParamKind::Integer { min: Some(1), max: Some(150), unit: None };
        assert_eq!(steps.narrowed(&own), ParamKind::Integer { min: Some(4), max: Some(50), unit: None });
    }

    #[test]
    fn choices_are_those_of_the_model_and_leaving_it_to_the_model() {
        let option = |value: &str| ChoiceOption { value: value.into(), title: value.into() };
        let own = ParamKind::Choice { options: ["auto", "16:9", "1:1"].map(option).to_vec() };
        let Takes::Within(limit) = takes(&wan(), "video.generate", "aspect") else { panic!("no limit") };
        assert_eq!(limit.narrowed(&own), ParamKind::Choice { options: ["auto", "16:9"].map(option).to_vec() });
        assert!(limit.fault("Wan", &json!("1:1"), "").is_some());
    }
}
