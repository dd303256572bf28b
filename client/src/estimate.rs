//! What the next run is going to cost and who pays, and what the last one did: for the run bar, the model picker on nodes
//! and the inspector.
//!
//! The server knows prices and keys; here its answer is put into words. What nobody knows is said to be unknown, never $0.
//! Asked for again when what is paid for has changed and is saved. In context below the editor.

use std::collections::BTreeMap;

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use serde_json::Value as Json;
use shared::{
    api::{CallCost, Estimate},
    id::NodeId,
    node::ParamKind,
    outputs::{NodeOutput, RunSummary},
    run::NodeStatus,
};

use crate::{
    api::Api,
    canvas::state::Canvas,
    panels::dollars,
    replica::view::{CanvasViewStoreExt, SaveState},
};

/// Between a change and the question, so that typing asks once.
const REST_MILLIS: u32 = 400;

/// Cheap to copy.
#[derive(Clone, Copy, PartialEq)]
pub struct Estimates {
    told: Signal<Option<Estimate>>,
}

/// Asks as long as the component is there.
pub fn use_estimates_provider(canvas: Canvas) -> Estimates {
    let mut told = use_signal(|| None);
    // Only what can cost something: the rest of the graph may change as it likes.
    let paid = use_memo(move || paid(canvas));
    let saved = use_memo(move || matches!(canvas.view.save().cloned(), SaveState::Saved | SaveState::ReadOnly { .. }));
    use_resource(move || {
        let (any, saved) = (!paid.read().is_empty(), saved());
        let workflow = canvas.replica().workflow();
        async move {
            if !any {
                told.set(None);
            } else if saved {
                TimeoutFuture::new(REST_MILLIS).await;
                // Silent when it fails: the run itself says what is wrong.
                told.set(Api.estimate(workflow).await.ok());
            }
        }
    });
    use_context_provider(|| Estimates { told })
}

pub fn use_estimates() -> Estimates {
    use_context()
}

/// Settings of the nodes that call models.
fn paid(canvas: Canvas) -> BTreeMap<NodeId, BTreeMap<String, Json>> {
    let catalog = canvas.catalog();
    let calls = |node_type: &str| {
        let spec = catalog.get(node_type);
        spec.is_some_and(|spec| spec.params.iter().any(|param| matches!(param.kind, ParamKind::Model { .. })))
    };
    let nodes = canvas.view.nodes();
    let nodes = nodes.read();
    let nodes = nodes.iter().filter(|(_, node)| calls(&node.node_type));
    nodes.map(|(id, node)| (id.clone(), node.params.clone().into_iter().collect())).collect()
}

impl Estimates {
    pub fn of_node(&self, id: &NodeId) -> Option<CallCost> {
        self.told.read().as_ref()?.calls.iter().find(|call| call.node == *id).cloned()
    }

    /// Of a run of everything.
    pub fn whole(&self) -> Option<Words> {
        let told = self.told.read();
        words(&told.as_ref()?.calls)
    }
}

/// An estimate for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    pub price: String,
    /// Empty: there is no key.
    pub payer: String,
    /// Providers are asked for nothing without one.
    pub without_key: usize,
}

/// `None`: nothing is called that could cost anything.
pub fn words(calls: &[CallCost]) -> Option<Words> {
    let without_key = calls.iter().filter(|call| call.provider.is_none()).count();
    let asked: Vec<&CallCost> = calls.iter().filter(|call| call.provider.is_some()).collect();
    if calls.is_empty() {
        return None;
    }
    let payers = ["workspace", "person"].map(|payer| asked.iter().any(|call| call.payer.as_deref() == Some(payer)));
    let payer = match payers {
        [true, true] => "Workspace key and your key",
        [true, false] => "Workspace key",
        [false, true] => "Your key",
        [false, false] => "",
    };
    Some(Words { price: price(&asked), payer: payer.to_owned(), without_key })
}

fn price(asked: &[&CallCost]) -> String {
    let known: f64 = asked.iter().filter_map(|call| call.usd).sum();
    let open: Vec<&&CallCost> = asked.iter().filter(|call| call.usd.is_none()).collect();
    let most: Option<f64> = open.iter().map(|call| call.usd_at_most).sum();
    let some_known = open.len() < asked.len();
    match (asked.is_empty(), open.is_empty(), some_known, most) {
        (true, ..) => "Nothing".to_owned(),
        (_, true, ..) => format!("About {}", dollars(known)),
        (_, _, true, Some(most)) => format!("{} to {}", dollars(known), dollars(known + most)),
        (_, _, false, Some(most)) => format!("Up to {}", dollars(most)),
        (_, _, true, None) => format!("{} and more, part unknown", dollars(known)),
        (_, _, false, None) => "Cost unknown".to_owned(),
    }
}

/// What the last run cost; `None`: there was none, or it called nothing that could cost anything.
pub fn last_cost(canvas: Canvas) -> Option<String> {
    let runs = canvas.view.runs();
    let runs = runs.read();
    let ended = runs.iter().filter(|(_, run)| run.status.is_final());
    let (id, run) = ended.max_by(|a, b| a.1.started_at.cmp(&b.1.started_at))?;
    let paid = paid(canvas);
    let outputs = canvas.view.outputs();
    let outputs = outputs.read();
    let made = paid.keys().filter_map(|node| outputs.get(node)).filter(|output| output.run == *id);
    spent(run, &made.collect::<Vec<_>>())
}

fn spent(run: &RunSummary, made: &[&NodeOutput]) -> Option<String> {
    // Results that were there already cost nothing, and nodes that failed before their call neither.
    let called = made.iter().filter(|output| output.status == NodeStatus::Done);
    let unknown = called.filter(|output| output.cost_usd.is_none()).count();
    match (run.cost_usd.filter(|usd| *usd > 0.0), unknown) {
        (Some(usd), 0) => Some(dollars(usd)),
        (Some(usd), _) => Some(format!("{} and more, part unknown", dollars(usd))),
        (None, 0) => None,
        (None, _) => Some("cost unknown".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(usd: Option<f64>, most: Option<f64>, payer: Option<&str>) -> CallCost {
        CallCost {
            node: "n".parse().expect("an id"),
            model: "m".into(),
            provider: payer.map(|_| "fal".into()),
            payer: payer.map(Into::into),
            usd,
            usd_at_most: most,
        }
    }

    fn price_of(calls: &[CallCost]) -> String {
        words(calls).expect("something is called").price
    }

    #[test]
    fn what_nobody_knows_is_never_nothing() {
        let known = call(Some(0.4), Some(0.4), Some("workspace"));
        let open = call(None, Some(0.2), Some("person"));
        let unknown = call(None, None, Some("workspace"));
        assert_eq!(price_of(std::slice::from_ref(&known)), "About $0.40");
        assert_eq!(price_of(&[known.clone(), open.clone()]), "$0.40 to $0.60");
        assert_eq!(price_of(std::slice::from_ref(&open)), "Up to $0.20");
        assert_eq!(price_of(std::slice::from_ref(&unknown)), "Cost unknown");
        assert_eq!(price_of(&[open, unknown.clone()]), "Cost unknown");
        assert_eq!(price_of(&[known, unknown]), "$0.40 and more, part unknown");
        assert_eq!(words(&[]), None);
    }

    #[test]
    fn it_says_who_pays_and_what_has_no_key() {
        let told = words(&[call(None, None, Some("person")), call(None, None, None)]).expect("something is called");
        assert_eq!((told.payer.as_str(), told.without_key), ("Your key", 1));
        let told = words(&[call(None, None, None)]).expect("something is called");
        assert_eq!((told.price.as_str(), told.payer.as_str()), ("Nothing", ""));
    }

    #[test]
    fn the_last_run_says_what_it_cost() {
        let run = |cost: Option<f64>| RunSummary { cost_usd: cost, ..summary() };
        let output = |status: &str, cost: Json| -> NodeOutput {
            serde_json::from_value(json!({"run": RUN, "status": status, "key": "k", "cost_usd": cost}))
                .expect("an output")
        };
        let (paid, open) = (output("done", json!(0.4)), output("done", Json::Null));
        assert_eq!(spent(&run(Some(0.4)), &[&paid]).as_deref(), Some("$0.40"));
        assert_eq!(spent(&run(Some(0.4)), &[&paid, &open]).as_deref(), Some("$0.40 and more, part unknown"));
        assert_eq!(spent(&run(None), &[&open]).as_deref(), Some("cost unknown"));
        assert_eq!(spent(&run(None), &[&output("cached", Json::Null)]), None);
    }

    const RUN: &str = "run_00000000000070008000000000000000";

    fn summary() -> RunSummary {
        serde_json::from_value(json!({
            "started_by": "usr_00000000000070008000000000000000", "started_by_name": "Ada",
            "started_at": "2026-11-01T00:00:00Z", "status": "done", "progress": 1.0,
        }))
        .expect("a run")
    }
}
