//! A list to search and choose in, by keyboard or hand: [`SearchList`] for any options, such as models with their prices,
//! keys and names that nobody listed; [`Picker`] for what an agent may use and what a node may stand for.

use dioxus::prelude::*;

use crate::{
    dom,
    ui::{Dialog, Glyph, Icon, Size},
};

/// One thing that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What it is told by when it is chosen.
    pub id: String,
    pub glyph: Glyph,
    pub title: String,
    /// What tells it from its siblings.
    pub note: String,
    pub chosen: bool,
}

/// A dialog with a search over a list of `count` options, walked through by keyboard. Options have the ids of [`option_id`];
/// which one is pointed at is `at`, as far as there are so many.
#[component]
pub fn SearchList(
    title: String,
    /// Of what the list is, in the plural: `workflows`.
    what: String,
    placeholder: String,
    count: usize,
    words: Signal<String>,
    at: Signal<usize>,
    /// Whether several can be chosen.
    #[props(default)]
    many: bool,
    onenter: Callback<usize>,
    onclose: EventHandler<()>,
    /// What stands below the list.
    foot: Element,
    children: Element,
) -> Element {
    let (mut words, mut at) = (words, at);
    let now = pointed(at, count);
    rsx! {
        Dialog { title: "{title}", onclose,
            div {
                class: "model-picker",
                onkeydown: move |event| {
                    let last = count.saturating_sub(1);
                    match event.key() {
                        Key::ArrowDown => at.set(if now >= last { 0 } else { now + 1 }),
                        Key::ArrowUp => at.set(if now == 0 { last } else { now - 1 }),
                        Key::Enter => if count > 0 { onenter.call(now) },
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
                        aria_label: "Search {what}",
                        aria_expanded: "true",
                        aria_controls: "picker-list",
                        aria_activedescendant: option_id(now),
                        placeholder: "{placeholder}",
                        autocomplete: "off",
                        spellcheck: "false",
                        autofocus: true,
                        oninput: move |event| {
                            words.set(event.value());
                            at.set(0);
                        },
                    }
                }
                ul {
                    id: "picker-list",
                    class: "model-list",
                    role: "listbox",
                    aria_label: "{what}",
                    aria_multiselectable: many.then_some("true"),
                    {children}
                }
                {foot}
            }
        }
    }
}

/// Which of so many options is pointed at.
pub fn pointed(at: Signal<usize>, count: usize) -> usize {
    at().min(count.saturating_sub(1))
}

pub fn option_id(index: usize) -> String {
    format!("picker-option-{index}")
}

/// `what`: of what the list is, in the plural: `workflows`.
#[component]
pub fn Picker(
    title: String,
    what: String,
    /// What there is for these words; `None`: still loading.
    offers: Option<Vec<Offer>>,
    words: Signal<String>,
    /// Whether it stays open when something was chosen.
    #[props(default)]
    many: bool,
    onpick: Callback<String>,
    onclose: EventHandler<()>,
) -> Element {
    let mut at = use_signal(|| 0usize);
    let loading = offers.is_none();
    let offers = offers.unwrap_or_default();
    let count = offers.len();
    let now = pointed(at, count);
    let ids: Vec<String> = offers.iter().map(|offer| offer.id.clone()).collect();
    rsx! {
        SearchList {
            title,
            what: what.clone(),
            placeholder: "Search {what}",
            count,
            words,
            at,
            many,
            onenter: move |index: usize| onpick.call(ids[index].clone()),
            onclose,
            foot: rsx! {
                if loading {
                    p { class: "quiet", role: "status", "Loading…" }
                } else if count == 0 {
                    p { class: "quiet", role: "status", "Nothing fits." }
                }
            },
            for (index , offer) in offers.into_iter().enumerate() {
                li {
                    key: "{offer.id}",
                    id: option_id(index),
                    class: "model-option picker-option",
                    role: "option",
                    // Of several, what is chosen is told; of one, what is pointed at.
                    aria_selected: if many && offer.chosen || !many && index == now { "true" } else { "false" },
                    "data-pointed": index == now,
                    "data-offer": "{offer.id}",
                    onclick: {
                        let id = offer.id.clone();
                        move |_| {
                            at.set(index);
                            onpick.call(id.clone());
                        }
                    },
                    span { class: "picker-glyph", Icon { glyph: offer.glyph } }
                    span { class: "model-words",
                        strong {
                            "{offer.title}"
                            if offer.chosen {
                                Icon { glyph: Glyph::Check, size: Size::S }
                            }
                        }
                        small { "{offer.note}" }
                    }
                }
            }
        }
    }
}
