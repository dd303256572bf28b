//! `cargo xtask icons`: the icon font, made from the pictures in assets/icons.
//!
//! The font is kept beside its pictures, so that nobody needs Python to build the client. A hash of what it was made
//! from is kept too, and `tidy` says when that is another one by now.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use walkdir::WalkDir;

use crate::workspace::Workspace;
use crate::{machine, process, python};

const MAKER: &str = "xtask/icons";
const PICTURES: &str = "assets/icons";
const FONT: &str = "assets/fonts/icons.woff2";
const MADE_FROM: &str = "xtask/icons/made-from";

pub fn icons(workspace: &Workspace) -> anyhow::Result<()> {
    machine::provide(&[machine::PYTHON])?;
    let root = workspace.root();
    let packages = workspace.target_dir().join("icons");
    python::install(&root.join(MAKER).join("requirements.txt"), &packages)?;
    let python = process::find_program("python3").context("no `python3`")?;
    let mut make = Command::new(python);
    make.arg(root.join(MAKER).join("font.py")).arg(root.join(PICTURES)).arg(root.join(FONT));
    process::run(make.env("PYTHONPATH", packages))?;
    std::fs::write(root.join(MADE_FROM), sources(root)? + "\n").context("noting what the font is made from")
}

/// Whether the font is made from the pictures that are there.
pub fn are_current(root: &Path) -> anyhow::Result<bool> {
    let made_from = std::fs::read_to_string(root.join(MADE_FROM)).context("reading what the font is made from")?;
    Ok(made_from.trim() == sources(root)?)
}

fn sources(root: &Path) -> anyhow::Result<String> {
    let mut files: Vec<PathBuf> = vec![root.join(MAKER).join("font.py"), root.join(MAKER).join("requirements.txt")];
    for entry in WalkDir::new(root.join(PICTURES)).sort_by_file_name() {
        let path = entry.context("listing the icons")?.into_path();
        if path.extension().is_some_and(|extension| extension == "svg") {
            files.push(path);
        }
    }
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(file.file_name().context("a file has a name")?.as_encoded_bytes());
        hasher.update(&std::fs::read(&file).with_context(|| format!("reading `{}`", file.display()))?);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
