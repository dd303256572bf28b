//! The replica as its connection sees it: what comes in is queued for the next frame, what has to leave is handed out.
//!
//! Called by [`crate::sync`] alone.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use shared::{
    access::Role,
    error::ErrorCode,
    protocol::{CloseCode, DocumentName},
};
use yrs::{Doc, Transact, Update, updates::decoder::Decode};

use super::{
    Replica, Wake,
    refresh::write_changed,
    view::{CanvasViewStoreExt, Closed, SaveState},
};
use crate::{
    api::Api,
    dom::{self, SocketSender},
    presence::PersonChange,
    sync::{link::Action, outbox::REMOTE},
};

/// Between the server's refusal of an edit and our next try.
const RESYNC_MILLIS: u32 = 2_000;

impl Replica {
    /// Rings when [`Replica::departing`] may have something.
    pub fn outgoing(&self) -> &Wake {
        &self.inner.outgoing
    }

    /// A new socket is open.
    pub fn opened(&self, sender: SocketSender) -> Vec<Action> {
        self.inner.sender.replace(Some(sender));
        let mut actions: Vec<Action> = self.inner.link.borrow_mut().opened().into_iter().map(Action::Send).collect();
        actions.push(Action::Announce);
        actions
    }

    pub fn received(&self, frame: &[u8]) -> Vec<Action> {
        self.inner.link.borrow_mut().received(frame)
    }

    /// What has to leave now.
    pub fn departing(&self) -> Vec<Action> {
        let inner = &self.inner;
        let mut link = inner.link.borrow_mut();
        let mut frames = Vec::new();
        if inner.resync_due.take() {
            frames.push(link.resync());
        }
        frames.extend(link.flush());
        if inner.sender.borrow().is_some() {
            let mut people = inner.people.borrow_mut();
            frames.extend(people.due(dom::now_millis()).map(|update| link.presence(&update)));
            if people.waiting() {
                // Too soon after the last one: the next frame asks again.
                inner.frame.ring();
            }
        }
        frames.into_iter().map(Action::Send).collect()
    }

    /// An update from the server: shown at the next animation frame, together with whatever else arrives before it.
    pub fn queue(&self, document: DocumentName, update: Vec<u8>) {
        self.inner.inbound.borrow_mut().push((document, update));
        self.inner.frame.ring();
    }

    /// An awareness update from the server, shown at the next animation frame: twenty pointers move more often than that.
    pub fn heard(&self, update: &[u8]) {
        self.inner.inbound_presence.borrow_mut().push(update.to_vec());
        self.inner.frame.ring();
    }

    /// Our presence, whether it changed or not.
    pub fn announce(&self) -> Vec<u8> {
        let update = self.inner.people.borrow_mut().announce(dom::now_millis());
        self.inner.link.borrow().presence(&update)
    }

    /// The page or the workflow is being left: what has to leave leaves now, and what cannot is kept for the next visit.
    pub fn leave(&self) {
        if let Some(sender) = &*self.inner.sender.borrow() {
            let mut link = self.inner.link.borrow_mut();
            let edits = link.flush();
            let farewell = link.presence(&self.inner.people.borrow().farewell());
            for frame in edits.into_iter().chain([farewell]) {
                sender.send(&frame);
            }
        }
        self.keep_on_leaving();
    }

    /// What the close code of a socket means; `None`: try again.
    pub fn closed(&self, code: CloseCode) -> Option<Closed> {
        self.inner.link.borrow().closed(code)
    }

    pub fn disconnected(&self) {
        self.inner.sender.replace(None);
        self.inner.inbound_presence.take();
        self.inner.link.borrow_mut().lost();
        self.inner.kept.set_live(false);
        self.note_base();
        let gone = self.inner.people.borrow_mut().disconnected();
        self.show_people(gone);
        self.show_save_state();
    }

    /// Nothing opens this workflow here again.
    pub fn close(&self, closed: Closed) {
        if closed == Closed::Renewed {
            return self.begun_anew();
        }
        write_changed(self.inner.view.closed(), Some(closed));
    }

    pub fn role_changed(&self) {
        self.inner.role.ring();
    }

    pub fn refused(&self) {
        self.inner.resync.ring();
    }

    pub fn show_save_state(&self) {
        let link = self.inner.link.borrow();
        let unsaved = link.unsaved();
        let may_write = self.inner.view.role().peek().can_edit();
        let state = match (self.inner.sender.borrow().is_some() && link.live(), unsaved) {
            _ if link.read_only() || !may_write => SaveState::ReadOnly { unsaved },
            (true, 0) => SaveState::Saved,
            (true, unsaved) => SaveState::Saving { unsaved },
            (false, unsaved) => SaveState::Offline { unsaved },
        };
        write_changed(self.inner.view.save(), state);
        if unsaved > 0 || self.inner.kept.anything() {
            self.inner.keep.ring();
        }
    }

    /// Once per animation frame, and only when something asks for one.
    pub(super) async fn frames(&self) {
        loop {
            self.inner.frame.wait().await;
            dom::next_frame().await;
            self.apply_inbound();
            self.refresh_others();
            for update in self.inner.inbound_presence.take() {
                let changes = self.inner.people.borrow_mut().received(&update, dom::now_millis());
                self.show_people(changes);
            }
            let gone = self.inner.people.borrow_mut().expire(dom::now_millis());
            self.show_people(gone);
            self.inner.outgoing.ring();
        }
    }

    /// Asks what the person may do here, after the server said that it is something else than before.
    pub(super) async fn roles(&self) {
        loop {
            self.inner.role.wait().await;
            match Api.workflow(self.inner.workflow).await {
                Ok(workflow) => write_changed(self.inner.view.role(), workflow.role),
                Err(error) if error.code() == Some(ErrorCode::NotFound) => self.close(Closed::Revoked),
                // The socket already refuses edits; the screen follows with the next answer.
                Err(_) => {
                    if self.inner.link.borrow().read_only() {
                        write_changed(self.inner.view.role(), Role::Viewer);
                    }
                }
            }
            self.show_save_state();
        }
    }

    pub(super) async fn resyncs(&self) {
        loop {
            self.inner.resync.wait().await;
            TimeoutFuture::new(RESYNC_MILLIS).await;
            self.inner.resync_due.set(true);
            self.inner.outgoing.ring();
        }
    }

    fn apply_inbound(&self) {
        let inbound = self.inner.inbound.take();
        if inbound.is_empty() {
            return;
        }
        let graph = DocumentName::Graph(self.inner.workflow);
        let (graphs, outputs): (Vec<_>, Vec<_>) = inbound.into_iter().partition(|(document, _)| *document == graph);
        apply(self.inner.graph.doc(), graphs);
        apply(self.inner.outputs.doc(), outputs);
        if self.inner.link.borrow().live() {
            write_changed(self.inner.view.synced(), true);
            self.caught_up();
        }
        self.show_save_state();
    }

    fn show_people(&self, changes: Vec<PersonChange>) {
        let mut people = self.inner.view.people();
        for PersonChange { client, presence } in changes {
            let known = people.peek().contains_key(&client);
            match presence {
                Some(presence) if known => write_changed(people.get_unchecked(client), presence),
                Some(presence) => people.insert(client, presence),
                None if known => {
                    people.remove(&client);
                }
                None => {}
            }
        }
    }
}

/// All updates in one transaction, so that observers, and the screen, see them as one change.
fn apply(doc: &Doc, updates: Vec<(DocumentName, Vec<u8>)>) {
    if updates.is_empty() {
        return;
    }
    let mut txn = doc.transact_mut_with(REMOTE);
    for (_, update) in updates {
        // The server decodes strictly before it passes anything on. An update that fails here all the same is left
        // out; the next connection asks again for what is missing.
        if let Ok(update) = Update::decode_v1(&update) {
            let _ = txn.apply_update(update);
        }
    }
}
