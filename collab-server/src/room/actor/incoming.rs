//! What connections and the server itself say to a room, and what becomes of it.

use bytes::Bytes;
use shared::{
    id::UserId,
    presence::PresentUser,
    protocol::{
        CloseCode, DocumentName, SyncMessage,
        awareness::{self, Entry},
    },
};
use tokio::{sync::oneshot, time::Instant};

use super::{
    super::{
        ConnectionId, RoomError,
        guard::{Refusal, Scene},
        member::{Framing, Member, Payload},
        replica::{Broken, roots},
        update::{self, ClientStructs, Fit, Outline},
    },
    Ack, Author, Room, Said, ServerEdit, UpdateKind,
};

/// While the database is away edits are taken, but not without end.
const MAX_UNCOMMITTED_BYTES: usize = 8 * 1024 * 1024;

/// What becomes of one update.
enum Verdict {
    /// Applied, or nothing new: acknowledged with what is written next.
    Taken(Option<Bytes>),
    /// Some of it stands on what is not here (yet), or is for somebody else to bring.
    Partial,
    /// Not allowed. The connection stays.
    Refused,
    /// Something before it is missing: the client is asked for it.
    Gap,
    /// No Yjs would have written it.
    Malformed,
    /// What the client has is of a document that was replaced by this one.
    OtherGeneration,
}

impl Room {
    pub(super) async fn hear(&mut self, from: ConnectionId, said: Said) {
        // Somebody who was sent away may still have had messages under way.
        if !self.members.contains_key(&from) {
            return;
        }
        match said {
            Said::Step1(vector) => {
                let member = self.members.get_mut(&from).expect("looked up above");
                member.asked = true;
                if vector.is_empty() {
                    member.outbox.push_answer(self.greeting.frame(&mut self.replica, &member.framing));
                } else {
                    member.answer(SyncMessage::Step2(&self.replica.diff(&vector)));
                }
            }
            Said::QueryAwareness => {
                let everyone = awareness::encode(&self.presence.everyone());
                self.members[&from].send(Payload::Awareness(&everyone));
            }
            Said::ForeignUpdate => self.answer_update(from, Verdict::Refused),
            Said::Mark(mark) => self.tick.acks.push(Ack::Mark { id: from, mark }),
            Said::Awareness(entries) => self.hear_presence(from, &entries),
            Said::Update { kind, bytes, outline } => match self.judge(from, kind, &bytes, &outline) {
                Ok(verdict) => self.answer_update(from, verdict),
                Err(Broken) => {
                    tracing::warn!(document = %self.name, bytes = bytes.len(), "an update broke the document");
                    self.expel(from, CloseCode::BadFrame);
                    Box::pin(self.reload()).await;
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
        if !writable || self.unsaved_bytes() > MAX_UNCOMMITTED_BYTES {
            // A reader's answer to our Step1 says nothing new, and is as well saved as everything else.
            return Ok(if self.replica.has(outline) { Verdict::Taken(None) } else { Verdict::Refused });
        }
        let user = member.visitor.user.id;
        let known = self.replica.state_vector();
        let scene = Scene {
            user,
            clock: &|client| known.get(&yrs::block::ClientID::new(client)),
            is_edit: kind == UpdateKind::Update,
            live: &|owner, client| {
                let uses = |member: &Member| member.visitor.user.id == owner && member.clients.contains(&client);
                self.members.values().any(|member| uses(member))
                    || self.presence.speaker_elsewhere(client) == Some(owner)
            },
            speaker: &|client| {
                let speaks = self.members.values().find(|member| member.clients.contains(&client));
                let here = speaks.map(|member| member.visitor.user.id);
                here.or_else(|| self.presence.speaker_elsewhere(client))
            },
            is_server: &|client| client == self.replica.client_id() || self.others.write_as(client),
        };
        let claims = match self.owners.check(outline, bytes.len(), &scene) {
            Ok(claims) => claims,
            Err(Refusal::OtherGeneration { .. }) => return Ok(Verdict::OtherGeneration),
            // Somebody passes on what others wrote, who are here and do so themselves. The rest counts.
            Err(Refusal::ForeignClient { client }) if kind == UpdateKind::Step2 => {
                let rest = Bytes::from(outline.clone().without(client, bytes, scene.clock));
                let whole = outline;
                let Ok(outline) = update::outline(&rest, roots(self.name)) else { return Ok(Verdict::Malformed) };
                return Ok(match self.judge(from, kind, &rest, &outline)? {
                    Verdict::Taken(new) => self.taken(whole, new),
                    verdict => verdict,
                });
            }
            Err(refusal) => {
                tracing::warn!(document = %self.name, %user, %refusal, "refused an update");
                return Ok(Verdict::Refused);
            }
        };
        let brings = |one: &ClientStructs| one.end_clock() > known.get(&yrs::block::ClientID::new(one.client));
        // What only deletes is let in: it is the way back.
        if outline.clients.iter().any(brings) {
            let measure = || self.replica.full().len();
            if !self.size.has_room(bytes.len(), self.limits.document_bytes, measure) {
                tracing::warn!(document = %self.name, bytes = self.size.bytes(), "a document is full");
                return Ok(Verdict::Refused);
            }
        }
        let (new, whole) = match self.replica.fit(outline, bytes) {
            Ok(Fit::Whole) => (self.apply(bytes)?, true),
            Ok(Fit::Gap { .. }) if kind == UpdateKind::Update => return Ok(Verdict::Gap),
            // What fits, fits. The rest stands on something that the client itself waits for, or may not pass on.
            Ok(Fit::Gap { fitting }) => (self.apply(&fitting)?, false),
            Err(_) => return Ok(Verdict::Malformed),
        };
        for client in claims.into_iter().filter(|client| self.replica.clock(*client) > 0) {
            self.owners.claim(client, user);
            self.tick.claims.push((client, user));
        }
        if let Some(new) = &new {
            self.size.applied(new.len(), !outline.deletions.is_empty());
            self.tick.updates.push((Author::Member(from), new.clone()));
            self.note(Some(user));
        }
        let member = self.members.get_mut(&from).expect("it was found above");
        let ids = outline.clients.iter().map(|one| one.client);
        member.clients.extend(ids.filter(|client| self.owners.belongs_to(*client, user)));
        Ok(if whole { Verdict::Taken(new) } else { self.taken(outline, new) })
    }

    /// What fits of an update was taken. Is everything here now? Nothing less may be called saved, also what is of
    /// others: whose a struct is, is known only of those who said so.
    fn taken(&self, outline: &Outline, new: Option<Bytes>) -> Verdict {
        if self.replica.has(outline) { Verdict::Taken(new) } else { Verdict::Partial }
    }

    /// Tells whoever keeps versions that the graph changed.
    fn note(&self, author: Option<UserId>) {
        match self.name {
            DocumentName::Graph(workflow) => self.activity.note(workflow, author),
            DocumentName::Outputs(_) => {}
        }
    }

    /// What would be lost now if the process were.
    fn unsaved_bytes(&self) -> usize {
        let own = self.tick.updates.iter().filter(|(author, _)| *author != Author::Elsewhere);
        let waiting: usize = own.map(|(_, update)| update.len()).sum();
        self.log.uncommitted_bytes + waiting
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
                self.tick.acks.push(Ack::Saved { id: from, own });
            }
            Verdict::Partial => {
                self.tick.acks.push(Ack::Refused { id: from });
                member.incomplete = true;
            }
            // The client answers with a Step2, which gets a word of its own.
            Verdict::Gap => {
                self.tick.acks.push(Ack::Refused { id: from });
                let vector = self.replica.encoded_state_vector();
                member.send(Payload::Sync(SyncMessage::Step1(&vector)));
            }
            Verdict::Malformed => self.expel(from, CloseCode::BadFrame),
            Verdict::OtherGeneration => self.dismiss(CloseCode::OtherGeneration, |member| member.id == from),
            Verdict::Refused => {
                self.tick.acks.push(Ack::Refused { id: from });
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
            self.presence.hand_over(entry.client, from, user.id, same_person);
            if entry.state.is_some() && self.presence.is_of(entry.client, from) {
                self.members.get_mut(&from).expect("it speaks").clients.insert(entry.client);
            }
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
        if let Some(new) = &new {
            self.note(None);
            // What it deleted is not known here; measuring will tell.
            self.size.applied(new.len(), true);
        }
        self.tick.updates.extend(new.map(|new| (Author::Server, new)));
        self.tick.acks.push(Ack::Caller(committed));
    }
}
