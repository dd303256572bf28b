//! Hears from other processes that something is new about runs, so that nobody has to wait for the next look into the
//! database. What it is stands there; a note that is lost costs the time until that look.

use super::worker::HEARTBEAT;
use crate::{
    bus::{Feed, Link, RunNote, Topic},
    state::AppState,
};

/// Until the process stops.
pub async fn listen(state: AppState) {
    let runs = &state.runs;
    let mut link = runs.bus().link();
    let mut feed = Feed::Silent;
    loop {
        if *link.borrow_and_update() == Link::Up && feed.is_silent() {
            feed = runs.bus().follow(Topic::Runs).await;
        }
        let heard = async {
            tokio::select! {
                note = feed.next() => RunNote::decode(&note),
                // It may also come up again after the subscription did not succeed.
                () = tokio::time::sleep(HEARTBEAT) => None,
            }
        };
        match runs.unless_stopped(heard).await {
            Some(Some(note)) => runs.heard(note),
            Some(None) => {}
            None => return,
        }
    }
}
