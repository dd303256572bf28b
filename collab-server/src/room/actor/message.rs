//! What a room is sent.

use bytes::Bytes;
use shared::{access::Role, id::UserId, protocol::awareness::Entry};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use uuid::Uuid;
use yrs::StateVector;

use super::{
    super::{
        ConnectionId, RoomError,
        heads::ServerId,
        member::{Framing, Visitor},
        outbox::Outbox,
        replica::View,
        store::Standing,
        update::Outline,
    },
    news::Read,
};
use crate::auth::Credential;

/// What a connection says to a room. Decoded and checked for form by the connection.
#[derive(Debug)]
pub enum Said {
    Step1(StateVector),
    Update {
        kind: UpdateKind,
        bytes: Bytes,
        outline: Outline,
    },
    /// An update that is Yjs, but none of this document's.
    ForeignUpdate,
    Awareness(Vec<Entry<'static>>),
    QueryAwareness,
    /// To be sent back when everything said before is committed.
    Mark(Bytes),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateKind {
    /// The answer to our Step1.
    Step2,
    Update,
}

pub struct Join {
    pub id: ConnectionId,
    pub visitor: Visitor,
    pub role: Role,
    /// The generation that the client has content of.
    pub generation: Option<Uuid>,
    pub framing: Framing,
    pub outbox: Outbox,
    pub joined: oneshot::Sender<Result<(), RoomError>>,
}

/// An edit by the server itself. Answers through whatever it captured.
pub type ServerEdit = Box<dyn FnOnce(&View) + Send>;

pub enum Message {
    Join(Join),
    Leave(ConnectionId),
    /// The permit bounds the bytes that wait in the inbox; it is given back when the message was dealt with.
    Said {
        from: ConnectionId,
        said: Said,
        _permit: OwnedSemaphorePermit,
    },
    Read(Read),
    Edit {
        edit: ServerEdit,
        committed: oneshot::Sender<Result<(), RoomError>>,
    },
    /// Begin the document anew. Answers with the generation.
    Renew(oneshot::Sender<Result<Uuid, RoomError>>),
    Generation(oneshot::Sender<Uuid>),
    RoleChanged {
        user: UserId,
        role: Option<Role>,
    },
    SignedOut(Credential),
    Deleted,
    /// Another server is dead, or about to be.
    ServerGone(ServerId),
    /// How far the log is, as somebody saw who looked for all documents.
    Standing(Standing),
    /// Something happened to the document that the log tells.
    Look,
    /// Who is here.
    Visitors(oneshot::Sender<Vec<Visitor>>),
    Shutdown,
}

impl Message {
    /// Whether somebody needs the document, as opposed to looking after it.
    pub(super) fn is_use(&self) -> bool {
        match self {
            Self::Join(_) | Self::Leave(_) | Self::Said { .. } | Self::Read(_) | Self::Edit { .. } => true,
            Self::Renew(_) | Self::Generation(_) | Self::RoleChanged { .. } | Self::SignedOut(_) => true,
            Self::Deleted | Self::Shutdown => true,
            Self::ServerGone(_) | Self::Standing(_) | Self::Look | Self::Visitors(_) => false,
        }
    }
}
