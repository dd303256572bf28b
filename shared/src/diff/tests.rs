use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    document::{GraphDocument, Origin, new_doc, seed, undo_manager},
    fixture::{catalog, edge, edge_id, graph, id},
    graph::{Meta, Mode},
    id::WorkflowId,
};

fn diff(old: &Graph, new: &Graph) -> GraphDiff {
    GraphDiff::between(old, new)
}

fn seeded(graph: &Graph) -> GraphDocument {
    let document = GraphDocument::new(new_doc(Some(1)));
    seed(&document, WorkflowId::from(uuid::Uuid::from_u128(7)), graph, &catalog());
    document
}

#[test]
fn a_diff_names_every_change_with_its_old_and_new_value() {
    let old = graph("a:photo; b:blur; t:text; a.image -> b.image");
    let mut new = graph("a:photo; b:blur; c:blur; a.image -> c.image");
    new.meta.title = "Renamed".into();
    new.nodes.get_mut("a").unwrap().pos = [5.0, 7.5];
    let b = new.nodes.get_mut("b").unwrap();
    b.params.insert("radius".into(), json!(9));
    b.mode = Mode::Bypass;
    let diff = diff(&old, &new);
    let added = serde_json::to_value(&new.nodes["c"]).unwrap();
    let expected = json!({
        "meta": {"title": {"old": "", "new": "Renamed"}},
        "nodes": {
            "a": {"changed": {"pos": {"old": [0, 0], "new": [5, 7.5]}}},
            "b": {"changed": {"mode": {"new": "bypass"}, "params.radius": {"new": 9}}},
            "c": {"added": added},
            "t": {"removed": serde_json::to_value(&old.nodes["t"]).unwrap()},
        },
        "edges": {
            "b:image": {"removed": {"from": "a", "output": "image", "to": "b", "input": "image"}},
            "c:image": {"added": {"from": "a", "output": "image", "to": "c", "input": "image"}},
        },
    });
    assert_eq!(serde_json::to_value(&diff).unwrap(), expected);
    assert_eq!(serde_json::from_value::<GraphDiff>(expected).unwrap(), diff);
    let summary = Summary { added: 1, removed: 1, changed: 1, moved: 1, wires: 2, frames: 0, meta: true };
    assert_eq!(diff.summary(), summary);
}

#[test]
fn a_wire_that_leads_elsewhere_under_its_id_is_changed() {
    let old = graph("a:photo; b:photo; c:blur; a.image -> c.image");
    let mut new = old.clone();
    new.edges.insert(edge_id("c:image"), edge("b.image -> c.image"));
    let diff = diff(&old, &new);
    let EntryDiff::Changed(changes) = &diff.edges[&edge_id("c:image")] else { panic!("{diff:?}") };
    assert_eq!(changes[&Field::From], Change { old: Some(json!("a")), new: Some(json!("b")) });
}

#[test]
fn a_change_of_what_is_not_there_is_left_out() {
    let old = graph("a:blur");
    let mut new = old.clone();
    new.nodes.get_mut("a").unwrap().title = Some("T".into());
    let mut other = graph("b:blur");
    let before = other.clone();
    diff(&old, &new).apply(&mut other);
    assert_eq!(other, before);
}

#[test]
fn a_change_that_would_make_nonsense_is_left_out() {
    let mut graph = graph("a:blur");
    let before = graph.clone();
    let nonsense = json!({"nodes": {"a": {"changed": {"pos": {"new": "here"}}}}});
    serde_json::from_value::<GraphDiff>(nonsense).unwrap().apply(&mut graph);
    assert_eq!(graph, before);
}

#[test]
fn only_texts_are_compared_as_texts() {
    let change = |old, new| Change { old, new };
    assert_eq!(change(Some(json!("a")), None).texts(), Some(("a", "")));
    assert_eq!(change(Some(json!("a")), Some(json!("b"))).texts(), Some(("a", "b")));
    assert_eq!(change(Some(json!(1)), Some(json!("b"))).texts(), None);
}

#[test]
fn going_back_to_an_older_graph_is_one_step_to_undo() {
    let old = graph("a:photo; b:blur; t:text; a.image -> b.image");
    let document = seeded(&old);
    let (old, _) = document.project();
    let mut undo = undo_manager(&document, || 1);
    document.edit(Origin::Ui, |edit| {
        edit.remove_nodes(&[id("a")]);
        edit.set_param(&id("b"), "radius", json!(9));
        edit.move_nodes(&[(id("b"), [4.0, 4.0])]);
        edit.replace_text(&id("t"), "text", "hello 🐱 world").unwrap();
        edit.add_node(&id("n"), &Node::new("collage"), &catalog());
        edit.connect(crate::fixture::edge("b.image -> n.images"), &catalog());
    });
    undo.reset();
    let (edited, _) = document.project();
    let diff = document.edit(Origin::Ui, |edit| edit.restore(&old, &catalog()));
    assert_eq!(document.project().0, old);
    assert_eq!(diff, GraphDiff::between(&edited, &old));
    assert!(undo.undo_blocking());
    assert_eq!(document.project().0, edited);
    assert!(undo.redo_blocking());
    assert_eq!(document.project().0, old);
}

#[test]
fn going_back_keeps_the_words_others_are_typing_around() {
    let document = seeded(&graph("t:text"));
    let set = |text: &str| document.edit(Origin::Ui, |edit| edit.replace_text(&id("t"), "text", text).unwrap());
    set("a red fox jumps over it");
    let (old, _) = document.project();
    set("one red fox sleeps on it");
    let client = document.doc().client_id();
    let clock = |doc: &GraphDocument| yrs::ReadTxn::state_vector(&yrs::Transact::transact(doc.doc())).get(&client);
    let before = clock(&document);
    document.edit(Origin::Ui, |edit| drop(edit.restore(&old, &catalog())));
    assert_eq!(document.project().0, old);
    let written = clock(&document) - before;
    assert!(written < 12, "{written} characters were written anew");
}

/// Graphs over few names, so that two of them share much.
fn any_graph() -> impl Strategy<Value = Graph> {
    let name = prop::sample::select(vec!["a", "b", "c", "d", "e"]);
    let coordinate = prop_oneof![(-3i32..3).prop_map(f64::from), Just(0.25), Just(1e9)];
    let pos = [coordinate.clone(), coordinate];
    let param = prop_oneof![
        Just(("radius", json!(4))),
        (0..3).prop_map(|n| ("radius", json!(f64::from(n) + 0.5))),
        "[a-c 🐱\n]{0,6}".prop_map(|text| ("text", json!(text))),
        Just(("extra", json!({"deep": [1, null, {"x": ""}]}))),
        Just(("extra", json!(null))),
    ];
    let node = (
        prop::sample::select(vec!["text", "photo", "blur", "collage", "future.node"]),
        pos.clone(),
        prop::collection::vec(param, 0..3),
        prop::option::of("[a-b]{0,2}"),
        prop::sample::select(vec![Mode::Active, Mode::Bypass, Mode::Mute]),
        prop::option::of(prop::sample::select(vec!["a", "b", "z"])),
        (any::<bool>(), prop::option::of(pos.clone()), prop::option::of(Just("#aabbcc")), prop::option::of("[a-c]")),
    );
    let node = node.prop_map(|(node_type, pos, params, title, mode, frame, (collapsed, size, color, z))| Node {
        pos,
        params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        title,
        mode,
        frame: frame.map(|frame| frame.parse().unwrap()),
        collapsed,
        size,
        color: color.map(str::to_owned),
        z,
        version: if collapsed { 2 } else { 1 },
        ..Node::new(node_type)
    });
    let wire = (name.clone(), name.clone(), prop::sample::select(vec!["image", "images", "images:1"]));
    let wire = wire.prop_map(|(from, to, input)| {
        let edge = edge(&format!("{from}.image -> {to}.{}", input.trim_end_matches(":1")));
        (edge_id(&format!("{to}:{input}")), edge)
    });
    let frame = (pos.clone(), pos, "[a-b]{0,2}", prop::option::of(Just("red".to_owned())));
    let frame = frame.prop_map(|(pos, size, title, color)| Frame { pos, size, title, color });
    let nodes = prop::collection::btree_map(name.clone().prop_map(id), node, 0..5);
    let frames = prop::collection::btree_map(name.prop_map(|name| name.parse().unwrap()), frame, 0..3);
    let edges = prop::collection::vec(wire, 0..6).prop_map(|edges| edges.into_iter().collect());
    ("[a-b]{0,2}", nodes, edges, frames).prop_map(|(title, nodes, edges, frames)| Graph {
        meta: Meta { description: title.repeat(2), title },
        nodes,
        edges,
        frames,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn applying_a_diff_to_the_old_graph_yields_the_new_one(old in any_graph(), new in any_graph()) {
        let diff = diff(&old, &new);
        prop_assert_eq!(diff.is_empty(), old == new);
        prop_assert_eq!(&diff.missing_in(&old), &diff);
        prop_assert!(diff.missing_in(&new).is_empty());
        let mut applied = old.clone();
        diff.apply(&mut applied);
        prop_assert_eq!(&applied, &new);
        diff.inverse().apply(&mut applied);
        prop_assert_eq!(&applied, &old);
        prop_assert_eq!(diff.inverse(), GraphDiff::between(&new, &old));
        let text = serde_json::to_string(&diff).unwrap();
        prop_assert_eq!(serde_json::from_str::<GraphDiff>(&text).unwrap(), diff);
    }

    /// What documents hold can be written back into them, whatever stands there now, and undone in one step.
    #[test]
    fn a_document_becomes_what_another_held(old in any_graph(), new in any_graph()) {
        let (target, _) = seeded(&old).project();
        let document = seeded(&new);
        let mut undo = undo_manager(&document, || 1);
        let (before, _) = document.project();
        document.edit(Origin::Ui, |edit| drop(edit.restore(&target, &catalog())));
        prop_assert_eq!(document.project(), (target.clone(), vec![]));
        prop_assert_eq!(undo.undo_blocking(), before != target);
        prop_assert_eq!(document.project(), (before, vec![]));
    }

    #[test]
    fn the_pieces_of_a_text_make_up_both_texts(old in "[ab\n 🐱é]{0,40}", new in "[ab\n 🐱é]{0,40}") {
        let pieces = text_pieces(&old, &new);
        let without = |left_out: fn(&TextPiece) -> bool| {
            pieces.iter().filter(|piece| !left_out(piece)).map(TextPiece::text).collect::<String>()
        };
        prop_assert_eq!(without(|piece| matches!(piece, TextPiece::Added(_))), old);
        prop_assert_eq!(without(|piece| matches!(piece, TextPiece::Removed(_))), new);
    }
}
