//! `openflow export` and `openflow import`: one workflow between the database and a file, without a server.
//!
//! On SQLite the server must be stopped for it (the file has one process); beside a running server the same is
//! `GET workflows/{id}/graph` and `POST workflows`. Called by `main`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use shared::{
    api::User,
    exchange::{self, Limits},
    id::{WorkflowId, WorkspaceId},
};
use tokio_util::sync::CancellationToken;

use crate::{
    access::WorkspaceAccess,
    auth::Asker,
    config::{Config, DataConfig, Process},
    db,
    error::AppError,
    routes::workflows,
    state::AppState,
};

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    data: DataConfig,
    /// The workflow, `wf_…`.
    workflow: WorkflowId,
    /// Write to this file instead of standard output.
    #[arg(long)]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    data: DataConfig,
    /// A file in the exchange format.
    file: PathBuf,
    /// Who it is imported for: the e-mail address of an account.
    #[arg(long)]
    email: String,
    /// Into this workspace of theirs. Default: their own.
    #[arg(long)]
    workspace: Option<WorkspaceId>,
    /// Instead of the title in the file.
    #[arg(long)]
    title: Option<String>,
}

pub async fn export(args: ExportArgs) -> anyhow::Result<()> {
    let state = open(args.data).await?;
    let found = state.rooms.graph(args.workflow).await.with_context(|| format!("reading `{}`", args.workflow));
    close(&state).await;
    let text = exchange::write(&found?.0);
    match args.output {
        Some(path) => std::fs::write(&path, text).with_context(|| format!("writing `{}`", path.display())),
        None => io::stdout().write_all(text.as_bytes()).context("writing to standard output"),
    }
}

pub async fn import(args: ImportArgs) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("reading `{}`", args.file.display()))?;
    let graph = exchange::read(&text, Limits::default()).with_context(|| format!("in `{}`", args.file.display()))?;
    let state = open(args.data).await?;
    let imported = async {
        let user = find_user(&state, &args.email).await?;
        let access = match args.workspace {
            Some(id) => WorkspaceAccess::find(&state, Asker::in_person(&user), id).await,
            None => WorkspaceAccess::find_personal(&state, Asker::in_person(&user)).await,
        };
        let title = args.title.as_deref().unwrap_or_default();
        workflows::create(&state, &access.map_err(plain)?, None, title, graph).await.map_err(plain)
    };
    let imported = imported.await;
    close(&state).await;
    writeln!(io::stdout(), "{}", imported?.id).context("writing to standard output")
}

async fn open(data: DataConfig) -> anyhow::Result<AppState> {
    // The wrong folder would otherwise become an empty installation.
    if data.database_url.is_none() && !data.data_dir.join("openflow.db").exists() {
        bail!("there is no database in `{}`: name the folder with --data-dir", data.data_dir.display());
    }
    let config = Config { data, process: Process::Tool, ..Config::in_folder("") };
    AppState::open(config, CancellationToken::new()).await
}

async fn close(state: &AppState) {
    state.rooms.shutdown().await;
    state.db.close().await;
}

async fn find_user(state: &AppState, email: &str) -> anyhow::Result<User> {
    let person = db::user::find_by_email(&state.db, email.trim()).await?;
    Ok(person.ok_or_else(|| anyhow!("nobody here has the e-mail address `{email}`"))?.to_user())
}

/// There is no person to hide the cause from: the operator runs this.
fn plain(error: AppError) -> anyhow::Error {
    anyhow!("{error:?}")
}
