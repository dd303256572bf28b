//! Starting other programs, and stopping them on every way out.
//!
//! Each child leads a process group of its own. A signal to xtask is passed on to the groups of all
//! children that still run, so that a test binary's own children go too.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, bail};

/// Process ids of the children that run now. A child enters under the lock it is started under, so that
/// the signal thread never misses one; it leaves when it has been waited for.
static CHILDREN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// The cargo that runs this xtask.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
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

/// Looks a program up the way a shell does.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION))
        .find(|file| file.is_file())
}

/// A child that is stopped when this value goes away.
pub struct Running {
    child: Child,
    /// Whether its end has been seen: only then may its id belong to somebody else.
    ended: bool,
}

impl Running {
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut children = CHILDREN.lock().expect("no holder of this lock panics");
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("starting `{}`", text(command)))?;
        children.insert(child.id());
        Ok(Self { child, ended: false })
    }

    pub fn wait(mut self) -> anyhow::Result<ExitStatus> {
        let status = self.child.wait().context("waiting for a child")?;
        self.ended = true;
        Ok(status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            stop_group(self.child.id());
            for _ in 0..100 {
                if matches!(self.child.try_wait(), Ok(Some(_))) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            // Five seconds were enough for a clean end; after a clean end this does nothing.
            self.child.kill().and_then(|()| self.child.wait().map(drop)).ok();
        }
        CHILDREN.lock().expect("no holder of this lock panics").remove(&self.child.id());
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
            if let Some(signal) = signals.forever().next() {
                // The lock is kept to the end: nothing new starts any more.
                let children = CHILDREN.lock().expect("no holder of this lock panics");
                for child in children.iter() {
                    stop_group(*child);
                }
                wait_for_end(&children);
                std::process::exit(128 + signal);
            }
        });
    }
    Ok(())
}

/// Gives the groups up to five seconds. Their main processes are reaped by whoever waits for them.
#[cfg(unix)]
fn wait_for_end(children: &BTreeSet<u32>) {
    for _ in 0..100 {
        let one_left = children
            .iter()
            .any(|child| group(*child).is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok()));
        if !one_left {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(unix)]
fn group(leader: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(leader).ok()?)
}

/// SIGINT and not SIGTERM: to Postgres it means "at once, but cleanly", to everything else the same as Ctrl+C.
fn stop_group(leader: u32) {
    #[cfg(unix)]
    if let Some(group) = group(leader) {
        // It may have ended a moment ago: then there is nothing to stop.
        rustix::process::kill_process_group(group, rustix::process::Signal::INT).ok();
    }
    #[cfg(not(unix))]
    let _ = leader;
}

/// The command as one would type it.
fn text(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
