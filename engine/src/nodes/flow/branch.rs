//! Branches: if, switch, and where they meet again.
//!
//! A branch that is not taken has no value; what needs one from there is skipped, which is no failure.

use serde_json::Value as Json;

use crate::{Any, Choice, First, NodeError, Outputs, Routed, node};

/// Two ways on.
#[derive(Outputs)]
struct Ways {
    /// Where the value goes when the condition is true.
    then: Option<Any>,
    /// Where it goes when it is not.
    r#else: Option<Any>,
}

/// Sends a value one way or the other. What stands behind the other way is skipped.
#[node(
    "flow.if",
    title = "If",
    passes = "value",
    example = r#"{"inputs":{"value":"hello"},"params":{"condition":true}}"#
)]
fn choose(
    /// What goes on.
    value: Any,
    /// Which way it goes.
    #[param(title = "Condition", default = true)]
    condition: bool,
) -> Result<Ways, NodeError> {
    let (then, r#else) = if condition { (Some(value), None) } else { (None, Some(value)) };
    Ok(Ways { then, r#else })
}

/// Sends a value to the output that is named like the case, or to "other". What stands behind the others is skipped.
#[node(
    "flow.switch",
    title = "Switch",
    passes = "value",
    cases = "cases",
    output = "other",
    returns = "Taken when no case fits.",
    example = r#"{"inputs":{"value":"hello"},"params":{"case":"day","cases":["day","night"]}}"#
)]
fn switch(
    /// What goes on.
    value: Any,
    /// Which output it takes.
    #[param(title = "Case", default = "")]
    case: String,
    /// The outputs there are: a list of texts.
    #[param(title = "Cases", default = ["a", "b"], wire = false)]
    cases: Json,
) -> Result<Routed, NodeError> {
    let is_case = cases.as_array().is_some_and(|cases| cases.iter().any(|name| name.as_str() == Some(&case)));
    let port = if is_case { case } else { "other".to_owned() };
    Ok(Routed { port, value: value.0 })
}

/// Which value goes on.
#[derive(Clone, Copy, Choice)]
enum Pick {
    #[choice(title = "The first wire's that has one")]
    Order,
    #[choice(title = "Whichever comes first")]
    Arrival,
}

/// Brings branches together again: one of the values that arrive goes on. Branches that were not taken, or that failed,
/// do not matter as long as one has a value.
#[node(
    "flow.merge",
    title = "Merge",
    passes = "values",
    output = "value",
    example = r#"{"inputs":{"values":"hello"}}"#
)]
fn merge(
    /// The branches. Several wires may end here.
    values: First,
    /// Which value goes on. Within a list it is always the first wire's that has one.
    #[param(title = "Pick", default = Pick::Order)]
    pick: Pick,
) -> Result<Any, NodeError> {
    match pick {
        // The scheduler has seen to it that only what arrived first stands here.
        Pick::Order | Pick::Arrival => Ok(Any(values.0)),
    }
}
