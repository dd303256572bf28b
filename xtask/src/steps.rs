//! The steps of a long command: each is named when it starts, and all are listed with their times at the end.

use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Steps {
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    pub fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        eprintln!("\n--- {name}");
        let start = Instant::now();
        let result = step();
        self.done.push((name, start.elapsed()));
        result.map_err(|error| error.context(format!("step `{name}`")))
    }
}

impl Drop for Steps {
    /// Also after a failure: where the time went is most interesting then.
    fn drop(&mut self) {
        eprintln!("\n--- times");
        for (name, duration) in &self.done {
            eprintln!("{:>8.1} s  {name}", duration.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, duration)| *duration).sum();
        eprintln!("{:>8.1} s  in all", total.as_secs_f64());
    }
}
