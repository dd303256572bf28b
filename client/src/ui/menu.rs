//! A list of things to do, under a button or at the pointer.

use dioxus::{prelude::*, web::WebEventExt};

use super::{Chip, Glyph, Icon, Kbd, Tone};
use crate::dom::{self, Opener, Walk};

/// `at`: a place on screen; absent: below what surrounds it (style decides).
#[component]
pub fn Menu(label: String, at: Option<[f64; 2]>, onclose: EventHandler<()>, children: Element) -> Element {
    // Dropped with the menu, and then gives the keyboard back.
    use_hook(|| std::rc::Rc::new(Opener::now()));
    let style = at.map(|[x, y]| format!("left: min({x}px, 100vw - 240px); top: min({y}px, 100vh - 320px)"));
    rsx! {
        div {
            class: "menu-shade",
            onpointerdown: move |event| {
                event.stop_propagation();
                onclose.call(());
            },
            oncontextmenu: move |event| {
                event.prevent_default();
                onclose.call(());
            },
        }
        div {
            class: "menu",
            role: "menu",
            aria_label: "{label}",
            tabindex: "-1",
            "data-fixed": at.is_some(),
            style,
            onmounted: move |event| {
                spawn(async move {
                    // A menu that closed meanwhile needs no focus.
                    let _ = event.set_focus(true).await;
                });
            },
            onpointerdown: move |event| event.stop_propagation(),
            onkeydown: move |event| {
                event.stop_propagation();
                if event.key() == Key::Escape {
                    onclose.call(());
                }
                if let Some(way) = Walk::of(&event.key()) {
                    event.prevent_default();
                    let event = event.as_web_event();
                    spawn(async move { dom::walk(&event, "[role=menu]", "[role=menuitem]:not(:disabled)", way) });
                }
            },
            {children}
        }
    }
}

#[component]
pub fn MenuItem(
    title: String,
    glyph: Option<Glyph>,
    keys: Option<String>,
    note: Option<String>,
    #[props(default)] tone: Tone,
    #[props(default)] disabled: bool,
    onclick: EventHandler<()>,
) -> Element {
    rsx! {
        button {
            class: "menu-item",
            r#type: "button",
            role: "menuitem",
            "data-tone": tone.as_str(),
            disabled,
            onclick: move |_| onclick.call(()),
            if let Some(glyph) = glyph {
                Icon { glyph }
            }
            span { class: "title", "{title}" }
            if let Some(note) = note {
                Chip { "{note}" }
            }
            if let Some(keys) = keys {
                Kbd { keys }
            }
        }
    }
}
