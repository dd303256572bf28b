//! The sheet of keyboard shortcuts, where they can be changed.

use dioxus::{prelude::*, web::WebEventExt};

use crate::{
    canvas::{
        keys::{ACTIONS, Action, Chord, Group, HANDS},
        state::{CanvasStateStoreExt, use_canvas},
    },
    dom,
    ui::{Button, Dialog, Glyph, IconButton, Kbd, Size, Switch, Variant},
};

#[component]
pub fn ShortcutSheet() -> Element {
    let canvas = use_canvas();
    // The action that waits for its new key.
    let mut binding = use_signal(|| None::<&'static str>);
    if !*canvas.state.sheet().read() {
        return rsx! {};
    }
    let letters = canvas.state.bindings().read().letters;
    rsx! {
        Dialog {
            title: "Keyboard shortcuts",
            wide: true,
            onclose: move |_| {
                binding.set(None);
                canvas.state.sheet().set(false);
            },
            div { class: "sheet",
                for group in Group::ALL {
                    section { key: "{group.title()}",
                        h3 { "{group.title()}" }
                        dl {
                            for action in ACTIONS.iter().filter(|action| action.group == group) {
                                Row { key: "{action.id}", action: *action, binding }
                            }
                        }
                    }
                }
                section {
                    h3 { "With the hand" }
                    dl {
                        for hand in HANDS.iter() {
                            div { key: "{hand.id}", "data-hand": hand.id,
                                dt { "{hand.title}" }
                                dd {
                                    for way in hand.ways.iter() {
                                        span { key: "{way}", "data-way": *way, Kbd { keys: *way } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            label { class: "sheet-letters",
                Switch {
                    label: "Single letters are shortcuts",
                    on: letters,
                    disabled: false,
                    onchange: move |letters| {
                        let mut bindings = canvas.state.bindings().cloned();
                        bindings.letters = letters;
                        canvas.set_bindings(bindings);
                    },
                }
                span { "Single letters are shortcuts" }
            }
        }
    }
}

#[component]
fn Row(action: Action, binding: Signal<Option<&'static str>>) -> Element {
    let canvas = use_canvas();
    let bindings = canvas.state.bindings().cloned();
    let keys = bindings.keys(&action);
    let listed = keys.join(" ");
    let waiting = binding() == Some(action.id);
    let changed = bindings.changed(&action);
    let bind = move |event: KeyboardEvent| {
        let Some(key) = dom::Key::of(&event.as_web_event()) else { return };
        let chord = Chord::new(&key.name, key.command, key.shift, key.alt);
        event.prevent_default();
        event.stop_propagation();
        if chord.is_modifier() {
            return;
        }
        binding.set(None);
        // Escape lets go of this as of everything else, so it cannot be given away.
        if chord.key != "escape" {
            let mut bindings = canvas.state.bindings().cloned();
            bindings.bind(&action, &chord);
            canvas.set_bindings(bindings);
        }
    };
    rsx! {
        div { "data-action": action.id, "data-keys": listed,
            dt { "{action.title}" }
            dd {
                if waiting {
                    button {
                        class: "button",
                        r#type: "button",
                        "data-size": "s",
                        onmounted: move |event| {
                            spawn(async move {
                                // Gone again already: nothing to focus.
                                let _ = event.set_focus(true).await;
                            });
                        },
                        onkeydown: bind,
                        onblur: move |_| binding.set(None),
                        "Press a key"
                    }
                } else {
                    for keys in keys {
                        Kbd { key: "{keys}", keys }
                    }
                    if changed {
                        Button {
                            variant: Variant::Quiet,
                            size: Size::S,
                            onclick: move |_| {
                                let mut bindings = canvas.state.bindings().cloned();
                                bindings.reset(&action);
                                canvas.set_bindings(bindings);
                            },
                            "Reset"
                        }
                    }
                    IconButton {
                        glyph: Glyph::Pencil,
                        label: "Change the key of “{action.title}”",
                        size: Size::S,
                        onclick: move |_| binding.set(Some(action.id)),
                    }
                }
            }
        }
    }
}
