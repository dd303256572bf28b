//! A room's housekeeping: when to wake, snapshots, the mirror in the workflow's row, unloading.

use std::time::Duration;

use shared::protocol::{CloseCode, DocumentName};
use tokio::time::Instant;
use yrs::{Map, Transact};

use super::{
    super::{
        replica::View,
        store::{Mirror, StoreError},
    },
    Folded, Phase, RESYNC_EVERY, Room,
};

/// A log of this many rows is folded into a snapshot.
const MAX_ROWS: u64 = 500;
/// A log larger than this, and larger than the snapshot, too.
const MIN_BYTES: usize = 64 * 1024;
/// A quiet document is folded when it has at least this many rows; fewer load fast enough.
const QUIET_ROWS: u64 = 20;
/// Shorter than the time after which a document is unloaded.
const QUIET: Duration = Duration::from_secs(20);
/// A server that has written nothing for so long leaves the lists to the others.
const MIRROR_FOR: Duration = Duration::from_secs(10);
/// Lists may lag behind the document by this much.
const MIRROR_AFTER: Duration = Duration::from_secs(1);

impl Room {
    pub(super) fn next_wake(&self) -> Instant {
        let behind = self.members.values().any(|member| member.behind.is_some());
        let resync = behind.then(|| Instant::now() + RESYNC_EVERY);
        [self.tick_due(), self.presence_due(), resync, self.mirror_at, self.others.looking.at, Some(self.upkeep_at)]
            .into_iter()
            .flatten()
            .min()
            .expect("upkeep is always due some time")
    }

    /// After every message or wake: does what is due.
    pub(super) async fn turn(&mut self, now: Instant) {
        if self.phase == Phase::Ended {
            return;
        }
        if self.tick_due().is_some_and(|due| due <= now || self.phase == Phase::Closing) {
            self.flush(now);
        }
        if self.presence_due().is_some_and(|due| due <= now) {
            self.send_presence(now);
        }
        self.resync();
        if self.mirror_at.is_some_and(|due| due <= now) {
            self.mirror().await;
        }
        if self.upkeep_at <= now {
            self.upkeep_at = now + self.timing.upkeep();
            self.presence.expire(now);
            self.keep_up_with_others(now).await;
            self.greeting.forget_unwanted(&mut self.replica);
            self.share.resize(self.size.bytes());
        }
        if self.others.looking.at.is_some_and(|due| due <= now) {
            self.look();
        }
        if self.wants_compaction(now) {
            self.compact();
        }
        self.end_if_done(now).await;
    }

    pub(super) fn is_written(&self) -> bool {
        self.tick_due().is_none() && self.awaiting.is_empty() && self.compacting.is_none()
    }

    async fn end_if_done(&mut self, now: Instant) {
        match self.phase {
            Phase::Closing if self.is_written() => {
                self.mirror().await;
                self.end(CloseCode::GoingAway);
            }
            Phase::Open if self.members.is_empty() && now - self.used_at >= self.timing.idle && self.is_written() => {
                if self.mirror_at.is_some() {
                    self.mirror().await;
                }
                // Nobody holds a handle and nobody has left a message: nobody can notice.
                if self.registry.remove_if_unused(self.name, || self.inbox.is_empty()) {
                    self.phase = Phase::Ended;
                    let encodings = self.replica.encodings();
                    tracing::debug!(document = %self.name, encodings, "unloaded a document");
                }
            }
            Phase::Open | Phase::Closing | Phase::Ended => {}
        }
    }

    /// The document changed: the workflow's row has to follow. Which of several servers writes it does not matter, but
    /// whoever wrote lately does so with what the others write at the same time.
    pub(super) fn changed(&mut self, now: Instant) {
        match self.name {
            DocumentName::Graph(_) if self.written_at.is_none_or(|at| now - at > MIRROR_FOR) => {}
            DocumentName::Graph(_) => self.mirror_at = self.mirror_at.or(Some(now + MIRROR_AFTER)),
            DocumentName::Outputs(_) => {}
        }
    }

    async fn mirror(&mut self) {
        if self.mirror_at.take().is_none() {
            return;
        }
        let View::Graph(graph) = self.replica.view() else { return };
        let mirror = {
            let txn = graph.doc().transact();
            Mirror::new(graph.meta_in(&txn), graph.nodes().len(&txn))
        };
        // Written even if it is the same: lists are sorted by the time of the last edit.
        match self.store.mirror(self.name.workflow(), mirror).await {
            Ok(()) | Err(StoreError::Gone) => {}
            Err(error) => {
                tracing::warn!(document = %self.name, error = %anyhow::Error::from(error), "could not update the list");
                self.mirror_at = Some(Instant::now() + self.timing.upkeep());
            }
        }
    }

    fn wants_compaction(&self, now: Instant) -> bool {
        let large = self.log.bytes > MIN_BYTES.max(self.log.snapshot_bytes) || self.log.rows > MAX_ROWS;
        let quiet = now - self.flushed_at >= QUIET && self.log.rows > QUIET_ROWS;
        // Rows set aside would be forgotten by a snapshot that lacks them.
        (large || quiet) && self.is_written() && !self.damaged && self.phase == Phase::Open
    }

    /// Folds the log into a snapshot. Everything in the replica is committed at this moment.
    fn compact(&mut self) {
        let mut heads = self.log.heads.clone();
        heads.shorten(self.server);
        let snapshot = self.replica.snapshot(heads);
        let size = snapshot.state_v2.len();
        let (store, edition, version) = (self.store.clone(), self.edition(), self.log.version);
        // Beside the room: edits go on meanwhile.
        self.compacting = Some(tokio::spawn(async move {
            match store.compact(edition, snapshot, version).await {
                Ok(()) => Folded::Written(size),
                // It covers more, or other rows. Its content has to be here before the next attempt.
                Err(StoreError::Outrun) => Folded::Outrun,
                Err(error) => {
                    tracing::warn!(document = %edition.document, error = %anyhow::Error::from(error), "could not write a snapshot");
                    Folded::Not
                }
            }
        }));
        self.log.rows = 0;
        self.log.bytes = 0;
    }

    pub(super) fn compacted(&mut self, folded: Folded) {
        self.compacting = None;
        match folded {
            Folded::Written(size) => {
                self.log.version += 1;
                self.log.snapshot_bytes = size;
            }
            Folded::Outrun => self.look(),
            Folded::Not => {}
        }
    }
}
