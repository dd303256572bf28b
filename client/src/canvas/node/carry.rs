//! Cards in the hand, moved past the components: running fifty of them for each move took a third of a frame.

use std::{collections::BTreeMap, rc::Rc};

use dioxus::prelude::*;
use shared::id::NodeId;

use crate::{
    canvas::{
        geometry::{Point, plus},
        state::Canvas,
    },
    dom,
};

type Held = Rc<BTreeMap<NodeId, Point>>;

/// Moves the elements of cards with the hand, and puts those back that it lets go where they were.
///
/// A card that runs meanwhile says the same place ([`Canvas::card_position`]).
pub fn use_carrying(canvas: Canvas) {
    let mut before = use_hook(|| CopyValue::new(None::<Held>));
    use_effect(move || {
        let held = canvas.held.read().clone();
        let delta = *canvas.delta.read();
        let cards = canvas.cards.read();
        let origins = held.as_deref();
        let let_go = before.replace(held.clone());
        for id in cards.iter() {
            if let Some(origin) = origins.and_then(|held| held.get(id)) {
                dom::place_node(id.as_str(), plus(*origin, delta));
            } else if let_go.as_ref().is_some_and(|held| held.contains_key(id))
                && let Some(at) = canvas.position(id)
            {
                dom::place_node(id.as_str(), at);
            }
        }
    });
}
