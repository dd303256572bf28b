//! What the routes show.

pub mod editor;
pub mod home;
pub mod missing;
pub mod settings;
pub mod sign_in;
pub mod starting;
pub mod workflow;
