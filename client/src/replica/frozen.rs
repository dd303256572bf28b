//! A workflow as it once was: the same view, filled once, that nobody writes and no server feeds.

use std::{collections::BTreeMap, rc::Rc};

use dioxus::prelude::*;
use shared::{
    access::Role,
    api::Workflow,
    document::Origin,
    graph::Graph,
    id::{NodeId, UserId},
    node::Catalog,
    outputs::NodeOutput,
};

use super::{
    Replica,
    view::{CanvasViewStoreExt, SaveState},
};

/// Shows `graph` and what came out of it to the components below.
pub fn use_frozen_provider(
    workflow: &Workflow,
    person: UserId,
    catalog: &Rc<Catalog>,
    graph: &Graph,
    outputs: BTreeMap<NodeId, NodeOutput>,
) -> Replica {
    use_context_provider(|| {
        // Whatever they may do elsewhere, what was cannot be changed.
        let workflow = Workflow { role: Role::Viewer, ..workflow.clone() };
        let replica = Replica::open(&workflow, person, catalog.clone());
        replica.inner.graph.edit(Origin::Import, |edit| edit.restore(graph, catalog));
        replica.refresh();
        let view = replica.view();
        view.outputs().set(outputs);
        view.save().set(SaveState::ReadOnly { unsaved: 0 });
        view.synced().set(true);
        replica
    })
}
