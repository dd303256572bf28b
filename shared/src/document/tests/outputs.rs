use super::send;
use crate::{
    document::{OutputsDocument, new_doc},
    fixture::{graph, id},
    id::{NodeId, RunId, UserId},
    outputs::{NodeOutput, RUNS_LEN, RunSummary},
    run::{Approval, ApprovalAnswer, ApprovalDecision, FailureCode, NodeFailure, NodeStatus, RunEvent, RunStatus},
    value::{Value, Values},
};

fn run_id(n: u128) -> RunId {
    RunId::from(uuid::Uuid::from_u128(n))
}

fn summary(n: u128) -> RunSummary {
    RunSummary {
        started_by: UserId::from(uuid::Uuid::from_u128(1)),
        started_by_name: "Ada".into(),
        started_at: format!("2026-01-01T00:00:{n:02}Z"),
        status: RunStatus::Queued,
        progress: 0.0,
        cost_usd: None,
        position: None,
    }
}

fn begin(outputs: &OutputsDocument, n: u128, nodes: &[&str]) {
    let nodes: Vec<(NodeId, String)> = nodes.iter().map(|node| (id(node), format!("key-{node}-{n}"))).collect();
    outputs.begin_run(run_id(n), summary(n), &nodes);
}

fn apply(outputs: &OutputsDocument, n: u128, event: RunEvent) {
    outputs.apply(run_id(n), &event, "2026-01-01T12:00:00Z");
}

fn finished(node: &str, text: &str) -> RunEvent {
    RunEvent::NodeFinished {
        node: id(node),
        key: "result key".into(),
        outputs: text_value(text),
        cached: false,
        duration_millis: 12,
        cost_usd: Some(0.5),
        seed: Some(4_294_967_297),
        items: None,
    }
}

fn text_value(text: &str) -> Values {
    Values::from([("text".into(), Value::Text(text.into()))])
}

fn node(outputs: &OutputsDocument, name: &str) -> NodeOutput {
    outputs.project().nodes[name].clone()
}

fn new_outputs() -> OutputsDocument {
    OutputsDocument::new(new_doc(Some(1)))
}

#[test]
fn a_run_is_seen_by_a_late_joiner_as_by_everyone() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a", "b"]);
    assert_eq!(node(&outputs, "a").status, NodeStatus::Queued);
    apply(&outputs, 1, RunEvent::RunStarted { run: run_id(1), nodes: vec![id("a"), id("b")] });
    apply(&outputs, 1, RunEvent::NodeStarted { node: id("a"), key: "result key".into() });
    apply(&outputs, 1, RunEvent::NodeProgress { node: id("a"), progress: 0.333 });
    for delta in ["Hel", "lo 🐱"] {
        apply(&outputs, 1, RunEvent::TextDelta { node: id("a"), output: "text".into(), delta: delta.into() });
    }
    let running = node(&outputs, "a");
    assert_eq!(
        (running.status, running.progress, running.text.as_str(), running.key.as_str()),
        (NodeStatus::Running, Some(0.33), "Hello 🐱", "key-a-1")
    );
    apply(&outputs, 1, finished("a", "Hello 🐱!"));
    let done = node(&outputs, "a");
    assert_eq!(
        (done.status, done.progress, done.text.as_str(), done.values, done.seed, done.cost_usd),
        (NodeStatus::Done, None, "", text_value("Hello 🐱!"), Some(4_294_967_297), Some(0.5))
    );
    assert_eq!(outputs.project().runs[&run_id(1)].progress, 0.5);
    apply(&outputs, 1, finished("b", "x"));
    apply(&outputs, 1, RunEvent::RunFinished { status: RunStatus::Done, duration_millis: 5, cost_usd: Some(1.0) });
    let run = &outputs.project().runs[&run_id(1)];
    assert_eq!((run.status, run.progress, run.cost_usd), (RunStatus::Done, 1.0, Some(1.0)));

    let late = OutputsDocument::new(new_doc(Some(2)));
    send(outputs.doc(), late.doc());
    assert_eq!(late.project(), outputs.project());
}

#[test]
fn earlier_results_stay_while_a_new_run_is_under_way_and_when_it_fails() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a"]);
    apply(&outputs, 1, finished("a", "one"));
    begin(&outputs, 2, &["a"]);
    let queued = node(&outputs, "a");
    assert_eq!((queued.values, queued.status, queued.cost_usd), (text_value("one"), NodeStatus::Queued, None));
    let preview = Value::Text("half".into());
    apply(&outputs, 2, RunEvent::Preview { node: id("a"), output: "text".into(), value: preview });
    assert_eq!((node(&outputs, "a").preview, node(&outputs, "a").values), (text_value("half"), text_value("one")));
    let failure =
        NodeFailure { code: FailureCode::Quota, message: "no credit left".into(), field: None, raw: Some("{}".into()) };
    apply(&outputs, 2, RunEvent::NodeFailed { node: id("a"), failure: failure.clone() });
    let failed = node(&outputs, "a");
    assert_eq!((failed.status, failed.error, failed.values), (NodeStatus::Failed, Some(failure), text_value("one")));
    assert!(failed.preview.is_empty());
    begin(&outputs, 3, &["a"]);
    apply(&outputs, 3, finished("a", "three"));
    let again = node(&outputs, "a");
    assert_eq!((again.error, again.values), (None, text_value("three")));
    let history: Vec<_> = again.history.iter().map(|version| (version.run, version.key.as_str())).collect();
    assert_eq!(history, [(run_id(3), "key-a-3"), (run_id(1), "key-a-1")]);
    assert_eq!(again.history[0].finished_at, "2026-01-01T12:00:00Z");
}

#[test]
fn an_older_run_no_longer_writes_to_a_node_that_a_newer_one_claimed() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a", "b"]);
    begin(&outputs, 2, &["a"]);
    apply(&outputs, 1, finished("a", "old"));
    apply(&outputs, 1, finished("b", "old"));
    assert_eq!((node(&outputs, "a").status, node(&outputs, "b").status), (NodeStatus::Queued, NodeStatus::Done));
}

#[test]
fn what_a_run_leaves_unfinished_is_cancelled_with_it() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a", "b", "c"]);
    apply(&outputs, 1, finished("a", "x"));
    apply(&outputs, 1, RunEvent::NodeStarted { node: id("b"), key: String::new() });
    apply(&outputs, 1, RunEvent::RunFinished { status: RunStatus::Cancelled, duration_millis: 1, cost_usd: None });
    let states: Vec<_> = outputs.project().nodes.values().map(|node| node.status).collect();
    assert_eq!(states, [NodeStatus::Done, NodeStatus::Cancelled, NodeStatus::Cancelled]);
    assert_eq!(outputs.project().runs[&run_id(1)].progress, 0.33);
}

#[test]
fn progress_goes_on_where_a_reloaded_document_stood() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a", "b", "c", "d"]);
    apply(&outputs, 1, finished("a", "x"));
    let reloaded = OutputsDocument::new(new_doc(Some(2)));
    send(outputs.doc(), reloaded.doc());
    apply(&reloaded, 1, RunEvent::NodeSkipped { node: id("b"), because: id("a") });
    apply(&reloaded, 1, RunEvent::NodeCancelled { node: id("c") });
    assert_eq!(reloaded.project().runs[&run_id(1)].progress, 0.75);
}

#[test]
fn only_the_latest_runs_are_listed() {
    let outputs = new_outputs();
    for n in 0..RUNS_LEN as u128 + 5 {
        begin(&outputs, n, &["a"]);
    }
    let runs = outputs.project().runs;
    assert_eq!((runs.len(), runs.keys().next().copied()), (RUNS_LEN, Some(run_id(5))));
}

#[test]
fn nodes_that_left_the_graph_are_forgotten() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a", "b"]);
    outputs.retain_nodes(&graph("a:photo"));
    assert_eq!(outputs.project().nodes.keys().map(|id| id.as_str().to_owned()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn events_of_unknown_runs_and_nodes_and_odd_numbers_do_no_harm() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a"]);
    let before = outputs.project();
    apply(&outputs, 9, finished("a", "x"));
    apply(&outputs, 1, RunEvent::NodeStarted { node: id("zzz"), key: String::new() });
    apply(&outputs, 1, RunEvent::NodeProgress { node: id("a"), progress: f64::NAN });
    assert_eq!(outputs.project(), before);
    let odd = Values::from([("n".into(), Value::Number(f64::NAN)), ("t".into(), Value::Text("fine".into()))]);
    let event = RunEvent::NodeFinished {
        node: id("a"),
        key: String::new(),
        outputs: odd,
        cached: true,
        duration_millis: 1,
        cost_usd: None,
        seed: None,
        items: None,
    };
    apply(&outputs, 1, event);
    let output = node(&outputs, "a");
    assert_eq!(
        (output.status, output.values.keys().cloned().collect::<Vec<_>>()),
        (NodeStatus::Cached, vec!["t".into()])
    );
}

#[test]
fn a_node_waits_until_every_question_has_an_answer() {
    let outputs = new_outputs();
    begin(&outputs, 1, &["a"]);
    let ask = |item: u32| RunEvent::NodeWaiting {
        node: id("a"),
        approval: Approval {
            node: id("a"),
            question: "Good?".into(),
            value: Value::Text("x".into()),
            items: vec![item],
        },
    };
    let answer = |item: u32| RunEvent::NodeAnswered {
        node: id("a"),
        answer: ApprovalAnswer {
            node: id("a"),
            items: vec![item],
            decision: ApprovalDecision::Rejected,
            by: UserId::from(uuid::Uuid::from_u128(1)),
            by_name: "Ada".into(),
            at: "2026-01-01T12:00:00Z".into(),
            note: None,
        },
    };
    for event in [ask(0), ask(1), ask(1), answer(0)] {
        apply(&outputs, 1, event);
    }
    let waiting = node(&outputs, "a");
    assert_eq!((waiting.status, waiting.approvals.len()), (NodeStatus::Waiting, 1));
    assert_eq!(waiting.approvals[0].items, [1]);
    apply(&outputs, 1, answer(1));
    let working = node(&outputs, "a");
    assert_eq!((working.status, working.approvals), (NodeStatus::Running, Vec::new()));
}
