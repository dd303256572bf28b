//! What is known of one node, and not of its kind: ports and settings may follow from what is set in it (a branch has an
//! output for each of its cases).

use std::rc::Rc;

use dioxus::prelude::*;
use shared::{id::NodeId, node::NodeSpec};

use crate::{canvas::state::Canvas, replica::view::CanvasViewStoreExt};

/// Nothing for a node that is gone, or of a type that is not known here.
pub fn use_spec(canvas: Canvas, id: &NodeId) -> Memo<Option<Rc<NodeSpec>>> {
    let id = id.clone();
    use_memo(move || {
        let node = canvas.view.nodes().get(id.clone())?;
        let catalog = canvas.catalog();
        let spec = catalog.of(&node.read())?.into_owned();
        Some(Rc::new(spec))
    })
}
