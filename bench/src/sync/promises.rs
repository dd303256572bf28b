//! What we promise, beside what was seen: ours against the best of the peers in the same run.
//!
//! Promises that are no figure of a load are held by tests: what a crash does (tests/server/sync/crash.rs), what hostile
//! bytes do (sync/hostile.rs), whether stock clients work (js_clients.rs).

use serde::Serialize;

use super::{
    drag,
    report::{Figures, Report, short},
    scenario::{
        CURSORS, FAN_OUT, IDLE_CONNECTIONS, IDLE_ROOMS, JOIN_STORM, PRESENCE, ROOMS_TOUCHED, SATURATION, SLOW_CLIENT,
    },
    server::Kind,
};

#[derive(Debug, Serialize)]
pub struct Promise {
    what: &'static str,
    unit: &'static str,
    at_most: f64,
    /// `None` where it was not measured this time.
    ours: Option<f64>,
    /// `None` also where no peer does such a thing.
    best_peer: Option<f64>,
    met: Option<bool>,
}

impl Promise {
    pub fn cells(&self) -> Vec<String> {
        let with_unit = |value: f64| format!("{} {}", short(value), self.unit);
        let verdict = match (self.ours, self.met) {
            (Some(_), Some(true)) => "met".to_owned(),
            (Some(ours), _) => format!("missed by {:.0} %", (ours / self.at_most - 1.0) * 100.0),
            (None, _) => "not measured".to_owned(),
        };
        let ours = self.ours.map_or_else(String::new, with_unit);
        let best_peer = self.best_peer.map_or_else(String::new, with_unit);
        vec![self.what.to_owned(), with_unit(self.at_most), ours, best_peer, verdict]
    }
}

pub fn all(report: &Report) -> Vec<Promise> {
    let seen = Seen { report };
    let of = |scenario, figure: fn(&Figures) -> Option<f64>| {
        move |kind| seen.report.figures(scenario, kind).and_then(figure)
    };
    let p50 = |figures: &Figures| figures.travel.map(|travel| travel.p50_ms);
    let p99 = |figures: &Figures| figures.travel.map(|travel| travel.p99_ms);
    let cpu = |figures: &Figures| Some(figures.cpu_percent);
    let each = |figures: &Figures| figures.kb_each;
    let saved = |kind, of: fn(&Figures) -> Option<f64>| report.figures(FAN_OUT, kind).and_then(of);
    let saved_p50 = |figures: &Figures| figures.acknowledged.map(|times| times.p50_ms);
    let saved_p99 = |figures: &Figures| figures.acknowledged.map(|times| times.p99_ms);
    vec![
        seen.promise("fan-out at 1x50 @10, p50", 0.8, "ms", of(FAN_OUT, p50)),
        seen.promise("fan-out at 1x50 @10, p99", 3.0, "ms", of(FAN_OUT, p99)),
        seen.promise(
            "CPU for a delivery at 1x50 @10",
            3.0,
            "us",
            of(FAN_OUT, |figures| figures.cpu_micros_per_delivery),
        ),
        seen.promise("fan-out at 1x100 @20, p99", 10.0, "ms", of(SATURATION, p99)),
        seen.promise("CPU at 1x100 @20, of a core", 40.0, "%", of(SATURATION, cpu)),
        seen.promise("CPU that cursors add at 1x50", 25.0, "%", |kind| {
            let [with, without] = [CURSORS, FAN_OUT].map(|scenario| of(scenario, cpu)(kind));
            Some((with? / without? - 1.0) * 100.0)
        }),
        // Peers acknowledge what they have in memory, which is another thing.
        alone("edit until on disk, p50, SQLite", 10.0, "ms", saved(Kind::OpenFlow, saved_p50)),
        alone("edit until on disk, p99, SQLite", 50.0, "ms", saved(Kind::OpenFlow, saved_p99)),
        alone("edit until on disk, p50, Postgres", 10.0, "ms", saved(Kind::OpenFlowOnPostgres, saved_p50)),
        alone("edit until on disk, p99, Postgres", 50.0, "ms", saved(Kind::OpenFlowOnPostgres, saved_p99)),
        seen.promise("memory of an idle connection", 12.0, "KB", of(IDLE_CONNECTIONS, each)),
        seen.promise("memory of an empty open room", 10.0, "KB", |kind| {
            let [both, connection] = [IDLE_ROOMS, IDLE_CONNECTIONS].map(|scenario| of(scenario, each)(kind));
            Some(both? - connection?)
        }),
        seen.promise("memory of a room that everybody left", 1.0, "KB", of(ROOMS_TOUCHED, each)),
        seen.promise(
            "resident with 10,000 rooms touched, 100 active",
            300.0,
            "MB",
            of(ROOMS_TOUCHED, |figures| figures.resident_mb),
        ),
        seen.promise("join of 1 MB, 150 at once, p99", 500.0, "ms", of(JOIN_STORM, p99)),
        seen.promise(
            "others' p99 beside a slow client, more by",
            10.0,
            "%",
            of(SLOW_CLIENT, |figures| Some((figures.travel?.p99_ms / figures.p99_without_ms? - 1.0) * 100.0)),
        ),
        seen.promise(
            "memory beside a slow client, peak",
            300.0,
            "MB",
            of(SLOW_CLIENT, |figures| Some(figures.peak_rss_mb)),
        ),
        seen.promise("seen again after a reconnect", 1000.0, "ms", of(PRESENCE, |figures| figures.presence_back_ms)),
        Promise {
            best_peer: report.drag.map(|growth| growth.one_value as f64 / 1024.0),
            ..alone(drag::NAME, 5.0, "KB", report.drag.map(|growth| growth.ours as f64 / 1024.0))
        },
    ]
}

#[derive(Clone, Copy)]
struct Seen<'a> {
    report: &'a Report,
}

impl Seen<'_> {
    /// `figure` of each server; less is better.
    fn promise(
        &self,
        what: &'static str,
        at_most: f64,
        unit: &'static str,
        figure: impl Fn(Kind) -> Option<f64>,
    ) -> Promise {
        let peers = Kind::ALL.into_iter().filter(|kind| !kind.is_ours());
        let best_peer = peers.filter_map(&figure).min_by(f64::total_cmp);
        Promise { best_peer, ..alone(what, at_most, unit, figure(Kind::OpenFlow)) }
    }
}

fn alone(what: &'static str, at_most: f64, unit: &'static str, ours: Option<f64>) -> Promise {
    Promise { what, unit, at_most, ours, best_peer: None, met: ours.map(|ours| ours <= at_most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_says_by_how_much_it_is_missed() {
        assert_eq!(alone("x", 10.0, "ms", Some(9.0)).cells().last().map(String::as_str), Some("met"));
        assert_eq!(alone("x", 10.0, "ms", Some(12.5)).cells().last().map(String::as_str), Some("missed by 25 %"));
        assert_eq!(alone("x", 10.0, "ms", None).cells().last().map(String::as_str), Some("not measured"));
    }
}
