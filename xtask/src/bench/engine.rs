//! The engine, beside ffmpeg, onnxruntime and llama.cpp.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::postgres::{Commits, Postgres};
use crate::process;
use crate::workspace::Workspace;
use crate::{machine, test_models};

/// `arguments` go to what measures.
pub fn bench(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    machine::provide(&[machine::FFMPEG, machine::POSTGRES, machine::PYTHON])?;
    let peers = workspace.root().join("bench/peers");
    let work_dir = workspace.target_dir().join("bench");
    let packages = install(&peers.join("requirements.txt"), &work_dir.join("python"))?;
    let minilm = test_models::minilm(workspace)?;
    let mut measure = super::build(workspace, &["openflow-collab-server"])?;
    let postgres = Postgres::start(Commits::Synced)?;
    measure.arg("engine").arg("--server").arg(workspace.program("openflow")).arg("--peers").arg(peers);
    measure.arg("--packages").arg(packages).arg("--minilm").arg(minilm).arg("--work-dir").arg(work_dir);
    process::run(measure.args(["--postgres-url", &postgres.url()]).args(arguments))
}

/// Installs Python packages into a folder of ours, unless that has been done.
fn install(requirements: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let wanted = fs::read_to_string(requirements).context("reading which packages are wanted")?;
    let stamp = folder.join(".installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder.to_owned());
    }
    let python = process::find_program("python3").context("no `python3`")?;
    let install = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--upgrade", "--target"];
    process::run(Command::new(python).args(install).arg(folder).arg("--requirement").arg(requirements))?;
    fs::write(stamp, wanted).context("noting what is installed")?;
    Ok(folder.to_owned())
}
