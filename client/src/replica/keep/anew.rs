//! A document that was begun anew (close code 4409): what was not sent to the old generation is made again in the new.
//!
//! Nothing is given up before the server has it. The page that hears of it writes its unsent edits down and loads again.
//! The next page finds entries of another generation, takes each for itself alone, and makes the edits as a step that
//! can be undone; an entry goes when the server has acknowledged everything. A page that dies anywhere between leaves it
//! to the one after it, for which only what is still missing is new.

use wasm_bindgen_futures::spawn_local;

use crate::{
    dom::{self, Database, Shelf},
    replica::{
        Replica,
        refresh::write_changed,
        view::{CanvasViewStoreExt, Closed},
    },
};

impl Replica {
    /// The page is of another generation than the document: it keeps what is unsent and loads again.
    pub(in crate::replica) fn begun_anew(&self) {
        let replica = self.clone();
        spawn_local(async move {
            let kept = &replica.inner.kept;
            if replica.keep_unsaved().await
                && let Some(database) = kept.database()
            {
                kept.outdated.set(true);
                replica.forget_copy(database).await;
                return dom::reload();
            }
            write_changed(replica.inner.view.closed(), Some(Closed::Renewed));
        });
    }

    /// Makes the edits again that were meant for an earlier generation of the document.
    pub(super) async fn redo_in_this_generation(&self) {
        let inner = &self.inner;
        let Some(database) = inner.kept.database() else { return };
        if !self.may_write() {
            return;
        }
        let generation = inner.link.borrow().generation();
        for (key, entry) in self.entries(database).await {
            // Without a meaning it waits for `with_unsent`.
            let (false, Some(diff)) = (entry.meaning.is_of(generation), entry.meaning.diff) else { continue };
            let Some(key) = self.claimed(database, key).await else { continue };
            let (catalog, graph) = (self.catalog(), self.graph());
            let diff = diff.missing_in(&graph);
            if self.edit("changes made before", |edit| edit.apply_diff(&diff, &catalog)).is_some() {
                self.end_gesture();
                inner.kept.adopted.borrow_mut().insert(key);
            }
        }
        self.keep_unsaved().await;
    }

    /// The entry under a key that is this tab's alone; `None`: a page that is open beside this one was faster.
    async fn claimed(&self, database: &Database, key: String) -> Option<String> {
        let own = self.kept_key();
        if key.starts_with(&own) {
            return Some(key);
        }
        let claimed = format!("{own}/{}", key.rsplit('.').next().unwrap_or_default());
        database.claim(Shelf::Unsent, &key, &claimed).await.then_some(claimed)
    }
}
