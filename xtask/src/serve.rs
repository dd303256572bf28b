//! `cargo xtask serve`: from a fresh clone to a running server.
//!
//! Builds what has changed and then becomes the server: Ctrl+C and every other signal reach it directly,
//! and it ends the way it does in production.

use std::process::Command;

use anyhow::Context;

use crate::build_client::{self, ClientProfile};
use crate::workspace::Workspace;
use crate::{machine, process};

const ADDRESS: &str = "127.0.0.1:8080";

/// `arguments` go to `openflow serve` after ours; what is given twice there counts as given last.
pub fn serve(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    // Everything but the media nodes works without it, so a missing one is no reason not to start.
    if let Err(error) = machine::provide(&[machine::FFMPEG]) {
        eprintln!("video and sound nodes will not run: {error:#}");
    }
    let web_dir = build_client::build(workspace, ClientProfile::Shipped)?;

    let mut cargo = process::cargo();
    cargo.current_dir(workspace.root());
    cargo.args(["build", "--release", "--package", "openflow-collab-server", "--bin", "openflow"]);
    process::run(&mut cargo)?;

    let mut server = Command::new(workspace.program("openflow"));
    server.current_dir(workspace.root());
    server.arg("serve").arg("--web-dir").arg(web_dir);
    if !has_option(arguments, "--listen") {
        server.args(["--listen", ADDRESS]);
        eprintln!("OpenFlow starts at http://{ADDRESS} (Ctrl+C stops it)");
    }
    if !has_option(arguments, "--data-dir") {
        server.args(["--data-dir", "data"]);
    }
    become_server(server.args(arguments)).context("starting the server")
}

/// `--listen X` and `--listen=X`.
fn has_option(arguments: &[String], option: &str) -> bool {
    arguments.iter().any(|argument| argument.split('=').next() == Some(option))
}

#[cfg(unix)]
fn become_server(server: &mut Command) -> std::io::Result<()> {
    // Returns only when it could not.
    Err(std::os::unix::process::CommandExt::exec(server))
}

#[cfg(not(unix))]
fn become_server(server: &mut Command) -> std::io::Result<()> {
    server.status().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_found_in_both_spellings() {
        let arguments = ["--listen=0.0.0.0:80", "--data-dir", "elsewhere"].map(String::from);
        assert!(has_option(&arguments, "--listen"));
        assert!(has_option(&arguments, "--data-dir"));
        assert!(!has_option(&arguments, "--nats-url"));
    }
}
