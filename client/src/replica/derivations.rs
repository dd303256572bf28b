//! Works out what follows from the graph as a whole, whenever it has changed, in the time that nobody else needs.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::{Replica, refresh, stale::derive, view::CanvasViewStoreExt};
use crate::dom;

/// Begun when edits have paused for this long.
const PAUSE_MILLIS: f64 = 120.0;
/// Nobody waits longer than this to hear what is wrong.
const PAUSE_MOST_MILLIS: f64 = 2_000.0;
/// What was read of a graph that changed meanwhile is read again so often at most, in case that a wire was seen without
/// its node. Where edits never pause it is shown all the same.
const AGAIN: u8 = 2;

impl Replica {
    pub(super) async fn derivations(&self) {
        let mut pause_millis = PAUSE_MILLIS;
        let mut again = 0;
        loop {
            self.inner.derive.wait().await;
            TimeoutFuture::new(pause_millis as u32).await;
            let mut worked = Worked { millis: 0.0, since_millis: dom::page_millis() };
            let derived = derive(&self.inner.graph, &self.inner.catalog, async || worked.rest().await).await;
            // At most a tenth of the time goes here, however large the graph is and however fast it changes.
            pause_millis = (worked.total_millis() * 9.0).clamp(PAUSE_MILLIS, PAUSE_MOST_MILLIS);
            if self.inner.derive.is_rung() && again < AGAIN {
                again += 1;
                continue;
            }
            again = 0;
            let view = self.inner.view;
            let stale = derived.stale(view.outputs().peek().iter());
            refresh::write_changed(view.stale(), stale);
            refresh::write_changed(view.problems(), derived.problems);
        }
    }
}

/// How long something took without its pauses.
struct Worked {
    millis: f64,
    since_millis: f64,
}

impl Worked {
    fn total_millis(&self) -> f64 {
        self.millis + dom::page_millis() - self.since_millis
    }

    async fn rest(&mut self) {
        self.millis = self.total_millis();
        dom::idle().await;
        self.since_millis = dom::page_millis();
    }
}
