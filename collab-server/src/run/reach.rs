//! Which nodes a request means: a selection, up to here, from here.

use std::collections::BTreeSet;

use engine::{PlanError, catalog};
use shared::{effective::effective, graph::Graph, id::NodeId};

/// The targets of a run. A run executes its targets and what they need, so a selection and *up to here* are targets as
/// they stand; *from here* adds everything that depends on a node. Nodes behind it that are muted or bypassed are left
/// out, as in any run.
pub fn targets(graph: &Graph, mut targets: Vec<NodeId>, from: &[NodeId]) -> Result<Vec<NodeId>, PlanError> {
    if from.is_empty() {
        return Ok(targets);
    }
    if let Some(node) = from.iter().find(|node| !graph.nodes.contains_key(*node)) {
        return Err(PlanError::UnknownTarget { node: node.clone() });
    }
    let live = effective(graph, catalog());
    let mut reached: BTreeSet<NodeId> = targets.iter().cloned().collect();
    let mut queue: Vec<NodeId> = from.to_vec();
    while let Some(node) = queue.pop() {
        if reached.insert(node.clone()) {
            targets.push(node.clone());
            queue.extend(live.edges.values().filter(|edge| edge.from == node).map(|edge| edge.to.clone()));
        }
    }
    targets.sort();
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use shared::graph::{Edge, Mode, Node};

    use super::*;

    fn id(text: &str) -> NodeId {
        text.parse().unwrap()
    }

    /// `a -> b -> c`, and `d` for itself.
    fn chain() -> Graph {
        let mut graph = Graph::default();
        for node in ["a", "b", "c", "d"] {
            graph.nodes.insert(id(node), Node::new("text.join"));
        }
        for (from, to) in [("a", "b"), ("b", "c")] {
            let edge = Edge { from: id(from), output: "text".into(), to: id(to), input: "texts".into() };
            graph.edges.insert(format!("{to}:texts:x").parse().unwrap(), edge);
        }
        graph
    }

    #[test]
    fn from_here_is_everything_that_depends_on_it() {
        assert_eq!(targets(&chain(), vec![], &[id("b")]).unwrap(), [id("b"), id("c")]);
        assert_eq!(targets(&chain(), vec![id("d")], &[id("c")]).unwrap(), [id("c"), id("d")]);
        assert_eq!(targets(&chain(), vec![id("b")], &[]).unwrap(), [id("b")]);
    }

    #[test]
    fn a_muted_node_ends_what_is_reached() {
        let mut graph = chain();
        graph.nodes.get_mut(&id("c")).unwrap().mode = Mode::Mute;
        assert_eq!(targets(&graph, vec![], &[id("a")]).unwrap(), [id("a"), id("b")]);
        let unknown = targets(&graph, vec![], &[id("x")]).unwrap_err();
        assert_eq!(unknown, PlanError::UnknownTarget { node: id("x") });
    }
}
