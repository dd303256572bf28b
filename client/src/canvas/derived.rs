//! What many components want to know of the hand, worked out once a move.
//!
//! Each part changes as seldom as it can, so that a move of the pointer runs only what moves.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use shared::{graph::EdgeId, id::NodeId};

use super::{
    connect::{Partner, PortRef},
    geometry::Point,
    gesture::Gesture,
    guides::Guide,
};

pub fn held(gesture: &Gesture) -> Option<Rc<BTreeMap<NodeId, Point>>> {
    match gesture {
        // Copies are dropped; the originals stay where they are.
        Gesture::Move(moving) if !moving.copies => Some(moving.origins.clone()),
        _ => None,
    }
}

pub fn delta(gesture: &Gesture) -> Point {
    match gesture {
        Gesture::Move(moving) => moving.delta,
        _ => [0.0, 0.0],
    }
}

/// The wire that what is in the hand would be put into.
pub fn onto(gesture: &Gesture) -> Option<EdgeId> {
    match gesture {
        Gesture::Move(moving) => moving.onto.clone(),
        _ => None,
    }
}

pub fn guides(gesture: &Gesture) -> Vec<Guide> {
    match gesture {
        Gesture::Move(moving) => moving.guides.clone(),
        _ => Vec::new(),
    }
}

/// A wire in the hand, without its loose end.
#[derive(Debug, Clone)]
pub struct Loose {
    pub from: PortRef,
    pub meant: Option<PortRef>,
    pub detached: Option<EdgeId>,
    pub bundle: Rc<[EdgeId]>,
    partners: Rc<[Partner]>,
}

impl PartialEq for Loose {
    fn eq(&self, other: &Self) -> bool {
        // The partners of one gesture are one allocation; comparing them would cost more than what it saves.
        self.from == other.from
            && self.meant == other.meant
            && self.detached == other.detached
            && Rc::ptr_eq(&self.partners, &other.partners)
    }
}

impl Loose {
    pub fn fitting(&self) -> BTreeSet<PortRef> {
        self.partners.iter().map(|partner| partner.port.clone()).collect()
    }

    /// Whether this wire is in the hand, and not where it was.
    pub fn took(&self, edge: &EdgeId) -> bool {
        self.detached.as_ref() == Some(edge) || self.bundle.contains(edge)
    }
}

pub fn loose(gesture: &Gesture) -> Option<Loose> {
    let (Gesture::Wire(loose) | Gesture::TappedWire(loose)) = gesture else { return None };
    Some(Loose {
        from: loose.from.clone(),
        meant: loose.meant.clone(),
        detached: loose.detached.clone(),
        bundle: loose.bundle.clone(),
        partners: loose.partners.clone(),
    })
}
