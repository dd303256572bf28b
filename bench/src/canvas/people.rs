//! Twenty others: their pointers move all the time, and some of them edit when told to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use shared::{
    document::{GraphDocument, Origin, new_doc},
    id::NodeId,
    protocol::{
        EMPTY_UPDATE, SyncMessage,
        hocuspocus::{self, Frame},
    },
};
use tokio::{net::TcpStream, task::JoinSet, time::interval};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use yrs::{ReadTxn, Transact, Update, updates::decoder::Decode};

use super::graph;
use crate::sync::dialect::{Dialect, Heard};

pub const COUNT: usize = 20;
/// A pointer is told so often.
pub const CURSOR_MILLIS: u64 = 100;
const EDITORS: usize = 5;
/// All editors together: fifty edits a second.
pub const EDIT_MILLIS: u64 = 20;

pub struct People {
    editing: Arc<AtomicBool>,
    still: Arc<AtomicBool>,
    // Ends with this value.
    tasks: JoinSet<anyhow::Result<()>>,
}

impl People {
    pub async fn arrive(dialect: &Dialect) -> anyhow::Result<Self> {
        let (editing, still) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut tasks = JoinSet::new();
        for number in 0..COUNT {
            let person = Person::join(dialect).await.context("somebody joins")?;
            tasks.spawn_local(person.live(number, editing.clone(), still.clone()));
        }
        Ok(Self { editing, still, tasks })
    }

    pub fn edit(&self, on: bool) {
        self.editing.store(on, Ordering::Relaxed);
    }

    /// Nobody's pointer moves until it is switched off.
    pub fn stand_still(&self, on: bool) {
        self.still.store(on, Ordering::Relaxed);
    }

    /// An error if somebody left: then the figures are of another load.
    pub fn all_here(&mut self) -> anyhow::Result<()> {
        match self.tasks.try_join_next() {
            Some(left) => left?.and_then(|()| bail!("somebody left")),
            None => Ok(()),
        }
    }
}

struct Person {
    dialect: Dialect,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    graph: GraphDocument,
    clock: u32,
}

impl Person {
    async fn join(dialect: &Dialect) -> anyhow::Result<Self> {
        let (socket, _) = connect_async(dialect.url()).await?;
        let graph = GraphDocument::new(new_doc(None));
        let mut person = Self { dialect: dialect.clone(), socket, graph, clock: 0 };
        for frame in dialect.greeting() {
            person.send(frame).await?;
        }
        while !person.take().await? {}
        Ok(person)
    }

    async fn send(&mut self, frame: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::Binary(frame.into())).await?)
    }

    /// Takes one frame; `true` when it was the document.
    async fn take(&mut self) -> anyhow::Result<bool> {
        let Message::Binary(bytes) = self.socket.next().await.context("the server ended the line")?? else {
            return Ok(false);
        };
        match self.dialect.hear(&bytes) {
            Heard::Question => self.send(self.dialect.sync(SyncMessage::Step2(EMPTY_UPDATE))).await?,
            Heard::Ping => self.send(Dialect::pong()).await?,
            Heard::Refused => bail!("the server refused an edit"),
            Heard::Answer => {
                let Ok(Frame::Document { message, .. }) = Frame::decode(&bytes) else { return Ok(false) };
                let (hocuspocus::Message::Sync(message) | hocuspocus::Message::SyncReply(message)) = message else {
                    return Ok(false);
                };
                if let SyncMessage::Step2(update) = message {
                    self.graph.doc().transact_mut().apply_update(Update::decode_v1(update)?)?;
                    return Ok(true);
                }
            }
            // What others write is no business of a load.
            Heard::Update | Heard::Presence | Heard::Saved | Heard::Other => {}
        }
        Ok(false)
    }

    async fn live(mut self, number: usize, editing: Arc<AtomicBool>, still: Arc<AtomicBool>) -> anyhow::Result<()> {
        let mut cursor = interval(Duration::from_millis(CURSOR_MILLIS));
        let mut edit = interval(Duration::from_millis(EDIT_MILLIS * EDITORS as u64));
        let mut count = 0;
        loop {
            tokio::select! {
                taken = self.take() => { taken?; }
                _ = cursor.tick() => {
                    if !still.load(Ordering::Relaxed) {
                        self.point(number).await?;
                    }
                }
                _ = edit.tick(), if number < EDITORS => {
                    if editing.load(Ordering::Relaxed) {
                        count += 1;
                        self.edit(number, count).await?;
                    }
                }
            }
        }
    }

    /// Everybody goes around in a circle of their own near the middle.
    async fn point(&mut self, number: usize) -> anyhow::Result<()> {
        self.clock += 1;
        let [x, y] = graph::place(25, 20);
        let angle = f64::from(self.clock) / 20.0 + number as f64;
        let radius = 200.0 + 40.0 * number as f64;
        let state = json!({"cursor": [x + radius * angle.cos(), y + radius * angle.sin()]}).to_string();
        let frame = self.dialect.presence(self.graph.doc().client_id().get(), self.clock, &state);
        self.send(frame).await
    }

    /// By turns a node is moved and a value is changed.
    async fn edit(&mut self, number: usize, count: usize) -> anyhow::Result<()> {
        let middle = graph::in_the_middle();
        let (column, row) = middle[(count * EDITORS + number) % middle.len()];
        let id: NodeId = graph::id(column, row).parse()?;
        let before = self.graph.doc().transact().state_vector();
        self.graph.edit(Origin::Ui, |edit| {
            if count.is_multiple_of(2) {
                let [x, y] = graph::place(column, row);
                edit.move_nodes(&[(id, [x + (count % 40) as f64, y])]);
            } else {
                edit.set_param(&id, "b", json!(count));
            }
        });
        let update = self.graph.doc().transact().encode_state_as_update_v1(&before);
        self.send(self.dialect.sync(SyncMessage::Update(&update))).await
    }
}
