use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ExchangeError, Limits, read, read_value, read_value_with, write};
use crate::graph::Graph;

const WHOLE: &str = r##"{
  "edges": {
    "b:image": {
      "from": "a",
      "input": "image",
      "output": "image",
      "to": "b"
    }
  },
  "frames": {
    "f": {
      "color": "#ff0000",
      "pos": [
        0,
        -1.5
      ],
      "size": [
        10,
        20
      ],
      "title": "box"
    }
  },
  "meta": {
    "description": "all of them",
    "title": "Kittens"
  },
  "nodes": {
    "a": {
      "params": {
        "b": {
          "x": null,
          "y": [
            1,
            0.5,
            "z"
          ]
        },
        "name": "cat"
      },
      "pos": [
        0,
        0
      ],
      "type": "photo",
      "version": 1
    },
    "b": {
      "collapsed": true,
      "color": "#00ff00",
      "frame": "f",
      "mode": "bypass",
      "params": {},
      "pos": [
        100,
        0.25
      ],
      "size": [
        5,
        6
      ],
      "title": "Soften",
      "type": "blur",
      "version": 2,
      "z": "a0"
    }
  },
  "openflow": 1
}
"##;

fn whole() -> Value {
    serde_json::from_str(WHOLE).unwrap()
}

/// The message for the whole graph with one thing changed.
fn refusal(change: impl FnOnce(&mut Value)) -> String {
    let mut value = whole();
    change(&mut value);
    let error = read_value(&value).unwrap_err();
    assert!(error.place().is_some_and(|place| error.to_string().contains(place.split('.').next_back().unwrap())));
    error.to_string()
}

#[test]
fn what_is_written_reads_back_and_is_written_the_same() {
    let graph = read(WHOLE, Limits::default()).unwrap();
    assert_eq!(write(&graph), WHOLE);
    assert_eq!(read(&write(&graph), Limits::default()).unwrap(), graph);
    let empty = write(&Graph::default());
    assert_eq!(read(&empty, Limits::default()).unwrap(), Graph::default());
}

#[test]
fn the_order_and_spelling_of_a_text_do_not_matter() {
    let text = r#"{"nodes":{"a":{"type":"photo","params":{"z":1.0,"a":2},"title":null}},"openflow":1}"#;
    let graph = read(text, Limits::default()).unwrap();
    assert_eq!(graph.nodes["a"].params["z"], json!(1));
    assert!(write(&graph).contains("\"a\": 2,\n        \"z\": 1\n"));
}

#[test]
fn every_refusal_names_the_place() {
    let refusals = [
        refusal(|value| drop(value.as_object_mut().unwrap().remove("openflow"))),
        refusal(|value| value["openflow"] = json!(2)),
        refusal(|value| value["openflow"] = json!("1")),
        refusal(|value| value["extra"] = json!(1)),
        refusal(|value| value["nodes"] = json!([])),
        refusal(|value| value["meta"]["author"] = json!("x")),
        refusal(|value| value["meta"]["title"] = json!(5)),
        refusal(|value| value["nodes"]["a"]["colour"] = json!("x")),
        refusal(|value| value["nodes"]["a b"] = json!({"type": "x"})),
        refusal(|value| value["nodes"]["a"] = json!("x")),
        refusal(|value| value["nodes"]["a"]["type"] = json!("")),
        refusal(|value| drop(value["nodes"]["a"].as_object_mut().unwrap().remove("type"))),
        refusal(|value| value["nodes"]["a"]["version"] = json!(0)),
        refusal(|value| value["nodes"]["a"]["pos"] = json!([1])),
        refusal(|value| value["nodes"]["a"]["pos"] = json!([1, "2"])),
        refusal(|value| value["nodes"]["a"]["params"] = json!(["x"])),
        refusal(|value| value["nodes"]["a"]["params"]["two\nlines"] = json!(1)),
        refusal(|value| value["nodes"]["a"]["mode"] = json!("asleep")),
        refusal(|value| value["nodes"]["a"]["frame"] = json!("no frame")),
        refusal(|value| value["nodes"]["a"]["collapsed"] = json!(0)),
        refusal(|value| drop(value["edges"]["b:image"].as_object_mut().unwrap().remove("output"))),
        refusal(|value| value["edges"]["b:image"]["to"] = json!(7)),
        refusal(|value| value["edges"]["b:image"]["label"] = json!("x")),
        refusal(|value| drop(value["frames"]["f"].as_object_mut().unwrap().remove("size"))),
        refusal(|value| value["nodes"]["a"]["params"]["b"] = (0..70).fold(json!(1), |inner, _| json!([inner]))),
    ];
    expect_test::expect![[r#"
        not an OpenFlow workflow: `openflow` is missing at the top
        `openflow` is 2; this build reads version 1. A newer OpenFlow wrote the file
        `openflow` is "1"; this build reads version 1. A newer OpenFlow wrote the file
        extra: unknown field
        nodes: expected an object, got a list of 0
        meta.author: unknown field
        meta.title: expected a text, got 5
        nodes.a.colour: unknown field
        nodes.a b: `a b` is not an id: 1 to 64 letters, digits, `_` or `-` are
        nodes.a: expected an object, got the text "x"
        nodes.a.type: a name has 1 to 128 printable bytes
        nodes.a.type: missing
        nodes.a.version: expected a version number, 1 or more, got 0
        nodes.a.pos: expected two numbers, got a list of 1
        nodes.a.pos: expected two numbers, got a list of 2
        nodes.a.params: expected an object, got a list of 1
        nodes.a.params.two�lines: a name has 1 to 128 printable bytes
        nodes.a.mode: expected `active`, `bypass` or `mute`, got the text "asleep"
        nodes.a.frame: `no frame` is not an id: 1 to 64 letters, digits, `_` or `-` are
        nodes.a.collapsed: expected true or false, got 0
        edges.b:image.output: missing
        edges.b:image.to: expected a text, got 7
        edges.b:image.label: unknown field
        frames.f.size: missing
        nodes.a.params.b: nested deeper than 64 levels"#]]
    .assert_eq(&refusals.join("\n"));
}

#[test]
fn a_text_beyond_the_limits_is_refused() {
    let limits = Limits { bytes: 10, ..Limits::default() };
    assert!(matches!(read(WHOLE, limits), Err(ExchangeError::TooLarge { max: 10, .. })));
    let limits = Limits { nodes: 1, ..Limits::default() };
    assert!(matches!(read(WHOLE, limits), Err(ExchangeError::TooMany { place: "nodes", count: 2, max: 1 })));
    // Far deeper than the stack would bear, as text and as a value.
    let text = format!("{{\"openflow\":1,\"nodes\":{}", "[".repeat(1_000_000));
    assert!(matches!(read(&text, Limits::default()), Err(ExchangeError::Json { .. })));
    let deep = json!({"openflow": 1, "nodes": (0..1000).fold(json!(1), |inner, _| json!({"x": inner}))});
    assert!(matches!(read_value(&deep), Err(ExchangeError::TooDeep { max: 64, .. })));
}

#[test]
fn what_is_no_json_says_where() {
    let error = read("{\"openflow\": 1,\n oops}", Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "not JSON: key must be a string at line 2 column 2");
    assert!(read("", Limits::default()).is_err());
    assert!(read("[1]", Limits::default()).is_err());
}

/// Any JSON, with our names at likely places.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[a-z:]{0,6}".prop_map(Value::from),
        Just(json!(1)),
        Just(json!([1, 2.5])),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "openflow", "meta", "nodes", "edges", "frames", "title", "type", "version", "pos", "params", "mode",
            "from", "to", "input", "output", "size",
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,2}",
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(mut value in any_json()) {
        if let Value::Object(entries) = &mut value {
            entries.insert("openflow".into(), json!(1));
        }
        if let Ok(graph) = read_value_with(&value, Limits::default()) {
            let text = write(&graph);
            prop_assert_eq!(&write(&read(&text, Limits::default()).unwrap()), &text);
        }
    }
}
