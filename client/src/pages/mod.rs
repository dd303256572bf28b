//! What the routes show.

pub mod account;
mod app;
pub mod dev_ui;
pub mod editor;
pub mod home;
mod invitations;
pub mod join;
pub mod missing;
mod people;
pub mod run;
pub mod settings;
pub mod share;
mod shell;
pub mod sign_in;
pub mod starting;
mod time;
pub mod workflow;
