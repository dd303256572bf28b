//! Peers that do not read, or say nothing; and two that come first at the same time.

use tokio::time::Instant;

use super::*;

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
async fn no_edit_comes_before_the_answer_to_the_first_question() {
    let world = World::new().await;
    let mut witness = Peer::join(&world.rooms, world.name(), "witness").await;
    let mut late = Peer::connect(&world.rooms, &world.name().to_string());
    late.sign_in("late");
    late.until("let in", |late| late.scope.is_some()).await;
    for edits in 1..=3 {
        witness.edit(add_note("before"));
        witness.until("saved", |witness| witness.statuses.len() == edits + 1).await;
    }
    late.ask();
    late.until("in sync", |late| late.synced).await;
    assert_eq!((late.early, late.graph().nodes.len()), (0, 3));
    witness.edit(add_note("after"));
    late.until("told", |late| late.graph().nodes.len() == 4).await;
}
