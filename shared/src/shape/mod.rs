//! Where lists are opened: what each node is run over, and in which form each wire delivers.
//!
//! A wire from a list into an input that takes single values runs the node once for each item. The items' *axis* is
//! named after the output that made the list; what comes out of a mapped node lies on the same axis, at the same places.
//! So two values that stem from the same list meet again item by item, whatever failed or was filtered out between.
//! Axes form a tree (a list that is made for each item of another has that one's axis above it). The inputs of one node
//! must lie on one path of that tree; anything else would be a guess, and is a problem instead.
//!
//! Pure and static: nothing here knows a value. The engine runs by it, the check shows what it says.

mod walk;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{
    graph::{EdgeId, Graph},
    id::NodeId,
    node::{Catalog, Lists},
    value::ValueType,
};

/// A level of mapping: the list that is gone through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The node whose output is the list.
    pub node: NodeId,
    /// The output; for aligned outputs the first of them.
    pub output: String,
    /// The axis that node itself is run over, as an index into [`Shapes::axes`].
    pub parent: Option<usize>,
    /// How many axes there are from the top down to this one.
    pub depth: usize,
}

/// In which form a wire brings what stands at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// As it is: one value for each execution.
    Direct,
    /// A list, item by item: one more level of mapping.
    Each,
    /// All values of the innermost level as one list.
    Collected,
}

/// What a wire delivers and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wired {
    /// Usually the wire's own beginning; behind a node that only collects, what was collected there.
    pub from: NodeId,
    pub output: String,
    pub delivery: Delivery,
}

/// The inputs of a node lie on axes that have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrelated {
    pub node: NodeId,
    pub inputs: [String; 2],
}

/// See the module's text. Nodes in or behind circles have no shape.
#[derive(Debug, Default)]
pub struct Shapes {
    /// Every axis stands behind its parent.
    pub axes: Vec<Axis>,
    /// The innermost axis of each node that is run more than once.
    over: BTreeMap<NodeId, usize>,
    wires: BTreeMap<EdgeId, Wired>,
    /// Of outputs whose type follows from what arrives.
    types: BTreeMap<(NodeId, String), ValueType>,
    pub unrelated: Vec<Unrelated>,
    /// Wires that look right by the ports alone, but bring something else: what passes through has its own type.
    pub mismatched: Vec<(EdgeId, ValueType)>,
}

/// Goes through the graph from its beginnings.
pub fn shapes(effective: &Graph, catalog: &Catalog) -> Shapes {
    walk::walk(effective, catalog)
}

impl Shapes {
    /// The innermost axis the node is run over; `None`: it is run once.
    pub fn axis(&self, node: &NodeId) -> Option<usize> {
        self.over.get(node).copied()
    }

    /// How many levels of lists the node is run over.
    pub fn depth(&self, node: &NodeId) -> usize {
        self.depth_of(self.axis(node))
    }

    pub(crate) fn depth_of(&self, axis: Option<usize>) -> usize {
        axis.map_or(0, |axis| self.axes[axis].depth)
    }

    /// All axes of the node, outermost first.
    pub fn path(&self, node: &NodeId) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(self.axis(node), |&axis| self.axes[axis].parent).collect();
        path.reverse();
        path
    }

    /// How the wire delivers. Wires that are not in the effective graph have no entry.
    pub fn wire(&self, edge: &EdgeId) -> Option<&Wired> {
        self.wires.get(edge)
    }

    /// The type of an output, where it follows from what arrives at the node.
    pub fn output_type(&self, node: &NodeId, output: &str) -> Option<ValueType> {
        self.types.get(&(node.clone(), output.to_owned())).cloned()
    }
}

/// In which form a value of type `from` reaches an input, if it can. `mapped`: its node is run more than once.
pub fn delivery(lists: Lists, input: &ValueType, from: &ValueType, mapped: bool) -> Option<Delivery> {
    use Delivery::{Collected, Direct, Each};
    match lists {
        Lists::Collect if mapped => input.takes(from).then_some(Collected),
        Lists::Collect | Lists::Paired if from.is_list() => input.accepts(from).then_some(Direct),
        Lists::Each if from.is_list() => input.accepts(from.item()).then_some(Each),
        // Items that come one by one, where a list is wanted.
        _ if mapped && input.is_list() && !from.is_list() => input.accepts(from).then_some(Collected),
        _ if input.accepts(from) => Some(Direct),
        _ => (from.is_list() && input.accepts(from.item())).then_some(Each),
    }
}
