//! Who was turned away lately. Stock y-websocket clients cannot be told to stop: they come back for ever, up to ten times
//! a second. After a few refusals the same attempt is refused without looking anything up.
//!
//! Counts by attempt (address, credentials and document), so that a tab somebody forgot does not lock a whole office
//! out, and by address, against attempts that differ.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use moka::future::Cache;

/// For so long a refusal is remembered, from the first one on.
const WINDOW: Duration = Duration::from_secs(60);
const MAX_SAME: u32 = 5;
const MAX_OF_ADDRESS: u32 = 300;
/// Addresses and attempts remembered at most.
const CAPACITY: u64 = 100_000;

/// Refused for coming back too often. Carries how long to stay away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub Duration);

/// One attempt to open a document, from one address.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    address: IpAddr,
    hash: [u8; 32],
}

#[derive(Debug)]
pub struct Refusals {
    same: Cache<[u8; 32], Arc<AtomicU32>>,
    addresses: Cache<IpAddr, Arc<AtomicU32>>,
}

impl Default for Refusals {
    fn default() -> Self {
        fn cache<K: std::hash::Hash + Eq + Send + Sync + 'static>() -> Cache<K, Arc<AtomicU32>> {
            Cache::builder().max_capacity(CAPACITY).time_to_live(WINDOW).build()
        }
        Self { same: cache(), addresses: cache() }
    }
}

impl Refusals {
    /// Whether the attempt is worth looking at. `epoch` changes when rights do: who was just invited is let in.
    pub async fn check(
        &self,
        address: IpAddr,
        document: &str,
        tokens: &[String],
        epoch: u64,
    ) -> Result<Attempt, TooMany> {
        let mut hasher = blake3::Hasher::new();
        for part in [address.to_string().as_str(), document].into_iter().chain(tokens.iter().map(String::as_str)) {
            // With its length, so that two parts never read like two others.
            hasher.update(&part.len().to_le_bytes()).update(part.as_bytes());
        }
        hasher.update(&epoch.to_le_bytes());
        let attempt = Attempt { address, hash: hasher.finalize().into() };
        if self.same.get(&attempt.hash).await.is_some_and(|count| count.load(Ordering::Relaxed) >= MAX_SAME) {
            return Err(TooMany(WINDOW));
        }
        self.check_address(address).await?;
        Ok(attempt)
    }

    /// For sockets on which documents are asked for later.
    pub async fn check_address(&self, address: IpAddr) -> Result<(), TooMany> {
        let count = self.addresses.get(&address).await.map_or(0, |count| count.load(Ordering::Relaxed));
        if count >= MAX_OF_ADDRESS { Err(TooMany(WINDOW)) } else { Ok(()) }
    }

    pub async fn refused(&self, attempt: Attempt) {
        self.same.get_with(attempt.hash, async { Arc::default() }).await.fetch_add(1, Ordering::Relaxed);
        self.refused_from(attempt.address, 1).await;
    }

    pub async fn refused_from(&self, address: IpAddr, times: u32) {
        if times > 0 {
            metrics::counter!("openflow_sockets_refused_total").increment(times.into());
            self.addresses.get_with(address, async { Arc::default() }).await.fetch_add(times, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    async fn is_let_in(refusals: &Refusals, address: IpAddr, token: &str, epoch: u64) -> bool {
        refusals.check(address, "wf_1", &[token.into()], epoch).await.is_ok()
    }

    async fn refuse(refusals: &Refusals, token: &str) {
        let attempt = refusals.check(HOME, "wf_1", &[token.into()], 0).await.expect("not too many yet");
        refusals.refused(attempt).await;
    }

    #[tokio::test]
    async fn the_same_attempt_is_soon_refused_unseen_and_others_are_not() {
        let refusals = Refusals::default();
        for _ in 0..MAX_SAME {
            refuse(&refusals, "stale").await;
        }
        assert!(!is_let_in(&refusals, HOME, "stale", 0).await);
        assert!(is_let_in(&refusals, HOME, "valid", 0).await);
        assert!(is_let_in(&refusals, OTHER, "stale", 0).await);
        assert!(is_let_in(&refusals, HOME, "stale", 1).await, "rights have changed since");
    }

    #[tokio::test]
    async fn an_address_cannot_try_for_ever() {
        let refusals = Refusals::default();
        for number in 0..MAX_OF_ADDRESS {
            refuse(&refusals, &number.to_string()).await;
        }
        assert!(!is_let_in(&refusals, HOME, "another", 0).await);
        assert!(refusals.check_address(HOME).await.is_err());
        assert!(is_let_in(&refusals, OTHER, "another", 0).await);
    }
}
