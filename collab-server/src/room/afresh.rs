//! A document's content as a document that never had any other: no marks of what was deleted, one client id.
//!
//! Copies Yjs types as they are, also those this version does not know what to make of.

use std::collections::BTreeMap;

use bytes::Bytes;
use shared::document::{new_doc, release};
use yrs::{Doc, Map, OffsetKind, Options, Out, ReadTxn, StateVector, Transact, WriteTxn, types::AsPrelim};

pub fn afresh(old: &Doc) -> Bytes {
    let new = new_doc(None);
    let txn = old.transact();
    {
        let mut new = new.transact_mut();
        // The strict decoder lets maps in at the root and nothing else.
        for root in txn.root_refs().map(|(root, _)| root) {
            let Some(from) = txn.get_map(root) else { continue };
            let to = new.get_or_insert_map(root);
            // In order, so that the same content has the same layout.
            let entries: BTreeMap<&str, Out> = from.iter(&txn).collect();
            for (key, value) in entries {
                match value {
                    Out::YDoc(part) => drop(to.insert(&mut new, key, reference(&part))),
                    value => drop(to.insert(&mut new, key, value.as_prelim(&txn))),
                }
            }
        }
    }
    let update = new.transact().encode_state_as_update_v1(&StateVector::default()).into();
    release(&new);
    update
}

/// The same subdocument, placed a second time.
fn reference(part: &Doc) -> Doc {
    Doc::with_options(Options {
        guid: part.guid(),
        offset_kind: OffsetKind::Utf16,
        auto_load: false,
        should_load: false,
        ..Options::default()
    })
}

#[cfg(test)]
mod tests {
    use shared::{
        document::{GraphDocument, Origin, seed},
        exchange,
        graph::{Graph, Node},
        id::{NodeId, WorkflowId},
    };
    use yrs::updates::decoder::Decode;

    use super::*;

    fn read(update: &[u8]) -> GraphDocument {
        let document = GraphDocument::new(new_doc(None));
        let update = yrs::Update::decode_v1(update).expect("a valid update");
        document.doc().transact_mut().apply_update(update).expect("applies");
        document
    }

    #[test]
    fn the_content_stays_and_the_past_goes() {
        let workflow = WorkflowId::from(uuid::Uuid::from_u128(7));
        let document = GraphDocument::new(new_doc(None));
        seed(&document, workflow, &Graph::default(), engine::catalog());
        let ids = [NodeId::random(), NodeId::random()];
        for id in &ids {
            let node = Node { title: Some("🦀".into()), ..Node::new("text.chat") };
            document.edit(Origin::Server, |edit| edit.add_node(id, &node, engine::catalog()));
        }
        for step in 0..500 {
            for id in &ids {
                document.edit(Origin::Server, |edit| edit.move_nodes(&[(id.clone(), [f64::from(step), 0.5])]));
            }
        }
        document.edit(Origin::Server, |edit| {
            edit.edit_text(&ids[0], "prompt", 0, 0, "write a haiku").expect("a chat has a prompt");
        });
        let before = document.doc().transact().encode_state_as_update_v1(&StateVector::default()).len();
        let update = afresh(document.doc());
        let copy = read(&update);
        assert_eq!(exchange::write(&copy.project().0), exchange::write(&document.project().0));
        assert_eq!(copy.project().1, vec![]);
        assert_eq!(copy.outputs_guid_in(&copy.doc().transact()), document.outputs_guid_in(&document.doc().transact()));
        assert!(update.len() * 4 < before, "{} of {before} bytes", update.len());
        // And it is a text still, not a value.
        copy.edit(Origin::Server, |edit| edit.edit_text(&ids[0], "prompt", 0, 0, "do ").expect("a text"));
    }
}
