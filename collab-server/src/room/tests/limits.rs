//! How much a room takes.

use super::{super::actor::Room, *};

fn with_limits(limits: Limits) -> Settings {
    Settings { limits, ..Settings::default() }
}

#[tokio::test]
async fn a_full_document_takes_deletions_only() {
    let limits = Limits { document_bytes: 64 * 1024, ..Limits::default() };
    let world = World::with(with_limits(limits)).await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let told = ada.statuses.len();
    let text = "x".repeat(10_000);
    for _ in 0..8 {
        ada.edit(add_note(&text));
    }
    ada.until("told of all", |ada| ada.statuses.len() == told + 8).await;
    let saved = ada.statuses[told..].iter().filter(|status| **status == SyncStatus::Saved).count();
    assert!((5..7).contains(&saved), "{saved} were taken");
    assert_eq!(world.node_count().await, saved);

    let refused = ada.graph().nodes.len() - saved;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let told = ada.statuses.len();
    let nodes: Vec<NodeId> = ada.graph().nodes.into_keys().collect();
    ada.edit(move |edit| edit.remove_nodes(&nodes));
    ada.until("saved", |ada| ada.statuses[told..] == [SyncStatus::Saved]).await;
    assert_eq!(world.node_count().await, 0);
    for _ in 0..refused {
        ada.edit(add_note(&text));
    }
    ada.until("saved", |ada| ada.statuses[told + 1..].len() == refused).await;
    assert_eq!(world.node_count().await, refused);
}

#[tokio::test]
async fn no_more_documents_are_opened_than_fit_and_room_is_made() {
    let limits = Limits { open_bytes: 1024 * 1024, ..Limits::default() };
    let timing = Timing { idle: Duration::from_millis(200), ..Timing::default() };
    let world = World::with(Settings { limits, timing }).await;
    let other = WorkflowId::from(Uuid::from_u128(8));
    world.rooms.create(other, &Graph::default()).await.expect("a fresh document");
    // Some 50 KB, which weigh twelve times as much in memory.
    world.rooms.edit(world.workflow, Box::new(add_note(&"x".repeat(50_000)))).await.expect("committed");
    world.rooms.edit(other, Box::new(add_note(&"x".repeat(50_000)))).await.expect("committed");
    world.until_unloaded().await;

    let ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let refused = world.rooms.graph(other).await;
    assert!(matches!(refused, Err(RoomError::Overloaded)), "{refused:?}");
    assert_eq!(Peer::turned_away(&world.rooms, &DocumentName::Graph(other).to_string()).await, CloseCode::Overload);
    drop(ada);
    world.until_unloaded().await;
    assert_eq!(world.rooms.graph(other).await.expect("there is room").0.nodes.len(), 1);
}

#[tokio::test]
async fn whoever_does_not_sign_in_is_sent_away() {
    let world = World::new().await;
    // Frames about a document that was never opened, within the size of one but not of all.
    let mut eve = Peer::connect(&world.rooms, &world.name().to_string());
    for _ in 0..5 {
        eve.send_update(&[0; 20_000]);
    }
    eve.until_closed(CloseCode::TooBig).await;
    // Names of nothing.
    let mut eve = Peer::connect(&world.rooms, "something");
    for _ in 0..8 {
        eve.sign_in("eve");
    }
    eve.until_closed(CloseCode::NotFound).await;
}

#[tokio::test]
async fn whoever_says_nothing_is_sent_away_after_five_seconds() {
    let world = World::new().await;
    let started = tokio::time::Instant::now();
    let mut eve = Peer::connect(&world.rooms, &world.name().to_string());
    eve.until_closed(CloseCode::Timeout).await;
    assert!(started.elapsed().as_secs() >= 5);
}

#[tokio::test]
async fn a_presence_of_more_than_64_kib_costs_the_socket() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    ada.say(&format!(r#"{{"cursor":"{}"}}"#, "x".repeat(60 * 1024)));
    ada.say(&format!(r#"{{"cursor":"{}"}}"#, "x".repeat(64 * 1024)));
    ada.until_closed(CloseCode::BadFrame).await;
}

/// Ten thousand of them may be open.
#[test]
fn an_open_room_takes_little_memory() {
    fn bytes_of<A, F>(_: impl Fn(A) -> F) -> usize {
        size_of::<F>()
    }
    let task = bytes_of(Room::live);
    assert!(task <= 1536, "the task takes {task} bytes: box what it rarely waits for");
    assert!(size_of::<Room>() <= 1536, "the room takes {} bytes", size_of::<Room>());
}
