//! The task of one open document: sole owner of its replica.
//!
//! Everybody else sends it a [`Message`]. It loads the document, applies what may be applied, hands it to the journal,
//! passes it on at once, and acknowledges after the commit; it ends when nobody has needed it for a while and
//! everything is written. Reading and writing of sockets is `connection`'s business, rights are looked up before a
//! message gets here and pushed here when they change.

mod incoming;
mod members;
mod message;
mod news;
mod opening;
mod others;
mod outgoing;
mod renewal;
mod upkeep;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use shared::{
    id::UserId,
    protocol::{CloseCode, DocumentName},
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use super::{
    ConnectionId, RoomError,
    activity::Activity,
    budget::{Budget, Share},
    greeting::Greeting,
    guard::Owners,
    heads::{Heads, ServerId},
    journal::{Journal, Progress},
    member::Member,
    presence::PresenceTable,
    registry::{Handle, Messages, Registry},
    replica::Replica,
    settings::{Limits, Settings, Timing},
    size::Size,
    store::{DocStore, Edition, StoredDocument},
};
use crate::bus::Bus;
pub use message::{Join, Message, Said, ServerEdit, UpdateKind};
use opening::Opening;
use others::Others;

/// How often to see whether a socket that fell behind has drained.
const RESYNC_EVERY: Duration = Duration::from_millis(50);
/// How many messages are taken in a row before others are served: what they change is sent as one frame.
const MESSAGES_PER_TURN: usize = 64;

/// Whom to tell once a row is committed.
enum Ack {
    /// One update of a connection. y-websocket clients take their own content coming back as the sign.
    Saved {
        id: ConnectionId,
        own: Option<Bytes>,
    },
    /// One that was not taken. It waits its turn: clients know only by the order which word is about which update.
    Refused {
        id: ConnectionId,
    },
    /// A connection's mark: all it said before is committed.
    Mark {
        id: ConnectionId,
        mark: Bytes,
    },
    Caller(oneshot::Sender<Result<(), RoomError>>),
}

/// Who brought an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    Member(ConnectionId),
    /// This server itself.
    Server,
    /// Another server, which has committed it: it is shown, not written.
    Elsewhere,
}

/// What was applied since the last frame went out.
#[derive(Default)]
struct Tick {
    /// In the order in which they were applied, because one may stand on another.
    updates: Vec<(Author, Bytes)>,
    acks: Vec<Ack>,
    claims: Vec<(u64, UserId)>,
}

/// Where the document's log stands.
#[derive(Debug, Default)]
struct Log {
    /// This server's last row that was handed to the journal, and the last one known to be on disk.
    last: u64,
    committed: u64,
    /// What the replica has of all servers' rows.
    heads: Heads,
    /// How often the log was folded, as far as the replica has the snapshot.
    version: u64,
    /// Behind the snapshot, of all servers.
    rows: u64,
    bytes: usize,
    snapshot_bytes: usize,
    /// Handed over and not yet committed.
    uncommitted_bytes: usize,
}

/// What became of a snapshot.
enum Folded {
    /// It is the document's; its size in bytes.
    Written(usize),
    /// Another server was quicker.
    Outrun,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Ends once everything is written.
    Closing,
    Ended,
}

pub struct Room {
    name: DocumentName,
    server: ServerId,
    handle: Weak<Handle>,
    registry: Arc<Registry>,
    store: Arc<dyn DocStore>,
    journal: Journal,
    timing: Timing,
    activity: Activity,
    limits: Limits,
    inbox: Messages,
    /// How far the journal is with this document.
    progress: watch::Receiver<Progress>,
    progress_sender: watch::Sender<Progress>,

    replica: Replica,
    size: Size,
    /// Keeps the document's place in memory.
    share: Share,
    greeting: Greeting,
    generation: Uuid,
    owners: Owners,
    /// Rows could not be read: what is there is shown, nothing is taken.
    damaged: bool,
    /// Boxed, because a tree sets memory for eleven of its values aside.
    members: BTreeMap<ConnectionId, Box<Member>>,
    presence: PresenceTable,
    /// Somebody came, went, or got another role, and nobody was told yet how many people are here.
    audience_stale: bool,

    others: Others,

    tick: Tick,
    log: Log,
    /// By row: whom to tell when it is committed. With the bytes of the row.
    awaiting: VecDeque<(u64, usize, Vec<Ack>)>,
    stalled: bool,
    phase: Phase,

    flushed_at: Instant,
    presence_sent_at: Instant,
    used_at: Instant,
    upkeep_at: Instant,
    /// A snapshot on its way to the store.
    compacting: Option<JoinHandle<Folded>>,
    mirror_at: Option<Instant>,
    /// When this server last wrote.
    written_at: Option<Instant>,
}

/// What a room needs to begin.
pub struct Surroundings {
    pub name: DocumentName,
    pub bus: Arc<dyn Bus>,
    /// Weak: the room must not keep itself open.
    pub handle: Weak<Handle>,
    pub registry: Arc<Registry>,
    pub store: Arc<dyn DocStore>,
    pub journal: Journal,
    pub activity: Activity,
    pub settings: Settings,
    pub budget: Arc<Budget>,
    pub inbox: Messages,
}

impl Room {
    /// The task of a room, from loading the document to unloading it.
    pub async fn live(around: Surroundings) {
        // What is rarely waited for is boxed, here and below: a task keeps memory for the largest of it all its life.
        if let Some(room) = Box::pin(Self::open(around)).await {
            room.run().await;
        }
    }

    /// Loads the document. Until this is done, messages wait in the inbox. If it cannot be, whoever asked hears why.
    async fn open(around: Surroundings) -> Option<Box<Self>> {
        // First, so that what is written from now on is either loaded or heard of.
        let others = Others::listen(around.bus.clone(), around.name).await;
        match Self::load(&around).await {
            Ok((opening, share)) => {
                let mut room = Box::new(Self::begin(around, others, opening, share));
                room.migrate();
                Some(room)
            }
            Err(error) => {
                // Before the inbox closes: who finds it closed looks for the reason.
                around.registry.fail(around.name, error);
                None
            }
        }
    }

    async fn load(around: &Surroundings) -> Result<(Opening, Share), RoomError> {
        let stored = around.store.load(around.name).await?;
        let share = around.budget.share(stored.bytes()).ok_or(RoomError::Overloaded)?;
        Ok((opening::read(around.name, &*around.store, stored).await?, share))
    }

    fn begin(around: Surroundings, others: Others, opening: Opening, mut share: Share) -> Self {
        let Surroundings { name, bus, handle, registry, store, journal, activity, settings, inbox, .. } = around;
        let Settings { timing, limits } = settings;
        let server = bus.server();
        let Opening { mut replica, stored, damaged } = opening;
        let size = Size::measured(replica.full().len());
        share.resize(size.bytes());
        let log = Log::of(&stored, server);
        let (progress_sender, progress) = watch::channel(Progress { committed: log.committed, ..Progress::default() });
        let now = Instant::now();
        metrics::gauge!("openflow_rooms_open").increment(1.0);
        Self {
            name,
            server,
            handle,
            registry,
            store,
            journal,
            timing,
            activity,
            limits,
            inbox,
            progress,
            progress_sender,
            replica,
            size,
            share,
            greeting: Greeting::default(),
            generation: stored.generation,
            owners: Owners::new(&stored.owners),
            damaged,
            members: BTreeMap::new(),
            presence: PresenceTable::default(),
            audience_stale: false,
            others,
            tick: Tick::default(),
            log,
            awaiting: VecDeque::new(),
            stalled: false,
            phase: Phase::Open,
            flushed_at: now,
            presence_sent_at: now,
            used_at: now,
            upkeep_at: now + timing.upkeep(),
            compacting: None,
            mirror_at: None,
            written_at: None,
        }
    }

    async fn run(mut self: Box<Self>) {
        self.greet_others();
        while self.phase != Phase::Ended {
            let wake = self.next_wake();
            tokio::select! {
                biased;
                Ok(()) = self.progress.changed() => self.settle().await,
                heard = self.others.next() => Box::pin(self.hear_others(heard)).await,
                message = self.inbox.recv(), if self.phase == Phase::Open => match message {
                    Some(message) => self.take_messages(message).await,
                    // Every handle is gone, also the registry's.
                    None => self.phase = Phase::Closing,
                },
                folded = finished(&mut self.compacting) => self.compacted(folded),
                () = sleep_until(wake) => {}
            }
            self.turn(Instant::now()).await;
        }
    }

    fn edition(&self) -> Edition {
        Edition { document: self.name, generation: self.generation }
    }

    fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    async fn take_messages(&mut self, first: Box<Message>) {
        let mut next = Some(first);
        for _ in 0..MESSAGES_PER_TURN {
            let Some(message) = next else { return };
            self.take_message(message).await;
            if self.phase != Phase::Open {
                return;
            }
            next = self.inbox.try_recv().ok();
        }
        if let Some(message) = next {
            self.take_message(message).await;
        }
    }

    async fn take_message(&mut self, message: Box<Message>) {
        if message.is_use() {
            self.used_at = Instant::now();
        }
        match *message {
            Message::Join(join) => self.join(join),
            Message::Leave(id) => self.leave(id),
            Message::Said { from, said, _permit } => self.hear(from, said).await,
            Message::Read(read) if self.others.are_none() => read(self.replica.view()),
            Message::Read(read) => self.read_newest(read),
            Message::Edit { edit, committed } => self.edit(edit, committed),
            // Whoever asked may have gone.
            Message::Renew(answer) => drop(answer.send(Box::pin(self.renew()).await)),
            Message::Generation(answer) => drop(answer.send(self.generation)),
            Message::RoleChanged { user, role } => self.change_role(user, role),
            Message::SignedOut(ended) => {
                self.dismiss(CloseCode::Unauthorized, |member| member.visitor.credential == ended);
            }
            Message::Deleted => {
                self.dismiss(CloseCode::NotFound, |_| true);
                self.phase = Phase::Ended;
            }
            Message::ServerGone(server) => self.server_gone(server),
            Message::Standing(standing) => self.compare(&standing),
            Message::Look => self.look(),
            Message::Visitors(answer) => {
                let visitors = self.members.values().map(|member| member.visitor.clone()).collect();
                // Whoever asked may have gone.
                answer.send(visitors).ok();
            }
            // Members stay until what they wrote is acknowledged.
            Message::Shutdown => self.phase = Phase::Closing,
        }
    }
}

/// Waits for a task that may not be there.
async fn finished(task: &mut Option<JoinHandle<Folded>>) -> Folded {
    match task {
        // A task that panicked has written nothing.
        Some(task) => task.await.unwrap_or(Folded::Not),
        None => std::future::pending().await,
    }
}

impl Drop for Room {
    /// Also runs when the task panics: nobody may go on talking to a room that is not there.
    fn drop(&mut self) {
        for member in self.members.values() {
            member.outbox.close(CloseCode::Internal);
        }
        self.leave_others();
        self.registry.remove(self.name, &self.handle);
        metrics::gauge!("openflow_rooms_open").decrement(1.0);
    }
}

impl Log {
    fn of(stored: &StoredDocument, own: ServerId) -> Self {
        let mut heads: Heads = stored.log.iter().map(|row| (row.server, row.seq)).collect();
        if let Some(snapshot) = &stored.snapshot {
            heads.advance_all(&snapshot.heads);
        }
        let last = heads.get(own);
        Self {
            last,
            committed: last,
            heads,
            version: stored.version,
            rows: stored.log.len() as u64,
            bytes: stored.log.iter().map(|row| row.update.len()).sum(),
            snapshot_bytes: stored.snapshot.as_ref().map_or(0, |snapshot| snapshot.state_v2.len()),
            uncommitted_bytes: 0,
        }
    }
}
