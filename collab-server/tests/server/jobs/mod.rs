//! The real binary with paid jobs at vendors: killed while they wait, and searched for secrets.

mod crash;
mod program;
mod secrets;
mod studio;

pub use program::{Program, Worker};
pub use studio::{Studio, Style};
