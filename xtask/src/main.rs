//! `cargo xtask`: builds, serves, checks and tests OpenFlow.
//!
//! Not part of the product: nothing here is shipped, and nothing shipped depends on it.
//! People call it through the alias in `.cargo/config.toml`, the checks through `.ci/run`.

mod build_client;
mod bundle;
mod process;
mod workspace;

use build_client::ClientProfile;
use clap::{Parser, Subcommand};
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, serves and tests OpenFlow")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the web client into `target/web`.
    BuildClient {
        /// Quick to build, slow to load: no optimisation, readable panics.
        #[arg(long)]
        dev: bool,
    },
}

fn main() -> anyhow::Result<()> {
    process::stop_children_on_signals()?;
    let workspace = Workspace::find()?;
    match Arguments::parse().command {
        Command::BuildClient { dev } => {
            let profile = if dev { ClientProfile::Dev } else { ClientProfile::Shipped };
            build_client::build(&workspace, profile).map(drop)
        }
    }
}
