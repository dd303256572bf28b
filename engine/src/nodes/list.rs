//! Lists: made, cut, put in order, chosen from. What they hold may be of any type.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::Value as Json;
use shared::value::Value;

use crate::{Any, Choice, NodeError, Seed, node};

use super::text::pattern;

/// Items of the longest list that a node makes.
const ITEMS_MAX: usize = 100_000;

/// Puts values together into one list, in the order of their wires. Lists that are wired in are taken apart.
#[node("list.create", title = "List", output = "list", example = r#"{"inputs":{"items":["one","two"]}}"#)]
fn create(
    /// The items.
    items: Vec<Any>,
) -> Result<Vec<Any>, NodeError> {
    Ok(items)
}

/// Takes one item out of a list. Negative numbers count from the end.
#[node("list.get", title = "Item of list", example = r#"{"inputs":{"list":["one","two"]},"params":{"index":-1}}"#)]
fn get(
    /// The list.
    list: Vec<Any>,
    /// Which item, from 0.
    #[param(title = "Index", default = 0)]
    index: i64,
) -> Result<Any, NodeError> {
    let count = list.len();
    let at = if index < 0 { count as i64 + index } else { index };
    let item = usize::try_from(at).ok().and_then(|at| list.into_iter().nth(at));
    item.ok_or_else(|| NodeError::invalid("index", format!("there is no item {index}: the list has {count}")))
}

/// Takes a part out of a list. Negative numbers count from the end.
#[node(
    "list.slice",
    title = "Part of list",
    output = "list",
    example = r#"{"inputs":{"list":["one","two","three"]},"params":{"start":1}}"#
)]
fn slice(
    /// The list.
    list: Vec<Any>,
    /// The first item, from 0.
    #[param(title = "Start", default = 0)]
    start: i64,
    /// The item behind the last one. Empty: up to the end.
    #[param(title = "End")]
    end: Option<i64>,
    /// Takes every second item, every third…
    #[param(title = "Step", default = 1, min = 1)]
    step: u32,
) -> Result<Vec<Any>, NodeError> {
    let (from, to) = bounds(start, end, list.len());
    Ok(list.into_iter().skip(from).take(to.saturating_sub(from)).step_by(step as usize).collect())
}

/// First and last (exclusive) of a part, in something with `count` items.
pub(super) fn bounds(start: i64, end: Option<i64>, count: usize) -> (usize, usize) {
    let whole = i64::try_from(count).unwrap_or(i64::MAX);
    let place = |at: i64| (if at < 0 { at.saturating_add(whole) } else { at }).clamp(0, whole) as usize;
    (place(start), end.map_or(count, place))
}

/// Counts the items of a list.
#[node("list.length", title = "Length of list", example = r#"{"inputs":{"list":["one","two"]}}"#)]
fn length(
    /// The list.
    list: Vec<Any>,
) -> Result<f64, NodeError> {
    Ok(list.len() as f64)
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Order {
    Ascending,
    Descending,
    #[choice(title = "The other way round")]
    Reverse,
}

/// Puts a list in order: numbers by size, everything else by its text.
#[node(
    "list.sort",
    title = "Sort list",
    output = "list",
    example = r#"{"inputs":{"list":[{"type":"number","value":3},{"type":"number","value":1}]}}"#
)]
fn sort(
    /// The list.
    list: Vec<Any>,
    /// The order.
    #[param(title = "Order", default = Order::Ascending)]
    order: Order,
    /// Sorts JSON objects by this field of theirs.
    #[param(title = "Field", default = "")]
    field: String,
) -> Result<Vec<Any>, NodeError> {
    let mut list = list;
    if order == Order::Reverse {
        list.reverse();
        return Ok(list);
    }
    let mut keyed: Vec<(Key, Any)> = list.into_iter().map(|item| (Key::of(&item.0, &field), item)).collect();
    // Stable: what is equal stays in its order, either way.
    keyed.sort_by(|a, b| if order == Order::Descending { b.0.compare(&a.0) } else { a.0.compare(&b.0) });
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

/// What an item is put in order by. Numbers come before texts.
enum Key {
    Number(f64),
    Text(String),
}

impl Key {
    fn of(value: &Value, field: &str) -> Self {
        match value {
            Value::Number(number) => Self::Number(*number),
            Value::Bool(truth) => Self::Number(f64::from(u8::from(*truth))),
            Value::Json(json) => {
                let json = if field.is_empty() { json } else { json.get(field).unwrap_or(&Json::Null) };
                json.as_f64().map_or_else(|| Self::Text(json_text(json)), Self::Number)
            }
            other => Self::Text(text_of(other)),
        }
    }

    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => std::cmp::Ordering::Less,
            (Self::Text(_), Self::Number(_)) => std::cmp::Ordering::Greater,
        }
    }
}

fn json_text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// A value as text: media by what they are called.
fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Json(json) => json_text(json),
        other => match other.media() {
            Some(media) => media.name.clone().unwrap_or_else(|| media.blob.to_string()),
            None => serde_json::to_string(other).unwrap_or_default(),
        },
    }
}

/// Takes out what is in a list already. The first of equal items stays.
#[node("list.unique", title = "No repetitions", output = "list", example = r#"{"inputs":{"list":["a","b","a"]}}"#)]
fn unique(
    /// The list.
    list: Vec<Any>,
) -> Result<Vec<Any>, NodeError> {
    let mut seen = std::collections::HashSet::new();
    let same = |item: &Any| match item.0.media() {
        Some(media) => media.blob.to_string(),
        None => serde_json::to_string(&item.0).unwrap_or_default(),
    };
    Ok(list.into_iter().filter(|item| seen.insert(same(item))).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Keep {
    Contains,
    #[choice(title = "Matches the regular expression")]
    Matches,
    #[choice(title = "Is the same as")]
    Equals,
    #[choice(title = "Is more than")]
    More,
    #[choice(title = "Is less than")]
    Less,
    #[choice(title = "Is not empty")]
    Filled,
}

/// Keeps the items of a list that fit.
#[node(
    "list.filter",
    title = "Filter list",
    output = "list",
    example = r#"{"inputs":{"list":["meadow","coffee","cat"]},"params":{"keep":"contains","value":"c"}}"#
)]
fn filter(
    /// The list.
    list: Vec<Any>,
    /// Which items stay.
    #[param(title = "Keep what", default = Keep::Contains)]
    keep: Keep,
    /// What they are compared with.
    #[param(title = "Value", default = "")]
    value: String,
    /// Looks at this field of JSON objects.
    #[param(title = "Field", default = "")]
    field: String,
    /// Keeps the others instead.
    #[param(title = "Turn round", default = false)]
    negate: bool,
) -> Result<Vec<Any>, NodeError> {
    let regex = if keep == Keep::Matches { Some(pattern(&value, "value", false)?) } else { None };
    let number = match keep {
        Keep::More | Keep::Less => Some(
            value
                .trim()
                .parse::<f64>()
                .map_err(|_| NodeError::invalid("value", format!("`{value}` is not a number to compare with")))?,
        ),
        _ => None,
    };
    let fits = |item: &Any| {
        let key = Key::of(&item.0, &field);
        let (text, size) = match &key {
            Key::Number(number) => (number.to_string(), Some(*number)),
            Key::Text(text) => (text.clone(), text.trim().parse().ok()),
        };
        match keep {
            Keep::Contains => text.contains(&value),
            Keep::Matches => regex.as_ref().is_some_and(|regex| regex.is_match(&text)),
            Keep::Equals => text == value,
            Keep::More => size.zip(number).is_some_and(|(size, limit)| size > limit),
            Keep::Less => size.zip(number).is_some_and(|(size, limit)| size < limit),
            Keep::Filled => !text.trim().is_empty() && text != "null",
        }
    };
    Ok(list.into_iter().filter(|item| fits(item) != negate).collect())
}

/// Makes a list of numbers at equal distances: for sweeps over a parameter.
#[node("list.range", title = "Range", output = "list", example = r#"{"params":{"from":1,"to":10,"step":3}}"#)]
fn range(
    /// The first number.
    #[param(title = "From", default = 1.0)]
    from: f64,
    /// The last number, at most.
    #[param(title = "To", default = 10.0)]
    to: f64,
    /// The distance from one to the next.
    #[param(title = "Step", default = 1.0)]
    step: f64,
) -> Result<Vec<f64>, NodeError> {
    if step == 0.0 {
        return Err(NodeError::invalid("step", "with a step of 0 the list would never end"));
    }
    // A hair more, so that 0 to 1 by 0.1 ends with 1.
    let count = ((to - from) / step + 1e-9).floor();
    if count >= ITEMS_MAX as f64 {
        return Err(NodeError::invalid("step", format!("a list has at most {ITEMS_MAX} items")));
    }
    Ok((0..=count as i64).filter(|_| count >= 0.0).map(|i| from + i as f64 * step).collect())
}

/// Makes a list that holds one value several times.
#[node(
    "list.repeat",
    title = "Repeat",
    output = "list",
    example = r#"{"inputs":{"value":"again"},"params":{"times":3}}"#
)]
fn repeat(
    /// The value, or a list that is repeated as a whole.
    value: Vec<Any>,
    /// How many times.
    #[param(title = "Times", default = 2, min = 0, max = 10000)]
    times: u32,
) -> Result<Vec<Any>, NodeError> {
    if value.len().saturating_mul(times as usize) > ITEMS_MAX {
        return Err(NodeError::invalid("times", format!("a list has at most {ITEMS_MAX} items")));
    }
    Ok((0..times).flat_map(|_| value.iter().cloned()).collect())
}

/// Puts a list in an order by chance, or takes some items out by chance. The same seed gives the same order.
#[node(
    "list.shuffle",
    title = "Shuffle list",
    output = "list",
    example = r#"{"inputs":{"list":["one","two","three"]},"params":{"seed":4}}"#
)]
fn shuffle(
    /// The list.
    list: Vec<Any>,
    /// How many items stay. Empty: all.
    #[param(title = "Take", min = 0)]
    take: Option<u32>,
    /// Decides the order.
    #[param(title = "Seed")]
    seed: Seed,
) -> Result<Vec<Any>, NodeError> {
    let mut list = list;
    list.shuffle(&mut StdRng::seed_from_u64(seed.0));
    list.truncate(take.map_or(usize::MAX, |take| take as usize));
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Vec<Any> {
        items.iter().map(|item| Any(Value::Text((*item).to_owned()))).collect()
    }

    fn numbers(items: &[f64]) -> Vec<Any> {
        items.iter().map(|item| Any(Value::Number(*item))).collect()
    }

    #[test]
    fn parts_count_from_both_ends() {
        let list = texts(&["a", "b", "c", "d"]);
        assert_eq!(slice(list.clone(), 1, Some(-1), 1).unwrap(), texts(&["b", "c"]));
        assert_eq!(slice(list.clone(), 0, None, 2).unwrap(), texts(&["a", "c"]));
        assert_eq!(slice(list.clone(), 3, Some(1), 1).unwrap(), texts(&[]));
        assert_eq!(get(list.clone(), -1).unwrap(), Any(Value::Text("d".into())));
        assert!(get(list, 4).is_err());
    }

    #[test]
    fn numbers_are_sorted_by_size_and_objects_by_their_field() {
        let sorted = sort(numbers(&[10.0, 9.0, -1.0]), Order::Ascending, String::new()).unwrap();
        assert_eq!(sorted, numbers(&[-1.0, 9.0, 10.0]));
        let shot = |seconds: f64| Any(Value::Json(serde_json::json!({"seconds": seconds})));
        let sorted = sort(vec![shot(2.0), shot(10.0)], Order::Descending, "seconds".into()).unwrap();
        assert_eq!(sorted, [shot(10.0), shot(2.0)]);
    }

    #[test]
    fn only_what_fits_stays() {
        let more = filter(numbers(&[1.0, 5.0]), Keep::More, "3".into(), String::new(), false).unwrap();
        assert_eq!(more, numbers(&[5.0]));
        let rest = filter(texts(&["ab", "c"]), Keep::Matches, "^a".into(), String::new(), true).unwrap();
        assert_eq!(rest, texts(&["c"]));
        assert!(filter(vec![], Keep::More, "x".into(), String::new(), false).is_err());
    }

    #[test]
    fn ranges_end_where_they_say() {
        assert_eq!(range(0.0, 1.0, 0.25).unwrap(), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(range(3.0, 1.0, -1.0).unwrap(), [3.0, 2.0, 1.0]);
        assert!(range(3.0, 1.0, 1.0).unwrap().is_empty() && range(0.0, 1e9, 1.0).is_err());
        assert!(range(0.0, 1.0, 0.0).is_err());
    }

    #[test]
    fn a_seed_decides_the_order() {
        let list = texts(&["a", "b", "c", "d", "e", "f"]);
        let (one, again) =
            (shuffle(list.clone(), None, Seed(3)).unwrap(), shuffle(list.clone(), None, Seed(3)).unwrap());
        assert_eq!(one, again);
        assert_eq!(shuffle(list, Some(2), Seed(3)).unwrap(), one[..2]);
    }
}
