//! How long to wait before the next attempt to connect.

const FIRST_MILLIS: f64 = 400.0;
const LONGEST_MILLIS: f64 = 15_000.0;

#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Doubles with every failure. `random` (0 to 1) spreads tabs that lost the same server over half the time.
    pub fn next_millis(&mut self, random: f64) -> u32 {
        let longest = (FIRST_MILLIS * 2_f64.powi(self.failures.min(16) as i32)).min(LONGEST_MILLIS);
        self.failures += 1;
        (longest * (0.5 + 0.5 * random)) as u32
    }

    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_start_over_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u32> = (0..8).map(|_| backoff.next_millis(1.0)).collect();
        assert_eq!(waits, [400, 800, 1600, 3200, 6400, 12800, 15000, 15000]);
        backoff.succeeded();
        assert_eq!(backoff.next_millis(0.0), 200);
    }
}
