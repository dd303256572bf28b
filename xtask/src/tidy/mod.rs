//! `cargo xtask tidy`: the invariants of `docs/architecture.md`, checked.
//!
//! Plain text searches: quick, and good enough to stop an accident. Nobody is stopped who means to get past
//! them, and a rule that is wrong is changed here and in that document together.

mod crates;
mod docs;
mod files;
mod placement;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use walkdir::WalkDir;

use crate::icons;
use crate::workspace::Workspace;

/// Folders that hold nothing of ours.
const SKIPPED: [&str; 5] = [".git", "data", "node_modules", "target", "web"];

/// Files that are read; everything else is pictures, sounds and generated locks.
const TEXT: [&str; 13] = ["css", "html", "js", "json", "md", "mjs", "rs", "sh", "sql", "svg", "toml", "yaml", "yml"];

/// One text file of the workspace.
pub struct Source {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file is only compiled for tests, going by its name.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs") || self.path.ends_with("/fuzz.rs")
    }

    /// Lines of code with their numbers: those that are no whole-line comment.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn complain(&self, line: usize, message: impl Into<String>) -> Complaint {
        Complaint { path: self.path.clone(), line, message: message.into() }
    }
}

#[derive(Debug)]
pub struct Complaint {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

pub fn tidy(workspace: &Workspace) -> anyhow::Result<()> {
    let sources = sources(workspace.root(), workspace.target_dir())?;
    let mut complaints = crates::check(&workspace.packages()?);
    complaints.extend(sources.iter().flat_map(files::check));
    complaints.extend(sources.iter().flat_map(placement::check));
    complaints.extend(sources.iter().flat_map(|source| docs::check(source, workspace.root())));
    if !icons::are_current(workspace.root())? {
        let message = "is not made from the icons that are there: `cargo xtask icons`".to_owned();
        complaints.push(Complaint { path: "assets/fonts/icons.woff2".to_owned(), line: 1, message });
    }
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    match complaints.len() {
        0 => Ok(()),
        1 => bail!("one invariant is broken"),
        count => bail!("{count} invariants are broken"),
    }
}

fn sources(root: &Path, target_dir: &Path) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let walk = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|entry| {
        let skipped = entry.depth() > 0 && SKIPPED.iter().any(|name| entry.file_name() == *name);
        // `engine/src/data` would be ours: only folders named so at the root and build outputs are not.
        let at_root = entry.depth() == 1 || entry.file_name() == "node_modules";
        entry.path() != target_dir && !(skipped && at_root && entry.file_type().is_dir())
    });
    for entry in walk {
        let entry = entry.context("listing the workspace")?;
        let path = entry.path();
        let is_text = path.extension().is_some_and(|extension| TEXT.iter().any(|known| extension == *known));
        if entry.file_type().is_file() && is_text && entry.file_name() != "package-lock.json" {
            let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
            sources.push(Source { path: slashed(path.strip_prefix(root).expect("it was found below")), text });
        }
    }
    Ok(sources)
}

fn slashed(path: &Path) -> String {
    path.components().collect::<PathBuf>().to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

/// What a rule says about a file, one line each.
#[cfg(test)]
fn said(complaints: impl IntoIterator<Item = Complaint>) -> Vec<String> {
    complaints.into_iter().map(|complaint| complaint.to_string()).collect()
}
