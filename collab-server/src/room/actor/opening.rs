//! How a document gets into memory: at the start, and again after an update that broke it.
//!
//! What cannot be read is set aside; the rest is shown, and nothing is written any more. A document never opens blank
//! because its snapshot is damaged: the one before it is kept, with the log behind it.

use shared::{
    document::Origin,
    migrate::Migration,
    protocol::{CloseCode, DocumentName},
};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

use super::{
    super::{
        RoomError,
        guard::Owners,
        journal::Progress,
        replica::{BadRow, Replica, View},
        size::Size,
        store::{DocStore, Edition, StoredDocument},
    },
    Log, Room,
};

/// A document in memory, and what it was made of.
pub(super) struct Opening {
    pub replica: Replica,
    pub stored: StoredDocument,
    /// Something could not be read: what is there is shown, nothing is taken.
    pub damaged: bool,
}

/// Builds the document from what was loaded.
pub(super) async fn read(
    name: DocumentName,
    store: &dyn DocStore,
    stored: StoredDocument,
) -> Result<Opening, RoomError> {
    let damage = match Replica::load(name, &stored) {
        Ok((replica, bad)) => return without_bad_rows(name, store, stored, replica, bad).await,
        Err(damage) => damage,
    };
    tracing::error!(document = %name, error = %damage, "looking for the snapshot before it");
    let previous = store.load_previous(name).await?.ok_or(RoomError::Damaged)?;
    let Ok((replica, bad)) = Replica::load(name, &previous) else {
        // Both stay where they are, for somebody to look at.
        tracing::error!(document = %name, "the snapshot before it is damaged, too");
        return Err(RoomError::Damaged);
    };
    let edition = Edition { document: name, generation: previous.generation };
    store.quarantine_snapshot(edition, damage.to_string()).await?;
    metrics::counter!("openflow_snapshots_quarantined_total").increment(1);
    let opening = without_bad_rows(name, store, previous, replica, bad).await?;
    Ok(Opening { damaged: true, ..opening })
}

async fn without_bad_rows(
    name: DocumentName,
    store: &dyn DocStore,
    stored: StoredDocument,
    replica: Replica,
    bad: Vec<BadRow>,
) -> Result<Opening, RoomError> {
    let edition = Edition { document: name, generation: stored.generation };
    for BadRow { index, reason } in &bad {
        let row = &stored.log[*index];
        tracing::error!(document = %name, server = %row.server, seq = row.seq, reason, "set a row aside");
        metrics::counter!("openflow_rows_quarantined_total").increment(1);
        store.quarantine(edition, row.clone(), reason.clone()).await?;
    }
    let damaged = stored.quarantined || !bad.is_empty();
    Ok(Opening { replica, stored, damaged })
}

impl Room {
    /// Brings a graph that was made with earlier nodes up to date: an edit like any other, before anybody is let in. One
    /// task owns the document, and two servers that do it at once write the same.
    pub(super) fn migrate(&mut self) {
        let migration = match self.replica.view() {
            View::Graph(graph) => Migration::of(&graph.project().0, engine::catalog()),
            View::Outputs(_) => return,
        };
        if migration.is_empty() || self.damaged {
            return;
        }
        tracing::info!(document = %self.name, nodes = migration.nodes.len(), "brought up to date");
        let edit = move |view: &View| match view {
            View::Graph(graph) => graph.edit(Origin::Server, |edit| edit.migrate(&migration, engine::catalog())),
            View::Outputs(_) => unreachable!("looked at just now"),
        };
        // Nobody waits for it: whoever comes in sees it, and it is written like what they write.
        let (committed, _) = oneshot::channel();
        self.edit(Box::new(edit), committed);
    }

    /// Throws the replica away and builds it anew from what is committed, after an update that broke it.
    pub(super) async fn reload(&mut self) {
        // yrs may hold the broken document's lock for ever; nothing may look at it again.
        self.replica = Replica::new(self.name);
        self.flush(Instant::now());
        while !self.awaiting.is_empty() && !self.has_ended() {
            self.progress.changed().await.expect("the room holds the sender itself");
            self.settle().await;
        }
        if !self.has_ended() {
            self.open_again().await;
        }
    }

    /// Goes on with what is stored. Everything must be written.
    pub(super) async fn open_again(&mut self) {
        let loaded = self.store.load(self.name).await.map_err(RoomError::from);
        let opened = match loaded {
            Ok(stored) => read(self.name, &*self.store, stored).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(opening) => self.adopt(opening),
            Err(error) => {
                tracing::error!(document = %self.name, error = %anyhow::Error::from(error), "could not reload");
                self.end(CloseCode::Internal);
            }
        }
    }

    fn adopt(&mut self, opening: Opening) {
        let Opening { mut replica, stored, damaged } = opening;
        self.size = Size::measured(replica.full().len());
        self.replica = replica;
        self.greeting = Default::default();
        self.generation = stored.generation;
        self.damaged = damaged;
        self.owners = Owners::new(&stored.owners);
        // What is looked for would belong to what was there before.
        self.look_anew();
        self.log = Log::of(&stored, self.server);
        // Another generation counts from the beginning: what was committed of the last says nothing about it.
        let progress = Progress { committed: self.log.committed, ..Progress::default() };
        (self.progress_sender, self.progress) = watch::channel(progress);
    }
}
