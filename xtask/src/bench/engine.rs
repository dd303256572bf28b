//! The engine, beside ffmpeg, onnxruntime and llama.cpp.

use crate::postgres::{Commits, Postgres};
use crate::process;
use crate::workspace::Workspace;
use crate::{machine, python, test_models};

/// `arguments` go to what measures.
pub fn bench(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    machine::provide(&[machine::FFMPEG, machine::POSTGRES, machine::PYTHON])?;
    let peers = workspace.root().join("bench/peers");
    let work_dir = workspace.target_dir().join("bench");
    let packages = work_dir.join("python");
    python::install(&peers.join("requirements.txt"), &packages)?;
    let minilm = test_models::minilm(workspace)?;
    let mut measure = super::build(workspace, &["openflow-collab-server"])?;
    let postgres = Postgres::start(Commits::Synced)?;
    measure.arg("engine").arg("--server").arg(workspace.program("openflow")).arg("--peers").arg(peers);
    measure.arg("--packages").arg(packages).arg("--minilm").arg(minilm).arg("--work-dir").arg(work_dir);
    process::run(measure.args(["--postgres-url", &postgres.url()]).args(arguments))
}
