//! The add-node search: type, arrows, Enter. Grouped as long as nothing is typed.

use dioxus::prelude::*;
use shared::{graph::Node, node::NodeSpec, value::ValueType};

use super::rank::{self, Carried};
use crate::{
    canvas::{
        carried::port_type,
        category,
        connect::PortRef,
        state::{Canvas, CanvasStateStoreExt, Purpose, Search, use_canvas},
    },
    dom,
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Icon, Kbd, PortGlyph},
};

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 460.0;
const MARGIN: f64 = 12.0;

#[component]
pub fn Palette() -> Element {
    let canvas = use_canvas();
    let Some(search) = canvas.state.search().cloned() else { return rsx! {} };
    rsx! { Open { key: "{search.at_canvas:?}", search } }
}

#[component]
fn Open(search: Search) -> Element {
    let canvas = use_canvas();
    let mut words = use_signal(String::new);
    let mut chosen = use_signal(|| 0usize);
    let carried = use_hook(|| carried_by(canvas, &search));
    let found = use_memo({
        let carried = carried.clone();
        move || {
            let catalog = canvas.catalog();
            let words = words.read();
            rank::search(&catalog, &words, carried.as_ref()).into_iter().cloned().collect::<Vec<NodeSpec>>()
        }
    });
    let close = move || canvas.state.search().set(None);
    let pick = use_callback({
        let search = search.clone();
        move |index: usize| {
            let Some(spec) = found.peek().get(index).cloned() else { return };
            put(canvas, &search, &spec);
            close();
        }
    });
    let place = place(canvas, &search);
    let count = found.read().len();
    let grouped = words.read().trim().is_empty() && carried.is_none();
    rsx! {
        div { class: "menu-shade", onpointerdown: move |_| close() }
        section {
            class: "palette",
            role: "dialog",
            aria_label: "Add node",
            style: "left: {place[0]}px; top: {place[1]}px",
            onkeydown: move |event| {
                event.stop_propagation();
                let last = count.saturating_sub(1);
                let now = chosen.peek().min(last);
                match event.key() {
                    Key::ArrowDown => chosen.set(if now == last { 0 } else { now + 1 }),
                    Key::ArrowUp => chosen.set(if now == 0 { last } else { now - 1 }),
                    Key::Home => chosen.set(0),
                    Key::End => chosen.set(last),
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
                    aria_label: "Search nodes",
                    aria_expanded: "true",
                    aria_controls: "palette-list",
                    aria_activedescendant: option_id(chosen()),
                    placeholder: placeholder(carried.as_ref()),
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
            ul { id: "palette-list", class: "palette-list", role: "listbox", aria_label: "Nodes", "data-scroll": "true",
                for (index , spec) in found().into_iter().enumerate() {
                    Choice {
                        key: "{spec.node_type}",
                        begins_group: grouped && first_of_group(&found.read(), index),
                        spec,
                        index,
                        chosen: index == chosen(),
                        onpick: pick,
                        onpoint: move |index| chosen.set(index),
                    }
                }
                if count == 0 {
                    li { class: "palette-none", role: "presentation",
                        p { "No node fits." }
                        p { class: "quiet", "Try another word: what it makes, or what it takes." }
                    }
                }
            }
        }
    }
}

/// What becomes of the kind that was picked.
fn put(canvas: Canvas, search: &Search, spec: &NodeSpec) {
    let from = match &search.purpose {
        Purpose::Replace(nodes) => return canvas.replace(nodes, &spec.node_type),
        Purpose::Connect(port) => Some(port),
        Purpose::Add | Purpose::Insert(_) => None,
    };
    let mut node = Node::new(spec.node_type.clone());
    node.version = spec.version;
    node.pos = canvas.corner_for(&node, search.at_canvas, from).map(f64::round);
    match &search.purpose {
        Purpose::Insert(edge) => canvas.add_into(node, edge),
        _ => drop(canvas.add_node(node, from)),
    }
}

#[component]
fn Choice(
    spec: NodeSpec,
    index: usize,
    begins_group: bool,
    chosen: bool,
    onpick: Callback<usize>,
    onpoint: EventHandler<usize>,
) -> Element {
    let main = spec.outputs.first().or(spec.inputs.first()).map(|port| port.value_type.clone());
    let main_type = main.as_ref().map_or_else(|| "any".to_owned(), category::item_name);
    rsx! {
        if begins_group {
            li { class: "palette-group", role: "presentation", "{category::title(spec.category())}" }
        }
        li {
            id: option_id(index),
            class: "palette-option",
            role: "option",
            aria_selected: if chosen { "true" } else { "false" },
            "data-node-type": "{spec.node_type}",
            "data-value-type": main_type,
            onpointerenter: move |_| onpoint.call(index),
            onclick: move |_| onpick.call(index),
            span { class: "palette-icon", Icon { glyph: category::glyph(&spec) } }
            span { class: "palette-words",
                strong { "{spec.title}" }
                small { "{spec.summary}" }
            }
            if let Some(value_type) = main {
                PortGlyph { value_type, filled: true }
            }
        }
    }
}

fn option_id(index: usize) -> String {
    format!("palette-option-{index}")
}

fn first_of_group(found: &[NodeSpec], index: usize) -> bool {
    let group = |at: usize| found.get(at).map(NodeSpec::category);
    index == 0 || group(index - 1) != group(index)
}

fn placeholder(carried: Option<&Carried>) -> String {
    match carried {
        None => "Search nodes".into(),
        Some((_, ValueType::Any)) => "Search nodes to connect".into(),
        Some((_, value_type)) => format!("Search nodes for this {value_type}"),
    }
}

fn carried_by(canvas: Canvas, search: &Search) -> Option<Carried> {
    let port = match &search.purpose {
        Purpose::Connect(port) => port.clone(),
        // What takes the wire's value; whether it gives something that fits shows when it is there.
        Purpose::Insert(edge) => {
            let edges = canvas.view.edges();
            let edges = edges.peek();
            let edge = edges.get(edge)?;
            PortRef::output(edge.from.clone(), edge.output.clone())
        }
        Purpose::Add | Purpose::Replace(_) => return None,
    };
    let (nodes, edges) = (canvas.view.nodes(), canvas.view.edges());
    Some((port.side, port_type(&port, &nodes.peek(), &edges.peek(), &canvas.catalog())?))
}

/// Beside the point where the node will be, and whole on the screen.
fn place(canvas: Canvas, search: &Search) -> [f64; 2] {
    let at_screen = canvas.looking().screen_from_canvas(search.at_canvas);
    let screen = canvas.screen();
    let within = |at: f64, length: f64, room: f64| at.min(room - length - MARGIN).max(MARGIN);
    [within(at_screen[0] - 24.0, WIDTH, screen[0]), within(at_screen[1] - 24.0, HEIGHT, screen[1])]
}
