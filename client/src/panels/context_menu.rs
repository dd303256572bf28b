//! The menu under the right mouse button, on the canvas, a node, a wire or a port.

use dioxus::prelude::*;
use shared::graph::{EdgeId, Mode};

use crate::{
    canvas::{
        connect::PortRef,
        gesture::{Scene, Target},
        keys::Command,
        layout::Side as PortSide,
        live::LiveScene,
        state::{CanvasStateStoreExt, Side, use_canvas},
    },
    replica::view::CanvasViewStoreExt,
    ui::{Glyph, Menu, MenuItem, Tone, use_toaster},
};

#[component]
pub fn ContextMenu() -> Element {
    let canvas = use_canvas();
    let toaster = use_toaster();
    let Some(menu) = canvas.state.menu().cloned() else { return rsx! {} };
    let close = move || canvas.state.menu().set(None);
    let obey = move |command: Command| {
        close();
        canvas.obey(command, toaster);
    };
    let at_canvas = canvas.looking().canvas_from_screen(menu.at_screen);
    let writable = canvas.writable();
    rsx! {
        Menu { label: "Actions", at: menu.at_screen, onclose: move |_| close(),
            match menu.target {
                Target::Node(id) | Target::Corner(id) => {
                    let (target, collapse) = (id.clone(), id);
                    let collapsed = canvas.view.nodes().read().get(&collapse).is_some_and(|node| node.collapsed);
                    rsx! {
                        MenuItem {
                            title: "Run to here",
                            glyph: Glyph::Play,
                            disabled: !canvas.runnable(),
                            onclick: move |_| {
                                close();
                                canvas.run(vec![target.clone()], toaster);
                            },
                        }
                        MenuItem {
                            title: "Settings",
                            glyph: Glyph::Settings,
                            onclick: move |_| {
                                close();
                                canvas.state.side().set(Some(Side::Inspector));
                            },
                        }
                        hr {}
                        MenuItem { title: "Rename", glyph: Glyph::Pencil, keys: "F2", disabled: !writable, onclick: move |_| obey(Command::Rename) }
                        MenuItem { title: "Duplicate", glyph: Glyph::Copy, keys: "Mod+D", disabled: !writable, onclick: move |_| obey(Command::Duplicate) }
                        MenuItem {
                            title: if collapsed { "Unfold" } else { "Fold" },
                            glyph: Glyph::ChevronDown,
                            disabled: !writable,
                            onclick: move |_| {
                                close();
                                canvas.replica().edit("fold", |edit| edit.set_collapsed(&collapse, !collapsed));
                                canvas.replica().end_gesture();
                            },
                        }
                        MenuItem {
                            title: "Bypass",
                            glyph: Glyph::SkipForward,
                            keys: "B",
                            disabled: !writable,
                            onclick: move |_| {
                                close();
                                canvas.toggle_mode(Mode::Bypass);
                            },
                        }
                        MenuItem {
                            title: "Mute",
                            glyph: Glyph::Ban,
                            keys: "D",
                            disabled: !writable,
                            onclick: move |_| {
                                close();
                                canvas.toggle_mode(Mode::Mute);
                            },
                        }
                        hr {}
                        MenuItem { title: "Delete", glyph: Glyph::Trash2, keys: "Delete", tone: Tone::Danger, disabled: !writable, onclick: move |_| obey(Command::Delete) }
                    }
                }
                Target::Wire(edge) => rsx! {
                    MenuItem { title: "Delete wire", glyph: Glyph::Unlink, disabled: !writable, onclick: move |_| {
                        close();
                        canvas.replica().edit("disconnect", |edit| edit.disconnect(&edge));
                        canvas.replica().end_gesture();
                    } }
                },
                Target::Port(port) => {
                    let wires = wires_of(canvas, &port);
                    rsx! {
                        MenuItem {
                            title: "Add a node that fits",
                            glyph: Glyph::Plus,
                            disabled: !writable,
                            onclick: move |_| {
                                close();
                                canvas.open_search(at_canvas, Some(port.clone()));
                            },
                        }
                        MenuItem {
                            title: "Disconnect all",
                            glyph: Glyph::Unlink,
                            disabled: !writable || wires.is_empty(),
                            onclick: move |_| {
                                close();
                                canvas.replica().edit("disconnect", |edit| {
                                    for wire in &wires {
                                        edit.disconnect(wire);
                                    }
                                });
                                canvas.replica().end_gesture();
                            },
                        }
                    }
                }
                Target::Canvas => rsx! {
                    MenuItem {
                        title: "Add node",
                        glyph: Glyph::Plus,
                        keys: "Space",
                        disabled: !writable,
                        onclick: move |_| {
                            close();
                            canvas.open_search(at_canvas, None);
                        },
                    }
                    MenuItem { title: "Select all", glyph: Glyph::Layers, keys: "Mod+A", onclick: move |_| obey(Command::SelectAll) }
                    MenuItem { title: "Fit everything", glyph: Glyph::Scan, keys: "F", onclick: move |_| obey(Command::FitAll) }
                    hr {}
                    MenuItem { title: "Run everything", glyph: Glyph::Play, keys: "Mod+Enter", disabled: !canvas.runnable(), onclick: move |_| obey(Command::Run) }
                },
            }
        }
    }
}

fn wires_of(canvas: crate::canvas::state::Canvas, port: &PortRef) -> Vec<EdgeId> {
    let scene = LiveScene(canvas);
    let ids: Vec<EdgeId> = canvas.view.edges().peek().keys().cloned().collect();
    let ends_here = |id: &EdgeId| {
        scene.wire_ends(id).is_some_and(|(output, input)| match port.side {
            PortSide::Out => output == *port,
            PortSide::In => input == *port,
        })
    };
    ids.into_iter().filter(ends_here).collect()
}
