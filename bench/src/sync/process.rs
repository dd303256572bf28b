//! What a process has used so far, as the kernel counts it.

use anyhow::{Context, bail};

/// The unit of times in `/proc`: a hundredth of a second on every Linux.
const TICK_MICROS: u64 = 10_000;

#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub cpu_micros: u64,
    /// The part of it that the kernel took, for sockets and files.
    pub kernel_micros: u64,
    pub rss_kb: u64,
    pub peak_rss_kb: u64,
}

/// All threads together, also those that have ended.
pub fn usage(pid: u32) -> anyhow::Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("reading what the server used")?;
    // The name in the second field may hold spaces; what follows its bracket does not.
    let after_name = stat.rsplit_once(')').context("reading /proc: no name")?.1;
    let ticks: Vec<u64> = after_name.split_whitespace().skip(11).take(2).filter_map(|text| text.parse().ok()).collect();
    let &[user, system] = &ticks[..] else { bail!("reading /proc: no times") };
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("reading the server's memory")?;
    let kb = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).context("reading /proc: no memory")
    };
    Ok(Usage {
        cpu_micros: (user + system) * TICK_MICROS,
        kernel_micros: system * TICK_MICROS,
        rss_kb: kb("VmRSS:")?,
        peak_rss_kb: kb("VmHWM:")?,
    })
}
