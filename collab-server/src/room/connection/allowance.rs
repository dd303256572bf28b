//! How much a connection may send: a bucket that fills over time. Nothing is dropped; whoever sends more is read more
//! slowly, until its own line is full.

use std::time::Duration;

use tokio::time::{Instant, sleep};

#[derive(Debug)]
pub struct Allowance {
    /// How long one takes to come back.
    one: Duration,
    burst: u32,
    /// When the bucket would be full.
    full_at: Instant,
}

impl Allowance {
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        Self { one: Duration::from_secs(1) / per_second.max(1), burst, full_at: now }
    }

    /// Takes one out, as soon as there is one.
    pub async fn wait(&mut self) {
        if let Some(pause) = self.take(Instant::now()) {
            sleep(pause).await;
        }
    }

    /// Takes one out. Yields how long to wait for it.
    fn take(&mut self, now: Instant) -> Option<Duration> {
        self.full_at = self.full_at.max(now) + self.one;
        let overdrawn = self.full_at.saturating_duration_since(now + self.one * self.burst);
        (!overdrawn.is_zero()).then_some(overdrawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_more_is_slowed_down() {
        let now = Instant::now();
        let mut allowance = Allowance::new(30, 200, now);
        assert!((0..200).all(|_| allowance.take(now).is_none()));
        assert_eq!(allowance.take(now), Some(allowance.one));
        let later = now + Duration::from_secs(10);
        assert!((0..200).all(|_| allowance.take(later).is_none()));
    }

    #[test]
    fn thirty_a_second_go_on_for_ever() {
        let started = Instant::now();
        let mut allowance = Allowance::new(30, 200, started);
        let mut now = started;
        for _ in 0..500 {
            now += allowance.take(now).unwrap_or_default();
        }
        assert_eq!((now - started).as_millis(), 9_999);
    }
}
