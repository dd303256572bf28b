//! How far each server's rows of a document's log go.
//!
//! Every start of a server counts its own rows, so servers that write to one document need not agree on numbers. The
//! rows of one server are committed in the order of their numbers: whoever has one has all before it. Pure; rooms keep
//! one per document, and every snapshot carries one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// More servers than ever write to one document between two snapshots. A server that has ended writes no more, so
/// forgetting the oldest forgets nothing that counts.
const MAX_REMEMBERED: usize = 256;

/// One start of a server. A process that is started again is another server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerId(Uuid);

impl ServerId {
    /// Nobody's: of the row a document begins with.
    pub const FOUNDER: Self = Self(Uuid::nil());

    /// Later starts have greater ids.
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }

    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for ServerId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl std::fmt::Display for ServerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// For each server the last of its rows that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heads(BTreeMap<ServerId, u64>);

impl Heads {
    /// The last row of a server, 0 if none is known.
    pub fn get(&self, server: ServerId) -> u64 {
        self.0.get(&server).copied().unwrap_or(0)
    }

    /// Takes note of a row and all before it.
    pub fn advance(&mut self, server: ServerId, seq: u64) {
        if seq > self.get(server) {
            self.0.insert(server, seq);
        }
    }

    pub fn advance_all(&mut self, other: &Self) {
        other.iter().for_each(|(server, seq)| self.advance(server, seq));
    }

    /// Whether every row that `other` knows is known here.
    pub fn covers(&self, other: &Self) -> bool {
        other.iter().all(|(server, seq)| self.get(server) >= seq)
    }

    pub fn iter(&self) -> impl Iterator<Item = (ServerId, u64)> {
        self.0.iter().map(|(server, seq)| (*server, *seq))
    }

    /// Forgets the oldest servers beyond what is worth remembering, but never `own`.
    pub fn shorten(&mut self, own: ServerId) {
        while self.0.len() > MAX_REMEMBERED {
            let oldest = self.0.keys().find(|server| **server != own).copied();
            self.0.remove(&oldest.expect("there are more than one"));
        }
    }
}

impl FromIterator<(ServerId, u64)> for Heads {
    fn from_iter<T: IntoIterator<Item = (ServerId, u64)>>(rows: T) -> Self {
        let mut heads = Self::default();
        rows.into_iter().for_each(|(server, seq)| heads.advance(server, seq));
        heads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(number: u128) -> ServerId {
        Uuid::from_u128(number).into()
    }

    #[test]
    fn a_row_stands_for_all_before_it() {
        let heads: Heads = [(server(1), 3), (server(1), 2), (server(2), 1)].into_iter().collect();
        assert_eq!((heads.get(server(1)), heads.get(server(2)), heads.get(server(3))), (3, 1, 0));
        assert!(heads.covers(&[(server(1), 2)].into_iter().collect()));
        assert!(!heads.covers(&[(server(3), 1)].into_iter().collect()));
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let heads: Heads = [(server(1), 3), (ServerId::FOUNDER, 1)].into_iter().collect();
        let json = serde_json::to_string(&heads).expect("plain data");
        assert_eq!(serde_json::from_str::<Heads>(&json).expect("it was written so"), heads);
    }

    #[test]
    fn the_oldest_are_forgotten_first_and_oneself_never() {
        let mut heads: Heads = (1..=MAX_REMEMBERED as u128 + 2).map(|number| (server(number), 1)).collect();
        heads.shorten(server(1));
        assert_eq!(heads.iter().count(), MAX_REMEMBERED);
        assert_eq!((heads.get(server(1)), heads.get(server(2)), heads.get(server(4))), (1, 0, 1));
    }
}
