//! What is copied from a page of one server is pasted into a page of another.

use serde_json::json;

use crate::stage::play;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_copied_at_one_server_is_pasted_at_another() {
    play("what_is_copied_at_one_server_is_pasted_at_another", |stage| async move {
        let (ada, zoe) = tokio::join!(stage.person("Ada"), stage.person_elsewhere("Zoe"));
        let graph = json!({"openflow": 1, "meta": {"title": "Here"},
            "nodes": {
                "a": {"type": "text.input", "title": "a", "pos": [0, 0], "params": {"value": "from far away"}},
                "b": {"type": "text.replace", "title": "b", "pos": [400, 20], "params": {"find": "x"}},
                "c": {"type": "from.the.future", "title": "c", "pos": [800, 20], "params": {"kept": 7}}},
            "edges": {"b:text": {"from": "a", "output": "text", "to": "b", "input": "text"}}});
        let made = ada.request("POST", "/api/workflows", Some(json!({"title": "Here", "graph": graph}))).await;
        ada.goto(&format!("/w/{}", made["id"].as_str().expect("an id"))).await;
        ada.opens_editor().await;
        ada.sees_wires(1).await;
        let (home, elsewhere) =
            (ada.script("return location.origin;", vec![]).await, zoe.script("return location.origin;", vec![]).await);
        assert_ne!(home, elsewhere);

        let copy = "await free(); press('Mod+A');
            if (!(await until(() => selected().length === 3))) throw 'not everything is selected';
            return clipboard('copy');";
        let text = ada.clips(copy, vec![]).await.expect("a text on the clipboard");

        zoe.new_workflow().await;
        let paste = "await free(); clipboard('paste', given[0]);
            if (!(await until(() => titled('a') + titled('b') + titled('c') === 3))) return 'not everything came';
            const field = document.querySelector(\"article[aria-label='a'] [data-param='value'] textarea\");
            if (!(await until(() => field.value === 'from far away'))) return `the text is “${field.value}”`;";
        assert_eq!(zoe.clips(paste, vec![json!(text)]).await, None);
        zoe.sees_wires(1).await;
        zoe.sees_saved().await;

        // What that server does not know is kept, and goes on from there.
        let again = zoe.clips(copy, vec![]).await.expect("a text on the clipboard");
        let again: serde_json::Value = serde_json::from_str(&again).expect("the clipboard holds JSON");
        let nodes = again["nodes"].as_object().expect("nodes");
        assert!(nodes.values().any(|node| node["type"] == "from.the.future" && node["params"]["kept"] == 7), "{again}");
    })
    .await;
}
