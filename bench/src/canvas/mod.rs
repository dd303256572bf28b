//! How the canvas feels: a real Chromium over two thousand nodes and three thousand wires, with twenty others there, and
//! the same gestures by the same hand on a page of React Flow with the same graph.
//!
//! Nothing here judges how things look; what a page draws for a node is comparable, not the same.

mod cdp;
mod frames;
mod graph;
mod page;
mod people;
mod scenario;
mod subject;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;

use crate::report::{Report, Row};
use frames::{Frames, Percentiles};
use scenario::Scenario;
use subject::Subject;

/// What 95 and 99 of a hundred frames stay within, in milliseconds of work.
const PROMISE_WORK: [f64; 2] = [16.7, 33.0];
/// The same of the time between frames: one and two refreshes of a screen, 16.67 and 33.33 ms by a browser's clock of
/// tenths.
const PROMISE_FRAME: [f64; 2] = [16.85, 33.45];
const PROMISE_RATIO: f64 = 0.7;
const PROMISE_INTERACTIVE_MILLIS: f64 = 1_500.0;
const PROMISE_MODULE_KB: f64 = 900.0;
const PEER: &str = "React Flow";

#[derive(Args)]
pub struct Options {
    /// The `openflow` program.
    #[arg(long)]
    server: PathBuf,
    /// The web client, as it is shipped.
    #[arg(long)]
    web_dir: PathBuf,
    /// Folder of the bundled page of React Flow.
    #[arg(long)]
    react_flow: PathBuf,
    #[arg(long)]
    chromium: PathBuf,
    /// Folder for data and figures.
    #[arg(long)]
    work_dir: PathBuf,
    /// Only scenarios whose name contains this; `start` and `memory` are parts too.
    #[arg(long)]
    only: Option<String>,
    /// Ours alone, without React Flow beside it.
    #[arg(long)]
    alone: bool,
    /// How long each gesture lasts.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// How long the editing lasts after which memory is looked at.
    #[arg(long, default_value_t = 120)]
    memory_seconds: u64,
    /// Says what the work in a frame was, and writes a profile of our scripts in each scenario into the work folder, to be
    /// opened in a browser's tools.
    #[arg(long)]
    profile: bool,
}

pub fn run(options: Options) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.work_dir).context("making the folder for figures")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let mut report = Report::default();
    tokio::task::LocalSet::new().block_on(&runtime, measure(&options, &mut report))?;
    report.print()?;
    report.save(&options.work_dir.join("canvas.json"))?;
    report.whole()
}

async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let chosen = |name: &str| options.only.as_ref().is_none_or(|part| name.contains(part.as_str()));
    let mut ours = Subject::openflow(options).await.context("our page")?;
    let mut peer = match options.alone {
        true => None,
        false => Some(Subject::react_flow(options).await.context("the page of React Flow")?),
    };
    start(&mut ours, peer.as_mut(), report).await.context("opening the pages")?;
    report.add(module(options)?);
    for subject in [Some(&mut ours), peer.as_mut()].into_iter().flatten() {
        subject.settle().await.context("others arrive")?;
    }
    for scenario in Scenario::ALL.into_iter().filter(|scenario| chosen(scenario.name())) {
        let seen = both(scenario, &mut ours, peer.as_mut(), options).await;
        match seen {
            Ok((own, theirs)) => add(report, scenario, &own, theirs.as_ref()),
            Err(error) => report.fail(scenario.name(), &error),
        }
    }
    if chosen("memory") {
        let measured = memory(&mut ours, peer.as_mut(), options, report).await;
        if let Err(error) = measured {
            report.fail("memory", &error);
            evidence(&mut ours, &options.work_dir.join("failed-ours.png")).await?;
            if let Some(peer) = peer.as_mut() {
                evidence(peer, &options.work_dir.join("failed-peer.png")).await?;
            }
        }
    }
    Ok(())
}

/// What was on the screen when a part failed.
async fn evidence(subject: &mut Subject, file: &Path) -> anyhow::Result<()> {
    std::fs::write(file, subject.page.picture().await?).with_context(|| format!("writing `{}`", file.display()))
}

/// The peer right after ours, so that whatever else the machine does is the same for both; and the one stands still while
/// the other is looked at.
async fn both(
    scenario: Scenario,
    ours: &mut Subject,
    peer: Option<&mut Subject>,
    options: &Options,
) -> anyhow::Result<(Frames, Option<Frames>)> {
    let Some(peer) = peer else { return Ok((one(scenario, ours, options).await?, None)) };
    peer.others_move(false).await.context(PEER)?;
    let own = one(scenario, ours, options).await;
    ours.others_move(false).await?;
    peer.others_move(true).await.context(PEER)?;
    let theirs = one(scenario, peer, options).await.context(PEER);
    ours.others_move(true).await?;
    Ok((own?, Some(theirs?)))
}

async fn one(scenario: Scenario, subject: &mut Subject, options: &Options) -> anyhow::Result<Frames> {
    scenario.prepare(subject).await?;
    let drawn = subject.drawn().await?;
    let profiles = options.profile && subject.is_ours();
    if profiles {
        subject.page.profile(true).await?;
    }
    let seen = scenario.measure(subject, Duration::from_secs(options.seconds)).await;
    if profiles {
        let profile = subject.page.profile(false).await?;
        let file = options.work_dir.join(format!("{}.cpuprofile", scenario.name()));
        std::fs::write(file, profile.to_string()).context("writing the profile")?;
    }
    scenario.put_back(subject).await?;
    let seen = seen?;
    let name = if subject.is_ours() { "ours" } else { PEER };
    eprintln!("{}, {name}: {} frames, {drawn} nodes drawn, {:?}", scenario.name(), seen.count, seen.busy_millis);
    if options.profile {
        let parts: Vec<String> = seen.parts.iter().map(|(name, millis)| format!("{name} {millis:.1}")).collect();
        eprintln!("    {}", parts.join(", "));
    }
    Ok(seen)
}

fn add(report: &mut Report, scenario: Scenario, own: &Frames, theirs: Option<&Frames>) {
    type Of = fn(&Percentiles) -> f64;
    type Kind = fn(&Frames) -> &Percentiles;
    let kinds: [(&str, Kind, [f64; 2]); 2] = [
        ("frame", |frames| &frames.interval_millis, PROMISE_FRAME),
        ("work in a frame", |frames| &frames.busy_millis, PROMISE_WORK),
    ];
    for (kind, frames_of, [p95, p99]) in kinds {
        let parts: [(&str, Of, Option<f64>); 3] =
            [("p50", |of| of.p50, None), ("p95", |of| of.p95, Some(p95)), ("p99", |of| of.p99, Some(p99))];
        for (part, of, promise) in parts {
            let mut row = Row::new(scenario.name(), format!("{kind}, {part}"), of(frames_of(own)), "ms");
            if let Some(theirs) = theirs {
                row = row.beside(PEER, of(frames_of(theirs)));
            }
            if let Some(most) = promise {
                row = row.below_or_ratio(most, PROMISE_RATIO);
            }
            report.add(row);
        }
    }
}

async fn start(ours: &mut Subject, mut peer: Option<&mut Subject>, report: &mut Report) -> anyhow::Result<()> {
    for (what, cached) in [("until the graph is there, first visit", false), ("the same, next visit", true)] {
        let mut row = Row::new("start", what, median(ours, cached).await?, "ms");
        if let Some(peer) = peer.as_mut() {
            row = row.beside("React Flow, from files", median(peer, cached).await?);
        }
        report.add(row.below(PROMISE_INTERACTIVE_MILLIS));
    }
    Ok(())
}

async fn median(subject: &mut Subject, cached: bool) -> anyhow::Result<f64> {
    let mut tries = Vec::new();
    for _ in 0..3 {
        tries.push(subject.open(cached).await?);
    }
    tries.sort_by(f64::total_cmp);
    Ok(tries[1])
}

fn module(options: &Options) -> anyhow::Result<Row> {
    let size = subject::module_kilobytes(&options.web_dir)?;
    Ok(Row::new("start", "the client's wasm, brotli", size, "KB").below(PROMISE_MODULE_KB))
}

/// Everything at once, over and over, and what the page's process keeps of it.
async fn memory(
    ours: &mut Subject,
    peer: Option<&mut Subject>,
    options: &Options,
    report: &mut Report,
) -> anyhow::Result<()> {
    let lasts = Duration::from_secs(options.memory_seconds);
    let own = grown(ours, lasts).await?;
    let what = format!("after {} s of editing", lasts.as_secs());
    let mut row = Row::new("memory", what, own[1], "MB").note(format!("ours began with {:.0} MB", own[0]));
    if let Some(peer) = peer {
        row = row.beside(PEER, grown(peer, lasts).await?[1]);
    }
    report.add(row);
    Ok(())
}

async fn grown(subject: &mut Subject, lasts: Duration) -> anyhow::Result<[f64; 2]> {
    let before = subject.page.resident_mb().await?;
    let ends = Instant::now() + lasts;
    while Instant::now() < ends {
        for scenario in [Scenario::Zoom, Scenario::DragOne, Scenario::PanAmongEdits] {
            scenario.prepare(subject).await?;
            scenario.measure(subject, Duration::from_secs(3)).await?;
        }
    }
    subject.others_edit(false).await?;
    Ok([before, subject.page.resident_mb().await?])
}
