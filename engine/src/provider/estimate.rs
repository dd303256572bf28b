//! What a workflow's models are going to cost, by list prices, before anything is ordered.
//!
//! An estimate, not a quote: results that are there already cost nothing, and a node that is given a list is paid for each
//! item. What nobody can know before the answer is left open. The server calls this for settings and the run bar.

use serde_json::Value as Json;
use shared::{
    graph::Node,
    id::NodeId,
    node::{NodeSpec, ParamKind},
};

use super::{
    LOCAL,
    check::costs_nothing,
    models::{Model, Route, model},
    order::{FilmOrder, FilmTask, HOSTED, Order, PictureOrder, SoundOrder, SoundTask},
    split_connection,
};
use crate::{catalog, secret::Payer};

/// A key that a run would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAtHand {
    /// Whose it is.
    pub payer: Payer,
    /// Whether it leads to a server of one's own, whose prices are its own.
    pub own_address: bool,
}

/// One node's call of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct CallEstimate {
    /// The node that calls.
    pub node: NodeId,
    /// The model as the node names it.
    pub model: String,
    /// Who would be asked; `None`: there is no key, so the node fails before it costs anything.
    pub provider: Option<String>,
    /// Who would pay.
    pub payer: Option<Payer>,
    /// The list price, where it follows from what the node says.
    pub usd: Option<f64>,
    /// The most it can be, where at least that is known.
    pub usd_at_most: Option<f64>,
}

/// Looks at a node that calls a model somewhere else; `None` for all other nodes. `key` finds a provider's key, by name
/// where the node names one.
pub fn estimate(
    id: &NodeId,
    node: &Node,
    key: impl Fn(&str, Option<&str>) -> Option<KeyAtHand>,
) -> Option<CallEstimate> {
    let spec = catalog().get(&node.node_type)?;
    let (param, capability) = spec.params.iter().find_map(|param| match &param.kind {
        ParamKind::Model { capability } => Some((&param.name, capability.as_str())),
        _ => None,
    })?;
    let said = Said { node, spec };
    let name = said.text(param);
    let connection = said.text("connection");
    let (mut named, key_name) = split_connection(&connection);
    // Who hosts a model stands in its note.
    let noted = node.params.get("interface").and_then(|note| note.get("provider")?.as_str());
    if let (HOSTED, "") = (capability, named) {
        named = noted?;
    }
    let known = model(&name, capability);
    let routes = known.map(|model| model.routes.as_slice()).unwrap_or_default();
    let mut providers: Vec<&str> = match (named.is_empty(), known) {
        (false, _) => vec![named],
        (true, Some(known)) => {
            routes.iter().map(|route| route.provider.as_str()).chain([known.provider.as_str()]).collect()
        }
        (true, None) => vec!["openai"],
    };
    providers.dedup();
    if providers.first() == Some(&LOCAL) {
        return None;
    }
    let found = providers.into_iter().find_map(|provider| Some((provider, key(provider, key_name)?)));
    let mut estimate =
        CallEstimate { node: id.clone(), model: name, provider: None, payer: None, usd: None, usd_at_most: None };
    let Some((provider, at_hand)) = found else {
        // Servers of one's own need no key.
        return if costs_nothing(named) { None } else { Some(estimate) };
    };
    estimate.provider = Some(provider.to_owned());
    estimate.payer = Some(at_hand.payer);
    if let (Some(known), false) = (known, at_hand.own_address) {
        let route = routes.iter().find(|route| route.provider == provider);
        (estimate.usd, estimate.usd_at_most) = said.price(capability, known, route);
    }
    Some(estimate)
}

/// What a node says, by its own values and the defaults. Wires say something else, which nobody knows before the run.
struct Said<'n> {
    node: &'n Node,
    spec: &'n NodeSpec,
}

impl Said<'_> {
    fn value(&self, name: &str) -> Option<Json> {
        let own = self.node.params.get(name).and_then(|value| serde_json::to_value(value).ok());
        own.or_else(|| self.spec.param(name).map(|param| param.default.clone())).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> String {
        self.value(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.value(name)?.as_f64()
    }

    /// A choice other than the model's own.
    fn choice(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty() && text != "auto")
    }

    /// The price, and the most it can be.
    fn price(&self, capability: &str, known: &Model, route: Option<&Route>) -> (Option<f64>, Option<f64>) {
        let Some(order) = self.order(capability) else {
            // How often an agent asks, and what its tools cost, its work decides.
            let asks_on = self.spec.params.iter().any(|param| param.kind == ParamKind::Tools);
            return (None, self.most_of_an_answer(known).filter(|_| !asks_on));
        };
        let Some(route) = route else { return (None, None) };
        let price = route.price(&order);
        let most = price.or_else(|| match &order {
            Order::Film(film) => {
                let seconds = film.seconds.or_else(|| known.video.as_ref()?.seconds.iter().max().copied())?;
                let dearest = route.usd_per_second.values().copied().reduce(f64::max)?;
                Some(dearest * f64::from(seconds))
            }
            Order::Picture(_) | Order::Sound(_) | Order::Hosted(_) => None,
        });
        (price, most)
    }

    /// What decides about the price of an order; `None` for what is asked, whose price follows from the answer.
    fn order(&self, capability: &str) -> Option<Order> {
        if capability.starts_with("video.") {
            let task = match capability {
                "video.restyle" => FilmTask::Restyle,
                "video.upscale" => FilmTask::Upscale,
                "video.extend" => FilmTask::Extend,
                "video.lip_sync" => FilmTask::LipSync,
                _ => FilmTask::Generate,
            };
            let seconds = self.number("seconds").map(|seconds| seconds as u32);
            return Some(Order::Film(FilmOrder {
                task,
                seconds,
                resolution: self.choice("resolution"),
                ..FilmOrder::default()
            }));
        }
        if capability.starts_with("image.") {
            return Some(Order::Picture(PictureOrder::default()));
        }
        let task = match capability {
            "audio.speak" => SoundTask::Speak,
            "audio.music" => SoundTask::Music,
            "audio.effect" => SoundTask::Effect,
            _ => return None,
        };
        let prompt = [self.text("text"), self.text("prompt")].concat();
        // A wired text is not known yet; nothing is spoken of an empty one.
        if task == SoundTask::Speak && prompt.is_empty() {
            return None;
        }
        Some(Order::Sound(SoundOrder { task, prompt, seconds: self.number("seconds"), ..SoundOrder::default() }))
    }

    /// A token is a character at least, and an answer is as long as it may be.
    fn most_of_an_answer(&self, known: &Model) -> Option<f64> {
        let prices = known.usd_per_million.as_ref()?;
        let asked = [self.text("prompt"), self.text("system")].concat();
        if asked.is_empty() {
            return None;
        }
        let most = asked.len() as f64 * prices.text_in? + self.number("max_tokens")? * prices.text_out?;
        Some(most / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(json: Json, key: impl Fn(&str, Option<&str>) -> Option<KeyAtHand>) -> Option<CallEstimate> {
        let node: Node = serde_json::from_value(json).unwrap();
        estimate(&"n".parse().unwrap(), &node, key)
    }

    fn workspace(own_address: bool) -> KeyAtHand {
        KeyAtHand { payer: Payer::Workspace, own_address }
    }

    #[test]
    fn what_a_hosted_model_costs_nobody_knows_but_who_pays() {
        let note = json!({"provider": "fal", "endpoint": "fal-ai/flux/dev"});
        let node =
            |note: Json| json!({"type": "model.hosted", "params": {"model": "fal-ai/flux/dev", "interface": note}});
        let told = of(node(note), |provider, _| (provider == "fal").then(|| workspace(false))).unwrap();
        assert_eq!((told.provider.as_deref(), told.payer), (Some("fal"), Some(Payer::Workspace)));
        assert_eq!((told.usd, told.usd_at_most), (None, None));
        assert_eq!(of(node(Json::Null), |_, _| Some(workspace(false))), None, "without a model nothing is called");
    }

    #[test]
    fn a_film_costs_its_seconds_at_the_provider_whose_key_is_there() {
        let veo = model("veo-3.1", "video.generate").unwrap();
        let route = veo.routes.iter().find(|route| !route.usd_per_second.is_empty()).unwrap();
        let (size, usd) = route.usd_per_second.iter().next().unwrap();
        let mut params = json!({"prompt": "A boat", "model": "veo-3.1", "seconds": 8});
        if size != "any" {
            params["resolution"] = json!(size);
        }
        let film = json!({"type": "video.generate", "params": params});
        let key = |provider: &str, _: Option<&str>| (provider == route.provider).then(|| workspace(false));
        let told = of(film.clone(), key).unwrap();
        assert_eq!((told.provider.as_deref(), told.payer), (Some(route.provider.as_str()), Some(Payer::Workspace)));
        assert!((told.usd.unwrap() - usd * 8.0).abs() < 1e-9, "{told:?}");
        let elsewhere = of(film.clone(), |provider, _| (provider == route.provider).then(|| workspace(true))).unwrap();
        assert_eq!((elsewhere.usd, elsewhere.usd_at_most), (None, None), "a server of one's own has its own prices");
        let without = of(film, |_, _| None).unwrap();
        assert_eq!((without.provider, without.usd), (None, None));
    }

    #[test]
    fn what_the_answer_decides_is_left_open_but_for_its_most() {
        let chat = |params: Json| json!({"type": "text.chat", "params": params});
        let open = of(chat(json!({"prompt": "Hi", "model": "gpt-6.1-sol"})), |_, _| Some(workspace(false))).unwrap();
        assert_eq!((open.usd, open.usd_at_most), (None, None));
        let params = json!({"prompt": "Hi", "model": "gpt-6.1-sol", "max_tokens": 1000});
        let ended = of(chat(params), |_, _| Some(workspace(false))).unwrap();
        assert!(ended.usd.is_none() && ended.usd_at_most.is_some_and(|usd| usd > 0.0), "{ended:?}");
        let params = json!({"prompt": "Hi", "model": "gpt-6.1-sol", "max_tokens": 1000, "tools": ["text.case"]});
        let agent = of(json!({"type": "text.agent", "params": params}), |_, _| Some(workspace(false))).unwrap();
        assert_eq!((agent.usd, agent.usd_at_most), (None, None), "nobody knows how often it asks");
    }

    #[test]
    fn what_runs_here_costs_nothing() {
        let here = json!({"type": "text.chat", "params": {"prompt": "Hi", "model": "own", "connection": "local"}});
        assert_eq!(of(here, |_, _| None), None);
        let near = json!({"type": "text.chat", "params": {"prompt": "Hi", "model": "own", "connection": "ollama"}});
        assert_eq!(of(near, |_, _| None), None);
        assert_eq!(of(json!({"type": "text.join", "params": {}}), |_, _| None), None);
    }
}
