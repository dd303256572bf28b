//! Keys and the clipboard for the whole page, as long as nobody types in a field.

use super::{
    clipboard::{Wires, copy, paste},
    gesture::Gesture,
    keys::{Chord, Command},
    state::{Canvas, CanvasStateStoreExt},
};
use crate::{
    dom::{self, BrowserEvent, Key, Listener},
    ui::use_toaster,
};
use dioxus::{core::Runtime, prelude::*};

/// A space bar released sooner than this, without a pan, was tapped.
const TAP_MILLIS: u64 = 260;

/// Listens until the calling component goes. Answers whether the space bar is held down.
pub fn use_keyboard(canvas: Canvas) -> ReadSignal<bool> {
    let toaster = use_toaster();
    let mut space = use_signal(|| false);
    let mut pressed_millis = use_signal(|| 0u64);
    // Whether a hand touched the page since Tab was last pressed.
    let mut by_hand = use_signal(|| false);
    // Which way of pasting the keys asked for, until the browser's own event comes.
    let mut wired = use_signal(|| Wires::Inner);
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
            // Tab moves the focus as everywhere. Only just after a hand, with nothing focused, it is a shortcut, and only
            // once: whoever goes by keyboard is never caught by it. Enter presses what has the focus.
            if key.name == "Tab" && (!by_hand.replace(false) || dom::on_control(&event)) {
                return;
            }
            if key.name == "Enter" && !key.command && dom::on_control(&event) {
                return;
            }
            let chord = Chord::new(&key.name, key.command, key.shift, key.alt);
            let command = canvas.state.bindings().peek().command_for(&chord);
            match command {
                // These arrive as clipboard events of their own, which may read and write it without asking.
                Some(Command::Copy | Command::Cut | Command::Paste) => {}
                Some(Command::PasteWired) => wired.set(Wires::WithInputs),
                Some(command) => {
                    event.prevent_default();
                    canvas.obey(command, toaster);
                }
                None => {}
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
        let touched = move |_| {
            by_hand.set(true);
            // Held for the hand, however shortly: no tap.
            pressed_millis.set(0);
        };
        let copied = move |event: BrowserEvent| {
            copy(canvas, &event);
        };
        let cut = move |event: BrowserEvent| {
            if copy(canvas, &event) {
                canvas.delete_selection();
            }
        };
        let pasted = move |event: BrowserEvent| {
            let wires = wired.replace(Wires::Inner);
            paste(canvas, toaster, &event, wires);
        };
        std::rc::Rc::new([
            listen("keydown", Box::new(down)),
            listen("keyup", Box::new(up)),
            listen("blur", Box::new(blur)),
            listen("pointerdown", Box::new(touched)),
            listen("copy", Box::new(copied)),
            listen("cut", Box::new(cut)),
            listen("paste", Box::new(pasted)),
        ])
    });
    space.into()
}
