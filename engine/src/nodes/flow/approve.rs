//! Waiting for people.

use crate::{Any, Item, NodeContext, NodeError, Outputs, node, run::Decision};

/// What was decided.
#[derive(Outputs)]
struct Decided {
    /// What may go on, perhaps edited.
    approved: Option<Any>,
    /// What may not.
    rejected: Option<Any>,
}

/// Stops until somebody has looked: the run waits, shows what it has, and goes on when it is approved.
#[node(
    "flow.approve",
    title = "Approve",
    passes = "value",
    cacheable = false,
    timeout_seconds = 90 * 24 * 3600,
    example = r#"{"inputs":{"value":"A first draft"},"params":{"question":"Is this good enough?"}}"#
)]
async fn approve(
    /// What is to be approved. Of a list, each item.
    value: Item,
    /// What to look at, for whoever decides.
    #[param(title = "Question", default = "May this go on?", wire = false)]
    question: String,
    ctx: &NodeContext,
) -> Result<Decided, NodeError> {
    let shown = value.0;
    Ok(match ctx.ask(question, shown.clone()).await? {
        Decision::Approved { value } => Decided { approved: Some(Any(value.unwrap_or(shown))), rejected: None },
        Decision::Rejected => Decided { approved: None, rejected: Some(Any(shown)) },
    })
}
