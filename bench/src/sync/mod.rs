//! One load, several servers: each scenario against each server in turn, in one run, by one load generator on one clock.
//!
//! The generator is a single thread, so that it takes no more than one core from the server under test. Clients make
//! real Yjs updates and speak the server's own framing; they do not integrate what they receive, but find the marks that
//! say when each edit in it was made.

mod client;
mod dialect;
mod mark;
mod process;
mod report;
mod scenario;
mod server;
mod stage;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use report::Report;
use scenario::SCENARIOS;
use server::{Kind, Server};

#[derive(Args)]
pub struct Options {
    /// The `openflow` program to measure.
    #[arg(long)]
    server: PathBuf,
    /// Folder in which the peers are installed.
    #[arg(long)]
    peers: PathBuf,
    /// Folder for the server's data and the figures: on a real disk, or durability costs nothing.
    #[arg(long)]
    work_dir: PathBuf,
    /// Only scenarios whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Only servers whose name contains this.
    #[arg(long)]
    only_server: Option<String>,
    /// How long each load lasts.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
}

pub fn run(options: Options) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.work_dir).context("making the folder for figures")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let report = tokio::task::LocalSet::new().block_on(&runtime, measure(&options))?;
    report.print()?;
    report.save(&options.work_dir.join("sync.json"))
}

async fn measure(options: &Options) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let chosen = |name: &str, filter: &Option<String>| filter.as_ref().is_none_or(|part| name.contains(part.as_str()));
    for scenario in SCENARIOS.iter().filter(|scenario| chosen(scenario.name, &options.only)) {
        for kind in Kind::ALL.into_iter().filter(|kind| chosen(kind.name(), &options.only_server)) {
            eprintln!("{}: {}", scenario.name, kind.name());
            let server = Server::start(kind, options).await.with_context(|| format!("starting {}", kind.name()))?;
            match scenario.run(&server, options.seconds).await {
                Ok(figures) => report.add(scenario, kind, figures),
                Err(error) => {
                    eprintln!("  failed: {error:#}");
                    report.add_failure(scenario, kind, &error);
                }
            }
        }
    }
    Ok(report)
}
