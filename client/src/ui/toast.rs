//! Short messages at the foot of the page, gone by themselves after a while.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::{Glyph, Icon, IconButton, Size, Tone};
use crate::dom;

const PLACE: &str = "toasts";

/// How many messages stand at once; older ones make room.
const SHOWN: usize = 3;

#[derive(Debug, Clone, PartialEq)]
struct Toast {
    id: u64,
    tone: Tone,
    message: String,
}

/// Says things. A page provides it with [`Toasts`], everything below asks [`use_toaster`].
#[derive(Clone, Copy, PartialEq)]
pub struct Toaster {
    toasts: Signal<Vec<Toast>>,
    next_id: Signal<u64>,
}

impl Toaster {
    pub fn say(mut self, tone: Tone, message: impl Into<String>) {
        let id = *self.next_id.peek();
        self.next_id.set(id + 1);
        let mut toasts = self.toasts.write();
        toasts.push(Toast { id, tone, message: message.into() });
        let surplus = toasts.len().saturating_sub(SHOWN);
        toasts.drain(..surplus);
        drop(toasts);
        let stays_millis = if tone == Tone::Danger { 10_000 } else { 4_000 };
        // In the root's scope: the message outlives the menu that said it.
        dioxus::core::spawn_forever(async move {
            TimeoutFuture::new(stays_millis).await;
            self.dismiss(id);
        });
    }

    fn dismiss(mut self, id: u64) {
        // The page that showed it may be gone.
        if let Ok(mut toasts) = self.toasts.try_write() {
            toasts.retain(|toast| toast.id != id);
        }
    }
}

pub fn use_toaster() -> Toaster {
    use_context()
}

/// Provides the [`Toaster`] to `children` and shows what it says.
#[component]
pub fn Toasts(children: Element) -> Element {
    let toaster = Toaster { toasts: use_signal(Vec::new), next_id: use_signal(|| 0) };
    use_context_provider(|| toaster);
    let toasts = toaster.toasts;
    // A dialog stands in the browser's top layer: what is said while it is open has to stand above it.
    use_effect(move || {
        let _ = toasts.read();
        spawn(async { dom::raise(PLACE) });
    });
    rsx! {
        {children}
        div { id: PLACE, class: "toasts", popover: "manual", role: "status", aria_live: "polite",
            for toast in toasts() {
                div {
                    key: "{toast.id}",
                    class: "toast",
                    "data-tone": toast.tone.as_str(),
                    Icon { glyph: if toast.tone == Tone::Danger { Glyph::CircleAlert } else { Glyph::Info } }
                    span { "{toast.message}" }
                    IconButton {
                        glyph: Glyph::X,
                        label: "Dismiss",
                        size: Size::S,
                        onclick: move |_| toaster.dismiss(toast.id),
                    }
                }
            }
        }
    }
}
