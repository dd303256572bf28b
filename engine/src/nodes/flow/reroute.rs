//! A bend in a wire. `shared::effective` joins its two wires before a run, so that a run never meets one.

use crate::{Any, NodeError, node};

/// A point that a wire is led through, so that it lies where it is easy to follow. It carries whatever it is given.
#[node(
    "flow.reroute",
    title = "Reroute",
    role = "reroute",
    passes = "value",
    example = r#"{"inputs":{"value":"hello"}}"#
)]
fn reroute(
    /// What goes on.
    value: Any,
) -> Result<Any, NodeError> {
    Ok(value)
}
