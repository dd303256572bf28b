//! Words at the pointer: typed after `/`, seen by everyone who is here while they are typed, and gone again.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use crate::canvas::state::{CanvasStateStoreExt, Overlay, use_canvas};

/// Longer is a comment, not a call across the room.
const LONGEST: usize = 120;
/// How long words stay when nothing is typed.
const FADE_MILLIS: u32 = 8_000;

#[component]
pub fn Chat() -> Element {
    let canvas = use_canvas();
    if *canvas.state.overlay().read() != Some(Overlay::Chat) {
        return rsx! {};
    }
    rsx! { Open {} }
}

#[component]
fn Open() -> Element {
    let canvas = use_canvas();
    let typed = use_signal(|| 0u32);
    let at = use_memo(move || {
        let viewport = canvas.state.viewport();
        let viewport = viewport.read();
        let pointer = canvas.state.pointer_canvas().cloned();
        viewport.screen_from_canvas(pointer.unwrap_or_else(|| canvas.middle_canvas()))
    });
    use_drop(move || canvas.replica().set_presence(|own| own.chat = None));
    let say = move |words: &str| {
        let words: String = words.chars().take(LONGEST).collect();
        let words = (!words.trim().is_empty()).then_some(words);
        canvas.replica().set_presence(|own| own.chat = words);
        let turn = typed.peek().wrapping_add(1);
        typed.clone().set(turn);
        spawn(async move {
            TimeoutFuture::new(FADE_MILLIS).await;
            if *typed.peek() == turn {
                canvas.state.overlay().set(None);
            }
        });
    };
    let [x, y] = at();
    rsx! {
        div { class: "chat", style: "translate: {x}px {y}px",
            input {
                class: "chat-field",
                r#type: "text",
                aria_label: "Say something",
                placeholder: "Say something",
                maxlength: "{LONGEST}",
                autocomplete: "off",
                onmounted: move |event| {
                    spawn(async move {
                        // Closed again already: nothing to focus.
                        let _ = event.set_focus(true).await;
                    });
                },
                oninput: move |event| say(&event.value()),
                onkeydown: move |event| {
                    event.stop_propagation();
                    if matches!(event.key(), Key::Escape | Key::Enter) {
                        canvas.state.overlay().set(None);
                    }
                },
                onblur: move |_| canvas.state.overlay().set(None),
            }
        }
    }
}
