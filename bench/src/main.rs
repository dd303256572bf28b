//! Measures OpenFlow. Started by `cargo xtask bench`, which builds what is measured; not part of the product.

mod engine;
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
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Sync(options) => sync::run(options),
        What::Engine(options) => engine::run(options),
    }
}
