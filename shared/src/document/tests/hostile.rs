use std::sync::Arc;

use proptest::prelude::*;
use yrs::{Any, ArrayPrelim, Map, MapPrelim, Text, TextPrelim, Transact, WriteTxn};

use super::{GraphDocument, graph_of, replica, seeded, send, ui};
use crate::{
    check::{ProblemCode, Severity, check},
    document::{OutputsDocument, new_doc},
    fixture::{catalog, graph, id},
};

/// What somebody's own program may write: any value under any key.
fn value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        Just(Any::Null),
        Just(Any::Undefined),
        any::<bool>().prop_map(Any::from),
        // serde_json reads longer fractions within one unit in the last place only.
        any::<i32>().prop_map(|n| Any::from(f64::from(n) / 8.0)),
        any::<i64>().prop_map(|n| Any::Number(yrs::Number::Int(n))),
        prop::sample::select(vec![f64::NAN, f64::INFINITY, -0.0, 1e300, 0.1]).prop_map(Any::from),
        Just(Any::from(vec![1u8, 2])),
        "[a-z.:]{0,8}".prop_map(Any::from),
        Just(Any::from("active")),
        Just(Any::from("n1")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| Any::Array(items.into())),
            prop::collection::hash_map(prop_oneof![field().prop_map(str::to_owned), "[a-z]{1,3}"], inner, 0..5)
                .prop_map(|map| Any::Map(Arc::new(map))),
        ]
    })
}

fn field() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "type",
        "version",
        "pos",
        "size",
        "title",
        "params",
        "mode",
        "frame",
        "color",
        "collapsed",
        "z",
        "from",
        "to",
        "output",
        "input",
        "schema",
        "description",
        "outputs",
        "run",
        "status",
        "history",
        "values",
        "text",
        "error",
    ])
}

#[derive(Debug, Clone)]
enum Write {
    Any(Any),
    Map(Vec<(&'static str, Any)>),
    NodeWithParams(Vec<(String, Any)>),
    Array,
    Text,
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        value().prop_map(Write::Any),
        prop::collection::vec((field(), value()), 0..8).prop_map(Write::Map),
        prop::collection::vec(("[a-z]{1,6}", value()), 0..6).prop_map(Write::NodeWithParams),
        Just(Write::Array),
        Just(Write::Text),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![Just("n1".to_owned()), Just("n1:image".to_owned()), field().prop_map(str::to_owned), ".{0,80}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_document_can_be_opened(
        writes in prop::collection::vec((prop::sample::select(vec!["meta", "nodes", "edges", "frames", "runs", "own"]), key(), write()), 0..24)
    ) {
        let doc = new_doc(Some(1));
        {
            let mut txn = doc.transact_mut();
            for (root, key, write) in writes {
                let map = txn.get_or_insert_map(root);
                match write {
                    Write::Any(any) => drop(map.insert(&mut txn, key, any)),
                    Write::Array => drop(map.insert(&mut txn, key, ArrayPrelim::from(["x"]))),
                    Write::Text => drop(map.insert(&mut txn, key, TextPrelim::new("x"))),
                    Write::Map(fields) => {
                        let map = map.insert(&mut txn, key, MapPrelim::default());
                        for (field, any) in fields {
                            map.insert(&mut txn, field, any);
                        }
                    }
                    Write::NodeWithParams(fields) => {
                        let map = map.insert(&mut txn, key, MapPrelim::default());
                        map.insert(&mut txn, "type", "blur");
                        let params = map.insert(&mut txn, "params", MapPrelim::default());
                        params.insert(&mut txn, "nested", MapPrelim::from([("x", 1)]));
                        for (field, any) in fields {
                            params.insert(&mut txn, field, any);
                        }
                    }
                }
            }
        }
        let document = GraphDocument::new(doc.clone());
        let (graph, problems) = document.project();
        prop_assert_eq!(&problems, &document.project().1, "the same problems in the same order");
        // Whatever was readable is readable by all that reads graphs.
        check(&graph, &catalog());
        let text = crate::exchange::write(&graph);
        prop_assert_eq!(crate::exchange::write(&crate::exchange::read(&text, Default::default()).unwrap()), text);
        // And can be edited, also where it is broken.
        ui(&document, |edit| {
            edit.set_param(&id("n1"), "a", serde_json::json!(1));
            let _ = edit.edit_text(&id("n1"), "nested", 0, 0, "x");
            edit.move_nodes(&[(id("n1"), [1.0, 1.0])]);
            edit.remove_nodes(&[id("n1")]);
        });
        OutputsDocument::new(doc).project();
    }
}

#[test]
fn every_broken_entry_is_named_and_the_rest_is_read() {
    let document = seeded(&graph("a:photo; c:blur; a.image -> c.image"));
    {
        let mut txn = document.doc().transact_mut();
        document.nodes().insert(&mut txn, "bare", Any::from(1));
        document.nodes().insert(&mut txn, "typeless", MapPrelim::default());
        document.nodes().insert(&mut txn, "no id!", MapPrelim::default());
        let odd = document.nodes().insert(&mut txn, "odd", MapPrelim::from([("type", "blur"), ("mode", "asleep")]));
        odd.insert(&mut txn, "pos", Any::Array(Arc::from([Any::from(f64::NAN), Any::from(1)])));
        let params = odd.insert(&mut txn, "params", MapPrelim::default());
        params.insert(&mut txn, "deep", (0..500).fold(Any::Null, |inner, _| Any::Array(Arc::from([inner]))));
        params.insert(&mut txn, "shared", MapPrelim::from([("x", 1)]));
        params.insert(&mut txn, "fine", 3);
        document.edges().insert(&mut txn, "half", Any::Map(Arc::new([("from".into(), Any::from("a"))].into())));
        document.frames().insert(&mut txn, "flat", MapPrelim::from([("title", "x")]));
        document.meta().insert(&mut txn, "title", 7);
        document.meta().insert(&mut txn, "schema", 2);
        txn.get_or_insert_text("extra").push(&mut txn, "smuggled");
    }
    let (graph, problems) = document.project();
    assert_eq!(graph.nodes.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["a", "c", "odd"]);
    assert_eq!(graph.nodes["odd"].params, [("fine".to_owned(), serde_json::json!(3))].into());
    assert_eq!(graph.edges.len(), 1);
    let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expect_test::expect![[r#"
        workflow: `no id!` in `nodes` is not an id; the entry is left out
        workflow: `title` is not a text; it is ignored
        workflow: the document has schema 2, this build reads up to 1
        workflow: unknown root `extra` is ignored
        nodes.bare: the node is not a map; it is left out
        nodes.odd.deep: `deep` is nested deeper than 60 levels; it is left out
        nodes.odd.mode: `mode` is not `active`, `bypass` or `mute`; it is ignored
        nodes.odd.pos: `pos` is not a pair of numbers; it is ignored
        nodes.odd.shared: `shared` holds a shared type where a value belongs; it is left out
        nodes.typeless.type: the node has no type; it is left out
        edges.half: the wire does not say `from`, `output`, `to` and `input`; it is left out
        frames.flat: the frame has no place; it is left out
    "#]]
    .assert_eq(&text);
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    assert_eq!(errors.map(|problem| problem.code).collect::<Vec<_>>(), [ProblemCode::NewerSchema]);
    assert_eq!(at_once(document.project_in_parts(async || {})), (graph, problems));
}

#[test]
fn a_document_that_changes_while_it_is_read_in_parts_is_read_all_the_same() {
    let document = GraphDocument::new(new_doc(Some(1)));
    let ids: Vec<_> = (0..1000).map(|n| id(&format!("n{n}"))).collect();
    ui(&document, |edit| {
        for id in &ids {
            edit.add_node(id, &crate::graph::Node::new("photo"), &catalog());
        }
    });
    let mut pauses = 0;
    let (graph, problems) = at_once(document.project_in_parts(async || {
        pauses += 1;
        ui(&document, |edit| edit.remove_nodes(&ids));
    }));
    assert!(pauses > 0, "a thousand nodes are read in parts");
    assert!((1..1000).contains(&graph.nodes.len()), "{} nodes are left of what was read", graph.nodes.len());
    assert_eq!(problems, []);
}

/// For what waits for nobody.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    use std::task::{Context, Poll, Waker};
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn roots_of_another_kind_than_ours_are_opened_too() {
    let doc = new_doc(Some(1));
    {
        let mut txn = doc.transact_mut();
        txn.get_or_insert_text("nodes").push(&mut txn, "not nodes");
        txn.get_or_insert_array("edges");
    }
    let reader = GraphDocument::new(new_doc(Some(2)));
    send(&doc, reader.doc());
    assert_eq!(graph_of(&reader).nodes.len(), 0);
    ui(&reader, |edit| edit.add_node(&id("a"), &crate::graph::Node::new("photo"), &catalog()));
    assert_eq!(graph_of(&replica(&reader, 3)).nodes.len(), 1);
    let there = GraphDocument::new(doc);
    send(reader.doc(), there.doc());
    assert_eq!(graph_of(&there).nodes.len(), 1);
}
