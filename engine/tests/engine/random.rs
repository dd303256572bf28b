//! Random graphs: the parallel engine against a sequential interpreter that is written for clarity alone.
//!
//! Each graph has lists, failures, filters, branches that are not taken, bypassed and muted nodes. What the interpreter
//! says comes out, the engine must say too, item by item.

mod reference;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine::{EventLog, NodeError, Outputs, catalog, node};
use proptest::prelude::*;
use shared::{
    check::{Severity, check},
    graph::{Edge, EdgeId, Graph, Mode, Node},
    run::{RunEvent, RunStatus},
    value::Value,
};

use crate::{
    fixture::{engine, request, run},
    graph::{graph, id},
};

/// Counts up: a list of texts, each with the label in front.
#[node("test.list", title = "List", output = "texts", example = "{}")]
fn list(
    /// What came before.
    text: Option<String>,
    /// What stands in front.
    #[param(default = "")]
    label: String,
    /// How many there are.
    #[param(default = 3)]
    len: u32,
) -> Result<Vec<String>, NodeError> {
    Ok((0..len).map(|n| format!("{}{label}{n}", text.as_deref().unwrap_or_default())).collect())
}

/// Adds a mark to a text, or fails if the text has a certain letter in a certain place.
#[node("test.mark", title = "Mark", resource = "cpu", output = "text", example = "{}")]
async fn mark(
    /// The text.
    text: String,
    /// What is added.
    #[param(default = "")]
    label: String,
    /// It fails for texts that end in this. Empty: never.
    #[param(default = "", wire = false)]
    fails_at: String,
) -> Result<String, NodeError> {
    // Items end in another order than they began in.
    tokio::time::sleep(Duration::from_micros(text.bytes().map(u64::from).sum::<u64>() % 7 * 50)).await;
    match text.strip_suffix(&fails_at) {
        Some(_) if !fails_at.is_empty() => Err(NodeError::invalid("text", format!("`{text}` is not wanted"))),
        _ => Ok(format!("{text}{label}")),
    }
}

/// Says whether a text ends in something.
#[node("test.ends", title = "Ends", output = "truth", example = "{}")]
fn ends(
    /// The text.
    text: String,
    /// The end.
    #[param(default = "1", wire = false)]
    end: String,
) -> Result<bool, NodeError> {
    Ok(text.ends_with(&end))
}

/// Puts two texts together.
#[node("test.both", title = "Both", output = "text", example = "{}")]
fn both(
    /// The first.
    a: String,
    /// The second.
    b: String,
) -> Result<String, NodeError> {
    Ok(format!("({a}+{b})"))
}

/// All texts in one.
#[derive(Outputs)]
struct Joined {
    /// One after the other.
    text: String,
}

/// Puts all texts of a list into one.
#[node("test.joined", title = "Joined", example = "{}")]
fn joined(
    /// The texts.
    texts: Vec<String>,
) -> Result<Joined, NodeError> {
    Ok(Joined { text: format!("[{}]", texts.join(",")) })
}

/// How one node of a random graph is made: all numbers are taken modulo what there is to choose from.
#[derive(Debug, Clone)]
struct Choice {
    kind: usize,
    sources: [usize; 3],
    number: usize,
    mode: usize,
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let choice = (any::<usize>(), any::<[usize; 3]>(), 0..5usize, 0..24usize);
    let choice = choice.prop_map(|(kind, sources, number, mode)| Choice { kind, sources, number, mode });
    prop::collection::vec(choice, 1..14)
}

const KINDS: [&str; 11] = [
    "test.list",
    "test.mark",
    "test.mark",
    "test.ends",
    "test.both",
    "test.joined",
    "flow.if",
    "flow.filter",
    "flow.collect",
    "flow.merge",
    "flow.zip",
];

/// A graph out of arbitrary numbers. Wires that would make it one that cannot run are left out, and what then lacks an
/// input goes too.
fn build(choices: &[Choice]) -> Graph {
    let mut graph = Graph::default();
    graph.nodes.insert(id("n00"), with("test.list", &[("label", "s".into()), ("len", 4.into())]));
    for (n, choice) in choices.iter().enumerate() {
        let name = format!("n{:02}", n + 1);
        let kind = KINDS[choice.kind % KINDS.len()];
        let params: Vec<(&str, serde_json::Value)> = match kind {
            "test.list" => vec![("label", format!("l{n}").into()), ("len", choice.number.into())],
            "test.mark" => {
                let fails_at = if choice.number < 3 { format!("{}", choice.number) } else { String::new() };
                vec![("label", format!("m{n}").into()), ("fails_at", fails_at.into())]
            }
            "test.ends" => vec![("end", format!("{}", choice.number).into())],
            _ => Vec::new(),
        };
        let mut node = with(kind, &params);
        node.mode = match choice.mode {
            0 => Mode::Mute,
            1 | 2 => Mode::Bypass,
            _ => Mode::Active,
        };
        graph.nodes.insert(id(&name), node);
        let spec = catalog().get(kind).unwrap();
        let conditions = spec.params.iter().filter(|param| ["condition", "keep"].contains(&param.name.as_str()));
        let inputs: Vec<String> =
            spec.inputs.iter().map(|port| &port.name).chain(conditions.map(|param| &param.name)).cloned().collect();
        for (which, input) in inputs.iter().enumerate() {
            let several = if spec.input(input).is_some_and(|port| port.is_list()) { 2 } else { 1 };
            for wire in 0..several {
                connect(&mut graph, choice.sources[(which + wire) % 3], n + 1, &name, input, wire);
            }
        }
        if broken(&graph) {
            graph.nodes.remove(name.as_str());
            graph.edges.retain(|_, edge| edge.to.as_str() != name);
        }
    }
    graph
}

fn with(node_type: &str, params: &[(&str, serde_json::Value)]) -> Node {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Node { params, ..Node::new(node_type) }
}

fn connect(graph: &mut Graph, source: usize, nodes: usize, to: &str, input: &str, wire: usize) {
    let from = id(&format!("n{:02}", source % nodes));
    let Some(node) = graph.nodes.get(&from) else { return };
    let outputs = &catalog().get(&node.node_type).unwrap().outputs;
    let output = outputs[source / 7 % outputs.len()].name.clone();
    let edge = Edge { from, output, to: id(to), input: input.to_owned() };
    let edge_id = EdgeId::listed(&id(to), input, &wire.to_string());
    graph.edges.insert(edge_id.clone(), edge);
    let is_of_wire = |problem: &shared::check::Problem| {
        problem.severity == Severity::Error && problem.code != shared::check::ProblemCode::MissingInput
    };
    if check(graph, catalog()).iter().any(is_of_wire) {
        graph.edges.remove(&edge_id);
    }
}

fn broken(graph: &Graph) -> bool {
    check(graph, catalog()).iter().any(|problem| problem.severity == Severity::Error)
}

/// What the events of a run say came out of each node.
fn told(events: &[RunEvent]) -> BTreeMap<String, String> {
    let of = |event: &RunEvent| match event {
        RunEvent::NodeFinished { node, outputs, items, .. } => {
            let failed = items.as_ref().map_or(0, |items| items.failed);
            Some((node.to_string(), format!("{} failed:{failed}", shown(outputs.iter()))))
        }
        RunEvent::NodeFailed { node, .. } => Some((node.to_string(), "failed".to_owned())),
        RunEvent::NodeSkipped { node, .. } => Some((node.to_string(), "skipped".to_owned())),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn shown<'v>(values: impl Iterator<Item = (&'v String, &'v Value)>) -> String {
    values.map(|(port, value)| format!("{port}={} ", serde_json::to_string(value).unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_reference_does(choices in choices()) {
        let graph = build(&choices);
        let expected = reference::interpret(&graph);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let Some(expected) = expected else { return Ok(()) };
        let (_, events) = runtime.block_on(run(&engine(), &request(graph.clone())));
        prop_assert_eq!(told(&events), expected, "{}", shared::exchange::write(&graph));
    }

    #[test]
    fn a_run_that_is_cancelled_anywhere_is_left_in_order(choices in choices(), after in 0..30usize) {
        let graph = build(&choices);
        let Some(expected) = reference::interpret(&graph) else { return Ok(()) };
        let request = request(graph);
        let log = Arc::new(EventLog::default());
        let sink = Arc::new(CancelsAfter { log: log.clone(), left: after.into(), cancel: request.cancel.clone() });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let report = runtime.block_on(engine().run(&request, sink)).unwrap();
        let events = log.events();
        // Every node that was announced has ended, and the run after all of them.
        let Some(RunEvent::RunStarted { nodes, .. }) = events.first() else { panic!("{events:?}") };
        let ended = |event: &RunEvent| match event {
            RunEvent::NodeFinished { node, .. } | RunEvent::NodeFailed { node, .. }
            | RunEvent::NodeSkipped { node, .. } | RunEvent::NodeCancelled { node } => Some(node.clone()),
            _ => None,
        };
        let all: std::collections::BTreeSet<_> = events.iter().filter_map(ended).collect();
        prop_assert_eq!(all, nodes.iter().cloned().collect());
        let last_is_end = matches!(events.last(), Some(RunEvent::RunFinished { .. }));
        prop_assert!(last_is_end);
        // What is finished by then is what would have come out anyway.
        let cancelled: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                RunEvent::NodeCancelled { node } => Some(node.to_string()),
                _ => None,
            })
            .collect();
        prop_assert_eq!(report.status == RunStatus::Cancelled, !cancelled.is_empty());
        for (node, what) in told(&events).into_iter().filter(|(node, _)| !cancelled.contains(node)) {
            prop_assert_eq!(&what, &expected[&node]);
        }
    }

    /// Two ways from one list, on which different items fail or are left out, never meet with another item's partner.
    #[test]
    fn items_never_meet_a_stranger(fails_a in "[0-9]?", fails_b in "[0-9]?", left_out in "[0-9]", collects in any::<bool>(), zips in any::<bool>()) {
        let (last_a, collect) = if collects { ("ca", "fa -> ca:flow.collect") } else { ("fa", "") };
        let (meet, at) = if zips { ("z:flow.zip", "z") } else { ("both:test.both", "both") };
        let text = format!(
            "s:test.list{{\"label\":\"i\",\"len\":10}} -> a:test.mark{{\"fails_at\":\"{fails_a}\"}} -> fa:flow.filter
             s -> b:test.mark{{\"fails_at\":\"{fails_b}\"}}
             s -> e:test.ends{{\"end\":\"{left_out}\"}} -> fa(keep)
             {collect}
             {meet}
             {last_a} -> {at}(a)
             b -> {at}(b)"
        );
        let mut graph = graph(&text);
        if zips {
            graph.nodes.insert(id("both"), Node::new("test.both"));
            for port in ["a", "b"] {
                let edge = Edge { from: id("z"), output: port.into(), to: id("both"), input: port.into() };
                graph.edges.insert(EdgeId::single(&id("both"), port), edge);
            }
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (_, events) = runtime.block_on(run(&engine(), &request(graph)));
        let met = events.iter().find_map(|event| match event {
            RunEvent::NodeFinished { node, outputs, .. } if node.as_str() == "both" => Some(outputs["text"].clone()),
            _ => None,
        });
        let expected: Vec<Value> = (0..10)
            .map(|n| n.to_string())
            .filter(|n| *n == left_out && *n != fails_a && *n != fails_b)
            .map(|n| Value::Text(format!("(i{n}+i{n})")))
            .collect();
        if let Some(met) = met {
            prop_assert_eq!(met, Value::List(expected));
        } else {
            prop_assert!(expected.is_empty(), "nothing met, but {:?} should have", expected);
        }
    }
}

struct CancelsAfter {
    log: Arc<EventLog>,
    left: std::sync::atomic::AtomicUsize,
    cancel: tokio_util::sync::CancellationToken,
}

impl engine::RunSink for CancelsAfter {
    fn emit(&self, event: RunEvent) {
        use std::sync::atomic::Ordering::SeqCst;
        let left = self.left.fetch_update(SeqCst, SeqCst, |left| Some(left.saturating_sub(1)));
        if left == Ok(0) {
            self.cancel.cancel();
        }
        self.log.emit(event);
    }
}
