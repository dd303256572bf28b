//! What an agent may use: the tools that its author listed, read and checked when the run is planned.
//!
//! A tool is a type of node or a workflow. Nothing that is not listed can be used; what the author sets, the model can
//! neither see nor change. Running them is `run/tool.rs`, telling a model about them is the agent's node.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value as Json;
use shared::{
    graph::{Node, Params},
    node::{Interface, NodeSpec, interface_of},
};

use super::{
    Plan,
    inner::{Library, Source, graph_of, plan_within, read_source},
};
use crate::{NodeKind, catalog};

/// The node that has tools, in its parameter `tools`.
const AGENT: &str = "text.agent";

/// More make no model better.
const TOOLS_MAX: usize = 64;

/// What all vendors take.
const NAME_MAX: usize = 64;

/// A tool of an agent.
pub(crate) struct PlannedTool {
    /// As the model names it.
    pub name: String,
    /// What it is good for.
    pub description: String,
    pub work: ToolWork,
}

/// What is done when the tool is used.
pub(crate) enum ToolWork {
    Node {
        kind: &'static NodeKind,
        /// Set by the author.
        fixed: Params,
    },
    Workflow {
        plan: Arc<Plan>,
        interface: Interface,
    },
}

impl PlannedTool {
    /// Of a workflow.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        match &self.work {
            ToolWork::Node { .. } => None,
            ToolWork::Workflow { plan, .. } => Some(plan),
        }
    }
}

pub(super) fn has_tools(node: &Node) -> bool {
    node.node_type == AGENT
}

fn entries(node: &Node) -> Result<&[Json], String> {
    match node.params.get("tools") {
        None | Some(Json::Null) => Ok(&[]),
        Some(Json::Array(entries)) if entries.len() <= TOOLS_MAX => Ok(entries),
        Some(Json::Array(_)) => Err(format!("an agent has at most {TOOLS_MAX} tools")),
        Some(_) => Err("the tools are not a list".to_owned()),
    }
}

/// The workflows among the tools, as far as they can be read.
pub(super) fn sources(node: &Node) -> Vec<Source> {
    entries(node).unwrap_or_default().iter().filter_map(|entry| read_source(entry).ok()).collect()
}

/// All tools of an agent.
pub(super) fn tools(node: &Node, library: &Library, stack: &mut Vec<String>) -> Result<Vec<PlannedTool>, String> {
    let mut names = BTreeSet::new();
    let mut tools = Vec::new();
    for entry in entries(node)? {
        let tool = tool(entry, library, stack)?;
        if !names.insert(tool.name.clone()) {
            return Err(format!("two tools are called `{}`: give one of them a name", tool.name));
        }
        tools.push(tool);
    }
    Ok(tools)
}

fn tool(entry: &Json, library: &Library, stack: &mut Vec<String>) -> Result<PlannedTool, String> {
    let said = |field: &str| entry.get(field).and_then(Json::as_str).filter(|text| !text.trim().is_empty());
    if let Some(node_type) = entry.as_str().or_else(|| said("node")) {
        let name = name(said("name").map_or_else(|| node_type.replace('.', "_"), str::to_owned))?;
        let kind = NodeKind::find(node_type).filter(|kind| kind.spec().may_be_tool());
        let kind = kind.ok_or_else(|| format!("a node `{node_type}` cannot be a tool"))?;
        let fixed = fixed(entry, kind.spec())?;
        let description = said("description").unwrap_or(&kind.spec().description).to_owned();
        return Ok(PlannedTool { name, description, work: ToolWork::Node { kind, fixed } });
    }
    let source = read_source(entry).map_err(|_| "a tool names a `node`, or a `workflow`".to_owned())?;
    let name = name(said("name").ok_or("a workflow that is a tool needs a `name`")?.to_owned())?;
    let graph = graph_of(&source, library, stack).map_err(|why| format!("tool `{name}`: {why}"))?;
    let interface = interface_of(&graph, catalog());
    if interface.outputs.is_empty() {
        return Err(format!("tool `{name}`: the workflow has no named output that could be its result"));
    }
    let plan = plan_within(source, &graph, library, stack).map_err(|why| format!("tool `{name}`: {why}"))?;
    let description = said("description").map_or_else(|| format!("Runs the workflow `{name}`."), str::to_owned);
    Ok(PlannedTool { name, description, work: ToolWork::Workflow { plan: Arc::new(plan), interface } })
}

fn fixed(entry: &Json, spec: &NodeSpec) -> Result<Params, String> {
    let Some(given) = entry.get("params").filter(|given| !given.is_null()) else { return Ok(Params::new()) };
    let given =
        given.as_object().ok_or_else(|| format!("the `params` of tool `{}` are not an object", spec.node_type))?;
    if let Some(unknown) = given.keys().find(|name| spec.param(name).is_none()) {
        return Err(format!("a node `{}` has no parameter `{unknown}`", spec.node_type));
    }
    Ok(given.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn name(name: String) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.len() <= NAME_MAX && name.bytes().all(plain) {
        Ok(name)
    } else {
        Err(format!("`{name}` is no name for a tool: it has letters, digits, `_` and `-`, at most {NAME_MAX}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(tools: Json) -> Result<Vec<PlannedTool>, String> {
        let node = Node { params: [("tools".to_owned(), tools)].into(), ..Node::new(AGENT) };
        super::tools(&node, &Library::new(), &mut Vec::new())
    }

    fn refusal(tools: Json) -> String {
        read(tools).err().expect("it is refused")
    }

    #[test]
    fn a_node_is_a_tool_by_its_type() {
        assert!(catalog().get(AGENT).is_some_and(|spec| spec.param("tools").is_some()));
        let tools =
            read(json!(["text.case", {"node": "http.get", "name": "news", "params": {"url": "https://a.example"}}]));
        let tools = tools.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((tools[0].name.as_str(), tools[1].name.as_str()), ("text_case", "news"));
        let ToolWork::Node { fixed, .. } = &tools[1].work else { panic!("a node is a node") };
        assert_eq!(fixed["url"], "https://a.example");
    }

    #[test]
    fn a_workflow_is_a_tool_by_its_name() {
        let graph = json!({"openflow": 1, "nodes": {
            "in": {"type": "text.input", "params": {"name": "text"}},
            "out": {"type": "output.text", "params": {"name": "text"}},
        }, "edges": {"out:text": {"from": "in", "output": "text", "to": "out", "input": "text"}}});
        let tools = read(json!([{"name": "echo", "graph": graph}])).unwrap_or_else(|why| panic!("{why}"));
        let ToolWork::Workflow { interface, .. } = &tools[0].work else { panic!("a workflow is a workflow") };
        assert_eq!(interface.inputs[0].name, "text");
        assert!(refusal(json!([{"graph": graph}])).contains("needs a `name`"));
        assert!(refusal(json!([{"name": "far", "workflow": "wf_x"}])).contains("not at hand"));
    }

    #[test]
    fn what_makes_no_sense_as_a_tool_is_refused() {
        for node in ["text.agent", "flow.workflow", "text.input", "output.text", "no.such"] {
            assert!(refusal(json!([node])).contains("cannot be a tool"), "{node}");
        }
        assert!(refusal(json!(["text.case", "text.case"])).contains("two tools"));
        assert!(refusal(json!([{"node": "text.case", "params": {"nothing": 1}}])).contains("no parameter"));
        assert!(refusal(json!([{"node": "text.case", "name": "a b"}])).contains("no name"));
        assert!(refusal(json!([7])).contains("names a `node`") && refusal(json!({})).contains("not a list"));
    }
}
