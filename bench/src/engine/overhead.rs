//! What a trivial node costs, what planning costs, what a run costs of which everything is remembered, and their memory.

use std::{sync::Arc, time::Instant};

use anyhow::Context;
use shared::graph::Graph;

use super::{
    Nobody, Options, done, engine, graphs, median,
    report::{Report, Row},
    request, runtime,
};

const NODES: usize = 10_000;
const SIDE: usize = 100;
const REMEMBERED: usize = 1_000;
const TRIES: usize = 5;

pub fn measure(_: &Options, report: &mut Report) -> anyhow::Result<()> {
    for (name, graph) in
        [("chain", graphs::chain(NODES)), ("fan-out", graphs::fan_out(NODES)), ("grid", graphs::grid(SIDE))]
    {
        shape(name, graph, report)?;
    }
    let runtime = runtime(2)?;
    let engine = engine();
    let again = request(graphs::remembered(REMEMBERED));
    let first = runtime.block_on(done(&engine, &again))?.duration;
    let mut tries = Vec::new();
    for _ in 0..TRIES {
        let again = request(graphs::remembered(REMEMBERED));
        let engine = engine.clone();
        let begin = Instant::now();
        // Planning too: it is what somebody waits for. On a thread of the runtime, as in the server.
        let run = runtime.spawn(async move { done(&engine, &again).await });
        runtime.block_on(run).context("the run ends")??;
        tries.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    let row =
        Row::new("overhead", format!("{REMEMBERED} remembered nodes, run again"), median(tries), "ms").below(50.0);
    report.add(row.note(format!("the first time: {:.0} ms", first.as_secs_f64() * 1000.0)));
    Ok(())
}

fn shape(name: &str, graph: Graph, report: &mut Report) -> anyhow::Result<()> {
    let nodes = graph.nodes.len() as f64;
    let engine = engine();
    let (mut planning, mut one_core, mut two_cores) = (Vec::new(), Vec::new(), Vec::new());
    let before = forget_peak()?;
    for threads in [1, 2] {
        let runtime = runtime(threads)?;
        for _ in 0..TRIES {
            let request = request(graph.clone());
            let begin = Instant::now();
            let plan = runtime.block_on(engine.prepare(&request))?;
            planning.push(begin.elapsed().as_secs_f64() * 1000.0);
            let begin = Instant::now();
            // On a thread of the runtime, as in the server: the calling thread would be one more.
            let engine = engine.clone();
            let run = runtime.spawn(async move { engine.execute(plan, &request, Arc::new(Nobody)).await });
            let ended = runtime.block_on(run).context("the run ends")?;
            anyhow::ensure!(ended.failures.is_empty(), "the run failed: {:?}", ended.failures);
            let micros = begin.elapsed().as_secs_f64() * 1e6 / nodes;
            if threads == 1 { &mut one_core } else { &mut two_cores }.push(micros);
        }
    }
    let peak = peak_bytes()?.saturating_sub(before);
    let what = |what: &str| format!("{name} of {nodes}: {what}");
    let one_core = median(one_core);
    report.add(Row::new("overhead", what("a trivial node, one core"), one_core, "us").below(200.0));
    report.add(Row::new("overhead", what("nodes a second, one core"), 1e6 / one_core, "/s").above(5000.0));
    report.add(Row::new("overhead", what("a trivial node, two cores"), median(two_cores), "us"));
    report.add(Row::new("overhead", what("planning, a node"), median(planning) * 1000.0 / nodes, "us"));
    report.add(Row::new("overhead", what("memory at its peak, a node"), peak as f64 / nodes / 1024.0, "KB"));
    Ok(())
}

/// Lets the kernel count anew. What this process takes now comes back.
fn forget_peak() -> anyhow::Result<u64> {
    std::fs::write("/proc/self/clear_refs", "5").context("resetting the count of memory")?;
    peak_bytes()
}

fn peak_bytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("reading how much memory is used")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no count of memory")?;
    let kb: u64 = line.trim().trim_end_matches(" kB").trim().parse().context("reading a count of memory")?;
    Ok(kb * 1024)
}
