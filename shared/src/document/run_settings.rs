//! Edits of how a node is run: its pin, its limits; and bringing a document up to date.

use yrs::{Any, Map, Out};

use super::{Edit, edit::pin_any, text};
use crate::{
    graph::Pin,
    id::NodeId,
    migrate::Migration,
    node::{Catalog, ParamKind},
};

impl Edit<'_> {
    /// Makes the node yield this result without being run; `None` lets it run again.
    ///
    /// `false`: there is no such node, or the result is too large to stand in a document.
    pub fn set_pin(&mut self, id: &NodeId, pin: Option<&Pin>) -> bool {
        let any = pin.and_then(pin_any);
        (pin.is_none() || any.is_some()) && self.put_in_node(id, "pin", any)
    }

    /// The node's own time limit; `None`: the one its kind has.
    pub fn set_timeout(&mut self, id: &NodeId, seconds: Option<u32>) -> bool {
        self.put_in_node(id, "timeout_seconds", seconds.map(Any::from))
    }

    /// How often the node is tried again after a failure that may pass by itself.
    pub fn set_retries(&mut self, id: &NodeId, retries: Option<u32>) -> bool {
        self.put_in_node(id, "retries", retries.map(Any::from))
    }

    /// Writes a migration into the document. Two servers that do it at once write the same.
    pub fn migrate(&mut self, migration: &Migration, catalog: &Catalog) {
        for (id, node) in &migration.nodes {
            let Some(map) = self.node_map(id) else { continue };
            let params = self.params_map(&map);
            let spec = catalog.get(&node.node_type);
            let kept: Vec<String> = params.keys(&self.txn).map(str::to_owned).collect();
            for name in kept.iter().filter(|name| !node.params.contains_key(*name)) {
                self.put(&params, name, None);
            }
            for (name, value) in &node.params {
                let is_prompt = spec.and_then(|spec| spec.param(name)).is_some_and(|p| p.kind == ParamKind::Prompt);
                match params.get(&self.txn, name) {
                    Some(Out::YText(_)) => {}
                    // A shared text cannot be moved: its words go into a new one.
                    None if is_prompt => {
                        text::insert_text(&params, &mut self.txn, name, value.as_str().unwrap_or_default());
                    }
                    _ => drop(self.set_param(id, name, value.clone())),
                }
            }
            self.put(&map, "type", Some(Any::from(node.node_type.as_str())));
            self.put(&map, "version", Some(Any::from(node.version)));
        }
        for (old, new, edge) in &migration.edges {
            self.disconnect(old);
            self.put_edge(new, edge);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        document::{GraphDocument, Origin, new_doc},
        fixture::{catalog, graph, id},
        graph::{Graph, Node},
        node::{NodeSpec, Renamed},
        value::{Value, Values},
    };

    fn document(graph: &Graph) -> GraphDocument {
        let document = GraphDocument::new(new_doc(Some(1)));
        document.edit(Origin::Import, |edit| {
            for (id, node) in &graph.nodes {
                edit.add_node(id, node, &catalog());
            }
            for (id, wire) in &graph.edges {
                edit.put_edge(id, wire);
            }
        });
        document
    }

    #[test]
    fn a_pin_and_limits_are_kept_and_taken_off() {
        let document = document(&graph("a:text"));
        let values = Values::from([("text".to_owned(), Value::Text("kept".into()))]);
        let pin = Pin { values, run: None, seed: Some(7) };
        document.edit(Origin::Ui, |edit| {
            assert!(edit.set_pin(&id("a"), Some(&pin)) && edit.set_timeout(&id("a"), Some(9)));
            assert!(edit.set_retries(&id("a"), Some(2)));
        });
        let node = &document.project().0.nodes["a"];
        assert_eq!((node.pin.as_ref(), node.timeout_seconds, node.retries), (Some(&pin), Some(9), Some(2)));
        let long = Values::from([("text".to_owned(), Value::Text("x".repeat(Pin::MAX_BYTES)))]);
        document.edit(Origin::Ui, |edit| {
            assert!(!edit.set_pin(&id("a"), Some(&Pin { values: long, run: None, seed: None })));
            assert!(edit.set_pin(&id("a"), None));
        });
        assert_eq!(
            document.project(),
            (
                Graph {
                    nodes: [(id("a"), Node { timeout_seconds: Some(9), retries: Some(2), ..node_a() })].into(),
                    ..Graph::default()
                },
                Vec::new()
            )
        );
    }

    fn node_a() -> Node {
        Node { params: [("text".to_owned(), json!(""))].into(), ..Node::new("text") }
    }

    #[test]
    fn a_document_is_brought_up_to_date_once() {
        let mut old = graph("t:text; u:words; s:save; t.text -> s.value");
        old.nodes.get_mut("u").unwrap().params = [("content".to_owned(), json!("hello"))].into();
        let document = document(&old);
        let mut specs: Vec<NodeSpec> = catalog().iter().cloned().collect();
        let text = specs.iter_mut().find(|spec| spec.node_type == "text").unwrap();
        (text.version, text.was) = (2, vec!["words".into()]);
        text.renamed = vec![Renamed { from: "content".into(), to: "text".into() }];
        let newer: Catalog = specs.into_iter().collect();
        let migration = Migration::of(&document.project().0, &newer);
        document.edit(Origin::Server, |edit| edit.migrate(&migration, &newer));
        let (after, problems) = document.project();
        assert_eq!((after.nodes["u"].node_type.as_str(), problems.len()), ("text", 0));
        assert_eq!(json!(after.nodes["u"].params), json!({"text": "hello"}));
        let prompt = document.edit(Origin::Ui, |edit| edit.set_param(&id("u"), "text", json!("hello there")));
        assert!(prompt);
        assert!(Migration::of(&document.project().0, &newer).is_empty());
    }
}
