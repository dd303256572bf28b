//! Edits that come back from others: a server that crashed learns what it lost from whoever returns first.

use shared::document::{GraphDocument, Origin, new_doc};
use yrs::{ReadTxn, StateVector, Transact, Update, updates::decoder::Decode};

use super::*;

/// A document with one note in it, made while nobody was connected.
fn unsent_note(title: &str) -> GraphDocument {
    let document = GraphDocument::new(new_doc(None));
    document.edit(Origin::Ui, add_note(title));
    document
}

/// Another person's replica with the same content.
fn copy(document: &GraphDocument) -> GraphDocument {
    let copy = GraphDocument::new(new_doc(None));
    let update = document.doc().transact().encode_state_as_update_v1(&StateVector::default());
    let update = Update::decode_v1(&update).expect("yrs wrote it");
    copy.doc().transact_mut().apply_update(update).expect("an empty document takes it");
    copy
}

#[tokio::test]
async fn who_brings_anothers_edits_does_not_own_them() {
    let world = World::new().await;
    let name = world.name().to_string();
    let adas = unsent_note("by Ada, before the crash");
    let mut bob = Peer::join_with(&world.rooms, &name, "bo", copy(&adas)).await;
    bob.until("saved", |bob| bob.statuses == [SyncStatus::Saved]).await;
    assert_eq!(world.node_count().await, 1);

    let mut ada = Peer::join_with(&world.rooms, &name, "ada", adas).await;
    ada.until("saved", |ada| ada.statuses == [SyncStatus::Saved]).await;
    ada.edit(add_note("by Ada, after it"));
    ada.until("saved", |ada| ada.statuses == [SyncStatus::Saved; 2]).await;
    bob.until("told", |bob| bob.graph().nodes.len() == 2).await;
    // From now on it is hers.
    bob.edit(add_note("by Bob"));
    bob.until("saved", |bob| bob.statuses == [SyncStatus::Saved; 2]).await;
    assert_eq!(world.node_count().await, 3);
}

#[tokio::test]
async fn what_is_left_for_its_writer_to_bring_is_not_called_saved() {
    let world = World::new().await;
    let name = world.name().to_string();
    let mut ada = Peer::join(&world.rooms, &name, "ada").await;
    ada.say(r#"{"cursor":[1,2]}"#);
    // Written, and not yet on its way.
    ada.document().edit(Origin::Ui, add_note("by Ada"));

    let mut bob = Peer::join_with(&world.rooms, &name, "bo", copy(&ada.document())).await;
    bob.until("answered", |bob| !bob.statuses.is_empty()).await;
    assert_eq!(bob.statuses, [SyncStatus::Refused]);
    assert_eq!(world.node_count().await, 0);

    ada.edit(add_note("by Ada, too"));
    // Asked again, now that it is there.
    bob.until("saved", |bob| bob.statuses.last() == Some(&SyncStatus::Saved)).await;
    assert_eq!(world.node_count().await, 2);
}
