//! How much memory all open documents may take together, by estimate. Over it no more are opened; those that are open
//! go on.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// What a document takes in memory for every byte of its encoding, as measured on graphs.
const EXPANSION: usize = 12;
/// What a room takes that holds nothing.
const ROOM_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub struct Budget {
    /// Written by every room, with its own share; counted here because no room sees the others.
    used: AtomicUsize,
    max: usize,
}

impl Budget {
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), max })
    }

    /// Room for a document of so many encoded bytes, if there is any left.
    pub fn share(self: &Arc<Self>, encoded: usize) -> Option<Share> {
        let weight = weight(encoded);
        let reserve = |used: usize| used.checked_add(weight).filter(|used| *used <= self.max);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, reserve).ok()?;
        Some(Share { budget: self.clone(), weight })
    }
}

fn weight(encoded: usize) -> usize {
    ROOM_BYTES + encoded * EXPANSION
}

/// One document's part of the budget. Given back when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    weight: usize,
}

impl Share {
    /// The document has grown or shrunk. What is open stays open, so this cannot fail.
    pub fn resize(&mut self, encoded: usize) {
        let weight = weight(encoded);
        self.budget.used.fetch_add(weight, Ordering::Relaxed);
        self.budget.used.fetch_sub(self.weight, Ordering::Relaxed);
        self.weight = weight;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.weight, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_had_again() {
        let budget = Budget::new(3 * weight(100));
        let mut first = budget.share(100).expect("there is room");
        let _second = budget.share(100).expect("there is room");
        first.resize(200);
        first.resize(100);
        let third = budget.share(100).expect("there is room");
        assert!(budget.share(1).is_none());
        drop(third);
        assert!(budget.share(100).is_some());
    }
}
