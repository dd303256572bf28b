//! The command line: `openflow serve`, `worker`, `run`, `migrate`, `export`, `import`. Everything else is in the library.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use collab_server::{
    cli::{
        run::RunArgs,
        transfer::{self, ExportArgs, ImportArgs},
    },
    config::{Config, DataConfig, WorkerConfig},
    db::Db,
    state::make_private,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// Gives memory back when documents are unloaded. glibc's keeps it: what it has free lies between what is in use.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A multiplayer canvas for AI workflows.
#[derive(Parser)]
#[command(name = "openflow", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the web client.
    #[command(args_override_self = true)]
    Serve(Box<Config>),
    /// Execute runs for the servers of a Postgres database. Any number, on any machines that reach the same blobs.
    #[command(args_override_self = true)]
    Worker(Box<WorkerConfig>),
    /// Make the database, or bring its tables up to date.
    Migrate(DataConfig),
    /// Write a workflow's graph as JSON.
    Export(ExportArgs),
    /// Make a workflow of a JSON file.
    Import(ImportArgs),
    /// Run a workflow from a file, without a server.
    Run(RunArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(config) => {
            start_logging(config.log_json);
            let listener =
                collab_server::listen(config.listen).with_context(|| format!("listening on {}", config.listen))?;
            tracing::info!(address = %format_args!("http://{}", listener.local_addr()?), "listening");
            collab_server::serve(*config, listener, stop_on_signal()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Worker(config) => {
            start_logging(config.log_json);
            collab_server::work(*config, stop_on_signal()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate(data) => {
            start_logging(false);
            make_private(&data.data_dir).context("creating the data folder")?;
            let (db, _lock) = Db::open(&data.database_url()).await?;
            db.close().await;
            tracing::info!("the database is up to date");
            Ok(ExitCode::SUCCESS)
        }
        Command::Export(args) => {
            start_logging(false);
            transfer::export(args).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Import(args) => {
            start_logging(false);
            transfer::import(args).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(args) => collab_server::cli::run::run(args, stop_on_signal()).await,
    }
}

/// To standard error: standard output belongs to the commands. `RUST_LOG` overrides what is shown.
fn start_logging(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if json {
        registry.with(layer.json()).init();
    } else {
        registry.with(layer).init();
    }
}

/// Cancelled on Ctrl-C and on SIGTERM, which is how containers are stopped.
fn stop_on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .expect("a handler for SIGTERM can be installed");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    token
}
