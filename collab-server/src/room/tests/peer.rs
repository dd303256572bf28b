//! A Hocuspocus client on channels.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Sink, Stream};
use shared::{
    document::{Edit, GraphDocument, Origin, new_doc},
    protocol::{
        RoomEvent, SyncMessage, awareness,
        hocuspocus::{Auth, Frame, Message, Scope},
    },
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use yrs::{ReadTxn, StateVector, Transact, Update, updates::decoder::Decode, updates::encoder::Encode};

use super::*;
use crate::room::connection::{Incoming, serve_hocuspocus};

const PATIENCE: Duration = Duration::from_secs(20);

pub fn add_note(title: &str) -> impl FnOnce(&mut Edit<'_>) + Send + 'static {
    let node = Node { title: Some(title.into()), ..Node::new("text.note") };
    move |edit| edit.add_node(&NodeId::random(), &node, engine::catalog())
}

pub struct Peer {
    name: String,
    to_server: mpsc::Sender<Incoming>,
    from_server: mpsc::Receiver<Outgoing>,
    reading: watch::Sender<bool>,
    taken: Arc<AtomicUsize>,
    connection: JoinHandle<()>,
    document: GraphDocument,
    unsent: Arc<Mutex<Vec<Vec<u8>>>>,
    pub synced: bool,
    /// Edits that came before the answer to its first question.
    pub early: usize,
    pub statuses: Vec<SyncStatus>,
    pub pongs: usize,
    pub scope: Option<Scope>,
    pub events: Vec<RoomEvent>,
    /// Why the document was taken off the socket, or never put on it.
    pub dismissed: Option<String>,
    pub closed: Option<CloseCode>,
}

/// Takes frames only while the peer reads, like a socket with full buffers.
struct Line {
    to_peer: mpsc::Sender<Outgoing>,
    reading: Pin<Box<dyn Stream<Item = bool> + Send>>,
    open: bool,
    taken: Arc<AtomicUsize>,
}

impl Sink<Outgoing> for Line {
    type Error = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        while let Poll::Ready(Some(reading)) = self.reading.as_mut().poll_next(cx) {
            self.open = reading;
        }
        if self.open { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn start_send(self: Pin<&mut Self>, frame: Outgoing) -> Result<(), ()> {
        self.taken.fetch_add(1, Ordering::SeqCst);
        self.to_peer.try_send(frame).map_err(drop)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }
}

/// A channel as a stream.
fn stream<T: Send + 'static>(receiver: mpsc::Receiver<T>) -> Pin<Box<dyn Stream<Item = T> + Send>> {
    Box::pin(futures_util::stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver))))
}

fn changes(receiver: watch::Receiver<bool>) -> Pin<Box<dyn Stream<Item = bool> + Send>> {
    Box::pin(futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.changed().await.ok()?;
        let reading = *receiver.borrow_and_update();
        Some((reading, receiver))
    }))
}

impl Peer {
    /// Signs in and waits until both have everything.
    pub async fn join(rooms: &Rooms, name: impl ToString, token: &str) -> Self {
        let mut peer = Self::join_unsaved(rooms, name, token).await;
        peer.until("greeted", |peer| !peer.statuses.is_empty()).await;
        peer
    }

    /// Signs in and waits until it has everything.
    pub async fn join_unsaved(rooms: &Rooms, name: impl ToString, token: &str) -> Self {
        let document = GraphDocument::new(new_doc(None));
        let mut peer = Self::join_with(rooms, &name.to_string(), token, document).await;
        peer.until("in sync", |peer| peer.synced).await;
        peer
    }

    /// Signs in with a document that has been in use.
    pub async fn join_with(rooms: &Rooms, name: &str, token: &str, document: GraphDocument) -> Self {
        let mut peer = Self::connect_with(rooms, name, document);
        peer.sign_in(token);
        peer.ask();
        peer
    }

    /// Why the document is refused.
    pub async fn denied(rooms: &Rooms, name: &str) -> String {
        let mut peer = Self::connect(rooms, name);
        peer.sign_in("ada");
        peer.until("denied", |peer| peer.dismissed.is_some()).await;
        peer.dismissed.expect("waited for above")
    }

    /// Why the socket is closed instead of the document being opened.
    pub async fn turned_away(rooms: &Rooms, name: &str) -> CloseCode {
        let mut peer = Self::connect(rooms, name);
        peer.sign_in("ada");
        peer.until("closed", |peer| peer.closed.is_some()).await;
        peer.closed.expect("waited for above")
    }

    pub fn connect(rooms: &Rooms, name: &str) -> Self {
        Self::connect_with(rooms, name, GraphDocument::new(new_doc(None)))
    }

    fn connect_with(rooms: &Rooms, name: &str, document: GraphDocument) -> Self {
        let (to_server, incoming) = mpsc::channel(1024);
        let (to_peer, from_server) = mpsc::channel(4096);
        let (reading, read) = watch::channel(true);
        let taken = Arc::new(AtomicUsize::new(0));
        let line = Line { to_peer, reading: changes(read), open: true, taken: taken.clone() };
        let serving = serve_hocuspocus(rooms.clone(), Vec::new(), || true, stream(incoming), line);
        let connection = tokio::spawn(async move {
            serving.await;
        });

        let unsent = Arc::new(Mutex::new(Vec::new()));
        let sink = unsent.clone();
        let keep = move |txn: &yrs::TransactionMut<'_>, event: &yrs::UpdateEvent| {
            if txn.origin().is_some() {
                sink.lock().expect("no holder panics").push(event.update.clone());
            }
        };
        document.doc().unobserve_update_v1("peer").expect("no transaction is open");
        document.doc().observe_update_v1("peer", keep).expect("no transaction is open");
        Self {
            name: name.to_owned(),
            to_server,
            from_server,
            reading,
            taken,
            connection,
            document,
            unsent,
            synced: false,
            early: 0,
            statuses: Vec::new(),
            pongs: 0,
            scope: None,
            events: Vec::new(),
            dismissed: None,
            closed: None,
        }
    }

    pub fn sign_in(&mut self, token: &str) {
        self.send(Message::Auth(Auth::Token { token, version: None }));
    }

    /// Asks for what it lacks.
    pub fn ask(&self) {
        let vector = self.document.doc().transact().state_vector().encode_v1();
        self.send(Message::Sync(SyncMessage::Step1(&vector)));
    }

    /// The document as it is here, to be used by another peer.
    pub fn document(&self) -> GraphDocument {
        self.document.clone()
    }

    pub fn say(&self, state: &str) {
        let client = self.document.doc().client_id().get();
        let entry = awareness::Entry { client, clock: 1 + state.len() as u32, state: Some(state.into()) };
        self.send(Message::Awareness(&awareness::encode(&[entry])));
    }

    pub fn graph(&self) -> Graph {
        self.document.project().0
    }

    pub fn edit(&mut self, edit: impl FnOnce(&mut Edit<'_>)) {
        self.document.edit(Origin::Ui, edit);
        let updates = std::mem::take(&mut *self.unsent.lock().expect("no holder panics"));
        for update in updates {
            self.send_update(&update);
        }
    }

    pub fn send_update(&self, update: &[u8]) {
        self.send(Message::Sync(SyncMessage::Update(update)));
    }

    fn send(&self, message: Message<'_>) {
        let frame = Frame::Document { address: &self.name, message }.encode();
        self.to_server.try_send(Incoming::Binary(frame.into())).expect("the line takes a thousand frames");
    }

    /// Whatever it is. A server that closed the socket does not take it.
    pub fn send_bytes(&self, bytes: Vec<u8>) {
        self.to_server.try_send(Incoming::Binary(bytes.into())).ok();
    }

    pub fn stop_reading(&self) {
        self.reading.send(false).expect("the line is open");
    }

    pub fn read_again(&self) {
        self.reading.send(true).expect("the line is open");
    }

    pub fn frames_taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Waits until the server has let go of the connection.
    pub async fn ended(&mut self) {
        (&mut self.connection).await.expect("a connection does not panic");
    }

    pub async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let waited = timeout(PATIENCE, async {
            while !done(self) && self.closed.is_none() {
                self.take().await;
            }
        });
        let ended = waited.await;
        assert!(ended.is_ok() && done(self), "not {what} (closed: {:?}, {:?})", self.closed, self.statuses);
    }

    /// Waits until something is the case, or the socket is closed.
    pub async fn until_closed_or(&mut self, done: impl Fn(&Self) -> bool) {
        let waited = timeout(PATIENCE, async {
            while !done(self) && self.closed.is_none() {
                self.take().await;
            }
        });
        assert!(waited.await.is_ok(), "neither answered nor closed");
    }

    pub async fn until_closed(&mut self, code: CloseCode) {
        self.until("closed", |peer| peer.closed == Some(code)).await;
    }

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
        let frame = match self.from_server.recv().await {
            Some(Outgoing::Frame(frame)) => frame,
            Some(Outgoing::Close(code)) => return self.closed = Some(code),
            None => return self.closed = Some(CloseCode::Internal),
        };
        let message = match Frame::decode(&frame).expect("a valid frame") {
            Frame::Document { message, .. } => message,
            Frame::Pong => return self.pongs += 1,
            Frame::Ping => return,
        };
        match message {
            Message::Sync(SyncMessage::Step1(vector)) => {
                let vector = StateVector::decode_v1(vector).expect("a valid state vector");
                let update = self.document.doc().transact().encode_state_as_update_v1(&vector);
                self.send(Message::Sync(SyncMessage::Step2(&update)));
            }
            Message::Sync(SyncMessage::Step2(update) | SyncMessage::Update(update)) => {
                let update = Update::decode_v1(update).expect("a valid update");
                self.document.doc().transact_mut().apply_update(update).expect("an update that fits");
                let is_answer = matches!(message, Message::Sync(SyncMessage::Step2(_)));
                self.early += usize::from(!self.synced && !is_answer);
                self.synced |= is_answer;
            }
            Message::SyncStatus(status) => self.statuses.push(status),
            Message::Auth(Auth::Granted(scope)) => self.scope = Some(scope),
            Message::Auth(Auth::Denied { reason }) => self.dismissed = Some(reason.into()),
            Message::Stateless(json) => self.events.push(serde_json::from_str(json).expect("an event we know")),
            _ => {}
        }
    }
}
