//! What becomes of edits when storage fails, lies, or is slow.

use shared::protocol::hocuspocus::Scope;

use super::*;

#[tokio::test]
async fn while_the_database_is_away_nothing_is_acknowledged_and_nothing_lost() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let mut witness = Peer::join(&world.rooms, world.name(), "witness").await;
    world.store.set_fault(Fault::Full);
    let rows = world.store.stored(world.name()).expect("created").log.len();
    let told = ada.statuses.len();
    ada.edit(add_note("unsaved"));
    // Others see the edit at once, and everybody hears that the document cannot be written for now.
    witness.until("told", |witness| witness.graph().nodes.len() == 1).await;
    ada.until("warned", |ada| ada.scope == Some(Scope::ReadOnly)).await;
    witness.until("warned", |witness| witness.scope == Some(Scope::ReadOnly)).await;
    // Who comes now hears it at once, and what was under way is taken all the same.
    let late = Peer::join_unsaved(&world.rooms, world.name(), "late").await;
    assert_eq!(late.scope, Some(Scope::ReadOnly));
    ada.edit(add_note("unsaved, too"));
    witness.until("told", |witness| witness.graph().nodes.len() == 2).await;
    assert_eq!(ada.statuses.len(), told, "nothing is known yet: {:?}", ada.statuses);
    assert_eq!(world.store.stored(world.name()).expect("created").log.len(), rows);

    world.store.set_fault(Fault::None);
    ada.until("saved", |ada| ada.statuses[told..] == [SyncStatus::Saved; 2]).await;
    ada.until("writable", |ada| ada.scope == Some(Scope::ReadWrite)).await;
    assert_eq!(world.restarted().graph(world.workflow).await.expect("open").0.nodes.len(), 2);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_neither_lost_nor_doubled() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let told = ada.statuses.len();
    world.store.set_fault(Fault::AnswerLost);
    ada.edit(add_note("committed, unheard"));
    ada.until("warned", |ada| ada.scope == Some(Scope::ReadOnly)).await;
    let rows = world.store.stored(world.name()).expect("created").log.len();
    world.store.set_fault(Fault::None);
    ada.until("saved", |ada| ada.statuses[told..] == [SyncStatus::Saved]).await;
    assert_eq!(world.store.stored(world.name()).expect("created").log.len(), rows);
}

#[tokio::test]
async fn a_document_that_is_not_written_is_not_unloaded() {
    let idle = Duration::from_millis(100);
    let world = World::with_timing(Timing { idle, ..Timing::default() }).await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    world.store.set_fault(Fault::Full);
    ada.edit(add_note("unsaved"));
    ada.until("warned", |ada| ada.scope == Some(Scope::ReadOnly)).await;
    drop(ada);
    sleep(idle * 5).await;
    assert_eq!(world.rooms.0.registry.open().len(), 1);
    world.store.set_fault(Fault::None);
    world.until_unloaded().await;
    assert_eq!(world.node_count().await, 1);
}

#[tokio::test]
async fn while_the_database_is_away_a_room_takes_no_more_than_it_can_hold() {
    let world = World::new().await;
    let mut ada = Peer::join(&world.rooms, world.name(), "ada").await;
    let told = ada.statuses.len();
    world.store.set_fault(Fault::Full);
    let text = "x".repeat(900_000);
    for _ in 0..12 {
        ada.edit(add_note(&text));
    }
    // Each edit gets its word in its turn, so nothing is said of any while the first is not written.
    let mut witness = Peer::join_unsaved(&world.rooms, world.name(), "witness").await;
    witness.until("told of what was taken", |witness| witness.graph().nodes.len() >= 8).await;
    assert_eq!(ada.statuses.len(), told);
    world.store.set_fault(Fault::None);
    ada.until("told of all", |ada| ada.statuses.len() == told + 12).await;
    let saved = ada.statuses[told..].iter().filter(|status| **status == SyncStatus::Saved).count();
    assert!((8..12).contains(&saved), "{saved} of 12 were saved");
    assert_eq!(world.node_count().await, saved);
}

/// Enough edits that the log is folded, `times`.
async fn fold(world: &World, times: u64) {
    let folded = |world: &World| world.store.stored(world.name()).expect("created").version;
    let before = folded(world);
    while folded(world) < before + times {
        world.rooms.edit(world.workflow, Box::new(add_note("note"))).await.expect("committed");
    }
    world.rooms.shutdown().await;
}

#[tokio::test]
async fn a_damaged_snapshot_costs_nothing_because_the_one_before_it_is_kept() {
    for times in [1, 2] {
        let world = World::new().await;
        fold(&world, times).await;
        let whole = world.restarted().graph(world.workflow).await.expect("open").0;
        world.store.tamper(world.name(), |stored| {
            let snapshot = stored.snapshot.as_mut().expect("it was folded");
            snapshot.state_v2 = snapshot.state_v2.slice(..snapshot.state_v2.len() - 1);
        });
        let rooms = world.restarted();
        assert_eq!(rooms.graph(world.workflow).await.expect("the document opens").0, whole);
        // Somebody should look at the disk before it is written to again.
        let refused = rooms.edit(world.workflow, Box::new(add_note("more"))).await;
        assert!(matches!(refused, Err(RoomError::Damaged)), "{refused:?}");
        // Not again and again: from now on it opens as any other document.
        rooms.shutdown().await;
        let rooms = world.restarted();
        assert_eq!(rooms.graph(world.workflow).await.expect("the document opens").0, whole);
        // And that is the way out.
        rooms.renew(world.name()).await.expect("begun anew");
        rooms.edit(world.workflow, Box::new(add_note("more"))).await.expect("committed");
    }
}

#[tokio::test]
async fn a_document_of_which_nothing_can_be_read_is_never_shown_as_empty() {
    let world = World::new().await;
    fold(&world, 2).await;
    world.store.tamper(world.name(), |stored| {
        for snapshot in [&mut stored.snapshot, &mut stored.previous] {
            snapshot.as_mut().expect("it was folded twice").hash[0] ^= 1;
        }
    });
    let rooms = world.restarted();
    let opened = rooms.graph(world.workflow).await;
    assert!(matches!(opened, Err(RoomError::Damaged)), "{opened:?}");
    // A client is told so for good, and does not come back in a loop.
    assert_eq!(Peer::denied(&rooms, &world.name().to_string()).await, "damaged");
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
