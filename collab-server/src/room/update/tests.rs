//! What the decoder takes and refuses, and how it tells holes from whole updates.

use shared::{document::new_doc, protocol::lib0::Malformed};
use yrs::{
    Any, Array, Doc, GetString, Map, MapPrelim, ReadTxn, StateVector, Text, TextPrelim, Transact, WriteTxn,
    block::ClientID, updates::decoder::Decode,
};

use super::*;

const ROOTS: Roots = &["meta", "nodes"];

fn doc(client: u64) -> Doc {
    new_doc(Some(client))
}

fn full(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

fn known(doc: &Doc) -> impl Fn(u64) -> u32 {
    let vector = doc.transact().state_vector();
    move |client| vector.get(&ClientID::new(client))
}

/// The update Yjs 13.6 writes when client 7 sets key "a" of map "nodes" to 1.
const YJS: &[u8] = b"\x01\x01\x07\x00\x28\x01\x05nodes\x01a\x01\x7d\x01\x00";

#[test]
fn an_update_of_yjs_is_taken() {
    let outline = outline(YJS, ROOTS).expect("valid");
    assert_eq!(outline.clients.len(), 1);
    assert_eq!((outline.clients[0].client, outline.clients[0].end_clock()), (7, 1));
    assert_eq!(outline.fit(YJS, |_| 0), Ok(Fit::Whole));
}

#[test]
fn everything_yrs_writes_is_taken() {
    let doc = doc(1);
    {
        let mut txn = doc.transact_mut();
        let nodes = txn.get_or_insert_map("nodes");
        let node = nodes.insert(&mut txn, "n", MapPrelim::from([("type", "text.note")]));
        let text = node.insert(&mut txn, "prompt", TextPrelim::new("a 🦀 b"));
        text.insert(&mut txn, 2, "ü");
        text.remove_range(&mut txn, 0, 1);
        text.format(&mut txn, 0, 1, [("bold".into(), Any::Bool(true))].into());
        let list = node.insert(&mut txn, "list", yrs::ArrayPrelim::default());
        list.push_back(&mut txn, Any::from_json(r#"{"a":[1,-2.5,null,"x",9007199254740993]}"#).expect("JSON"));
        node.insert(&mut txn, "bytes", Any::Buffer(vec![1, 2, 3].into()));
        nodes.insert(&mut txn, "doc", new_doc(None));
        node.remove(&mut txn, "type");
    }
    let update = full(&doc);
    let outline = outline(&update, ROOTS).expect("valid");
    assert_eq!(outline.clients[0].end_clock(), doc.transact().state_vector().get(&ClientID::new(1)));
    assert!(outline.clients[0].structs.iter().any(|one| one.kind == Kind::Document));
    assert_eq!(outline.fit(&update, |_| 0), Ok(Fit::Whole));
}

#[test]
fn form_is_checked() {
    for (update, error) in [
        (&b""[..], UpdateError::Malformed(Malformed::Truncated)),
        (b"\x00\x00\x00", Malformed::Trailing.into()),
        // A million clients in six bytes.
        (b"\xc0\x84\x3d\x01\x07\x00", Malformed::Count.into()),
        // Kind 2 and kind 11.
        (b"\x01\x01\x07\x00\x22\x01\x05nodes\x01a\x01\x011\x00", UpdateError::Kind(2)),
        (b"\x01\x01\x07\x00\x2b\x01\x05nodes\x01a\x01\x7d\x01\x00", UpdateError::Kind(11)),
        // A GC struct of no length, and one that reaches beyond 2^31.
        (b"\x01\x01\x07\x00\x00\x00\x00", Malformed::Count.into()),
        (b"\x01\x01\x07\xff\xff\xff\xff\x07\x00\x01\x00", UpdateError::Clock),
        // The same client twice.
        (b"\x02\x01\x07\x00\x00\x01\x01\x07\x01\x00\x01\x00", UpdateError::DuplicateClient(7)),
        (b"\x00\x02\x07\x01\x00\x01\x07\x01\x01\x01", UpdateError::DuplicateClient(7)),
        // Text that is not UTF-8, an embed that is not JSON.
        (b"\x01\x01\x07\x00\x24\x01\x05nodes\x01a\x01\xff\x00", Malformed::Utf8.into()),
        (b"\x01\x01\x07\x00\x25\x01\x05nodes\x01a\x01{\x00", Malformed::Json.into()),
        (b"\x01\x01\x07\x00\x28\x01\x05other\x01a\x01\x7d\x01\x00", UpdateError::Root("other".into())),
        // A list's item at a root that is a map.
        (b"\x01\x01\x07\x00\x08\x01\x05nodes\x01\x7d\x01\x00", UpdateError::Root("nodes".into())),
    ] {
        assert_eq!(outline(update, ROOTS).err(), Some(error), "{update:?}");
    }
}

#[test]
fn deep_values_are_refused_before_anyone_recurses() {
    let mut update = b"\x01\x01\x07\x00\x28\x01\x05nodes\x01a\x01".to_vec();
    update.extend([117, 1].repeat(50_000));
    update.extend([126, 0]);
    assert_eq!(outline(&update, ROOTS).err(), Some(Malformed::Depth.into()));
    assert_eq!(content::json(&"[".repeat(50_000)), Err(Malformed::Depth));
    assert_eq!(content::json(r#"{"a":"[[[[","b":[1,{"c":null}]}"#), Ok(()));
}

#[test]
fn an_update_behind_a_hole_does_not_fit() {
    let writer = doc(1);
    let nodes = writer.get_or_insert_map("nodes");
    let mut updates = Vec::new();
    for value in 0..3 {
        let before = writer.transact().state_vector();
        nodes.insert(&mut writer.transact_mut(), "a", value);
        updates.push(writer.transact().encode_state_as_update_v1(&before));
    }
    let reader = doc(2);
    reader.transact_mut().apply_update(yrs::Update::decode_v1(&updates[0]).expect("valid")).expect("applies");
    let late = outline(&updates[2], ROOTS).expect("valid");
    assert!(matches!(late.fit(&updates[2], known(&reader)), Ok(Fit::Gap { .. })));
    let next = outline(&updates[1], ROOTS).expect("valid");
    assert_eq!(next.fit(&updates[1], known(&reader)), Ok(Fit::Whole));
}

#[test]
fn what_fits_before_a_hole_is_an_update_of_its_own() {
    let (a, b) = (doc(1), doc(2));
    b.get_or_insert_map("nodes").insert(&mut b.transact_mut(), "t", TextPrelim::new("lost"));
    a.transact_mut().apply_update(yrs::Update::decode_v1(&full(&b)).expect("valid")).expect("applies");
    a.get_or_insert_map("nodes").insert(&mut a.transact_mut(), "own", 1);
    let here: yrs::TextRef = {
        let txn = a.transact();
        txn.get_map("nodes").and_then(|nodes| nodes.get(&txn, "t")).and_then(|out| out.cast().ok()).expect("a text")
    };
    here.insert(&mut a.transact_mut(), 0, "on top of ");
    // The server knows nothing of client 2: client 1's first struct fits, its text does not.
    let only_a = {
        let mut vector = StateVector::default();
        vector.set_max(ClientID::new(2), u32::MAX >> 1);
        a.transact().encode_state_as_update_v1(&vector)
    };
    let Ok(Fit::Gap { fitting }) = outline(&only_a, ROOTS).expect("valid").fit(&only_a, |_| 0) else {
        panic!("the text needs client 2");
    };
    let server = doc(3);
    assert_eq!(outline(&fitting, ROOTS).expect("valid").fit(&fitting, |_| 0), Ok(Fit::Whole));
    server.transact_mut().apply_update(yrs::Update::decode_v1(&fitting).expect("valid")).expect("applies");
    let txn = server.transact();
    assert_eq!(
        txn.get_map("nodes").and_then(|nodes| nodes.get(&txn, "own")).map(|out| out.to_string(&txn)),
        Some("1".into())
    );
    assert!(txn.store().pending_update().is_none());
    // With everything of both, all of it fits, in whatever order the clients stand.
    assert_eq!(outline(&full(&a), ROOTS).expect("valid").fit(&full(&a), |_| 0), Ok(Fit::Whole));
    assert_eq!(here.get_string(&a.transact()), "on top of lost");
}

#[test]
fn structs_that_need_each_other_are_refused() {
    // Client 7's struct has client 8's as its origin, and the other way round.
    let update = b"\x02\x01\x08\x00\x88\x07\x00\x01\x7d\x01\x01\x07\x00\x88\x08\x00\x01\x7d\x01\x00";
    assert_eq!(outline(update, ROOTS).expect("well formed").fit(update, |_| 0), Err(UpdateError::Cycle));
}

#[test]
fn a_state_vector_is_read_strictly() {
    assert_eq!(state_vector(&[1, 7, 3]).expect("valid").get(&ClientID::new(7)), 3);
    assert!(state_vector(&[0]).expect("valid").is_empty());
    for bytes in [&[][..], &[2, 7, 3], &[2, 7, 3, 7, 4], &[0, 0], &[1, 7, 0xff, 0xff, 0xff, 0xff, 0x0f]] {
        assert!(state_vector(bytes).is_err(), "{bytes:?} was taken");
    }
}
