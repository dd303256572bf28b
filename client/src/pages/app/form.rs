//! What a workflow asks and gives, as fields of a form and results: by public name, in the order of its interface. Pure.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use shared::{
    graph::{Graph, Node},
    id::NodeId,
    node::{Catalog, NodeRole, NodeSpec, ParamKind, ParamSpec, interface_of, public_name},
    value::ValueType,
};

use crate::canvas::category;

#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    pub fields: Vec<FormField>,
    pub results: Vec<FormResult>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// The public name of the input.
    pub name: String,
    pub title: String,
    pub description: String,
    pub kind: ParamKind,
    /// What is used when nobody says otherwise: as it stands in the workflow.
    pub value: Json,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FormResult {
    pub name: String,
    pub title: String,
    pub value_type: ValueType,
}

/// The parameter of an input node that a run's inputs replace.
const VALUE: &str = "value";

pub fn form_of(graph: &Graph, catalog: &Catalog) -> Form {
    let interface = interface_of(graph, catalog);
    let inputs = named(graph, catalog, NodeRole::Input);
    let outputs = named(graph, catalog, NodeRole::Output);
    let fields = interface.inputs.iter().filter_map(|port| {
        let (_, node, spec) = inputs.get(port.name.as_str())?;
        let param = spec.param(VALUE)?;
        Some(FormField {
            name: port.name.clone(),
            title: title_of(node, &port.name),
            description: param.description.clone(),
            kind: param.kind.clone(),
            value: value_of(node, param),
        })
    });
    let results = interface.outputs.iter().map(|port| FormResult {
        name: port.name.clone(),
        title: outputs
            .get(port.name.as_str())
            .map_or_else(|| category::words(&port.name), |(_, node, _)| title_of(node, &port.name)),
        value_type: port.value_type.clone(),
    });
    Form { fields: fields.collect(), results: results.collect() }
}

/// Nodes of a role by public name; of several with one name the first counts, as in the interface.
fn named<'g>(
    graph: &'g Graph,
    catalog: &'g Catalog,
    role: NodeRole,
) -> BTreeMap<&'g str, (&'g NodeId, &'g Node, &'g NodeSpec)> {
    let mut named = BTreeMap::new();
    for (id, node) in &graph.nodes {
        let Some(spec) = catalog.get(&node.node_type).filter(|spec| spec.role == role) else { continue };
        if let Some(name) = public_name(spec, &node.params) {
            named.entry(name).or_insert((id, node, spec));
        }
    }
    named
}

fn title_of(node: &Node, name: &str) -> String {
    let own = node.title.clone().filter(|title| !title.trim().is_empty());
    own.unwrap_or_else(|| category::words(name))
}

fn value_of(node: &Node, param: &ParamSpec) -> Json {
    node.params.get(VALUE).cloned().unwrap_or_else(|| param.default.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::node::NodeSpec;

    use super::*;

    fn spec(node_type: &str, role: &str) -> NodeSpec {
        let ports = json!([{"name": "text", "type": "text", "description": ""}]);
        let param = |name: &str| json!({"name": name, "title": name, "description": "", "kind": "text", "default": ""});
        serde_json::from_value(json!({
            "type": node_type, "version": 1, "title": node_type, "summary": "", "description": "", "role": role,
            "resource": "light", "cacheable": true, "outputs": ports, "example": {},
            "inputs": if role == "output" { ports.clone() } else { json!([]) },
            "params": [param("name"), param("value")],
        }))
        .expect("a spec")
    }

    fn form(nodes: &[(&str, &str, Option<&str>, f64)]) -> Form {
        let catalog: Catalog = [spec("text.input", "input"), spec("output.text", "output")].into_iter().collect();
        let mut graph = Graph::default();
        for (id, name, title, y) in nodes {
            let kind = if id.starts_with('o') { "output.text" } else { "text.input" };
            let mut node = Node::new(kind);
            node.pos = [0.0, *y];
            node.title = title.map(str::to_owned);
            node.params = [("name".to_owned(), json!(name)), ("value".to_owned(), json!(id))].into();
            graph.nodes.insert(id.parse().unwrap(), node);
        }
        form_of(&graph, &catalog)
    }

    #[test]
    fn only_what_has_a_public_name_is_asked_from_top_to_bottom() {
        let form =
            form(&[("a", "last_word", None, 9.0), ("b", "", None, 1.0), ("c", "topic", Some("What about?"), 2.0)]);
        let fields: Vec<_> = form.fields.iter().map(|field| (field.title.as_str(), field.value.clone())).collect();
        assert_eq!(fields, [("What about?", json!("c")), ("Last word", json!("a"))]);
    }

    #[test]
    fn results_have_names_of_their_own() {
        let form = form(&[("a", "topic", None, 0.0), ("o", "poem", None, 1.0)]);
        assert_eq!(form.results.iter().map(|result| result.title.as_str()).collect::<Vec<_>>(), ["Poem"]);
    }
}
