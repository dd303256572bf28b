//! Where the browser put nodes and their ports.
//!
//! Cards ask one by one, and are measured together in the next frame: reading and writing in turns would make the
//! browser lay out the page again for every card.

use std::collections::BTreeSet;

use dioxus::prelude::*;
use shared::id::NodeId;

use crate::{
    canvas::{
        layout::NodeLayout,
        state::{Canvas, CanvasStateStoreExt},
        surface::port_of,
    },
    dom,
};

/// In context below the editor page.
#[derive(Clone, Copy, PartialEq)]
pub struct Measure {
    waiting: CopyValue<BTreeSet<NodeId>>,
    due: Callback<()>,
}

pub fn use_measure_provider(canvas: Canvas) {
    use_context_provider(|| {
        let mut waiting = CopyValue::new(BTreeSet::<NodeId>::new());
        let due = Callback::new(move |()| {
            spawn(async move {
                dom::next_frame().await;
                let ids = std::mem::take(&mut *waiting.write());
                let measured = ids.iter().filter_map(|id| Some((id.clone(), layout_of(id)?))).collect();
                keep(canvas, measured);
                canvas.replica().note_touched(&ids, &BTreeSet::new());
            });
        });
        Measure { waiting, due }
    });
}

pub fn use_measure() -> Measure {
    use_context()
}

impl Measure {
    /// To be called when a node's card appeared or changed its size.
    pub fn later(mut self, id: &NodeId) {
        let first = self.waiting.read().is_empty();
        self.waiting.write().insert(id.clone());
        if first {
            self.due.call(());
        }
    }
}

fn layout_of(id: &NodeId) -> Option<NodeLayout> {
    let dom::Measured { size, ports } = dom::measure_node(id.as_str())?;
    let ports = ports.into_iter().filter_map(|(hook, at)| Some((port_of(&hook)?, at)));
    Some(NodeLayout { size, ports: ports.collect() })
}

fn keep(canvas: Canvas, measured: Vec<(NodeId, NodeLayout)>) {
    let mut layouts = canvas.state.layouts();
    let (known, new): (Vec<_>, Vec<_>) = measured.into_iter().partition(|(id, _)| layouts.peek().contains_key(id));
    for (id, layout) in known {
        let differs = layouts.peek().get(&id) != Some(&layout);
        if differs {
            // Only who asked for this node runs again.
            layouts.get_unchecked(id).set(layout);
        }
    }
    if !new.is_empty() {
        // In one write: it wakes everybody who asked for any node.
        layouts.write().extend(new);
    }
}
