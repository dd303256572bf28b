//! What follows from the graph as a whole: which results are out of date, and what is wrong with it.

use std::collections::BTreeSet;

use shared::{
    check::{self, Problem},
    document::GraphDocument,
    effective::effective,
    id::NodeId,
    merkle::node_keys,
    node::Catalog,
    outputs::NodeOutput,
};

/// Costs a pass over the whole graph, so it is called when edits pause, not for each.
pub fn derive<'o>(
    document: &GraphDocument,
    outputs: impl IntoIterator<Item = (&'o NodeId, &'o NodeOutput)>,
    catalog: &Catalog,
) -> (BTreeSet<NodeId>, Vec<Problem>) {
    let (graph, mut problems) = document.project();
    problems.extend(check::check(&graph, catalog));
    let keys = node_keys(&effective(&graph, catalog), catalog);
    // A node without a key takes no part in runs (muted, bypassed): its result is not out of date, it is out of use.
    let stale = outputs
        .into_iter()
        // A pinned node yields what it was told to.
        .filter(|(id, _)| graph.nodes.get(*id).is_none_or(|node| node.pin.is_none()))
        .filter(|(id, output)| !output.values.is_empty() && keys.get(*id).is_some_and(|key| *key != output.key))
        .map(|(id, _)| id.clone())
        .collect();
    (stale, problems)
}
