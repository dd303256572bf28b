//! Attributes that cards and boxes share: place, selection and state, as text for styles and tests.

use dioxus::prelude::*;
use shared::id::NodeId;

use super::node_status;
use crate::{
    canvas::{
        geometry::Point,
        state::{Canvas, CanvasStateStoreExt},
    },
    replica::view::CanvasViewStoreExt,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Outside {
    pub x: f64,
    pub y: f64,
    pub selected: bool,
    /// In this person's hand.
    pub held: bool,
    /// Somebody else drags it: its place is eased.
    pub eased: bool,
    pub status: &'static str,
    pub stale: bool,
    pub problem: bool,
    /// Name and colour of somebody who has it selected.
    pub holder: Option<(String, String)>,
}

/// `position` says where it is drawn, and subscribes to that.
pub fn use_outside(
    canvas: Canvas,
    id: &NodeId,
    position: fn(&Canvas, &NodeId) -> Option<Point>,
) -> Memo<Option<Outside>> {
    let id = id.clone();
    use_memo(move || {
        let [x, y] = position(&canvas, &id)?;
        Some(Outside {
            x,
            y,
            selected: canvas.state.selection().read().contains(&id),
            held: canvas.held.read().as_ref().is_some_and(|held| held.contains_key(&id)),
            eased: canvas.remote_held.read().contains(&id),
            status: node_status(canvas, &id),
            stale: canvas.view.stale().read().contains(&id),
            problem: canvas.faulty.read().contains_key(&id),
            holder: canvas.holders.read().get(&id).cloned(),
        })
    })
}
