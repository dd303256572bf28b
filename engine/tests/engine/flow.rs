//! Lists, branches, loops, workflows within workflows, approvals, pins, retries: from outside.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine::{
    Answered, ApprovalError, Approvals, Decision, NodeError, PlanError, RunRequest, StepId, WorkflowSource,
    WorkflowSourceError, node,
};
use expect_test::expect;
use serde_json::{Value as Json, json};
use shared::{
    exchange,
    graph::{Edge, EdgeId, Graph, Node, Pin},
    run::{Approval, FailureCode, RunEvent, RunStatus},
    value::{Value, Values},
};

use crate::{
    fixture::{count, engine, lines, request, run},
    graph::{graph, id},
};

/// Fails as often as it is told to, and then does not.
#[node("test.flaky", title = "Flaky", resource = "network", cacheable = false, output = "number", example = "{}")]
fn flaky(
    /// How often it fails.
    #[param(default = 1)]
    failures: u32,
) -> Result<f64, NodeError> {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let call = CALLS.fetch_add(1, Ordering::SeqCst);
    if call < failures as usize {
        return Err(NodeError::new(FailureCode::ProviderDown, "not today"));
    }
    Ok(call as f64)
}

#[tokio::test]
async fn one_failed_item_does_not_stop_the_others() {
    let text = "s:test.list{\"label\":\"i\",\"len\":4} -> m:test.mark{\"label\":\"!\",\"fails_at\":\"2\"} -> j:test.joined -> out:test.output";
    let (report, events) = run(&engine(), &request(graph(text))).await;
    assert_eq!((report.status, &report.outputs["result"]), (RunStatus::Failed, &Value::Text("[i0!,i1!,i3!]".into())));
    assert_eq!(report.failures[&id("m")].message, "1 of 4 failed: `i2` is not wanted");
    let told = lines(&events);
    assert!(told.contains(r#"m done text=[{"type":"text","value":"i0!"}"#), "{told}");
}

#[tokio::test]
async fn where_branches_meet_the_one_that_was_taken_goes_on() {
    let text = "s:test.list{\"len\":3} -> e:test.ends{\"end\":\"1\"}
                s -> f:flow.filter -> i:flow.if
                e -> i(condition)
                i[then] -> yes:test.mark{\"label\":\"yes\"}
                i[else] -> no:test.mark{\"label\":\"no\"}
                yes -> m:flow.merge
                no -> m
                m -> j:test.joined -> out:test.output";
    let (report, _) = run(&engine(), &request(graph(text))).await;
    assert_eq!((report.status, &report.outputs["result"]), (RunStatus::Done, &Value::Text("[0no,1yes,2no]".into())));
}

#[tokio::test]
async fn a_merge_can_take_whichever_comes_first() {
    let text = "slow:test.hang{\"label\":\"outrun\"} -> m:flow.merge{\"pick\":\"arrival\"}
                fast:test.number{\"value\":7} -> m
                m -> out:test.output";
    let request = request(graph(text));
    let log = Arc::new(engine::EventLog::default());
    let stop = async {
        while !lines(&log.events()).contains("out done") {
            tokio::task::yield_now().await;
        }
        request.cancel.cancel();
    };
    let engine = engine();
    let (report, ()) = tokio::join!(engine.run(&request, log.clone()), stop);
    assert_eq!(report.unwrap().outputs["result"], Value::Number(7.0));
}

#[tokio::test]
async fn a_switch_has_an_output_for_each_case() {
    let mut graph = graph(
        "t:test.list{\"len\":1,\"label\":\"x\"} -> s:flow.switch{\"case\":\"night\",\"cases\":[\"day\",\"night\"]}",
    );
    for (name, output) in [("a", "day"), ("b", "night"), ("c", "other")] {
        graph.nodes.insert(id(name), with("test.output", json!({"name": name})));
        connect(&mut graph, "s", output, name, "value");
    }
    let (report, events) = run(&engine(), &request(graph)).await;
    assert_eq!(report.outputs.keys().collect::<Vec<_>>(), ["b"], "{}", lines(&events));
}

fn with(node_type: &str, params: Json) -> Node {
    Node { params: serde_json::from_value(params).unwrap(), ..Node::new(node_type) }
}

fn connect(graph: &mut Graph, from: &str, output: &str, to: &str, input: &str) {
    let edge = Edge { from: id(from), output: output.into(), to: id(to), input: input.into() };
    graph.edges.insert(EdgeId::single(&id(to), input), edge);
}

/// Adds one to its input `n` and says whether it has reached three.
fn counter() -> Graph {
    graph(
        "i:test.input -> s:test.sum
         one:test.number{\"value\":1} -> s
         s -> o:test.output{\"name\":\"n\"}
         s -> big:test.at_least{\"least\":3} -> done:test.output{\"name\":\"done\"}",
    )
}

/// Says whether a number is large enough.
#[node("test.at_least", title = "At least", output = "truth", example = "{}")]
fn at_least(
    /// The number.
    number: f64,
    /// What is enough.
    #[param(default = 1.0, wire = false)]
    least: f64,
) -> Result<bool, NodeError> {
    Ok(number >= least)
}

fn hosting(node_type: &str, mut params: Json, inner: &Graph) -> Graph {
    params["source"] = json!({"graph": exchange::write_value(inner)});
    let mut outer = graph("a:test.number{\"value\":0}\n out:test.output");
    outer.nodes.insert(id("w"), with(node_type, params));
    connect(&mut outer, "a", "number", "w", "n");
    connect(&mut outer, "w", "n", "out", "value");
    outer
}

#[tokio::test]
async fn a_workflow_is_a_node_with_its_named_inputs_and_outputs() {
    let (report, events) = run(&engine(), &request(hosting("flow.workflow", json!({}), &counter()))).await;
    assert_eq!(
        (report.status, &report.outputs["result"]),
        (RunStatus::Done, &Value::Number(1.0)),
        "{}",
        lines(&events)
    );
    // What is within is nobody's business outside.
    assert!(events.iter().all(|event| !format!("{event:?}").contains("big")), "{}", lines(&events));
}

#[tokio::test]
async fn a_repeated_workflow_feeds_itself_until_it_is_done() {
    for (params, result) in
        [(json!({"rounds": 2}), 2.0), (json!({"rounds": 10, "until": "done"}), 3.0), (json!({"rounds": 1}), 1.0)]
    {
        let (report, _) = run(&engine(), &request(hosting("flow.repeat", params, &counter()))).await;
        assert_eq!(report.outputs["result"], Value::Number(result));
    }
}

#[tokio::test]
async fn a_list_runs_a_workflow_for_each_item() {
    let inner = graph(
        "i:text.input{\"name\":\"text\"} -> m:test.mark{\"label\":\"!\",\"fails_at\":\"1\"} -> o:test.output{\"name\":\"out\"}",
    );
    let mut outer = graph("s:test.list{\"len\":3}\n out:test.output");
    outer.nodes.insert(id("w"), with("flow.workflow", json!({"source": {"graph": exchange::write_value(&inner)}})));
    connect(&mut outer, "s", "texts", "w", "text");
    connect(&mut outer, "w", "out", "out", "value");
    let (report, _) = run(&engine(), &request(outer)).await;
    let texts = ["0!", "2!"].map(|text| Value::Text(text.into()));
    assert_eq!(report.outputs["result"], Value::List(texts.to_vec()));
    assert_eq!(report.failures[&id("w")].message, "1 of 3 failed: in `Mark`: `1` is not wanted");
}

struct Shelf(BTreeMap<&'static str, Graph>);

#[async_trait::async_trait]
impl WorkflowSource for Shelf {
    async fn workflow(&self, workflow: &str, version: Option<&str>) -> Result<Graph, WorkflowSourceError> {
        assert_eq!(version, Some("ver_3"));
        self.0.get(workflow).cloned().ok_or_else(|| WorkflowSourceError(format!("there is no workflow `{workflow}`")))
    }
}

fn linking(workflow: &str) -> Graph {
    let interface = json!({"inputs": [{"name": "n", "type": "number"}], "outputs": [{"name": "n", "type": "any"}]});
    let source = json!({"workflow": workflow, "version": "ver_3", "interface": interface});
    let mut outer = graph("a:test.input{\"value\":4}\n out:test.output{\"name\":\"n\"}");
    outer.nodes.insert(id("w"), with("flow.workflow", json!({"source": source})));
    connect(&mut outer, "a", "number", "w", "n");
    connect(&mut outer, "w", "n", "out", "value");
    outer
}

fn shelved(workflow: &str) -> RunRequest {
    let shelf = [("counter", counter()), ("outer", linking("counter")), ("itself", linking("itself"))];
    RunRequest { workflows: Arc::new(Shelf(shelf.into())), ..request(linking(workflow)) }
}

#[tokio::test]
async fn a_linked_workflow_is_fetched_however_deep_and_never_contains_itself() {
    let (report, _) = run(&engine(), &shelved("outer")).await;
    assert_eq!(report.outputs["n"], Value::Number(5.0));
    for (workflow, why) in [("itself", "contains itself"), ("gone", "there is no workflow `gone`")] {
        let Err(PlanError::Problems(problems)) = engine().prepare(&shelved(workflow)).await else {
            panic!("{workflow}")
        };
        assert!(problems[0].message.contains(why), "{problems:?}");
        assert_eq!(problems[0].place.to_string(), "nodes.w.source");
    }
}

/// Rejects the item "1", edits "2", approves the rest.
struct Editor;

#[async_trait::async_trait]
impl Approvals for Editor {
    async fn decision(&self, step: &StepId, approval: &Approval, _: Duration) -> Result<Answered, ApprovalError> {
        assert_eq!((&step.node, &step.items), (&approval.node, &approval.items));
        tokio::task::yield_now().await;
        let decision = match &approval.value {
            Value::Text(text) if text == "1" => Decision::Rejected,
            Value::Text(text) if text == "2" => Decision::Approved { value: Some(Value::Text("two".into())) },
            _ => Decision::Approved { value: None },
        };
        Ok(decision.into())
    }
}

#[tokio::test]
async fn what_waits_for_approval_goes_on_as_it_was_decided() {
    let text = "s:test.list{\"len\":3} -> a:flow.approve{\"question\":\"Good?\"} -> j:test.joined -> out:test.output";
    let request = RunRequest { approvals: Arc::new(Editor), ..request(graph(text)) };
    let (report, events) = run(&engine(), &request).await;
    assert_eq!((report.status, &report.outputs["result"]), (RunStatus::Done, &Value::Text("[0,two]".into())));
    assert_eq!(lines(&events).matches("a waits: Good?").count(), 3);
}

#[tokio::test]
async fn without_anybody_to_ask_an_approval_fails() {
    let (report, _) = run(&engine(), &request(graph("n:test.number -> a:flow.approve"))).await;
    assert_eq!(report.failures[&id("a")].message, "nobody can approve anything here");
}

#[tokio::test]
async fn a_pinned_node_yields_its_pin_and_needs_nothing() {
    let mut pinned = graph(
        "a:test.work{\"label\":\"above a pin\"} -> b:test.work{\"label\":\"pinned\"} -> c:test.output\n a -> d:test.sum",
    );
    let values = Values::from([("number".to_owned(), Value::Number(42.0))]);
    pinned.nodes.get_mut("b").unwrap().pin = Some(Pin { values, run: None, seed: None });
    let mut alone = pinned.clone();
    alone.nodes.remove("d");
    alone.edges.retain(|_, edge| edge.to != id("d"));
    let (report, events) = run(&engine(), &request(alone)).await;
    expect![[r#"
        run of [b, c]
        b cached number=42.0
        c started
        c done value=42.0
        run done
    "#]]
    .assert_eq(&lines(&events));
    assert_eq!((report.outputs["result"].clone(), count("above a pin")), (Value::Number(42.0), 0));
    // Somebody else needs what stands above.
    run(&engine(), &request(pinned)).await;
    assert_eq!((count("above a pin"), count("pinned")), (1, 0));
}

#[tokio::test]
async fn from_here_runs_the_node_anew_and_what_depends_on_it() {
    let text = "a:test.work{\"label\":\"before here\"} -> b:test.work{\"label\":\"here\"} -> e:test.work{\"label\":\"behind here\"} -> c:test.output\n x:test.work{\"label\":\"elsewhere\"}";
    let (engine, mut request) = (engine(), request(graph(text)));
    run(&engine, &request).await;
    request.from = vec![id("b")];
    let (report, events) = run(&engine, &request).await;
    assert_eq!(report.status, RunStatus::Done, "{}", lines(&events));
    assert_eq!((count("before here"), count("here"), count("elsewhere")), (1, 2, 1));
    assert_eq!(count("behind here"), 2, "what depends on it is made anew, also from the same input");
}

#[tokio::test]
async fn what_may_pass_by_itself_is_tried_again_where_allowed() {
    let mut flaky = graph("a:test.flaky{\"failures\":2} -> out:test.output\n b:test.fail");
    for name in ["a", "b"] {
        flaky.nodes.get_mut(name).unwrap().retries = Some(3);
    }
    let (report, _) = run(&engine(), &request(flaky)).await;
    assert_eq!(report.outputs["result"], Value::Number(2.0));
    assert_eq!(report.failures.len(), 1, "what is wrong stays wrong");
}

#[tokio::test]
async fn a_counting_seed_gives_each_item_its_own_and_says_which() {
    let text = "a:test.draw{\"seed\":{\"increment\":5,\"at\":9}}\n s:test.list{\"len\":3} -> b:test.draw_for{\"seed\":{\"increment\":5}}";
    let (_, events) = run(&engine(), &request(graph(text))).await;
    let mut seeds = BTreeMap::new();
    for event in &events {
        if let RunEvent::NodeFinished { node, seed: Some(seed), items, .. } = event {
            seeds.insert(node.to_string(), (*seed, items.as_ref().map(|items| items.seeds.clone())));
        }
    }
    assert_eq!(seeds["a"], (9, None));
    assert_eq!(seeds["b"], (7, Some(vec![5, 6, 7])));
}

/// Draws a number for a text.
#[node("test.draw_for", title = "Draw for", resource = "cpu", output = "number", example = "{}")]
fn draw_for(
    /// What it is drawn for.
    text: String,
    /// What it is drawn with.
    #[param]
    seed: engine::Seed,
) -> Result<f64, NodeError> {
    assert!(!text.is_empty());
    Ok(seed.0 as f64)
}
