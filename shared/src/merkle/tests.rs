use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::*;
use crate::{
    fixture::{catalog, edge, edge_id, graph, id},
    graph::{Graph, Mode, Params},
    value::{BlobHash, Media, Value},
};

const CHAIN: &str = "a:photo; b:blur; d:collage; s:save; a.image -> b.image; b.image -> d.images; d.image -> s.value";

/// The nodes whose key differs when `change` has been made.
fn stale_after(change: impl FnOnce(&mut Graph)) -> String {
    let catalog = catalog();
    let before = graph(CHAIN);
    let mut after = before.clone();
    change(&mut after);
    let (before, after) = (node_keys(&before, &catalog), node_keys(&after, &catalog));
    let differ = after.iter().filter(|(id, key)| before.get(*id) != Some(key)).map(|(id, _)| id.as_str());
    differ.collect::<Vec<_>>().join(" ")
}

fn set(graph: &mut Graph, node: &str, param: &str, value: Json) {
    graph.nodes.get_mut(node).unwrap().params.insert(param.into(), value);
}

#[test]
fn a_change_makes_all_behind_it_stale_and_nothing_else() {
    assert_eq!(stale_after(|graph| set(graph, "b", "radius", json!(5))), "b d s");
    assert_eq!(stale_after(|graph| set(graph, "s", "name", json!("x"))), "s");
    assert_eq!(stale_after(|graph| graph.nodes.get_mut("a").unwrap().node_type = "text".into()), "a b d s");
    assert_eq!(
        stale_after(|graph| drop(graph.edges.insert(edge_id("d:images:z"), edge("a.image -> d.images")))),
        "d s"
    );
}

#[test]
fn looks_and_spelling_make_nothing_stale() {
    let stale = stale_after(|graph| {
        let node = graph.nodes.get_mut("b").unwrap();
        node.pos = [7.0, 8.0];
        node.size = Some([1.0, 1.0]);
        node.title = Some("x".into());
        node.color = Some("#ffffff".into());
        node.collapsed = true;
        node.z = Some("b".into());
        node.frame = Some("f".parse().unwrap());
        node.mode = Mode::Active;
        graph.meta.title = "y".into();
        // The default, spelt out; absent is as good as null; what the type does not know is ignored.
        set(graph, "b", "radius", json!(4.0));
        set(graph, "b", "look", json!(null));
        set(graph, "b", "unknown", json!(1));
        // An id of another making for the same wire.
        let wire = graph.edges.remove(&edge_id("b:image")).unwrap();
        graph.edges.insert(edge_id("e1"), wire);
    });
    assert_eq!(stale, "");
}

#[test]
fn a_literal_under_a_wire_does_not_count() {
    let catalog = catalog();
    let mut wired = graph("a:photo; p:describe; b:blur; a.image -> b.image; p.length -> b.radius");
    let before = node_keys(&wired, &catalog);
    set(&mut wired, "b", "radius", json!(77));
    assert_eq!(node_keys(&wired, &catalog), before);
}

#[test]
fn the_order_of_a_list_counts() {
    let catalog = catalog();
    let keys = |first: &str, second: &str| {
        let mut graph = graph("a:photo; b:photo; d:collage");
        set(&mut graph, "b", "name", json!("b"));
        graph.edges.insert(edge_id("d:images:1"), edge(&format!("{first}.image -> d.images")));
        graph.edges.insert(edge_id("d:images:2"), edge(&format!("{second}.image -> d.images")));
        node_keys(&graph, &catalog)["d"].clone()
    };
    assert_ne!(keys("a", "b"), keys("b", "a"));
}

#[test]
fn picked_media_count_by_their_blob() {
    let file = |blob: char, name: &str| json!({"blob": blob.to_string().repeat(64), "mime": "image/png", "size_bytes": 1, "name": name});
    let key = |file: Json| {
        let mut graph = graph("a:photo");
        set(&mut graph, "a", "file", file);
        node_keys(&graph, &catalog())["a"].clone()
    };
    assert_eq!(key(file('0', "x.png")), key(file('0', "y.png")));
    assert_ne!(key(file('0', "x.png")), key(file('1', "x.png")));
}

#[test]
fn nodes_in_or_behind_a_circle_have_no_key() {
    let graph = graph("a:blur; b:blur; c:blur; p:photo; a.image -> b.image; b.image -> a.image; b.image -> c.image");
    let keys = node_keys(&graph, &catalog());
    assert_eq!(keys.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["p"]);
}

#[test]
fn keys_are_the_same_on_every_machine() {
    // A change here makes every stored result stale: raise `SCHEME` and say so.
    let catalog = catalog();
    expect_test::expect!["f70109"].assert_eq(&node_keys(&graph(CHAIN), &catalog)["s"][..6]);
    expect_test::expect!["b58df4"].assert_eq(&graph_hash(&graph(CHAIN), &[])[..6]);
    let inputs = BTreeMap::from([("image".to_owned(), vec![Value::Text("x".into())])]);
    expect_test::expect!["33db8a"].assert_eq(&result_key(catalog.get("blur").unwrap(), &Params::new(), &inputs)[..6]);
}

#[test]
fn a_result_key_tells_inputs_apart_and_media_by_blob() {
    let catalog = catalog();
    let spec = catalog.get("collage").unwrap();
    let key = |values: Vec<Value>| result_key(spec, &Params::new(), &BTreeMap::from([("images".to_owned(), values)]));
    let picture = |bytes: &[u8]| Media::new(BlobHash::of(bytes), "image/png", 1);
    let named = Media { name: Some("x".into()), width: Some(3), ..picture(b"a") };
    assert_eq!(key(vec![Value::Image(picture(b"a"))]), key(vec![Value::Image(named)]));
    let all = [
        key(vec![]),
        key(vec![Value::Image(picture(b"a"))]),
        key(vec![Value::Image(picture(b"b"))]),
        key(vec![Value::Mask(picture(b"a"))]),
        key(vec![Value::Image(picture(b"a")), Value::Image(picture(b"a"))]),
        key(vec![Value::List(vec![Value::Image(picture(b"a"))])]),
        key(vec![Value::Text("1".into())]),
        key(vec![Value::Number(1.0)]),
        key(vec![Value::Bool(true)]),
        key(vec![Value::Json(json!(1))]),
        key(vec![Value::Json(json!({"a": 1}))]),
        key(vec![Value::Json(json!({"a": [1]}))]),
        key(vec![Value::Text("a".into()), Value::Text("b".into())]),
        key(vec![Value::Text("ab".into())]),
        key(vec![Value::Embedding(vec![1.0])]),
    ];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn large_whole_numbers_are_told_apart() {
    let spec = |seed: u64| {
        let mut graph = graph("d:describe");
        set(&mut graph, "d", "seed", json!(seed));
        node_keys(&graph, &catalog())["d"].clone()
    };
    assert_ne!(spec(9_007_199_254_740_993), spec(9_007_199_254_740_992));
}

#[test]
fn a_run_is_known_by_what_its_targets_need() {
    let before = graph_hash(&graph(CHAIN), &[id("b")]);
    let mut after = graph(CHAIN);
    set(&mut after, "s", "name", json!("elsewhere"));
    after.nodes.get_mut("b").unwrap().pos = [3.0, 3.0];
    assert_eq!(graph_hash(&after, &[id("b")]), before);
    assert_ne!(graph_hash(&after, &[]), graph_hash(&graph(CHAIN), &[]));
    set(&mut after, "a", "name", json!("here"));
    assert_ne!(graph_hash(&after, &[id("b")]), before);
    assert_ne!(graph_hash(&graph(CHAIN), &[id("a")]), before);
}

#[test]
fn what_a_hosted_model_is_told_counts_though_the_type_lists_none_of_it() {
    let mut spec = catalog().get("blur").unwrap().clone();
    let key = |spec: &NodeSpec, prompt: &str| {
        let params: Params = [("prompt".to_owned(), json!(prompt))].into();
        result_key(spec, &params, &BTreeMap::new())
    };
    assert_eq!(key(&spec, "a boat"), key(&spec, "a ship"), "what a type does not have is nothing");
    spec.dynamic = Some(DynamicPorts::Hosted);
    assert_ne!(key(&spec, "a boat"), key(&spec, "a ship"));
    assert_eq!(key(&spec, "a boat"), key(&spec, "a boat"));
}
