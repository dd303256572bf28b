//! Our server and the peers from npm, under one load generator.

use crate::npm;
use crate::process;
use crate::workspace::Workspace;

/// `arguments` go to the load generator.
pub fn bench(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    crate::machine::provide(&[crate::machine::NODE])?;
    let peers = workspace.root().join("bench/peers");
    npm::install(&peers)?;
    let mut measure = super::build(workspace, &["openflow-collab-server"])?;
    measure.arg("sync").arg("--server").arg(workspace.program("openflow")).arg("--peers").arg(peers);
    measure.arg("--work-dir").arg(workspace.target_dir().join("bench"));
    process::run(measure.args(arguments))
}
