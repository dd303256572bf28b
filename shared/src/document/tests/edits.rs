use serde_json::json;
use yrs::{Map, Out, ReadTxn, StateVector, Text, TextPrelim, Transact, Update, updates::decoder::Decode};

use super::{GraphDocument, exchange, graph_of, node_of, replica, seeded, send, text_of, ui, workflow};
use crate::{
    document::{EditError, new_doc, outputs_guid},
    fixture::{catalog, edge, edge_id, graph, id},
    graph::{Frame, Graph, Mode, Node},
    id::FrameId,
};

fn two() -> (GraphDocument, GraphDocument) {
    let a = seeded(&graph("a:photo; b:photo; c:blur; d:collage; t:text; a.image -> c.image"));
    let b = replica(&a, 2);
    (a, b)
}

#[test]
fn a_seeded_graph_reads_back_as_it_was() {
    let frame: FrameId = "f".parse().unwrap();
    let mut whole = graph("a:photo; c:blur; t:text; x:not.known; a.image -> c.image; x.what -> c.radius");
    whole.meta.title = "Kittens".into();
    whole.meta.description = "all of them".into();
    whole.frames.insert(
        frame.clone(),
        Frame { pos: [-1.5, 2.0], size: [10.0, 20.0], title: "box".into(), color: Some("#ff0000".into()) },
    );
    whole.nodes.insert(
        id("c"),
        Node {
            version: 3,
            pos: [0.25, -7.0],
            size: Some([200.0, 100.0]),
            title: Some("Soften".into()),
            params: [("radius".into(), json!(8.5)), ("other".into(), json!({"deep": [1, null, "x"]}))].into(),
            mode: Mode::Bypass,
            frame: Some(frame),
            color: Some("#00ff00".into()),
            collapsed: true,
            z: Some("a0".into()),
            ..Node::new("blur")
        },
    );
    whole.nodes.get_mut("t").unwrap().params.insert("text".into(), json!("héllo 🐱"));
    let document = seeded(&whole);
    assert_eq!(graph_of(&document), whole);
    assert_eq!(graph_of(&replica(&document, 9)), whole);
}

#[test]
fn the_outputs_are_a_real_subdocument_named_after_the_workflow() {
    let (_, b) = two();
    let txn = b.doc().transact();
    assert_eq!(b.outputs_guid_in(&txn), Some(outputs_guid(workflow())));
    assert_eq!(txn.subdoc_guids().map(|guid| guid.to_string()).collect::<Vec<_>>(), [outputs_guid(workflow())]);
}

#[test]
fn a_document_stored_in_v2_reads_back_with_its_subdocument() {
    let (a, _) = two();
    let stored = a.doc().transact().encode_state_as_update_v2(&StateVector::default());
    let loaded = GraphDocument::new(new_doc(None));
    loaded.doc().transact_mut().apply_update(Update::decode_v2(&stored).unwrap()).unwrap();
    assert_eq!(graph_of(&loaded), graph_of(&a));
    assert_eq!(loaded.outputs_guid_in(&loaded.doc().transact()), Some(outputs_guid(workflow())));
}

#[test]
fn an_unknown_type_keeps_its_data() {
    let mut whole = graph("x:pack.gone");
    whole.nodes.get_mut("x").unwrap().params.insert("secret sauce".into(), json!([1, 2]));
    assert_eq!(graph_of(&seeded(&whole)), whole);
}

#[test]
fn every_field_of_a_node_can_be_changed_and_taken_back() {
    let (a, _) = two();
    let before = node_of(&a, &id("c")).unwrap();
    ui(&a, |edit| {
        let c = &id("c");
        assert!(edit.set_param(c, "radius", json!(9)));
        assert!(edit.set_node_title(c, Some("Soft")));
        assert!(edit.set_mode(c, Mode::Mute));
        assert!(edit.set_collapsed(c, true));
        assert!(edit.set_color(c, Some("#123456")));
        assert!(edit.set_frame(c, Some(&"f".parse().unwrap())));
        assert!(edit.set_z(c, Some("a1")));
        assert!(edit.resize_node(c, Some([5.0, 6.0])));
        edit.move_nodes(&[(id("c"), [1.0, 2.0])]);
    });
    let expected = Node {
        pos: [1.0, 2.0],
        size: Some([5.0, 6.0]),
        title: Some("Soft".into()),
        params: [("radius".into(), json!(9))].into(),
        mode: Mode::Mute,
        frame: Some("f".parse().unwrap()),
        color: Some("#123456".into()),
        collapsed: true,
        z: Some("a1".into()),
        ..Node::new("blur")
    };
    assert_eq!(node_of(&a, &id("c")).unwrap(), expected);
    ui(&a, |edit| {
        let c = &id("c");
        edit.clear_param(c, "radius");
        edit.set_node_title(c, Some(""));
        edit.set_mode(c, Mode::Active);
        edit.set_collapsed(c, false);
        edit.set_color(c, None);
        edit.set_frame(c, None);
        edit.set_z(c, None);
        edit.resize_node(c, None);
        edit.move_nodes(&[(id("c"), [0.0, 0.0])]);
    });
    assert_eq!(node_of(&a, &id("c")).unwrap(), before);
}

#[test]
fn an_edit_of_what_is_gone_does_nothing() {
    let (a, _) = two();
    let before = graph_of(&a);
    ui(&a, |edit| {
        let gone = &id("gone");
        assert!(!edit.set_param(gone, "x", json!(1)));
        assert!(!edit.set_mode(gone, Mode::Mute));
        assert!(!edit.disconnect(&edge_id("gone:x")));
        assert!(!edit.remove_frame(&"gone".parse().unwrap()));
        assert!(edit.edit_text(gone, "x", 0, 0, "hi").is_err());
        edit.remove_nodes(&[id("gone")]);
        edit.move_nodes(&[(id("gone"), [1.0, 1.0])]);
    });
    assert_eq!(graph_of(&a), before);
}

#[test]
fn what_stands_there_already_is_not_written_again() {
    let (a, _) = two();
    let before = a.doc().transact().state_vector();
    ui(&a, |edit| {
        edit.move_nodes(&[(id("c"), [0.0, 0.0])]);
        edit.set_mode(&id("c"), Mode::Active);
        edit.clear_param(&id("c"), "radius");
        edit.connect(edge("a.image -> c.image"), &catalog());
        edit.replace_text(&id("t"), "text", "").unwrap();
    });
    assert_eq!(a.doc().transact().state_vector(), before);
}

#[test]
fn a_place_that_is_no_place_is_not_written() {
    let (a, _) = two();
    ui(&a, |edit| {
        edit.move_nodes(&[(id("c"), [f64::NAN, 1.0])]);
        edit.resize_node(&id("c"), Some([1.0, f64::INFINITY]));
    });
    assert_eq!(node_of(&a, &id("c")).unwrap().pos, [0.0, 0.0]);
}

#[test]
fn removing_a_node_removes_its_wires() {
    let (a, _) = two();
    ui(&a, |edit| edit.remove_nodes(&[id("a")]));
    let graph = graph_of(&a);
    assert!(!graph.nodes.contains_key("a") && graph.edges.is_empty());
}

#[test]
fn removing_a_frame_keeps_its_nodes() {
    let (a, _) = two();
    let frame: FrameId = "f".parse().unwrap();
    ui(&a, |edit| {
        edit.add_frame(&frame, &Frame { pos: [0.0; 2], size: [1.0; 2], title: "x".into(), color: None });
        edit.set_frame(&id("c"), Some(&frame));
        edit.remove_frame(&frame);
    });
    let graph = graph_of(&a);
    assert_eq!((graph.frames.len(), graph.nodes["c"].frame.clone()), (0, None));
}

#[test]
fn two_wires_into_one_single_input_at_once_become_one() {
    let (a, b) = two();
    let catalog = catalog();
    ui(&a, |edit| edit.connect(edge("a.image -> c.image"), &catalog));
    ui(&b, |edit| edit.connect(edge("b.image -> c.image"), &catalog));
    exchange(&a, &b);
    assert_eq!(graph_of(&a), graph_of(&b));
    assert_eq!(graph_of(&a).edges.keys().cloned().collect::<Vec<_>>(), [edge_id("c:image")]);
}

#[test]
fn two_wires_into_a_list_at_once_both_stay() {
    let (a, b) = two();
    let catalog = catalog();
    ui(&a, |edit| edit.connect(edge("a.image -> d.images"), &catalog));
    ui(&b, |edit| edit.connect(edge("b.image -> d.images"), &catalog));
    exchange(&a, &b);
    assert_eq!(graph_of(&a), graph_of(&b));
    assert_eq!(graph_of(&a).edges_into(&id("d")).count(), 2);
    // The same wire once more is the same wire.
    let before = graph_of(&a);
    ui(&a, |edit| edit.connect(edge("a.image -> d.images"), &catalog));
    assert_eq!(graph_of(&a), before);
}

#[test]
fn a_new_wire_replaces_one_that_an_import_named_otherwise() {
    let mut whole = graph("a:photo; b:photo; c:blur");
    whole.edges.insert(edge_id("e1"), edge("a.image -> c.image"));
    let document = seeded(&whole);
    ui(&document, |edit| edit.connect(edge("b.image -> c.image"), &catalog()));
    let edges = graph_of(&document).edges;
    assert_eq!(edges.into_iter().collect::<Vec<_>>(), [(edge_id("c:image"), edge("b.image -> c.image"))]);
}

#[test]
fn a_node_deleted_here_and_edited_there_is_gone_for_both() {
    let (a, b) = two();
    ui(&a, |edit| edit.remove_nodes(&[id("c")]));
    ui(&b, |edit| {
        edit.set_param(&id("c"), "radius", json!(50));
        edit.move_nodes(&[(id("c"), [9.0, 9.0])]);
    });
    exchange(&a, &b);
    assert_eq!(graph_of(&a), graph_of(&b));
    assert!(!graph_of(&a).nodes.contains_key("c"));
}

#[test]
fn a_wire_to_a_node_deleted_meanwhile_stays_and_can_be_told() {
    let (a, b) = two();
    ui(&a, |edit| edit.remove_nodes(&[id("b")]));
    ui(&b, |edit| edit.connect(edge("b.image -> d.images"), &catalog()));
    exchange(&a, &b);
    let graph = graph_of(&a);
    assert_eq!(graph, graph_of(&b));
    assert_eq!(graph.edges_into(&id("d")).count(), 1);
    assert_eq!(crate::effective::effective(&graph, &catalog()).edges_into(&id("d")).count(), 0);
}

#[test]
fn a_pasted_graph_has_fresh_ids_and_all_its_inner_wires() {
    let (a, _) = two();
    let mut clip = graph("a:photo; c:blur; a.image -> c.image; z.image -> c.radius");
    clip.frames
        .insert("f".parse().unwrap(), Frame { pos: [1.0; 2], size: [1.0; 2], title: String::new(), color: None });
    clip.nodes.get_mut("c").unwrap().frame = Some("f".parse().unwrap());
    clip.nodes.get_mut("a").unwrap().frame = Some("elsewhere".parse().unwrap());
    let ids = ui(&a, |edit| edit.insert_graph(&clip, &catalog(), [10.0, 20.0]));
    let graph = graph_of(&a);
    let (pasted_a, pasted_c) = (&ids["a"], &ids["c"]);
    assert_eq!(graph.nodes.len(), 7);
    assert_eq!(graph.nodes[pasted_c].pos, [10.0, 20.0]);
    assert_eq!(graph.nodes[pasted_a].frame, None);
    let frame = graph.nodes[pasted_c].frame.clone().unwrap();
    assert_eq!(graph.frames[&frame].pos, [11.0, 21.0]);
    let wires: Vec<_> = graph.edges_into(pasted_c).map(|(_, edge)| edge.from.clone()).collect();
    assert_eq!(wires, std::slice::from_ref(pasted_a));
}

#[test]
fn two_people_type_into_one_prompt() {
    let (a, b) = two();
    ui(&a, |edit| edit.edit_text(&id("t"), "text", 0, 0, "Hello")).unwrap();
    exchange(&a, &b);
    ui(&a, |edit| edit.edit_text(&id("t"), "text", 5, 0, " world")).unwrap();
    ui(&b, |edit| edit.edit_text(&id("t"), "text", 0, 1, "J")).unwrap();
    exchange(&a, &b);
    assert_eq!((text_of(&a, "t", "text"), text_of(&b, "t", "text")), ("Jello world".into(), "Jello world".into()));
}

#[test]
fn positions_in_text_are_utf16_and_never_tear_a_character() {
    let (a, _) = two();
    let t = id("t");
    let edit = |index, delete, insert: &str| ui(&a, |edit| edit.edit_text(&t, "text", index, delete, insert));
    edit(0, 0, "a🐱b").unwrap();
    assert_eq!(edit(2, 0, "x"), Err(EditError::InsideCharacter { position: 2 }));
    assert_eq!(edit(0, 2, ""), Err(EditError::InsideCharacter { position: 2 }));
    assert_eq!(edit(2, 1, ""), Err(EditError::InsideCharacter { position: 2 }));
    assert_eq!(edit(5, 0, "x"), Err(EditError::OutOfRange { position: 5, len: 4 }));
    assert_eq!(edit(3, 2, "x"), Err(EditError::OutOfRange { position: 5, len: 4 }));
    assert_eq!(edit(u32::MAX, u32::MAX, "x"), Err(EditError::OutOfRange { position: 8_589_934_590, len: 4 }));
    assert_eq!(text_of(&a, "t", "text"), "a🐱b");
    edit(1, 2, "é").unwrap();
    edit(2, 0, "🐶").unwrap();
    edit(5, 0, "!").unwrap();
    assert_eq!(text_of(&a, "t", "text"), "aé🐶b!");
}

#[test]
fn replacing_a_text_writes_only_what_differs() {
    let (a, b) = two();
    ui(&a, |edit| edit.replace_text(&id("t"), "text", "a cat 🐱 on a mat")).unwrap();
    exchange(&a, &b);
    let before = a.doc().transact().state_vector();
    ui(&a, |edit| edit.replace_text(&id("t"), "text", "a cat 🐶 on a mat")).unwrap();
    let written = a.doc().transact().state_vector().get(&a.doc().client_id()) - before.get(&a.doc().client_id());
    assert_eq!(written, 2, "one character of two units");
    ui(&b, |edit| edit.edit_text(&id("t"), "text", 0, 1, "the")).unwrap();
    exchange(&a, &b);
    assert_eq!(text_of(&a, "t", "text"), "the cat 🐶 on a mat");
    assert_eq!(text_of(&b, "t", "text"), "the cat 🐶 on a mat");
}

#[test]
fn replacing_never_tears_characters_that_share_a_half() {
    let (a, _) = two();
    // 🐱 and 🐶 share their first unit, 🐱 and 𠀱 their last.
    for text in ["🐱🐱", "🐱🐶", "🐶🐶", "🐶", "", "\u{10431}🐱", "🐱\u{20431}"] {
        ui(&a, |edit| edit.replace_text(&id("t"), "text", text)).unwrap();
        assert_eq!(text_of(&a, "t", "text"), text);
    }
}

#[test]
fn a_prompt_takes_texts_only_and_is_never_taken_away() {
    let (a, b) = two();
    ui(&a, |edit| {
        assert!(!edit.set_param(&id("t"), "text", json!(3)));
        assert!(edit.set_param(&id("t"), "text", json!("abc")));
        assert!(edit.clear_param(&id("t"), "text"));
    });
    exchange(&a, &b);
    ui(&b, |edit| edit.edit_text(&id("t"), "text", 0, 0, "there")).unwrap();
    exchange(&a, &b);
    assert_eq!(text_of(&a, "t", "text"), "there");
}

#[test]
fn a_plain_text_becomes_shared_when_it_is_typed_into() {
    let (a, _) = two();
    ui(&a, |edit| {
        edit.set_param(&id("c"), "note", json!("abc"));
        edit.set_param(&id("c"), "list", json!([1]));
        edit.edit_text(&id("c"), "note", 3, 0, "d").unwrap();
        assert_eq!(
            edit.edit_text(&id("c"), "list", 0, 0, "d"),
            Err(EditError::NotText { node: id("c"), param: "list".into() })
        );
    });
    assert_eq!(text_of(&a, "c", "note"), "abcd");
    assert!(a.prompt_in(&a.doc().transact(), &id("c"), "note").is_some());
    assert!(a.prompt_in(&a.doc().transact(), &id("c"), "radius").is_none());
}

#[test]
fn a_text_with_an_embed_in_it_can_be_edited() {
    let (a, _) = two();
    {
        let mut txn = a.doc().transact_mut();
        let Some(Out::YMap(node)) = a.nodes().get(&txn, "t") else { panic!() };
        let Some(Out::YMap(params)) = node.get(&txn, "params") else { panic!() };
        let text = params.insert(&mut txn, "text", TextPrelim::new("a🐱"));
        text.insert_embed(&mut txn, 1, yrs::any!({"image": "x"}));
        text.format(&mut txn, 0, 1, [("bold".into(), true.into())].into());
    }
    let edit = |index, delete| ui(&a, |edit| edit.edit_text(&id("t"), "text", index, delete, ""));
    assert_eq!(edit(3, 0), Err(EditError::InsideCharacter { position: 3 }));
    assert_eq!(edit(5, 0), Err(EditError::OutOfRange { position: 5, len: 4 }));
    edit(1, 1).unwrap();
    assert_eq!(text_of(&a, "t", "text"), "a🐱");
    ui(&a, |edit| edit.replace_text(&id("t"), "text", "new")).unwrap();
    assert_eq!(text_of(&a, "t", "text"), "new");
}

#[test]
fn a_replica_that_has_received_nothing_is_an_empty_graph() {
    let document = GraphDocument::new(new_doc(None));
    assert_eq!(graph_of(&document), Graph::default());
    assert_eq!(document.outputs_guid_in(&document.doc().transact()), None);
    let writer = seeded(&Graph::default());
    send(writer.doc(), document.doc());
    assert_eq!(graph_of(&document), Graph::default());
}

#[test]
fn client_ids_are_random_and_of_32_bits() {
    let ids: Vec<u64> = (0..100).map(|_| new_doc(None).client_id().get()).collect();
    assert!(ids.iter().all(|id| (1..=u64::from(u32::MAX)).contains(id)));
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 100);
}

#[test]
fn a_wire_of_a_list_that_begins_elsewhere_keeps_its_place() {
    let document = seeded(&graph("a:photo; b:photo; c:photo; d:collage; a.image -> d.images; b.image -> d.images"));
    let order = |document: &GraphDocument| {
        let graph = graph_of(document);
        graph.edges.values().map(|edge| edge.from.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(&document), "a b");
    let first = graph_of(&document).edges.into_keys().next().expect("a wire");
    ui(&document, |edit| {
        assert!(edit.set_source(&first, &id("c"), "image"));
        assert!(!edit.set_source(&edge_id("gone:image"), &id("c"), "image"));
    });
    assert_eq!(order(&document), "c b");
}
