//! How fast edits travel and how soon they are safe, as a printed figure (`--nocapture`). Measures on whatever machine and
//! build this is, so it asserts only that every edit arrives everywhere and is acknowledged.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt, future::join_all};
use shared::protocol::{
    SyncMessage,
    hocuspocus::{Auth, Frame, Message, SyncStatus},
};
use tokio::{
    sync::Barrier,
    time::{interval, timeout},
};
use tokio_tungstenite::{connect_async, tungstenite};
use yrs::{Map, Transact, Update, updates::decoder::Decode};

use super::{graph_name, new_workflow};
use crate::support::{Person, TestApp};

const CLIENTS: usize = 50;
const EDITS_EACH: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// When each edit was made, by client id and clock.
type Made = Arc<Mutex<HashMap<(u64, u32), Instant>>>;

/// What the clients share.
#[derive(Clone)]
struct Stage {
    address: SocketAddr,
    name: String,
    token: String,
    made: Made,
    /// Nobody begins before everybody is there: what was made before one came is not sent to them one by one.
    everybody: Arc<Barrier>,
}

#[derive(Default)]
struct Seen {
    travel: Vec<Duration>,
    acknowledgement: Vec<Duration>,
}

async fn client(stage: Stage) -> Seen {
    let Stage { address, name, token, made, everybody } = stage;
    let (socket, _) = connect_async(format!("ws://{address}/api/sync")).await.expect("the server takes the socket");
    let (mut sink, mut stream) = socket.split();
    let frame = |message: Message<'_>| {
        tungstenite::Message::Binary(Frame::Document { address: &name, message }.encode().into())
    };
    sink.send(frame(Message::Auth(Auth::Token { token: &token, version: None }))).await.expect("open");
    // An empty state vector: whoever has not asked for what it lacks is sent no edits.
    sink.send(frame(Message::Sync(SyncMessage::Step1(&[0])))).await.expect("open");

    let doc = shared::document::new_doc(None);
    let id = doc.client_id().get();
    let nodes = doc.get_or_insert_map("nodes");
    let (mut seen, mut sent, mut arrived) = (Seen::default(), Vec::new(), 0);
    let mut tick = interval(PAUSE);
    let all = (CLIENTS as u32 - 1) * EDITS_EACH;
    let mut greeted = false;
    while arrived < all || seen.acknowledgement.len() < EDITS_EACH as usize {
        tokio::select! {
            _ = tick.tick(), if greeted && (sent.len() as u32) < EDITS_EACH => {
                let clock = sent.len() as u32;
                let update = {
                    let mut txn = doc.transact_mut();
                    nodes.insert(&mut txn, format!("{id}"), clock);
                    txn.encode_update_v1()
                };
                let now = Instant::now();
                made.lock().expect("no holder panics").insert((id, clock), now);
                sent.push(now);
                sink.send(frame(Message::Sync(SyncMessage::Update(&update)))).await.expect("open");
            }
            next = stream.next() => {
                let bytes = match next {
                    Some(Ok(tungstenite::Message::Binary(bytes))) => bytes,
                    other => panic!("the server sent {other:?}"),
                };
                let Ok(Frame::Document { message, .. }) = Frame::decode(&bytes) else { continue };
                match message {
                    Message::Sync(SyncMessage::Step1(_)) => {
                        let nothing = shared::protocol::EMPTY_UPDATE;
                        sink.send(frame(Message::Sync(SyncMessage::Step2(nothing)))).await.expect("open");
                    }
                    Message::SyncStatus(SyncStatus::Saved) if !greeted => {
                        greeted = true;
                        everybody.wait().await;
                    }
                    Message::SyncStatus(SyncStatus::Saved) => {
                        let made_at: Instant = sent[seen.acknowledgement.len()];
                        seen.acknowledgement.push(made_at.elapsed());
                    }
                    Message::Sync(SyncMessage::Update(update)) => {
                        let brought = Update::decode_v1(update).expect("a valid update").insertions(true);
                        let made = made.lock().expect("no holder panics");
                        for (client, ranges) in brought.iter().filter(|(client, _)| client.get() != id) {
                            for clock in ranges.iter().flat_map(|range| range.start..range.end) {
                                seen.travel.extend(made.get(&(client.get(), clock)).map(Instant::elapsed));
                                arrived += 1;
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    seen
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
fn figure(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what}: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms ({} seen)", at(0.5), at(0.99), at(1.0), times.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_people_see_each_others_edits() {
    let app = TestApp::on_sqlite().await;
    let ada: Person<'_> = app.user("ada").await;
    let name = graph_name(new_workflow(&app.state, &ada).await);
    let address = app.listen().await;
    let stage = Stage {
        address,
        name,
        token: ada.token().into(),
        made: Made::default(),
        everybody: Arc::new(Barrier::new(CLIENTS)),
    };
    let clients = (0..CLIENTS).map(|_| tokio::spawn(client(stage.clone())));
    let seen = timeout(Duration::from_secs(120), join_all(clients)).await.expect("every edit arrives everywhere");
    let (mut travel, mut acknowledgement) = (Vec::new(), Vec::new());
    for seen in seen {
        let Seen { travel: more, acknowledgement: acks } = seen.expect("a client does not panic");
        travel.extend(more);
        acknowledgement.extend(acks);
    }
    assert_eq!(acknowledgement.len(), CLIENTS * EDITS_EACH as usize);
    figure("1 room, 50 clients, 10 edits/s each: edit to others", travel);
    figure("edit to acknowledgement", acknowledgement);
}
