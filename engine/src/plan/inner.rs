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

use super::{Plan, PlanError, PlanScope};
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

/// What a node that stands for a workflow says about it.
enum Source {
    Embedded(Arc<Graph>),
    Linked(Link),
}

fn stands_for_workflow(node: &Node) -> bool {
    catalog().get(&node.node_type).is_some_and(|spec| spec.dynamic == Some(DynamicPorts::Workflow))
}

fn source_of(node: &Node) -> Result<Source, String> {
    let source = node.params.get("source").filter(|source| !source.is_null()).ok_or("no workflow is chosen")?;
    if let Some(graph) = source.get("graph") {
        return exchange::read_value(graph)
            .map(|graph| Source::Embedded(Arc::new(graph)))
            .map_err(|error| format!("the workflow within cannot be read: {error}"));
    }
    let workflow = source.get("workflow").and_then(Json::as_str).ok_or("no workflow is chosen")?;
    Ok(Source::Linked((workflow.to_owned(), source.get("version").and_then(Json::as_str).map(str::to_owned))))
}

/// Fetches every workflow that the graph links, and those that they link.
pub async fn resolve(graph: &Graph, source: &dyn WorkflowSource) -> Result<Library, PlanError> {
    let mut library = Library::new();
    // Each graph with the node of the outermost one that needs it, to be named when something is wrong.
    let mut queue: Vec<(Arc<Graph>, Option<NodeId>, usize)> = vec![(Arc::new(graph.clone()), None, 0)];
    while let Some((graph, culprit, depth)) = queue.pop() {
        for (id, node) in graph.nodes.iter().filter(|(_, node)| stands_for_workflow(node)) {
            let culprit = culprit.as_ref().unwrap_or(id);
            let inner = match source_of(node) {
                Ok(Source::Embedded(graph)) => graph,
                Ok(Source::Linked(link)) => {
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
                // The plan says it, if the node is run at all.
                Err(_) => continue,
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

/// A plan for every node of the graph that stands for a workflow.
pub(super) fn plans(
    graph: &Graph,
    library: &Library,
    stack: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<NodeId, Arc<Plan>> {
    let mut plans = BTreeMap::new();
    for (id, node) in graph.nodes.iter().filter(|(_, node)| node.pin.is_none() && stands_for_workflow(node)) {
        match plan(id, node, graph, library, stack) {
            Ok(plan) => drop(plans.insert(id.clone(), Arc::new(plan))),
            Err(message) => problems.push(problem(id, message)),
        }
    }
    plans
}

fn plan(id: &NodeId, node: &Node, outer: &Graph, library: &Library, stack: &mut Vec<String>) -> Result<Plan, String> {
    if stack.len() >= NESTING_MAX {
        return Err(format!("workflows lie more than {NESTING_MAX} deep within each other"));
    }
    let (graph, name) = match source_of(node)? {
        // A graph in a parameter cannot contain itself.
        Source::Embedded(graph) => (graph, String::new()),
        Source::Linked(link) => {
            if stack.contains(&link.0) {
                return Err(format!("the workflow `{}` contains itself", link.0));
            }
            let graph = library.get(&link).ok_or_else(|| format!("the workflow `{}` is not at hand", link.0))?;
            (graph.clone(), link.0)
        }
    };
    has_ports(id, node, outer, &graph)?;
    stack.push(name);
    let plan = Plan::nested(&graph, PlanScope::default(), &BTreeMap::new(), library, stack);
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
