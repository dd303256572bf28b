//! One load, several servers: each scenario against each server in turn, in one run, by one load generator on one clock.
//!
//! The generator is a single thread, so that it takes no more than one core from the server under test. Clients make
//! real Yjs updates and speak the server's own framing; they do not integrate what they receive, but find the marks that
//! say when each edit in it was made.

mod client;
pub mod dialect;
mod mark;
mod drag;
mod machine;
mod presence;
mod process;
mod promises;
mod report;
mod rooms;
mod scenario;
mod server;
mod slow;
mod stage;
mod storm;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use tokio::time::timeout;

use report::{Figures, Report};
use scenario::{SCENARIOS, Scenario};
use server::{Kind, Server};

/// A server that needs longer than this for a scenario has lost it, and the others still have their turn.
const LONGEST: Duration = Duration::from_secs(180);

#[derive(Args)]
pub struct Options {
    /// The `openflow` program to measure.
    #[arg(long)]
    server: PathBuf,
    /// Folder in which the peers are installed.
    #[arg(long)]
    peers: PathBuf,
    /// A Postgres in which ours may make its tables. Without one that part of the promises is not measured.
    #[arg(long)]
    postgres: Option<String>,
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
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

pub fn run(options: Options) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.work_dir).context("making the folder for figures")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let report = tokio::task::LocalSet::new().block_on(&runtime, measure(&options))?;
    report.print()?;
    report.save(&options.work_dir.join("sync.json"))?;
    // After everything is written down.
    anyhow::ensure!(!report.ours_failed(), "our server failed in a scenario");
    Ok(())
}

async fn measure(options: &Options) -> anyhow::Result<Report> {
    let mut report = Report::new(options);
    let chosen = |name: &str, filter: &Option<String>| filter.as_ref().is_none_or(|part| name.contains(part.as_str()));
    for scenario in SCENARIOS.iter().filter(|scenario| chosen(scenario.name, &options.only)) {
        let kinds = Kind::ALL.into_iter().filter(|kind| chosen(kind.name(), &options.only_server));
        for kind in kinds.filter(|kind| scenario.is_for(*kind, options.postgres.is_some())) {
            let started = Instant::now();
            match timeout(LONGEST, run_one(scenario, kind, options)).await.unwrap_or_else(|_| bail!("it hangs")) {
                Ok(figures) => report.add(scenario, kind, figures),
                Err(error) => report.add_failure(scenario, kind, &error),
            }
            eprintln!("{}: {}, {:.1} s", scenario.name, kind.name(), started.elapsed().as_secs_f64());
        }
    }
    if chosen(drag::NAME, &options.only) {
        report.drag = Some(drag::measure());
    }
    Ok(report)
}

async fn run_one(scenario: &Scenario, kind: Kind, options: &Options) -> anyhow::Result<Figures> {
    let server = Server::start(kind, options).await.with_context(|| format!("starting {}", kind.name()))?;
    scenario.run(&server, options.seconds).await
}
