//! Makes the canvas's state and what many components derive from it.
//!
//! Each derived part changes as seldom as it can: who reads it runs again only when what they show is another.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use dioxus::prelude::*;
use shared::{
    check::{Place, Problem},
    diff::GraphDiff,
    graph::{Edge, EdgeId},
    id::NodeId,
    outputs::NodeOutput,
    run::NodeStatus,
};

use super::{
    choices::{Device, Tool},
    derived::{self, Loose},
    far::MANY_NODES,
    frames,
    geometry::{Point, Rect},
    gesture::Gestures,
    keys::Bindings,
    node::css_color,
    ripening,
    sight::use_sight,
    state::{Canvas, CanvasState, CanvasStateStoreExt, DEVICE_KEY, Editor, GRID_KEY, KEYS_KEY, Wiring},
    viewport::Viewport,
};
use crate::{
    dom,
    replica::{use_replica, view::CanvasViewStoreExt},
};

/// Makes the canvas's state for the components below.
pub fn use_canvas_provider() -> Canvas {
    let replica = use_replica();
    let view = replica.view();
    let state = use_store(|| CanvasState {
        viewport: Viewport::default(),
        moving: false,
        drawn_at: 1.0,
        screen: [1200.0, 800.0],
        selection: BTreeSet::new(),
        wire: None,
        own_wires: Vec::new(),
        hand: Gestures::default(),
        pointer_canvas: None,
        layouts: BTreeMap::new(),
        search: None,
        menu: None,
        renaming: None,
        side: None,
        sheet: false,
        minimap: false,
        preview: None,
        following: None,
        frame: None,
        device: dom::stored(DEVICE_KEY).as_deref().and_then(Device::named),
        tool: Tool::Pointer,
        grid: dom::stored(GRID_KEY).is_some(),
        overlay: None,
        people_hidden: false,
        bindings: Bindings::read(dom::stored(KEYS_KEY).as_deref()),
    });
    let wiring = use_memo(move || Rc::new(wiring_of(&view.edges().read())));
    let sources = use_memo(move || {
        let edges = view.edges();
        let edges = edges.read();
        Rc::new(edges.values().map(|edge| (edge.from.clone(), edge.output.clone())).collect::<BTreeSet<_>>())
    });
    let held = use_memo(move || derived::held(&state.hand().read().now));
    let delta = use_memo(move || derived::delta(&state.hand().read().now));
    let held_frame = use_memo(move || frames::held_frame(&state.hand().read().now));
    let loose = use_memo(move || derived::loose(&state.hand().read().now));
    let fitting = use_memo(move || Rc::new(loose.read().as_ref().map(Loose::fitting).unwrap_or_default()));
    let onto = use_memo(move || derived::onto(&state.hand().read().now));
    let remote_drags = use_memo(move || {
        let people = view.people();
        let people = people.read();
        people.values().flat_map(|person| person.dragging.iter().cloned()).collect()
    });
    let remote_held: Memo<BTreeSet<NodeId>> = use_memo(move || {
        let drags: &BTreeMap<NodeId, Point> = &remote_drags.read();
        drags.keys().cloned().collect()
    });
    let holders: Memo<BTreeMap<NodeId, (String, String)>> = use_memo(move || {
        if *state.people_hidden().read() {
            return BTreeMap::new();
        }
        let people = view.people();
        let people = people.read();
        let named = people.values().filter_map(|person| Some((person.user.as_ref()?, &person.selection)));
        named
            .flat_map(|(user, nodes)| nodes.iter().map(|id| (id.clone(), (user.name.clone(), user.color.clone()))))
            .collect()
    });
    let faulty = use_memo(move || {
        let mut faulty = BTreeMap::<NodeId, Problem>::new();
        for problem in view.problems().read().iter() {
            if let Place::Node { id, .. } = &problem.place
                && faulty.get(id).is_none_or(|known| known.severity > problem.severity)
            {
                faulty.insert(id.clone(), problem.clone());
            }
        }
        faulty
    });
    let drawn = use_drawn(state);
    let boxes = use_at_rest(state, Viewport::draws_boxes);
    let quiet = use_at_rest(state, Viewport::is_quiet);
    let (sight, placed) = use_sight(&replica, state, view);
    let specks = use_memo(move || {
        let _subscribed = placed.read();
        boxes() && sight.read().nodes.within(&drawn.read()).len() > MANY_NODES
    });
    let (held_by_others, outputs) = (holders, view.outputs());
    let meant = use_memo(move || {
        // Those that somebody has to do with have an element however many there are.
        let mut meant: BTreeSet<NodeId> = held.read().iter().flat_map(|held| held.keys().cloned()).collect();
        if specks() {
            meant.extend(state.selection().read().iter().cloned());
            meant.extend(remote_held.read().iter().cloned());
            meant.extend(held_by_others.read().keys().cloned());
            let tells = |output: &NodeOutput| matches!(output.status, NodeStatus::Running | NodeStatus::Failed);
            let outputs = outputs.read();
            meant.extend(outputs.iter().filter(|(_, output)| tells(output)).map(|(id, _)| id.clone()));
        }
        Rc::new(meant)
    });
    let cards = ripening::use_cards(ripening::Asked { state, sight, placed, drawn, boxes, specks, meant });
    let editors = use_memo(move || {
        let people = view.people();
        let people = people.read();
        let typing = people.values().filter_map(|person| {
            let (editing, user) = (person.editing.as_ref()?, person.user.as_ref()?);
            let color = css_color(&user.color).to_owned();
            Some(Editor { node: editing.node.clone(), param: editing.param.clone(), name: user.name.clone(), color })
        });
        typing.collect::<Vec<_>>()
    });
    let since = use_memo({
        let replica = replica.clone();
        move || {
            let preview = state.preview().cloned()?;
            // Read for the subscription; the graph itself comes from the document.
            let (meta, nodes, edges, frames) = (view.meta(), view.nodes(), view.edges(), view.frames());
            let _ = (meta.read(), nodes.read(), edges.read(), frames.read());
            Some(Rc::new(GraphDiff::between(&preview.graph, &replica.graph())))
        }
    });
    use_context_provider(|| Canvas {
        state,
        view,
        replica: CopyValue::new(replica),
        wiring,
        sources,
        held,
        delta,
        held_frame,
        loose,
        fitting,
        onto,
        remote_drags,
        remote_held,
        holders,
        faulty,
        editors,
        drawn,
        sight,
        placed,
        cards,
        boxes,
        quiet,
        specks,
        since,
    })
}

/// The region that is drawn. While the view moves it changes seldom, and then by much: everything that it brings into the
/// page makes the browser put its layers together anew.
fn use_drawn(state: Store<CanvasState>) -> Memo<Rect> {
    let mut last = use_hook(|| CopyValue::new(Rect::default()));
    use_memo(move || {
        let screen = *state.screen().read();
        let viewport = *state.viewport().read();
        let next =
            if *state.moving().read() { viewport.drawn_ahead(screen, *last.peek()) } else { viewport.drawn(screen) };
        last.set(next);
        next
    })
}

/// How nodes are drawn. Decided at rest: changing all of them takes longer than a frame.
fn use_at_rest(state: Store<CanvasState>, decide: fn(&Viewport) -> bool) -> Memo<bool> {
    let mut last = use_hook(|| CopyValue::new(false));
    use_memo(move || {
        let now = decide(&state.viewport().read());
        if !*state.moving().read() {
            last.set(now);
        }
        *last.peek()
    })
}

fn wiring_of(edges: &BTreeMap<EdgeId, Edge>) -> Wiring {
    let mut wiring = Wiring::new();
    for (id, edge) in edges {
        let inputs = wiring.entry(edge.to.clone()).or_default();
        inputs.entry(edge.input.clone()).or_default().push((id.clone(), edge.clone()));
    }
    wiring
}
