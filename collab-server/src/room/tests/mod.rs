//! Rooms without network and database: what happens when storage fails or lies, or a peer does not read.

mod cluster;
mod hostile;
mod limits;
mod passed_on;
mod peer;
mod renewal;
mod simulation;
mod slow;
mod storage;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use shared::{
    access::Role,
    graph::{Graph, Node},
    id::{NodeId, SessionId, UserId, WorkflowId},
    presence::PresentUser,
    protocol::{CloseCode, DocumentName, hocuspocus::SyncStatus},
};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{
    Fault, Limits, MemoryStore, Rights, RightsError, RoomError, Rooms, Settings, Timing, Visitor, outbox::Outgoing,
};
use peer::{Peer, add_note};

/// Everybody is who their token says, and an editor everywhere.
struct Everybody;

#[async_trait]
impl Rights for Everybody {
    async fn visitor(&self, token: &str) -> Result<Option<Visitor>, RightsError> {
        let number = u128::from(token.len() as u64);
        let user =
            PresentUser { id: UserId::from(Uuid::from_u128(number)), name: token.into(), color: "#ffffff".into() };
        Ok(Some(Visitor {
            user,
            credential: SessionId::from(Uuid::from_u128(number)).into(),
            limits: crate::auth::Limits::NONE,
        }))
    }

    async fn role(&self, _user: UserId, _workflow: WorkflowId) -> Result<Option<Role>, RightsError> {
        Ok(Some(Role::Editor))
    }

    async fn is_signed_in(&self, _visitor: &Visitor) -> Result<bool, RightsError> {
        Ok(true)
    }
}

struct World {
    rooms: Rooms,
    store: Arc<MemoryStore>,
    workflow: WorkflowId,
}

impl World {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with_timing(timing: Timing) -> Self {
        Self::with(Settings { timing, ..Settings::default() }).await
    }

    async fn with(settings: Settings) -> Self {
        let store = Arc::new(MemoryStore::default());
        let workflow = WorkflowId::from(Uuid::from_u128(7));
        let world = Self { rooms: Rooms::with_settings(store.clone(), Arc::new(Everybody), settings), store, workflow };
        world.rooms.create(workflow, &Graph::default()).await.expect("a fresh document");
        world
    }

    /// The same storage under a new server.
    fn restarted(&self) -> Rooms {
        Rooms::new(self.store.clone(), Arc::new(Everybody))
    }

    fn name(&self) -> DocumentName {
        DocumentName::Graph(self.workflow)
    }

    /// Waits until no room is open.
    async fn until_unloaded(&self) {
        for _ in 0..3000 {
            if self.rooms.0.registry.open().is_empty() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("documents that nobody needs are still open");
    }

    async fn node_count(&self) -> usize {
        self.rooms.graph(self.workflow).await.expect("open").0.nodes.len()
    }
}
