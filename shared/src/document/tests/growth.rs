//! How documents grow. Figures are of the encoded state, v1 (what travels) and v2 (what is stored).

use super::{encoded_len, encoded_len_v2, seeded, send, ui};
use crate::{
    document::{OutputsDocument, new_doc},
    fixture::id,
    graph::{Graph, Node},
    id::{NodeId, RunId, UserId},
    outputs::{HISTORY_LEN, RUNS_LEN, RunSummary},
    run::{RunEvent, RunStatus},
    value::{Value, Values},
};

fn many_nodes(count: usize) -> (Graph, Vec<NodeId>) {
    let ids: Vec<NodeId> = (0..count).map(|n| id(&format!("node{n}"))).collect();
    let nodes = ids.iter().map(|id| (id.clone(), Node::new("blur"))).collect();
    (Graph { nodes, ..Graph::default() }, ids)
}

/// Position of a node in one frame of a drag.
fn at(frame: u32, node: usize) -> [f64; 2] {
    [f64::from(frame) * 1.37, node as f64 * 100.0 + 0.125]
}

#[test]
fn one_node_dragged_through_ten_thousand_frames_leaves_no_trace() {
    let (graph, ids) = many_nodes(1);
    let document = seeded(&graph);
    ui(&document, |edit| edit.move_nodes(&[(ids[0].clone(), at(0, 0))]));
    let before = encoded_len(document.doc());
    for frame in 1..=10_000 {
        ui(&document, |edit| edit.move_nodes(&[(ids[0].clone(), at(frame, 0))]));
    }
    let grown = encoded_len(document.doc()) as i64 - before as i64;
    assert!(grown <= 16, "10,000 writes of one position left {grown} bytes");
}

#[test]
fn a_drag_of_twenty_nodes_through_ten_thousand_frames_costs_one_write_of_each() {
    let (graph, ids) = many_nodes(20);
    let document = seeded(&graph);
    let before = (encoded_len(document.doc()), encoded_len_v2(document.doc()));
    // Frames travel as presence, which holds the last one only; the drop is the one edit.
    let mut dragging: Vec<(NodeId, [f64; 2])> = Vec::new();
    for frame in 1..=10_000 {
        dragging = ids.iter().enumerate().map(|(n, id)| (id.clone(), at(frame, n))).collect();
    }
    ui(&document, |edit| edit.move_nodes(&dragging));
    let grown = (encoded_len(document.doc()) - before.0, encoded_len_v2(document.doc()) - before.1);
    assert!(grown.0 <= 1024 && grown.1 <= 1024, "v1 and v2 grew by {grown:?} bytes");
}

#[test]
fn a_hundred_drops_of_twenty_nodes_stay_small_on_disk() {
    let (graph, ids) = many_nodes(20);
    let document = seeded(&graph);
    let before = (encoded_len(document.doc()), encoded_len_v2(document.doc()));
    for drop in 1..=100 {
        let moves: Vec<_> = ids.iter().enumerate().map(|(n, id)| (id.clone(), at(drop, n))).collect();
        ui(&document, |edit| edit.move_nodes(&moves));
    }
    let grown = (encoded_len(document.doc()) - before.0, encoded_len_v2(document.doc()) - before.1);
    assert!(grown.0 <= 25_000 && grown.1 <= 2_500, "v1 and v2 grew by {grown:?} bytes");
}

#[test]
fn typing_and_deleting_a_text_leaves_little() {
    let document = seeded(&crate::fixture::graph("t:text"));
    let before = encoded_len(document.doc());
    for _ in 0..100 {
        for n in 0..50 {
            ui(&document, |edit| edit.edit_text(&id("t"), "text", n, 0, "x")).unwrap();
        }
        ui(&document, |edit| edit.replace_text(&id("t"), "text", "")).unwrap();
    }
    let grown = encoded_len(document.doc()) - before;
    assert!(grown <= 100, "5,000 characters typed and deleted left {grown} bytes");
}

fn run_once(outputs: &OutputsDocument, n: u128, nodes: &[NodeId]) {
    let run = RunId::from(uuid::Uuid::from_u128(n << 64 | 7));
    let now = format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3600 % 24, n / 60 % 60, n % 60);
    let summary = RunSummary {
        started_by: UserId::from(uuid::Uuid::from_u128(1)),
        started_by_name: "Ada".into(),
        started_at: now.clone(),
        status: RunStatus::Queued,
        progress: 0.0,
        cost_usd: None,
        position: None,
    };
    let keyed: Vec<_> = nodes.iter().map(|id| (id.clone(), format!("{n:064x}"))).collect();
    outputs.begin_run(run, summary, &keyed);
    let apply = |event: RunEvent| outputs.apply(run, &event, &now);
    apply(RunEvent::RunStarted { run, nodes: nodes.to_vec() });
    for node in nodes {
        apply(RunEvent::NodeStarted { node: node.clone(), key: String::new() });
    }
    // All nodes work at once, which is the worst order: what they write alternates. Most stream text, the last is a film.
    for piece in 0..30 {
        for node in nodes.iter().skip(1) {
            let delta = format!("word{piece} ");
            apply(RunEvent::TextDelta { node: node.clone(), output: "text".into(), delta });
        }
        apply(RunEvent::NodeProgress { node: nodes[0].clone(), progress: f64::from(piece) / 30.0 });
    }
    for node in nodes {
        apply(RunEvent::NodeFinished {
            node: node.clone(),
            key: String::new(),
            outputs: Values::from([("text".into(), Value::Text(format!("the result of run {n:05}")))]),
            cached: false,
            duration_millis: 1234,
            cost_usd: Some(0.002),
            seed: Some(n as u64),
            items: None,
        });
    }
    apply(RunEvent::RunFinished { status: RunStatus::Done, duration_millis: 1300, cost_usd: Some(0.01) });
}

#[test]
fn a_thousand_reruns_of_streaming_outputs_cost_a_few_bytes_each() {
    let nodes: Vec<NodeId> = (0..5).map(|n| id(&format!("node{n}"))).collect();
    let outputs = OutputsDocument::new(new_doc(Some(1)));
    // What is collected merges into its neighbours only when a document is loaded: as it is, and loaded afresh.
    let mut sizes = Vec::new();
    for n in 1..=1000 {
        run_once(&outputs, n, &nodes);
        if n % 100 == 0 {
            let loaded = new_doc(Some(2));
            send(outputs.doc(), &loaded);
            sizes.push((encoded_len(outputs.doc()), encoded_len(&loaded), encoded_len_v2(&loaded)));
        }
    }
    let state = outputs.project();
    assert_eq!((state.runs.len(), state.nodes.len()), (RUNS_LEN, 5));
    assert!(state.nodes.values().all(|node| node.history.len() == HISTORY_LEN && node.text.is_empty()));
    let per_run = |of: fn(&(usize, usize, usize)) -> usize| (of(&sizes[9]) - of(&sizes[0])) as f64 / 900.0;
    let (running, loaded, stored) = (per_run(|s| s.0), per_run(|s| s.1), per_run(|s| s.2));
    let figures = format!(
        "bytes a run: {running:.0} while open, {loaded:.0} once loaded afresh, {stored:.0} in v2; sizes at every \
         hundredth run: {sizes:?}"
    );
    assert!(running <= 350.0 && loaded <= 120.0 && stored <= 120.0, "{figures}");
}
