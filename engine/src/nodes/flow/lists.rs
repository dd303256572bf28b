//! Lists as lists: collect, pair, combine, filter.

use shared::value::Value;

use crate::{Any, Choice, Collected, Item, NodeError, Outputs, Paired, node};

/// The most pairs that a combination of two lists may have.
const PAIRS_MAX: usize = 10_000;

/// Collects what comes one by one into a list. Items that failed or were filtered out are not in it.
#[node(
    "flow.collect",
    title = "Collect",
    passes = "items",
    output = "items",
    returns = "All items, in their order.",
    example = r#"{"inputs":{"items":["red","green"]}}"#
)]
fn collect(
    /// What is collected. Several wires may end here.
    items: Collected,
) -> Result<Vec<Any>, NodeError> {
    Ok(listed(items.0))
}

fn listed(items: Vec<Value>) -> Vec<Any> {
    items.into_iter().map(Any).collect()
}

/// Two lists whose items belong together.
#[derive(Outputs)]
struct Pairs {
    /// The items of the first list.
    a: Vec<Any>,
    /// The items of the second list.
    b: Vec<Any>,
}

/// What to do when one list is longer.
#[derive(Clone, Copy, PartialEq, Choice)]
enum Lengths {
    #[choice(title = "Stop at the shorter one")]
    Shortest,
    #[choice(title = "Fail")]
    Equal,
    #[choice(title = "Repeat the last of the shorter one")]
    RepeatLast,
}

/// Pairs two lists: the first with the first, the second with the second. An item that failed or was filtered out of one
/// list takes its partner along.
#[node(
    "flow.zip",
    title = "Zip",
    passes = "a",
    aligned,
    example = r#"{"inputs":{"a":["red","green"],"b":["apple","pear"]}}"#
)]
fn zip(
    /// The first list.
    a: Paired,
    /// The second list.
    b: Paired,
    /// What to do when one list is longer.
    #[param(title = "Lengths", default = Lengths::Shortest)]
    lengths: Lengths,
) -> Result<Pairs, NodeError> {
    let (mut a, mut b) = (a.0, b.0);
    match lengths {
        Lengths::Shortest => {
            let len = a.len().min(b.len());
            a.truncate(len);
            b.truncate(len);
        }
        Lengths::Equal if a.len() != b.len() => {
            return Err(NodeError::invalid(
                "b",
                format!("the first list has {} items, the second {}", a.len(), b.len()),
            ));
        }
        Lengths::Equal => {}
        Lengths::RepeatLast => {
            let len = a.len().max(b.len());
            for list in [&mut a, &mut b] {
                if let Some(last) = list.last().cloned() {
                    list.resize(len, last);
                }
            }
            // Nothing can be repeated of an empty list.
            let len = a.len().min(b.len());
            a.truncate(len);
            b.truncate(len);
        }
    }
    Ok(Pairs { a: listed(a), b: listed(b) })
}

/// Combines each item of one list with each item of another: all colours with all shapes.
#[node(
    "flow.cross",
    title = "Cross",
    passes = "a",
    aligned,
    example = r#"{"inputs":{"a":["red","green"],"b":["apple","pear"]}}"#
)]
fn cross(
    /// Its items change slowly: all of the second list come for the first of them, then for the next.
    a: Collected,
    /// Its items change fast.
    b: Collected,
) -> Result<Pairs, NodeError> {
    let pairs = a.0.len().saturating_mul(b.0.len());
    if pairs > PAIRS_MAX {
        let message = format!("{} times {} items are {pairs} pairs, more than {PAIRS_MAX}", a.0.len(), b.0.len());
        return Err(NodeError::invalid("b", message));
    }
    let (mut slow, mut fast) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
    for item in &a.0 {
        for other in &b.0 {
            slow.push(Any(item.clone()));
            fast.push(Any(other.clone()));
        }
    }
    Ok(Pairs { a: slow, b: fast })
}

/// What passed.
#[derive(Outputs)]
struct Kept {
    /// The item, if it is kept.
    item: Option<Any>,
}

/// Lets an item pass, or leaves it out. What was made of other items of the same list still finds its partner.
#[node(
    "flow.filter",
    title = "Filter",
    passes = "item",
    example = r#"{"inputs":{"item":"red"},"params":{"keep":true}}"#
)]
fn filter(
    /// The item. Of a list, each one.
    item: Item,
    /// Whether it passes.
    #[param(title = "Keep", default = true)]
    keep: bool,
) -> Result<Kept, NodeError> {
    Ok(Kept { item: keep.then_some(Any(item.0)) })
}
