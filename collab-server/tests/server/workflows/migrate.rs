//! Workflows that were made with earlier versions of their nodes.

use engine::{NodeError, node};
use serde_json::json;
use shared::graph::Graph;

use crate::{runs::create, support::on_each_database};

/// Was `test.shine`, and its `strength` was `amount`.
#[node(
    "test.polish",
    title = "Polish",
    was = "test.shine",
    renamed = "amount -> strength",
    output = "text",
    example = r#"{"params":{"strength":2}}"#
)]
fn polish(
    /// What is polished.
    #[param(prompt, default = "")]
    words: String,
    /// How much.
    #[param(default = 1)]
    strength: u32,
) -> Result<String, NodeError> {
    Ok(words.repeat(strength as usize))
}

on_each_database! {
    async fn a_workflow_of_an_earlier_version_is_brought_up_to_date_once(app: TestApp) {
        let ada = app.user("ada").await;
        let old = json!({
            "openflow": 1,
            "nodes": {
                "old": {"type": "test.shine", "pos": [3, 4], "title": "Mine", "params": {"amount": 3, "words": "ab"}},
                "number": {"type": "number.input", "params": {"name": "n"}},
                "gone": {"type": "pack.gone", "version": 7, "params": {"kept": [1, {"as": "it is"}]}},
            },
            "edges": {"old:amount": {"from": "number", "output": "number", "to": "old", "input": "amount"}},
        });
        let workflow = create(&ada, old).await;
        let path = format!("/api/workflows/{workflow}/graph");
        // Two who open it at once find the same.
        let (first, second) = tokio::join!(ada.get(&path), ada.get(&path));
        assert_eq!(first.ok().text(), second.ok().text());
        let (graph, problems) = app.state.rooms.graph(workflow).await.unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        let check = |graph: &Graph| {
            let node = &graph.nodes["old"];
            assert_eq!((node.node_type.as_str(), node.title.as_deref()), ("test.polish", Some("Mine")));
            assert_eq!(json!(node.params), json!({"strength": 3, "words": "ab"}));
            let wires: Vec<(&str, &str)> =
                graph.edges.iter().map(|(id, edge)| (id.as_str(), edge.input.as_str())).collect();
            assert_eq!(wires, [("old:strength", "strength")]);
            let gone = &graph.nodes["gone"];
            assert_eq!((gone.version, json!(gone.params)), (7, json!({"kept": [1, {"as": "it is"}]})));
        };
        check(&graph);
        // It is written down: the next server finds nothing to do.
        let app = app.restart().await;
        let (again, _) = app.state.rooms.graph(workflow).await.unwrap();
        check(&again);
        assert_eq!(again, graph);
    }
}
