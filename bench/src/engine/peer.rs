//! References in Python: a script each, run to its end, whose last line is JSON.

use std::process::Command;

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;

use super::Options;

/// Cores that everybody may use: ours uses all there are.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

pub fn run(options: &Options, script: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("python3");
    command.arg(options.peers.join(script)).args(arguments).env("PYTHONPATH", &options.packages);
    let output = command.output().with_context(|| format!("starting `{script}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{script}` failed: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

pub fn measured<T: DeserializeOwned>(options: &Options, script: &str, arguments: &[&str]) -> anyhow::Result<T> {
    let said = run(options, script, arguments)?;
    let line = said.lines().last().unwrap_or_default();
    serde_json::from_str(line).with_context(|| format!("reading what `{script}` printed"))
}
