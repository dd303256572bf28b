//! Runs from outside: what happens, in which order, and what does not.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use engine::{EventLog, Limits};
use expect_test::expect;
use serde_json::json;
use shared::{
    run::{FailureCode, RunEvent, RunStatus},
    value::Value,
};

use crate::{
    fixture::{BUSY_MAX, count, engine, engine_with, lines, request, run},
    graph::{graph, id},
};

#[tokio::test]
async fn a_chain_runs_in_order_and_hands_its_output_out() {
    let graph =
        graph("a:test.input -> b:test.sum -> out:test.output{\"name\":\"total\"}\n s:test.stream\n s -> t:test.output");
    let mut request = request(graph);
    request.inputs.insert("n".into(), json!(20));
    request.targets = vec![id("out")];
    let (report, events) = run(&engine(), &request).await;
    assert_eq!((report.status, report.outputs["total"].clone()), (RunStatus::Done, Value::Number(20.0)));
    expect![[r#"
        run of [a, b, out]
        a started
        a done number=20.0
        b started
        b done sum=20.0
        out started
        out done value=20.0
        run done
    "#]]
    .assert_eq(&lines(&events));

    request.targets = vec![id("t")];
    request.inputs.clear();
    let (_, events) = run(&engine(), &request).await;
    expect![[r#"
        run of [s, t]
        s started
        s at 0.25
        s.text += hel
        s.text += lo
        s done text="hello"
        t started
        t done value="hello"
        run done
    "#]]
    .assert_eq(&lines(&events));
}

#[tokio::test]
async fn branches_run_at_the_same_time() {
    let request = request(graph("a:test.meet{\"place\":\"branches\"}\n b:test.meet{\"place\":\"branches\"}"));
    let engine = engine();
    let run = tokio::time::timeout(Duration::from_secs(10), run(&engine, &request)).await;
    assert_eq!(run.expect("one branch waited for the other").0.status, RunStatus::Done);
}

#[tokio::test]
async fn a_resource_is_not_overcommitted() {
    let text: String = (0..12).map(|n| format!("n{n}:test.busy\n")).collect();
    let engine = engine_with(Limits { ffmpeg: 2, ..Limits::default() });
    // Two runs share the limit.
    let (first, second) = (request(graph(&text)), request(graph(&text)));
    tokio::join!(run(&engine, &first), run(&engine, &second));
    assert_eq!(BUSY_MAX.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failure_takes_only_its_dependants_with_it() {
    let text = "a:test.number -> bad:test.fail -> c:test.sum -> d:test.output{\"name\":\"lost\"}
                a -> good:test.sum -> e:test.output{\"name\":\"kept\"}";
    let (report, events) = run(&engine(), &request(graph(text))).await;
    assert_eq!(report.status, RunStatus::Failed);
    assert_eq!(report.outputs.keys().collect::<Vec<_>>(), ["kept"]);
    let failure = &report.failures[&id("bad")];
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::InvalidInput, Some("number")));
    let told = lines(&events);
    for line in ["c skipped because of bad", "d skipped because of bad", "e done value=1.0"] {
        assert!(told.contains(line), "`{line}` is not in:\n{told}");
    }
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_node() {
    let text = "bad:test.fail{\"panic\":true}\n good:test.number";
    let (report, events) = run(&engine(), &request(graph(text))).await;
    let failure = &report.failures[&id("bad")];
    assert_eq!(failure.code, FailureCode::Internal);
    assert!(failure.raw.as_deref().unwrap().contains("out of luck"), "{failure:?}");
    assert!(lines(&events).contains("good done"));
}

#[tokio::test]
async fn a_node_that_takes_too_long_is_stopped() {
    let text = "a:test.hang{\"label\":\"slow\"} -> b:test.sum\n c:test.number";
    let engine = engine_with(Limits { node_timeout: Duration::from_secs(1), ..Limits::default() });
    let (report, events) = run(&engine, &request(graph(text))).await;
    let failure = &report.failures[&id("a")];
    assert_eq!((report.status, failure.code), (RunStatus::Failed, FailureCode::Timeout));
    assert_eq!(failure.message, "the node was stopped after its time limit of 1 s");
    assert_eq!(count("slow"), 1, "the node was not told to stop");
    assert!(lines(&events).contains("b skipped because of a"));
}

#[tokio::test]
async fn a_cancelled_run_keeps_what_is_finished() {
    let text = "a:test.number -> b:test.hang{\"label\":\"cancelled\"} -> c:test.sum
                a -> kept:test.output";
    let request = request(graph(text));
    let (engine, log) = (engine(), Arc::new(EventLog::default()));
    let stop = async {
        while !lines(&log.events()).contains("b at 0.5") || !lines(&log.events()).contains("kept done") {
            tokio::task::yield_now().await;
        }
        request.cancel.cancel();
    };
    let begin = Instant::now();
    let (report, ()) = tokio::join!(engine.run(&request, log.clone()), stop);
    let report = report.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert_eq!((report.status, report.outputs.len(), report.failures.len()), (RunStatus::Cancelled, 1, 0));
    let told = lines(&log.events());
    assert!(told.ends_with("b cancelled\nc cancelled\nrun cancelled\n"), "{told}");
    assert_eq!(count("cancelled"), 1, "the node was not told to stop");
}

#[tokio::test]
async fn a_run_cancelled_before_it_began_runs_nothing() {
    let request = request(graph("a:test.work{\"label\":\"never\"} -> b:test.sum"));
    request.cancel.cancel();
    let (report, _) = run(&engine(), &request).await;
    assert_eq!((report.status, count("never")), (RunStatus::Cancelled, 0));
}

#[tokio::test]
async fn an_unchanged_node_is_not_run_again() {
    let (engine, text) = (engine(), "a:test.number{\"value\":3} -> b:test.work{\"label\":\"again\"} -> c:test.sum");
    let mut request = request(graph(text));
    run(&engine, &request).await;
    let (_, events) = run(&engine, &request).await;
    assert!(lines(&events).contains("b cached number=3.0"));
    assert_eq!(count("again"), 1);

    // Another way to the same value changes nothing, another value does.
    request.graph = graph("x:test.number{\"value\":3} -> y:test.sum -> b:test.work{\"label\":\"again\"}");
    run(&engine, &request).await;
    assert_eq!(count("again"), 1);
    request.graph = graph("a:test.number{\"value\":4} -> b:test.work{\"label\":\"again\"}");
    run(&engine, &request).await;
    assert_eq!(count("again"), 2);

    // Workspaces do not see each other's results.
    request.scope = "another".into();
    run(&engine, &request).await;
    assert_eq!(count("again"), 3);
}

#[tokio::test]
async fn two_identical_nodes_at_once_run_once() {
    let text = "b:test.work{\"label\":\"twice\",\"millis\":100}\n c:test.work{\"label\":\"twice\",\"millis\":100}";
    let engine = engine();
    let (first, second) = (request(graph(text)), request(graph(text)));
    let ((first, _), (second, _)) = tokio::join!(run(&engine, &first), run(&engine, &second));
    assert_eq!((first.status, second.status, count("twice")), (RunStatus::Done, RunStatus::Done, 1));
}

#[tokio::test]
async fn who_waits_for_a_cancelled_execution_takes_over() {
    let text = "b:test.give_up{\"label\":\"handed over\"} -> c:test.output";
    let engine = engine();
    let (first, second) = (request(graph(text)), request(graph(text)));
    let log = Arc::new(EventLog::default());
    let cancel = async {
        // The first has begun, the second waits for it.
        while count("handed over") == 0 || !lines(&log.events()).contains("b started") {
            tokio::task::yield_now().await;
        }
        first.cancel.cancel();
    };
    let ((first, _), second, ()) = tokio::join!(run(&engine, &first), engine.run(&second, log.clone()), cancel);
    let second = second.unwrap();
    assert_eq!((first.status, second.status), (RunStatus::Cancelled, RunStatus::Done));
    assert_eq!((second.outputs["result"].clone(), count("handed over")), (Value::Number(2.0), 2));
}

#[tokio::test]
async fn an_empty_seed_is_drawn_and_told() {
    let engine = engine();
    let mut request = request(graph("a:test.draw\n b:test.draw{\"seed\":7}"));
    let mut drawn = Vec::new();
    for n in 0..2 {
        // Drawn for the run: every attempt at one run draws the same.
        request.run = uuid::Uuid::now_v7().into();
        let (_, events) = run(&engine, &request).await;
        for event in &events {
            if let RunEvent::NodeFinished { node, outputs, seed, cached, .. } = event {
                assert_eq!(outputs["number"], Value::Number(seed.unwrap() as f64));
                if *node == id("a") {
                    assert!(!cached);
                    drawn.push(seed.unwrap());
                } else {
                    assert_eq!((*seed, *cached), (Some(7), n == 1));
                }
            }
        }
    }
    assert_ne!(drawn[0], drawn[1]);
}

#[tokio::test]
async fn a_branch_that_is_not_taken_is_skipped_without_failing_the_run() {
    let text = "a:test.number -> if:test.branch
                if[yes] -> b:test.work -> c:test.output{\"name\":\"yes\"}
                if[no] -> d:test.branch
                d[yes] -> e:test.output{\"name\":\"no\"}";
    let (report, events) = run(&engine(), &request(graph(text))).await;
    let told = lines(&events);
    assert_eq!(
        (report.status, report.outputs.into_keys().collect::<Vec<_>>()),
        (RunStatus::Done, vec!["yes".to_owned()]),
        "{told}"
    );
    assert!(told.contains("d skipped because of if") && told.contains("e skipped because of if"), "{told}");
}

/// The promise of the design: at most 0.2 ms for each trivial node, 5,000 nodes a second. The bound here leaves room for
/// a debug build on a busy machine; the figure is printed.
#[tokio::test]
async fn trivial_nodes_cost_next_to_nothing() {
    const NODES: usize = 5000;
    let chains: String = (0..50)
        .map(|chain| {
            let first = format!("c{chain}n0:test.number");
            let steps = (1..NODES / 50).map(|n| format!(" -> c{chain}n{n}:test.sum"));
            first + steps.collect::<String>().as_str() + "\n"
        })
        .collect();
    let (engine, request) = (engine(), request(graph(&chains)));
    let begin = Instant::now();
    let plan = engine.prepare(&request).await.unwrap();
    let planned = begin.elapsed();
    let report = engine.execute(plan, &request, Arc::new(EventLog::default())).await;
    assert_eq!(report.status, RunStatus::Done);
    let each = report.duration / NODES as u32;
    let per_second = NODES as f64 / report.duration.as_secs_f64();
    eprintln!(
        "{NODES} nodes: planned in {planned:?}, run in {:?}, {each:?} each, {per_second:.0} nodes/s",
        report.duration
    );
    assert!(each < Duration::from_millis(1), "{each:?} for each node");
}
