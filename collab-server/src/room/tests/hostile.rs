//! Mutated frames of both framings, from single bits to splices.
//!
//! Most of them at the decoders, where a million costs seconds: form of the frame, state vector, update, presence. Some
//! through whole connections into a running room, with somebody else in it who must not notice. Updates that a document
//! would take are `update::fuzz`'s business, real sockets that of the server's own tests
//! (sync/hostile.rs). These and `update::fuzz` together are a million.

use rand::{Rng, RngExt, SeedableRng, rngs::SmallRng};
use shared::protocol::{
    RoomEvent, SyncMessage, awareness,
    hocuspocus::{Frame, Message},
    websocket,
};
use tokio::time::Instant;

use super::*;
use crate::room::{
    ConnectionId,
    presence::PresenceTable,
    replica::roots,
    update::{outline, state_vector},
};

const AT_THE_DECODERS: usize = 730_000;
const THROUGH_CONNECTIONS: usize = 20_000;

fn seed() -> u64 {
    std::env::var("OPENFLOW_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x5eed)
}

/// What clients say, in the framing of each.
fn samples(name: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut update = b"\x01\x02\x07\x00\x27\x01\x05nodes\x02n1\x01".to_vec();
    update.extend(b"\x28\x00\x07\x00\x04type\x01\x77\x09text.note\x01\x07\x01\x00\x01");
    let presence = awareness::encode(&[
        awareness::Entry { client: 7, clock: 1, state: Some(r#"{"cursor":[1,2],"selection":["n1"]}"#.into()) },
        awareness::Entry { client: 9, clock: 3, state: None },
    ]);
    let vector = [2, 7, 3, 0xff, 0xff, 3, 0x81, 1];
    let syncs = [SyncMessage::Step1(&vector), SyncMessage::Step2(&update), SyncMessage::Update(&update)];
    let hocuspocus = syncs
        .into_iter()
        .map(Message::Sync)
        .chain([Message::Awareness(&presence), Message::QueryAwareness, Message::Stateless("{}")])
        .map(|message| Frame::Document { address: name, message }.encode())
        .collect();
    let websocket = syncs
        .into_iter()
        .map(websocket::Message::Sync)
        .chain([
            websocket::Message::Awareness(&presence),
            websocket::Message::QueryAwareness,
            websocket::Message::Mark(&[1]),
        ])
        .map(|message| message.encode())
        .collect();
    (hocuspocus, websocket)
}

fn mutate(samples: &[Vec<u8>], rng: &mut SmallRng) -> Vec<u8> {
    let mut frame = samples[rng.random_range(0..samples.len())].clone();
    for _ in 0..rng.random_range(1..4) {
        if frame.is_empty() {
            break;
        }
        let at = rng.random_range(0..frame.len());
        match rng.random_range(0..7) {
            0 => frame[at] ^= 1 << rng.random_range(0..8),
            1 => frame[at] = rng.random(),
            2 => drop(frame.remove(at)),
            3 => frame.insert(at, [0, 1, 0x7f, 0x80, 0xff][rng.random_range(0..5)]),
            4 => frame.truncate(at),
            5 => {
                let other = &samples[rng.random_range(0..samples.len())];
                let from = rng.random_range(0..other.len());
                frame.splice(at.., other[from..].iter().copied());
            }
            _ => {
                let end = (at + 9).min(frame.len());
                rng.fill_bytes(&mut frame[at..end]);
            }
        }
    }
    frame
}

/// Reads a frame as a connection does. Yields whether all of it was well formed.
fn is_read(frame: &[u8], framing_is_hocuspocus: bool, name: DocumentName, table: &mut PresenceTable) -> bool {
    let sync = |message: SyncMessage<'_>| match message {
        SyncMessage::Step1(vector) => state_vector(vector).is_ok(),
        SyncMessage::Step2(update) | SyncMessage::Update(update) => outline(update, roots(name)).is_ok(),
    };
    let user = PresentUser { id: Uuid::from_u128(1).into(), name: "eve".into(), color: "#ffffff".into() };
    let mut presence = |bytes: &[u8]| {
        let Ok(entries) = awareness::decode(bytes) else { return false };
        entries.iter().all(|entry| table.update(ConnectionId(1), &user, entry, Instant::now()).is_ok())
    };
    if framing_is_hocuspocus {
        match Frame::decode(frame) {
            Ok(Frame::Document { message: Message::Sync(message) | Message::SyncReply(message), .. }) => sync(message),
            Ok(Frame::Document { message: Message::Awareness(bytes), .. }) => presence(bytes),
            other => other.is_ok(),
        }
    } else {
        let Ok(messages) = websocket::Message::decode_all(frame) else { return false };
        messages.into_iter().all(|message| match message {
            websocket::Message::Sync(message) => sync(message),
            websocket::Message::Awareness(bytes) => presence(bytes),
            _ => true,
        })
    }
}

#[test]
fn mutated_frames_are_read_or_refused_and_leave_nothing_behind() {
    let mut rng = SmallRng::seed_from_u64(seed());
    let name = DocumentName::Graph(Uuid::from_u128(7).into());
    let (hocuspocus, websocket) = samples(&name.to_string());
    let mut table = PresenceTable::default();
    assert!(hocuspocus.iter().all(|frame| is_read(frame, true, name, &mut table)));
    assert!(websocket.iter().all(|frame| is_read(frame, false, name, &mut table)));
    let (mut read, cases) = (0, AT_THE_DECODERS);
    for case in 0..cases {
        let is_hocuspocus = case % 2 == 0;
        let frame = mutate(if is_hocuspocus { &hocuspocus } else { &websocket }, &mut rng);
        read += usize::from(is_read(&frame, is_hocuspocus, name, &mut table));
    }
    // Enough got through that the decoders' insides were reached, and far from all.
    assert!((cases / 50..cases * 9 / 10).contains(&read), "{read} of {cases}");
    assert!(table.everyone().len() <= 4, "one connection speaks for a few clients only");
}

#[tokio::test]
async fn mutated_frames_close_their_own_socket_at_most() {
    let limits = Limits { messages_per_second: 1_000_000, frames_per_second: 1_000_000, ..Limits::default() };
    let world = World::with(Settings { limits, ..Settings::default() }).await;
    let mut rng = SmallRng::seed_from_u64(seed());
    let (frames, _) = samples(&world.name().to_string());
    let mut witness = Peer::join(&world.rooms, world.name(), "witness").await;
    let mut eve = Peer::join_unsaved(&world.rooms, world.name(), "eve").await;
    let (mut closed, mut edits, cases) = (0, 0, THROUGH_CONNECTIONS);
    for case in 0..cases {
        eve.send_bytes(mutate(&frames, &mut rng));
        // Answered after everything before it, unless that closed the socket.
        let pongs = eve.pongs;
        eve.send_bytes(Frame::Ping.encode());
        eve.until_closed_or(|eve| eve.pongs > pongs).await;
        if eve.closed.is_some() {
            closed += 1;
            eve = Peer::join_unsaved(&world.rooms, world.name(), "eve").await;
        }
        if case % 500 == 0 {
            edits += 1;
            witness.edit(add_note("undisturbed"));
            witness.until("saved", |witness| witness.statuses.len() == edits + 1).await;
        }
    }
    assert!((cases / 10..cases).contains(&closed), "{closed} sockets were closed");
    assert!(witness.statuses.iter().all(|status| *status == SyncStatus::Saved));
    assert_eq!(witness.closed, None);
    // Every socket but two has gone, and the room knows it.
    drop(eve);
    witness
        .until("alone", |witness| witness.events.last() == Some(&RoomEvent::Audience { editors: 1, viewers: 0 }))
        .await;
    let there = world.rooms.graph(world.workflow).await.expect("open").0;
    assert!(there.nodes.values().filter(|node| node.title.as_deref() == Some("undisturbed")).count() >= edits);
}
