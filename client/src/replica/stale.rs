//! What follows from the graph as a whole: which results are out of date, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    check::{self, Checked, Problem},
    document::GraphDocument,
    effective::effective,
    graph::Graph,
    id::NodeId,
    merkle::node_keys,
    node::Catalog,
    outputs::NodeOutput,
};

pub struct Derived {
    graph: Graph,
    keys: BTreeMap<NodeId, String>,
    pub problems: Vec<Problem>,
}

/// Several passes over the whole graph, so it is called when edits pause, not for each; and it pauses between them, so
/// that no frame waits for more than one.
pub async fn derive(document: &GraphDocument, catalog: &Catalog, mut pause: impl AsyncFnMut()) -> Derived {
    let (graph, mut problems) = document.project_in_parts(&mut pause).await;
    let effective = effective(&graph, catalog);
    let mut found = Vec::new();
    for part in check::PARTS {
        pause().await;
        part(Checked { graph: &graph, effective: &effective, catalog }, &mut found);
    }
    check::sort(&mut found);
    problems.extend(found);
    pause().await;
    let keys = node_keys(&effective, catalog);
    pause().await;
    drop(effective);
    Derived { graph, keys, problems }
}

impl Derived {
    /// Whose result was made from another graph.
    pub fn stale<'o>(&self, outputs: impl IntoIterator<Item = (&'o NodeId, &'o NodeOutput)>) -> BTreeSet<NodeId> {
        let is_pinned = |id: &NodeId| self.graph.nodes.get(id).is_some_and(|node| node.pin.is_some());
        // A node without a key takes no part in runs (muted, bypassed): its result is not out of date, it is out of use.
        let differs = |id: &NodeId, output: &NodeOutput| self.keys.get(id).is_some_and(|key| *key != output.key);
        let stale = outputs.into_iter().filter(|(id, output)| {
            // A pinned node yields what it was told to.
            !output.values.is_empty() && !is_pinned(id) && differs(id, output)
        });
        stale.map(|(id, _)| id.clone()).collect()
    }
}
