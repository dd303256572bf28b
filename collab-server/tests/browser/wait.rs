//! Waiting for something to become true. Nothing here sleeps for a while and hopes.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

/// Generous: two browsers and a debug build share two cores.
const PATIENCE: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer. `what` completes "… did not happen".
pub async fn eventually<T, F, Fut>(what: &str, mut ask: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < give_up, "{what} did not happen within {} s", PATIENCE.as_secs());
        sleep(PAUSE).await;
    }
}
