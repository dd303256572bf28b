//! A model: what is chosen, and a list to search in. Any other name may be typed, for servers with models of their own.

use dioxus::prelude::*;

use super::Bound;
use crate::{
    dom,
    models::{Model, use_models},
    ui::{Chip, Dialog, Glyph, Icon, Size, Tone},
};

#[component]
pub fn ModelField(bound: Bound, capability: String) -> Element {
    let models = use_models();
    let mut open = use_signal(|| false);
    let id = bound.value.as_str().unwrap_or_default().to_owned();
    let model = models.find(&id);
    let name = match (&model, id.as_str()) {
        (Some(model), _) => model.name().to_owned(),
        (None, "") => "Choose a model".to_owned(),
        (None, id) => id.to_owned(),
    };
    let (label, disabled) = (bound.title.clone(), bound.disabled);
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
        if open() {
            Picker {
                title: label.clone(),
                capability,
                chosen: id.clone(),
                onpick: move |picked: String| {
                    open.set(false);
                    bound.set_and_rest(picked);
                },
                onclose: move |()| open.set(false),
            }
        }
    }
}

#[component]
fn Picker(
    title: String,
    capability: String,
    chosen: String,
    onpick: Callback<String>,
    onclose: EventHandler<()>,
) -> Element {
    let models = use_models();
    let mut words = use_signal(String::new);
    let mut at = use_signal(|| 0usize);
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
    let foreign = (!typed.is_empty() && found.iter().all(|model| model.id != typed)).then(|| typed.clone());
    let ids: Vec<String> = found.iter().map(|model| model.id.clone()).chain(foreign.clone()).collect();
    let count = ids.len();
    let now = at().min(count.saturating_sub(1));
    rsx! {
        Dialog { title: "{title}", onclose,
            div {
                class: "model-picker",
                onkeydown: move |event| {
                    let last = count.saturating_sub(1);
                    match event.key() {
                        Key::ArrowDown => at.set(if now >= last { 0 } else { now + 1 }),
                        Key::ArrowUp => at.set(if now == 0 { last } else { now - 1 }),
                        Key::Enter => if let Some(id) = ids.get(now) { onpick.call(id.clone()) },
                        _ => return,
                    }
                    event.prevent_default();
                    let at = *at.peek();
                    spawn(async move { dom::scroll_into_view(&option_id(at)) });
                },
                label { class: "search model-search",
                    Icon { glyph: Glyph::Search }
                    input {
                        r#type: "search",
                        role: "combobox",
                        aria_label: "Search models",
                        aria_expanded: "true",
                        aria_controls: "model-list",
                        aria_activedescendant: option_id(now),
                        placeholder: "Search, or type a model’s name",
                        autocomplete: "off",
                        spellcheck: "false",
                        autofocus: true,
                        oninput: move |event| {
                            words.set(event.value());
                            at.set(0);
                        },
                    }
                }
                ul { id: "model-list", class: "model-list", role: "listbox", aria_label: "Models",
                    for (index , model) in found.into_iter().enumerate() {
                        Choice {
                            key: "{model.id}",
                            id: option_id(index),
                            pointed: index == now,
                            current: model.id == chosen,
                            has_key: models.has_key(&model),
                            model,
                            onpick,
                        }
                    }
                    if let Some(name) = foreign {
                        li {
                            id: option_id(count - 1),
                            class: "model-option",
                            role: "option",
                            aria_selected: if now + 1 == count { "true" } else { "false" },
                            onclick: {
                                let name = name.clone();
                                move |_| onpick.call(name.clone())
                            },
                            span { class: "model-words",
                                strong { "Use “{name}”" }
                                small { "Not in the list: it is sent to the provider as it is" }
                            }
                        }
                    }
                }
                if !loaded {
                    p { class: "quiet", role: "status", "Loading…" }
                } else {
                    p { class: "model-as-of", "Prices as of {as_of}. What a run costs is shown when it is done." }
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

fn option_id(index: usize) -> String {
    format!("model-option-{index}")
}
