//! Documents that are begun anew: their content stays, the past goes, and nobody merges the two.

use shared::{document::Edit, protocol::RoomEvent};

use super::*;

fn rename(title: &'static str) -> impl FnOnce(&mut Edit<'_>) + Send + 'static {
    move |edit| edit.set_title(title)
}

#[tokio::test]
async fn whoever_has_the_old_generation_is_sent_away_and_cannot_bring_it_back() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    ada.edit(add_note("kept"));
    ada.edit(add_note("deleted"));
    let deleted = |graph: &Graph| {
        graph.nodes.iter().find(|(_, node)| node.title.as_deref() == Some("deleted")).map(|(id, _)| id.clone())
    };
    let id = deleted(&ada.graph()).expect("just added");
    ada.until("saved", |ada| ada.statuses.len() == 3).await;
    let old = world.rooms.generation(world.name()).await.expect("open");
    assert_eq!(ada.events[0], RoomEvent::Generation { generation: old });

    world.rooms.edit(world.workflow, Box::new(move |edit| edit.remove_nodes(&[id]))).await.expect("committed");
    let new = world.rooms.renew(world.name()).await.expect("begun anew");
    assert_ne!(new, old);
    ada.until("sent away", |ada| ada.dismissed.as_deref() == Some("other-generation")).await;

    // With the generation it has: refused before anything is said.
    assert_eq!(Peer::denied(&world.rooms, &format!("{}?g={old}", world.name())).await, "other-generation");
    // Without one, as stock clients come: its old content is not taken, and it is sent away for good.
    let mut back = Peer::join_with(&world.rooms, &world.name().to_string(), "ada", ada.document()).await;
    back.until("sent away", |back| back.dismissed.as_deref() == Some("other-generation")).await;

    let graph = world.rooms.graph(world.workflow).await.expect("open").0;
    assert_eq!(graph.nodes.len(), 1);
    let mut fresh = Peer::join(&world.rooms, &format!("{}?g={new}", world.name()), "ada").await;
    fresh.edit(rename("new"));
    fresh.until("saved", |fresh| fresh.statuses.len() == 2).await;
    let graph = world.restarted().graph(world.workflow).await.expect("open").0;
    assert_eq!((graph.meta.title.as_str(), deleted(&graph)), ("new", None));
}

#[tokio::test]
async fn beginning_anew_waits_for_what_is_not_saved_and_refuses_when_it_cannot_be() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    ada.edit(add_note("just now"));
    // Behind the edit in the room's inbox.
    ada.until("saved", |ada| ada.statuses.len() == 2).await;
    world.rooms.renew(world.name()).await.expect("begun anew");
    assert_eq!(world.node_count().await, 1);

    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    world.store.set_fault(Fault::Full);
    ada.edit(add_note("unsaved"));
    ada.until("warned", |ada| ada.scope == Some(shared::protocol::hocuspocus::Scope::ReadOnly)).await;
    let refused = world.rooms.renew(world.name()).await;
    assert!(matches!(refused, Err(RoomError::Unavailable)), "{refused:?}");
    world.store.set_fault(Fault::None);
    ada.until("saved", |ada| ada.statuses.len() == 2).await;
    assert_eq!(world.node_count().await, 2);
}

#[tokio::test]
async fn everybody_hears_how_many_are_here() {
    let world = World::new().await;
    let audience = |peer: &Peer, editors| peer.events.last() == Some(&RoomEvent::Audience { editors, viewers: 0 });
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    ada.until("told of one", |ada| audience(ada, 1)).await;
    let mut second_window = Peer::join(&world.rooms, world.name(), "ada").await;
    let other = Peer::join(&world.rooms, world.name(), "other").await;
    ada.until("told of two", |ada| audience(ada, 2)).await;
    second_window.until("told of two", |window| audience(window, 2)).await;
    drop(other);
    ada.until("told of one", |ada| audience(ada, 1)).await;
}
