//! Our server and the peers from npm, under one load generator.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::npm;
use crate::postgres::{Commits, Postgres};
use crate::process;
use crate::workspace::Workspace;

/// A thousand sockets, and what else a server keeps open.
const OPEN_FILES: u64 = 4096;

/// `arguments` go to the load generator.
pub fn bench(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    crate::machine::provide(&[crate::machine::NODE, crate::machine::POSTGRES])?;
    allow_many_files()?;
    let peers = workspace.root().join("bench/peers");
    npm::install(&peers)?;
    let mut measure = super::build(workspace, &["openflow-collab-server"])?;
    // Our promises about commits are for both databases, and mean nothing on one that does not sync.
    let postgres = Postgres::start(Commits::Synced)?;
    measure.arg("sync").arg("--server").arg(workspace.program("openflow")).arg("--peers").arg(peers);
    measure.arg("--work-dir").arg(workspace.target_dir().join("bench")).arg("--postgres").arg(postgres.url());
    process::run(measure.args(arguments))
}

/// For this process and those it starts.
fn allow_many_files() -> anyhow::Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < OPEN_FILES) {
        let wanted = maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
            .context("allowing a thousand sockets: raise the limit of open files (ulimit -n)")?;
    }
    Ok(())
}
