//! How nodes ended, step by step, and what that means for those behind them.

use std::{collections::BTreeMap, sync::Arc};

use shared::{
    node::Lists,
    shape::Delivery,
    value::{Value, Values},
};

use crate::{
    Inputs,
    plan::{PlannedNode, PlannedWire},
};

/// How one step ended. Without a result, it says which node that goes back to, by its place in the plan.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Done(Arc<Values>),
    /// It failed, or something it needs did.
    Failed(usize),
    /// Nothing came to it: a branch that was not taken, an item that was filtered out.
    LeftOut(usize),
    Cancelled,
}

/// How a node ended.
#[derive(Debug)]
pub(super) enum Ended {
    Once(Outcome),
    /// By places in the lists it was run over, outermost first. A shorter key speaks for all steps below it.
    Mapped(BTreeMap<Vec<u32>, Outcome>),
}

impl Ended {
    /// The step that goes with `path`, which may be longer: then it lies outside the path's inner lists.
    fn at(&self, depth: usize, path: &[u32]) -> Option<&Outcome> {
        match self {
            Self::Once(outcome) => Some(outcome),
            Self::Mapped(steps) => {
                let own = &path[..depth.min(path.len())];
                (0..=own.len()).rev().find_map(|len| steps.get(&own[..len]))
            }
        }
    }

    /// All steps below `prefix`, or what ended all of them at once.
    fn below(&self, prefix: &[u32]) -> Result<impl Iterator<Item = (u32, &Outcome)>, &Outcome> {
        let steps = match self {
            Self::Once(all) => return Err(all),
            Self::Mapped(steps) => steps,
        };
        if let Some(all) = (0..=prefix.len()).rev().find_map(|len| steps.get(&prefix[..len])) {
            return Err(all);
        }
        let under = steps.range(prefix.to_vec()..).take_while({
            let prefix = prefix.to_vec();
            move |(path, _)| path.starts_with(&prefix)
        });
        Ok(under.map(|(path, outcome)| (*path.last().expect("longer than the prefix"), outcome)))
    }
}

/// What a wire brings to one step.
enum Arrival {
    Value(Value),
    /// Items by their places in the list; some may have nothing.
    Items(Vec<Option<Value>>),
    Nothing(Outcome),
}

/// Looks at the ends of other nodes. `None`: not ended yet.
pub(super) trait Ends {
    fn ended(&self, at: usize) -> Option<&Ended>;
    fn depth(&self, at: usize) -> usize;
}

/// What arrives at one step of a node; or how the step ends without being run.
pub(super) fn gather(ends: &impl Ends, node: &PlannedNode, path: &[u32]) -> Result<Inputs, Outcome> {
    let mut inputs = Inputs::new();
    let mut paired: Vec<(&str, Vec<Option<Value>>)> = Vec::new();
    let mut lacking: BTreeMap<&str, Outcome> = BTreeMap::new();
    for wire in &node.wires {
        let lists = node.spec.input(&wire.input).map_or(Lists::Whole, |port| port.lists);
        match arrival(ends, wire, path) {
            Arrival::Value(value) if lists == Lists::Paired => {
                let items = match value {
                    Value::List(items) => items,
                    single => vec![single],
                };
                paired.push((&wire.input, items.into_iter().map(Some).collect()));
            }
            Arrival::Items(items) if lists == Lists::Paired => paired.push((&wire.input, items)),
            Arrival::Value(value) => inputs.entry(wire.input.clone()).or_default().push(value),
            Arrival::Items(items) => {
                let list = Value::List(items.into_iter().flatten().collect());
                inputs.entry(wire.input.clone()).or_default().push(list);
            }
            // Another wire may have what this one lacks.
            Arrival::Nothing(outcome) if lists == Lists::First => {
                let first = lacking.entry(&wire.input).or_insert_with(|| outcome.clone());
                // If nothing comes at all, a failure is what the person should hear of.
                if matches!((&*first, &outcome), (Outcome::LeftOut(_), Outcome::Failed(_) | Outcome::Cancelled)) {
                    *first = outcome;
                }
            }
            Arrival::Nothing(outcome @ (Outcome::Failed(_) | Outcome::Cancelled)) => return Err(outcome),
            Arrival::Nothing(outcome) => drop(lacking.entry(&wire.input).or_insert(outcome)),
        }
    }
    pair(paired, &mut inputs);
    for (input, outcome) in lacking {
        // For a wired parameter the literal would silently stand in for a value that never came.
        let required = node.spec.input(input).is_none_or(|port| port.required);
        if required && !inputs.contains_key(input) {
            return Err(outcome);
        }
    }
    Ok(inputs)
}

/// Takes out of all lists the places at which one of them has nothing.
fn pair(lists: Vec<(&str, Vec<Option<Value>>)>, inputs: &mut Inputs) {
    let shortest = lists.iter().map(|(_, items)| items.len()).min().unwrap_or_default();
    let whole = |place: usize| place >= shortest || lists.iter().all(|(_, items)| items[place].is_some());
    let kept: Vec<bool> =
        (0..lists.iter().map(|(_, items)| items.len()).max().unwrap_or_default()).map(whole).collect();
    for (input, items) in lists {
        let items = items.into_iter().enumerate().filter(|(place, _)| kept[*place]).filter_map(|(_, item)| item);
        inputs.entry(input.to_owned()).or_default().push(Value::List(items.collect()));
    }
}

fn arrival(ends: &impl Ends, wire: &PlannedWire, path: &[u32]) -> Arrival {
    let depth = ends.depth(wire.from);
    let Some(ended) = ends.ended(wire.from) else { return Arrival::Nothing(Outcome::LeftOut(wire.from)) };
    if wire.delivery == Delivery::Collected {
        return collected(ended, wire, &path[..depth - 1]);
    }
    let values = match ended.at(depth, path) {
        Some(Outcome::Done(values)) => values,
        Some(without) => return Arrival::Nothing(without.clone()),
        None => return Arrival::Nothing(Outcome::LeftOut(wire.from)),
    };
    let value = match (values.get(&wire.output), wire.delivery) {
        (Some(Value::List(items)), Delivery::Each) => items.get(path[depth] as usize),
        // A single value is a list of one.
        (Some(value), Delivery::Each) => (path[depth] == 0).then_some(value),
        (value, _) => value,
    };
    value.map_or(Arrival::Nothing(Outcome::LeftOut(wire.from)), |value| Arrival::Value(value.clone()))
}

fn collected(ended: &Ended, wire: &PlannedWire, prefix: &[u32]) -> Arrival {
    let steps = match ended.below(prefix) {
        Ok(steps) => steps,
        Err(Outcome::Done(values)) => return Arrival::Items(vec![values.get(&wire.output).cloned()]),
        Err(without) => return Arrival::Nothing(without.clone()),
    };
    let (mut items, mut failed, mut any) = (Vec::new(), None, false);
    for (place, outcome) in steps {
        // Lists are as long as the place of the last item says, gaps and all.
        items.resize(place as usize, None);
        items.push(match outcome {
            Outcome::Done(values) => values.get(&wire.output).cloned(),
            Outcome::LeftOut(_) => None,
            Outcome::Failed(_) | Outcome::Cancelled => {
                failed = Some(outcome.clone());
                None
            }
        });
        any |= items.last().is_some_and(Option::is_some);
    }
    match failed {
        // Some failed and nothing is left: going on with an empty list would hide it.
        Some(outcome) if !any => Arrival::Nothing(outcome),
        // A run that is being cancelled must not pass half a list off as the whole.
        Some(Outcome::Cancelled) => Arrival::Nothing(Outcome::Cancelled),
        _ => Arrival::Items(items),
    }
}

/// The steps of a mapped node: all places in the lists it is run over. Where a list is missing, that speaks for all
/// steps below it.
pub(super) fn paths(ends: &impl Ends, node: &PlannedNode) -> (Vec<Vec<u32>>, BTreeMap<Vec<u32>, Outcome>) {
    let (mut paths, mut without) = (vec![Vec::new()], BTreeMap::new());
    for axis in &node.axes {
        let mut longer = Vec::new();
        for path in paths {
            let outcome = ends.ended(axis.from).and_then(|ended| ended.at(ends.depth(axis.from), &path));
            let len = match outcome {
                Some(Outcome::Done(values)) => match values.get(&axis.output) {
                    Some(Value::List(items)) => items.len(),
                    Some(_) => 1,
                    None => {
                        without.insert(path, Outcome::LeftOut(axis.from));
                        continue;
                    }
                },
                Some(other) => {
                    without.insert(path, other.clone());
                    continue;
                }
                None => unreachable!("a node starts when what it is run over has ended"),
            };
            longer.extend((0..len as u32).map(|item| [path.as_slice(), &[item]].concat()));
        }
        paths = longer;
    }
    (paths, without)
}

/// What the person sees of a mapped node: for each output the list of what its steps gave, lists within lists where it
/// was run over those.
pub(super) fn assembled(node: &PlannedNode, steps: &BTreeMap<Vec<u32>, Outcome>) -> Values {
    let done: Vec<(&[u32], &Values)> = steps
        .iter()
        .filter_map(|(path, outcome)| match outcome {
            Outcome::Done(values) => Some((path.as_slice(), &**values)),
            Outcome::Failed(_) | Outcome::LeftOut(_) | Outcome::Cancelled => None,
        })
        .collect();
    let list = |port: &str| {
        let items: Vec<(&[u32], &Value)> =
            done.iter().filter_map(|(path, values)| Some((*path, values.get(port)?))).collect();
        nested(&items)
    };
    node.spec.outputs.iter().map(|port| (port.name.clone(), list(&port.name))).collect()
}

fn nested(items: &[(&[u32], &Value)]) -> Value {
    let groups = items.chunk_by(|(a, _), (b, _)| a[0] == b[0]);
    Value::List(
        groups
            .map(|group| match group {
                [(path, value)] if path.len() == 1 => (*value).clone(),
                group => nested(&group.iter().map(|(path, value)| (&path[1..], *value)).collect::<Vec<_>>()),
            })
            .collect(),
    )
}
