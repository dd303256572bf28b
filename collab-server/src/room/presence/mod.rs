//! Who is in a room: the server's own table of awareness states.
//!
//! yrs has such a table too, but without expiry, without a check that a state is JSON, and with the rule that makes a
//! person who reconnects invisible until their clock has grown past what others remember. Here a client that comes back
//! with an old clock is stamped with a newer one, which stock clients adopt.
//! The people on other servers are in the table too, under their server: each server stamps and signs its own.
//! Pure: time comes in as a parameter, sending is the room's business.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use serde_json::{Map, Value};
use shared::{id::UserId, presence::PresentUser, protocol::awareness::Entry};
use tokio::time::Instant;

use super::{ConnectionId, ServerId, update};
use crate::bus;

#[cfg(test)]
mod tests;

/// Longest state, in bytes of JSON.
pub const MAX_STATE_BYTES: usize = 64 * 1024;
/// A client that says nothing for so long is gone. Stock clients repeat themselves every 15 s.
pub const EXPIRY: Duration = Duration::from_secs(30);
/// The same on another server: one note about them may have been lost.
const EXPIRY_THERE: Duration = Duration::from_secs(50);
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
    left: HashMap<u64, Gone>,
    /// Clients whose state the others have not seen.
    changed: BTreeSet<u64>,
    /// Those of them that speak, or spoke, on this server: other servers have to hear of them.
    changed_here: BTreeSet<u64>,
}

/// A client that left.
#[derive(Debug)]
struct Gone {
    /// Last clock sent.
    sent: u32,
    at: Instant,
    user: UserId,
}

/// Where a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    Here(ConnectionId),
    There(ServerId),
}

#[derive(Debug)]
struct Present {
    speaker: Speaker,
    user: UserId,
    /// The clock the client used itself, or the other server for it.
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
            (Some(present), _) if present.speaker != Speaker::Here(connection) => {}
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
                    self.changed_here.insert(entry.client);
                }
            }
            (None, Some(state)) => {
                let speaker = Speaker::Here(connection);
                let mine = self.present.values().filter(|present| present.speaker == speaker).count();
                if mine >= MAX_CLIENTS_PER_CONNECTION {
                    return Ok(());
                }
                let state = signed(state, user)?;
                self.come(entry.client, speaker, user.id, entry.clock, state, now);
                self.changed_here.insert(entry.client);
            }
        }
        Ok(())
    }

    /// Whether a client is this connection's to speak for: known as its own, or new.
    pub fn is_of(&self, client: u64, connection: ConnectionId) -> bool {
        self.present.get(&client).is_none_or(|present| present.speaker == Speaker::Here(connection))
    }

    /// Who shows this client on another server.
    pub fn speaker_elsewhere(&self, client: u64) -> Option<UserId> {
        let present = self.present.get(&client)?;
        matches!(present.speaker, Speaker::There(_)).then_some(present.user)
    }

    fn come(&mut self, client: u64, speaker: Speaker, user: UserId, claimed: u32, state: String, now: Instant) {
        let sent = match self.left.remove(&client) {
            Some(gone) => claimed.max(gone.sent + 1),
            None => claimed,
        };
        let present = Present { speaker, user, claimed, sent, state, heard_at: now, forwarded_at: now };
        self.present.insert(client, present);
        self.changed.insert(client);
    }

    /// Takes another server's word about one of its clients. A state that is no JSON would break browsers: it is
    /// ignored, whoever sent it.
    pub fn hear(&mut self, server: ServerId, said: &bus::Present, now: Instant) {
        let bus::Present { client, clock, user, state } = said;
        if state.as_ref().is_some_and(|state| update::check_json(state).is_err() || state.len() > 2 * MAX_STATE_BYTES) {
            return;
        }
        match (self.present.get_mut(client), state) {
            (Some(present), state) if matches!(present.speaker, Speaker::Here(_)) => {
                if *clock < present.sent {
                    return;
                }
                if state.is_some() && *clock > present.sent && present.user == *user {
                    // The person has moved there, and the socket here is not yet known to be dead.
                    present.speaker = Speaker::There(server);
                    present.claimed = 0;
                    return self.hear(server, said, now);
                }
                // An old word, or the end of the connection that the person had there: here they are.
                present.sent = clock + 1;
                self.changed.insert(*client);
                self.changed_here.insert(*client);
            }
            (Some(present), None) if present.speaker == Speaker::There(server) => self.remove(*client, now),
            (Some(_) | None, None) => {}
            (Some(present), Some(state)) => {
                let moved = present.speaker != Speaker::There(server);
                if moved && *clock <= present.sent {
                    return;
                }
                present.heard_at = now;
                if moved || *clock > present.claimed {
                    present.speaker = Speaker::There(server);
                    present.user = *user;
                    present.claimed = *clock;
                    present.sent = (*clock).max(present.sent + 1);
                    present.state.clone_from(state);
                    self.changed.insert(*client);
                }
            }
            (None, Some(state)) => self.come(*client, Speaker::There(server), *user, *clock, state.clone(), now),
        }
    }

    /// The clients on another server, as it says: whoever is not among them has gone.
    pub fn retain_there(&mut self, server: ServerId, clients: &[u64], now: Instant) {
        let there: BTreeSet<u64> = clients.iter().copied().collect();
        self.remove_where(now, |client, present| present.speaker == Speaker::There(server) && !there.contains(&client));
    }

    /// Takes over the clients of a connection of the same person that has not been noticed to be dead, here or on
    /// another server.
    pub fn hand_over(&mut self, client: u64, to: ConnectionId, user: UserId, may: impl Fn(ConnectionId) -> bool) {
        if let Some(present) = self.present.get_mut(&client) {
            let free = match present.speaker {
                Speaker::Here(connection) => connection != to && may(connection),
                Speaker::There(_) => present.user == user,
            };
            if free {
                present.speaker = Speaker::Here(to);
                present.claimed = 0;
            }
        }
    }

    pub fn connection_closed(&mut self, connection: ConnectionId, now: Instant) {
        self.remove_where(now, |_, present| present.speaker == Speaker::Here(connection));
    }

    pub fn server_gone(&mut self, server: ServerId, now: Instant) {
        self.remove_where(now, |_, present| present.speaker == Speaker::There(server));
    }

    pub fn expire(&mut self, now: Instant) {
        let patience = |present: &Present| match present.speaker {
            Speaker::Here(_) => EXPIRY,
            Speaker::There(_) => EXPIRY_THERE,
        };
        self.remove_where(now, |_, present| now - present.heard_at >= patience(present));
        self.left.retain(|_, gone| now - gone.at < CLOCK_MEMORY);
    }

    fn remove_where(&mut self, now: Instant, gone: impl Fn(u64, &Present) -> bool) {
        let clients: Vec<u64> = self
            .present
            .iter()
            .filter(|(client, present)| gone(**client, present))
            .map(|(client, _)| *client)
            .collect();
        for client in clients {
            self.remove(client, now);
        }
    }

    fn remove(&mut self, client: u64, now: Instant) {
        if let Some(present) = self.present.remove(&client) {
            // At an equal clock a removal wins, so the client can come back with the next one.
            self.left.insert(client, Gone { sent: present.sent, at: now, user: present.user });
            self.changed.insert(client);
            match present.speaker {
                Speaker::Here(_) => self.changed_here.insert(client),
                Speaker::There(_) => self.changed_here.remove(&client),
            };
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

    /// What changed here since the last call, for other servers.
    pub fn take_changes_here(&mut self) -> Vec<bus::Present> {
        let changed = std::mem::take(&mut self.changed_here);
        let gone = |client| {
            self.left.get(&client).map(|gone| bus::Present { client, clock: gone.sent, user: gone.user, state: None })
        };
        changed.into_iter().filter_map(|client| self.present_here(client).or_else(|| gone(client))).collect()
    }

    /// Everybody here, for another server that just came.
    pub fn everyone_here(&self) -> Vec<bus::Present> {
        self.present.keys().filter_map(|client| self.present_here(*client)).collect()
    }

    fn present_here(&self, client: u64) -> Option<bus::Present> {
        let present = self.present.get(&client).filter(|present| matches!(present.speaker, Speaker::Here(_)))?;
        let Present { sent, user, state, .. } = present;
        Some(bus::Present { client, clock: *sent, user: *user, state: Some(state.clone()) })
    }

    /// Everybody, for somebody who just came.
    pub fn everyone(&self) -> Vec<Entry<'_>> {
        self.present.keys().filter_map(|client| self.entry(*client)).collect()
    }

    fn entry(&self, client: u64) -> Option<Entry<'_>> {
        match self.present.get(&client) {
            Some(present) => Some(Entry { client, clock: present.sent, state: Some(present.state.as_str().into()) }),
            None => self.left.get(&client).map(|gone| Entry { client, clock: gone.sent, state: None }),
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
