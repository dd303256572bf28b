//! What frames took: the time from one to the next, and how much of it the page's main thread worked.
//!
//! Both are needed. Without a graphics card the browser draws with the same cores, so a page can miss frames without
//! working, and a page that works too long does not miss frames on a machine that is quicker.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    pub count: usize,
    /// From one frame to the next.
    pub interval_millis: Percentiles,
    /// Work of the main thread in it.
    pub busy_millis: Percentiles,
    /// What that work was, by the browser's own names, in milliseconds a frame; the most first. What is within another
    /// counts for both.
    pub parts: Vec<(String, f64)>,
}

impl Percentiles {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |share: f64| values[(last as f64 * share).round() as usize];
        Some(Self { p50: at(0.5), p95: at(0.95), p99: at(0.99) })
    }
}

/// From the times that the page noted, and the trace of the same while.
pub fn of(times: &Value, events: impl IntoIterator<Item = Value>) -> anyhow::Result<Frames> {
    let times: Vec<f64> = times.as_array().context("frames are a list")?.iter().filter_map(Value::as_f64).collect();
    let intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut marks = Vec::new();
    let mut tasks = BTreeMap::<u64, Vec<(f64, f64)>>::new();
    let mut main = None;
    let mut named = BTreeMap::<u64, BTreeMap<String, f64>>::new();
    for event in events {
        let (thread, start) = (event["tid"].as_u64().unwrap_or(0), event["ts"].as_f64().unwrap_or(0.0));
        match event["name"].as_str() {
            // The thread that marks is the one we ask about.
            Some("bench-frame") => {
                main = Some(thread);
                marks.push(start);
            }
            Some("RunTask") => tasks.entry(thread).or_default().push((start, event["dur"].as_f64().unwrap_or(0.0))),
            Some(name) => {
                let length = event["dur"].as_f64().unwrap_or(0.0);
                *named.entry(thread).or_default().entry(name.to_owned()).or_default() += length;
            }
            None => {}
        }
    }
    let frames = marks.len().max(1) as f64;
    let parts = main.and_then(|thread| named.remove(&thread)).unwrap_or_default();
    let mut parts: Vec<(String, f64)> =
        parts.into_iter().map(|(name, micros)| (name, micros / 1000.0 / frames)).collect();
    parts.retain(|(_, millis)| *millis >= 0.5);
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let tasks = main.and_then(|thread| tasks.remove(&thread)).context("the trace has no frames")?;
    Ok(Frames {
        count: intervals.len(),
        interval_millis: Percentiles::of(intervals).context("there were no frames")?,
        busy_millis: Percentiles::of(busy(&marks, &tasks)).context("there were no frames in the trace")?,
        parts,
    })
}

/// Work between each mark and the next, in milliseconds, from times in microseconds.
fn busy(marks: &[f64], tasks: &[(f64, f64)]) -> Vec<f64> {
    let between = marks.windows(2).map(|pair| {
        let shares = tasks.iter().map(|(start, length)| (start + length).min(pair[1]) - start.max(pair[0]));
        shares.filter(|share| *share > 0.0).sum::<f64>() / 1000.0
    });
    between.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn work_is_counted_in_the_frame_it_was_done_in() {
        // A task across the second mark belongs to both frames, by its parts.
        let tasks = [(1_000.0, 2_000.0), (9_000.0, 4_000.0)];
        assert_eq!(busy(&[0.0, 10_000.0, 20_000.0], &tasks), [3.0, 3.0]);
    }

    #[test]
    fn only_the_thread_that_marks_frames_counts() {
        let event = |name: &str, thread: u64, start: u64, length: u64| json!({"name": name, "tid": thread, "ts": start, "dur": length});
        let events = [
            event("bench-frame", 7, 0, 0),
            event("RunTask", 7, 2_000, 5_000),
            event("RunTask", 8, 2_000, 9_000),
            event("bench-frame", 7, 16_000, 0),
        ];
        let frames = of(&json!([0.0, 16.0]), events).expect("there are frames");
        assert_eq!((frames.count, frames.interval_millis.p50, frames.busy_millis.p50), (1, 16.0, 5.0));
    }
}
