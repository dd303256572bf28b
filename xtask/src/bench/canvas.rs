//! The web client in a real Chromium, beside a page of React Flow.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::build_client::{self, ClientProfile};
use crate::workspace::Workspace;
use crate::{machine, npm, process};

/// Builds a server unless there is one; `arguments` go to what measures.
pub fn bench(workspace: &Workspace, server: Option<&Path>, arguments: &[String]) -> anyhow::Result<()> {
    machine::provide(&[machine::NODE, machine::CHROMIUM])?;
    let chromium = machine::chromium().context("no Chromium")?;
    let peers = workspace.root().join("bench/peers");
    npm::install(&peers)?;
    let work_dir = workspace.target_dir().join("bench");
    let page = work_dir.join("react-flow");
    bundle(&peers, &page)?;
    let web_dir = build_client::build(workspace, ClientProfile::Shipped)?;
    let packages: &[&str] = if server.is_some() { &[] } else { &["openflow-collab-server"] };
    let mut measure = super::build(workspace, packages)?;
    let server = server.map_or_else(|| workspace.program("openflow"), Path::to_owned);
    measure.arg("canvas").arg("--server").arg(server).arg("--web-dir").arg(web_dir);
    measure.arg("--react-flow").arg(page).arg("--chromium").arg(chromium).arg("--work-dir").arg(work_dir);
    process::run(measure.args(arguments))
}

/// The page of React Flow as it would be shipped.
fn bundle(peers: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).context("making the folder of the page")?;
    fs::copy(peers.join("canvas/index.html"), to.join("index.html")).context("copying the page")?;
    let mut esbuild = Command::new(peers.join("node_modules/.bin/esbuild"));
    esbuild.args(["canvas/page.jsx", "--bundle", "--minify", "--jsx=automatic", "--log-level=warning"]);
    esbuild.arg("--define:process.env.NODE_ENV=\"production\"").arg(format!("--outdir={}", to.display()));
    process::run(esbuild.current_dir(peers))
}
