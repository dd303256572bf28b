//! What is wrong with a graph, as data: any workflow can be opened, so nothing here is an error to its caller.
//!
//! [`check`] looks at a graph and a catalog. Problems of a document's *shape* come from
//! [`GraphDocument::project`](crate::document::GraphDocument::project), in the same words.
//! Called by the client to mark nodes and wires, and by the engine before a run.

mod param;
mod problem;
mod wire;
#[cfg(test)]
mod tests;

pub use self::problem::{Place, Problem, ProblemCode, Severity};

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    effective::effective,
    graph::{Graph, Node},
    id::NodeId,
    node::{Catalog, NodeRole, NodeSpec, ParamKind, ParamSpec},
};

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'g> {
    pub graph: &'g Graph,
    /// What of it is [executed](crate::effective::effective).
    pub effective: &'g Graph,
    pub catalog: &'g Catalog,
}

/// A check in parts, each of a few milliseconds in a graph of thousands of nodes, for who has others to attend to in
/// between. To be done in this order on one list, which is then [sorted](sort).
pub const PARTS: [fn(Checked<'_>, &mut Vec<Problem>); 6] =
    [check_nodes, wire::check_wires, check_complete, wire::check_cycles, wire::check_lists, check_public_names];

/// All problems, in the order of their places. What a run leaves out (muted, bypassed) need not be complete.
pub fn check(graph: &Graph, catalog: &Catalog) -> Vec<Problem> {
    let checked = Checked { graph, effective: &effective(graph, catalog), catalog };
    let mut problems = Vec::new();
    for part in PARTS {
        part(checked, &mut problems);
    }
    sort(&mut problems);
    problems
}

/// Into the order of their places.
pub fn sort(problems: &mut [Problem]) {
    problems.sort_by(|a, b| (&a.place, a.severity, &a.message).cmp(&(&b.place, b.severity, &b.message)));
}

fn check_nodes(Checked { graph, catalog, .. }: Checked<'_>, problems: &mut Vec<Problem>) {
    let wired: BTreeSet<(&NodeId, &str)> = graph.edges.values().map(|edge| (&edge.to, edge.input.as_str())).collect();
    for (id, node) in &graph.nodes {
        check_node(id, node, catalog.of(node).as_deref(), &wired, problems);
    }
}

fn check_node(
    id: &NodeId,
    node: &Node,
    spec: Option<&NodeSpec>,
    wired: &BTreeSet<(&NodeId, &str)>,
    problems: &mut Vec<Problem>,
) {
    let Some(spec) = spec else {
        let message = format!("no node of type `{}` is known here; its data is kept", node.node_type);
        problems.push(Problem::warning(Place::node(id), ProblemCode::UnknownType, message));
        return;
    };
    if node.version > spec.version {
        let message = format!(
            "made with version {} of `{}`, which is version {} here",
            node.version, node.node_type, spec.version
        );
        problems.push(Problem::error(Place::field(id, "version"), ProblemCode::NewerVersion, message));
    }
    let limits = [
        ("timeout_seconds", node.timeout_seconds, 1, Node::TIMEOUT_MAX_SECONDS),
        ("retries", node.retries, 0, Node::RETRIES_MAX),
    ];
    for (name, value, min, max) in limits {
        if let Some(value) = value.filter(|value| !(min..=max).contains(value)) {
            let message = format!("`{name}` is {value}, it may be {min} to {max}");
            problems.push(Problem::error(Place::field(id, name), ProblemCode::OutOfRange, message));
        }
    }
    for (name, value) in &node.params {
        match spec.param(name) {
            None => {
                let message = format!("`{}` has no parameter `{name}`; its value is ignored", node.node_type);
                problems.push(Problem::warning(Place::field(id, name), ProblemCode::UnknownParam, message));
            }
            // A wire replaces the literal value.
            Some(_) if wired.contains(&(id, name.as_str())) => {}
            Some(param) => {
                if let Err((code, message)) = param::check_value(param, value) {
                    problems.push(Problem::error(Place::field(id, name), code, message));
                }
            }
        }
    }
}

/// Required inputs and parameters of what will be executed.
fn check_complete(Checked { effective, catalog, .. }: Checked<'_>, problems: &mut Vec<Problem>) {
    let wired: BTreeSet<(&NodeId, &str)> =
        effective.edges.values().map(|edge| (&edge.to, edge.input.as_str())).collect();
    for (id, node) in &effective.nodes {
        // A pinned node is not run.
        let Some(spec) = catalog.of(node).filter(|_| node.pin.is_none()) else { continue };
        let inputs = spec.inputs.iter().filter(|port| port.required).map(|port| &port.name);
        let params = spec.params.iter().filter(|param| lacks_value(&spec, param, node)).map(|param| &param.name);
        for (name, what) in inputs.map(|name| (name, "input")).chain(params.map(|name| (name, "parameter"))) {
            if !wired.contains(&(id, name.as_str())) {
                let message = format!("{what} `{name}` is required");
                problems.push(Problem::error(Place::field(id, name), ProblemCode::MissingInput, message));
            }
        }
    }
}

/// Whether the person must give a value and has not.
fn lacks_value(spec: &NodeSpec, param: &ParamSpec, node: &Node) -> bool {
    // A named input may get its value when the run is started; a seed is drawn then; `null` is JSON.
    let comes_later = spec.role == NodeRole::Input
        || param.optional
        || matches!(param.kind, ParamKind::Seed | ParamKind::Json | ParamKind::Workflow | ParamKind::Tools);
    !comes_later && param.default.is_null() && node.params.get(&param.name).is_none_or(Value::is_null)
}

/// The workflow's inputs must differ in name, and so must its outputs.
fn check_public_names(Checked { effective, catalog, .. }: Checked<'_>, problems: &mut Vec<Problem>) {
    let mut first: BTreeMap<(bool, String), &NodeId> = BTreeMap::new();
    for (id, node) in &effective.nodes {
        let Some(spec) = catalog.get(&node.node_type) else { continue };
        let (is_input, what) = match spec.role {
            NodeRole::Input => (true, "input"),
            NodeRole::Output => (false, "output"),
            NodeRole::Step | NodeRole::Note | NodeRole::Reroute => continue,
        };
        let default = spec.param("name").map(|param| &param.default);
        let name = node.params.get("name").or(default).and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            continue;
        }
        if let Some(other) = first.get(&(is_input, name.to_owned())) {
            let message = format!("`{name}` is already the name of the workflow's {what} `{other}`");
            problems.push(Problem::error(Place::field(id, "name"), ProblemCode::DuplicateName, message));
        } else {
            first.insert((is_input, name.to_owned()), id);
        }
    }
}
