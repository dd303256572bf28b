use std::sync::{Arc, Mutex};

use proptest::{prelude::*, sample::Index};
use serde_json::json;

use super::{apply, encoded_len, graph_of, replica, seeded, ui};
use crate::{
    document::{Edit, GraphDocument, undo_manager},
    fixture::{catalog, graph, id},
    graph::{Edge, EdgeId, Frame, Graph, Mode, Node},
    id::{FrameId, NodeId},
    node::Catalog,
};

/// One random edit; what it lands on is chosen among what the replica has at that moment.
#[derive(Debug, Clone)]
enum Step {
    Add(u8),
    Remove(Index),
    Move(Index, i16),
    Param(Index, u8),
    Type { node: Index, at: Index, delete: u8, text: String },
    Replace(Index, String),
    Wire { from: Index, to: Index, list: bool },
    Unwire(Index),
    Mode(Index, u8),
    Frame(Index, u8),
    Title(String),
    Paste,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let text = "[a-c🐱é]{0,4}";
    prop_oneof![
        2 => any::<u8>().prop_map(Step::Add),
        1 => index().prop_map(Step::Remove),
        3 => (index(), any::<i16>()).prop_map(|(node, to)| Step::Move(node, to)),
        2 => (index(), any::<u8>()).prop_map(|(node, to)| Step::Param(node, to)),
        4 => (index(), index(), 0u8..3, text).prop_map(|(node, at, delete, text)| Step::Type { node, at, delete, text }),
        1 => (index(), text).prop_map(|(node, text)| Step::Replace(node, text)),
        4 => (index(), index(), any::<bool>()).prop_map(|(from, to, list)| Step::Wire { from, to, list }),
        1 => index().prop_map(Step::Unwire),
        1 => (index(), 0u8..3).prop_map(|(node, mode)| Step::Mode(node, mode)),
        1 => (index(), any::<u8>()).prop_map(|(node, frame)| Step::Frame(node, frame)),
        1 => text.prop_map(Step::Title),
        1 => Just(Step::Paste),
    ]
}

#[derive(Debug, Clone)]
enum Happening {
    Edit {
        replica: usize,
        step: Step,
    },
    Undo {
        replica: usize,
    },
    Redo {
        replica: usize,
    },
    /// One of the updates that `to` has not had yet arrives there, whichever it is.
    Deliver {
        to: usize,
        which: Index,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (0usize..3, step()).prop_map(|(replica, step)| Happening::Edit { replica, step }),
        2 => (0usize..3).prop_map(|replica| Happening::Undo { replica }),
        1 => (0usize..3).prop_map(|replica| Happening::Redo { replica }),
        8 => (0usize..3, any::<Index>()).prop_map(|(to, which)| Happening::Deliver { to, which }),
    ]
}

fn perform(edit: &mut Edit<'_>, graph: &Graph, catalog: &Catalog, step: &Step, fresh: &NodeId) {
    let nodes: Vec<&NodeId> = graph.nodes.keys().collect();
    let edges: Vec<&EdgeId> = graph.edges.keys().collect();
    let texts: Vec<&NodeId> = nodes.iter().copied().filter(|id| graph.nodes[*id].node_type == "text").collect();
    let pick = |from: &[&NodeId], index: &Index| (!from.is_empty()).then(|| from[index.index(from.len())].clone());
    match step {
        Step::Add(kind) => {
            let node_type = ["text", "photo", "blur", "collage"][usize::from(*kind) % 4];
            edit.add_node(fresh, &Node::new(node_type), catalog);
        }
        Step::Remove(index) => edit.remove_nodes(&pick(&nodes, index).into_iter().collect::<Vec<_>>()),
        Step::Move(index, to) => {
            let moves = pick(&nodes, index).map(|id| (id, [f64::from(*to), -0.5]));
            edit.move_nodes(&moves.into_iter().collect::<Vec<_>>());
        }
        Step::Param(index, to) => {
            let Some(node) = pick(&nodes, index) else { return };
            if to % 5 == 0 {
                edit.clear_param(&node, "radius");
            } else {
                edit.set_param(&node, "radius", json!(to));
            }
        }
        Step::Type { node, at, delete, text } => {
            let Some(node) = pick(&texts, node) else { return };
            // In between, out of order, a text may not have arrived yet.
            let Some(now) = graph.nodes[&node].params.get("text").and_then(|text| text.as_str()) else { return };
            let now = now.encode_utf16().count() as u32;
            let at = at.index(now as usize + 1) as u32;
            // May be refused for tearing a character, which must change nothing.
            let _ = edit.edit_text(&node, "text", at, u32::from(*delete).min(now - at), text);
        }
        Step::Replace(node, text) => {
            let Some(node) = pick(&texts, node) else { return };
            edit.replace_text(&node, "text", text).unwrap();
        }
        Step::Wire { from, to, list } => {
            let (Some(from), Some(to)) = (pick(&nodes, from), pick(&nodes, to)) else { return };
            let input = if *list { "images" } else { "image" };
            edit.connect(Edge { from, output: "image".into(), to, input: input.into() }, catalog);
        }
        Step::Unwire(index) if !edges.is_empty() => {
            edit.disconnect(edges[index.index(edges.len())]);
        }
        Step::Unwire(_) => {}
        Step::Mode(index, mode) => {
            let Some(node) = pick(&nodes, index) else { return };
            edit.set_mode(&node, [Mode::Active, Mode::Bypass, Mode::Mute][usize::from(*mode)]);
        }
        Step::Frame(index, at) => {
            let known = graph.frames.iter().next();
            let frame = match known {
                Some((id, _)) if at % 3 == 0 => {
                    edit.remove_frame(id);
                    None
                }
                Some((id, frame)) => {
                    edit.update_frame(id, &Frame { pos: [f64::from(*at), 0.0], ..frame.clone() });
                    Some(id.clone())
                }
                None => {
                    let id: FrameId = fresh.as_str().parse().unwrap();
                    edit.add_frame(&id, &Frame { pos: [0.0; 2], size: [9.0; 2], title: "f".into(), color: None });
                    Some(id)
                }
            };
            if let Some(node) = pick(&nodes, index) {
                edit.set_frame(&node, frame.as_ref());
            }
        }
        Step::Title(title) => edit.set_title(title),
        Step::Paste => {
            drop(edit.insert_graph(&crate::fixture::graph("p:photo; b:blur; p.image -> b.image"), catalog, [5.0; 2]))
        }
    }
}

/// The updates that `document` sends out while `write` runs.
fn written_by(document: &GraphDocument, write: impl FnOnce()) -> Vec<Vec<u8>> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let outbox = sent.clone();
    document
        .doc()
        .observe_update_v1("test", move |_, event| outbox.lock().unwrap().push(event.update.clone()))
        .unwrap();
    write();
    document.doc().unobserve_update_v1("test").unwrap();
    std::mem::take(&mut *sent.lock().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    /// Three people edit, undo and redo at once; updates arrive late and in any order. At rest all three are equal.
    #[test]
    fn replicas_are_equal_at_rest(plan in prop::collection::vec(happening(), 0..120)) {
        let catalog = catalog();
        let first = seeded(&graph("a:photo; b:blur; t:text; d:collage; a.image -> b.image"));
        let replicas = [first.clone(), replica(&first, 2), replica(&first, 3)];
        let mut undo = replicas.each_ref().map(|replica| undo_manager(replica, || 1));
        // Updates in the order they were made, and for each replica which of them it has not had.
        let mut updates: Vec<Vec<u8>> = Vec::new();
        let mut waiting: [Vec<usize>; 3] = Default::default();
        for (n, happening) in plan.iter().enumerate() {
            match happening {
                Happening::Edit { replica, .. } | Happening::Undo { replica } | Happening::Redo { replica } => {
                    let made = written_by(&replicas[*replica], || match happening {
                        Happening::Undo { .. } => drop(undo[*replica].undo_blocking()),
                        Happening::Redo { .. } => drop(undo[*replica].redo_blocking()),
                        Happening::Edit { step, .. } => {
                            undo[*replica].reset();
                            let (graph, _) = replicas[*replica].project();
                            ui(&replicas[*replica], |edit| perform(edit, &graph, &catalog, step, &id(&format!("n{n}"))));
                        }
                        Happening::Deliver { .. } => {}
                    });
                    for update in made {
                        updates.push(update);
                        for other in (0..3).filter(|other| other != replica) {
                            waiting[other].push(updates.len() - 1);
                        }
                    }
                }
                Happening::Deliver { to, which } => {
                    let waiting = &mut waiting[*to];
                    if !waiting.is_empty() {
                        let update = waiting.remove(which.index(waiting.len()));
                        apply(replicas[*to].doc(), &updates[update]);
                    }
                }
            }
        }
        // The rest arrives newest first, and everything a second time: updates may be repeated.
        for (replica, waiting) in replicas.iter().zip(&waiting) {
            for update in waiting.iter().rev().chain(waiting) {
                apply(replica.doc(), &updates[*update]);
            }
        }
        let graphs: Vec<Graph> = replicas.iter().map(graph_of).collect();
        prop_assert_eq!(&graphs[0], &graphs[1]);
        prop_assert_eq!(&graphs[0], &graphs[2]);
        for edge in graphs[0].edges.keys() {
            let single = edge.as_str().matches(':').count() == 1;
            let ends = graphs[0].edges.iter().filter(|(_, other)| {
                (&other.to, &other.input) == (&graphs[0].edges[edge].to, &graphs[0].edges[edge].input)
            });
            prop_assert!(!single || ends.count() == 1, "one wire in a single input");
        }
        // A fresh replica sees the same.
        let fresh = replica(&replicas[0], 4);
        prop_assert_eq!(graph_of(&fresh), graphs[0].clone());
        prop_assert!(encoded_len(fresh.doc()) > 0);
    }
}

#[test]
fn torn_characters_cannot_arise_between_replicas() {
    let a = seeded(&graph("t:text"));
    let b = replica(&a, 2);
    ui(&a, |edit| edit.edit_text(&id("t"), "text", 0, 0, "🐱🐱🐱")).unwrap();
    super::exchange(&a, &b);
    ui(&a, |edit| edit.edit_text(&id("t"), "text", 2, 2, "x")).unwrap();
    ui(&b, |edit| edit.replace_text(&id("t"), "text", "🐱🐶🐱")).unwrap();
    super::exchange(&a, &b);
    let text = super::text_of(&a, "t", "text");
    assert_eq!(text, super::text_of(&b, "t", "text"));
    assert!(!text.contains('\u{fffd}'), "{text}");
}
