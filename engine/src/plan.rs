//! Plans: what a run will execute, checked and in order.
//!
//! A plan is made from a frozen graph and does not change any more. It holds what the targets need and nothing else;
//! bypassed and muted nodes are gone from it (see [`shared::effective`]), the run's inputs stand in its parameters.
//! Called by [`crate::Engine::prepare`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use petgraph::{
    Direction,
    algo::toposort,
    graph::{DiGraph, NodeIndex},
    visit::{Dfs, Reversed},
};
use serde_json::Value as Json;
use shared::{
    check::{Place, Problem, ProblemCode, Severity, check},
    effective::effective,
    graph::{Graph, Params},
    id::NodeId,
    merkle::{graph_hash, node_keys},
    node::{NodeRole, NodeSpec},
};

use crate::{NodeKind, catalog};

/// Something that is about to be executed.
pub struct Plan {
    /// Names this plan: two runs with equal hashes would do the same.
    pub(crate) graph_hash: String,
    /// Every node stands behind those it needs.
    pub(crate) nodes: Vec<PlannedNode>,
    /// The workflow's named outputs: which node makes each.
    pub(crate) outputs: BTreeMap<String, usize>,
}

/// One node of a plan. Others are meant by their position in [`Plan::nodes`].
pub(crate) struct PlannedNode {
    pub id: NodeId,
    pub kind: &'static NodeKind,
    pub params: Params,
    /// In the order of edge ids, which is the order of lists.
    pub wires: Vec<PlannedWire>,
    /// Which nodes wait for this one, each once.
    pub dependants: Vec<usize>,
    /// For how many nodes this one waits.
    pub waits_for: usize,
    /// See [`shared::merkle::node_keys`].
    pub key: String,
}

pub(crate) struct PlannedWire {
    pub input: String,
    pub from: usize,
    pub output: String,
}

/// Why a graph cannot be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A target is not there.
    #[error("there is no node `{node}`")]
    UnknownTarget { node: NodeId },
    /// A target, or something it needs, was muted.
    #[error("node `{node}` is muted, bypassed, or depends on a muted node: there is nothing to run")]
    LeftOut { node: NodeId },
    /// The workflow has no input of this name.
    #[error("the workflow has no input `{name}`{}", known_inputs(.known))]
    UnknownInput { name: String, known: Vec<String> },
    /// Nothing is left to execute.
    #[error("there is nothing to run")]
    Empty,
    /// The graph is wrong in these places.
    #[error("the workflow cannot run:{}", listed(.0))]
    Problems(Vec<Problem>),
}

fn known_inputs(known: &[String]) -> String {
    match known {
        [] => ": it has none".to_owned(),
        known => format!(": it has `{}`", known.join("`, `")),
    }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let _ = write!(text, "\n{problem}");
        text
    })
}

impl PlanError {
    /// The places to look at, where the graph itself is at fault.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Problems(problems) => problems,
            Self::UnknownTarget { .. } | Self::LeftOut { .. } | Self::UnknownInput { .. } | Self::Empty => &[],
        }
    }
}

impl Plan {
    /// Checks and orders what `targets` need of `graph` (no targets: everything). `inputs` are the run's values for the
    /// workflow's named inputs.
    pub fn new(graph: &Graph, targets: &[NodeId], inputs: &BTreeMap<String, Json>) -> Result<Self, PlanError> {
        let mut graph = restrict(effective(graph, catalog()), graph, targets)?;
        set_inputs(&mut graph, inputs)?;
        let mut problems = check(&graph, catalog());
        // Opening a workflow with unknown nodes is fine, running them is not.
        for (id, node) in graph.nodes.iter().filter(|(_, node)| catalog().get(&node.node_type).is_none()) {
            let message = format!("no node of type `{}` is known here", node.node_type);
            problems.push(Problem::error(Place::node(id), ProblemCode::UnknownType, message));
        }
        problems.retain(|problem| problem.severity == Severity::Error);
        if !problems.is_empty() {
            return Err(PlanError::Problems(problems));
        }
        Ok(order(&graph, targets))
    }

    /// Names this plan: two runs with equal hashes would do the same.
    pub fn graph_hash(&self) -> &str {
        &self.graph_hash
    }

    /// The workflow's named outputs, and which node makes each.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &NodeId)> {
        self.outputs.iter().map(|(name, &at)| (name.as_str(), &self.nodes[at].id))
    }

    /// What will be executed, in order, each with its Merkle key.
    pub fn keys(&self) -> impl Iterator<Item = (&NodeId, &str)> {
        self.nodes.iter().map(|node| (&node.id, node.key.as_str()))
    }
}

/// What `targets` need of the effective graph.
fn restrict(mut graph: Graph, whole: &Graph, targets: &[NodeId]) -> Result<Graph, PlanError> {
    for target in targets {
        if !whole.nodes.contains_key(target) {
            return Err(PlanError::UnknownTarget { node: target.clone() });
        }
        if !graph.nodes.contains_key(target) {
            return Err(PlanError::LeftOut { node: target.clone() });
        }
    }
    if graph.nodes.is_empty() {
        return Err(PlanError::Empty);
    }
    if targets.is_empty() {
        return Ok(graph);
    }
    let (wires, index) = wires_of(&graph);
    let mut needed: BTreeSet<NodeId> = BTreeSet::new();
    let mut search = Dfs::empty(Reversed(&wires));
    for target in targets {
        search.move_to(index[target]);
        while let Some(n) = search.next(Reversed(&wires)) {
            needed.insert(wires[n].clone());
        }
    }
    graph.nodes.retain(|id, _| needed.contains(id));
    graph.edges.retain(|_, edge| needed.contains(&edge.from) && needed.contains(&edge.to));
    Ok(graph)
}

fn wires_of(graph: &Graph) -> (DiGraph<NodeId, ()>, BTreeMap<NodeId, NodeIndex>) {
    let mut wires = DiGraph::with_capacity(graph.nodes.len(), graph.edges.len());
    let index: BTreeMap<NodeId, NodeIndex> =
        graph.nodes.keys().map(|id| (id.clone(), wires.add_node(id.clone()))).collect();
    for edge in graph.edges.values() {
        // A node that takes two values from one other waits for it once.
        wires.update_edge(index[&edge.from], index[&edge.to], ());
    }
    (wires, index)
}

/// The public name of a workflow's input or output. An empty one means that it is nobody's business outside.
fn public_name<'g>(spec: &'g NodeSpec, params: &'g Params) -> Option<&'g str> {
    let name = params.get("name").or_else(|| spec.param("name").map(|param| &param.default))?.as_str()?;
    (!name.is_empty()).then_some(name)
}

fn set_inputs(graph: &mut Graph, inputs: &BTreeMap<String, Json>) -> Result<(), PlanError> {
    if inputs.is_empty() {
        return Ok(());
    }
    let mut known: BTreeMap<String, NodeId> = BTreeMap::new();
    for (id, node) in &graph.nodes {
        let spec = catalog().get(&node.node_type).filter(|spec| spec.role == NodeRole::Input);
        if let Some(name) = spec.and_then(|spec| public_name(spec, &node.params)) {
            known.insert(name.to_owned(), id.clone());
        }
    }
    for (name, value) in inputs {
        let Some(id) = known.get(name) else {
            return Err(PlanError::UnknownInput { name: name.clone(), known: known.into_keys().collect() });
        };
        let node = graph.nodes.get_mut(id).expect("found in this graph just now");
        node.params.insert("value".to_owned(), value.clone());
    }
    Ok(())
}

/// The graph was checked: it has no circle, and every type is known.
fn order(graph: &Graph, targets: &[NodeId]) -> Plan {
    let (wires, _) = wires_of(graph);
    let order = toposort(&wires, None).expect("the check refuses circles");
    let place: BTreeMap<&NodeId, usize> = order.iter().enumerate().map(|(at, n)| (&wires[*n], at)).collect();
    let mut incoming: BTreeMap<&NodeId, Vec<PlannedWire>> = BTreeMap::new();
    for edge in graph.edges.values() {
        let wire = PlannedWire { input: edge.input.clone(), from: place[&edge.from], output: edge.output.clone() };
        incoming.entry(&edge.to).or_default().push(wire);
    }
    let mut keys = node_keys(graph, catalog());
    let mut outputs = BTreeMap::new();
    let nodes = order.iter().enumerate().map(|(at, &n)| {
        let id = &wires[n];
        let node = &graph.nodes[id];
        let kind = NodeKind::find(&node.node_type).expect("the check refuses unknown types");
        if kind.spec().role == NodeRole::Output
            && let Some(name) = public_name(kind.spec(), &node.params)
        {
            outputs.insert(name.to_owned(), at);
        }
        PlannedNode {
            id: id.clone(),
            kind,
            params: node.params.clone(),
            wires: incoming.remove(id).unwrap_or_default(),
            dependants: wires.neighbors(n).map(|dependant| place[&wires[dependant]]).collect(),
            waits_for: wires.neighbors_directed(n, Direction::Incoming).count(),
            key: keys.remove(id).expect("every node of a graph without circles has a key"),
        }
    });
    let nodes = nodes.collect();
    Plan { graph_hash: graph_hash(graph, targets), nodes, outputs }
}
