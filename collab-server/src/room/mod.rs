//! Rooms: the live side of documents.
//!
//! A room is one task that owns one open document (`actor`), fed by sockets (`connection`) and by the server itself
//! through [`Rooms`]. Bytes are checked by `update` before anything looks at them and by `guard` for who may write
//! what; `replica` is the Yjs document, `store` and `journal` make edits last, `presence` is who is there, `outbox` what
//! a socket has still to be sent. Routes and the run service call [`Rooms`]; they never see a Yjs type.
//! docs/architecture.md walks through an edit.

mod activity;
mod actor;
mod afresh;
mod budget;
mod cluster;
pub mod connection;
mod greeting;
mod guard;
mod heads;
mod journal;
mod member;
mod memory;
mod outbox;
mod presence;
mod registry;
mod replica;
mod rights;
mod settings;
mod size;
mod store;
mod update;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use shared::{
    access::Role,
    check::Problem,
    document::{Edit, GraphDocument, Origin, OutputsDocument, new_doc, release, seed},
    graph::Graph,
    id::{UserId, WorkflowId},
    outputs::Outputs,
    protocol::DocumentName,
};
use tokio::sync::{Mutex, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use yrs::{ReadTxn, StateVector, Transact};

use crate::auth::Credential;

pub use self::{
    activity::{Activity, Edited},
    heads::{Heads, ServerId},
    member::Visitor,
    memory::{Fault, MemoryStore},
    rights::{DbRights, Rights, RightsError},
    settings::{Limits, Settings, Timing},
    store::{
        Append, DocStore, Edition, LogRow, Mirror, News, Renewal, Snapshot, Standing, StoreError, StoredDocument,
        nobody,
    },
};
use self::{
    actor::{Message, Room, Surroundings},
    budget::Budget,
    journal::Journal,
    registry::{Handle, Registry},
    replica::View,
};
use crate::bus::{Alone, Bus, Event, FromServer, Link, Topic};

/// How long rooms may take to write what they hold when the server stops.
const SHUTDOWN: Duration = Duration::from_secs(6);

#[derive(Debug, Clone, thiserror::Error)]
pub enum RoomError {
    #[error("the document does not exist")]
    NotFound,
    /// Part of it could not be read back. It is shown, never overwritten.
    #[error("the stored document is damaged")]
    Damaged,
    #[error("the document cannot be opened now")]
    Unavailable,
    #[error("the document was begun anew")]
    OtherGeneration,
    #[error("the open documents take all the memory they may")]
    Overloaded,
    #[error("the document's storage does not answer")]
    Store(#[source] Arc<StoreError>),
}

impl From<StoreError> for RoomError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Gone => Self::NotFound,
            error @ (StoreError::Unavailable(_) | StoreError::Outrun) => Self::Store(Arc::new(error)),
        }
    }
}

/// One document on one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

/// All rooms of this server. Cheap to clone.
#[derive(Clone)]
pub struct Rooms(Arc<Inner>);

struct Inner {
    bus: Arc<dyn Bus>,
    registry: Arc<Registry>,
    store: Arc<dyn DocStore>,
    journal: Journal,
    /// Awaited once, by the shutdown.
    journal_task: Mutex<Option<JoinHandle<()>>>,
    /// Ended by the shutdown.
    cluster_task: Mutex<Option<JoinHandle<()>>>,
    rights: Arc<dyn Rights>,
    settings: Settings,
    budget: Arc<Budget>,
    tasks: TaskTracker,
    next_connection: AtomicU64,
    activity: Activity,
    /// Counts changes of rights, so that somebody who comes in during one is looked at again. Watched by what outlasts a
    /// request.
    rights_epoch: watch::Sender<u64>,
}

impl Rooms {
    /// Must be called inside a runtime: the journal's task starts here.
    pub fn new(store: Arc<dyn DocStore>, rights: Arc<dyn Rights>) -> Self {
        Self::with_settings(store, rights, Settings::default())
    }

    /// On a single server.
    pub fn with_settings(store: Arc<dyn DocStore>, rights: Arc<dyn Rights>, settings: Settings) -> Self {
        Self::on_bus(store, rights, settings, Arc::new(Alone::default()))
    }

    /// On one server of several, which share the store.
    pub fn on_bus(store: Arc<dyn DocStore>, rights: Arc<dyn Rights>, settings: Settings, bus: Arc<dyn Bus>) -> Self {
        let (journal, journal_task) = Journal::start(store.clone(), bus.clone());
        let rooms = Self(Arc::new(Inner {
            cluster_task: Mutex::default(),
            bus: bus.clone(),
            registry: Arc::default(),
            store,
            journal,
            journal_task: Mutex::new(Some(journal_task)),
            rights,
            settings,
            budget: Budget::new(settings.limits.open_bytes),
            tasks: TaskTracker::new(),
            next_connection: AtomicU64::new(1),
            activity: Activity::default(),
            rights_epoch: watch::Sender::new(0),
        }));
        let task = tokio::spawn(cluster::run(Arc::downgrade(&rooms.0), bus));
        *rooms.0.cluster_task.try_lock().expect("nobody else has it yet") = Some(task);
        rooms
    }

    /// Whether other servers can be heard.
    pub fn link(&self) -> Link {
        *self.0.bus.link().borrow()
    }

    fn tell_servers(&self, event: Event) {
        self.0.bus.publish(Topic::Servers, FromServer { server: self.0.bus.server(), event }.encode());
    }

    /// Who edited which graph lately.
    pub fn activity(&self) -> &Activity {
        &self.0.activity
    }

    /// Stores the documents of a new workflow, filled with `graph`. The workflow's row must be there.
    ///
    /// The only place where a document gets its first content: two seeds of one document would overwrite each other.
    pub async fn create(&self, workflow: WorkflowId, graph: &Graph) -> Result<(), RoomError> {
        let document = GraphDocument::new(new_doc(None));
        seed(&document, workflow, graph, engine::catalog());
        let update: Bytes = document.doc().transact().encode_state_as_update_v1(&StateVector::default()).into();
        release(document.doc());
        let documents = vec![(DocumentName::Graph(workflow), update), (DocumentName::Outputs(workflow), Bytes::new())];
        Ok(self.0.store.create(documents).await?)
    }

    /// The graph as it is now, with what is wrong in the document's shape.
    pub async fn graph(&self, workflow: WorkflowId) -> Result<(Graph, Vec<Problem>), RoomError> {
        self.read(DocumentName::Graph(workflow), |view| match view {
            View::Graph(graph) => graph.project(),
            View::Outputs(_) => unreachable!("a graph's name opens a graph"),
        })
        .await
    }

    pub async fn outputs(&self, workflow: WorkflowId) -> Result<Outputs, RoomError> {
        self.read(DocumentName::Outputs(workflow), |view| match view {
            View::Outputs(outputs) => outputs.project(),
            View::Graph(_) => unreachable!("an outputs document's name opens one"),
        })
        .await
    }

    /// An edit by the server itself, such as a new title. It is on disk when this returns.
    pub async fn edit(
        &self,
        workflow: WorkflowId,
        edit: Box<dyn FnOnce(&mut Edit<'_>) + Send>,
    ) -> Result<(), RoomError> {
        let edit = Box::new(move |view: &View| match view {
            View::Graph(graph) => graph.edit(Origin::Server, edit),
            View::Outputs(_) => unreachable!("a graph's name opens a graph"),
        });
        self.write(DocumentName::Graph(workflow), edit).await
    }

    /// Writes run states and results. They are on disk when this returns; others see them sooner.
    pub async fn write_outputs(
        &self,
        workflow: WorkflowId,
        write: Box<dyn FnOnce(&OutputsDocument) + Send>,
    ) -> Result<(), RoomError> {
        let edit = Box::new(move |view: &View| match view {
            View::Outputs(outputs) => write(outputs),
            View::Graph(_) => unreachable!("an outputs document's name opens one"),
        });
        self.write(DocumentName::Outputs(workflow), edit).await
    }

    /// Begins a document anew, with the content it shows and without its past. Everybody who has it open is sent away
    /// and comes back for the new one. Also the way out for a document of which something could not be read.
    pub async fn renew(&self, name: DocumentName) -> Result<Uuid, RoomError> {
        let room = self.open(name)?;
        let (answer, answered) = oneshot::channel();
        room.send(Message::Renew(answer)).await?;
        let renewed = answered.await.map_err(|_| room.failure())?;
        self.tell_servers(Event::Replaced { workflow: name.workflow() });
        renewed
    }

    /// Which generation a document is of.
    pub async fn generation(&self, name: DocumentName) -> Result<Uuid, RoomError> {
        let room = self.open(name)?;
        let (answer, answered) = oneshot::channel();
        room.send(Message::Generation(answer)).await?;
        answered.await.map_err(|_| room.failure())
    }

    /// Waits until a document has everything that other servers have acknowledged by now.
    pub async fn catch_up(&self, name: DocumentName) -> Result<(), RoomError> {
        self.read(name, |_| ()).await
    }

    async fn read<T: Send + 'static>(
        &self,
        name: DocumentName,
        read: impl FnOnce(&View) -> T + Send + 'static,
    ) -> Result<T, RoomError> {
        let room = self.open(name)?;
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have gone.
        room.send(Message::Read(Box::new(move |view| drop(answer.send(read(view)))))).await?;
        answered.await.map_err(|_| room.failure())
    }

    async fn write(&self, name: DocumentName, edit: actor::ServerEdit) -> Result<(), RoomError> {
        let room = self.open(name)?;
        let (committed, done) = oneshot::channel();
        room.send(Message::Edit { edit, committed }).await?;
        done.await.map_err(|_| room.failure())?
    }

    /// Removes a workflow's documents and sends everybody away who has them open.
    pub async fn delete(&self, workflow: WorkflowId) -> Result<(), RoomError> {
        // The rows first: who comes in between finds nothing to open.
        let deleted = self.0.store.delete(workflow).await;
        for name in [DocumentName::Graph(workflow), DocumentName::Outputs(workflow)] {
            if let Some(room) = self.0.registry.find(name) {
                // A room that has ended is as good as one that was told.
                room.send(Message::Deleted).await.ok();
            }
        }
        self.tell_servers(Event::Replaced { workflow });
        Ok(deleted?)
    }

    /// Looks up a person's role again, in one workflow or all, and tells the rooms they may be in.
    pub async fn role_changed(&self, user: UserId, workflow: Option<WorkflowId>) {
        self.tell_servers(Event::RoleChanged { user, workflow });
        self.role_changed_here(user, workflow).await;
    }

    async fn role_changed_here(&self, user: UserId, workflow: Option<WorkflowId>) {
        self.rights_changed();
        let concerned = |name: &DocumentName| workflow.is_none_or(|workflow| name.workflow() == workflow);
        let mut known: Option<(WorkflowId, Option<Role>)> = None;
        let mut rooms = self.0.registry.open();
        rooms.sort_unstable_by_key(|(name, _)| name.workflow());
        for (name, room) in rooms.into_iter().filter(|(name, _)| concerned(name)) {
            let role = match known {
                Some((workflow, role)) if workflow == name.workflow() => role,
                _ => self.0.rights.role(user, name.workflow()).await.unwrap_or_else(|error| {
                    // Safe side: the person is sent away and can come back once the database answers.
                    tracing::error!(error = %anyhow::Error::from(error), "could not look up a role");
                    None
                }),
            };
            known = Some((name.workflow(), role));
            room.send(Message::RoleChanged { user, role }).await.ok();
        }
    }

    /// Closes every socket of a sign-in or an API key that has ended.
    pub async fn signed_out(&self, ended: impl Into<Credential>) {
        let ended = ended.into();
        self.tell_servers(Event::SignedOut { ended });
        self.signed_out_here(ended).await;
    }

    async fn signed_out_here(&self, ended: Credential) {
        self.rights_changed();
        for (_, room) in self.0.registry.open() {
            room.send(Message::SignedOut(ended)).await.ok();
        }
    }

    /// Closes all sockets, waits until everything is written, and ends.
    pub async fn shutdown(&self) {
        self.0.registry.close();
        for (_, room) in self.0.registry.open() {
            room.send(Message::Shutdown).await.ok();
        }
        self.0.tasks.close();
        if tokio::time::timeout(SHUTDOWN, self.0.tasks.wait()).await.is_err() {
            tracing::error!(rooms = self.0.registry.open().len(), "some documents could not be written in time");
        }
        self.tell_servers(Event::Leaving);
        self.0.bus.close().await;
        if let Some(task) = self.0.cluster_task.lock().await.take() {
            task.abort();
        }
        if let Some(task) = self.0.journal_task.lock().await.take() {
            // Every room heard that its rows are committed, so nothing is left in it.
            task.abort();
        }
    }

    /// The room of a document, opened if need be.
    fn open(&self, name: DocumentName) -> Result<Arc<Handle>, RoomError> {
        let (handle, inbox) = self.0.registry.find_or_make(name)?;
        if let Some(inbox) = inbox {
            let around = Surroundings {
                name,
                bus: self.0.bus.clone(),
                handle: Arc::downgrade(&handle),
                registry: self.0.registry.clone(),
                store: self.0.store.clone(),
                journal: self.0.journal.clone(),
                activity: self.0.activity.clone(),
                settings: self.0.settings,
                budget: self.0.budget.clone(),
                inbox,
            };
            self.0.tasks.spawn(Room::live(around));
        }
        Ok(handle)
    }

    fn rights_changed(&self) {
        self.0.rights_epoch.send_modify(|epoch| *epoch += 1);
    }

    /// Changes whenever somebody's rights do.
    pub fn rights_epoch(&self) -> u64 {
        *self.0.rights_epoch.borrow()
    }

    /// Tells when somebody's rights change.
    pub fn rights_changes(&self) -> watch::Receiver<u64> {
        self.0.rights_epoch.subscribe()
    }

    fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.0.next_connection.fetch_add(1, Ordering::Relaxed))
    }
}
