//! Two people wire one input at once: the later wire stays, and whose wire that took away is told.

use dioxus::prelude::*;
use shared::graph::{Edge, EdgeId};

use super::{
    connect::PortRef,
    node::Face,
    state::{Canvas, CanvasStateStoreExt, use_canvas},
};
use crate::{
    dom,
    replica::view::{CanvasViewStoreExt, SaveState},
    ui::{Button, Glyph, IconButton, Size, Variant},
};

/// Who wires an input so long after another means to.
const AT_ONCE_MILLIS: u64 = 30_000;
/// A wire that is seen to differ within this time of another's change became what it is by that change.
const SEEN_MILLIS: u64 = 500;
/// Nobody makes more wires in half a minute, or they see what becomes of them.
const KEPT_MAX: usize = 16;

/// A wire that this person put in a moment ago.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnWire {
    pub id: EdgeId,
    pub edge: Edge,
    /// When the server had it. Until then nobody else could see it, however long that takes without a connection.
    pub known_since: Option<u64>,
}

impl Canvas {
    pub(super) fn wired(&self, id: EdgeId, edge: Edge) {
        let mut own = self.state.own_wires().cloned();
        own.retain(|wire| wire.id != id);
        own.push(OwnWire { id, edge, known_since: None });
        let surplus = own.len().saturating_sub(KEPT_MAX);
        own.drain(..surplus);
        self.state.own_wires().set(own);
    }
}

/// The wire of one's own that is gone, and the one in its place.
#[derive(Debug, Clone, PartialEq)]
struct Lost {
    own: Edge,
    instead: Edge,
}

/// What became of a wire: it is there, or went otherwise (`None`), or somebody put another in its place.
fn became(own: &OwnWire, there: Option<&Edge>, by_others: bool, now: u64) -> Option<Option<Lost>> {
    let instead = match there {
        Some(edge) if *edge == own.edge => return None,
        Some(edge) => edge,
        None => return Some(None),
    };
    let at_once = own.known_since.is_none_or(|since| now.saturating_sub(since) < AT_ONCE_MILLIS);
    Some((by_others && at_once).then(|| Lost { own: own.edge.clone(), instead: instead.clone() }))
}

fn use_rewired(canvas: Canvas) -> Signal<Option<Lost>> {
    let mut lost = use_signal(|| None::<Lost>);
    use_effect(move || {
        if *canvas.view.save().read() != SaveState::Saved {
            return;
        }
        let mut own = canvas.state.own_wires().cloned();
        if own.iter().any(|wire| wire.known_since.is_none()) {
            let now = dom::now_millis();
            own.iter_mut().for_each(|wire| wire.known_since = wire.known_since.or(Some(now)));
            canvas.state.own_wires().set(own);
        }
    });
    use_effect(move || {
        let mut own = canvas.state.own_wires().cloned();
        let edges = canvas.view.edges();
        let edges = edges.read();
        let now = dom::now_millis();
        let before = own.len();
        own.retain(|wire| {
            let by_others = canvas.replica().rewired_within(&wire.id, SEEN_MILLIS);
            let became = became(wire, edges.get(&wire.id), by_others, now);
            if let Some(Some(told)) = &became {
                lost.set(Some(told.clone()));
            }
            became.is_none()
        });
        if own.len() < before {
            drop(edges);
            canvas.state.own_wires().set(own);
        }
    });
    lost
}

#[component]
pub fn Rewired() -> Element {
    let canvas = use_canvas();
    let mut lost = use_rewired(canvas);
    let Some(Lost { own, instead }) = lost() else { return rsx! {} };
    let catalog = canvas.catalog();
    let nodes = canvas.view.nodes();
    let name = |id| {
        let nodes = nodes.peek();
        let node = nodes.get(id)?;
        let spec = catalog.get(&node.node_type);
        Some(Face::of(node, spec).name(spec))
    };
    // Without its ends there is nothing to choose any more.
    let (Some(theirs), Some(ours), Some(to)) = (name(&instead.from), name(&own.from), name(&own.to)) else {
        return rsx! {};
    };
    // Two of one kind are often called the same.
    let ours = if ours == theirs { "another".to_owned() } else { format!("“{ours}”") };
    let who = canvas.who_changed(&own.to);
    let take_back = move |_| {
        let Some(Lost { own, .. }) = lost.take() else { return };
        canvas.connect(&PortRef::output(own.from, own.output), &PortRef::input(own.to, own.input), None);
    };
    rsx! {
        div { class: "call", role: "status", "data-rewired": "{own.to}",
            span { "{who} wired “{theirs}” into “{to}”, where you had just wired {ours}." }
            Button { variant: Variant::Primary, size: Size::S, disabled: !canvas.writable(), onclick: take_back, "Use mine" }
            IconButton { glyph: Glyph::X, label: "Dismiss", size: Size::S, onclick: move |_| lost.set(None) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_hand_at_the_same_time_is_told() {
        let edge = |from: &str| Edge {
            from: from.parse().unwrap(),
            output: "text".into(),
            to: "d".parse().unwrap(),
            input: "text".into(),
        };
        let id = EdgeId::single(&"d".parse().unwrap(), "text");
        let own = OwnWire { id, edge: edge("a"), known_since: Some(1_000) };
        let lost = Lost { own: edge("a"), instead: edge("b") };
        assert_eq!(became(&own, Some(&edge("a")), true, 2_000), None, "it is there");
        assert_eq!(became(&own, Some(&edge("b")), true, 2_000), Some(Some(lost.clone())));
        assert_eq!(became(&own, Some(&edge("b")), false, 2_000), Some(None), "one's own undo");
        assert_eq!(became(&own, Some(&edge("b")), true, 1_000 + AT_ONCE_MILLIS), Some(None), "they mean to");
        assert_eq!(became(&own, None, true, 2_000), Some(None), "taken away");
        let unsent = OwnWire { known_since: None, ..own };
        assert_eq!(became(&unsent, Some(&edge("b")), true, 10_000_000), Some(Some(lost)), "after hours offline");
    }
}
