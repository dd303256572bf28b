//! Keys and the clipboard for the whole page, as long as nobody types in a field.

use dioxus::{core::Runtime, prelude::*};
use shared::exchange::{self, ExchangeError, Limits};

use super::{
    gesture::Gesture,
    keys::{Chord, Command, command_for},
    state::{Canvas, CanvasStateStoreExt},
};
use crate::{
    dom::{self, BrowserEvent, Key, Listener},
    media::place_files,
    ui::{Toaster, Tone, use_toaster},
};

/// A space bar released sooner than this, without a pan, was tapped.
const TAP_MILLIS: u64 = 260;

/// Listens until the calling component goes. Answers whether the space bar is held down.
pub fn use_keyboard(canvas: Canvas) -> ReadSignal<bool> {
    let toaster = use_toaster();
    let mut space = use_signal(|| false);
    let mut pressed_millis = use_signal(|| 0u64);
    use_hook(|| {
        let runtime = Runtime::current();
        let scope = runtime.current_scope_id();
        // Browser callbacks come from outside Dioxus: they have to be brought into this component's scope.
        let listen = move |event: &'static str, mut callback: Box<dyn FnMut(BrowserEvent)>| {
            let runtime = runtime.clone();
            Listener::new(dom::window(), event, move |event| runtime.in_scope(scope, || callback(event)))
        };
        let down = move |event: BrowserEvent| {
            let Some(key) = Key::of(&event) else { return };
            if dom::in_field(&event) {
                return;
            }
            if key.name == " " && !dom::on_control(&event) {
                event.prevent_default();
                if !*space.peek() {
                    space.set(true);
                    pressed_millis.set(dom::now_millis());
                }
                return;
            }
            // Tab moves the focus as everywhere, unless nothing has it; Enter and Space press what has it.
            if (key.name == "Tab" || key.name == "Enter" && !key.command) && dom::on_control(&event) {
                return;
            }
            let chord = Chord { key: &key.name, command: key.command, shift: key.shift, alt: key.alt };
            if let Some(command) = command_for(chord) {
                // Those two arrive as clipboard events of their own.
                if !matches!(command, Command::Copy | Command::Cut) {
                    event.prevent_default();
                    canvas.obey(command, toaster);
                }
            }
        };
        let up = move |event: BrowserEvent| {
            let Some(key) = Key::of(&event) else { return };
            if key.name != " " || !*space.peek() {
                return;
            }
            space.set(false);
            let tapped = dom::now_millis().saturating_sub(*pressed_millis.peek()) < TAP_MILLIS;
            if tapped && canvas.holding().now == Gesture::Idle {
                let at_canvas = *canvas.state.pointer_canvas().peek();
                canvas.open_search(at_canvas.unwrap_or_else(|| canvas.middle_canvas()), None);
            }
        };
        let blur = move |_| space.set(false);
        let copied = move |event: BrowserEvent| {
            copy(canvas, &event);
        };
        let cut = move |event: BrowserEvent| {
            if copy(canvas, &event) {
                canvas.delete_selection();
            }
        };
        let pasted = move |event: BrowserEvent| paste(canvas, toaster, &event);
        std::rc::Rc::new([
            listen("keydown", Box::new(down)),
            listen("keyup", Box::new(up)),
            listen("blur", Box::new(blur)),
            listen("copy", Box::new(copied)),
            listen("cut", Box::new(cut)),
            listen("paste", Box::new(pasted)),
        ])
    });
    space.into()
}

/// Puts the selection on the clipboard as a workflow in the exchange format: text that can be pasted anywhere.
fn copy(canvas: Canvas, event: &BrowserEvent) -> bool {
    if dom::in_field(event) || dom::text_selected() {
        return false;
    }
    let part = canvas.part(&canvas.selected());
    if part.nodes.is_empty() {
        return false;
    }
    dom::set_clipboard(event, &exchange::write(&part))
}

/// A workflow as text becomes nodes; files become nodes that load them; other text becomes a text node.
fn paste(canvas: Canvas, toaster: Toaster, event: &BrowserEvent) {
    if dom::in_field(event) || !canvas.writable() {
        return;
    }
    let pointer = *canvas.state.pointer_canvas().peek();
    let at_canvas = pointer.unwrap_or_else(|| canvas.middle_canvas());
    let (text, files) = dom::pasted(event);
    if !files.is_empty() {
        event.prevent_default();
        place_files(canvas, toaster, files, at_canvas);
        return;
    }
    if text.trim().is_empty() {
        return;
    }
    event.prevent_default();
    match exchange::read(&text, Limits::default()) {
        Ok(graph) => {
            let catalog = canvas.catalog();
            let unknown = graph.nodes.values().filter(|node| catalog.get(&node.node_type).is_none()).count();
            canvas.insert_at(&graph, at_canvas, "paste");
            if unknown > 0 {
                toaster
                    .say(Tone::Warn, format!("{unknown} of the pasted nodes are of types this server does not know."));
            }
        }
        // Any text can be pasted; only one that means to be a workflow is worth a complaint.
        Err(ExchangeError::Json { .. } | ExchangeError::NotOpenFlow) => {
            let mut node = shared::graph::Node::new("text.input");
            if canvas.catalog().get(&node.node_type).is_some() {
                node.params.insert("value".into(), text.into());
                node.pos = canvas.corner_for(&node, at_canvas, None);
                canvas.add_node(node, None);
            }
        }
        Err(error) => toaster.say(Tone::Danger, crate::api::sentence(&error.to_string())),
    }
}
