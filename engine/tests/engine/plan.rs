//! What is planned, and what is refused.

use std::collections::BTreeMap;

use engine::{Library, Plan, PlanError, PlanScope};
use serde_json::json;
use shared::{
    graph::{Graph, Mode},
    id::NodeId,
};

use crate::graph::{graph, id};

fn plan(text: &str, targets: &[&str], inputs: serde_json::Value) -> Result<Plan, PlanError> {
    let targets: Vec<_> = targets.iter().map(|target| id(target)).collect();
    let inputs: BTreeMap<_, _> = serde_json::from_value(inputs).unwrap();
    planned_of(&graph(text), &targets, &inputs)
}

fn planned_of(
    graph: &Graph,
    targets: &[NodeId],
    inputs: &BTreeMap<String, serde_json::Value>,
) -> Result<Plan, PlanError> {
    let scope = PlanScope { targets, ..PlanScope::default() };
    Plan::new(graph, scope, inputs, &Library::new())
}

fn planned(plan: &Plan) -> Vec<String> {
    plan.keys().map(|(id, _)| id.to_string()).collect()
}

const DIAMOND: &str = "
    z:test.number -> b:test.sum -> a:test.sum
    z -> c:test.sum -> a
    z -> apart:test.sum
";

#[test]
fn every_node_stands_behind_those_it_needs() {
    let order = planned(&plan(DIAMOND, &[], json!({})).unwrap());
    let at = |id: &str| order.iter().position(|node| node == id).unwrap();
    assert_eq!(order.len(), 5);
    assert!(at("z") < at("b") && at("b") < at("a") && at("c") < at("a") && at("z") < at("apart"), "{order:?}");
}

#[test]
fn only_what_the_targets_need_is_planned() {
    let mut order = planned(&plan(DIAMOND, &["b"], json!({})).unwrap());
    order.sort();
    assert_eq!(order, ["b", "z"]);
}

#[test]
fn a_fault_elsewhere_does_not_keep_a_target_from_running() {
    let text = "a:test.number -> b:test.sum\n lonely:test.branch";
    assert!(plan(text, &["b"], json!({})).is_ok());
    let Err(PlanError::Problems(problems)) = plan(text, &[], json!({})) else { panic!("a missing input was taken") };
    assert_eq!(problems[0].place.to_string(), "nodes.lonely.number");
}

#[test]
fn a_muted_target_is_refused_by_name() {
    let mut muted = graph("a:test.number -> b:test.sum");
    muted.nodes.get_mut(&id("a")).unwrap().mode = Mode::Mute;
    let refused = planned_of(&muted, &[id("b")], &BTreeMap::new()).err();
    assert_eq!(refused, Some(PlanError::LeftOut { node: id("b") }));
    assert_eq!(planned_of(&muted, &[], &BTreeMap::new()).err(), Some(PlanError::Empty));
    let refused = planned_of(&muted, &[id("nobody")], &BTreeMap::new()).err();
    assert_eq!(refused, Some(PlanError::UnknownTarget { node: id("nobody") }));
}

#[test]
fn reroutes_and_notes_are_no_part_of_a_plan() {
    let straight = plan("a:test.number -> b:test.sum", &[], json!({})).unwrap();
    let rerouted = "a:test.number -> r:flow.reroute -> b:test.sum\n n:note.text";
    let same = plan(rerouted, &[], json!({})).unwrap();
    assert_eq!(same.keys().collect::<Vec<_>>(), straight.keys().collect::<Vec<_>>(), "what was made stays good");
    // Run up to the reroute, with the note beside it selected too.
    assert_eq!(planned(&plan(rerouted, &["r", "n"], json!({})).unwrap()), ["a"]);
    assert_eq!(plan(rerouted, &["n"], json!({})).err(), Some(PlanError::Empty));
    assert_eq!(plan("n:note.text", &[], json!({})).err(), Some(PlanError::Empty));
}

#[test]
fn what_does_not_fit_behind_a_reroute_is_told_at_the_wire_that_people_see() {
    let text = "a:text.input{\"value\":\"x\"} -> r:flow.reroute -> b:image.blur";
    let Err(PlanError::Problems(problems)) = plan(text, &[], json!({})) else {
        panic!("a text was taken for a picture")
    };
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|problem| problem.contains("edges.b:image") && problem.contains("text")), "{told:?}");
}

#[test]
fn an_unknown_input_is_refused_with_the_names_there_are() {
    let refused = plan("a:test.input -> b:test.sum", &[], json!({"m": 2})).err().unwrap();
    assert_eq!(refused.to_string(), "the workflow has no input `m`: it has `n`");
}

#[test]
fn an_input_without_a_name_cannot_be_set() {
    let mut unnamed = graph("a:test.input -> b:test.sum");
    unnamed.nodes.get_mut(&id("a")).unwrap().params.insert("name".to_owned(), json!(""));
    let refused = planned_of(&unnamed, &[], &BTreeMap::from([(String::new(), json!(2))])).err();
    assert_eq!(refused, Some(PlanError::UnknownInput { name: String::new(), known: Vec::new() }));
}

#[test]
fn an_input_changes_the_keys_of_what_depends_on_it() {
    let text = "a:test.input -> b:test.sum\n c:test.number";
    let keys = |inputs| {
        let plan = plan(text, &[], inputs).unwrap();
        plan.keys().map(|(id, key)| (id.to_string(), key.to_owned())).collect::<BTreeMap<_, _>>()
    };
    let (without, with) = (keys(json!({})), keys(json!({"n": 2})));
    assert_ne!(without["a"], with["a"]);
    assert_ne!(without["b"], with["b"]);
    assert_eq!(without["c"], with["c"]);
    // The default, spelled out, is no change.
    assert_eq!(without, keys(json!({"n": 1.0})));
}

#[test]
fn all_problems_are_listed_with_their_places() {
    let text = "a:test.sum -> b:test.sum -> a\n c:test.vanished\n d:test.input{\"value\":\"x\"}";
    let refused = plan(text, &[], json!({})).err().unwrap();
    let text = refused.to_string();
    for part in ["nodes.a", "circle", "nodes.c", "`test.vanished`", "nodes.d.value"] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}
