//! Looking into the log for what other servers wrote: when a note was missed, when there are none because the bus is
//! down, and when somebody needs everything that any server has acknowledged.
//!
//! The query runs beside the room; there is one at a time, and whoever asks for one meanwhile gets another behind it.

use std::{collections::BTreeSet, time::Duration};

use tokio::{task::JoinHandle, time::Instant};

use super::{
    super::{
        RoomError,
        replica::{Broken, RowFate, View},
        store::{LogRow, News, Standing, StoreError},
    },
    Room,
};

/// Between beginning to listen and being heard lies a moment; what was published then is found by a look after it.
const FIRST_LOOK: Duration = Duration::from_millis(250);
/// After a look that did not bring everything.
const NEXT_LOOK: Duration = Duration::from_millis(500);

pub type Read = Box<dyn FnOnce(&View) + Send>;

/// A look that is under way, and those that are due.
#[derive(Default)]
pub(super) struct Looking {
    task: Option<JoinHandle<Result<News, StoreError>>>,
    /// Something happened since it began.
    again: bool,
    pub(super) at: Option<Instant>,
    /// Served when the look under way is over, and when the one after it is.
    readers: Vec<Read>,
    late_readers: Vec<Read>,
}

impl Looking {
    /// Due in a moment.
    pub(super) fn soon() -> Self {
        Self::default().and_soon()
    }

    pub(super) fn and_soon(self) -> Self {
        Self { at: Some(Instant::now() + FIRST_LOOK), ..self }
    }

    /// Waits for the end of the look under way. May be dropped and called again.
    pub(super) async fn done(&mut self) -> Result<News, StoreError> {
        let looked = match &mut self.task {
            Some(task) => task.await,
            None => std::future::pending().await,
        };
        self.task = None;
        looked.unwrap_or_else(|panic| Err(StoreError::Unavailable(panic.into())))
    }
}

impl Room {
    /// How far the document is in the log, by somebody who looked for many.
    pub(super) fn compare(&mut self, standing: &Standing) {
        let same = standing.edition == self.edition() && standing.version == self.log.version;
        let unheard = standing.quarantined && !self.damaged;
        if !same || unheard || !self.log.heads.covers(&standing.heads) {
            self.look();
        }
    }

    /// Serves a reader with everything that any server has acknowledged by now.
    pub(super) fn read_newest(&mut self, read: Read) {
        if self.others.looking.task.is_some() {
            self.others.looking.late_readers.push(read);
        } else {
            self.others.looking.readers.push(read);
        }
        self.look();
    }

    /// Fetches what is in the log and not here, beside the room.
    pub(super) fn look(&mut self) {
        self.others.looking.at = None;
        if self.others.looking.task.is_some() {
            self.others.looking.again = true;
            return;
        }
        metrics::counter!("openflow_log_looks_total").increment(1);
        let (store, edition) = (self.store.clone(), self.edition());
        let (heads, version) = (self.log.heads.clone(), self.log.version);
        self.others.looking.task = Some(tokio::spawn(async move { store.news(edition, &heads, version).await }));
    }

    /// What is looked for now would be of a document that is not here any more. Readers get what is here instead.
    pub(super) fn look_anew(&mut self) {
        let before = std::mem::take(&mut self.others.looking);
        if let Some(task) = before.task {
            task.abort();
        }
        for read in before.readers.into_iter().chain(before.late_readers) {
            read(self.replica.view());
        }
    }

    pub(super) async fn take_news(&mut self, news: Result<News, StoreError>) {
        match news {
            Ok(news) => self.apply_news(news).await,
            // Deleted, or begun anew: found out in the same way as by an append.
            Err(StoreError::Gone) => self.progress_sender.send_modify(|progress| progress.gone = true),
            Err(error) => {
                tracing::warn!(document = %self.name, error = %anyhow::Error::from(error), "could not look into the log");
                self.others.looking.at = Some(Instant::now() + NEXT_LOOK);
            }
        }
        for read in std::mem::take(&mut self.others.looking.readers) {
            read(self.replica.view());
        }
        if std::mem::take(&mut self.others.looking.again) {
            self.others.looking.readers = std::mem::take(&mut self.others.looking.late_readers);
            self.look();
        }
    }

    /// Waits for what is in the log and not here.
    pub(super) async fn catch_up(&mut self) -> Result<(), RoomError> {
        let news = self.store.news(self.edition(), &self.log.heads, self.log.version).await?;
        self.apply_news(news).await;
        if self.has_ended() { Err(RoomError::Unavailable) } else { Ok(()) }
    }

    async fn apply_news(&mut self, news: News) {
        let News { version, snapshot, log, owners, quarantined } = news;
        if let Some(snapshot) = &snapshot {
            match self.replica.take_snapshot(snapshot) {
                Ok(new) => self.took_foreign(new),
                Err(damage) => {
                    tracing::error!(document = %self.name, error = %damage, "another server's snapshot");
                    return self.reload().await;
                }
            }
            self.log.heads.advance_all(&snapshot.heads);
        }
        if version != self.log.version {
            self.log.version = version;
            (self.log.rows, self.log.bytes) = (0, 0);
        }
        self.owners.adopt(&owners);
        if quarantined {
            // By another server. Nobody is to write until somebody has looked.
            self.close_for_writing();
        }
        let Ok(waiting) = self.take_rows(log).await else { return self.reload().await };
        if waiting > 0 && !self.damaged {
            tracing::debug!(document = %self.name, waiting, "rows stand on something that is not here");
            self.others.looking.at = Some(Instant::now() + NEXT_LOOK);
        }
    }

    /// Takes rows of other servers, each server's in order. Yields how many wait for something.
    async fn take_rows(&mut self, mut rows: Vec<LogRow>) -> Result<usize, Broken> {
        loop {
            let before = rows.len();
            let (mut waiting, mut stopped) = (Vec::new(), BTreeSet::new());
            for row in rows {
                let known = self.log.heads.get(row.server);
                // One's own are here before they are there, and a note may have been quicker.
                if row.server == self.server || row.seq <= known {
                    continue;
                }
                // The rows of a server are committed in their order: if one is missing here, it was set aside.
                let is_next = row.seq == known + 1 || self.damaged;
                if !is_next || stopped.contains(&row.server) {
                    waiting.push(row);
                    continue;
                }
                match self.replica.take_row(self.name, &row.update)? {
                    RowFate::Taken(new) => self.took_row(row.server, row.seq, row.update.len(), new),
                    RowFate::Waits => {
                        stopped.insert(row.server);
                        waiting.push(row);
                    }
                    RowFate::Unreadable(reason) => self.set_aside(row, reason).await,
                }
            }
            rows = waiting;
            if rows.is_empty() || rows.len() == before {
                return Ok(rows.len());
            }
        }
    }

    async fn set_aside(&mut self, row: LogRow, reason: String) {
        tracing::error!(document = %self.name, server = %row.server, seq = row.seq, reason, "set a row aside");
        metrics::counter!("openflow_rows_quarantined_total").increment(1);
        self.log.heads.advance(row.server, row.seq);
        self.close_for_writing();
        if let Err(error) = self.store.quarantine(self.edition(), row, reason).await {
            tracing::error!(document = %self.name, error = %anyhow::Error::from(error), "could not set a row aside");
        }
    }

    /// The document is shown, and nothing is taken any more.
    fn close_for_writing(&mut self) {
        if !std::mem::replace(&mut self.damaged, true) {
            tracing::error!(document = %self.name, "part of the document could not be read: it takes no edits");
            self.tell_scopes();
        }
    }
}
