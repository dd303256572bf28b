//! Measures OpenFlow. Started by `cargo xtask bench`, which builds what is measured; not part of the product.

mod canvas;
mod engine;
mod report;
mod sync;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "openflow-bench")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// How edits travel, beside other Yjs servers, under the same load.
    Sync(sync::Options),
    /// What the engine costs, beside ffmpeg and other runtimes of the same models.
    Engine(engine::Options),
    /// How the canvas feels in a browser, beside React Flow.
    Canvas(canvas::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Sync(options) => sync::run(options),
        What::Engine(options) => engine::run(options),
        What::Canvas(options) => canvas::run(options),
    }
}
