//! Plans: what a run will execute, checked and in order.
//!
//! A plan is made from a frozen graph and does not change any more. It holds what the targets need and nothing else;
//! bypassed and muted nodes are gone from it (see [`shared::effective`]), the run's inputs stand in its parameters, and
//! where lists are gone through is settled (see [`shared::shape`]).
//! Called by [`crate::Engine::prepare`].

mod inner;
mod order;
mod restrict;
mod tool;

use std::{borrow::Cow, collections::BTreeMap, fmt::Write, sync::Arc, time::Duration};

use serde_json::Value as Json;
use shared::{
    check::{Place, Problem, ProblemCode, Severity, check},
    effective::effective,
    graph::{Graph, Params, Pin},
    id::NodeId,
    migrate::migrate,
    node::{NodeRole, NodeSpec, public_name},
    shape::Delivery,
};

pub use inner::{Library, NoWorkflows, WorkflowSource, WorkflowSourceError, resolve};
pub(crate) use tool::{PlannedTool, ToolWork};

use crate::{NodeKind, catalog};

/// Something that is about to be executed.
pub struct Plan {
    /// Names this plan: two runs with equal hashes would do the same.
    pub(crate) graph_hash: String,
    /// Every node stands behind those it needs.
    pub(crate) nodes: Vec<PlannedNode>,
    /// The workflow's named inputs: which node takes each.
    pub(crate) inputs: BTreeMap<String, usize>,
    /// The workflow's named outputs: which node makes each.
    pub(crate) outputs: BTreeMap<String, usize>,
}

/// One node of a plan. Others are meant by their position in [`Plan::nodes`].
pub(crate) struct PlannedNode {
    pub id: NodeId,
    pub kind: &'static NodeKind,
    /// With the ports that follow from its parameters.
    pub spec: Cow<'static, NodeSpec>,
    pub params: Params,
    /// In the order of edge ids, which is the order of lists.
    pub wires: Vec<PlannedWire>,
    /// The lists it is run over, outermost first. Empty: it runs once.
    pub axes: Vec<PlannedAxis>,
    /// Which nodes wait for this one, each once.
    pub dependants: Vec<usize>,
    /// For how many nodes this one waits.
    pub waits_for: usize,
    /// Whether it starts as soon as one of those has a value for it.
    pub races: bool,
    /// See [`shared::merkle::node_keys`].
    pub key: String,
    /// A result it yields without being run.
    pub pin: Option<Pin>,
    /// The person's own time limit for it.
    pub timeout: Option<Duration>,
    /// How often it is tried again.
    pub retries: u32,
    /// Executed whatever is remembered of it: it, or something before it, is to be run anew.
    pub fresh: bool,
    /// The workflow it stands for.
    pub inner: Option<Arc<Plan>>,
    /// What an agent may use.
    pub tools: Arc<[PlannedTool]>,
}

pub(crate) struct PlannedWire {
    pub input: String,
    pub from: usize,
    pub output: String,
    pub delivery: Delivery,
}

/// A list that is gone through.
pub(crate) struct PlannedAxis {
    pub from: usize,
    pub output: String,
}

/// What of a graph is to be run, and with what.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlanScope<'r> {
    /// These and what they need; empty: everything.
    pub targets: &'r [NodeId],
    /// Run anew, whatever is remembered, together with all that depends on them.
    pub from: &'r [NodeId],
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
    /// Checks and orders what is asked for of `graph`. `inputs` are the run's values for the workflow's named inputs,
    /// `library` holds the workflows that it links.
    pub fn new(
        graph: &Graph,
        scope: PlanScope<'_>,
        inputs: &BTreeMap<String, Json>,
        library: &Library,
    ) -> Result<Self, PlanError> {
        Self::nested(graph, scope, inputs, library, &mut Vec::new())
    }

    /// `stack`: the linked workflows that this one is part of.
    fn nested(
        graph: &Graph,
        scope: PlanScope<'_>,
        inputs: &BTreeMap<String, Json>,
        library: &Library,
        stack: &mut Vec<String>,
    ) -> Result<Self, PlanError> {
        let mut graph = graph.clone();
        // From a file, or from a document that nobody has opened since.
        migrate(&mut graph, catalog());
        let [targets, from] = [scope.targets, scope.from].map(|nodes| restrict::meant(&graph, nodes));
        // Of notes alone nothing is left, which must not mean everything.
        if targets.is_empty() && from.is_empty() && !(scope.targets.is_empty() && scope.from.is_empty()) {
            return Err(PlanError::Empty);
        }
        let scope = PlanScope { targets: &targets, from: &from };
        let mut graph = restrict::restrict(effective(&graph, catalog()), &graph, scope)?;
        set_inputs(&mut graph, inputs)?;
        let mut problems = check(&graph, catalog());
        // Opening a workflow with unknown nodes is fine, running them is not.
        for (id, node) in graph.nodes.iter().filter(|(_, node)| catalog().get(&node.node_type).is_none()) {
            let message = format!("no node of type `{}` is known here", node.node_type);
            problems.push(Problem::error(Place::node(id), ProblemCode::UnknownType, message));
        }
        problems.retain(|problem| problem.severity == Severity::Error);
        let within = inner::plans(&graph, library, stack, &mut problems);
        if !problems.is_empty() {
            return Err(PlanError::Problems(problems));
        }
        Ok(order::order(&graph, scope, within))
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
        // Who gives a value means it.
        node.pin = None;
    }
    Ok(())
}
