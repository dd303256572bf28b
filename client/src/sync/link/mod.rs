//! One connection's side of the sync protocol: frames in, things to do out.
//!
//! Pure but for reading the two documents: no socket, no clock, no view. It decides what *saved* means: an edit counts
//! as unsaved from the moment it is made until the server acknowledged, as committed, a frame that holds it.

use std::collections::VecDeque;

use shared::protocol::{
    CloseCode, DocumentAddress, DocumentName, EMPTY_UPDATE, Malformed, RoomEvent, SyncMessage,
    hocuspocus::{Auth, Frame, Message, Scope, SyncStatus, name_in},
};
use uuid::Uuid;
use yrs::{Doc, ReadTxn, StateVector, Transact, updates::decoder::Decode, updates::encoder::Encode};

use super::outbox::{Outbox, Unsaved, merged};
use crate::replica::view::Closed;

/// The server takes updates up to 1 MiB, but a Step2, which an offline afternoon needs, up to 8 MiB.
const UPDATE_MAX_BYTES: usize = 900 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Send(Vec<u8>),
    /// An update of a document from the server.
    Apply {
        document: DocumentName,
        update: Vec<u8>,
    },
    /// An awareness update.
    Presence(Vec<u8>),
    /// The server wants to know who we are.
    Announce,
    /// The right to write came or went.
    ScopeChanged(Scope),
    /// The server would not take an edit: ask again what it lacks, after a pause.
    Resync,
    /// For good.
    Close(Closed),
    /// This socket is of no use any more; another one may be.
    Reconnect,
}

pub struct Link {
    graph: Half,
    outputs: Half,
    outbox: Outbox,
    scope: Option<Scope>,
    /// What each frame held that is on its way, in the order of sending.
    in_flight: VecDeque<Unsaved>,
    /// Edits that went into a frame whose fate we shall not learn, or that was refused.
    stranded: Vec<Unsaved>,
    /// Whether this workflow was ever open here: a denial then means that something was taken away.
    was_open: bool,
}

struct Half {
    name: DocumentName,
    /// How this connection names the document: with the generation, if it was known when the connection began.
    address: String,
    /// Of what `doc` holds.
    generation: Option<Uuid>,
    doc: Doc,
    /// The server's Step2 has arrived on this connection.
    caught_up: bool,
    /// The server has told what it has on this connection: from now on it can take updates without a gap.
    answered: bool,
}

impl Half {
    fn new(name: DocumentName, doc: Doc) -> Self {
        Self { address: name.to_string(), generation: None, name, doc, caught_up: false, answered: false }
    }

    fn frame(&self, message: Message<'_>) -> Vec<u8> {
        Frame::Document { address: &self.address, message }.encode()
    }

    fn step1(&self) -> Vec<u8> {
        let state_vector = self.doc.transact().state_vector().encode_v1();
        self.frame(Message::Sync(SyncMessage::Step1(&state_vector)))
    }
}

impl Link {
    /// `outbox` collects the local updates of `graph`.
    pub fn new(graph: (DocumentName, Doc), outputs: (DocumentName, Doc), outbox: Outbox) -> Self {
        Self {
            graph: Half::new(graph.0, graph.1),
            outputs: Half::new(outputs.0, outputs.1),
            outbox,
            scope: None,
            in_flight: VecDeque::new(),
            stranded: Vec::new(),
            was_open: false,
        }
    }

    /// The first frames of a connection. The sign-in is the cookie's, so the token is empty.
    pub fn opened(&mut self) -> Vec<Vec<u8>> {
        self.lost();
        for half in [&mut self.graph, &mut self.outputs] {
            half.address = DocumentAddress { name: half.name, generation: half.generation }.to_string();
        }
        let token = Message::Auth(Auth::Token { token: "", version: None });
        [&self.graph, &self.outputs].into_iter().flat_map(|half| [half.frame(token), half.step1()]).collect()
    }

    /// Which generation of the graph is here; `None`: nothing of any.
    pub fn generation(&self) -> Option<Uuid> {
        self.graph.generation
    }

    /// The graph holds a copy from an earlier visit, of this generation.
    pub fn resume(&mut self, generation: Uuid) {
        self.graph.generation = Some(generation);
    }

    /// The connection is gone; what was on its way may or may not have arrived.
    pub fn lost(&mut self) {
        self.stranded.extend(self.in_flight.drain(..).filter(|unsaved| unsaved.edits > 0));
        self.scope = None;
        for half in [&mut self.graph, &mut self.outputs] {
            half.caught_up = false;
            half.answered = false;
        }
    }

    /// Edits that the server has not acknowledged as committed.
    pub fn unsaved(&self) -> u32 {
        self.outbox.edits() + self.in_flight.iter().chain(&self.stranded).map(|unsaved| unsaved.edits).sum::<u32>()
    }

    /// Those edits as one update, to be kept elsewhere in case that this tab does not live to send them.
    pub fn unsaved_update(&self) -> Option<Vec<u8>> {
        let sent = self.stranded.iter().chain(&self.in_flight).filter(|unsaved| unsaved.edits > 0);
        merged(sent.map(|unsaved| unsaved.update.clone()).chain(self.outbox.peek()).collect())
    }

    /// Edits of an earlier visit that are in the document again: the next answer to the server holds them.
    pub fn adopt(&mut self, unsaved: Unsaved) {
        self.stranded.push(unsaved);
    }

    /// Whether the graph has everything the server had, and edits can go out.
    pub fn live(&self) -> bool {
        self.graph.caught_up && self.scope.is_some()
    }

    pub fn read_only(&self) -> bool {
        self.scope == Some(Scope::ReadOnly)
    }

    /// The local edits since the last call as one frame, if the server can take them now.
    pub fn flush(&mut self) -> Option<Vec<u8>> {
        if !self.graph.answered || self.scope != Some(Scope::ReadWrite) {
            return None;
        }
        let unsaved = self.outbox.take()?;
        let update = &unsaved.update;
        let message =
            if update.len() > UPDATE_MAX_BYTES { SyncMessage::Step2(update) } else { SyncMessage::Update(update) };
        let frame = self.graph.frame(Message::Sync(message));
        self.in_flight.push_back(unsaved);
        Some(frame)
    }

    /// Asks the server what it has, which it answers with what we have that it lacks asked back.
    pub fn resync(&self) -> Vec<u8> {
        self.graph.step1()
    }

    pub fn presence(&self, update: &[u8]) -> Vec<u8> {
        self.graph.frame(Message::Awareness(update))
    }

    pub fn received(&mut self, bytes: &[u8]) -> Vec<Action> {
        self.frame(bytes).unwrap_or_else(|_| vec![Action::Reconnect])
    }

    fn frame(&mut self, bytes: &[u8]) -> Result<Vec<Action>, Malformed> {
        let (address, message) = match Frame::decode(bytes)? {
            Frame::Ping => return Ok(vec![Action::Send(Frame::Pong.encode())]),
            Frame::Pong => return Ok(vec![]),
            Frame::Document { address, message } => (address, message),
        };
        let Ok(DocumentAddress { name, .. }) = name_in(address).parse() else { return Err(Malformed::Type) };
        if name != self.graph.name && name != self.outputs.name {
            return Err(Malformed::Type);
        }
        Ok(match message {
            Message::Sync(message) | Message::SyncReply(message) => return self.sync(name, message),
            Message::Auth(auth) => self.auth(name, auth),
            Message::Awareness(update) => vec![Action::Presence(update.to_vec())],
            Message::QueryAwareness => vec![Action::Announce],
            Message::SyncStatus(status) if name == self.graph.name => self.acknowledged(status),
            Message::Close(reason) => vec![self.ended(reason.unwrap_or_default())],
            Message::Stateless(json) => {
                let Ok(RoomEvent::Generation { generation }) = serde_json::from_str(json) else { return Ok(vec![]) };
                match self.half(name).generation.replace(generation) {
                    // A copy that was opened after the document had been named without it.
                    Some(copied) if copied != generation => {
                        self.half(name).generation = Some(copied);
                        vec![Action::Close(Closed::Renewed)]
                    }
                    _ => vec![],
                }
            }
            Message::SyncStatus(_) | Message::BroadcastStateless(_) => vec![],
        })
    }

    fn sync(&mut self, name: DocumentName, message: SyncMessage<'_>) -> Result<Vec<Action>, Malformed> {
        Ok(match message {
            SyncMessage::Step1(state_vector) => {
                let state_vector = StateVector::decode_v1(state_vector).map_err(|_| Malformed::Type)?;
                vec![Action::Send(self.step2(name, &state_vector))]
            }
            SyncMessage::Step2(update) => {
                self.half(name).caught_up = true;
                self.was_open = true;
                vec![Action::Apply { document: name, update: update.to_vec() }]
            }
            SyncMessage::Update(update) => vec![Action::Apply { document: name, update: update.to_vec() }],
        })
    }

    /// Everything the server lacks. This covers whatever waits in the outbox and whatever was stranded.
    fn step2(&mut self, name: DocumentName, state_vector: &StateVector) -> Vec<u8> {
        self.half(name).answered = true;
        if name != self.graph.name {
            return self.outputs.frame(Message::Sync(SyncMessage::Step2(EMPTY_UPDATE)));
        }
        if self.read_only() {
            // Acknowledged like any other.
            self.in_flight.push_back(Unsaved { edits: 0, update: Vec::new() });
            return self.graph.frame(Message::Sync(SyncMessage::Step2(EMPTY_UPDATE)));
        }
        let update = self.graph.doc.transact().encode_diff_v1(state_vector);
        let frame = self.graph.frame(Message::Sync(SyncMessage::Step2(&update)));
        let edits = self.stranded.drain(..).chain(self.outbox.take()).map(|unsaved| unsaved.edits).sum();
        self.in_flight.push_back(Unsaved { edits, update });
        frame
    }

    fn auth(&mut self, name: DocumentName, auth: Auth<'_>) -> Vec<Action> {
        match auth {
            Auth::Granted(scope) if name == self.graph.name => {
                let before = self.scope.replace(scope);
                let mut actions = vec![];
                if before.is_some_and(|before| before != scope) || scope == Scope::ReadOnly {
                    actions.push(Action::ScopeChanged(scope));
                }
                if before == Some(Scope::ReadOnly) && scope == Scope::ReadWrite {
                    actions.push(Action::Send(self.resync()));
                }
                actions
            }
            Auth::Granted(_) => vec![],
            Auth::TokenRequest => {
                let token = Message::Auth(Auth::Token { token: "", version: None });
                vec![Action::Send(self.half(name).frame(token))]
            }
            Auth::Denied { reason } => vec![self.ended(reason)],
            // Only clients send one.
            Auth::Token { .. } => vec![],
        }
    }

    fn acknowledged(&mut self, status: SyncStatus) -> Vec<Action> {
        let Some(unsaved) = self.in_flight.pop_front() else { return vec![] };
        match status {
            SyncStatus::Saved => vec![],
            SyncStatus::Refused if unsaved.edits == 0 => vec![],
            SyncStatus::Refused => {
                self.stranded.push(unsaved);
                vec![Action::Resync]
            }
        }
    }

    fn half(&mut self, name: DocumentName) -> &mut Half {
        if name == self.graph.name { &mut self.graph } else { &mut self.outputs }
    }

    fn ended(&self, reason: &str) -> Action {
        let code = CloseCode::ALL.into_iter().find(|code| code.reason() == reason);
        code.and_then(|code| self.closed(code)).map_or(Action::Reconnect, Action::Close)
    }

    /// What a close code means for this page; `None`: try again.
    pub fn closed(&self, code: CloseCode) -> Option<Closed> {
        match code {
            CloseCode::Unauthorized => Some(Closed::SignedOut),
            CloseCode::Forbidden if self.was_open => Some(Closed::Revoked),
            CloseCode::NotFound if self.was_open => Some(Closed::Deleted),
            CloseCode::Forbidden | CloseCode::NotFound => Some(Closed::NotFound),
            CloseCode::OtherGeneration => Some(Closed::Renewed),
            CloseCode::BadFrame | CloseCode::Damaged => Some(Closed::Fault),
            CloseCode::GoingAway
            | CloseCode::TooBig
            | CloseCode::Internal
            | CloseCode::Overload
            | CloseCode::Timeout => None,
        }
    }
}

#[cfg(test)]
mod tests;
