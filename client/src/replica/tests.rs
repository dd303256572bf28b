//! Documents, observers, refresh and history together, without a browser.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use dioxus::{
    core::{ReactiveContext, ScopeId},
    prelude::*,
};
use futures_util::FutureExt;
use serde_json::json;
use shared::{
    document::{GraphDocument, Origin, OutputsDocument, new_doc},
    effective::effective,
    graph::{Edge, Node},
    id::{NodeId, RunId, UserId},
    merkle::node_keys,
    node::Catalog,
    outputs::RunSummary,
    run::{RunEvent, RunStatus},
    value::Value,
};
use yrs::{ReadTxn, StateVector, Transact, Update, updates::decoder::Decode};

use super::{
    changes::{GraphChanges, observe_graph, observe_outputs},
    history::{Direction, History},
    refresh::{refresh_graph, refresh_outputs},
    splice::Splice,
    stale::derive,
    view::{CanvasView, CanvasViewStoreExt},
};
use crate::sync::outbox::REMOTE;

fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

/// One kind of node: a prompt, a number that matters, a text that comes out.
fn catalog() -> Catalog {
    serde_json::from_value(json!({ "text.say": {
        "type": "text.say", "version": 1, "title": "Say", "summary": "", "description": "", "role": "step",
        "resource": "light", "cacheable": true, "inputs": [],
        "outputs": [{ "name": "text", "type": "text", "description": "" }],
        "params": [
            { "name": "prompt", "title": "Prompt", "description": "", "kind": "prompt", "default": "" },
            { "name": "times", "title": "Times", "description": "", "kind": "integer", "default": 1 },
        ],
        "example": {},
    } }))
    .unwrap()
}

fn document(client: u64) -> GraphDocument {
    GraphDocument::new(new_doc(Some(client)))
}

fn add(document: &GraphDocument, node: &str, prompt: &str) {
    let mut say = Node::new("text.say");
    say.params.insert("prompt".into(), json!(prompt));
    document.edit(Origin::Ui, |edit| edit.add_node(&id(node), &say, &catalog()));
}

/// Carries everything `from` has to `to`, as an update from the server.
fn carry(from: &GraphDocument, to: &GraphDocument) {
    let update = from.doc().transact().encode_diff_v1(&StateVector::default());
    let mut txn = to.doc().transact_mut_with(REMOTE);
    txn.apply_update(Update::decode_v1(&update).unwrap()).unwrap();
}

/// Runs `f` where a store can live.
fn in_dom(f: impl FnOnce(Store<CanvasView>)) {
    let dom = VirtualDom::new(|| rsx! {});
    dom.in_scope(ScopeId::ROOT, || f(Store::new(CanvasView::new(shared::access::Role::Editor))));
}

/// Counts how often what `read` looks at changes.
fn count(read: impl Fn()) -> Arc<AtomicUsize> {
    let times = Arc::new(AtomicUsize::new(0));
    let counted = times.clone();
    let watcher = ReactiveContext::new_with_callback(
        move || {
            counted.fetch_add(1, Ordering::Relaxed);
        },
        ScopeId::ROOT,
        std::panic::Location::caller(),
    );
    watcher.run_in(read);
    times
}

#[test]
fn a_change_from_elsewhere_touches_its_node_and_no_other() {
    in_dom(|view| {
        let (here, there) = (document(1), document(2));
        let changes = observe_graph(&here);
        add(&there, "a", "one");
        add(&there, "b", "two");
        carry(&there, &here);
        refresh_graph(view, &here, &changes.take());
        let nodes = view.nodes();
        assert_eq!(nodes.peek().len(), 2);

        let of_a = count(|| drop(nodes.get(id("a")).unwrap().read().title.clone()));
        let of_b = count(|| drop(nodes.get(id("b")).unwrap().read().title.clone()));
        let of_list = count(|| assert_eq!(nodes.len(), 2));
        there.edit(Origin::Ui, |edit| edit.move_nodes(&[(id("a"), [10.0, 20.0])]));
        carry(&there, &here);
        refresh_graph(view, &here, &changes.take());
        assert_eq!(nodes.peek()[&id("a")].pos, [10.0, 20.0]);
        let counted = [of_a, of_b, of_list].map(|times| times.load(Ordering::Relaxed));
        assert_eq!(counted, [1, 0, 0]);

        there.edit(Origin::Ui, |edit| edit.remove_nodes(&[id("b")]));
        carry(&there, &here);
        refresh_graph(view, &here, &changes.take());
        assert!(!nodes.peek().contains_key(&id("b")));
    });
}

#[test]
fn an_update_without_news_writes_nothing() {
    let (here, there) = (document(1), document(2));
    add(&there, "a", "one");
    carry(&there, &here);
    let changes = observe_graph(&here);
    carry(&there, &here);
    assert_eq!(changes.take(), GraphChanges::default());
}

#[test]
fn typing_elsewhere_arrives_as_splices_in_utf16() {
    let (here, there) = (document(1), document(2));
    add(&there, "a", "a 😀 fox");
    carry(&there, &here);
    let changes = observe_graph(&here);
    there.edit(Origin::Ui, |edit| edit.edit_text(&id("a"), "prompt", 5, 3, "red cat")).unwrap();
    carry(&there, &here);
    let splices = changes.take().texts.remove(&(id("a"), "prompt".into())).unwrap();
    // The order of the two halves of a replacement is Yjs' own; a caret ends up at the same place either way.
    let end_of_text = 8;
    let moved = splices.iter().fold(end_of_text, |at, splice| splice.map(at, super::splice::Bias::Move));
    assert_eq!(moved, 12);
    let total: i64 = splices.iter().map(|splice: &Splice| i64::from(splice.inserted) - i64::from(splice.deleted)).sum();
    assert_eq!(total, 4);
}

#[test]
fn moving_a_node_does_not_ask_what_is_stale() {
    let here = document(1);
    add(&here, "a", "one");
    let changes = observe_graph(&here);
    here.edit(Origin::Ui, |edit| edit.move_nodes(&[(id("a"), [1.0, 2.0])]));
    assert!(!changes.take().meaning);
    here.edit(Origin::Ui, |edit| edit.set_param(&id("a"), "times", json!(2)));
    assert!(changes.take().meaning);
}

#[test]
fn undo_takes_back_ones_own_steps_by_name_and_leaves_the_others() {
    let (here, there) = (document(1), document(2));
    let mut history = History::new(&here, || 1_000_000);
    let step = |history: &mut History, label: &str, f: &dyn Fn()| {
        history.before_edit(label);
        f();
        history.after_edit();
    };
    step(&mut history, "add node", &|| add(&here, "mine", ""));
    step(&mut history, "move node", &|| here.edit(Origin::Ui, |edit| edit.move_nodes(&[(id("mine"), [5.0, 5.0])])));
    step(&mut history, "move node", &|| here.edit(Origin::Ui, |edit| edit.move_nodes(&[(id("mine"), [9.0, 9.0])])));
    add(&there, "theirs", "");
    carry(&there, &here);
    assert_eq!(history.undo_label(), Some("move node"));

    // Two moves in one breath are one step.
    assert_eq!(history.step(Direction::Undo), Some("move node".into()));
    let nodes = || here.project().0.nodes.into_iter().map(|(id, node)| (id.to_string(), node.pos)).collect();
    let expected = |mine: Option<[f64; 2]>| -> BTreeMap<String, [f64; 2]> {
        let mine = mine.map(|pos| ("mine".to_owned(), pos));
        mine.into_iter().chain([("theirs".to_owned(), [0.0, 0.0])]).collect()
    };
    let now: BTreeMap<String, [f64; 2]> = nodes();
    assert_eq!(now, expected(Some([0.0, 0.0])));
    assert_eq!((history.undo_label(), history.redo_label()), (Some("add node"), Some("move node")));
    assert_eq!(history.step(Direction::Undo), Some("add node".into()));
    let now: BTreeMap<String, [f64; 2]> = nodes();
    assert_eq!(now, expected(None));
    assert_eq!(history.step(Direction::Undo), None);

    assert_eq!(history.step(Direction::Redo), Some("add node".into()));
    assert_eq!(history.step(Direction::Redo), Some("move node".into()));
    let now: BTreeMap<String, [f64; 2]> = nodes();
    assert_eq!(now, expected(Some([9.0, 9.0])));
    assert_eq!((history.undo_label(), history.redo_label()), (Some("move node"), None));
}

#[test]
fn a_deleted_node_comes_back_whole_with_its_wires_although_others_were_at_work_in_it() {
    let (here, there) = (document(1), document(2));
    add(&here, "a", "one");
    add(&here, "b", "two");
    let wire = Edge { from: id("a"), output: "text".into(), to: id("b"), input: "prompt".into() };
    here.edit(Origin::Ui, |edit| edit.connect(wire, &catalog()));
    carry(&here, &there);
    let before = here.project().0;

    let mut history = History::new(&here, || 1_000_000);
    history.before_edit("delete node");
    here.edit(Origin::Ui, |edit| edit.remove_nodes(&[id("a")]));
    history.after_edit();
    there.edit(Origin::Ui, |edit| {
        edit.edit_text(&id("a"), "prompt", 3, 0, " more").unwrap();
        edit.set_param(&id("a"), "times", json!(5));
        edit.move_nodes(&[(id("a"), [40.0, 50.0])]);
    });
    carry(&there, &here);
    carry(&here, &there);
    assert!(!there.project().0.nodes.contains_key(&id("a")));

    history.step(Direction::Undo);
    carry(&here, &there);
    let (graph, problems) = here.project();
    assert_eq!(graph, there.project().0);
    assert_eq!(problems, []);
    assert_eq!(graph.edges, before.edges);
    let node = &graph.nodes[&id("a")];
    assert_eq!((node.node_type.as_str(), &node.params["prompt"]), ("text.say", &json!("one")));
}

#[test]
fn a_new_edit_leaves_nothing_to_redo() {
    let here = document(1);
    let mut history = History::new(&here, || 1_000_000);
    for (node, label) in [("a", "add"), ("b", "add again")] {
        history.before_edit(label);
        add(&here, node, "");
        history.after_edit();
    }
    history.step(Direction::Undo);
    assert_eq!(history.redo_label(), Some("add again"));
    history.before_edit("add");
    add(&here, "c", "");
    history.after_edit();
    assert_eq!((history.undo_label(), history.redo_label()), (Some("add"), None));
}

#[test]
fn a_result_is_stale_once_the_graph_says_something_else() {
    in_dom(|view| {
        let (graph, outputs) = (document(1), OutputsDocument::new(new_doc(Some(2))));
        add(&graph, "a", "one");
        let changes = observe_outputs(outputs.doc());
        let key = node_keys(&effective(&graph.project().0, &catalog()), &catalog())[&id("a")].clone();
        let run: RunId = "run_00000000000000000000000000000001".parse().unwrap();
        let started_by: UserId = "usr_00000000000000000000000000000001".parse().unwrap();
        let summary = RunSummary {
            started_by,
            started_by_name: "Ada".into(),
            started_at: "2026-01-01T00:00:00Z".into(),
            status: RunStatus::Running,
            progress: 0.0,
            cost_usd: None,
            position: None,
        };
        outputs.begin_run(run, summary, &[(id("a"), key.clone())]);
        let finished = RunEvent::NodeFinished {
            node: id("a"),
            key,
            outputs: [("text".to_owned(), Value::Text("one".into()))].into(),
            cached: false,
            duration_millis: 1,
            cost_usd: None,
            seed: None,
            items: None,
        };
        outputs.apply(run, &finished, "2026-01-01T00:00:01Z");
        refresh_outputs(view, &outputs, &changes.take());
        assert_eq!(view.outputs().peek()[&id("a")].values["text"], Value::Text("one".into()));
        assert_eq!(view.runs().peek()[&run].started_by_name, "Ada");

        let stale = || {
            let derived = derive(&graph, &catalog(), async || {}).now_or_never().expect("it pauses for nobody");
            derived.stale(view.outputs().peek().iter())
        };
        assert!(stale().is_empty());
        graph.edit(Origin::Ui, |edit| edit.move_nodes(&[(id("a"), [7.0, 7.0])]));
        assert!(stale().is_empty());
        graph.edit(Origin::Ui, |edit| edit.edit_text(&id("a"), "prompt", 3, 0, "!")).unwrap();
        assert_eq!(stale(), [id("a")].into());
        graph.edit(Origin::Ui, |edit| edit.replace_text(&id("a"), "prompt", "one")).unwrap();
        assert!(stale().is_empty());
    });
}
