//! Who is in a room: the server's own table of awareness states.
//!
//! yrs has such a table too, but without expiry, without a check that a state is JSON, and with the rule that makes a
//! person who reconnects invisible until their clock has grown past what others remember. Here a client that comes back
//! with an old clock is stamped with a newer one, which stock clients adopt.
//! Pure: time comes in as a parameter, sending is the room's business.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use serde_json::{Map, Value};
use shared::{presence::PresentUser, protocol::awareness::Entry};
use tokio::time::Instant;

use super::{ConnectionId, update};

/// Longest state, in bytes of JSON.
pub const MAX_STATE_BYTES: usize = 64 * 1024;
/// A client that says nothing for so long is gone. Stock clients repeat themselves every 15 s.
pub const EXPIRY: Duration = Duration::from_secs(30);
/// Stock clients forget others after 30 s without a word, so what has not changed is still repeated.
const REPEAT: Duration = Duration::from_secs(10);
/// How long the clock of somebody who left is remembered. Others remember it for as long as they stay.
const CLOCK_MEMORY: Duration = Duration::from_secs(3600);
/// One connection speaks for its own client, and perhaps for one it had before a reload.
const MAX_CLIENTS_PER_CONNECTION: usize = 4;

/// A state that is refused: whoever sends it does not speak the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadState {
    #[error("a presence state is larger than 64 KiB")]
    TooLarge,
    #[error("a presence state is not a JSON object")]
    Json,
    #[error("a presence clock is out of range")]
    Clock,
}

#[derive(Debug, Default)]
pub struct PresenceTable {
    present: BTreeMap<u64, Present>,
    /// Last clock sent for clients that left, and when they did.
    left: HashMap<u64, (u32, Instant)>,
    /// Clients whose state the others have not seen.
    changed: BTreeSet<u64>,
}

#[derive(Debug)]
struct Present {
    connection: ConnectionId,
    /// The clock the client used itself.
    claimed: u32,
    /// The clock the others know.
    sent: u32,
    state: String,
    heard_at: Instant,
    forwarded_at: Instant,
}

impl PresenceTable {
    /// Takes one client's word. Words about clients of other connections are ignored: stock clients repeat them.
    pub fn update(
        &mut self,
        connection: ConnectionId,
        user: &PresentUser,
        entry: &Entry<'_>,
        now: Instant,
    ) -> Result<(), BadState> {
        if u64::from(entry.clock) >= update::MAX_CLOCK - 1 {
            return Err(BadState::Clock);
        }
        match (self.present.get_mut(&entry.client), &entry.state) {
            (Some(present), _) if present.connection != connection => {}
            (Some(_), None) => self.remove(entry.client, now),
            (None, None) => {}
            (Some(present), Some(state)) => {
                present.heard_at = now;
                if entry.clock <= present.claimed {
                    return Ok(());
                }
                present.claimed = entry.clock;
                let state = signed(state, user)?;
                if state != present.state || now - present.forwarded_at >= REPEAT {
                    present.state = state;
                    present.sent = entry.clock.max(present.sent + 1);
                    self.changed.insert(entry.client);
                }
            }
            (None, Some(state)) => {
                let mine = self.present.values().filter(|present| present.connection == connection).count();
                if mine >= MAX_CLIENTS_PER_CONNECTION {
                    return Ok(());
                }
                let state = signed(state, user)?;
                let sent = match self.left.remove(&entry.client) {
                    Some((last, _)) => entry.clock.max(last + 1),
                    None => entry.clock,
                };
                let present =
                    Present { connection, claimed: entry.clock, sent, state, heard_at: now, forwarded_at: now };
                self.present.insert(entry.client, present);
                self.changed.insert(entry.client);
            }
        }
        Ok(())
    }

    /// Whether a client is this connection's to speak for: known as its own, or new.
    pub fn is_of(&self, client: u64, connection: ConnectionId) -> bool {
        self.present.get(&client).is_none_or(|present| present.connection == connection)
    }

    /// Takes over the clients of a connection of the same person that has not been noticed to be dead.
    pub fn hand_over(&mut self, client: u64, to: ConnectionId, may: impl Fn(ConnectionId) -> bool) {
        if let Some(present) = self.present.get_mut(&client)
            && present.connection != to
            && may(present.connection)
        {
            present.connection = to;
            present.claimed = 0;
        }
    }

    pub fn connection_closed(&mut self, connection: ConnectionId, now: Instant) {
        self.remove_where(now, |present| present.connection == connection);
    }

    pub fn expire(&mut self, now: Instant) {
        self.remove_where(now, |present| now - present.heard_at >= EXPIRY);
        self.left.retain(|_, (_, left_at)| now - *left_at < CLOCK_MEMORY);
    }

    fn remove_where(&mut self, now: Instant, gone: impl Fn(&Present) -> bool) {
        let clients: Vec<u64> =
            self.present.iter().filter(|(_, present)| gone(present)).map(|(client, _)| *client).collect();
        for client in clients {
            self.remove(client, now);
        }
    }

    fn remove(&mut self, client: u64, now: Instant) {
        if let Some(present) = self.present.remove(&client) {
            // At an equal clock a removal wins, so the client can come back with the next one.
            self.left.insert(client, (present.sent, now));
            self.changed.insert(client);
        }
    }

    pub fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What changed since the last call, for everyone.
    pub fn take_changes(&mut self, now: Instant) -> Vec<Entry<'_>> {
        for client in &self.changed {
            if let Some(present) = self.present.get_mut(client) {
                present.forwarded_at = now;
            }
        }
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|client| self.entry(client)).collect()
    }

    /// Everybody, for somebody who just came.
    pub fn everyone(&self) -> Vec<Entry<'_>> {
        self.present.keys().filter_map(|client| self.entry(*client)).collect()
    }

    fn entry(&self, client: u64) -> Option<Entry<'_>> {
        match self.present.get(&client) {
            Some(present) => Some(Entry { client, clock: present.sent, state: Some(present.state.as_str().into()) }),
            None => self.left.get(&client).map(|(clock, _)| Entry { client, clock: *clock, state: None }),
        }
    }
}

/// The state with `user` as the sign-in says, whatever the client wrote there.
fn signed(state: &str, user: &PresentUser) -> Result<String, BadState> {
    if state.len() > MAX_STATE_BYTES {
        return Err(BadState::TooLarge);
    }
    update::check_json(state).map_err(|_| BadState::Json)?;
    let mut object: Map<String, Value> = serde_json::from_str(state).map_err(|_| BadState::Json)?;
    let user = serde_json::to_value(user).expect("a name and two texts are JSON");
    object.insert("user".into(), user);
    Ok(Value::Object(object).to_string())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const A: ConnectionId = ConnectionId(1);
    const B: ConnectionId = ConnectionId(2);

    fn ada() -> PresentUser {
        PresentUser { id: Uuid::from_u128(1).into(), name: "Ada".into(), color: "#aabbcc".into() }
    }

    fn says(clock: u32, state: &'static str) -> Entry<'static> {
        Entry { client: 7, clock, state: Some(state.into()) }
    }

    /// Client, clock, and the state or nothing: what went out.
    fn sent(table: &mut PresenceTable, now: Instant) -> Vec<(u64, u32, Option<String>)> {
        let entries = table.take_changes(now);
        entries.into_iter().map(|entry| (entry.client, entry.clock, entry.state.map(Into::into))).collect()
    }

    #[test]
    fn the_sign_in_decides_who_somebody_is() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.update(A, &ada(), &says(1, r#"{"user":{"name":"Eve"},"cursor":[1,2]}"#), now).expect("valid");
        let state = sent(&mut table, now).remove(0).2.expect("present");
        let state: Value = serde_json::from_str(&state).expect("JSON");
        assert_eq!(state["user"]["name"], "Ada");
        assert_eq!(state["cursor"], serde_json::json!([1, 2]));
    }

    #[test]
    fn states_that_would_break_browsers_are_refused() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        for (state, error) in [("{", BadState::Json), ("[]", BadState::Json), ("1", BadState::Json)] {
            assert_eq!(table.update(A, &ada(), &says(1, state), now), Err(error));
        }
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_STATE_BYTES));
        let entry = Entry { client: 7, clock: 1, state: Some(large.into()) };
        assert_eq!(table.update(A, &ada(), &entry, now), Err(BadState::TooLarge));
        assert_eq!(table.update(A, &ada(), &says(u32::MAX, "{}"), now), Err(BadState::Clock));
    }

    #[test]
    fn somebody_who_comes_back_with_an_old_clock_is_seen_at_once() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.update(A, &ada(), &says(9, "{}"), now).expect("valid");
        sent(&mut table, now);
        table.connection_closed(A, now);
        assert_eq!(sent(&mut table, now), [(7, 9, None)]);
        table.update(B, &ada(), &says(9, "{}"), now).expect("valid");
        let back = sent(&mut table, now).remove(0);
        assert_eq!((back.0, back.1, back.2.is_some()), (7, 10, true));
        // The client adopts 10 and goes on from there.
        table.update(B, &ada(), &says(11, r#"{"cursor":[0,0]}"#), now).expect("valid");
        assert_eq!(sent(&mut table, now)[0].1, 11);
    }

    #[test]
    fn nobody_speaks_for_another_connection() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.update(A, &ada(), &says(1, "{}"), now).expect("valid");
        sent(&mut table, now);
        table.update(B, &ada(), &Entry { client: 7, clock: 2, state: None }, now).expect("ignored");
        table.update(B, &ada(), &says(3, r#"{"cursor":[6,6]}"#), now).expect("ignored");
        assert_eq!(sent(&mut table, now), []);
        table.hand_over(7, B, |_| true);
        table.update(B, &ada(), &says(3, r#"{"cursor":[6,6]}"#), now).expect("valid");
        assert_eq!(sent(&mut table, now).len(), 1);
    }

    #[test]
    fn the_same_state_is_repeated_only_as_often_as_needed() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.update(A, &ada(), &says(1, "{}"), now).expect("valid");
        sent(&mut table, now);
        table.update(A, &ada(), &says(2, "{}"), now + Duration::from_secs(1)).expect("valid");
        assert!(!table.has_changes());
        table.update(A, &ada(), &says(3, "{}"), now + REPEAT).expect("valid");
        assert!(table.has_changes());
    }

    #[test]
    fn whoever_is_silent_for_30_s_is_gone() {
        let (mut table, now) = (PresenceTable::default(), Instant::now());
        table.update(A, &ada(), &says(1, "{}"), now).expect("valid");
        sent(&mut table, now);
        table.expire(now + EXPIRY - Duration::from_millis(1));
        assert!(!table.has_changes());
        table.expire(now + EXPIRY);
        assert_eq!(sent(&mut table, now + EXPIRY), [(7, 1, None)]);
        assert!(table.everyone().is_empty());
    }
}
