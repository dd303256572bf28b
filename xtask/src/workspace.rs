//! Where things are: the workspace's root, cargo's target folder and what lies in them.
//!
//! Everything that xtask writes goes below the target folder, wherever cargo was told to put it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use crate::process;

pub struct Workspace {
    root: PathBuf,
    target_dir: PathBuf,
}

/// One of our crates, as its manifest says.
pub struct Package {
    pub name: String,
    /// Relative to the root.
    pub manifest: String,
    pub dependencies: Vec<Dependency>,
}

pub struct Dependency {
    pub name: String,
    pub for_tests: bool,
}

impl Workspace {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and configuration files are honoured.
    pub fn find() -> anyhow::Result<Self> {
        let metadata = metadata()?;
        let path = |name: &str| Ok::<_, anyhow::Error>(PathBuf::from(text(&metadata, name)?));
        Ok(Self { root: path("workspace_root")?, target_dir: path("target_directory")? })
    }

    pub fn packages(&self) -> anyhow::Result<Vec<Package>> {
        let metadata = metadata()?;
        list(&metadata, "packages")?.iter().map(|package| self.package(package)).collect()
    }

    fn package(&self, package: &Value) -> anyhow::Result<Package> {
        let manifest = Path::new(text(package, "manifest_path")?);
        let manifest = manifest.strip_prefix(&self.root).unwrap_or(manifest).display().to_string();
        let dependency = |dependency: &Value| {
            let for_tests = dependency["kind"] == "dev";
            Ok(Dependency { name: text(dependency, "name")?.to_owned(), for_tests })
        };
        let dependencies = list(package, "dependencies")?.iter().map(dependency).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Package { name: text(package, "name")?.to_owned(), manifest, dependencies })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// A program of ours, built as it is shipped.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target_dir.join("release").join(name).with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// The web client as the server serves it: `index.html` and `assets/`.
    pub fn web_dir(&self) -> PathBuf {
        self.target_dir.join("web")
    }
}

fn metadata() -> anyhow::Result<Value> {
    let mut cargo = process::cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    // The alias runs from any folder of the workspace; the manifest is the one xtask was built from.
    cargo.arg("--manifest-path").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    serde_json::from_str(&process::read(&mut cargo)?).context("reading `cargo metadata`")
}

fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    value[name].as_str().with_context(|| format!("`cargo metadata` names no `{name}`"))
}

fn list<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a Vec<Value>> {
    value[name].as_array().with_context(|| format!("`cargo metadata` lists no `{name}`"))
}
