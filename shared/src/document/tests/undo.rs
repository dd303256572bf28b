//! Undo and redo of one person, while others are at work.
//!
//! The holes that Yjs' own undo manager is known for, and what holds here instead:
//! - a raced write, undone, deletes the key (yjs#514): [`taking_back_a_move_that_raced_with_another_leaves_the_node_a_place`],
//!   [`taking_back_a_raced_parameter_makes_all_replicas_agree`];
//! - what others wrote over cannot be undone (yjs#390): [`what_somebody_else_wrote_over_stays_theirs`];
//! - redo of what was made anew loses what others wrote into it (yjs#472): [`an_addition_redone_is_a_whole_node`];
//! - two writes at once are decided by chance (yjs#510): [`two_who_write_one_field_at_once_end_up_with_one_of_both_values`];
//! - redo after undo across replicas (yjs#355): [`undoing_a_deletion_brings_the_node_back_with_its_wires_and_text`].

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::json;

use super::{GraphDocument, exchange, graph_of, node_of, replica, seeded, text_of, ui};
use crate::{
    document::{Origin, UNDO_CAPTURE_MILLIS, UndoManager, undo_manager},
    fixture::{catalog, edge, graph, id},
    graph::Mode,
};

/// A person at a document, with a clock of their own.
struct Person {
    document: GraphDocument,
    undo: UndoManager,
    now: Arc<AtomicU64>,
}

impl Person {
    fn at(document: GraphDocument) -> Self {
        let now = Arc::new(AtomicU64::new(1_000));
        let clock = now.clone();
        let undo = undo_manager(&document, move || clock.load(Ordering::Relaxed));
        Self { document, undo, now }
    }

    /// One edit, long after the last.
    fn edit<R>(&self, f: impl FnOnce(&mut crate::document::Edit<'_>) -> R) -> R {
        self.now.fetch_add(10 * UNDO_CAPTURE_MILLIS, Ordering::Relaxed);
        ui(&self.document, f)
    }
}

fn person() -> Person {
    Person::at(seeded(&graph("a:photo; c:blur; s:save; t:text; a.image -> c.image; c.image -> s.value")))
}

#[test]
fn undo_takes_back_ones_own_edits_one_by_one_and_redo_repeats_them() {
    let mut ada = person();
    let start = graph_of(&ada.document);
    ada.edit(|edit| edit.set_param(&id("c"), "radius", json!(9)));
    let middle = graph_of(&ada.document);
    ada.edit(|edit| edit.move_nodes(&[(id("c"), [5.0, 5.0])]));
    let end = graph_of(&ada.document);
    assert!(ada.undo.undo_blocking());
    assert_eq!(graph_of(&ada.document), middle);
    assert!(ada.undo.undo_blocking());
    assert_eq!(graph_of(&ada.document), start);
    assert!(!ada.undo.can_undo(), "the seed is nobody's to undo");
    assert!(ada.undo.redo_blocking() && ada.undo.redo_blocking());
    assert_eq!(graph_of(&ada.document), end);
}

#[test]
fn edits_in_quick_succession_are_one_step_unless_a_gesture_ended() {
    let mut ada = person();
    let start = graph_of(&ada.document);
    for n in 0..10 {
        ada.now.fetch_add(UNDO_CAPTURE_MILLIS - 100, Ordering::Relaxed);
        ui(&ada.document, |edit| edit.edit_text(&id("t"), "text", n, 0, "x")).unwrap();
    }
    ada.undo.reset();
    ui(&ada.document, |edit| edit.set_title("T"));
    assert!(ada.undo.undo_blocking());
    assert_eq!(text_of(&ada.document, "t", "text"), "xxxxxxxxxx");
    assert!(ada.undo.undo_blocking());
    assert_eq!(graph_of(&ada.document), start);
}

#[test]
fn undo_leaves_what_others_server_and_engine_wrote() {
    let mut ada = person();
    let bob = replica(&ada.document, 2);
    ada.edit(|edit| edit.set_param(&id("c"), "radius", json!(9)));
    ada.document.edit(Origin::Server, |edit| edit.set_title("renamed by the server"));
    ada.document.edit(Origin::Engine, |edit| edit.set_param(&id("c"), "look", json!("hard")));
    ada.document.edit(Origin::Import, |edit| edit.set_mode(&id("a"), Mode::Mute));
    exchange(&ada.document, &bob);
    ui(&bob, |edit| edit.move_nodes(&[(id("c"), [7.0, 7.0])]));
    exchange(&ada.document, &bob);
    assert!(ada.undo.undo_blocking());
    assert!(!ada.undo.can_undo());
    let graph = graph_of(&ada.document);
    let c = &graph.nodes["c"];
    assert_eq!((c.params.get("radius"), c.params["look"].clone(), c.pos), (None, json!("hard"), [7.0, 7.0]));
    assert_eq!((graph.meta.title.as_str(), graph.nodes["a"].mode), ("renamed by the server", Mode::Mute));
}

#[test]
fn undoing_a_deletion_brings_the_node_back_with_its_wires_and_text() {
    let mut ada = person();
    let bob = replica(&ada.document, 2);
    ada.edit(|edit| {
        edit.set_param(&id("c"), "radius", json!(9)) && edit.edit_text(&id("t"), "text", 0, 0, "a 🐱").is_ok()
    });
    for n in 0..5 {
        ada.edit(|edit| edit.move_nodes(&[(id("c"), [f64::from(n), 5.0])]));
    }
    let before = graph_of(&ada.document);
    ada.edit(|edit| edit.remove_nodes(&[id("c"), id("t")]));
    exchange(&ada.document, &bob);
    assert!(graph_of(&bob).edges.is_empty());
    assert!(ada.undo.undo_blocking());
    exchange(&ada.document, &bob);
    assert_eq!(graph_of(&ada.document), before);
    assert_eq!(graph_of(&bob), before);
    // What came back is alive: it can be edited by both, deleted and brought back again.
    ui(&bob, |edit| edit.edit_text(&id("t"), "text", 4, 0, "!")).unwrap();
    exchange(&ada.document, &bob);
    assert_eq!(text_of(&ada.document, "t", "text"), "a 🐱!");
    assert!(ada.undo.redo_blocking());
    assert!(!graph_of(&ada.document).nodes.contains_key("c"));
    assert!(ada.undo.undo_blocking());
    exchange(&ada.document, &bob);
    assert_eq!(graph_of(&ada.document), graph_of(&bob));
    assert_eq!(graph_of(&bob).edges, before.edges);
}

#[test]
fn a_node_edited_elsewhere_while_it_was_deleted_comes_back_whole() {
    // Whose client id is higher decides ties, so both ways.
    for (hers, his) in [(10, 20), (20, 10)] {
        let server = person().document;
        let mut ada = Person::at(replica(&server, hers));
        ui(&ada.document, |edit| {
            edit.move_nodes(&[(id("c"), [3.0, 4.0]), (id("t"), [3.0, 4.0])]);
            edit.set_param(&id("c"), "radius", json!(1));
            edit.edit_text(&id("t"), "text", 0, 0, "old").unwrap();
        });
        let bob = replica(&ada.document, his);
        let before = graph_of(&ada.document);
        ada.edit(|edit| edit.remove_nodes(&[id("c"), id("t")]));
        ui(&bob, |edit| {
            edit.move_nodes(&[(id("c"), [9.0, 9.0]), (id("t"), [9.0, 9.0])]);
            edit.set_param(&id("c"), "radius", json!(50));
            edit.edit_text(&id("t"), "text", 0, 3, "typed").unwrap();
        });
        exchange(&ada.document, &bob);
        assert!(ada.undo.undo_blocking());
        exchange(&ada.document, &bob);
        let after = graph_of(&ada.document);
        assert_eq!(after, graph_of(&bob));
        assert_eq!(after.edges, before.edges);
        // As it was when it was deleted: what was done to it elsewhere meanwhile went with it.
        assert_eq!(after.nodes, before.nodes);
    }
}

#[test]
fn a_deleted_node_that_its_maker_moved_meanwhile_comes_back_with_a_place() {
    for (hers, his) in [(10, 20), (20, 10)] {
        let server = person().document;
        let mut ada = Person::at(replica(&server, hers));
        let bob = replica(&server, his);
        let made = crate::graph::Node { pos: [3.0, 4.0], ..crate::graph::Node::new("blur") };
        ui(&bob, |edit| edit.add_node(&id("n"), &made, &catalog()));
        exchange(&ada.document, &bob);
        ada.edit(|edit| edit.remove_nodes(&[id("n")]));
        ui(&bob, |edit| edit.move_nodes(&[(id("n"), [9.0, 9.0])]));
        exchange(&ada.document, &bob);
        assert!(ada.undo.undo_blocking());
        exchange(&ada.document, &bob);
        assert_eq!(node_of(&ada.document, &id("n")), Some(made));
        assert_eq!(graph_of(&ada.document), graph_of(&bob));
        assert!(!ada.undo.can_undo(), "what was mended is no step of its own");
    }
}

#[test]
fn taking_back_a_move_that_raced_with_another_leaves_the_node_a_place() {
    for (hers, his) in [(10, 20), (20, 10)] {
        let mut start = graph("c:blur");
        start.nodes.get_mut("c").unwrap().pos = [3.0, 4.0];
        let server = seeded(&start);
        let mut ada = Person::at(replica(&server, hers));
        let bob = replica(&server, his);
        ada.edit(|edit| edit.move_nodes(&[(id("c"), [5.0, 5.0])]));
        ui(&bob, |edit| edit.move_nodes(&[(id("c"), [9.0, 9.0])]));
        exchange(&ada.document, &bob);
        ada.undo.undo_blocking();
        exchange(&ada.document, &bob);
        assert_ne!(graph_of(&bob).nodes["c"].pos, [0.0, 0.0]);
        assert_eq!(graph_of(&ada.document), graph_of(&bob));
    }
}

#[test]
fn a_node_can_be_put_back_under_its_id_without_undo() {
    let ada = person();
    let before = graph_of(&ada.document);
    let node = before.nodes["c"].clone();
    let wires: Vec<_> = before.edges.clone().into_iter().collect();
    ada.edit(|edit| edit.remove_nodes(&[id("c"), id("s")]));
    ada.edit(|edit| edit.restore_node(&id("c"), &node, &wires, &catalog()));
    let after = graph_of(&ada.document);
    assert_eq!(after.nodes["c"], node);
    assert_eq!(after.edges.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["c:image"], "only where both ends are");
}

#[test]
fn undoing_an_addition_that_others_built_on_leaves_no_broken_node() {
    let mut ada = person();
    let bob = replica(&ada.document, 2);
    ada.edit(|edit| edit.add_node(&id("n"), &crate::graph::Node::new("blur"), &catalog()));
    exchange(&ada.document, &bob);
    ui(&bob, |edit| {
        edit.set_param(&id("n"), "radius", json!(2));
        edit.connect(edge("a.image -> n.image"), &catalog());
    });
    exchange(&ada.document, &bob);
    assert!(ada.undo.undo_blocking());
    exchange(&ada.document, &bob);
    assert_eq!(graph_of(&ada.document), graph_of(&bob));
    assert_eq!(node_of(&bob, &id("n")), None);
    assert!(ada.undo.redo_blocking());
    exchange(&ada.document, &bob);
    assert_eq!(graph_of(&ada.document), graph_of(&bob));
    assert_eq!(node_of(&bob, &id("n")).unwrap().node_type, "blur");
}

#[test]
fn undoing_a_new_wire_brings_the_replaced_one_back() {
    let mut ada = Person::at(seeded(&graph("a:photo; b:photo; c:blur; a.image -> c.image")));
    let before = graph_of(&ada.document);
    ada.edit(|edit| edit.connect(edge("b.image -> c.image"), &catalog()));
    assert_ne!(graph_of(&ada.document), before);
    assert!(ada.undo.undo_blocking());
    assert_eq!(graph_of(&ada.document), before);
}

#[test]
fn a_clock_that_goes_backwards_does_no_harm() {
    let ada = person();
    ada.edit(|edit| edit.set_title("one"));
    ada.now.store(5, Ordering::Relaxed);
    ui(&ada.document, |edit| edit.set_title("two"));
    assert_eq!(graph_of(&ada.document).meta.title, "two");
}

/// Who wins a tie is decided by the client ids, so both ways.
const TIES: [(u64, u64); 2] = [(10, 20), (20, 10)];

fn radius(document: &GraphDocument) -> Option<serde_json::Value> {
    graph_of(document).nodes["c"].params.get("radius").cloned()
}

#[test]
fn what_somebody_else_wrote_over_stays_theirs() {
    for (hers, his) in TIES {
        let server = person().document;
        ui(&server, |edit| edit.set_param(&id("c"), "radius", json!(1)));
        let mut ada = Person::at(replica(&server, hers));
        let bob = replica(&server, his);
        ada.edit(|edit| edit.set_param(&id("c"), "radius", json!(9)));
        exchange(&ada.document, &bob);
        // He has seen hers.
        ui(&bob, |edit| edit.set_param(&id("c"), "radius", json!(50)));
        exchange(&ada.document, &bob);
        ada.undo.undo_blocking();
        exchange(&ada.document, &bob);
        assert_eq!((radius(&ada.document), radius(&bob)), (Some(json!(50)), Some(json!(50))));
    }
}

#[test]
fn two_who_write_one_field_at_once_end_up_with_one_of_both_values() {
    for (hers, his) in TIES {
        let server = person().document;
        let (ada, bob) = (Person::at(replica(&server, hers)), replica(&server, his));
        ada.edit(|edit| edit.set_param(&id("c"), "radius", json!(9)));
        ui(&bob, |edit| edit.set_param(&id("c"), "radius", json!(50)));
        exchange(&ada.document, &bob);
        assert_eq!(radius(&ada.document), radius(&bob));
        assert!([Some(json!(9)), Some(json!(50))].contains(&radius(&bob)));
    }
}

#[test]
fn taking_back_a_raced_parameter_makes_all_replicas_agree() {
    for (hers, his) in TIES {
        let server = person().document;
        ui(&server, |edit| edit.set_param(&id("c"), "radius", json!(1)));
        let mut ada = Person::at(replica(&server, hers));
        let bob = replica(&server, his);
        ada.edit(|edit| edit.set_param(&id("c"), "radius", json!(9)));
        ui(&bob, |edit| edit.set_param(&id("c"), "radius", json!(50)));
        exchange(&ada.document, &bob);
        ada.undo.undo_blocking();
        exchange(&ada.document, &bob);
        assert_eq!(graph_of(&ada.document), graph_of(&bob));
        assert_ne!(radius(&bob), Some(json!(9)), "she took it back");
    }
}

#[test]
fn an_addition_redone_is_a_whole_node() {
    let made = crate::graph::Node { pos: [3.0, 4.0], ..crate::graph::Node::new("blur") };
    for (hers, his) in TIES {
        let server = person().document;
        let mut ada = Person::at(replica(&server, hers));
        let bob = replica(&server, his);
        ada.edit(|edit| edit.add_node(&id("n"), &made, &catalog()));
        exchange(&ada.document, &bob);
        assert!(ada.undo.undo_blocking());
        // He works in what is gone at her place already.
        ui(&bob, |edit| {
            edit.move_nodes(&[(id("n"), [9.0, 9.0])]);
            edit.set_param(&id("n"), "radius", json!(50));
        });
        exchange(&ada.document, &bob);
        assert!(ada.undo.redo_blocking());
        exchange(&ada.document, &bob);
        assert_eq!(graph_of(&ada.document), graph_of(&bob));
        let node = node_of(&bob, &id("n")).expect("it is back");
        assert_eq!(node.node_type, made.node_type);
        assert!([made.pos, [9.0, 9.0]].contains(&node.pos), "{node:?}");
    }
}
