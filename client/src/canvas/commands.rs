//! What the person asks of the graph: adding, wiring, deleting, copying, running.
//!
//! Each is one edit and one undo step. Called by gestures, keys, menus and panels alike, so that all of them agree.

use std::collections::BTreeSet;

use dioxus::prelude::*;
use shared::{
    api::StartRun,
    check::Severity,
    error::ErrorCode,
    graph::{Edge, EdgeId, Graph, Mode},
    id::{NodeId, RunId},
};

use super::{
    clipboard::Wires,
    connect::PortRef,
    frames::whole_frames,
    geometry::{Point, plus},
    gesture::{Effect, Gestures, Target},
    graph_ops::Stream,
    keys::Command,
    state::{Canvas, CanvasStateStoreExt, MenuAt, Overlay, Purpose, Search, Side as SideTab, Tool},
};
use crate::{
    api::Api,
    replica::{Replica, view::CanvasViewStoreExt},
    ui::{Toaster, Tone},
};

/// How far copies lie from their originals.
const COPY_OFFSET: Point = [32.0, 32.0];

impl Canvas {
    pub fn apply(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Look(viewport) => self.look(viewport),
                Effect::Select(selection) => self.select(selection),
                Effect::SelectWire(edge) => self.select_wire(edge),
                Effect::SelectFrame(frame) => self.select_frame(frame),
                Effect::Place { nodes, frame } => self.place(&nodes, frame),
                Effect::Insert { node, to, edge } => self.insert_into(&node, Some(to), &edge),
                Effect::Free(nodes) => self.free(&nodes),
                Effect::Rewire { wires, to } => self.rewire(&wires, &to),
                Effect::ResizeFrame { frame, size } => {
                    self.update_frame(&frame, "resize", |frame| frame.size = size);
                }
                Effect::PlaceCopies { nodes, delta } => self.insert(&self.part(&nodes), delta, "duplicate"),
                Effect::Resize { node, size } => {
                    self.replica().edit("resize", |edit| edit.resize_node(&node, Some(size)));
                    self.replica().end_gesture();
                }
                Effect::Connect { output, input, detached } => self.connect(&output, &input, detached.as_ref()),
                Effect::Reroute { edge, at_canvas } => self.add_reroute(&edge, at_canvas),
                Effect::Disconnect(edge) => {
                    self.replica().edit("disconnect", |edit| edit.disconnect(&edge));
                    self.replica().end_gesture();
                }
                Effect::Search { from, at_canvas } => self.open_search(at_canvas, Some(from)),
                Effect::Menu { target, at_screen } => self.state.menu().set(Some(MenuAt { at_screen, target })),
            }
        }
    }

    /// What a key, a menu or the command palette asks for. Copying, cutting and pasting come as events of their own where
    /// a key asks for them: see `keyboard.rs`.
    pub fn obey(&self, command: Command, toaster: Toaster) {
        match command {
            Command::AddNode => self.open_search(self.middle_canvas(), None),
            Command::AddNote => self.add_note(self.pointer_or_middle()),
            Command::AddReroute => self.reroute_selected_wire(),
            Command::Align(edge) => self.align(Some(edge)),
            Command::AlignBest => self.align(None),
            Command::BringHere => self.bring_here(toaster),
            Command::Bypass => self.toggle_mode(Mode::Bypass),
            Command::Cancel => self.escape(),
            Command::CancelRun => self.cancel_runs(toaster),
            Command::Chat => self.state.overlay().set(Some(Overlay::Chat)),
            Command::Collapse => self.toggle_collapsed(),
            Command::Color => self.next_color(),
            Command::Copy => self.copy_to_clipboard(toaster),
            Command::CopyLink => self.copy_link(toaster),
            Command::Cut => {
                self.copy_to_clipboard(toaster);
                self.delete_selection();
            }
            Command::Delete => self.delete_selection(),
            Command::DeleteHealing => self.delete_healing(),
            Command::Distribute(axis) => self.distribute(Some(axis)),
            Command::DistributeBest => self.distribute(None),
            Command::Duplicate => self.insert(&self.part(&self.selected()), COPY_OFFSET, "duplicate"),
            Command::Find => self.state.overlay().set(Some(Overlay::Find)),
            Command::FitAll => self.fit(None),
            Command::FitSelection => self.fit(Some(self.selected())),
            Command::Grid => {
                let grid = *self.state.grid().peek();
                self.set_grid(!grid);
            }
            Command::Group => self.group(),
            Command::Hand => self.state.tool().set(Tool::Hand),
            Command::HidePeople => {
                let hidden = *self.state.people_hidden().peek();
                self.state.people_hidden().set(!hidden);
            }
            Command::Info => self.state.side().set(Some(SideTab::Inspector)),
            Command::Minimap => {
                let shown = *self.state.minimap().peek();
                self.state.minimap().set(!shown);
            }
            Command::Mute => self.toggle_mode(Mode::Mute),
            Command::Nudge(by) => self.nudge(by),
            Command::Palette => self.state.overlay().set(Some(Overlay::Commands)),
            Command::Paste => self.paste_from_clipboard(toaster, Wires::Inner),
            Command::PasteWired => self.paste_from_clipboard(toaster, Wires::WithInputs),
            Command::Pin => self.toggle_pin(),
            Command::Pointer => self.state.tool().set(Tool::Pointer),
            Command::Queue => self.toggle_side(SideTab::Runs),
            Command::Redo => self.step_back(|replica| replica.redo()),
            Command::Rename => {
                self.state.renaming().set(self.selected().first().cloned());
            }
            Command::Replace => self.open_replacing(),
            Command::Run => self.run(Vec::new(), toaster),
            Command::RunSelection => self.run(self.selected().into_iter().collect(), toaster),
            Command::SaveVersion => self.name_version(),
            Command::SelectAll => {
                let all = self.view.nodes().peek().keys().cloned().collect();
                self.select(all);
            }
            Command::SelectDownstream => self.select_along(Stream::Down),
            Command::SelectNeighbour(direction) => self.go_beside(direction),
            Command::SelectUpstream => self.select_along(Stream::Up),
            Command::Shortcuts => self.state.sheet().set(true),
            Command::SidePanel => {
                let open = self.state.side().peek().is_some();
                self.state.side().set((!open).then_some(SideTab::Inspector));
            }
            Command::Tidy => self.tidy(),
            Command::Undo => self.step_back(|replica| replica.undo()),
            Command::Ungroup => self.ungroup(),
            Command::ZoomIn => self.zoom_by(1.25),
            Command::ZoomOut => self.zoom_by(0.8),
            Command::ZoomToOne => {
                self.zoom_by(1.0 / self.looking().zoom);
            }
        }
    }

    /// Undo or redo. What it takes out of the graph was no other person's doing.
    fn step_back(&self, step: impl FnOnce(&Replica) -> Option<String>) {
        step(&self.replica());
        let mut selection = self.selected();
        selection.retain(|id| self.view.nodes().peek().contains_key(id));
        self.select(selection);
    }

    /// The menu of whatever is selected.
    pub(super) fn open_selection_menu(&self, at_screen: Point) {
        let frame = self.state.frame().peek().clone().map(Target::Frame);
        let target = frame.or_else(|| self.selected().first().cloned().map(Target::Node));
        if let Some(target) = target {
            self.state.menu().set(Some(MenuAt { at_screen, target }));
        }
    }

    fn toggle_side(&self, side: SideTab) {
        let open = *self.state.side().peek() == Some(side);
        self.state.side().set((!open).then_some(side));
    }

    pub fn open_search(&self, at_canvas: Point, from: Option<PortRef>) {
        self.open_search_for(at_canvas, from.map_or(Purpose::Add, Purpose::Connect));
    }

    pub fn open_search_for(&self, at_canvas: Point, purpose: Purpose) {
        if self.writable() {
            self.state.search().set(Some(Search { at_canvas, purpose }));
        }
    }

    pub fn connect(&self, output: &PortRef, input: &PortRef, detached: Option<&EdgeId>) {
        let catalog = self.catalog();
        let edge = edge_of(output, input);
        let unchanged = detached.is_some_and(|id| self.view.edges().peek().get(id) == Some(&edge));
        if unchanged {
            return;
        }
        let made = self.replica().edit("connect", |edit| {
            if let Some(detached) = detached {
                edit.disconnect(detached);
            }
            edit.connect(edge.clone(), &catalog)
        });
        if let Some(id) = made {
            self.wired(id, edge);
        }
        self.replica().end_gesture();
    }

    pub fn delete_selection(&self) {
        let wire = self.state.wire().peek().clone();
        if let Some(edge) = wire {
            self.replica().edit("disconnect", |edit| edit.disconnect(&edge));
            self.state.wire().set(None);
        } else if self.state.frame().peek().is_some() {
            self.ungroup();
        } else {
            let ids: Vec<NodeId> = self.selected().into_iter().collect();
            if ids.is_empty() {
                return;
            }
            let label = if ids.len() == 1 { "delete" } else { "delete nodes" };
            self.replica().edit(label, |edit| edit.remove_nodes(&ids));
            self.select(BTreeSet::new());
        }
        self.replica().end_gesture();
    }

    /// These nodes, the wires between them, and the frames that they fill.
    pub fn part(&self, nodes: &BTreeSet<NodeId>) -> Graph {
        let all = self.view.nodes();
        let all = all.peek();
        let edges = self.view.edges();
        let edges = edges.peek();
        let frames = self.view.frames();
        let frames = frames.peek();
        let inner = edges.iter().filter(|(_, edge)| nodes.contains(&edge.from) && nodes.contains(&edge.to));
        let whole = whole_frames(&self.members(), nodes);
        Graph {
            nodes: nodes.iter().filter_map(|id| Some((id.clone(), all.get(id)?.clone()))).collect(),
            edges: inner.map(|(id, edge)| (id.clone(), edge.clone())).collect(),
            frames: whole.into_iter().filter_map(|id| Some((id.clone(), frames.get(&id)?.clone()))).collect(),
            ..Graph::default()
        }
    }

    /// Adds a copy of `graph` and selects it.
    pub fn insert(&self, graph: &Graph, offset: Point, label: &str) {
        if graph.nodes.is_empty() {
            return;
        }
        let catalog = self.catalog();
        let renamed = self.replica().edit(label, |edit| edit.insert_graph(graph, &catalog, offset));
        self.replica().end_gesture();
        if let Some(renamed) = renamed {
            self.select(renamed.into_values().collect());
        }
    }

    pub(super) fn nudge(&self, by: Point) {
        let nodes = self.view.nodes().peek().clone();
        let chosen = self.selected();
        let moves: Vec<_> =
            chosen.into_iter().filter_map(|id| Some((id.clone(), plus(nodes.get(&id)?.pos, by)))).collect();
        if !moves.is_empty() {
            // Steps in quick succession are one undo step: no `end_gesture`.
            self.replica().edit("nudge", |edit| edit.move_nodes(&moves));
        }
    }

    pub fn toggle_mode(&self, mode: Mode) {
        let nodes = self.view.nodes().peek().clone();
        let chosen = self.selected();
        let all_there = chosen.iter().all(|id| nodes.get(id).is_some_and(|node| node.mode == mode));
        let mode = if all_there { Mode::Active } else { mode };
        self.replica().edit(mode.as_str(), |edit| {
            for id in &chosen {
                edit.set_mode(id, mode);
            }
        });
        self.replica().end_gesture();
    }

    fn escape(&self) {
        self.state.hand().set(Gestures::default());
        self.replica().set_presence(|own| {
            own.dragging.clear();
            own.wire = None;
        });
        self.state.menu().set(None);
        self.state.search().set(None);
        self.state.renaming().set(None);
        self.state.sheet().set(false);
        self.state.overlay().set(None);
        self.select(BTreeSet::new());
    }

    /// Starts a run of these nodes and what they need; of everything if there are none.
    pub fn run(&self, targets: Vec<NodeId>, toaster: Toaster) {
        self.start(StartRun { targets, ..StartRun::default() }, toaster);
    }

    /// Starts a run as it is asked for, and says why if it does not start.
    pub fn start(&self, body: StartRun, toaster: Toaster) {
        if !self.runnable() {
            return;
        }
        let canvas = *self;
        let workflow = self.replica().workflow();
        spawn(async move {
            match Api.start_run(workflow, &body).await {
                Ok(_) => {}
                // The list says the same, with a way to each place.
                Err(error) if error.code() == Some(ErrorCode::InvalidGraph) && canvas.has_errors() => {
                    toaster.say(Tone::Danger, "This cannot run yet: see the problems.");
                    canvas.state.side().set(Some(SideTab::Problems));
                }
                Err(error) => toaster.say(Tone::Danger, error.sentence()),
            }
        });
    }

    fn has_errors(&self) -> bool {
        self.view.problems().peek().iter().any(|problem| problem.severity == Severity::Error)
    }

    pub fn cancel_runs(&self, toaster: Toaster) {
        let going: Vec<RunId> = {
            let runs = self.view.runs();
            let runs = runs.peek();
            runs.iter().filter(|(_, run)| !run.status.is_final()).map(|(id, _)| *id).collect()
        };
        spawn(async move {
            for run in going {
                if let Err(error) = Api.cancel_run(run).await {
                    toaster.say(Tone::Danger, error.sentence());
                }
            }
        });
    }
}

pub(super) fn edge_of(output: &PortRef, input: &PortRef) -> Edge {
    Edge { from: output.node.clone(), output: output.name.clone(), to: input.node.clone(), input: input.name.clone() }
}
