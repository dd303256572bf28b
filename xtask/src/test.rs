//! `cargo xtask test`: everything that has to hold before a change is shared.
//!
//! Formatting, lints, the architecture, docs, the web client, and every test on SQLite and on a Postgres
//! of its own. Closes with what failed, each with its first lines, and one line of what the test runner counted:
//! `412 passed, 0 failed`.

mod counted;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use self::counted::Counted;
use crate::build_client::{self, ClientProfile};
use crate::postgres::{Commits, Postgres};
use crate::process::{self, Running};
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{machine, npm, test_models, tidy};

/// Which cases property tests draw. The same in every run, so that nobody's change is refused for what another did;
/// another number in this variable looks elsewhere.
const RANDOM_CASES: &str = "PROPTEST_RNG_SEED";

/// With `arguments` only the tests run, and `cargo test` gets them in place of `--workspace`.
pub fn test(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    steps.run("tools", || {
        machine::provide(&machine::FOR_TESTS)?;
        build_client::add_wasm_target()
    })?;
    steps.run("JavaScript clients", || npm::install(&workspace.root().join("collab-server/tests/js")))?;
    let minilm = steps.run("models for tests", || test_models::minilm(workspace))?;
    let python = steps.run("llama.cpp", || test_models::llama_cpp(workspace))?;
    if arguments.is_empty() {
        check(&mut steps, workspace)?;
    }
    let web_dir = steps.run("web client", || build_client::build(workspace, ClientProfile::Shipped))?;
    let postgres = steps.run("Postgres", || Postgres::start(Commits::Forgotten))?;

    let mut cargo = cargo_in(workspace, &["test", "--no-fail-fast"]);
    match arguments {
        [] => cargo.arg("--workspace"),
        _ => cargo.args(arguments),
    };
    cargo.env("OPENFLOW_TEST_POSTGRES_URL", postgres.url());
    cargo.env("OPENFLOW_TEST_WEB_DIR", web_dir);
    cargo.env("OPENFLOW_TEST_CHROMEDRIVER", process::find_program("chromedriver").context("no `chromedriver`")?);
    cargo.env("OPENFLOW_TEST_CHROMIUM", machine::chromium().context("no Chromium")?);
    cargo.env("OPENFLOW_TEST_MINILM", minilm);
    cargo.env("OPENFLOW_TEST_PYTHON", python);
    if std::env::var_os(RANDOM_CASES).is_none() {
        cargo.env(RANDOM_CASES, "1");
    }
    let mut counted = Counted::default();
    let outcome = steps.run("tests", || run_tests(&mut cargo, &mut counted));
    drop(postgres);
    drop(steps);
    // On the same stream as the runner's own lines, whose last one may be of a binary without tests.
    writeln!(std::io::stdout(), "\n{counted}").context("printing")?;
    outcome?;
    ensure!(counted.passed > 0, "no test ran");
    Ok(())
}

/// What can be said without running the product, the quickest first.
fn check(steps: &mut Steps, workspace: &Workspace) -> anyhow::Result<()> {
    let cargo = |arguments: &[&str]| cargo_in(workspace, arguments);
    steps.run("formatting", || process::run(&mut cargo(&["fmt", "--all", "--check"])))?;
    steps.run("architecture", || tidy::tidy(workspace))?;
    steps.run("lints", || {
        process::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
    })?;
    steps.run("lints of the web client", || {
        let target = ["--package", "openflow-client", "--target", build_client::WASM_TARGET];
        process::run(cargo(&["clippy"]).args(target).args(["--", "--deny", "warnings"]))
    })?;
    steps.run("docs", || {
        process::run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))
    })
}

fn cargo_in(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut cargo = process::cargo();
    cargo.current_dir(workspace.root()).args(arguments);
    cargo
}

fn run_tests(cargo: &mut Command, counted: &mut Counted) -> anyhow::Result<()> {
    let mut running = Running::start(cargo.stdout(Stdio::piped()))?;
    let output = running.take_stdout().expect("it was started with a pipe");
    let mut terminal = std::io::stdout();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("reading what the tests print")?;
        terminal.write_all(&line).and_then(|()| terminal.write_all(b"\n")).context("printing")?;
        counted.read(&String::from_utf8_lossy(&line));
    }
    if !running.wait()?.success() {
        bail!("`cargo test` failed");
    }
    Ok(())
}
