//! The figures, as one table for people and as JSON for programs.

use std::{io::Write, path::Path};

use anyhow::Context;
use serde::Serialize;

use super::{
    Options,
    drag::{self, Growth},
    machine::Machine,
    promises::{self, Promise},
    scenario::Scenario,
    server::Kind,
};

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Percentiles {
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Percentiles {
    pub fn of(mut micros: Vec<u32>) -> Option<Self> {
        micros.sort_unstable();
        let last = micros.len().checked_sub(1)?;
        let at = |share: f64| f64::from(micros[(last as f64 * share).round() as usize]) / 1000.0;
        Some(Self { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), max_ms: at(1.0) })
    }
}

/// What one scenario showed of one server.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    pub edits_per_second: f64,
    pub deliveries_per_second: f64,
    pub expected_deliveries_per_second: f64,
    pub frames_per_second: f64,
    /// Edit made until received by another client.
    pub travel: Option<Percentiles>,
    /// Edit made until acknowledged; only ours means that it is on disk.
    pub acknowledged: Option<Percentiles>,
    /// Of one core.
    pub cpu_percent: f64,
    pub cpu_micros_per_delivery: Option<f64>,
    /// Of the server's CPU time.
    pub kernel_percent: Option<f64>,
    pub peak_rss_mb: f64,
    /// Resident memory by room or connection.
    pub kb_each: Option<f64>,
    /// Resident memory at the end.
    pub resident_mb: Option<f64>,
    /// The p99 of the same load without the client that does not read.
    pub p99_without_ms: Option<f64>,
    /// Until somebody who lost their line is seen again.
    pub presence_back_ms: Option<f64>,
    pub note: Option<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    scenario: &'static str,
    server: &'static str,
    is_ours: bool,
    #[serde(flatten)]
    figures: Option<Figures>,
    failure: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    seconds: u64,
    rows: Vec<Row>,
    pub drag: Option<Growth>,
}

/// What programs read.
#[derive(Serialize)]
struct Saved<'a> {
    #[serde(flatten)]
    report: &'a Report,
    promises: Vec<Promise>,
}

const COLUMNS: [&str; 14] = [
    "scenario",
    "server",
    "deliveries/s",
    "p50 ms",
    "p99 ms",
    "max ms",
    "ack p50",
    "ack p99",
    "CPU %",
    "CPU us/delivery",
    "kernel %",
    "peak MB",
    "KB each",
    "against the best peer",
];

impl Report {
    pub fn new(options: &Options) -> Self {
        Self { machine: Machine::look(&options.work_dir), seconds: options.seconds, rows: Vec::new(), drag: None }
    }

    pub fn ours_failed(&self) -> bool {
        self.rows.iter().any(|row| row.is_ours && row.failure.is_some())
    }

    /// What was seen of a server in a scenario.
    pub fn figures(&self, scenario: &str, kind: Kind) -> Option<&Figures> {
        let row = self.rows.iter().find(|row| row.scenario == scenario && row.server == kind.name());
        row.and_then(|row| row.figures.as_ref())
    }

    pub fn add(&mut self, scenario: &Scenario, kind: Kind, figures: Figures) {
        self.push(scenario, kind, Some(figures), None);
    }

    pub fn add_failure(&mut self, scenario: &Scenario, kind: Kind, error: &anyhow::Error) {
        self.push(scenario, kind, None, Some(format!("{error:#}")));
    }

    fn push(&mut self, scenario: &Scenario, kind: Kind, figures: Option<Figures>, failure: Option<String>) {
        let row = Row { scenario: scenario.name, server: kind.name(), is_ours: kind.is_ours(), figures, failure };
        self.rows.push(row);
    }

    pub fn save(&self, file: &Path) -> anyhow::Result<()> {
        let saved = Saved { report: self, promises: promises::all(self) };
        let json = serde_json::to_string_pretty(&saved).context("writing the figures")?;
        std::fs::write(file, json).with_context(|| format!("writing `{}`", file.display()))?;
        eprintln!("written to {}", file.display());
        Ok(())
    }

    /// Markdown, padded to be read as it is.
    pub fn print(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        let Machine { cores, processor, kernel, sync_p50_ms, sync_p99_ms, load } = &self.machine;
        writeln!(
            out,
            "{cores} cores, {processor}, Linux {kernel}; a synced write takes {sync_p50_ms:.1} ms (p99 {sync_p99_ms:.1}); \
             load {load:.1} at the start; {} s for each load.\n",
            self.seconds
        )?;
        let rows = self.rows.iter().map(|row| self.cells(row)).collect();
        print_table(&mut out, COLUMNS.map(str::to_owned).to_vec(), rows)?;
        writeln!(out)?;
        for row in &self.rows {
            let note = row.failure.as_ref().or(row.figures.as_ref().and_then(|figures| figures.note.as_ref()));
            if let Some(note) = note {
                writeln!(out, "- {}, {}: {note}", row.scenario, row.server)?;
            }
        }
        if let Some(Growth { ours, one_value, two_keys }) = self.drag {
            let usual = format!("{one_value} with a value written every frame, {two_keys} with two keys");
            writeln!(out, "- {}: {ours} bytes for ever; {usual}", drag::NAME)?;
        }
        writeln!(out)?;
        let head = ["promise", "at most", "ours", "best peer", ""].map(str::to_owned).to_vec();
        print_table(&mut out, head, promises::all(self).iter().map(Promise::cells).collect())
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let Some(figures) = &row.figures else {
            let mut cells = vec![row.scenario.to_owned(), row.server.to_owned(), "failed".to_owned()];
            cells.resize(COLUMNS.len(), String::new());
            return cells;
        };
        let number = |value: Option<f64>| value.map_or_else(String::new, short);
        let travel = |of: fn(&Percentiles) -> f64| number(figures.travel.as_ref().map(of));
        let acknowledged = |of: fn(&Percentiles) -> f64| number(figures.acknowledged.as_ref().map(of));
        let some = |value: f64| (value > 0.0).then_some(value);
        vec![
            row.scenario.to_owned(),
            row.server.to_owned(),
            some(figures.deliveries_per_second).map_or_else(String::new, |rate| format!("{rate:.0}")),
            travel(|of| of.p50_ms),
            travel(|of| of.p99_ms),
            travel(|of| of.max_ms),
            acknowledged(|of| of.p50_ms),
            acknowledged(|of| of.p99_ms),
            number(some(figures.cpu_percent)),
            number(figures.cpu_micros_per_delivery),
            number(figures.kernel_percent),
            format!("{:.0}", figures.peak_rss_mb),
            number(figures.kb_each),
            self.ratios(row, figures),
        ]
    }

    /// Ours by the best peer's: below 1 is better.
    fn ratios(&self, row: &Row, ours: &Figures) -> String {
        if !row.is_ours {
            return String::new();
        }
        let ratio = |name: &str, of: &dyn Fn(&Figures) -> Option<f64>| {
            let peers = self.rows.iter().filter(|other| other.scenario == row.scenario && !other.is_ours);
            let best = peers.filter_map(|other| of(other.figures.as_ref()?)).min_by(f64::total_cmp)?;
            Some(format!("{name} {:.2}", of(ours)? / best))
        };
        let ratios = [
            ratio("p50", &|figures| figures.travel.map(|travel| travel.p50_ms)),
            ratio("p99", &|figures| figures.travel.map(|travel| travel.p99_ms)),
            ratio("CPU", &|figures| figures.cpu_micros_per_delivery),
            ratio("MB", &|figures| Some(figures.peak_rss_mb)),
            ratio("KB each", &|figures| figures.kb_each),
        ];
        ratios.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn print_table(out: &mut impl Write, head: Vec<String>, rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(&rows).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    for row in [&head, &rule].into_iter().chain(&rows) {
        let line: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "| {} |", line.join(" | "))?;
    }
    Ok(())
}

pub fn short(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let of = Percentiles::of((1..=1000).rev().map(|milli| milli * 1000).collect()).expect("there is something");
        assert_eq!((of.p50_ms.round(), of.p99_ms.round(), of.max_ms), (501.0, 990.0, 1000.0));
        assert!(Percentiles::of(Vec::new()).is_none());
    }
}
