//! How the stored outputs document grows.
#![allow(clippy::print_stdout, reason = "the figures are what this test is for")]

use collab_server::{db::document::DbDocStore, room::DocStore};
use futures_util::future::join_all;
use shared::{
    document::OutputsDocument,
    id::{NodeId, RunId},
    outputs::{HISTORY_LEN, RUNS_LEN, RunSummary},
    protocol::DocumentName,
    run::{RunEvent, RunStatus},
    value::{Value, Values},
};
use uuid::Uuid;

use super::{create, id};
use crate::support::{TestApp, on_each_database};

const RUNS: u32 = 1000;
const NODES: u32 = 10;

type Write = Box<dyn FnOnce(&OutputsDocument) + Send>;

/// The writes of one run, as the writer merges them: its begin, what streams, its end.
fn writes(n: u32, run: RunId, summary: RunSummary) -> Vec<Write> {
    let nodes: Vec<NodeId> = (0..NODES).map(|node| id(&format!("node{node}"))).collect();
    let keyed: Vec<(NodeId, String)> = nodes.iter().map(|node| (node.clone(), format!("{n:064x}"))).collect();
    let now = "2026-11-22T12:00:00Z";
    let mut writes: Vec<Write> = Vec::new();
    let all = nodes.clone();
    writes.push(Box::new(move |outputs| {
        outputs.begin_run(run, summary, &keyed);
        outputs.apply(run, &RunEvent::RunStarted { run, nodes: all.clone() }, now);
        for node in &all {
            outputs.apply(run, &RunEvent::NodeStarted { node: node.clone(), key: String::new() }, now);
        }
    }));
    for piece in 0..3 {
        let nodes = nodes.clone();
        writes.push(Box::new(move |outputs| {
            for node in &nodes {
                let delta = format!("what node {node} says in run {n}, piece {piece}; ");
                let event = RunEvent::TextDelta { node: node.clone(), output: "text".into(), delta };
                outputs.apply(run, &event, now);
                let progress = f64::from(piece) / 3.0;
                outputs.apply(run, &RunEvent::NodeProgress { node: node.clone(), progress }, now);
            }
        }));
    }
    writes.push(Box::new(move |outputs| {
        for node in nodes {
            let event = RunEvent::NodeFinished {
                outputs: Values::from([("text".into(), Value::Text(format!("all that {node} said in run {n}")))]),
                node,
                key: String::new(),
                cached: false,
                duration_millis: 1234,
                cost_usd: Some(0.002),
                seed: Some(n.into()),
                items: None,
            };
            outputs.apply(run, &event, now);
        }
        let done = RunEvent::RunFinished { status: RunStatus::Done, duration_millis: 1300, cost_usd: Some(0.02) };
        outputs.apply(run, &done, now);
    }));
    writes
}

async fn stored_bytes(app: &TestApp, document: DocumentName) -> usize {
    let stored = DbDocStore::new(app.state.db.clone()).load(document).await.unwrap();
    let log: usize = stored.log.iter().map(|row| row.update.len()).sum();
    stored.snapshot.map_or(0, |snapshot| snapshot.state_v2.len()) + log
}

on_each_database! {
    async fn a_thousand_streaming_runs_of_ten_nodes_store_less_than_a_megabyte(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = create(&ada, serde_json::json!({"openflow": 1, "nodes": {}, "edges": {}})).await;
        let document = DocumentName::Outputs(workflow);
        let before = stored_bytes(&app, document).await;
        let mut pending = Vec::new();
        for n in 0..RUNS {
            let summary = RunSummary {
                started_by: ada.user().id,
                started_by_name: "ada".into(),
                started_at: format!("2026-11-22T12:{:02}:{:02}Z", n / 60 % 60, n % 60),
                status: RunStatus::Running,
                progress: 0.0,
                cost_usd: None,
                position: None,
            };
            for write in writes(n, RunId::from(Uuid::now_v7()), summary) {
                pending.push(app.state.rooms.write_outputs(workflow, write));
            }
            // In order: a room takes what it is sent as it comes.
            if pending.len() >= 100 {
                join_all(pending.drain(..)).await.into_iter().for_each(|written| written.unwrap());
            }
        }
        join_all(pending).await.into_iter().for_each(|written| written.unwrap());
        let outputs = app.state.rooms.outputs(workflow).await.unwrap();
        assert_eq!((outputs.runs.len(), outputs.nodes.len()), (RUNS_LEN, NODES as usize));
        assert!(outputs.nodes.values().all(|node| node.history.len() == HISTORY_LEN));
        let grown = stored_bytes(&app, document).await - before;
        println!("{RUNS} runs of {NODES} streaming nodes: {grown} bytes stored");
        assert!(grown < 1_000_000, "{grown} bytes");
    }
}
