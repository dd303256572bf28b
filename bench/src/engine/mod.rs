//! What the engine costs: beside doing nothing, beside plain ffmpeg, beside other runtimes of the same models.
//!
//! Everything is measured in one run on one machine. What the engine itself costs is measured in this process; the start
//! of a durable run through the real server; references are processes of their own.

mod chat;
mod durable;
mod embed;
mod graphs;
mod media;
mod overhead;
mod peer;

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use clap::Args;
use engine::{
    BlobStore, DiscardGenerations, Engine, EngineConfig, FixedKeys, GenerationSink, Limits, LocalModels, MemoryBlobs,
    MemoryCache, NoApprovals, NoCheckpoints, NoWorkflows, Outbound, OutboundPolicy, RunReport, RunRequest, RunSink,
};
use shared::{
    graph::Graph,
    id::RunId,
    run::{RunEvent, RunStatus},
};

use crate::report::{self, Report};

#[derive(Args)]
pub struct Options {
    /// The `openflow` program whose durable runs are measured.
    #[arg(long)]
    server: PathBuf,
    /// Folder of the references' scripts.
    #[arg(long)]
    peers: PathBuf,
    /// Folder of the references' packages.
    #[arg(long)]
    packages: PathBuf,
    /// Folder of all-MiniLM-L6-v2.
    #[arg(long)]
    minilm: PathBuf,
    /// An empty Postgres that syncs its commits.
    #[arg(long)]
    postgres_url: String,
    /// Folder for data and figures: on a real disk, or durability costs nothing.
    #[arg(long)]
    work_dir: PathBuf,
    /// Only parts whose name contains this: `overhead`, `durable`, `media`, `embed`, `chat`.
    #[arg(long)]
    only: Option<String>,
}

pub fn run(options: Options) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.work_dir).context("making the folder for figures")?;
    let mut report = Report::default();
    type Part = fn(&Options, &mut Report) -> anyhow::Result<()>;
    let parts: [(&str, Part); 5] = [
        ("overhead", overhead::measure),
        ("durable", durable::measure),
        ("media", media::measure),
        ("embed", embed::measure),
        ("chat", chat::measure),
    ];
    for (name, measure) in parts {
        if options.only.as_ref().is_none_or(|part| name.contains(part.as_str())) {
            eprintln!("{name}");
            // One part that cannot be measured does not hide the others.
            if let Err(error) = measure(&options, &mut report) {
                report.fail(name, &error);
            }
        }
    }
    report.print()?;
    report.save(&options.work_dir.join("engine.json"))?;
    report.whole()
}

/// Two threads, like the machine that the promises are about, or one.
fn runtime(threads: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.context("starting a runtime")
}

/// An engine as it comes, but for where things are.
fn engine_with(blobs: Arc<dyn BlobStore>, local_models: impl FnOnce(Outbound) -> LocalModels) -> Engine {
    let outbound = Outbound::new(OutboundPolicy::default());
    Engine::new(EngineConfig {
        blobs,
        cache: Arc::new(MemoryCache::default()),
        local_models: local_models(outbound.clone()),
        outbound,
        limits: Limits::default(),
    })
}

fn engine() -> Engine {
    engine_with(Arc::new(MemoryBlobs::new()), |_| LocalModels::none())
}

fn request(graph: Graph) -> RunRequest {
    request_told(graph, Arc::new(DiscardGenerations))
}

fn request_told(graph: Graph, generations: Arc<dyn GenerationSink>) -> RunRequest {
    RunRequest {
        run: RunId::from(uuid::Uuid::now_v7()),
        workflow: None,
        scope: String::new(),
        graph,
        targets: Vec::new(),
        from: Vec::new(),
        inputs: Default::default(),
        keys: Arc::new(FixedKeys::none()),
        generations,
        checkpoints: Arc::new(NoCheckpoints),
        workflows: Arc::new(NoWorkflows),
        approvals: Arc::new(NoApprovals),
        cancel: Default::default(),
    }
}

/// Nobody listens.
struct Nobody;

impl RunSink for Nobody {
    fn emit(&self, _: RunEvent) {}
}

/// Runs to an end that must be good.
async fn done(engine: &Engine, request: &RunRequest) -> anyhow::Result<RunReport> {
    let report = engine.run(request, Arc::new(Nobody)).await?;
    anyhow::ensure!(report.status == RunStatus::Done, "the run ended badly: {:?}", report.failures);
    Ok(report)
}

/// The middle one of several tries.
fn median(mut tries: Vec<f64>) -> f64 {
    tries.sort_by(f64::total_cmp);
    tries.get(tries.len() / 2).copied().unwrap_or(f64::NAN)
}
