//! The models that the server knows, as pickers show them: capability, vendor, price, and whether there is a key.
//!
//! Read leniently: the catalogue's data grows on the server, and a field this client does not know is no fault.
//! In context below the workflow page; asked for when the first picker is drawn.

use std::{collections::BTreeMap, rc::Rc};

use dioxus::prelude::*;
use serde::Deserialize;
use shared::id::WorkspaceId;

use crate::{
    api::{Api, KeyPlace},
    model_takes::{Limit, VideoLimits},
};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ModelList {
    #[serde(default)]
    pub as_of: String,
    #[serde(default)]
    pub models: Vec<Model>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Model {
    pub id: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub provider: String,
    #[serde(default)]
    pub capabilities: Vec<String>,
    #[serde(default)]
    pub note: Option<String>,
    #[serde(default)]
    pub shutdown: Option<String>,
    #[serde(default)]
    pub usd_per_million: Option<BTreeMap<String, f64>>,
    /// What it takes, by our names of parameters, and within which limits. Of pictures and sounds.
    #[serde(default)]
    pub parameters: BTreeMap<String, Limit>,
    /// What films it makes.
    #[serde(default)]
    pub video: Option<VideoLimits>,
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// One vendor that serves a model.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Route {
    #[serde(default)]
    pub provider: String,
    #[serde(default)]
    pub usd_per_second: BTreeMap<String, f64>,
}

impl Model {
    /// What people call it.
    pub fn name(&self) -> &str {
        if self.title.is_empty() { &self.id } else { &self.title }
    }

    /// Whoever serves it, the first choice first.
    pub fn vendors(&self) -> Vec<&str> {
        let mut vendors: Vec<&str> = self.routes.iter().map(|route| route.provider.as_str()).collect();
        if vendors.is_empty() {
            vendors.push(&self.provider);
        }
        let mut seen = std::collections::BTreeSet::new();
        vendors.retain(|vendor| !vendor.is_empty() && seen.insert(*vendor));
        vendors
    }

    /// `$0.10–0.30 a second`, `$0.15 in, $0.60 out a million`; `None`: nobody has written it down.
    pub fn price(&self) -> Option<String> {
        let seconds = self.routes.iter().flat_map(|route| route.usd_per_second.values().copied());
        if let Some(range) = range(seconds) {
            return Some(format!("{range} a second"));
        }
        let prices = self.usd_per_million.as_ref()?;
        let known = ["text_in", "text_out", "image_out"].into_iter().filter_map(|key| Some((key, *prices.get(key)?)));
        let words = known.map(|(key, usd)| {
            let what = match key {
                "text_in" => "in",
                "text_out" => "out",
                _ => "pictures",
            };
            format!("${} {what}", short(usd))
        });
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| format!("{} a million", words.join(", ")))
    }

    /// Whether it is one that a search means. `words` in lower case.
    pub fn matches(&self, words: &str) -> bool {
        let text = format!(
            "{} {} {} {} {}",
            self.id,
            self.title,
            self.provider,
            self.vendors().join(" "),
            self.note.as_deref().unwrap_or_default()
        );
        let text = text.to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    }
}

fn range(prices: impl Iterator<Item = f64>) -> Option<String> {
    let mut prices: Vec<f64> = prices.collect();
    prices.sort_by(f64::total_cmp);
    let (least, most) = (*prices.first()?, *prices.last()?);
    Some(if least < most { format!("${}–{}", short(least), short(most)) } else { format!("${}", short(least)) })
}

fn short(usd: f64) -> String {
    let text = format!("{usd:.3}");
    let text = text.trim_end_matches('0');
    // Whole cents, as prices are written.
    let places = text.split('.').nth(1).map_or(0, str::len);
    if places < 2 && text.contains('.') { format!("{usd:.2}") } else { text.trim_end_matches('.').to_owned() }
}

/// Cheap to copy.
#[derive(Clone, Copy, PartialEq)]
pub struct Models {
    workspace: WorkspaceId,
    asked: CopyValue<bool>,
    list: Signal<Option<Rc<ModelList>>>,
    /// Vendors with a key in the workspace or of the person; `None`: not known.
    keyed: Signal<Option<Rc<Vec<String>>>>,
}

pub fn use_models_provider(workspace: WorkspaceId) -> Models {
    use_context_provider(|| Models {
        workspace,
        asked: CopyValue::new(false),
        list: Signal::new(None),
        keyed: Signal::new(None),
    })
}

pub fn use_models() -> Models {
    use_models_when(true)
}

/// The same, where they may not be needed.
pub fn use_models_when(needed: bool) -> Models {
    let models = use_context::<Models>();
    use_hook(|| {
        if needed {
            models.ask();
        }
    });
    models
}

impl Models {
    fn ask(mut self) {
        if *self.asked.peek() {
            return;
        }
        self.asked.set(true);
        // In the root's scope: whoever asked first may go before the answer comes.
        dioxus::core::spawn_forever(async move {
            let place = KeyPlace::Workspace(self.workspace);
            let (list, keys, own) = futures_util::join!(Api.models(), Api.keys(place), Api.keys(KeyPlace::Own));
            if let (Ok(list), Ok(mut place)) = (list, self.list.try_write()) {
                *place = Some(Rc::new(list));
            }
            if let (Ok(keys), Ok(mut place)) = (keys, self.keyed.try_write()) {
                // One's own count too; whoever may not see theirs, with a link for example, has none.
                let keys = keys.into_iter().chain(own.unwrap_or_default());
                *place = Some(Rc::new(keys.map(|key| key.provider).collect()));
            }
        });
    }

    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    pub fn list(&self) -> Option<Rc<ModelList>> {
        self.list.read().clone()
    }

    pub fn find(&self, id: &str) -> Option<Model> {
        self.list.read().as_ref()?.models.iter().find(|model| model.id == id).cloned()
    }

    /// Whether some vendor of the model has a key here; `None`: not known.
    pub fn has_key(&self, model: &Model) -> Option<bool> {
        let keyed = self.keyed.read();
        let keyed = keyed.as_ref()?;
        let local = model
            .vendors()
            .iter()
            .all(|vendor| matches!(*vendor, "local" | "ollama" | "llamacpp" | "lmstudio" | "vllm" | "mlx"));
        Some(local || model.vendors().iter().any(|vendor| keyed.iter().any(|key| key == vendor)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(json: serde_json::Value) -> Model {
        serde_json::from_value(json).expect("a model")
    }

    #[test]
    fn a_model_says_what_it_costs() {
        let veo = model(serde_json::json!({
            "id": "veo", "routes": [
                {"provider": "google", "usd_per_second": {"720p": 0.1, "4k": 0.3}, "unknown": 1},
                {"provider": "fal"},
            ],
        }));
        assert_eq!(veo.price().as_deref(), Some("$0.10–0.30 a second"));
        assert_eq!(veo.vendors(), ["google", "fal"]);
        let chat = model(serde_json::json!({
            "id": "m", "provider": "openai", "usd_per_million": {"text_in": 0.125, "text_out": 2.0},
        }));
        assert_eq!(chat.price().as_deref(), Some("$0.125 in, $2.00 out a million"));
        assert_eq!(model(serde_json::json!({"id": "m"})).price(), None);
    }

    #[test]
    fn every_word_of_a_search_counts() {
        let veo =
            model(serde_json::json!({"id": "veo-3", "title": "Veo 3", "provider": "google", "note": "With sound"}));
        assert!(veo.matches("google sound"));
        assert!(!veo.matches("google silent"));
    }
}
