//! Starting other programs, and stopping them on every way out.
//!
//! Each child leads a process group of its own, so that a test binary's own children go with it.
//! A signal to xtask interrupts all of them; the command that waited then fails, and xtask leaves by the
//! ordinary way, through the destructors that stop servers and remove folders. A second signal is final.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Context, bail};

/// A child enters under the lock it is started under, so that the signal thread never misses one; it leaves
/// when it has been waited for, because from then on its id may belong to somebody else.
static CHILDREN: Mutex<Children> = Mutex::new(Children { running: BTreeSet::new(), stopping: false });

struct Children {
    running: BTreeSet<u32>,
    /// Set by the first signal: nothing new starts.
    stopping: bool,
}

/// The cargo that runs this xtask.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` says here which package it runs. Build scripts that look at it would run again, and half of the
    // workspace after them, at every change between `cargo xtask test` and `cargo test`.
    for (name, _) in std::env::vars_os() {
        let is_about_xtask =
            ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start));
        if is_about_xtask {
            command.env_remove(name);
        }
    }
    command
}

/// Runs to the end, its output on the terminal. A failure names the command.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = Running::start(command)?.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status})", text(command));
    }
    Ok(())
}

/// Runs to the end and returns what it printed. What it said on standard error is part of the failure.
pub fn read(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting `{}`", text(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", text(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("reading the output of `{}`", text(command)))
}

/// Looks a program up the way a shell does, and where Debian keeps servers.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION))
        .find(|file| file.is_file())
}

/// A child that is stopped when this value goes away.
pub struct Running {
    child: Child,
    ended: bool,
}

impl Running {
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut children = children();
        if children.stopping {
            bail!("stopped");
        }
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("starting `{}`", text(command)))?;
        children.running.insert(child.id());
        Ok(Self { child, ended: false })
    }

    /// What it prints, when it was started with a pipe.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub fn wait(mut self) -> anyhow::Result<ExitStatus> {
        let status = self.child.wait().context("waiting for a child")?;
        self.ended = true;
        Ok(status)
    }

    /// Whether it has ended by itself.
    pub fn ended(&mut self) -> anyhow::Result<bool> {
        self.ended = self.child.try_wait().context("asking after a child")?.is_some();
        Ok(self.ended)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            signal_group(self.child.id(), Ending::Clean);
            for _ in 0..100 {
                if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            // Five seconds are enough for a clean end. What is left of the group has missed its chance.
            signal_group(self.child.id(), Ending::Forced);
            self.child.kill().and_then(|()| self.child.wait().map(drop)).ok();
        }
        children().running.remove(&self.child.id());
    }
}

/// From now on an interrupt or a request to end stops the children first, then xtask.
pub fn stop_children_on_signals() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals =
            signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listening for signals")?;
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let mut children = children();
                let ending = if children.stopping { Ending::Forced } else { Ending::Clean };
                for child in &children.running {
                    signal_group(*child, ending);
                }
                if ending == Ending::Forced {
                    std::process::exit(128 + signal);
                }
                children.stopping = true;
            }
        });
    }
    Ok(())
}

fn children() -> MutexGuard<'static, Children> {
    CHILDREN.lock().expect("no holder of this lock panics")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// SIGINT and not SIGTERM: to Postgres it means "at once, but cleanly", to everything else Ctrl+C.
    Clean,
    Forced,
}

#[cfg(unix)]
fn signal_group(leader: u32, ending: Ending) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = match ending {
        Ending::Clean => Signal::INT,
        Ending::Forced => Signal::KILL,
    };
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        // The group may have ended a moment ago: then there is nothing to stop.
        kill_process_group(group, signal).ok();
    }
}

/// Elsewhere the destructors' `kill` has to do.
#[cfg(not(unix))]
fn signal_group(_leader: u32, _ending: Ending) {}

/// The command as one would type it.
fn text(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cargo_of_ours_is_not_told_about_xtask() {
        // Set for this test by the cargo that runs it, as for xtask itself.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let command = cargo();
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        for name in ["CARGO_PKG_NAME", "CARGO_PKG_VERSION", "CARGO_MANIFEST_DIR"] {
            assert!(removed.contains(&name.as_ref()), "{name} stays");
        }
    }
}
