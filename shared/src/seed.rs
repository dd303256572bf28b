//! Seeds: fixed, drawn anew for each run, or counting up from run to run.
//!
//! In a document a seed parameter is a number (fixed), `null` (random) or `{"increment": 5}` (5 the first time, then one
//! more each run). A run never writes the graph, because not everybody who may run may write it. So the server counts, and
//! [`settle`] notes the number in the frozen graph as `{"increment": 5, "at": 7}`: every repetition of that run has the same. Node keys leave `at` out, result keys have the number itself.

use serde_json::{Value as Json, json};

use crate::{
    graph::Graph,
    id::NodeId,
    node::{Catalog, ParamKind},
};

/// The field that marks a counting seed.
pub const INCREMENT: &str = "increment";

/// Seeds are below this: every client, JavaScript too, holds such a number exactly.
pub const SEED_END: u64 = 1 << 53;

/// What a seed parameter asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedPolicy {
    Fixed(u64),
    /// Another one each run.
    Random,
    /// `at`, where a run has settled it; else `from`.
    Increment {
        from: u64,
        at: Option<u64>,
    },
}

impl SeedPolicy {
    /// `None`: this is no seed.
    pub fn read(value: &Json) -> Option<Self> {
        let number = |value: &Json| {
            let float = value.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0);
            value.as_u64().or_else(|| float.map(|n| n as u64))
        };
        match value {
            Json::Null => Some(Self::Random),
            Json::Object(fields) => {
                let from = number(fields.get(INCREMENT)?)?;
                let at = fields.get("at").map(number);
                let known = fields.keys().all(|key| key == INCREMENT || key == "at") && at != Some(None);
                known.then_some(Self::Increment { from, at: at.flatten() })
            }
            value => number(value).map(Self::Fixed),
        }
    }

    /// As it stands in a parameter.
    pub fn to_json(self) -> Json {
        match self {
            Self::Fixed(seed) => seed.into(),
            Self::Random => Json::Null,
            Self::Increment { from, at: None } => json!({ INCREMENT: from }),
            Self::Increment { from, at: Some(at) } => json!({ INCREMENT: from, "at": at }),
        }
    }
}

/// A seed that counts, and where it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting {
    pub node: NodeId,
    pub param: String,
    pub from: u64,
}

/// The counting seeds of a graph. One that stands in the exchange format with its `at` counts on all the same.
pub fn counting(graph: &Graph, catalog: &Catalog) -> Vec<Counting> {
    let mut all = Vec::new();
    for (id, node) in &graph.nodes {
        let Some(spec) = catalog.get(&node.node_type) else { continue };
        for param in spec.params.iter().filter(|param| param.kind == ParamKind::Seed) {
            let given = node.params.get(&param.name).unwrap_or(&param.default);
            if let Some(SeedPolicy::Increment { from, .. }) = SeedPolicy::read(given) {
                all.push(Counting { node: id.clone(), param: param.name.clone(), from });
            }
        }
    }
    all
}

/// Notes in a graph that is about to be run how far a count has come.
pub fn settle(graph: &mut Graph, counting: &Counting, at: u64) {
    if let Some(node) = graph.nodes.get_mut(&counting.node) {
        let policy = SeedPolicy::Increment { from: counting.from, at: Some(at % SEED_END) };
        node.params.insert(counting.param.clone(), policy.to_json());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{catalog, graph, id},
        merkle::node_keys,
    };

    #[test]
    fn a_seed_is_a_number_or_nothing_or_counts() {
        for (json, policy) in [
            (json!(7), Some(SeedPolicy::Fixed(7))),
            (json!(7.0), Some(SeedPolicy::Fixed(7))),
            (json!(null), Some(SeedPolicy::Random)),
            (json!({"increment": 5}), Some(SeedPolicy::Increment { from: 5, at: None })),
            (json!({"increment": 5, "at": 9}), Some(SeedPolicy::Increment { from: 5, at: Some(9) })),
            (json!({"increment": 5, "at": "x"}), None),
            (json!({"increment": 5, "by": 2}), None),
            (json!(-1), None),
            (json!(1.5), None),
            (json!("7"), None),
        ] {
            assert_eq!(SeedPolicy::read(&json), policy, "{json}");
            if let Some(policy) = policy {
                assert_eq!(SeedPolicy::read(&policy.to_json()), Some(policy));
            }
        }
    }

    #[test]
    fn how_far_a_count_has_come_changes_no_key() {
        let mut counting = graph("d:describe");
        let with = |graph: &mut Graph, value| graph.nodes.get_mut("d").unwrap().params.insert("seed".into(), value);
        with(&mut counting, json!({"increment": 5}));
        let key = |graph: &Graph| node_keys(graph, &catalog())["d"].clone();
        let before = key(&counting);
        let found = super::counting(&counting, &catalog());
        assert_eq!(found, [Counting { node: id("d"), param: "seed".into(), from: 5 }]);
        for at in [5, 6, SEED_END] {
            let mut settled = counting.clone();
            settle(&mut settled, &found[0], at);
            assert_eq!(settled.nodes["d"].params["seed"], json!({"increment": 5, "at": at % SEED_END}));
            assert_eq!(key(&settled), before);
            assert_eq!(super::counting(&settled, &catalog()), found);
        }
        with(&mut counting, json!({"increment": 6}));
        assert_ne!(key(&counting), before);
    }
}
