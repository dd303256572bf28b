//! Workflows within workflows: where linked ones come from, and their plans.
//!
//! Links are resolved before planning, because that may ask a database; planning itself asks nobody. A workflow that
//! contains itself, however far down, is refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value as Json;
use shared::{
    check::{Place, Problem, ProblemCode},
    exchange,
    graph::{Graph, Node},
    id::NodeId,
    node::{DynamicPorts, interface_of},
};

use super::{
    Plan, PlanError, PlanScope,
    tool::{self, PlannedTool},
};
use crate::catalog;

/// How deep workflows may lie within each other.
const NESTING_MAX: usize = 8;

/// How many linked workflows one run may pull in.
const LINKED_MAX: usize = 256;

/// A workflow and one of its versions; no version: the file, or whatever the source calls the present one.
pub type Link = (String, Option<String>);

/// The graphs of all workflows that a run links, however far down.
pub type Library = BTreeMap<Link, Arc<Graph>>;

/// Finds linked workflows: the server among those the person may read, the command line among files.
#[async_trait::async_trait]
pub trait WorkflowSource: Send + Sync {
    /// The graph of that version. Whether whoever runs may use it, the source has checked.
    async fn workflow(&self, workflow: &str, version: Option<&str>) -> Result<Graph, WorkflowSourceError>;
}

/// A linked workflow cannot be had. The text is for the person.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct WorkflowSourceError(pub String);

/// For runs without a place that workflows could be in.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWorkflows;

#[async_trait::async_trait]
impl WorkflowSource for NoWorkflows {
    async fn workflow(&self, workflow: &str, _version: Option<&str>) -> Result<Graph, WorkflowSourceError> {
        Err(WorkflowSourceError(format!("the workflow `{workflow}` cannot be linked here")))
    }
}

/// Where a workflow is that a node stands for, or that a tool is.
pub(super) enum Source {
    Embedded(Arc<Graph>),
    Linked(Link),
}

fn stands_for_workflow(node: &Node) -> bool {
    catalog().get(&node.node_type).is_some_and(|spec| spec.dynamic == Some(DynamicPorts::Workflow))
}

fn source_of(node: &Node) -> Result<Source, String> {
    read_source(node.params.get("source").unwrap_or(&Json::Null))
}

pub(super) fn read_source(source: &Json) -> Result<Source, String> {
    if let Some(graph) = source.get("graph") {
        return exchange::read_value(graph)
            .map(|graph| Source::Embedded(Arc::new(graph)))
            .map_err(|error| format!("the workflow within cannot be read: {error}"));
    }
    let workflow = source.get("workflow").and_then(Json::as_str).ok_or("no workflow is chosen")?;
    Ok(Source::Linked((workflow.to_owned(), source.get("version").and_then(Json::as_str).map(str::to_owned))))
}

/// All workflows that the node needs. What cannot be read, the plan says, if the node is run at all.
fn sources_of(node: &Node) -> Vec<Source> {
    if tool::has_tools(node) {
        return tool::sources(node);
    }
    if stands_for_workflow(node) { source_of(node).into_iter().collect() } else { Vec::new() }
}

/// Fetches every workflow that the graph links, and those that they link.
pub async fn resolve(graph: &Graph, source: &dyn WorkflowSource) -> Result<Library, PlanError> {
    let mut library = Library::new();
    // Each graph with the node of the outermost one that needs it, to be named when something is wrong.
    let mut queue: Vec<(Arc<Graph>, Option<NodeId>, usize)> = vec![(Arc::new(graph.clone()), None, 0)];
    while let Some((graph, culprit, depth)) = queue.pop() {
        let needed = graph.nodes.iter().flat_map(|(id, node)| sources_of(node).into_iter().map(move |from| (id, from)));
        for (id, needed) in needed {
            let culprit = culprit.as_ref().unwrap_or(id);
            let inner = match needed {
                Source::Embedded(graph) => graph,
                Source::Linked(link) => {
                    if library.contains_key(&link) {
                        continue;
                    }
                    if library.len() >= LINKED_MAX {
                        return Err(refusal(culprit, format!("more than {LINKED_MAX} workflows are linked")));
                    }
                    let found = source.workflow(&link.0, link.1.as_deref()).await;
                    let graph = Arc::new(found.map_err(|error| refusal(culprit, error.to_string()))?);
                    library.insert(link, graph.clone());
                    graph
                }
            };
            if depth < NESTING_MAX {
                queue.push((inner, Some(culprit.clone()), depth + 1));
            }
        }
    }
    Ok(library)
}

fn refusal(node: &NodeId, message: String) -> PlanError {
    PlanError::Problems(vec![problem(node, message)])
}

fn problem(node: &NodeId, message: String) -> Problem {
    Problem::error(Place::field(node, "source"), ProblemCode::Subworkflow, message)
}

/// What lies within the nodes of a graph.
#[derive(Default)]
pub(super) struct Within {
    /// Of nodes that stand for workflows.
    pub plans: BTreeMap<NodeId, Arc<Plan>>,
    /// Of agents.
    pub tools: BTreeMap<NodeId, Arc<[PlannedTool]>>,
}

/// Plans everything that lies within nodes of the graph.
pub(super) fn plans(graph: &Graph, library: &Library, stack: &mut Vec<String>, problems: &mut Vec<Problem>) -> Within {
    let mut within = Within::default();
    for (id, node) in graph.nodes.iter().filter(|(_, node)| node.pin.is_none()) {
        if stands_for_workflow(node) {
            match plan(id, node, graph, library, stack) {
                Ok(plan) => drop(within.plans.insert(id.clone(), Arc::new(plan))),
                Err(message) => problems.push(problem(id, message)),
            }
        } else if tool::has_tools(node) {
            match tool::tools(node, library, stack) {
                Ok(tools) => drop(within.tools.insert(id.clone(), tools.into())),
                Err(message) => {
                    problems.push(Problem::error(Place::field(id, "tools"), ProblemCode::Subworkflow, message));
                }
            }
        }
    }
    within
}

fn plan(id: &NodeId, node: &Node, outer: &Graph, library: &Library, stack: &mut Vec<String>) -> Result<Plan, String> {
    let source = source_of(node)?;
    let graph = graph_of(&source, library, stack)?;
    has_ports(id, node, outer, &graph)?;
    plan_within(source, &graph, library, stack)
}

/// The graph at the source. Refused where it lies too deep, or within itself.
pub(super) fn graph_of(source: &Source, library: &Library, stack: &[String]) -> Result<Arc<Graph>, String> {
    if stack.len() >= NESTING_MAX {
        return Err(format!("workflows lie more than {NESTING_MAX} deep within each other"));
    }
    match source {
        // A graph in a parameter cannot contain itself.
        Source::Embedded(graph) => Ok(graph.clone()),
        Source::Linked(link) if stack.contains(&link.0) => Err(format!("the workflow `{}` contains itself", link.0)),
        Source::Linked(link) => {
            let graph = library.get(link).ok_or_else(|| format!("the workflow `{}` is not at hand", link.0))?;
            Ok(graph.clone())
        }
    }
}

pub(super) fn plan_within(
    source: Source,
    graph: &Graph,
    library: &Library,
    stack: &mut Vec<String>,
) -> Result<Plan, String> {
    stack.push(match source {
        Source::Embedded(_) => String::new(),
        Source::Linked(link) => link.0,
    });
    let plan = Plan::nested(graph, PlanScope::default(), &BTreeMap::new(), library, stack);
    stack.pop();
    plan.map_err(|error| format!("in the workflow within: {error}"))
}

/// The wires of the node must end at what the workflow has now, not at what it had when it was linked.
fn has_ports(id: &NodeId, node: &Node, outer: &Graph, graph: &Graph) -> Result<(), String> {
    let interface = interface_of(graph, catalog());
    let given: BTreeSet<&str> = interface.inputs.iter().map(|port| port.name.as_str()).collect();
    let made: BTreeSet<&str> = interface.outputs.iter().map(|port| port.name.as_str()).collect();
    for edge in outer.edges.values() {
        if edge.to == *id && !given.contains(edge.input.as_str()) && !node.params.contains_key(&edge.input) {
            return Err(format!("the workflow has no input `{}` any more", edge.input));
        }
        if edge.from == *id && !made.contains(edge.output.as_str()) {
            return Err(format!("the workflow has no output `{}` any more", edge.output));
        }
    }
    Ok(())
}
