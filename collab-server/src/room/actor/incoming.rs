//! What connections and the server itself say to a room, and what becomes of it.

use bytes::Bytes;
use shared::{
    id::UserId,
    presence::PresentUser,
    protocol::{
        CloseCode, DocumentName, SyncMessage,
        awareness::{self, Entry},
        hocuspocus::SyncStatus,
    },
};
use tokio::{sync::oneshot, time::Instant};

use super::{
    super::{
        ConnectionId, RoomError,
        guard::Scene,
        member::{Framing, Payload},
        replica::Broken,
        update::{Fit, Outline},
    },
    Ack, Room, Said, ServerEdit, UpdateKind,
};

/// While the database is away edits are taken, but not without end.
const MAX_UNCOMMITTED_BYTES: usize = 8 * 1024 * 1024;

/// What becomes of one update.
enum Verdict {
    /// Applied, or nothing new: acknowledged with what is written next.
    Taken(Option<Bytes>),
    /// Not allowed. The connection stays.
    Refused,
    /// Something before it is missing: the client is asked for it.
    Gap,
    /// No Yjs would have written it.
    Malformed,
}

impl Room {
    pub(super) async fn hear(&mut self, from: ConnectionId, said: Said) {
        // Somebody who was sent away may still have had messages under way.
        if !self.members.contains_key(&from) {
            return;
        }
        match said {
            Said::Step1(vector) => {
                let update = self.replica.diff(&vector);
                self.members[&from].answer(SyncMessage::Step2(&update));
            }
            Said::QueryAwareness => {
                let everyone = awareness::encode(&self.presence.everyone());
                self.members[&from].send(Payload::Awareness(&everyone));
            }
            Said::Mark(mark) => self.tick.acks.push(Ack::Mark { id: from, mark }),
            Said::Awareness(entries) => self.hear_presence(from, &entries),
            Said::Update { kind, bytes, outline } => match self.judge(from, kind, &bytes, &outline) {
                Ok(verdict) => self.answer_update(from, verdict),
                Err(Broken) => {
                    tracing::warn!(document = %self.name, bytes = bytes.len(), "an update broke the document");
                    self.expel(from, CloseCode::BadFrame);
                    self.reload().await;
                }
            },
        }
    }

    fn judge(
        &mut self,
        from: ConnectionId,
        kind: UpdateKind,
        bytes: &Bytes,
        outline: &Outline,
    ) -> Result<Verdict, Broken> {
        let member = &self.members[&from];
        let writable = member.may_write(self.name) && !self.damaged;
        if !writable || self.log.uncommitted_bytes > MAX_UNCOMMITTED_BYTES {
            // A reader's answer to our Step1 says nothing new, and is as well saved as everything else.
            return Ok(if self.replica.has(outline) { Verdict::Taken(None) } else { Verdict::Refused });
        }
        let user = member.visitor.user.id;
        let known = self.replica.state_vector();
        let scene = Scene {
            user,
            clock: &|client| known.get(&yrs::block::ClientID::new(client)),
            present: &|owner| self.members.values().any(|member| member.visitor.user.id == owner),
            own_client: self.replica.client_id(),
        };
        let claims = match self.owners.check(outline, bytes.len(), &scene) {
            Ok(claims) => claims,
            Err(refusal) => {
                tracing::warn!(document = %self.name, %user, %refusal, "refused an update");
                return Ok(Verdict::Refused);
            }
        };
        let new = match self.replica.fit(outline, bytes) {
            Ok(Fit::Whole) => self.apply(bytes)?,
            Ok(Fit::Gap { .. }) if kind == UpdateKind::Update => return Ok(Verdict::Gap),
            // A whole answer to our Step1 can only end before a hole if the client itself waits for what is behind it.
            Ok(Fit::Gap { fitting }) => self.apply(&fitting)?,
            Err(_) => return Ok(Verdict::Malformed),
        };
        for client in claims.into_iter().filter(|client| self.replica.clock(*client) > 0) {
            self.owners.claim(client, user);
            self.tick.claims.push((client, user));
        }
        if let Some(new) = &new {
            self.tick.updates.push((Some(from), new.clone()));
            self.note(Some(user));
        }
        Ok(Verdict::Taken(new))
    }

    /// Tells whoever keeps versions that the graph changed.
    fn note(&self, author: Option<UserId>) {
        match self.name {
            DocumentName::Graph(workflow) => self.activity.note(workflow, author),
            DocumentName::Outputs(_) => {}
        }
    }

    fn apply(&mut self, update: &[u8]) -> Result<Option<Bytes>, Broken> {
        let started = Instant::now();
        let new = self.replica.apply(update);
        metrics::histogram!("openflow_update_apply_seconds").record(started.elapsed());
        new
    }

    fn answer_update(&mut self, from: ConnectionId, verdict: Verdict) {
        let Some(member) = self.members.get_mut(&from) else { return };
        match verdict {
            Verdict::Taken(new) => {
                let own = match member.framing {
                    Framing::Websocket => new,
                    Framing::Hocuspocus { .. } => None,
                };
                self.tick.acks.push(Ack::Member { id: from, own });
            }
            // No status here: the client answers with a Step2, and that one gets it.
            Verdict::Gap => {
                let vector = self.replica.encoded_state_vector();
                member.send(Payload::Sync(SyncMessage::Step1(&vector)));
            }
            Verdict::Malformed => self.expel(from, CloseCode::BadFrame),
            Verdict::Refused => {
                member.send(Payload::Status(SyncStatus::Refused));
                if member.framing == Framing::Websocket && !member.told_read_only {
                    member.told_read_only = true;
                    member.send(Payload::Denied(CloseCode::Forbidden));
                }
            }
        }
    }

    fn hear_presence(&mut self, from: ConnectionId, entries: &[Entry<'static>]) {
        let now = Instant::now();
        let user: PresentUser = self.members[&from].visitor.user.clone();
        for entry in entries {
            // A browser that reconnects before its old socket was noticed to be dead.
            let same_person = |id| self.members.get(&id).is_none_or(|other| other.visitor.user.id == user.id);
            self.presence.hand_over(entry.client, from, same_person);
            if let Err(error) = self.presence.update(from, &user, entry, now) {
                tracing::warn!(document = %self.name, user = %user.id, %error, "closed a connection");
                return self.expel(from, CloseCode::BadFrame);
            }
        }
    }

    /// An edit by the server. Its caller hears when it is committed.
    pub(super) fn edit(&mut self, edit: ServerEdit, committed: oneshot::Sender<Result<(), RoomError>>) {
        if self.damaged {
            committed.send(Err(RoomError::Damaged)).ok();
            return;
        }
        let ((), new) = self.replica.edit(edit);
        if new.is_some() {
            self.note(None);
        }
        self.tick.updates.extend(new.map(|new| (None, new)));
        self.tick.acks.push(Ack::Caller(committed));
    }
}
