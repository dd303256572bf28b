//! The way into a room: who is it, what may they do there, and is the room to be had.

use std::sync::Arc;

use shared::{
    access::Role,
    protocol::{CloseCode, DocumentAddress, DocumentName},
};
use tokio::sync::{mpsc::error::TrySendError, oneshot};

use super::super::{
    ConnectionId, RightsError, RoomError, Rooms,
    actor::{Join, Message},
    member::{Framing, Visitor},
    outbox::Outbox,
    registry::Handle,
};

/// Why somebody does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// For good: the same attempt would fail again.
    Denied(CloseCode),
    /// Not now.
    Later(CloseCode),
}

impl From<RoomError> for Refusal {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NotFound => Self::Denied(CloseCode::NotFound),
            RoomError::Damaged => Self::Denied(CloseCode::Damaged),
            RoomError::OtherGeneration => Self::Denied(CloseCode::OtherGeneration),
            RoomError::Unavailable => Self::Later(CloseCode::GoingAway),
            RoomError::Store(_) | RoomError::Overloaded => Self::Later(CloseCode::Overload),
        }
    }
}

/// A document that a connection has open. Dropping it leaves the room.
#[derive(Debug)]
pub struct Opened {
    pub name: DocumentName,
    pub id: ConnectionId,
    pub room: Arc<Handle>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        match self.room.inbox.try_send(Box::new(Message::Leave(self.id))) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(leave)) => {
                let room = self.room.clone();
                // A room that ended meanwhile has no members to remove.
                tokio::spawn(async move { room.inbox.send(leave).await.ok() });
            }
        }
    }
}

/// Somebody who may open a document, as of one moment.
#[derive(Debug)]
pub struct Admitted {
    visitor: Visitor,
    role: Role,
    address: DocumentAddress,
    rights_epoch: u64,
}

impl Rooms {
    /// Who presents one of these tokens, if they may open the document. The first token that is not empty counts.
    pub async fn admit(&self, tokens: &[&str], address: DocumentAddress) -> Result<Admitted, Refusal> {
        let rights_epoch = self.rights_epoch();
        let rights = &self.0.rights;
        let token = tokens.iter().find(|token| !token.is_empty()).ok_or(Refusal::Denied(CloseCode::Unauthorized))?;
        let visitor = rights.visitor(token).await.map_err(later)?;
        let visitor = visitor.ok_or(Refusal::Denied(CloseCode::Unauthorized))?;
        let role = rights.role_of(&visitor, address.name.workflow()).await.map_err(later)?;
        // A workflow that does not exist looks the same as one that is somebody else's.
        let role = role.filter(|role| role.can_read()).ok_or(Refusal::Denied(CloseCode::Forbidden))?;
        Ok(Admitted { visitor, role, address, rights_epoch })
    }

    /// Opens the document for somebody who was admitted.
    pub(super) async fn enter(&self, admitted: Admitted, framing: Framing, outbox: &Outbox) -> Result<Opened, Refusal> {
        let Admitted { visitor, role, address: DocumentAddress { name, generation }, mut rights_epoch } = admitted;
        let room = self.open(name)?;
        let id = self.next_connection();
        let (joined, done) = oneshot::channel();
        let outbox_of_member = outbox.clone();
        let join = Join { id, visitor: visitor.clone(), role, generation, framing, outbox: outbox_of_member, joined };
        room.send(Message::Join(join)).await?;
        done.await.map_err(|_| room.failure())??;
        let opened = Opened { name, id, room };
        while self.rights_epoch() != rights_epoch {
            // Perhaps the right was taken between the look and the entry, from somebody the room did not know yet.
            rights_epoch = self.rights_epoch();
            let rights = &self.0.rights;
            let signed_in = rights.is_signed_in(&visitor).await.map_err(later)?;
            if !signed_in || rights.role_of(&visitor, name.workflow()).await.map_err(later)? != Some(role) {
                return Err(Refusal::Later(CloseCode::GoingAway));
            }
        }
        outbox.document_put_on();
        Ok(opened)
    }
}

fn later(error: RightsError) -> Refusal {
    tracing::error!(error = %anyhow::Error::from(error), "could not look up rights");
    Refusal::Later(CloseCode::Overload)
}
