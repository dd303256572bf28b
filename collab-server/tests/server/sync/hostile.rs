//! Mutated frames over real sockets at the real binary, while somebody else works.
//!
//! Frames that were well formed once, from single bits to splices, in both framings. The decoders and a
//! room take a million of them in `room::update::fuzz` and `room::tests::hostile`. `OPENFLOW_FUZZ_FULL=1` makes it
//! 15,000 here on each database.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use shared::protocol::{
    SyncMessage, awareness,
    hocuspocus::{self, Auth, Frame},
    websocket,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{Client, Protocol, binary::Server};
use crate::support::fresh_postgres;

const ATTACKERS: u64 = 8;
/// A socket is used for so many frames, unless one of them costs it: more would be slowed down.
const FRAMES_PER_SOCKET: usize = 90;
/// Far more than anything takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// On each of the two databases.
fn frames() -> usize {
    if std::env::var_os("OPENFLOW_FUZZ_FULL").is_some() { 15_000 } else { 800 }
}

/// What clients say.
fn samples(protocol: Protocol, name: &str, token: &str) -> Vec<Vec<u8>> {
    let mut update = b"\x01\x02\x07\x00\x27\x01\x05nodes\x02n1\x01".to_vec();
    update.extend(b"\x28\x00\x07\x00\x04type\x01\x77\x09text.note\x01\x07\x01\x00\x01");
    let state = Some(r#"{"cursor":[1,2],"selection":["n1"]}"#.into());
    let presence = awareness::encode(&[awareness::Entry { client: 7, clock: 1, state }]);
    let syncs = [SyncMessage::Step1(&[1, 7, 3]), SyncMessage::Step2(&update), SyncMessage::Update(&update)];
    match protocol {
        Protocol::Hocuspocus => syncs
            .into_iter()
            .map(hocuspocus::Message::Sync)
            .chain([
                hocuspocus::Message::Auth(Auth::Token { token, version: Some("4.8.0") }),
                hocuspocus::Message::Awareness(&presence),
                hocuspocus::Message::QueryAwareness,
                hocuspocus::Message::Stateless("{}"),
            ])
            .map(|message| Frame::Document { address: name, message }.encode())
            .collect(),
        Protocol::Websocket => syncs
            .into_iter()
            .map(websocket::Message::Sync)
            .chain([
                websocket::Message::Awareness(&presence),
                websocket::Message::QueryAwareness,
                websocket::Message::Mark(&[1]),
            ])
            .map(|message| message.encode())
            .collect(),
    }
}

fn mutate(samples: &[Vec<u8>], rng: &mut SmallRng) -> Vec<u8> {
    let mut frame = samples[rng.random_range(0..samples.len())].clone();
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..frame.len().max(1));
        match rng.random_range(0..5) {
            0 if at < frame.len() => frame[at] ^= 1 << rng.random_range(0..8),
            1 if at < frame.len() => frame[at] = rng.random(),
            2 => frame.insert(at.min(frame.len()), rng.random()),
            3 => frame.truncate(at),
            _ => {
                let other = &samples[rng.random_range(0..samples.len())];
                frame.truncate(at);
                frame.extend(&other[rng.random_range(0..other.len())..]);
            }
        }
    }
    frame
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket from an address of its own: mutated tokens would soon have one refused.
async fn connect(server: SocketAddr, protocol: Protocol, name: &str, token: &str, from: Ipv4Addr) -> Socket {
    let url = match protocol {
        Protocol::Hocuspocus => format!("ws://{server}/api/sync"),
        Protocol::Websocket => format!("ws://{server}/api/yjs/{name}?token={token}"),
    };
    let mut request = url.into_client_request().expect("a valid address");
    request.headers_mut().insert("x-forwarded-for", from.to_string().parse().expect("an address is a header"));
    connect_async(request).await.expect("the server takes the socket").0
}

/// Sends frames until all were sent by somebody. Each is known to have been dealt with before the next: the server has
/// answered what came behind it, or closed the socket. Yields how many sockets that cost.
async fn attack(server: SocketAddr, name: String, token: String, seed: u64, left: Arc<AtomicUsize>) -> usize {
    let mut rng = SmallRng::seed_from_u64(seed);
    let protocol = if seed.is_multiple_of(2) { Protocol::Hocuspocus } else { Protocol::Websocket };
    let samples = samples(protocol, &name, &token);
    let (probe, answer) = match protocol {
        Protocol::Hocuspocus => (Frame::Ping.encode(), Frame::Pong.encode()),
        Protocol::Websocket => {
            let mark = websocket::Message::Mark(&[9]).encode();
            (mark.clone(), mark)
        }
    };
    let mut closed = 0;
    'sockets: loop {
        let from = Ipv4Addr::from(0x0a00_0000 | rng.random_range(0..0x00ff_ffff));
        let mut socket = connect(server, protocol, &name, &token, from).await;
        if protocol == Protocol::Hocuspocus {
            let message = hocuspocus::Message::Auth(Auth::Token { token: &token, version: None });
            let frame = Frame::Document { address: &name, message }.encode();
            socket.send(Message::Binary(frame.into())).await.expect("open");
        }
        for _ in 0..FRAMES_PER_SOCKET {
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
                return closed;
            }
            // An error shows when the socket is read.
            socket.send(Message::Binary(mutate(&samples, &mut rng).into())).await.ok();
            socket.send(Message::Binary(probe.clone().into())).await.ok();
            loop {
                let next = timeout(PATIENCE, socket.next()).await.expect("the server does not hang");
                match next {
                    Some(Ok(Message::Binary(bytes))) if bytes == answer => break,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => {
                        closed += 1;
                        continue 'sockets;
                    }
                    Some(Ok(_)) => {}
                }
            }
        }
    }
}

async fn mutated_frames(database_url: Option<String>) {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let server = Server::start(dir.path(), database_url.as_deref(), &["--behind-proxy"]).await;
    let (name, token) = server.with_workflow().await;
    let mut witness = Client::synced(server.address, Protocol::Hocuspocus, &name, &token).await;
    let over = Arc::new(AtomicBool::new(false));
    let watching = over.clone();
    let witness = tokio::spawn(async move {
        let mut edits = 0;
        while !watching.load(Ordering::SeqCst) {
            edits += 1;
            witness.add_note("undisturbed").await;
            witness.until("saved", |witness| witness.saved >= edits).await;
            witness.listen(Duration::from_millis(50)).await;
        }
        (edits, witness)
    });
    let (mut memory, mut closed) = (Vec::new(), 0);
    // The first half fills caches and pools; what grows in the second half would grow for ever.
    for half in 0..2 {
        let left = Arc::new(AtomicUsize::new(frames() / 2));
        let attackers = (0..ATTACKERS).map(|seed| {
            let seed = seed + half * ATTACKERS;
            tokio::spawn(attack(server.address, name.clone(), token.clone(), seed, left.clone()))
        });
        for attacker in attackers.collect::<Vec<_>>() {
            closed += attacker.await.expect("an attacker does not panic");
        }
        memory.push(server.resident_bytes());
    }
    over.store(true, Ordering::SeqCst);
    let (edits, witness) = witness.await.expect("the witness does not panic");
    assert_eq!((witness.closed, witness.refused), (None, 0));
    assert!(closed > frames() / 20, "only {closed} sockets were closed");
    let grown = memory[1].saturating_sub(memory[0]);
    assert!(grown < 64 << 20, "{grown} bytes more");
    // From nothing: the document can be read, and has what the witness wrote.
    let fresh = Client::synced(server.address, Protocol::Websocket, &name, &token).await;
    let notes = fresh.graph().nodes.into_values().filter(|node| node.title.as_deref() == Some("undisturbed"));
    assert_eq!(notes.count(), edits);
    report(&format!(
        "{} mutated frames cost {closed} sockets; {edits} edits of a witness meanwhile, all saved; memory {} then {} MiB",
        frames(),
        memory[0] >> 20,
        memory[1] >> 20
    ));
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
fn report(text: &str) {
    println!("{text}");
}

#[tokio::test]
async fn mutated_frames_on_real_sockets_disturb_nobody_on_sqlite() {
    mutated_frames(None).await;
}

#[tokio::test]
async fn mutated_frames_on_real_sockets_disturb_nobody_on_postgres() {
    mutated_frames(Some(fresh_postgres().await)).await;
}
