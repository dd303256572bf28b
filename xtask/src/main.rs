//! `cargo xtask`: builds, serves, checks and tests OpenFlow.
//!
//! Not part of the product: nothing here is shipped, and nothing shipped depends on it.
//! People call it through the alias in `.cargo/config.toml`, the checks through `.ci/run`.

#![expect(clippy::disallowed_methods, reason = "xtask has no other tasks that a blocked thread could hold up")]

mod bench;
mod build_client;
mod bundle;
mod icons;
mod machine;
mod npm;
mod pictures;
mod postgres;
mod process;
mod python;
mod serve;
mod steps;
mod test;
mod test_models;
mod tidy;
mod workspace;

use std::process::ExitCode;

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
    /// Builds everything and starts OpenFlow at 127.0.0.1:8080, with its data in `./data`.
    Serve {
        /// Go to `openflow serve`, for instance `--listen 0.0.0.0:80`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Checks and tests everything. Installs what it needs as root on Debian, else says what is missing.
    #[command(alias = "ci")]
    Test {
        /// Go to `cargo test`: only these tests run, and no other check.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measures: `bench sync` beside other servers. Figures mean something on a quiet machine only.
    Bench {
        #[command(subcommand)]
        what: bench::Bench,
    },
    /// Fetches the real model and the llama.cpp that tests run; `cargo xtask test` does it by itself.
    TestModels,
    /// Takes the screenshots of docs/images anew.
    Pictures,
    /// Makes the icon font from assets/icons anew.
    Icons,
    /// Checks the architecture: who may depend on whom, what lies where.
    Tidy,
    /// Builds the web client into `target/web`.
    BuildClient {
        /// Quick to build, slow to load: no optimisation, readable panics.
        #[arg(long)]
        dev: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    process::stop_children_on_signals()?;
    let workspace = Workspace::find()?;
    match command {
        Command::Serve { arguments } => serve::serve(&workspace, &arguments),
        Command::Test { arguments } => test::test(&workspace, &arguments),
        Command::Bench { what } => bench::bench(&workspace, &what),
        Command::TestModels => {
            test_models::minilm(&workspace)?;
            test_models::llama_cpp(&workspace).map(drop)
        }
        Command::Pictures => pictures::pictures(&workspace),
        Command::Icons => icons::icons(&workspace),
        Command::Tidy => tidy::tidy(&workspace),
        Command::BuildClient { dev } => {
            let profile = if dev { ClientProfile::Dev } else { ClientProfile::Shipped };
            build_client::build(&workspace, profile).map(drop)
        }
    }
}
