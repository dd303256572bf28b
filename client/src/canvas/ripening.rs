//! Which nodes have an element of their own.
//!
//! Making a card takes milliseconds, so while the view moves none is made: what comes into sight is drawn together with
//! others ([`super::far`]) and becomes a card at rest, a few in each frame. Few nodes are cards at once.

use std::{collections::BTreeSet, rc::Rc};

use dioxus::prelude::*;
use shared::id::NodeId;

use super::{
    geometry::Rect,
    sight::Sight,
    state::{CanvasState, CanvasStateStoreExt},
};
use crate::dom;

/// So many come at once at rest: fewer are not worth waiting for.
const AT_ONCE: usize = 16;
/// In each frame after that.
const EACH_FRAME: usize = 6;

/// What the answer depends on.
pub struct Asked {
    pub state: Store<CanvasState>,
    pub sight: CopyValue<Sight>,
    pub placed: Memo<u32>,
    pub drawn: Memo<Rect>,
    pub boxes: Memo<bool>,
    pub specks: Memo<bool>,
    /// Have an element wherever they are.
    pub meant: Memo<Rc<BTreeSet<NodeId>>>,
}

pub fn use_cards(asked: Asked) -> Memo<Rc<Vec<NodeId>>> {
    let Asked { state, sight, placed, drawn, boxes, specks, meant } = asked;
    let mut ripe = use_hook(|| CopyValue::new(Ripe::default()));
    let mut turn = use_signal(|| 0u32);
    let more = use_callback(move |()| {
        spawn(async move {
            dom::next_frame().await;
            turn += 1;
        });
    });
    use_memo(move || {
        let _subscribed = (placed.read(), turn.read());
        let sight = sight.read();
        let region = *drawn.read();
        let wanted = if specks() { Vec::new() } else { sight.nodes_in_order(&region) };
        let left = ripe.write().follow(&wanted, &meant.read(), boxes(), *state.moving().read());
        if left {
            more.call(());
        }
        Rc::new(sight.in_order(ripe.read().nodes.iter().cloned()))
    })
}

#[derive(Default)]
struct Ripe {
    nodes: BTreeSet<NodeId>,
    boxes: bool,
    /// More are to come, in this and the next frames.
    coming: bool,
}

impl Ripe {
    /// Whether more are to come in the next frame.
    fn follow(&mut self, wanted: &[NodeId], meant: &BTreeSet<NodeId>, boxes: bool, moving: bool) -> bool {
        if self.boxes != boxes {
            self.boxes = boxes;
            self.nodes.clear();
        }
        if moving {
            // Nothing comes, and nothing goes: taking cards away takes time, too.
            self.nodes.extend(meant.iter().cloned());
            self.coming = false;
            return false;
        }
        let known: BTreeSet<&NodeId> = wanted.iter().chain(meant).collect();
        self.nodes.retain(|id| known.contains(id));
        self.nodes.extend(meant.iter().cloned());
        let missing: Vec<&NodeId> = wanted.iter().filter(|id| !self.nodes.contains(*id)).collect();
        let now = if self.coming { EACH_FRAME } else { AT_ONCE };
        // Boxes are light.
        let now = if boxes { now * 8 } else { now };
        self.coming = missing.len() > now;
        self.nodes.extend(missing.into_iter().take(now).cloned().collect::<Vec<_>>());
        self.coming
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: usize) -> Vec<NodeId> {
        (0..count).map(|number| format!("node-{number:03}").parse().expect("an id")).collect()
    }

    #[test]
    fn a_small_workflow_is_there_at_once() {
        let mut ripe = Ripe::default();
        assert!(!ripe.follow(&ids(12), &BTreeSet::new(), false, false));
        assert_eq!(ripe.nodes.len(), 12);
    }

    #[test]
    fn a_large_one_comes_in_parts() {
        let mut ripe = Ripe::default();
        let wanted = ids(40);
        let mut frames = 1;
        while ripe.follow(&wanted, &BTreeSet::new(), false, false) {
            frames += 1;
        }
        assert_eq!((ripe.nodes.len(), frames), (40, 5));
    }

    #[test]
    fn nothing_comes_or_goes_while_the_view_moves_but_what_is_held() {
        let mut ripe = Ripe::default();
        let wanted = ids(20);
        ripe.follow(&wanted[..10], &BTreeSet::new(), false, false);
        let held = BTreeSet::from([wanted[19].clone()]);
        assert!(!ripe.follow(&wanted[10..], &held, false, true));
        assert_eq!(ripe.nodes.len(), 11);
        ripe.follow(&wanted[10..], &BTreeSet::new(), false, false);
        assert_eq!(ripe.nodes, wanted[10..].iter().cloned().collect());
    }
}
