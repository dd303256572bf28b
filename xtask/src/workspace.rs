//! Where things are: the workspace's root, cargo's target folder and what lies in them.
//!
//! Everything that xtask writes goes below the target folder, wherever cargo was told to put it.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::process;

pub struct Workspace {
    root: PathBuf,
    target_dir: PathBuf,
}

impl Workspace {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and configuration files are honoured.
    pub fn find() -> anyhow::Result<Self> {
        let mut cargo = process::cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        // The alias runs from any folder of the workspace; the manifest is the one xtask was built from.
        cargo.arg("--manifest-path").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let metadata: serde_json::Value =
            serde_json::from_str(&process::read(&mut cargo)?).context("reading `cargo metadata`")?;
        let path = |name: &str| {
            metadata[name].as_str().map(PathBuf::from).with_context(|| format!("`cargo metadata` names no `{name}`"))
        };
        Ok(Self { root: path("workspace_root")?, target_dir: path("target_directory")? })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// The web client as the server serves it: `index.html` and `assets/`.
    pub fn web_dir(&self) -> PathBuf {
        self.target_dir.join("web")
    }
}
