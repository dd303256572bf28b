//! What the machine has to bring, and how to get it.
//!
//! As root on Debian missing packages are installed; elsewhere one line says what to install.
//! A tool that is missing is a failure: no check is left out because of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::bail;

use crate::process;

/// Something that is not a crate.
pub struct Tool {
    /// As people call it.
    pub name: &'static str,
    is_there: fn() -> bool,
    debian_packages: &'static [&'static str],
}

/// Reads and writes video and sound: the media nodes need it.
pub const FFMPEG: Tool =
    Tool { name: "ffmpeg", is_there: || has_program("ffmpeg") && has_program("ffprobe"), debian_packages: &["ffmpeg"] };

/// Runs other people's Yjs clients and servers beside ours.
pub const NODE: Tool = Tool {
    name: "Node.js with npm",
    is_there: || has_program("node") && has_program("npm"),
    debian_packages: &["nodejs", "npm"],
};

/// A database that several servers can share.
pub const POSTGRES: Tool = Tool {
    name: "PostgreSQL's server programs",
    is_there: || postgres_programs().is_some(),
    debian_packages: &["postgresql"],
};

/// Fetches the real model of the tests, and runs the references that the engine is measured beside.
pub const PYTHON: Tool = Tool {
    name: "Python 3 with pip",
    is_there: || has_program("python3") && has_program("pip3"),
    debian_packages: &["python3", "python3-pip"],
};

/// The browser that pages are tested and measured in.
pub const CHROMIUM: Tool = Tool { name: "Chromium", is_there: || chromium().is_some(), debian_packages: &["chromium"] };

/// Everything that `cargo xtask test` uses.
pub const FOR_TESTS: [Tool; 8] = [
    FFMPEG,
    POSTGRES,
    Tool { name: "nats-server", is_there: || has_program("nats-server"), debian_packages: &["nats-server"] },
    CHROMIUM,
    Tool { name: "ChromeDriver", is_there: || has_program("chromedriver"), debian_packages: &["chromium-driver"] },
    // Without any font Chromium draws no text, and asserts on what people see mean nothing.
    Tool { name: "a font", is_there: has_font, debian_packages: &["fonts-dejavu-core"] },
    NODE,
    PYTHON,
];

/// Installs what is missing, or fails with one line that says what to install.
pub fn provide(tools: &[Tool]) -> anyhow::Result<()> {
    let missing = missing(tools);
    if missing.is_empty() {
        return Ok(());
    }
    if !installs_packages() {
        bail!("please install {}", names(&missing));
    }
    let packages = missing.iter().flat_map(|tool| tool.debian_packages).copied().collect::<Vec<_>>();
    eprintln!("installing {}", packages.join(", "));
    process::run(apt_get().arg("update"))?;
    // A line a file would bury what comes after. Errors go another way.
    let install = ["install", "--yes", "--no-install-recommends"];
    process::run(apt_get().args(install).args(&packages).stdout(Stdio::null()))?;

    let still_missing = missing.into_iter().filter(|tool| !(tool.is_there)()).collect::<Vec<_>>();
    if !still_missing.is_empty() {
        bail!("the packages are installed, but these are still not found: {}", names(&still_missing));
    }
    Ok(())
}

fn missing(tools: &[Tool]) -> Vec<&Tool> {
    tools.iter().filter(|tool| !(tool.is_there)()).collect()
}

fn names(tools: &[&Tool]) -> String {
    tools.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", ")
}

/// `initdb` and `postgres`. Debian keeps them off the search path, one folder a version: the newest counts.
pub fn postgres_programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    folders.extend(process::find_program("initdb").and_then(|file| Some(file.parent()?.to_owned())));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

pub fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(process::find_program)
}

fn has_program(name: &str) -> bool {
    process::find_program(name).is_some()
}

/// Linux keeps fonts as packages; other systems always have some.
fn has_font() -> bool {
    !cfg!(target_os = "linux")
        || walkdir::WalkDir::new("/usr/share/fonts")
            .into_iter()
            .filter_map(Result::ok)
            .any(|entry| entry.path().extension().is_some_and(|extension| extension == "ttf" || extension == "otf"))
}

/// Whether xtask may install packages here: Debian or a child of it, as root.
fn installs_packages() -> bool {
    Path::new("/etc/debian_version").exists() && has_program("apt-get") && is_root()
}

#[cfg(unix)]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
pub fn is_root() -> bool {
    false
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet=2");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    // Tests start their own servers: a package's own must not start as a side effect.
    command.env("RUNLEVEL", "1");
    command
}
