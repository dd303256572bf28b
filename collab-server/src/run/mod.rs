//! The run service: queues runs of frozen graphs, executes them, and tells everybody.
//!
//! A run is a row. `start` freezes a graph and queues it; a worker of this process or another claims it (`claim`,
//! `fair`), keeps a lease on it (`worker`) and executes it (`execute`), with checkpoints after every step. What the
//! engine emits goes through `sink` (coalesced) to `writer`: checkpoints, outputs document, row, streams. What workers in
//! other processes emit comes through `feed`, as soon as `wake` hears of it. `queue` is what people do about runs that wait, `tail` is watching one,
//! `capture` the record of every model call. Called by `routes::runs`. docs/runs.md says what a run promises.

mod active;
pub mod approvals;
mod cache;
mod capture;
mod checkpoints;
mod claim;
mod document;
mod execute;
mod fair;
mod feed;
mod frozen;
pub mod linked;
mod media;
mod positions;
pub mod queue;
mod recover;
mod sink;
mod start;
mod tail;
mod wake;
mod worker;
mod writer;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::id::{RunId, WorkflowId};
use tokio::sync::{Notify, broadcast, futures::Notified};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use active::ActiveRun;
pub use cache::DbCache;
pub use capture::Generations;
pub use checkpoints::RunCheckpoints;
pub use fair::FairLimits;
pub use frozen::graph;
pub use recover::recover;
pub use start::start;
pub use tail::{Told, tail};
pub use worker::start_workers;

use crate::bus::{Bus, RunNote, Topic};

/// How long this process may take to leave its runs when it stops.
const SHUTDOWN: Duration = Duration::from_secs(7);

/// What this process does about runs. Cheap to clone.
#[derive(Clone)]
pub struct Runs(Arc<Inner>);

struct Inner {
    /// This process, in the leases of the runs it executes.
    worker: Uuid,
    /// Runs that this process executes. A lock because any request may look; held for a look-up, never across an await.
    table: Mutex<HashMap<RunId, Arc<ActiveRun>>>,
    tasks: TaskTracker,
    /// Ends all tasks. Runs are left, not ended: the next worker goes on with them.
    stop: CancellationToken,
    /// Wakes whoever looks for runs.
    work: Notify,
    /// Wakes whoever shows positions.
    order: Notify,
    /// Wakes all who wait for a run to begin in this process.
    begun: Notify,
    /// Wakes all who wait for people's answers.
    answers: Notify,
    /// Wakes whoever hears of runs to cancel.
    cancel: Notify,
    /// Runs of which another process has told something. Sent by `wake`, heard by every event stream and by `feed`.
    told: broadcast::Sender<RunId>,
    /// Tells the other processes.
    bus: Arc<dyn Bus>,
}

/// Notes that may wait for a stream. One that is further behind looks into the database without them.
const TOLD: usize = 256;

impl Runs {
    /// None yet. Everything ends with `stop`.
    pub fn new(stop: CancellationToken, bus: Arc<dyn Bus>) -> Self {
        Self(Arc::new(Inner {
            worker: Uuid::now_v7(),
            table: Mutex::default(),
            tasks: TaskTracker::new(),
            stop,
            work: Notify::new(),
            order: Notify::new(),
            begun: Notify::new(),
            answers: Notify::new(),
            cancel: Notify::new(),
            told: broadcast::Sender::new(TOLD),
            bus,
        }))
    }

    /// The execution of a run, if this process has it.
    pub fn find(&self, run: RunId) -> Option<Arc<ActiveRun>> {
        self.table().get(&run).cloned()
    }

    /// Cancels the executions of a workflow, because it is being deleted.
    pub fn cancel_workflow(&self, workflow: WorkflowId) {
        for active in self.table().values().filter(|active| active.workflow == workflow) {
            active.cancel.cancel();
        }
        self.tell(RunNote::Cancel);
    }

    /// Leaves all runs to the next worker, and waits until that is written down.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(SHUTDOWN, self.0.tasks.wait()).await.is_err() {
            tracing::error!(runs = self.table().len(), "some runs could not be left in time");
        }
    }

    fn worker(&self) -> Uuid {
        self.0.worker
    }

    fn is_stopping(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }

    /// What `work` comes to; `None` if the server stops first.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.stop.run_until_cancelled(work).await
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.tasks.spawn(work);
    }

    /// There may be something to execute, and positions have moved.
    fn queue_changed(&self) {
        self.heard(RunNote::Queue);
        self.tell(RunNote::Queue);
    }

    /// The same, while other processes need not know yet.
    fn queue_changed_here(&self) {
        self.heard(RunNote::Queue);
    }

    fn bus(&self) -> &dyn Bus {
        &*self.0.bus
    }

    /// What another process is to look at.
    fn tell(&self, note: RunNote) {
        self.0.bus.publish(Topic::Runs, note.encode());
    }

    /// What this process is to look at.
    fn heard(&self, note: RunNote) {
        match note {
            RunNote::Queue => {
                self.0.work.notify_one();
                self.0.order.notify_one();
            }
            // Nobody may be watching.
            RunNote::Told { run } => drop(self.0.told.send(run)),
            RunNote::Cancel => self.0.cancel.notify_one(),
            RunNote::Answer => self.0.answers.notify_waiters(),
        }
    }

    /// From now on.
    fn told(&self) -> broadcast::Receiver<RunId> {
        self.0.told.subscribe()
    }

    async fn to_cancel(&self) {
        self.0.cancel.notified().await;
    }

    async fn woken(&self) {
        self.0.work.notified().await;
    }

    async fn order_changed(&self) {
        self.0.order.notified().await;
    }

    /// The next answer that comes in through this process.
    fn answered(&self) -> Notified<'_> {
        self.0.answers.notified()
    }

    fn tell_answered(&self) {
        self.heard(RunNote::Answer);
        self.tell(RunNote::Answer);
    }

    fn enter(&self, active: &Arc<ActiveRun>) {
        self.table().insert(active.run, active.clone());
        self.0.begun.notify_waiters();
    }

    /// The next run that this process begins.
    fn begun(&self) -> Notified<'_> {
        self.0.begun.notified()
    }

    fn leave(&self, active: &ActiveRun) {
        self.table().remove(&active.run);
    }

    fn active(&self) -> Vec<Arc<ActiveRun>> {
        self.table().values().cloned().collect()
    }

    fn table(&self) -> MutexGuard<'_, HashMap<RunId, Arc<ActiveRun>>> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
