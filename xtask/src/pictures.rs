//! `cargo xtask pictures`: the screenshots in docs/images, taken by the browser tests that look at every page.

use std::process::Command;

use anyhow::Context;

use crate::process;
use crate::workspace::Workspace;

/// The stories that take pictures on their way.
const STORIES: [&str; 5] = [
    "axe_finds_nothing_serious",
    "a_run_and_what_changed",
    "others_are_seen_typing",
    "a_past_run_shows",
    "a_mask_is_painted",
];

pub fn pictures(workspace: &Workspace) -> anyhow::Result<()> {
    let this = std::env::current_exe().context("finding this program")?;
    let mut tests = Command::new(this);
    tests.args(["test", "--package", "openflow-collab-server", "--test", "browser", "--"]).args(STORIES);
    tests.env("OPENFLOW_TEST_PICTURES", workspace.root().join("docs/images"));
    process::run(&mut tests)
}
