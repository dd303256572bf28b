//! One connection's place in one room, and how frames look on its socket.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use shared::{
    access::Role,
    presence::PresentUser,
    protocol::{
        CloseCode, DocumentName, SyncMessage,
        hocuspocus::{self, Auth, Frame, Scope, SyncStatus},
        websocket,
    },
};
use yrs::StateVector;

use super::{ConnectionId, outbox::Outbox};
use crate::auth::{Credential, Limits};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// As others see the person.
    pub user: PresentUser,
    /// With which they came in; the socket ends with it.
    pub credential: Credential,
    /// What is left of their role, whatever that is.
    pub limits: Limits,
}

/// Which of the two framings a connection speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framing {
    /// Answers repeat the address as the client wrote it.
    Hocuspocus {
        address: Arc<str>,
    },
    Websocket,
}

/// What a room says to a connection, before it is framed.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    Sync(SyncMessage<'a>),
    Awareness(&'a [u8]),
    Granted(Scope),
    Denied(CloseCode),
    /// The fate of one update.
    Status(SyncStatus),
    /// What came before it is committed.
    Mark(&'a [u8]),
    Event(&'a str),
}

impl Framing {
    /// `None` where the framing has no word for it.
    pub fn frame(&self, payload: Payload<'_>) -> Option<Bytes> {
        let bytes = match self {
            Self::Hocuspocus { address } => {
                let message = match payload {
                    Payload::Sync(message) => hocuspocus::Message::Sync(message),
                    Payload::Awareness(update) => hocuspocus::Message::Awareness(update),
                    Payload::Granted(scope) => hocuspocus::Message::Auth(Auth::Granted(scope)),
                    Payload::Denied(code) => hocuspocus::Message::Auth(Auth::Denied { reason: code.reason() }),
                    Payload::Status(status) => hocuspocus::Message::SyncStatus(status),
                    Payload::Event(json) => hocuspocus::Message::Stateless(json),
                    Payload::Mark(_) => return None,
                };
                Frame::Document { address, message }.encode()
            }
            Self::Websocket => match payload {
                Payload::Sync(message) => websocket::Message::Sync(message).encode(),
                Payload::Awareness(update) => websocket::Message::Awareness(update).encode(),
                Payload::Denied(code) => websocket::Message::Denied(code.reason()).encode(),
                Payload::Mark(mark) => websocket::Message::Mark(mark).encode(),
                Payload::Granted(_) | Payload::Status(_) | Payload::Event(_) => return None,
            },
        };
        Some(bytes.into())
    }
}

/// The same message for many connections, framed once for each way to write it.
pub struct SharedFrames<'a> {
    payload: Payload<'a>,
    made: Vec<(Framing, Option<Bytes>)>,
}

impl<'a> SharedFrames<'a> {
    pub fn new(payload: Payload<'a>) -> Self {
        Self { payload, made: Vec::with_capacity(2) }
    }

    pub fn frame(&mut self, framing: &Framing) -> Option<Bytes> {
        if let Some((_, frame)) = self.made.iter().find(|(made, _)| made == framing) {
            return frame.clone();
        }
        let frame = framing.frame(self.payload);
        self.made.push((framing.clone(), frame.clone()));
        frame
    }
}

#[derive(Debug)]
pub struct Member {
    pub id: ConnectionId,
    pub visitor: Visitor,
    pub role: Role,
    pub framing: Framing,
    pub outbox: Outbox,
    /// It has asked for what it lacks. Before that it gets no edits: one that stands on others it has not got yet leaves a
    /// hole in its document, which not every Yjs fills when the rest arrives.
    pub asked: bool,
    /// Set while the socket is too far behind for single edits: what it will have once its queue has drained.
    pub behind: Option<StateVector>,
    /// Yjs client ids that the connection has used: nobody else writes under them meanwhile.
    pub clients: BTreeSet<u64>,
    /// Part of what it has could not be taken, because something of somebody else is missing. It is asked again.
    pub incomplete: bool,
    /// Stock y-websocket clients only log a refusal, so it is sent once.
    pub told_read_only: bool,
}

impl Member {
    /// Only editors write, and only the graph: outputs are the server's.
    pub fn may_write(&self, document: DocumentName) -> bool {
        match document {
            DocumentName::Graph(_) => self.role.can_edit(),
            DocumentName::Outputs(_) => false,
        }
    }

    pub fn send(&self, payload: Payload<'_>) {
        if let Some(frame) = self.framing.frame(payload) {
            self.outbox.push(frame);
        }
    }

    /// Sends a document or a large part of one.
    pub fn answer(&self, message: SyncMessage<'_>) {
        if let Some(frame) = self.framing.frame(Payload::Sync(message)) {
            self.outbox.push_answer(frame);
        }
    }

    /// Takes the document off the socket, and closes the socket when it holds no other.
    pub fn dismiss(&self, code: CloseCode) {
        match &self.framing {
            Framing::Websocket => self.outbox.close(code),
            Framing::Hocuspocus { address } => {
                self.send(Payload::Denied(code));
                let message = hocuspocus::Message::Close(Some(code.reason()));
                self.outbox.push(Frame::Document { address, message }.encode().into());
                self.outbox.document_taken_off(code);
            }
        }
    }
}
