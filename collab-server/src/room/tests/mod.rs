//! Rooms without network and database: what happens when storage fails, lies, or a peer does not read.

mod peer;

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
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::{MemoryStore, Rights, RightsError, RoomError, Rooms, Timing, Visitor, outbox::Outgoing};
use crate::auth::Limits;
use peer::{Peer, add_note};

/// Everybody is who their token says, and an editor everywhere.
struct Everybody;

#[async_trait]
impl Rights for Everybody {
    async fn visitor(&self, token: &str) -> Result<Option<Visitor>, RightsError> {
        let number = u128::from(token.len() as u64);
        let user =
            PresentUser { id: UserId::from(Uuid::from_u128(number)), name: token.into(), color: "#ffffff".into() };
        Ok(Some(Visitor { user, credential: SessionId::from(Uuid::from_u128(number)).into(), limits: Limits::NONE }))
    }

    async fn role(&self, _user: UserId, _workflow: WorkflowId) -> Result<Option<Role>, RightsError> {
        Ok(Some(Role::Editor))
    }
}

struct World {
    rooms: Rooms,
    store: Arc<MemoryStore>,
    workflow: WorkflowId,
}

impl World {
    async fn new() -> Self {
        Self::with_timing(Timing::default()).await
    }

    async fn with_timing(timing: Timing) -> Self {
        let store = Arc::new(MemoryStore::default());
        let workflow = WorkflowId::from(Uuid::from_u128(7));
        let world = Self { rooms: Rooms::with_timing(store.clone(), Arc::new(Everybody), timing), store, workflow };
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

    async fn node_count(&self) -> usize {
        self.rooms.graph(self.workflow).await.expect("open").0.nodes.len()
    }
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_acknowledged_and_nothing_lost() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let mut witness = Peer::join(&world.rooms, world.name(), "witness").await;
    world.store.set_broken(true);
    let rows = world.store.stored(world.name()).expect("created").log.len();
    ada.edit(add_note("unsaved"));
    // Others see the edit at once, its author hears that it is not saved.
    witness.until("told", |witness| witness.graph().nodes.len() == 1).await;
    ada.until("warned", |ada| ada.statuses.last() == Some(&SyncStatus::Refused)).await;
    assert_eq!(world.store.stored(world.name()).expect("created").log.len(), rows);

    world.store.set_broken(false);
    ada.until("saved", |ada| ada.statuses.last() == Some(&SyncStatus::Saved)).await;
    assert_eq!(world.restarted().graph(world.workflow).await.expect("open").0.nodes.len(), 1);
}

#[tokio::test]
async fn a_damaged_row_is_set_aside_and_the_rest_is_shown_read_only() {
    let world = World::new().await;
    for title in ["first", "second"] {
        world.rooms.edit(world.workflow, Box::new(add_note(title))).await.expect("committed");
    }
    world.rooms.shutdown().await;
    world.store.tamper(world.name(), |stored| stored.log[2].update = Bytes::from_static(b"not Yjs"));

    let rooms = world.restarted();
    let (graph, _) = rooms.graph(world.workflow).await.expect("the document opens");
    assert_eq!(graph.nodes.len(), 1);
    let refused = rooms.edit(world.workflow, Box::new(add_note("third"))).await;
    assert!(matches!(refused, Err(RoomError::Damaged)), "{refused:?}");
    let mut ada = Peer::join(&rooms, world.name(), "ada").await;
    ada.edit(add_note("fourth"));
    ada.until("refused", |ada| ada.statuses.last() == Some(&SyncStatus::Refused)).await;
    let stored = world.store.stored(world.name()).expect("created");
    assert!(stored.quarantined);
    assert_eq!(stored.log.len(), 2);
}

#[tokio::test]
async fn a_damaged_snapshot_is_never_taken_for_an_empty_document() {
    let world = World::new().await;
    for _ in 0..600 {
        world.rooms.edit(world.workflow, Box::new(add_note("note"))).await.expect("committed");
    }
    world.rooms.shutdown().await;
    assert!(world.store.stored(world.name()).expect("created").snapshot.is_some());
    assert_eq!(world.restarted().graph(world.workflow).await.expect("open").0.nodes.len(), 600);
    world.store.tamper(world.name(), |stored| {
        let snapshot = stored.snapshot.as_mut().expect("looked at above");
        snapshot.state_v2 = snapshot.state_v2.slice(..snapshot.state_v2.len() - 1);
    });
    let opened = world.restarted().graph(world.workflow).await;
    assert!(matches!(opened, Err(RoomError::Damaged)), "{opened:?}");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_sent_the_difference_later_and_others_do_not_notice() {
    let world = World::new().await;
    let mut slow = Peer::join(&world.rooms, world.name(), "slow").await;
    let mut quick = Peer::join(&world.rooms, world.name(), "quick").await;
    slow.stop_reading();
    let text = "x".repeat(100_000);
    for count in 1..=30 {
        world.rooms.edit(world.workflow, Box::new(add_note(&text))).await.expect("committed");
        quick.until("told", |quick| quick.graph().nodes.len() == count).await;
    }
    let before = slow.frames_taken();
    slow.read_again();
    slow.until("told", |slow| slow.graph().nodes.len() == 30).await;
    assert_eq!(slow.closed, None);
    // Not thirty edits: those that fit into the queue, and the rest in one.
    assert!(slow.frames_taken() - before < 20, "{} frames", slow.frames_taken() - before);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_closed() {
    let stuck = Duration::from_millis(300);
    let world = World::with_timing(Timing { stuck, ..Timing::default() }).await;
    let mut stuck = Peer::join(&world.rooms, world.name(), "stuck").await;
    stuck.stop_reading();
    let started = Instant::now();
    for _ in 0..100 {
        world.rooms.edit(world.workflow, Box::new(add_note("note"))).await.expect("committed");
    }
    let ended = timeout(Duration::from_secs(10), stuck.ended()).await;
    assert!(ended.is_ok(), "still open");
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_document_that_nobody_needs_is_unloaded_and_opens_again() {
    let idle = Duration::from_millis(300);
    let world = World::with_timing(Timing { idle, ..Timing::default() }).await;
    let ada = Peer::join(&world.rooms, world.name(), "ada").await;
    sleep(idle * 3).await;
    assert_eq!(world.rooms.0.registry.open().len(), 1, "somebody is there");
    drop(ada);
    sleep(idle * 3).await;
    assert_eq!(world.rooms.0.registry.open().len(), 0);
    world.rooms.edit(world.workflow, Box::new(add_note("later"))).await.expect("committed");
    assert_eq!(world.node_count().await, 1);
}

#[tokio::test]
async fn a_quiet_socket_hears_something_now_and_then() {
    let quiet = Duration::from_millis(200);
    let world = World::with_timing(Timing { quiet, ..Timing::default() }).await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let before = ada.frames_taken();
    ada.listen(quiet * 5).await;
    let heard = ada.frames_taken() - before;
    assert!((2..=5).contains(&heard), "{heard} frames");
}

#[tokio::test]
async fn two_first_visitors_meet_in_one_room() {
    let world = World::new().await;
    let mut peers =
        futures_util::future::join_all(["a", "bb", "ccc"].map(|token| Peer::join(&world.rooms, world.name(), token)))
            .await;
    peers[0].edit(add_note("hello"));
    for peer in &mut peers {
        peer.until("told", |peer| peer.graph().nodes.len() == 1).await;
    }
    assert_eq!(world.rooms.0.registry.open().len(), 1);
}

#[tokio::test]
async fn an_update_that_breaks_yrs_costs_its_sender_the_socket_and_nobody_an_edit() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let mut eve = Peer::join(&world.rooms, world.name(), "evelyn").await;
    ada.edit(add_note("kept"));
    ada.until("saved", |ada| ada.statuses.len() == 2).await;
    // Well formed, but its parent is a number: yrs refuses in the middle of integrating.
    let number = "nodes".len() as u8;
    let mut update = vec![1, 2, 0x63, 0, 0x28, 1, number];
    update.extend(b"nodes\x01a\x01\x7d\x01");
    update.extend([0x28, 0, 0x63, 0, 1, b'b', 1, 0x7d, 1, 0]);
    eve.send_update(&update);
    eve.until_closed(CloseCode::BadFrame).await;
    ada.edit(add_note("and more"));
    ada.until("saved", |ada| ada.statuses.len() == 3).await;
    assert_eq!(world.node_count().await, 2);
}

#[tokio::test]
async fn shutting_down_acknowledges_first() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    for _ in 0..20 {
        ada.edit(add_note("last minute"));
    }
    // What the room has taken by now is saved and said to be.
    ada.until("told", |ada| ada.statuses.len() > 1).await;
    world.rooms.shutdown().await;
    ada.until_closed(CloseCode::GoingAway).await;
    let saved = ada.statuses.iter().filter(|status| **status == SyncStatus::Saved).count() - 1;
    assert!(world.restarted().graph(world.workflow).await.expect("open").0.nodes.len() >= saved);
    let refused = world.rooms.graph(world.workflow).await;
    assert!(matches!(refused, Err(RoomError::Unavailable)), "{refused:?}");
}
