//! The command palette: every action of the table, and every node of the workflow, by name.

use dioxus::prelude::*;
use shared::id::NodeId;

use crate::{
    canvas::{
        keys::{ACTIONS, Action, Command, Needs},
        node::Face,
        state::{Canvas, CanvasStateStoreExt, Overlay, use_canvas},
    },
    dom,
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Icon, Kbd, Toaster, use_toaster},
};

/// Nodes are offered from two letters on, and not more than can be read.
const NODES_MAX: usize = 12;

#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Do(Action),
    Go { id: NodeId, name: String },
}

#[component]
pub fn CommandPalette() -> Element {
    let canvas = use_canvas();
    if *canvas.state.overlay().read() != Some(Overlay::Commands) {
        return rsx! {};
    }
    rsx! { Open {} }
}

#[component]
fn Open() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let mut words = use_signal(String::new);
    let mut chosen = use_signal(|| 0usize);
    let found = use_memo(move || entries(canvas, &words.read()));
    let close = move || canvas.state.overlay().set(None);
    let pick = use_callback(move |index: usize| {
        let entry = found.peek().get(index).cloned();
        close();
        if let Some(entry) = entry {
            act(canvas, toaster, entry);
        }
    });
    let count = found.read().len();
    rsx! {
        div { class: "menu-shade", onpointerdown: move |_| close() }
        section {
            class: "palette palette-commands",
            role: "dialog",
            aria_label: "Commands",
            onkeydown: move |event| {
                event.stop_propagation();
                let last = count.saturating_sub(1);
                let now = chosen.peek().min(last);
                match event.key() {
                    Key::ArrowDown => chosen.set(if now == last { 0 } else { now + 1 }),
                    Key::ArrowUp => chosen.set(if now == 0 { last } else { now - 1 }),
                    Key::Enter => pick.call(now),
                    Key::Escape => close(),
                    // Nothing else in here takes the keyboard.
                    Key::Tab => {}
                    _ => return,
                }
                event.prevent_default();
                let at = *chosen.peek();
                spawn(async move { dom::scroll_into_view(&option_id(at)) });
            },
            label { class: "palette-field",
                Icon { glyph: Glyph::Search }
                input {
                    r#type: "text",
                    role: "combobox",
                    aria_label: "Search commands and nodes",
                    aria_expanded: "true",
                    aria_controls: "command-list",
                    aria_activedescendant: option_id(chosen()),
                    placeholder: "What do you want to do?",
                    autocomplete: "off",
                    spellcheck: "false",
                    onmounted: move |event| {
                        spawn(async move {
                            // Closed again already: nothing to focus.
                            let _ = event.set_focus(true).await;
                        });
                    },
                    oninput: move |event| {
                        words.set(event.value());
                        chosen.set(0);
                    },
                }
                Kbd { keys: "Esc" }
            }
            ul { id: "command-list", class: "palette-list", role: "listbox", aria_label: "Commands", "data-scroll": "true",
                for (index , entry) in found().into_iter().enumerate() {
                    li {
                        key: "{key(&entry)}",
                        id: option_id(index),
                        class: "palette-option",
                        role: "option",
                        aria_selected: if index == chosen() { "true" } else { "false" },
                        "data-command": key(&entry),
                        onpointerenter: move |_| chosen.set(index),
                        onclick: move |_| pick.call(index),
                        match &entry {
                            Entry::Do(action) => rsx! {
                                span { class: "palette-words", strong { "{action.title}" } small { "{action.group.title()}" } }
                                if let Some(keys) = canvas.hint(action.command) {
                                    Kbd { keys }
                                }
                            },
                            Entry::Go { name, .. } => rsx! {
                                span { class: "palette-words", strong { "{name}" } small { "Go to this node" } }
                            },
                        }
                    }
                }
                if count == 0 {
                    li { class: "palette-none", role: "presentation", p { "Nothing is called that." } }
                }
            }
        }
    }
}

fn option_id(index: usize) -> String {
    format!("command-option-{index}")
}

fn key(entry: &Entry) -> String {
    match entry {
        Entry::Do(action) => action.id.to_owned(),
        Entry::Go { id, .. } => format!("go-{id}"),
    }
}

fn act(canvas: Canvas, toaster: Toaster, entry: Entry) {
    match entry {
        Entry::Do(action) => canvas.obey(action.command, toaster),
        Entry::Go { id, .. } => canvas.go_to(&id),
    }
}

fn entries(canvas: Canvas, words: &str) -> Vec<Entry> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let (writable, runnable) = (canvas.writable(), canvas.runnable());
    let allowed = |action: &&Action| match action.needs {
        // The palette itself is open already.
        _ if action.command == Command::Palette => false,
        Needs::Nothing => true,
        Needs::Edit => writable,
        Needs::Run => runnable,
    };
    let mut found: Vec<Entry> = ACTIONS
        .iter()
        .filter(allowed)
        .filter(|action| said(action.title, &words))
        .map(|action| Entry::Do(*action))
        .collect();
    // What begins with the words goes before what only has them somewhere.
    let first = words.first().cloned().unwrap_or_default();
    found.sort_by_key(|entry| match entry {
        Entry::Do(action) => !action.title.to_lowercase().starts_with(&first),
        Entry::Go { .. } => true,
    });
    if words.iter().any(|word| word.len() > 1) {
        let catalog = canvas.catalog();
        let nodes = canvas.view.nodes();
        let nodes = nodes.read();
        let named = nodes.iter().map(|(id, node)| {
            let spec = catalog.get(&node.node_type);
            (id.clone(), Face::of(node, spec).name(spec))
        });
        let fitting = named.filter(|(_, name)| said(name, &words)).take(NODES_MAX);
        found.extend(fitting.map(|(id, name)| Entry::Go { id, name }));
    }
    found
}

/// Whether all words begin a word of the title.
fn said(title: &str, words: &[String]) -> bool {
    let title = title.to_lowercase();
    words.iter().all(|word| title.split_whitespace().any(|part| part.starts_with(word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn every_word_has_to_begin_one_of_the_title() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(said("Align left edges", &words("al le")));
        assert!(!said("Align left edges", &words("al right")));
        assert!(said("Anything", &[]));
    }
}
