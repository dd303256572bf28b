//! The journal: one task that commits the updates of all rooms in groups.
//!
//! While one group is being written the next one gathers, and under load no group is begun right behind another: one
//! update waits for one commit, a thousand at once wait for two. Rooms hand rows over without waiting and hear of the
//! commit by watching their [`Progress`], other servers over the bus. A group that fails is tried again until it
//! succeeds; nothing is dropped.

use std::{collections::BTreeSet, slice, sync::Arc, time::Duration};

use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use super::store::{Append, DocStore, Edition, StoreError};
use crate::bus::{Bus, Link, Note, Said, Topic};

/// A group is closed at this size, so that one commit does not take arbitrarily long.
const GROUP_BYTES: usize = 256 * 1024;
/// Larger rows other servers fetch from the log. NATS takes a megabyte unless it is told otherwise.
const MAX_PUBLISHED: usize = 512 * 1024;
/// Groups are not begun more often than this. A commit costs as much as applying dozens of updates, and under load every
/// one of them would otherwise get its own on a fast disk. An update after a pause does not wait.
const GROUP_EVERY: Duration = Duration::from_millis(6);
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(2);

/// How far a document's rows are. Written by the journal, watched by the document's room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Every row up to this number is on disk.
    pub committed: u64,
    /// The database does not take more now; the journal keeps trying.
    pub stalled: bool,
    /// The document was deleted.
    pub gone: bool,
}

struct Entry {
    row: Append,
    progress: watch::Sender<Progress>,
}

/// Handle for rooms. The journal ends when the last handle is gone and everything is written.
#[derive(Clone)]
pub struct Journal {
    entries: UnboundedSender<Entry>,
}

impl Journal {
    pub fn start(store: Arc<dyn DocStore>, bus: Arc<dyn Bus>) -> (Self, JoinHandle<()>) {
        #[expect(
            clippy::disallowed_methods,
            reason = "a room must not stop to wait for the disk; each bounds the bytes it has uncommitted"
        )]
        let (entries, inbox) = unbounded_channel();
        (Self { entries }, tokio::spawn(Writer { store, bus, inbox }.run()))
    }

    pub fn append(&self, row: Append, progress: &watch::Sender<Progress>) {
        let entry = Entry { row, progress: progress.clone() };
        if let Err(unsent) = self.entries.send(entry) {
            // The writer only ends before its rooms when the runtime goes down.
            unsent.0.progress.send_modify(|progress| progress.stalled = true);
        }
    }
}

struct Writer {
    store: Arc<dyn DocStore>,
    bus: Arc<dyn Bus>,
    inbox: UnboundedReceiver<Entry>,
}

impl Writer {
    async fn run(mut self) {
        let mut begin_at = Instant::now();
        while let Some(first) = self.inbox.recv().await {
            let mut bytes = first.row.update.len();
            let mut group = vec![first];
            while bytes < GROUP_BYTES {
                let next = match self.inbox.try_recv() {
                    Ok(next) => next,
                    Err(_) => match timeout_at(begin_at, self.inbox.recv()).await {
                        Ok(Some(next)) => next,
                        Ok(None) | Err(_) => break,
                    },
                };
                bytes += next.row.update.len();
                group.push(next);
            }
            begin_at = Instant::now() + GROUP_EVERY;
            self.write(group).await;
        }
    }

    async fn write(&self, group: Vec<Entry>) {
        let (rows, watchers): (Vec<_>, Vec<_>) = group.into_iter().map(|entry| (entry.row, entry.progress)).unzip();
        metrics::histogram!("openflow_journal_group_rows").record(rows.len() as f64);
        match self.store.append(&rows).await {
            Ok(()) => self.tell_committed(&rows, &watchers),
            Err(error) => {
                log(&error);
                // One document's trouble must not hold up the others, nor that of an earlier generation this one.
                let editions: BTreeSet<Edition> = rows.iter().map(|row| row.edition).collect();
                for edition in editions {
                    let of_document = |at: &usize| rows[*at].edition == edition;
                    let places: Vec<usize> = (0..rows.len()).filter(of_document).collect();
                    let rows: Vec<_> = places.iter().map(|&at| rows[at].clone()).collect();
                    self.insist(&rows, &watchers[places[0]]).await;
                }
            }
        }
    }

    /// Writes the rows of one document, however long that takes.
    async fn insist(&self, rows: &[Append], watcher: &watch::Sender<Progress>) {
        let mut pause = FIRST_RETRY;
        loop {
            match self.store.append(rows).await {
                Ok(()) => {
                    return rows
                        .iter()
                        .for_each(|row| self.tell_committed(slice::from_ref(row), slice::from_ref(watcher)));
                }
                Err(StoreError::Gone) => return watcher.send_modify(|progress| progress.gone = true),
                Err(error) => {
                    log(&error);
                    watcher.send_modify(|progress| progress.stalled = true);
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LAST_RETRY);
        }
    }

    fn tell_committed(&self, rows: &[Append], watchers: &[watch::Sender<Progress>]) {
        for (row, watcher) in rows.iter().zip(watchers) {
            watcher.send_modify(|progress| *progress = Progress { committed: row.seq, stalled: false, gone: false });
        }
        if *self.bus.link().borrow() == Link::Up {
            rows.iter().for_each(|row| self.publish(row));
        }
    }

    /// After the commit, never before: what another server has of a document must not be missing from its log.
    fn publish(&self, row: &Append) {
        let Append { edition: Edition { document, generation }, server, seq, update, claims } = row;
        let said = if update.len() > MAX_PUBLISHED {
            Said::RowTooLarge { seq: *seq }
        } else {
            Said::Row { seq: *seq, update: update.clone(), claims: claims.clone() }
        };
        self.bus.publish(Topic::Document(*document), Note { server: *server, generation: *generation, said }.encode());
    }
}

fn log(error: &StoreError) {
    match error {
        // Expected after a deletion; the rooms concerned are told.
        // The other is about snapshots, of which the journal knows nothing.
        StoreError::Gone | StoreError::Outrun => {}
        StoreError::Unavailable(cause) => {
            metrics::counter!("openflow_journal_failures_total").increment(1);
            tracing::error!(cause = %cause, "could not commit edits, trying again");
        }
    }
}
