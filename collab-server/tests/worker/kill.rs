//! The tests.
#![allow(clippy::print_stdout, reason = "the figures are what these tests are for")]

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value as Json, json};
use shared::{
    api::{Run, Workflow},
    id::{NodeId, RunId, WorkflowId},
    run::{NodeStatus, RunStatus},
    value::Value,
};

use crate::{
    support::{Person, TestApp},
    vendor::Vendor,
};

/// A worker process.
struct Worker(Child);

impl Worker {
    fn start(app: &TestApp) -> Self {
        let data = &app.state.config.data;
        let process = Command::new(std::env::current_exe().expect("this program"))
            .args(["work", "--allow-private-network", "--data-dir"])
            .arg(&data.data_dir)
            .args(["--database-url", &data.database_url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the worker starts");
        Self(process)
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("a child of ours");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A server that executes nothing itself.
async fn server() -> TestApp {
    TestApp::on_postgres().await.restart_with(|config| config.workers = 0).await
}

/// Jobs in a chain, the last of which is the output `jobs`.
fn chain(jobs: usize, vendor: &str) -> Json {
    let mut nodes = json!({"out": {"type": "output.text", "params": {"name": "jobs"}}});
    let mut edges = json!({"out:text": {"from": format!("job{jobs}"), "output": "text", "to": "out", "input": "text"}});
    for n in 1..=jobs {
        nodes[format!("job{n}")] = json!({"type": "test.job", "params": {"vendor": vendor}});
        if n > 1 {
            let (from, to) = (format!("job{}", n - 1), format!("job{n}"));
            edges[format!("{to}:text")] = json!({"from": from, "output": "text", "to": to, "input": "text"});
        }
    }
    json!({"openflow": 1, "nodes": nodes, "edges": edges})
}

async fn start(person: &Person<'_>, graph: Json) -> (WorkflowId, RunId) {
    let workflow = person.post("/api/workflows", json!({"title": "Paid", "graph": graph})).await.ok();
    let workflow = workflow.read_as::<Workflow>().id;
    let run = person.post(&format!("/api/workflows/{workflow}/runs"), json!({})).await.ok();
    (workflow, run.read_as::<Run>().id)
}

async fn ended(person: &Person<'_>, run: RunId) -> Run {
    for _ in 0..1200 {
        let run: Run = person.get(&format!("/api/runs/{run}")).await.ok().read_as();
        if run.status.is_final() {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the run did not end in a minute");
}

/// Waits until the canvas shows how the run ended.
async fn shown(app: &TestApp, workflow: WorkflowId, run: RunId) -> shared::outputs::Outputs {
    for _ in 0..1200 {
        let outputs = app.state.rooms.outputs(workflow).await.expect("the outputs");
        if outputs.runs.get(&run).is_some_and(|run| run.status.is_final()) {
            return outputs;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the canvas did not show the end in a minute");
}

pub async fn a_killed_workers_run_goes_on_and_pays_nothing_twice() {
    let app = server().await;
    let ada = app.user("ada").await;
    let (vendor, url) = Vendor::start().await;
    let (first, second) = (Worker::start(&app), Worker::start(&app));
    let (workflow, run) = start(&ada, chain(3, &url)).await;

    // Job 1 is done, job 2 is known to be under way: its id is stored before it is asked after.
    vendor.release(1);
    vendor.until("job 2 is waited for", |vendor| vendor.asked(2) > 2).await;
    let held: Run = ada.get(&format!("/api/runs/{run}")).await.ok().read_as();
    assert_eq!((held.status, held.attempt), (RunStatus::Running, 1));
    // Whichever has the run; the other one is the one that goes on.
    let both = [first, second];
    let asked = vendor.asked(2);
    let killed = Instant::now();
    both.into_iter().for_each(Worker::kill);
    let _third = Worker::start(&app);
    // One request of a dead worker may still be on its way.
    vendor.until("another worker waits for job 2", |vendor| vendor.asked(2) > asked + 2).await;
    println!("a killed worker's run went on after {:.1} s", killed.elapsed().as_secs_f64());
    vendor.release(3);

    let ended = ended(&ada, run).await;
    assert_eq!((ended.status, ended.attempt), (RunStatus::Done, 2), "{ended:?}");
    assert_eq!(ended.outputs["jobs"], Value::Text("<1><2><3>".into()));
    assert_eq!(vendor.submitted(), 3, "a job was paid for twice");
    let outputs = shown(&app, workflow, run).await;
    for node in ["job1", "job2", "job3", "out"] {
        let node = &outputs.nodes[&node.parse::<NodeId>().expect("an id")];
        assert_eq!((node.status, node.history.len()), (NodeStatus::Done, 1));
    }
    println!("a_killed_workers_run_goes_on_and_pays_nothing_twice ... ok");
}

const KILLS: usize = 2;
const JOBS: usize = 6;

pub async fn random_kills_leave_a_consistent_state() {
    let seed: u64 = match std::env::var("OPENFLOW_TEST_SEED") {
        Ok(seed) => seed.parse().expect("OPENFLOW_TEST_SEED is a number"),
        Err(_) => rand::random(),
    };
    println!("random kills with OPENFLOW_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let app = server().await;
    let ada = app.user("ada").await;
    let (vendor, url) = Vendor::start().await;
    let mut worker = Worker::start(&app);
    let (workflow, run) = start(&ada, chain(JOBS, &url)).await;
    for kill in 1..=KILLS {
        // Somewhere in the life of one job or two: before it is submitted, while it works, when it is done.
        let released = random.random_range((kill - 1) * 2..=kill * 2);
        vendor.release(released);
        vendor.until("the worker is at work", |vendor| vendor.submitted() > 0).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..400))).await;
        worker.kill();
        worker = Worker::start(&app);
    }
    vendor.release(JOBS);
    let ended = ended(&ada, run).await;
    let outputs = shown(&app, workflow, run).await;
    let node = |n: usize| &outputs.nodes[&format!("job{n}").parse::<NodeId>().expect("an id")];
    // Whatever happened, no job was submitted twice: a chain submits job n only when n - 1 are done.
    assert!(vendor.submitted() <= JOBS, "a job was paid for twice: OPENFLOW_TEST_SEED={seed}");
    match ended.status {
        RunStatus::Done => {
            let text: String = (1..=JOBS).map(|n| format!("<{n}>")).collect();
            assert_eq!(ended.outputs["jobs"], Value::Text(text), "OPENFLOW_TEST_SEED={seed}");
            assert_eq!(vendor.submitted(), JOBS);
            assert!((1..=JOBS).all(|n| node(n).status == NodeStatus::Done));
        }
        // Killed between the request and its answer: it says so, and nothing behind it ran.
        RunStatus::Failed => {
            let failed: Vec<usize> = (1..=JOBS).filter(|n| node(*n).status == NodeStatus::Failed).collect();
            assert_eq!((failed.len(), ended.failures.len()), (1, 1), "OPENFLOW_TEST_SEED={seed}");
            let failure = ended.failures.values().next().expect("one failure");
            assert_eq!(failure.message, "not sent again", "OPENFLOW_TEST_SEED={seed}");
            assert!((1..failed[0]).all(|n| node(n).status == NodeStatus::Done), "OPENFLOW_TEST_SEED={seed}");
        }
        other => panic!("the run ended as {other:?}: OPENFLOW_TEST_SEED={seed}"),
    }
    println!("random_kills_leave_a_consistent_state ... ok");
}
