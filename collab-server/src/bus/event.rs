//! What all servers hear: what concerns people and documents wherever they are open.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::id::{UserId, WorkflowId};

use crate::{auth::Credential, room::ServerId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Somebody's role has to be looked up again, in one workflow or all.
    RoleChanged {
        user: UserId,
        workflow: Option<WorkflowId>,
    },
    SignedOut {
        ended: Credential,
    },
    /// A workflow's documents are gone, or were begun anew.
    Replaced {
        workflow: WorkflowId,
    },
    /// Said every few seconds: the people on a server that says nothing are gone.
    Alive,
    /// The server stops.
    Leaving,
}

/// An event and who says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromServer {
    pub server: ServerId,
    #[serde(flatten)]
    pub event: Event,
}

impl FromServer {
    pub fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect("ids and names are JSON").into()
    }

    /// `None` for what another version says.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_event_reads_what_it_writes() {
        for event in [
            Event::RoleChanged { user: Uuid::from_u128(1).into(), workflow: None },
            Event::Replaced { workflow: Uuid::from_u128(2).into() },
            Event::SignedOut { ended: shared::id::SessionId::from(Uuid::from_u128(3)).into() },
            Event::Alive,
        ] {
            let said = FromServer { server: ServerId::random(), event };
            assert_eq!(FromServer::decode(&said.encode()), Some(said));
        }
        assert_eq!(FromServer::decode(b"{}"), None);
    }
}
