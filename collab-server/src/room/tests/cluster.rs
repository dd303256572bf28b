//! Rooms of several servers on one store, joined by a line that may lose what is said on it, or be cut.

use shared::protocol::RoomEvent;

use super::*;
use crate::{bus::Hub, room::Settings};

struct Servers {
    store: Arc<MemoryStore>,
    hub: Hub,
    rooms: Vec<Rooms>,
    workflow: WorkflowId,
}

impl Servers {
    async fn new(count: usize) -> Self {
        let (store, hub) = (Arc::new(MemoryStore::default()), Hub::default());
        let server = |_| {
            let bus = Arc::new(hub.join());
            Rooms::on_bus(store.clone(), Arc::new(Everybody), Settings::default(), bus)
        };
        let rooms: Vec<Rooms> = (0..count).map(server).collect();
        let workflow = WorkflowId::from(Uuid::from_u128(7));
        rooms[0].create(workflow, &Graph::default()).await.expect("a fresh document");
        Self { store, hub, rooms, workflow }
    }

    fn name(&self) -> DocumentName {
        DocumentName::Graph(self.workflow)
    }

    async fn join(&self, server: usize, token: &str) -> Peer {
        Peer::join(&self.rooms[server], self.name(), token).await
    }

    async fn add_note(&self, server: usize) {
        self.rooms[server].edit(self.workflow, Box::new(add_note("note"))).await.expect("committed");
    }

    async fn node_count(&self, server: usize) -> usize {
        self.rooms[server].graph(self.workflow).await.expect("open").0.nodes.len()
    }
}

fn nodes(count: usize) -> impl Fn(&Peer) -> bool {
    move |peer| peer.graph().nodes.len() == count
}

#[tokio::test]
async fn an_edit_on_one_server_is_shown_on_the_others() {
    let servers = Servers::new(3).await;
    let mut peers = Vec::new();
    for (server, token) in ["ada", "anne", "edith"].iter().enumerate() {
        peers.push(servers.join(server, token).await);
    }
    for count in 1..=12 {
        peers[count % 3].edit(add_note("note"));
        for peer in &mut peers {
            peer.until("told", nodes(count)).await;
        }
    }
}

#[tokio::test]
async fn what_is_lost_on_the_line_is_found_in_the_log() {
    let servers = Servers::new(3).await;
    for seed in 1..=2_u64 {
        // Four of seven get through.
        servers.hub.sieve(move |number| (number.wrapping_mul(seed).wrapping_mul(2_654_435_761) >> 7) % 7 < 4);
        let mut peers = Vec::new();
        for (server, token) in ["ada", "anne", "edith"].iter().enumerate() {
            peers.push(servers.join(server, token).await);
        }
        let before = servers.node_count(0).await;
        for edit in 0..60 {
            peers[edit % 3].edit(add_note("note"));
            peers[(edit + 1) % 3].listen(Duration::from_millis(1)).await;
        }
        for peer in &mut peers {
            peer.until(&format!("told of all, losing notes by seed {seed}"), nodes(before + 60)).await;
        }
        let graph = peers[0].graph();
        assert!(peers.iter().all(|peer| peer.graph() == graph));
    }
}

#[tokio::test]
async fn servers_without_a_line_find_each_others_edits_in_the_log() {
    let servers = Servers::new(2).await;
    let (mut ada, mut anne) = (servers.join(0, "ada").await, servers.join(1, "anne").await);
    servers.hub.set_up(false);
    ada.edit(add_note("by ada"));
    anne.until("told", nodes(1)).await;
    anne.edit(add_note("by anne"));
    ada.until("told", nodes(2)).await;
    servers.hub.set_up(true);
    ada.edit(add_note("by ada"));
    anne.until("told", nodes(3)).await;
}

#[tokio::test]
async fn a_read_has_everything_that_another_server_has_acknowledged() {
    let servers = Servers::new(2).await;
    assert_eq!(servers.node_count(1).await, 0, "open on both");
    for up in [true, false] {
        servers.hub.set_up(up);
        for _ in 0..5 {
            let before = servers.node_count(1).await;
            servers.add_note(0).await;
            assert_eq!(servers.node_count(1).await, before + 1);
        }
    }
}

#[tokio::test]
async fn what_is_begun_anew_on_one_server_is_so_on_the_others() {
    let servers = Servers::new(2).await;
    let mut anne = servers.join(1, "anne").await;
    anne.edit(add_note("kept"));
    anne.until("saved", |anne| anne.statuses.len() == 2).await;
    // What the other server has committed is in it, though this one may not have heard of it.
    servers.hub.sieve(|_| false);
    servers.add_note(1).await;
    let new = servers.rooms[0].renew(servers.name()).await.expect("begun anew");
    anne.until("sent away", |anne| anne.dismissed.as_deref() == Some("other-generation")).await;
    // An edit of the generation that ended is not taken into the new one, on either server.
    for server in [0, 1] {
        let name = servers.name().to_string();
        let mut old = Peer::join_with(&servers.rooms[server], &name, "anne", anne.document()).await;
        old.until("sent away", |old| old.dismissed.as_deref() == Some("other-generation")).await;
        assert_eq!(servers.rooms[server].generation(servers.name()).await.expect("open"), new);
        assert_eq!(servers.node_count(server).await, 2);
    }
    let mut anne = servers.join(1, "anne").await;
    anne.edit(add_note("new"));
    anne.until("saved", |anne| anne.statuses.len() == 2).await;
    assert_eq!(servers.node_count(0).await, 3);
}

#[tokio::test]
async fn a_deleted_document_is_closed_on_every_server() {
    let servers = Servers::new(2).await;
    let mut anne = servers.join(1, "anne").await;
    servers.rooms[0].delete(servers.workflow).await.expect("deleted");
    anne.until("sent away", |anne| anne.dismissed.as_deref() == Some(CloseCode::NotFound.reason())).await;
}

#[tokio::test]
async fn whoever_is_signed_out_on_one_server_is_sent_away_on_the_others() {
    let servers = Servers::new(2).await;
    let (mut ada, mut anne) = (servers.join(1, "ada").await, servers.join(1, "anne").await);
    servers.rooms[0].signed_out(SessionId::from(Uuid::from_u128(3))).await;
    ada.until_closed(CloseCode::Unauthorized).await;
    anne.edit(add_note("still here"));
    anne.until("saved", |anne| anne.statuses.len() == 2).await;
}

#[tokio::test]
async fn people_on_all_servers_are_counted_and_forgotten_with_their_server() {
    let servers = Servers::new(2).await;
    let editors =
        |count| move |peer: &Peer| peer.events.last() == Some(&RoomEvent::Audience { editors: count, viewers: 0 });
    let mut ada = servers.join(0, "ada").await;
    let anne = servers.join(1, "anne").await;
    ada.until("told of two", editors(2)).await;
    drop(anne);
    ada.until("told of one", editors(1)).await;
    let _anne = servers.join(1, "anne").await;
    ada.until("told of two", editors(2)).await;
    // Nobody hears the other server any more, which says nothing about it: only later about its people.
    servers.hub.sieve(|_| false);
    ada.until("told of one", editors(1)).await;
}

#[tokio::test]
async fn servers_that_fold_the_log_at_once_lose_nothing() {
    const EACH: usize = 320;
    let servers = Arc::new(Servers::new(2).await);
    let writers = [0, 1].map(|server| {
        let servers = servers.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                servers.add_note(server).await;
            }
        })
    });
    for writer in writers {
        writer.await.expect("a writer does not panic");
    }
    let stored = servers.store.stored(servers.name()).expect("it is there");
    assert!(stored.version > 0, "nobody has folded the log of {} rows", stored.log.len());
    for server in [0, 1] {
        assert_eq!(servers.node_count(server).await, 2 * EACH);
    }
    let alone = Rooms::new(servers.store.clone(), Arc::new(Everybody));
    assert_eq!(alone.graph(servers.workflow).await.expect("open").0.nodes.len(), 2 * EACH);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_closes_the_document_for_writing_on_every_server() {
    use shared::protocol::hocuspocus::Scope;
    let servers = Servers::new(2).await;
    let (mut ada, mut anne) = (servers.join(0, "ada").await, servers.join(1, "anne").await);
    servers.hub.set_up(false);
    // Damaged as it is written: the other server reads the log on its own, and may be quicker than a test.
    servers.store.set_fault(Fault::Damaged);
    servers.add_note(0).await;
    servers.store.set_fault(Fault::None);
    ada.edit(add_note("by ada"));
    ada.until("saved", |ada| ada.statuses.len() == 2).await;
    anne.until("told that it takes no edits", |anne| anne.scope == Some(Scope::ReadOnly)).await;
    ada.until("told too", |ada| ada.scope == Some(Scope::ReadOnly)).await;
    // What does not stand on the row that is set aside is shown.
    anne.until("told of the other", nodes(1)).await;
    ada.until("told of both", nodes(2)).await;
}
