//! A model: what is chosen, and a list to search in. Any other name may be typed, for servers with models of their own.

use dioxus::prelude::*;
use shared::{api::Endpoint, id::NodeId};

use super::{
    Bound,
    picker::{SearchList, option_id, pointed},
};
use crate::{
    api::Api,
    canvas::state::Canvas,
    estimate::{Estimates, words},
    models::{Model, use_models},
    ui::{Chip, Glyph, Icon, Size, Tone},
};

#[component]
pub fn ModelField(bound: Bound, capability: String, node: Option<NodeId>) -> Element {
    let models = use_models();
    // The app view's form has no estimate.
    let estimates = use_hook(try_consume_context::<Estimates>);
    let call = node.clone().zip(estimates).and_then(|(node, estimates)| estimates.of_node(&node));
    let paid = call.and_then(|call| words(&[call])).filter(|words| !words.payer.is_empty());
    let mut open = use_signal(|| false);
    let id = bound.value.as_str().unwrap_or_default().to_owned();
    let model = models.find(&id);
    let name = match (&model, id.as_str()) {
        (Some(model), _) => model.name().to_owned(),
        (None, "") => "Choose a model".to_owned(),
        (None, id) => id.to_owned(),
    };
    let (label, disabled) = (bound.title.clone(), bound.disabled);
    // Where there is no document behind it, the connection cannot be set along with the model.
    let canvas = use_hook(try_consume_context::<Canvas>);
    let place = canvas.zip(node.clone());
    let keyless = model.as_ref().is_some_and(|model| models.has_key(model) == Some(false));
    rsx! {
        button {
            class: "model-pick",
            r#type: "button",
            aria_label: "{label}: {name}",
            aria_haspopup: "dialog",
            "data-model": "{id}",
            disabled,
            onclick: move |_| open.set(true),
            span { class: "model-name", "{name}" }
            if keyless {
                span { class: "model-keyless", title: "No key for it yet",
                    Icon { glyph: Glyph::Key, size: Size::S }
                    span { class: "spoken", "no key yet" }
                }
            }
            Icon { glyph: Glyph::ChevronDown, size: Size::S }
        }
        if let Some(paid) = paid {
            p { class: "model-paid tabular", "{paid.price} · {paid.payer}" }
        }
        if open() {
            Picker {
                title: label.clone(),
                capability,
                chosen: id.clone(),
                endpoints: place.is_some(),
                onpick: move |picked: Picked| {
                    open.set(false);
                    match (&place, picked.connection) {
                        (Some((canvas, node)), Some(connection)) => {
                            canvas.replica().edit("choose model", |edit| {
                                edit.set_param(node, &bound.name, picked.model.into());
                                edit.set_param(node, "connection", connection.into());
                            });
                            bound.rest();
                        }
                        _ => bound.set_and_rest(picked.model),
                    }
                },
                onclose: move |()| open.set(false),
            }
        }
    }
}

/// A model, and through whom; `None`: as it is set.
#[derive(Debug, Clone, PartialEq)]
struct Picked {
    model: String,
    connection: Option<String>,
}

/// What servers of one's own have that a search means. `words` in lower case.
fn served_of(endpoints: &[Endpoint], words: &str) -> Vec<Picked> {
    let matches = |text: &str| words.split_whitespace().all(|word| text.contains(word));
    let each = endpoints.iter().flat_map(|endpoint| endpoint.models.iter().map(move |model| (endpoint, model)));
    each.filter(|(endpoint, model)| matches(&format!("{} {model}", endpoint.connection).to_lowercase()))
        .map(|(endpoint, model)| Picked { model: model.clone(), connection: Some(endpoint.connection.clone()) })
        .collect()
}

/// As its owner calls it.
fn name_of(connection: &str) -> &str {
    connection.split_once(':').map_or(connection, |(_, name)| name)
}

#[component]
fn Picker(
    title: String,
    capability: String,
    chosen: String,
    /// Whether servers of one's own are offered.
    endpoints: bool,
    onpick: Callback<Picked>,
    onclose: EventHandler<()>,
) -> Element {
    let models = use_models();
    let words = use_signal(String::new);
    let at = use_signal(|| 0usize);
    let list = models.list();
    let loaded = list.is_some();
    let as_of = list.as_ref().map(|list| list.as_of.clone()).unwrap_or_default();
    let typed = words().trim().to_owned();
    let found: Vec<Model> = list
        .iter()
        .flat_map(|list| &list.models)
        .filter(|model| model.capabilities.contains(&capability) && model.matches(&typed.to_lowercase()))
        .cloned()
        .collect();
    let served = use_resource(use_reactive!(|endpoints| async move {
        if endpoints { Api.endpoints(models.workspace()).await.unwrap_or_default() } else { Vec::new() }
    }));
    let own: Vec<Endpoint> = served.read().clone().unwrap_or_default();
    // What servers of one's own can be asked for; they do not say which of their models does what.
    let asked = matches!(capability.as_str(), "text.chat" | "text.embed" | "audio.transcribe");
    let served = if asked { served_of(&own, &typed.to_lowercase()) } else { Vec::new() };
    // A vendor's model is not looked for at a server of one's own that was chosen before.
    let leave = endpoints.then(String::new);
    let foreign = (!typed.is_empty() && found.iter().all(|model| model.id != typed)).then(|| typed.clone());
    let listed = found.iter().map(|model| Picked { model: model.id.clone(), connection: leave.clone() });
    let typed_name = foreign.clone().map(|model| Picked { model, connection: None });
    let picks: Vec<Picked> = listed.chain(served.iter().cloned()).chain(typed_name).collect();
    let (vendors, count) = (found.len(), picks.len());
    let now = pointed(at, count);
    rsx! {
        SearchList {
            title,
            what: "models",
            placeholder: "Search, or type a model’s name",
            count,
            words,
            at,
            onenter: move |index: usize| onpick.call(picks[index].clone()),
            onclose,
            foot: rsx! {
                if !loaded {
                    p { class: "quiet", role: "status", "Loading…" }
                } else {
                    p { class: "model-as-of", "Prices as of {as_of}. What a run is going to cost stands beside Run." }
                }
            },
            for (index , model) in found.into_iter().enumerate() {
                Choice {
                    key: "{model.id}",
                    id: option_id(index),
                    pointed: index == now,
                    current: model.id == chosen,
                    has_key: models.has_key(&model),
                    model,
                    onpick: {
                        let leave = leave.clone();
                        move |model: String| onpick.call(Picked { model, connection: leave.clone() })
                    },
                }
            }
            for (index , picked) in served.into_iter().enumerate() {
                li {
                    key: "{picked.connection:?} {picked.model}",
                    id: option_id(vendors + index),
                    class: "model-option",
                    role: "option",
                    aria_selected: if vendors + index == now { "true" } else { "false" },
                    "data-model": "{picked.model}",
                    "data-connection": picked.connection.clone(),
                    onclick: {
                        let picked = picked.clone();
                        move |_| onpick.call(picked.clone())
                    },
                    span { class: "model-words",
                        strong { "{picked.model}" }
                        small { "{name_of(picked.connection.as_deref().unwrap_or_default())}, a server of your own" }
                    }
                }
            }
            if let Some(name) = foreign {
                li {
                    id: option_id(count - 1),
                    class: "model-option",
                    role: "option",
                    aria_selected: if now + 1 == count { "true" } else { "false" },
                    onclick: {
                        let model = name.clone();
                        move |_| onpick.call(Picked { model: model.clone(), connection: None })
                    },
                    span { class: "model-words",
                        strong { "Use “{name}”" }
                        small { "Not in the list: it is sent to the provider as it is" }
                    }
                }
            }
        }
    }
}

#[component]
fn Choice(
    id: String,
    model: Model,
    pointed: bool,
    current: bool,
    has_key: Option<bool>,
    onpick: Callback<String>,
) -> Element {
    let picked = model.id.clone();
    let vendors = model.vendors().join(", ");
    let facts: Vec<String> = [Some(vendors), model.price()].into_iter().flatten().collect();
    rsx! {
        li {
            id,
            class: "model-option",
            role: "option",
            aria_selected: if pointed { "true" } else { "false" },
            "data-model": "{model.id}",
            onclick: move |_| onpick.call(picked.clone()),
            span { class: "model-words",
                strong {
                    "{model.name()}"
                    if current {
                        Icon { glyph: Glyph::Check, size: Size::S }
                    }
                }
                if let Some(note) = &model.note {
                    small { "{note}" }
                }
                small { class: "tabular", "{facts.join(\" · \")}" }
            }
            if let Some(day) = &model.shutdown {
                Chip { tone: Tone::Warn, "Ends {day}" }
            }
            match has_key {
                Some(true) => rsx! { Chip { tone: Tone::Ok, Icon { glyph: Glyph::Key, size: Size::S } "Key" } },
                Some(false) => rsx! { Chip { "No key" } },
                None => rsx! {},
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_ones_own_servers_are_found_by_both_names() {
        let studio = Endpoint {
            connection: "openai-compatible:Studio".into(),
            answers: true,
            models: vec!["qwen3".into(), "llama4".into()],
        };
        assert_eq!(served_of(std::slice::from_ref(&studio), "studio qwen").len(), 1);
        assert_eq!(served_of(&[studio], "").len(), 2);
        assert_eq!((name_of("openai-compatible:Studio"), name_of("ollama")), ("Studio", "ollama"));
    }
}
