//! A Postgres cluster for one run of tests or benchmarks: its own folder, its own port, gone afterwards.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::machine;
use crate::process::{self, Running};

/// Postgres refuses to run as root; Debian's package brings this user.
const USER: &str = "postgres";

/// Whether what is committed outlives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commits {
    /// For tests: nothing in it has to outlive the run.
    Forgotten,
    /// As Postgres comes: for figures that mean something.
    Synced,
}

pub struct Postgres {
    // Dropped in this order: the server has stopped before its folder goes.
    _server: Running,
    _folder: TempDir,
    port: u16,
}

impl Postgres {
    pub fn start(commits: Commits) -> anyhow::Result<Self> {
        let programs = machine::postgres_programs().context("PostgreSQL's server programs are not installed")?;
        let folder = tempfile::Builder::new().prefix("openflow-postgres-").tempdir()?;
        if machine::is_root() {
            process::run(Command::new("chown").arg(USER).arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let mut initdb = as_database_user(&programs.join("initdb"));
        initdb.args(["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        process::read(initdb.arg("--pgdata").arg(&data).current_dir(folder.path()))?;

        let port = free_port()?;
        let mut postgres = as_database_user(&programs.join("postgres"));
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path()).current_dir(folder.path());
        postgres.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        // A database a test: many connections.
        let mut settings = vec!["max_connections=300", "log_min_messages=panic", "log_min_error_statement=panic"];
        if commits == Commits::Forgotten {
            settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]);
        }
        for setting in settings {
            postgres.args(["-c", setting]);
        }
        let mut server = Running::start(&mut postgres)?;
        wait_until_ready(&mut server, &programs.join("pg_isready"), port)?;
        Ok(Self { _server: server, _folder: folder, port })
    }

    /// A database of which tests make their own.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }
}

/// As root on Linux: as the database's user, and interrupted by the kernel should xtask be killed.
fn as_database_user(program: &Path) -> Command {
    if !machine::is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--init-groups", "--pdeathsig", "INT", "--"]).arg(program);
    command
}

/// Free now. Somebody else could take it before Postgres does; then Postgres says so and the run fails.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

fn wait_until_ready(server: &mut Running, pg_isready: &Path, port: u16) -> anyhow::Result<()> {
    let give_up = Instant::now() + Duration::from_secs(60);
    loop {
        let mut question = Command::new(pg_isready);
        question.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", USER, "-d", "postgres"]);
        if process::read(&mut question).is_ok() {
            return Ok(());
        }
        if server.ended()? || Instant::now() > give_up {
            bail!("Postgres did not start");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
