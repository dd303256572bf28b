//! The menu under the right mouse button, on the canvas, a node, a frame, a wire or a port.

use dioxus::prelude::*;

use crate::{
    canvas::{
        gesture::{Scene, Target},
        keys::{Command, Needs, action_of},
        live::LiveScene,
        state::{CanvasStateStoreExt, Purpose, use_canvas},
    },
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
    let item = move |command: Command, title: &str, glyph: Glyph| {
        let allowed = match action_of(command).map_or(Needs::Nothing, |action| action.needs) {
            Needs::Nothing => true,
            Needs::Edit => writable,
            Needs::Run => canvas.runnable(),
        };
        rsx! {
            MenuItem {
                title: title.to_owned(),
                glyph,
                keys: canvas.hint(command),
                disabled: !allowed,
                onclick: move |_| obey(command),
            }
        }
    };
    rsx! {
        Menu { label: "Actions", at: menu.at_screen, onclose: move |_| close(),
            match menu.target {
                Target::Node(id) | Target::Corner(id) => {
                    let several = canvas.state.selection().read().len() > 1;
                    rsx! {
                        MenuItem {
                            title: "Run to here",
                            glyph: Glyph::Play,
                            disabled: !canvas.runnable(),
                            onclick: move |_| {
                                close();
                                canvas.run(vec![id.clone()], toaster);
                            },
                        }
                        {item(Command::RunSelection, "Run the selection", Glyph::Play)}
                        {item(Command::Info, "Settings", Glyph::Settings)}
                        hr {}
                        {item(Command::Copy, "Copy", Glyph::Copy)}
                        {item(Command::Duplicate, "Duplicate", Glyph::Copy)}
                        {item(Command::CopyLink, "Copy a link", Glyph::Link)}
                        {item(Command::Rename, "Rename", Glyph::Pencil)}
                        {item(Command::Replace, "Replace…", Glyph::RefreshCw)}
                        hr {}
                        {item(Command::Collapse, "Fold or unfold", Glyph::ChevronDown)}
                        {item(Command::Bypass, "Bypass", Glyph::SkipForward)}
                        {item(Command::Mute, "Mute", Glyph::Ban)}
                        {item(Command::Pin, "Pin or unpin the output", Glyph::Pin)}
                        {item(Command::Color, "Next colour", Glyph::CircleDashed)}
                        hr {}
                        {item(Command::Group, "Frame", Glyph::Square)}
                        if several {
                            {item(Command::AlignBest, "Align", Glyph::Layers)}
                            {item(Command::DistributeBest, "Distribute", Glyph::Layers)}
                            {item(Command::Tidy, "Tidy up", Glyph::Sparkles)}
                        }
                        {item(Command::SelectUpstream, "Select what it needs", Glyph::ArrowLeft)}
                        {item(Command::SelectDownstream, "Select what needs it", Glyph::ChevronRight)}
                        hr {}
                        {item(Command::DeleteHealing, "Delete and join the wires", Glyph::Trash2)}
                        MenuItem { title: "Delete", glyph: Glyph::Trash2, keys: canvas.hint(Command::Delete), tone: Tone::Danger, disabled: !writable, onclick: move |_| obey(Command::Delete) }
                    }
                }
                Target::Frame(frame) | Target::FrameCorner(frame) => {
                    let members = frame.clone();
                    rsx! {
                        MenuItem {
                            title: "Select what is in it",
                            glyph: Glyph::Layers,
                            onclick: move |_| {
                                close();
                                canvas.select(LiveScene(canvas).members(&members));
                            },
                        }
                        MenuItem {
                            title: "Next colour",
                            glyph: Glyph::CircleDashed,
                            keys: canvas.hint(Command::Color),
                            disabled: !writable,
                            onclick: move |_| {
                                canvas.select_frame(frame.clone());
                                obey(Command::Color);
                            },
                        }
                        {item(Command::Ungroup, "Take the frame away", Glyph::Unlink)}
                    }
                }
                Target::Wire(edge) => {
                    let (insert, ends, reroute) = (edge.clone(), edge.clone(), edge.clone());
                    rsx! {
                        MenuItem {
                            title: "Insert a node",
                            glyph: Glyph::Plus,
                            disabled: !writable,
                            onclick: move |_| {
                                close();
                                canvas.open_search_for(at_canvas, Purpose::Insert(insert.clone()));
                            },
                        }
                        MenuItem {
                            title: "Reroute",
                            glyph: Glyph::Spline,
                            keys: canvas.hint(Command::AddReroute),
                            disabled: !writable,
                            onclick: move |_| {
                                close();
                                canvas.add_reroute(&reroute, at_canvas);
                            },
                        }
                        MenuItem {
                            title: "Select both ends",
                            glyph: Glyph::Layers,
                            onclick: move |_| {
                                close();
                                if let Some((from, to)) = LiveScene(canvas).wire_ends(&ends) {
                                    canvas.select([from.node, to.node].into());
                                }
                            },
                        }
                        MenuItem { title: "Delete wire", glyph: Glyph::Unlink, disabled: !writable, onclick: move |_| {
                            close();
                            canvas.replica().edit("disconnect", |edit| edit.disconnect(&edge));
                            canvas.replica().end_gesture();
                        } }
                    }
                }
                Target::Port(port) => {
                    let wires = LiveScene(canvas).wires_of(&port);
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
                        title: "Add a node",
                        glyph: Glyph::Plus,
                        keys: "Space",
                        disabled: !writable,
                        onclick: move |_| {
                            close();
                            canvas.open_search(at_canvas, None);
                        },
                    }
                    MenuItem {
                        title: "Add a note",
                        glyph: Glyph::StickyNote,
                        keys: canvas.hint(Command::AddNote),
                        disabled: !writable,
                        onclick: move |_| {
                            close();
                            canvas.add_note(at_canvas);
                        },
                    }
                    {item(Command::Paste, "Paste", Glyph::Copy)}
                    hr {}
                    {item(Command::SelectAll, "Select all", Glyph::Layers)}
                    {item(Command::Tidy, "Tidy up", Glyph::Sparkles)}
                    {item(Command::FitAll, "Fit everything", Glyph::Scan)}
                    {item(Command::Find, "Find", Glyph::Search)}
                    hr {}
                    {item(Command::Run, "Run everything", Glyph::Play)}
                },
            }
        }
    }
}
