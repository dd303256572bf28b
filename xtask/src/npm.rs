//! Packages from npm: foreign programs that ours is tested and measured with. Nothing of them is shipped.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::process;

/// Installs what a folder's `package.json` names, unless that has been done.
///
/// Exact versions stand in `package.json`; a lock file would record from where they came on one machine.
pub fn install(folder: &Path) -> anyhow::Result<()> {
    let wanted = fs::read_to_string(folder.join("package.json")).context("reading which packages are wanted")?;
    let stamp = folder.join("node_modules").join(".installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let npm = process::find_program("npm").context("no `npm`")?;
    let install = ["install", "--no-audit", "--no-fund", "--no-package-lock"];
    process::run(Command::new(npm).args(install).current_dir(folder))?;
    fs::write(stamp, wanted).context("noting what is installed")
}
