//! A small Yjs client on a real socket, in either framing: what a test says, and what the server makes of it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use shared::{
    document::{Edit, GraphDocument, Origin, new_doc},
    graph::{Graph, Node},
    id::NodeId,
    protocol::{
        RoomEvent, SyncMessage, awareness,
        hocuspocus::{self, Auth, Frame, Scope, SyncStatus},
        websocket,
    },
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};
use yrs::{ReadTxn, StateVector, Transact, Update, updates::decoder::Decode, updates::encoder::Encode};

/// Far more than anything takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Hocuspocus,
    Websocket,
}

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub protocol: Protocol,
    name: String,
    pub document: GraphDocument,
    /// Updates of local edits that were not sent yet.
    unsent: Arc<Mutex<Vec<Vec<u8>>>>,
    /// A Step2 arrived.
    pub synced: bool,
    pub scope: Option<Scope>,
    pub denied: Option<String>,
    /// How many updates were sent, answers to the server's question among them; and the server's word on each, in the
    /// same order, in the framing that has one.
    pub sent: usize,
    pub words: Vec<SyncStatus>,
    /// How many updates the server said are saved, and refused.
    pub saved: usize,
    pub refused: usize,
    /// Updates that came from the server.
    pub updates: usize,
    /// What the server said beside the document.
    pub events: Vec<RoomEvent>,
    /// By client: clock and state.
    pub presence: BTreeMap<u64, (u32, Option<String>)>,
    /// The code of the close frame; 1006 when the line just ended.
    pub closed: Option<u16>,
}

impl Client {
    /// Connects with a document of one's own, signs in and asks for what the server has.
    pub async fn open(address: SocketAddr, protocol: Protocol, name: &str, token: &str) -> Self {
        Self::open_with(address, protocol, name, token, GraphDocument::new(new_doc(None))).await
    }

    /// The same with a document that has been in use, as after a lost connection.
    pub async fn open_with(
        address: SocketAddr,
        protocol: Protocol,
        name: &str,
        token: &str,
        document: GraphDocument,
    ) -> Self {
        let socket = connect(address, protocol, name, token).await.expect("the server takes the socket");
        let unsent = Arc::new(Mutex::new(Vec::new()));
        let sink = unsent.clone();
        let keep = move |txn: &yrs::TransactionMut<'_>, event: &yrs::UpdateEvent| {
            if txn.origin().is_some_and(|origin| origin.as_ref() == Origin::Ui.as_str().as_bytes()) {
                sink.lock().expect("no holder panics").push(event.update.clone());
            }
        };
        document.doc().unobserve_update_v1("client").expect("no transaction is open");
        document.doc().observe_update_v1("client", keep).expect("no transaction is open");
        let mut client = Self {
            socket,
            protocol,
            name: name.to_owned(),
            document,
            unsent,
            synced: false,
            scope: None,
            denied: None,
            sent: 0,
            words: Vec::new(),
            saved: 0,
            refused: 0,
            updates: 0,
            events: Vec::new(),
            presence: BTreeMap::new(),
            closed: None,
        };
        if protocol == Protocol::Hocuspocus {
            let auth = hocuspocus::Message::Auth(Auth::Token { token, version: Some("4.8.0") });
            client.send_frame(auth).await;
        }
        let vector = client.document.doc().transact().state_vector().encode_v1();
        client.send_sync(SyncMessage::Step1(&vector)).await;
        client
    }

    /// Connects and waits until both have everything. From here on `saved` counts edits alone.
    pub async fn synced(address: SocketAddr, protocol: Protocol, name: &str, token: &str) -> Self {
        let mut client = Self::open(address, protocol, name, token).await;
        client.until("in sync", |client| client.synced).await;
        // The answer to the server's Step1 is acknowledged too, in the framing that has a word for it.
        if protocol == Protocol::Hocuspocus {
            client.until("greeted", |client| client.saved == 1 && client.refused == 0).await;
            client.saved = 0;
        }
        client
    }

    pub fn client_id(&self) -> u64 {
        self.document.doc().client_id().get()
    }

    pub fn graph(&self) -> Graph {
        self.document.project().0
    }

    /// Edits one's own document and sends what changed.
    pub async fn edit(&mut self, edit: impl FnOnce(&mut Edit<'_>)) {
        self.edit_quietly(edit);
        self.send_edits().await;
    }

    /// Edits one's own document only.
    pub fn edit_quietly(&mut self, edit: impl FnOnce(&mut Edit<'_>)) {
        self.document.edit(Origin::Ui, edit);
    }

    pub async fn send_edits(&mut self) {
        let updates = std::mem::take(&mut *self.unsent.lock().expect("no holder panics"));
        for update in updates {
            self.send_sync(SyncMessage::Update(&update)).await;
        }
    }

    /// As if what was not sent had been sent and lost.
    pub fn forget_unsent(&mut self) {
        self.unsent.lock().expect("no holder panics").clear();
    }

    pub async fn add_note(&mut self, title: &str) -> NodeId {
        let id = NodeId::random();
        let node = Node { title: Some(title.into()), ..Node::new("text.note") };
        let added = id.clone();
        self.edit(move |edit| edit.add_node(&added, &node, engine::catalog())).await;
        id
    }

    pub async fn say(&mut self, clock: u32, state: Option<&str>) {
        let entry = awareness::Entry { client: self.client_id(), clock, state: state.map(Into::into) };
        let update = awareness::encode(&[entry]);
        match self.protocol {
            Protocol::Hocuspocus => self.send_frame(hocuspocus::Message::Awareness(&update)).await,
            Protocol::Websocket => self.send_bytes(websocket::Message::Awareness(&update).encode()).await,
        }
    }

    pub async fn send_sync(&mut self, message: SyncMessage<'_>) {
        self.sent += usize::from(!matches!(message, SyncMessage::Step1(_)));
        match self.protocol {
            Protocol::Hocuspocus => self.send_frame(hocuspocus::Message::Sync(message)).await,
            Protocol::Websocket => self.send_bytes(websocket::Message::Sync(message).encode()).await,
        }
    }

    pub async fn send_frame(&mut self, message: hocuspocus::Message<'_>) {
        let frame = Frame::Document { address: &self.name, message }.encode();
        self.send_bytes(frame).await;
    }

    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        // A socket that the server closed shows when it is read.
        self.socket.send(Message::Binary(bytes.into())).await.ok();
    }

    /// Takes what the server sends until `done`, or fails.
    #[track_caller]
    pub fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let waited = timeout(PATIENCE, async {
                while !done(self) {
                    if self.closed.is_some() {
                        return;
                    }
                    self.take().await;
                }
            });
            let ended = waited.await;
            assert!(ended.is_ok() && done(self), "{caller}: not {what} (closed: {:?})", self.closed);
        }
    }

    /// Takes what the server sends until `done`, or until it closes the socket. Yields whether it did.
    pub async fn until_or_closed(&mut self, what: &str, done: impl Fn(&Self) -> bool) -> bool {
        self.until(what, |client| client.closed.is_some() || done(client)).await;
        self.closed.is_some()
    }

    /// Takes what the server sends for a while.
    pub async fn listen(&mut self, time: Duration) {
        let heard = async {
            while self.closed.is_none() {
                self.take().await;
            }
        };
        // Silence is as good as an end.
        timeout(time, heard).await.ok();
    }

    async fn take(&mut self) {
        match self.socket.next().await {
            Some(Ok(Message::Binary(bytes))) => self.take_frame(&bytes).await,
            Some(Ok(Message::Close(frame))) => self.closed = Some(frame.map_or(1005, |frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => self.closed = Some(self.closed.unwrap_or(1006)),
        }
    }

    async fn take_frame(&mut self, bytes: &[u8]) {
        match self.protocol {
            Protocol::Hocuspocus => {
                let Frame::Document { address, message } = Frame::decode(bytes).expect("a valid frame") else { return };
                assert_eq!(address, self.name);
                match message {
                    hocuspocus::Message::Sync(message) => self.take_sync(message).await,
                    hocuspocus::Message::Awareness(update) => self.take_presence(update),
                    hocuspocus::Message::Auth(Auth::Granted(scope)) => self.scope = Some(scope),
                    hocuspocus::Message::Auth(Auth::Denied { reason }) => self.denied = Some(reason.into()),
                    hocuspocus::Message::SyncStatus(word) => {
                        self.words.push(word);
                        match word {
                            SyncStatus::Saved => self.saved += 1,
                            SyncStatus::Refused => self.refused += 1,
                        }
                    }
                    hocuspocus::Message::Close(_) => {}
                    hocuspocus::Message::Stateless(json) => {
                        self.events.push(serde_json::from_str(json).expect("an event we know"));
                    }
                    other => panic!("unexpected {other:?}"),
                }
            }
            Protocol::Websocket => {
                let messages = websocket::Message::decode_all(bytes).expect("a valid frame");
                // The stock client reads one message a frame.
                assert_eq!(messages.len(), 1);
                match messages[0] {
                    websocket::Message::Sync(message) => self.take_sync(message).await,
                    websocket::Message::Awareness(update) => self.take_presence(update),
                    websocket::Message::Denied(reason) => self.denied = Some(reason.into()),
                    other => panic!("unexpected {other:?}"),
                }
            }
        }
    }

    async fn take_sync(&mut self, message: SyncMessage<'_>) {
        match message {
            SyncMessage::Step1(vector) => {
                let vector = StateVector::decode_v1(vector).expect("a valid state vector");
                let update = self.document.doc().transact().encode_state_as_update_v1(&vector);
                self.send_sync(SyncMessage::Step2(&update)).await;
            }
            SyncMessage::Step2(update) => {
                self.apply(update);
                self.synced = true;
            }
            SyncMessage::Update(update) => {
                self.apply(update);
                self.updates += 1;
                // Stock y-websocket clients see that they are saved by their own content coming back.
                let update = Update::decode_v1(update).expect("a valid update");
                let own = self.document.doc().client_id();
                let is_own = update.insertions(true).get(&own).is_some();
                self.saved += usize::from(self.protocol == Protocol::Websocket && is_own);
            }
        }
    }

    fn apply(&mut self, update: &[u8]) {
        let update = Update::decode_v1(update).expect("a valid update");
        self.document.doc().transact_mut().apply_update(update).expect("an update that fits");
    }

    fn take_presence(&mut self, update: &[u8]) {
        for entry in awareness::decode(update).expect("valid presence") {
            let known = self.presence.get(&entry.client).map(|(clock, _)| *clock);
            // As in y-protocols: a newer clock wins, at the same clock only a removal.
            let newer =
                known.is_none_or(|known| entry.clock > known || (entry.clock == known && entry.state.is_none()));
            if newer {
                self.presence.insert(entry.client, (entry.clock, entry.state.map(Into::into)));
            }
        }
    }

    /// Ends without a word, as a lost line does. Yields the document.
    pub fn drop_line(self) -> GraphDocument {
        self.document
    }
}

/// Opens a socket, or says with which status the server refused.
pub async fn connect(
    address: SocketAddr,
    protocol: Protocol,
    name: &str,
    token: &str,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, u16> {
    let url = match protocol {
        Protocol::Hocuspocus => format!("ws://{address}/api/sync"),
        Protocol::Websocket => format!("ws://{address}/api/yjs/{name}?token={token}"),
    };
    match connect_async(url).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}
