//! One client of a load: a real socket, real updates of a document of its own, and no interest in what others write but
//! for the marks in it.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use shared::{
    document::new_doc,
    protocol::{EMPTY_UPDATE, SyncMessage},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, protocol::WebSocketConfig},
};
use yrs::{Doc, Map, MapRef, Transact};

use super::{
    dialect::{Dialect, Heard},
    mark,
};

/// A client that waits longer than this for anything has lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// Whole documents arrive as one frame.
const MAX_FRAME: usize = 64 * 1024 * 1024;

/// What a client saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// How old the edits of others were when they arrived.
    pub travel_micros: Vec<u32>,
    /// How long until an edit of one's own was acknowledged.
    pub acknowledged_micros: Vec<u32>,
    pub edits: u64,
    pub frames: u64,
    pub refused: u64,
}

pub struct Client {
    number: u32,
    dialect: Dialect,
    socket: WebSocketStream<TcpStream>,
    doc: Doc,
    nodes: MapRef,
    clock: u32,
    /// When the edits that are not acknowledged were made; the greeting counts as none.
    unacknowledged: VecDeque<Instant>,
    counting: bool,
    /// By client, as y-protocols keeps it: the clock, and whether they are there.
    people: BTreeMap<u64, (u32, bool)>,
    pub seen: Seen,
}

impl Client {
    /// Connects and waits until server and client have the same.
    pub async fn join(number: u32, dialect: &Dialect) -> anyhow::Result<Self> {
        tokio::time::timeout(PATIENCE, Self::try_join(number, dialect)).await.context("joining takes too long")?
    }

    async fn try_join(number: u32, dialect: &Dialect) -> anyhow::Result<Self> {
        let request = dialect.url().into_client_request()?;
        let authority = request.uri().authority().context("an address")?.as_str().to_owned();
        let line = TcpStream::connect(authority).await?;
        line.set_nodelay(true)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(16 * 1024)
            .write_buffer_size(4 * 1024)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let (socket, _) = client_async_with_config(request, line, Some(config)).await?;
        let doc = new_doc(None);
        let nodes = doc.get_or_insert_map("nodes");
        let mut client = Self {
            number,
            dialect: dialect.clone(),
            socket,
            doc,
            nodes,
            clock: 0,
            unacknowledged: Default::default(),
            counting: false,
            people: BTreeMap::new(),
            seen: Seen::default(),
        };
        for frame in client.dialect.greeting() {
            client.send(frame).await?;
        }
        let (mut answered, mut asked) = (false, false);
        while !(answered && asked) {
            match client.next().await? {
                Heard::Answer => answered = true,
                Heard::Question => asked = true,
                _ => {}
            }
        }
        Ok(client)
    }

    /// From now on what arrives counts.
    pub fn count(&mut self) {
        self.counting = true;
        self.seen = Seen::default();
    }

    async fn send(&mut self, frame: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::Binary(frame.into())).await?)
    }

    /// Overwrites a value of one's own: the commonest edit.
    pub async fn edit(&mut self) -> anyhow::Result<()> {
        let value = mark::make(self.number);
        self.write("own", &value).await?;
        self.unacknowledged.push_back(Instant::now());
        self.seen.edits += 1;
        Ok(())
    }

    /// Writes a value under a key, as one update.
    pub async fn write(&mut self, key: &str, value: &str) -> anyhow::Result<()> {
        let update = {
            let mut txn = self.doc.transact_mut();
            self.nodes.insert(&mut txn, format!("{}-{key}", self.number), value);
            txn.encode_update_v1()
        };
        let frame = self.dialect.sync(SyncMessage::Update(&update));
        self.send(frame).await
    }

    pub async fn move_cursor(&mut self) -> anyhow::Result<()> {
        self.clock += 1;
        let state = format!(r#"{{"cursor":[{}.5,{}.25],"user":{{"name":"Ada"}}}}"#, self.clock % 997, self.clock % 499);
        let frame = self.dialect.presence(self.doc.client_id().get(), self.clock, &state);
        self.send(frame).await
    }

    /// Says that client `client` is there.
    pub async fn appear(&mut self, client: u64, clock: u32) -> anyhow::Result<()> {
        let frame = self.dialect.presence(client, clock, r#"{"user":{"name":"Ada"}}"#);
        self.send(frame).await
    }

    pub fn sees(&self, client: u64) -> bool {
        self.people.get(&client).is_some_and(|(_, there)| *there)
    }

    /// What stock clients do with a presence frame: a newer clock counts, at the same clock only a removal.
    fn take_presence(&mut self, frame: &[u8]) {
        for (client, clock, there) in self.dialect.people(frame) {
            let known = self.people.get(&client).copied();
            let news = known.is_none_or(|(known, was_there)| clock > known || (clock == known && was_there && !there));
            if news {
                self.people.insert(client, (clock, there));
            }
        }
    }

    /// Takes one frame. May be dropped and called again.
    pub async fn next(&mut self) -> anyhow::Result<Heard> {
        let bytes = match self.socket.next().await.context("the server ended the line")?? {
            Message::Binary(bytes) => bytes,
            Message::Close(frame) => bail!("the server closed the line: {frame:?}"),
            _ => return Ok(Heard::Other),
        };
        let heard = self.dialect.hear(&bytes);
        self.seen.frames += 1;
        match heard {
            Heard::Update if self.counting => {
                let ages = mark::ages(&bytes, self.number).map(|age| age.as_micros() as u32);
                self.seen.travel_micros.extend(ages);
            }
            Heard::Saved => {
                let made = self.unacknowledged.pop_front().filter(|_| self.counting);
                self.seen.acknowledged_micros.extend(made.map(|made| made.elapsed().as_micros() as u32));
            }
            Heard::Refused => {
                self.unacknowledged.pop_front();
                self.seen.refused += 1;
            }
            Heard::Question => {
                let frame = self.dialect.sync(SyncMessage::Step2(EMPTY_UPDATE));
                self.send(frame).await?;
            }
            Heard::Ping => self.send(Dialect::pong()).await?,
            // In a load nobody looks.
            Heard::Presence if !self.counting => self.take_presence(&bytes),
            Heard::Answer | Heard::Update | Heard::Presence | Heard::Other => {}
        }
        Ok(heard)
    }
}
