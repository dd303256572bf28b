//! Packages from PyPI: foreign programs that ours is tested and measured with. Nothing of them is shipped.
//!
//! They go into a folder of ours, which Python is pointed to: the machine's own packages are left alone, and nothing but
//! pip is needed. Only wheels: whatever would have to be compiled is refused instead.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::process;

/// Installs what a file names, unless that has been done.
pub fn install(requirements: &Path, folder: &Path) -> anyhow::Result<()> {
    let wanted = fs::read_to_string(requirements).context("reading which packages are wanted")?;
    let stamp = folder.join(".installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let python = process::find_program("python3").context("no `python3`")?;
    let install = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--upgrade", "--target"];
    process::run(Command::new(python).args(install).arg(folder).arg("--requirement").arg(requirements))?;
    fs::write(stamp, wanted).context("noting what is installed")
}
