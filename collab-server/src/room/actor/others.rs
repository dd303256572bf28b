//! What a room and other servers that have the same document open tell each other: rows that are committed, and who is
//! there.
//!
//! A note that was missed shows as a hole in a server's numbers, or stands on something that is not here; then the room
//! looks into the log (`news`). A server publishes rows after the commit only: so nothing in a room that came from
//! another server can be missing from the log, whatever dies. Who is there is repeated now and then, so that a lost note
//! about it is forgotten soon. A single server does none of this.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use shared::{id::UserId, protocol::DocumentName};
use tokio::{sync::watch, time::Instant};

use super::{
    super::{
        heads::ServerId,
        replica::{Broken, RowFate},
        store::{News, StoreError},
    },
    Author, MESSAGES_PER_TURN, Phase, Room,
    news::Looking,
};
use crate::bus::{Bus, Feed, Link, Note, Present, Said, Topic};

/// How often a room repeats who is there.
const HERE_EVERY: Duration = Duration::from_secs(15);
/// A server that has not repeated it for so long has closed the document, or is dead. Most are known to be dead sooner.
const SILENT: Duration = Duration::from_secs(50);
/// Presence states of one note: NATS takes a megabyte unless it is told otherwise.
const MAX_PEOPLE_BYTES: usize = 256 * 1024;

/// The other servers, as one room knows them.
pub(super) struct Others {
    bus: Arc<dyn Bus>,
    link: watch::Receiver<Link>,
    feed: Feed,
    /// Those that have the document open.
    servers: BTreeMap<ServerId, Other>,
    /// Who is here, as the others were told, and when they were.
    told: Vec<(UserId, bool)>,
    told_at: Instant,
    pub(super) looking: Looking,
}

struct Other {
    /// The client id under which it writes.
    writer: u64,
    /// Everybody who is connected there, and whether they may write.
    users: Vec<(UserId, bool)>,
    heard_at: Instant,
}

pub(super) enum Heard {
    Note(Bytes),
    Link,
    Looked(Result<News, StoreError>),
}

impl Others {
    /// Begins to listen. To be called before the document is loaded, so that nothing falls in between.
    pub(super) async fn listen(bus: Arc<dyn Bus>, document: DocumentName) -> Self {
        let link = bus.link();
        let up = *link.borrow() == Link::Up;
        let feed = if up { bus.follow(Topic::Document(document)).await } else { Feed::Silent };
        let (servers, told, told_at) = (BTreeMap::new(), Vec::new(), Instant::now());
        let looking = if up { Looking::soon() } else { Looking::default() };
        Self { bus, link, feed, servers, told, told_at, looking }
    }

    pub(super) fn are_none(&self) -> bool {
        *self.link.borrow() == Link::Alone
    }

    fn are_heard(&self) -> bool {
        *self.link.borrow() == Link::Up
    }

    pub(super) fn users(&self) -> impl Iterator<Item = (UserId, bool)> {
        self.servers.values().flat_map(|other| other.users.iter().copied())
    }

    /// Whether another server writes under this client id.
    pub(super) fn write_as(&self, client: u64) -> bool {
        self.servers.values().any(|other| other.writer == client)
    }

    /// Waits for whatever comes next. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Heard {
        tokio::select! {
            note = self.feed.next() => Heard::Note(note),
            Ok(()) = self.link.changed() => Heard::Link,
            looked = self.looking.done() => Heard::Looked(looked),
        }
    }
}

impl Room {
    fn tell_others(&self, said: Said) {
        let note = Note { server: self.server, generation: self.generation, said };
        self.others.bus.publish(Topic::Document(self.name), note.encode());
    }

    /// Says who is here, and asks the others to do the same.
    pub(super) fn greet_others(&mut self) {
        if self.others.are_heard() {
            self.tell_who_is_here(true);
        }
    }

    fn tell_who_is_here(&mut self, ask: bool) {
        self.others.told = self.users_here().into_iter().collect();
        self.others.told_at = Instant::now();
        let (writer, users) = (self.replica.client_id(), self.others.told.clone());
        let people = self.presence.everyone_here();
        let clients = people.iter().map(|present| present.client).collect();
        self.tell_others(Said::Here { writer, users, clients, ask });
        self.tell_people(people);
    }

    fn tell_people(&self, people: Vec<Present>) {
        let (mut part, mut bytes) = (Vec::new(), 0);
        for present in people {
            bytes += present.state.as_ref().map_or(0, String::len);
            if bytes > MAX_PEOPLE_BYTES && !part.is_empty() {
                self.tell_others(Said::Moved { people: std::mem::take(&mut part) });
                bytes = present.state.as_ref().map_or(0, String::len);
            }
            part.push(present);
        }
        if !part.is_empty() {
            self.tell_others(Said::Moved { people: part });
        }
    }

    /// Passes on what changed about the people here.
    pub(super) fn pass_on_presence(&mut self) {
        let people = self.presence.take_changes_here();
        if !self.others.are_heard() {
            return;
        }
        if self.audience_stale && !self.users_here().into_iter().eq(self.others.told.iter().copied()) {
            self.tell_who_is_here(false);
        }
        // Also then: the list does not tell with which clock somebody has gone.
        self.tell_people(people);
    }

    /// Repeats what may have been lost, and forgets who did not repeat it.
    pub(super) async fn keep_up_with_others(&mut self, now: Instant) {
        let known = self.others.servers.len();
        self.others.servers.retain(|_, other| now - other.heard_at < SILENT);
        self.audience_stale |= self.others.servers.len() != known;
        if self.others.are_heard() {
            if self.others.feed.is_silent() {
                Box::pin(self.listen_again()).await;
            } else if now - self.others.told_at >= HERE_EVERY {
                self.tell_who_is_here(false);
            }
        }
    }

    pub(super) fn leave_others(&self) {
        if self.others.are_heard() {
            self.tell_others(Said::Left);
        }
    }

    pub(super) async fn hear_others(&mut self, heard: Heard) {
        match heard {
            Heard::Note(note) => self.hear_notes(note).await,
            Heard::Link => self.link_changed().await,
            Heard::Looked(news) => self.take_news(news).await,
        }
        // What others write must not keep the people here waiting.
        if self.phase == Phase::Open
            && let Ok(message) = self.inbox.try_recv()
        {
            self.take_messages(message).await;
        }
    }

    async fn hear_notes(&mut self, first: Bytes) {
        let mut next = Some(first);
        for _ in 0..MESSAGES_PER_TURN {
            let Some(note) = next.take().or_else(|| self.others.feed.take()) else { return };
            match Note::decode(&note) {
                Ok(Note { server, .. }) if server == self.server => {}
                Ok(Note { server, generation, said }) if generation == self.generation => {
                    self.hear_note(server, said).await;
                }
                // Either here or there somebody has yet to hear that the document was begun anew.
                Ok(Note { said: Said::Row { .. } | Said::RowTooLarge { .. }, .. }) => self.look(),
                Ok(_) => {}
                Err(error) => {
                    // From another version, or from somebody who should not be there. The log has what matters.
                    tracing::warn!(document = %self.name, %error, "another server said something unreadable");
                    self.look();
                }
            }
        }
    }

    async fn hear_note(&mut self, server: ServerId, said: Said) {
        let now = Instant::now();
        if let Some(other) = self.others.servers.get_mut(&server) {
            other.heard_at = now;
        }
        match said {
            Said::Row { seq, update, claims } => {
                if self.hear_row(server, seq, &update).await {
                    claims.into_iter().for_each(|(client, user)| self.owners.claim(client, user));
                }
            }
            Said::RowTooLarge { seq } if seq > self.log.heads.get(server) => self.look(),
            Said::RowTooLarge { .. } => {}
            Said::Moved { people } => people.iter().for_each(|present| self.presence.hear(server, present, now)),
            Said::Here { writer, users, clients, ask } => {
                self.others.servers.insert(server, Other { writer, users, heard_at: now });
                self.audience_stale = true;
                self.presence.retain_there(server, &clients, now);
                if ask {
                    self.tell_who_is_here(false);
                }
            }
            Said::Left => self.server_gone(server),
        }
    }

    pub(super) fn server_gone(&mut self, server: ServerId) {
        if self.others.servers.remove(&server).is_some() {
            self.audience_stale = true;
        }
        self.presence.server_gone(server, Instant::now());
    }

    /// Takes the next row of another server. Yields whether it is here now.
    async fn hear_row(&mut self, server: ServerId, seq: u64, update: &Bytes) -> bool {
        let known = self.log.heads.get(server);
        if seq <= known {
            return true;
        }
        if seq > known + 1 {
            self.look();
            return false;
        }
        match self.replica.take_row(self.name, update) {
            Ok(RowFate::Taken(new)) => {
                self.took_row(server, seq, update.len(), new);
                true
            }
            // On the bus there is no order between servers; in the log there is. And what cannot be read on the bus may
            // be readable there.
            Ok(RowFate::Waits | RowFate::Unreadable(_)) => {
                self.look();
                false
            }
            Err(Broken) => {
                tracing::error!(document = %self.name, %server, seq, "a row of another server broke the document");
                Box::pin(self.reload()).await;
                false
            }
        }
    }

    pub(super) fn took_row(&mut self, server: ServerId, seq: u64, bytes: usize, new: Option<Bytes>) {
        self.log.heads.advance(server, seq);
        self.log.rows += 1;
        self.log.bytes += bytes;
        self.took_foreign(new);
    }

    pub(super) fn took_foreign(&mut self, new: Option<Bytes>) {
        if let Some(new) = new {
            // What it deleted is not known here; measuring will tell.
            self.size.applied(new.len(), true);
            self.tick.updates.push((Author::Elsewhere, new));
        }
    }

    async fn link_changed(&mut self) {
        let link = *self.others.link.borrow_and_update();
        match link {
            Link::Up if self.others.feed.is_silent() => self.listen_again().await,
            Link::Up => {
                self.greet_others();
                self.look();
            }
            // From now on the log is looked into by whoever does so for all documents.
            Link::Down | Link::Alone => {}
        }
    }

    async fn listen_again(&mut self) {
        self.others.feed = self.others.bus.follow(Topic::Document(self.name)).await;
        self.greet_others();
        self.others.looking = std::mem::take(&mut self.others.looking).and_soon();
    }
}
