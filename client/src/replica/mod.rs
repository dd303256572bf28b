//! The replica: this tab's copy of a workflow's two documents, and the store that the screen is drawn from.
//!
//! Everything the person does to a workflow goes through [`Replica::edit`]; everything others do arrives through
//! [`crate::sync`], at most once per animation frame. Both end in the same place: observers note what changed, and the
//! refresh writes just that into the view. In context below the workflow page: [`use_replica`].

mod carets;
pub mod changes;
mod connection;
mod derivations;
mod frozen;
mod history;
mod keep;
mod others;
mod prompt;
mod refresh;
mod splice;
mod stale;
mod text;
pub mod view;
mod wake;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use dioxus::prelude::*;
use shared::{
    api::Workflow,
    document::{Edit, EditError, GraphDocument, Origin, OutputsDocument, new_doc},
    graph::{EdgeId, Graph},
    id::{NodeId, UserId, WorkflowId, WorkspaceId},
    node::Catalog,
    presence::Presence,
    protocol::DocumentName,
};

pub use frozen::use_frozen_provider;
pub use prompt::PromptArea;
pub use text::TextWatch;
pub use wake::Wake;

use self::{
    changes::{Collected, GraphChanges, OutputChanges, observe_graph, observe_outputs},
    history::{Direction, History},
    others::Others,
    splice::Splice,
    text::Texts,
    view::{CanvasView, CanvasViewStoreExt},
};
use crate::{
    dom::{self, SocketSender},
    presence::People,
    sync::{link::Link, outbox::Outbox},
};

/// Nodes and wires that came, changed or went.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    pub nodes: BTreeSet<NodeId>,
    pub edges: BTreeSet<EdgeId>,
}

/// A handle: cloning shares the replica.
#[derive(Clone)]
pub struct Replica {
    inner: Rc<Inner>,
}

struct Inner {
    workflow: WorkflowId,
    workspace: WorkspaceId,
    person: UserId,
    catalog: Rc<Catalog>,
    graph: GraphDocument,
    outputs: OutputsDocument,
    view: Store<CanvasView>,
    graph_changes: Collected<GraphChanges>,
    output_changes: Collected<OutputChanges>,
    history: RefCell<History>,
    texts: Rc<Texts>,
    others: RefCell<Others>,
    link: RefCell<Link>,
    people: RefCell<People>,
    /// Updates from the server that wait for the next animation frame.
    inbound: RefCell<Vec<(DocumentName, Vec<u8>)>>,
    /// Awareness updates, likewise.
    inbound_presence: RefCell<Vec<Vec<u8>>>,
    /// Nodes and wires that changed in the view since somebody asked.
    changed: RefCell<Touched>,
    /// `None` without a connection.
    sender: RefCell<Option<SocketSender>>,
    /// Something is to be done at the next animation frame.
    frame: Wake,
    /// Something may have to leave through the socket.
    outgoing: Wake,
    derive: Wake,
    role: Wake,
    /// The server refused an edit, and is to be asked again what it lacks.
    resync: Wake,
    resync_due: Cell<bool>,
    /// Unsaved edits may have to be kept, or need no keeping any more.
    keep: Wake,
    /// What is kept in the browser.
    kept: keep::Kept,
}

impl PartialEq for Replica {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

/// Opens a workflow for the components below and keeps it in sync until the calling one goes.
pub fn use_replica_provider(workflow: &Workflow, person: UserId, catalog: &Rc<Catalog>) -> Replica {
    let replica = use_context_provider(|| Replica::open(workflow, person, catalog.clone()));
    use_future({
        let replica = replica.clone();
        move || replica.clone().run()
    });
    use_hook(|| Rc::new(keep::watch_page(&replica)));
    use_drop({
        let replica = replica.clone();
        move || replica.leave()
    });
    replica
}

/// The open workflow, anywhere below its page.
pub fn use_replica() -> Replica {
    use_context()
}

impl Replica {
    /// Empty until the server's state has arrived. To be called inside a component: the view belongs to its scope.
    fn open(workflow: &Workflow, person: UserId, catalog: Rc<Catalog>) -> Self {
        let graph = GraphDocument::new(new_doc(None));
        let outputs = OutputsDocument::new(new_doc(None));
        let outbox = Outbox::observe(graph.doc());
        let link = Link::new(
            (DocumentName::Graph(workflow.id), graph.doc().clone()),
            (DocumentName::Outputs(workflow.id), outputs.doc().clone()),
            outbox,
        );
        let inner = Inner {
            workflow: workflow.id,
            workspace: workflow.workspace,
            person,
            catalog,
            view: Store::new(CanvasView::new(workflow.role)),
            graph_changes: observe_graph(&graph),
            output_changes: observe_outputs(outputs.doc()),
            history: RefCell::new(History::new(&graph, dom::now_millis)),
            texts: Rc::default(),
            others: RefCell::default(),
            link: RefCell::new(link),
            people: RefCell::new(People::new(graph.doc().client_id().get())),
            inbound: RefCell::default(),
            inbound_presence: RefCell::default(),
            changed: RefCell::default(),
            sender: RefCell::default(),
            frame: Wake::default(),
            outgoing: Wake::default(),
            derive: Wake::default(),
            role: Wake::default(),
            resync: Wake::default(),
            resync_due: Cell::new(false),
            keep: Wake::default(),
            kept: keep::Kept::default(),
            graph,
            outputs,
        };
        Self { inner: Rc::new(inner) }
    }

    pub fn view(&self) -> Store<CanvasView> {
        self.inner.view
    }

    pub fn workflow(&self) -> WorkflowId {
        self.inner.workflow
    }

    /// The whole graph as plain data.
    pub fn graph(&self) -> Graph {
        self.inner.graph.project().0
    }

    /// Where uploads for this workflow go.
    pub fn workspace(&self) -> WorkspaceId {
        self.inner.workspace
    }

    pub fn catalog(&self) -> Rc<Catalog> {
        self.inner.catalog.clone()
    }

    /// This tab's Yjs client id, by which the others' views know it.
    pub fn client_id(&self) -> u64 {
        self.inner.graph.doc().client_id().get()
    }

    /// Whether the person may change the graph, as of now.
    pub fn writable(&self) -> bool {
        let view = self.inner.view;
        view.role().cloned().can_edit() && view.synced().cloned() && view.closed().read().is_none()
    }

    /// The same without subscribing: an edit made in an effect must not make the effect depend on the view.
    fn may_write(&self) -> bool {
        let view = self.inner.view;
        view.role().peek().can_edit() && *view.synced().peek() && view.closed().peek().is_none()
    }

    /// Changes the graph in one transaction: the view shows it when this returns, the others within a frame or two.
    ///
    /// `label` names the step in the undo menu ("move 3 nodes"); edits of one label that follow each other at once are
    /// one step. `None`: the person may not write here (any more), and nothing was changed.
    pub fn edit<R>(&self, label: &str, f: impl FnOnce(&mut Edit<'_>) -> R) -> Option<R> {
        if !self.may_write() {
            return None;
        }
        self.inner.history.borrow_mut().before_edit(label);
        let result = self.inner.graph.edit(Origin::Ui, f);
        self.inner.history.borrow_mut().after_edit();
        self.after_local_change();
        Some(result)
    }

    /// Replaces `delete` UTF-16 units at `at` of a prompt by `insert`. A text field uses `use_prompt` instead.
    pub fn edit_text(&self, node: &NodeId, param: &str, at: u32, delete: u32, insert: &str) -> Result<(), EditError> {
        let label = "type";
        self.edit(label, |edit| edit.edit_text(node, param, at, delete, insert)).unwrap_or(Ok(()))
    }

    /// Tells how a prompt changes, whoever changes it. See [`Texts::watch`].
    pub fn observe_text(&self, node: &NodeId, param: &str, callback: impl Fn(&[Splice]) + 'static) -> TextWatch {
        self.inner.texts.watch(node.clone(), param.into(), callback)
    }

    /// Takes back the person's own latest step; answers with its label.
    pub fn undo(&self) -> Option<String> {
        self.step(Direction::Undo)
    }

    pub fn redo(&self) -> Option<String> {
        self.step(Direction::Redo)
    }

    /// To be called when a gesture ends, so that the next one is an undo step of its own.
    pub fn end_gesture(&self) {
        self.inner.history.borrow_mut().end_step();
    }

    /// Tells the others what this person does; sent at most 30 times a second.
    pub fn set_presence(&self, f: impl FnOnce(&mut Presence)) {
        let mut people = self.inner.people.borrow_mut();
        people.change_own(f);
        if people.waiting() {
            self.inner.outgoing.ring();
        }
    }

    fn step(&self, direction: Direction) -> Option<String> {
        if !self.may_write() {
            return None;
        }
        let label = self.inner.history.borrow_mut().step(direction);
        self.after_local_change();
        label
    }

    fn after_local_change(&self) {
        self.refresh();
        self.show_save_state();
        self.inner.kept.copy.ring();
        self.inner.frame.ring();
    }

    /// Brings the view up to date with what others did, and notes which nodes they did it to.
    fn refresh_others(&self) {
        self.inner.others.borrow_mut().did(&self.inner.graph_changes.lock(), dom::now_millis());
        self.refresh();
    }

    /// Whether somebody else has changed this node within so many milliseconds.
    pub fn touched_within(&self, node: &NodeId, millis: u64) -> bool {
        self.inner.others.borrow().node(node, dom::now_millis()).is_some_and(|ago| ago <= millis)
    }

    /// The same of a wire.
    pub fn rewired_within(&self, edge: &EdgeId, millis: u64) -> bool {
        self.inner.others.borrow().edge(edge, dom::now_millis()).is_some_and(|ago| ago <= millis)
    }

    /// Brings the view up to date with the documents.
    fn refresh(&self) {
        let inner = &self.inner;
        let changes = inner.graph_changes.take();
        if !changes.is_empty() {
            refresh::refresh_graph(inner.view, &inner.graph, &changes);
            self.touch(&changes.nodes, &changes.edges);
            inner.texts.changed(&changes.nodes, &changes.texts);
            if changes.meaning {
                inner.derive.ring();
            }
        }
        let changes = inner.output_changes.take();
        if !changes.nodes.is_empty() || !changes.runs.is_empty() {
            refresh::refresh_outputs(inner.view, &inner.outputs, &changes);
            inner.derive.ring();
        }
        let history = inner.history.borrow();
        refresh::write_changed(inner.view.undo_label(), history.undo_label().map(str::to_owned));
        refresh::write_changed(inner.view.redo_label(), history.redo_label().map(str::to_owned));
    }

    /// Notes what changed in the view, for whoever follows places.
    fn touch(&self, nodes: &BTreeSet<NodeId>, edges: &BTreeSet<EdgeId>) {
        if nodes.is_empty() && edges.is_empty() {
            return;
        }
        self.note_touched(nodes, edges);
        let mut generation = self.inner.view.generation();
        let next = generation.peek().wrapping_add(1);
        generation.set(next);
    }

    /// The same without telling: it is soon enough with the next change.
    pub fn note_touched(&self, nodes: &BTreeSet<NodeId>, edges: &BTreeSet<EdgeId>) {
        let mut touched = self.inner.changed.borrow_mut();
        touched.nodes.extend(nodes.iter().cloned());
        touched.edges.extend(edges.iter().cloned());
    }

    /// Nodes and wires that came, changed or went since the last call. For one reader.
    pub fn take_touched(&self) -> Touched {
        self.inner.changed.take()
    }

    async fn run(self) {
        let network = crate::sync::run(self.clone());
        self.open_kept().await;
        futures_util::join!(
            self.frames(),
            self.derivations(),
            self.roles(),
            self.resyncs(),
            self.keeping(),
            self.copying(),
            network
        );
    }
}

#[cfg(test)]
mod tests;
