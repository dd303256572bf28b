//! On what the figures were measured: without that they say little.

use std::{fs::File, io::Write, path::Path, time::Instant};

use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Machine {
    pub cores: usize,
    pub processor: String,
    pub kernel: String,
    /// Until a block of 4 KiB is on the disk that the servers' data is on, in milliseconds.
    pub sync_p50_ms: f64,
    pub sync_p99_ms: f64,
    /// How many wanted to run when it began: with more than the cores the figures are of no use.
    pub load: f64,
}

impl Machine {
    pub fn look(folder: &Path) -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let processor = cpuinfo.lines().find(|line| line.starts_with("model name"));
        let processor = processor.and_then(|line| line.split_once(": ")).map_or("", |(_, name)| name).to_owned();
        let load = read("/proc/loadavg").split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        let (sync_p50_ms, sync_p99_ms) = sync_times(folder).unwrap_or((f64::NAN, f64::NAN));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            sync_p50_ms,
            sync_p99_ms,
            load,
        }
    }
}

fn sync_times(folder: &Path) -> std::io::Result<(f64, f64)> {
    let path = folder.join("sync-probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    times.sort_unstable_by(f64::total_cmp);
    Ok((times[100], times[197]))
}
