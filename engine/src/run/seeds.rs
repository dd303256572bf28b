//! The seed of one execution: given, counted or drawn, and the same in every attempt at the run.

use shared::{
    graph::Params,
    id::RunId,
    node::ParamKind,
    seed::{SEED_END, SeedPolicy},
    value::Value,
};

use super::StepId;
use crate::{Inputs, Seed, plan::PlannedNode};

#[derive(PartialEq)]
pub(super) enum SeedOf {
    /// The node has no seed, or the person (or a wire) gave one.
    Person,
    /// Left empty: a new one for this execution.
    Drawn,
}

/// Puts a number where a seed was left empty or counts. A drawn one follows from the run and the step: another one for
/// every run, and the same one in every attempt at this run, because a vendor may have been told already.
pub(super) fn settle_seed(
    run: RunId,
    node: &PlannedNode,
    step: &StepId,
    nth: usize,
    inputs: &Inputs,
    params: &mut Params,
) -> SeedOf {
    let mut origin = SeedOf::Person;
    for param in node.kind.spec().params.iter().filter(|param| param.kind == ParamKind::Seed) {
        let given = params.get(&param.name).unwrap_or(&param.default);
        let settled = match SeedPolicy::read(given) {
            _ if inputs.contains_key(&param.name) => continue,
            Some(SeedPolicy::Fixed(_)) | None => continue,
            Some(SeedPolicy::Random) => {
                origin = SeedOf::Drawn;
                drawn_seed(run, step, &param.name)
            }
            // Each item of a list has its own.
            Some(SeedPolicy::Increment { from, at }) => (at.unwrap_or(from) + nth as u64) % SEED_END,
        };
        params.insert(param.name.clone(), settled.into());
    }
    origin
}

fn drawn_seed(run: RunId, step: &StepId, param: &str) -> u64 {
    let mut hash = blake3::Hasher::new_derive_key("OpenFlow 2026-11 drawn seeds");
    hash.update(run.as_uuid().as_bytes()).update(&(step.items.len() as u64).to_le_bytes());
    for item in &step.items {
        hash.update(&item.to_le_bytes());
    }
    hash.update(step.node.as_str().as_bytes()).update(b"/").update(param.as_bytes());
    let bytes = hash.finalize().as_bytes()[..8].try_into().expect("a hash has 32 bytes");
    u64::from_le_bytes(bytes) % Seed::END
}

/// The seed of this execution, as it will be shown beside the result.
pub(super) fn seed_number(node: &PlannedNode, inputs: &Inputs, params: &Params) -> Option<u64> {
    let param = node.kind.spec().params.iter().find(|param| param.kind == ParamKind::Seed)?;
    match inputs.get(&param.name).and_then(|values| values.first()) {
        Some(Value::Number(number)) => Some(*number as u64),
        Some(_) => None,
        None => params.get(&param.name).unwrap_or(&param.default).as_u64(),
    }
}
