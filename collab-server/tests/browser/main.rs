//! Two people in two browsers, on the real program with the real web client.
//!
//! Each test is a story on a stage of its own: a server on an empty data folder, a vendor that only exists here,
//! and Chromium once for each person. `cargo xtask test` brings the web bundle, Chromium and ChromeDriver.

#![expect(clippy::disallowed_methods, reason = "the addresses that are asked here are the test's own")]

mod access;
mod browser;
mod buttons;
mod by_hand;
mod canvas;
mod durability;
mod conflicts;
mod editing;
mod gestures;
mod history;
mod in_hand;
mod look;
mod offline;
mod past_run;
mod pasting;
mod paying;
mod person;
mod phone;
mod pictures;
mod presence;
mod running;
mod server;
mod shortcuts;
mod stage;
mod two_servers;
mod vendor;
mod wait;
mod within;
