//! What a room sends: edits at once, acknowledgements after the commit, presence now and then.

use std::time::Duration;

use bytes::Bytes;
use shared::protocol::{CloseCode, DocumentName, SyncMessage, awareness, hocuspocus::SyncStatus};
use tokio::time::Instant;

use super::{
    super::{
        RoomError,
        journal::Progress,
        member::{Framing, Payload, SharedFrames},
        replica::merge,
        store::Append,
    },
    Ack, Author, Phase, Room, Tick,
};

/// Some five times what sending a frame to one member costs, nearly all of it in the kernel.
const GATHER_PER_MEMBER: Duration = Duration::from_micros(20);
const GATHER_AT_MOST: Duration = Duration::from_millis(16);

impl Room {
    /// How long edits gather before they leave as one frame. The first after a pause leaves at once.
    ///
    /// In proportion to what a frame to everybody costs, so that however fast people edit, telling the others takes a
    /// fifth of a core or so; below that nobody waits for anything.
    fn window(&self) -> Duration {
        (GATHER_PER_MEMBER * self.members.len() as u32).min(GATHER_AT_MOST)
    }

    /// Everybody's cursor goes to everybody, so the rate falls as the room fills.
    fn presence_window(&self) -> Duration {
        Duration::from_millis(match self.members.len() {
            0..=20 => 33,
            21..=100 => 50,
            _ => 200,
        })
    }

    pub(super) fn tick_due(&self) -> Option<Instant> {
        let waiting = !self.tick.updates.is_empty() || !self.tick.acks.is_empty();
        waiting.then(|| self.flushed_at + self.window())
    }

    pub(super) fn presence_due(&self) -> Option<Instant> {
        let news = self.presence.has_changes() || self.audience_stale;
        news.then(|| self.presence_sent_at + self.presence_window())
    }

    /// Hands what was applied to the journal and to everybody else.
    pub(super) fn flush(&mut self, now: Instant) {
        let Tick { updates, acks, claims } = std::mem::take(&mut self.tick);
        self.flushed_at = now;
        let of = |foreign: bool| updates.iter().filter(move |(author, _)| foreign || *author != Author::Elsewhere);
        let [own, all] = [false, true].map(|foreign| of(foreign).map(|(_, update)| update.clone()).collect::<Vec<_>>());
        let mixed = all.len() > own.len();
        let own = merge(own);
        // Only what was written here goes into a row; everybody is shown all of it.
        let all = if mixed { merge(all) } else { own.clone() };
        if let Some(update) = own {
            self.written_at = Some(now);
            self.log.last += 1;
            self.log.rows += 1;
            self.log.bytes += update.len();
            self.log.uncommitted_bytes += update.len();
            let bytes = update.len();
            let row = Append { edition: self.edition(), server: self.server, seq: self.log.last, update, claims };
            self.journal.append(row, &self.progress_sender);
            self.acknowledge_later(acks, bytes);
        } else {
            // Nothing new, but perhaps a repetition of what is not yet on disk.
            self.acknowledge_later(acks, 0);
        }
        if let Some(update) = all {
            self.broadcast(&update, &updates);
            self.ask_again();
            self.changed(now);
        }
    }

    /// What somebody's content stood on may be here now.
    fn ask_again(&mut self) {
        let mut vector = None;
        for member in self.members.values_mut().filter(|member| member.incomplete) {
            member.incomplete = false;
            let vector = vector.get_or_insert_with(|| self.replica.encoded_state_vector());
            member.send(Payload::Sync(SyncMessage::Step1(vector)));
        }
    }

    fn acknowledge_later(&mut self, acks: Vec<Ack>, row_bytes: usize) {
        if row_bytes == 0 && self.log.committed == self.log.last {
            acks.into_iter().for_each(|ack| self.acknowledge(ack));
        } else {
            self.awaiting.push_back((self.log.last, row_bytes, acks));
        }
    }

    fn broadcast(&mut self, update: &Bytes, parts: &[(Author, Bytes)]) {
        let mut frames = SharedFrames::new(Payload::Sync(SyncMessage::Update(update)));
        let mut vector = None;
        let mut sent = 0;
        for member in self.members.values_mut().filter(|member| member.asked && member.behind.is_none()) {
            let own = parts.iter().filter(|(author, _)| *author == Author::Member(member.id)).count();
            if own == parts.len() {
                continue;
            }
            let frame = if own > 0 && member.framing == Framing::Websocket {
                // Its own content comes back after the commit: that is how it knows that it is saved.
                let others = parts.iter().filter(|(author, _)| *author != Author::Member(member.id));
                let others = merge(others.map(|(_, update)| update.clone()).collect()).unwrap_or_default();
                member.framing.frame(Payload::Sync(SyncMessage::Update(&others)))
            } else {
                frames.frame(&member.framing)
            };
            member.outbox.push(frame.expect("both framings have edits"));
            sent += 1;
            if member.outbox.is_lagging() {
                let vector = vector.get_or_insert_with(|| self.replica.state_vector());
                member.behind = Some(vector.clone());
            }
        }
        metrics::counter!("openflow_updates_total").increment(parts.len() as u64);
        metrics::counter!("openflow_update_frames_total").increment(sent);
    }

    /// Sends what they missed to members whose queue has drained.
    pub(super) fn resync(&mut self) {
        for member in self.members.values_mut() {
            if member.outbox.is_drained()
                && let Some(vector) = member.behind.take()
            {
                let update = self.replica.diff(&vector);
                member.answer(SyncMessage::Update(&update));
                member.send(Payload::Awareness(&awareness::encode(&self.presence.everyone())));
            }
        }
    }

    pub(super) fn send_presence(&mut self, now: Instant) {
        self.presence_sent_at = now;
        self.pass_on_presence();
        self.send_audience();
        if !self.presence.has_changes() {
            return;
        }
        let changes = awareness::encode(&self.presence.take_changes(now));
        let mut frames = SharedFrames::new(Payload::Awareness(&changes));
        // Those who are behind get everybody's newest state when they have caught up.
        for member in self.members.values().filter(|member| member.behind.is_none()) {
            member.outbox.push(frames.frame(&member.framing).expect("both framings have presence"));
        }
    }

    /// Tells how many people are here, beside the graph only: its readers have the outputs open too.
    fn send_audience(&mut self) {
        let (DocumentName::Graph(_), Some(audience)) = (self.name, self.count_audience()) else { return };
        let json = audience.to_json();
        let mut frames = SharedFrames::new(Payload::Event(&json));
        for member in self.members.values() {
            if let Some(frame) = frames.frame(&member.framing) {
                member.outbox.push(frame);
            }
        }
    }

    /// The journal has news.
    pub(super) async fn settle(&mut self) {
        let Progress { committed, stalled, gone } = *self.progress.borrow_and_update();
        self.log.committed = committed;
        self.log.heads.advance(self.server, committed);
        while let Some((row, _, _)) = self.awaiting.front()
            && *row <= committed
            && let Some((_, bytes, acks)) = self.awaiting.pop_front()
        {
            self.log.uncommitted_bytes -= bytes;
            acks.into_iter().for_each(|ack| self.acknowledge(ack));
        }
        if stalled != self.stalled {
            // Nothing is acknowledged meanwhile: each edit gets its one word when it is known which. Whoever can write
            // is told that the document cannot be, for now, and when it can again.
            self.stalled = stalled;
            self.tell_scopes();
        }
        if gone {
            // Deleted, or begun anew by another server: then there is one of another generation.
            let replaced = self.store.load(self.name).await.is_ok_and(|stored| stored.generation != self.generation);
            self.dismiss(if replaced { CloseCode::OtherGeneration } else { CloseCode::NotFound }, |_| true);
            for ack in std::mem::take(&mut self.awaiting).into_iter().flat_map(|(_, _, acks)| acks) {
                if let Ack::Caller(caller) = ack {
                    // The caller may have gone too.
                    caller.send(Err(RoomError::NotFound)).ok();
                }
            }
            self.phase = Phase::Ended;
        }
    }

    fn acknowledge(&self, ack: Ack) {
        match ack {
            // Callers and members may be gone by now; then nobody waits for the answer.
            Ack::Caller(caller) => drop(caller.send(Ok(()))),
            Ack::Mark { id, mark } => {
                if let Some(member) = self.members.get(&id) {
                    member.send(Payload::Mark(&mark));
                }
            }
            Ack::Refused { id } => {
                if let Some(member) = self.members.get(&id) {
                    member.send(Payload::Status(SyncStatus::Refused));
                }
            }
            Ack::Saved { id, own } => {
                let Some(member) = self.members.get(&id) else { return };
                member.send(Payload::Status(SyncStatus::Saved));
                if let Some(own) = own.filter(|_| member.behind.is_none()) {
                    member.send(Payload::Sync(SyncMessage::Update(&own)));
                }
            }
        }
    }
}
