//! `cargo xtask bench`: builds what is measured, and measures it. Figures mean something on a quiet machine only.
//!
//! The measuring itself is the crate `bench`: it wants a runtime and sockets, which xtask does without.

mod canvas;
mod engine;
mod sync;

use std::path::PathBuf;
use std::process::Command;

use clap::Subcommand;

use crate::process;
use crate::workspace::Workspace;

#[derive(Subcommand)]
pub enum Bench {
    /// How edits travel: our server beside other Yjs servers, under the same load. See docs/benchmarks.md.
    Sync {
        /// Go to the load generator, for instance `--only 1x50`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// What the engine costs: beside ffmpeg and other runtimes of the same models. See docs/benchmarks.md.
    Engine {
        /// Go to what measures, for instance `--only media`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// How the canvas feels in a browser: beside React Flow, by the same hand on the same graph. See docs/benchmarks.md.
    Canvas {
        /// A server that is built already, in place of building one. Comes before what goes to what measures.
        #[arg(long)]
        server: Option<PathBuf>,
        /// Go to what measures, for instance `--only drag`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

pub fn bench(workspace: &Workspace, what: &Bench) -> anyhow::Result<()> {
    match what {
        Bench::Sync { arguments } => sync::bench(workspace, arguments),
        Bench::Engine { arguments } => engine::bench(workspace, arguments),
        Bench::Canvas { server, arguments } => canvas::bench(workspace, server.as_deref(), arguments),
    }
}

/// Builds our own programs as they are shipped, and returns the command that measures.
fn build(workspace: &Workspace, packages: &[&str]) -> anyhow::Result<Command> {
    let mut cargo = process::cargo();
    cargo.current_dir(workspace.root()).args(["build", "--release", "--bins", "--package", "openflow-bench"]);
    process::run(cargo.args(packages.iter().flat_map(|package| ["--package", package])))?;
    Ok(Command::new(workspace.program("openflow-bench")))
}
