//! The link against a server that is a document and a queue.

use shared::document::new_doc;
use yrs::{Map, Update};

use super::*;

fn names() -> (DocumentName, DocumentName) {
    let workflow = "wf_00000000000000000000000000000007".parse().unwrap();
    (DocumentName::Graph(workflow), DocumentName::Outputs(workflow))
}

/// A client with an empty document, and the link that keeps it.
fn client() -> (Link, Doc) {
    let doc = new_doc(Some(7));
    let outbox = Outbox::observe(&doc);
    let (graph, outputs) = names();
    (Link::new((graph, doc.clone()), (outputs, new_doc(Some(8))), outbox), doc)
}

fn set(doc: &Doc, key: &str) {
    let nodes = doc.get_or_insert_map("nodes");
    nodes.insert(&mut doc.transact_mut_with("ui"), key, 1);
}

fn from_server(message: Message<'_>) -> Vec<u8> {
    Frame::Document { address: &names().0.to_string(), message }.encode()
}

fn granted(scope: Scope) -> Vec<u8> {
    from_server(Message::Auth(Auth::Granted(scope)))
}

/// The server has nothing and asks for what the client has.
fn step1() -> Vec<u8> {
    from_server(Message::Sync(SyncMessage::Step1(&[0])))
}

fn status(status: SyncStatus) -> Vec<u8> {
    from_server(Message::SyncStatus(status))
}

/// Applies what a frame carries to a server's document; answers with how many keys `nodes` has there then.
fn keys_on_server(server: &Doc, frame: &[u8]) -> u32 {
    let Ok(Frame::Document { message: Message::Sync(message), .. }) = Frame::decode(frame) else {
        panic!("not a sync frame")
    };
    let (SyncMessage::Step2(update) | SyncMessage::Update(update)) = message else { panic!("not an update") };
    let nodes = server.get_or_insert_map("nodes");
    let mut txn = server.transact_mut();
    txn.apply_update(Update::decode_v1(update).unwrap()).unwrap();
    nodes.len(&txn)
}

fn sent(actions: Vec<Action>) -> Vec<Vec<u8>> {
    let frames = actions.into_iter().filter_map(|action| match action {
        Action::Send(frame) => Some(frame),
        _ => None,
    });
    frames.collect()
}

/// Opened, granted, and through with the first exchange.
fn live() -> (Link, Doc) {
    let (mut link, doc) = client();
    link.opened();
    link.received(&granted(Scope::ReadWrite));
    link.received(&step1());
    link.received(&from_server(Message::Sync(SyncMessage::Step2(EMPTY_UPDATE))));
    link.received(&status(SyncStatus::Saved));
    assert!(link.live());
    (link, doc)
}

#[test]
fn both_documents_are_opened_on_one_socket() {
    let (mut link, _) = client();
    let frames = link.opened();
    let kinds: Vec<_> = frames
        .iter()
        .map(|frame| match Frame::decode(frame) {
            Ok(Frame::Document { address, message: Message::Auth(_) }) => (address.len(), "auth"),
            Ok(Frame::Document { address, message: Message::Sync(SyncMessage::Step1(_)) }) => (address.len(), "step1"),
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(kinds, [(35, "auth"), (35, "step1"), (43, "auth"), (43, "step1")]);
}

#[test]
fn an_edit_is_unsaved_until_its_frame_is_acknowledged() {
    let (mut link, doc) = live();
    set(&doc, "a");
    set(&doc, "b");
    assert_eq!(link.unsaved(), 2);
    let frame = link.flush().expect("two edits wait");
    assert_eq!(keys_on_server(&new_doc(Some(1)), &frame), 2);
    set(&doc, "c");
    assert_eq!(link.unsaved(), 3);
    link.received(&status(SyncStatus::Saved));
    assert_eq!(link.unsaved(), 1);
    assert!(link.flush().is_some());
    link.received(&status(SyncStatus::Saved));
    assert_eq!((link.unsaved(), link.flush()), (0, None));
}

#[test]
fn edits_made_offline_go_out_in_the_answer_to_the_servers_step1() {
    let (mut link, doc) = client();
    set(&doc, "a");
    link.opened();
    link.received(&granted(Scope::ReadWrite));
    // An update now would leave a gap if the server lacks what came before it.
    assert_eq!(link.flush(), None);
    let frames = sent(link.received(&step1()));
    assert_eq!(keys_on_server(&new_doc(Some(1)), &frames[0]), 1);
    assert_eq!((link.unsaved(), link.flush()), (1, None));
    link.received(&status(SyncStatus::Saved));
    assert_eq!(link.unsaved(), 0);
}

#[test]
fn what_was_on_its_way_when_the_line_broke_is_sent_again() {
    let (mut link, doc) = live();
    set(&doc, "a");
    link.flush();
    link.lost();
    assert_eq!(link.unsaved(), 1);
    link.opened();
    link.received(&granted(Scope::ReadWrite));
    let frames = sent(link.received(&step1()));
    assert_eq!(keys_on_server(&new_doc(Some(1)), &frames[0]), 1);
    link.received(&status(SyncStatus::Saved));
    assert_eq!(link.unsaved(), 0);
}

#[test]
fn whatever_is_unsaved_can_be_kept_elsewhere() {
    let (mut link, doc) = live();
    assert_eq!(link.unsaved_update(), None);
    set(&doc, "stranded");
    link.flush();
    link.lost();
    set(&doc, "waiting");
    let update = link.unsaved_update().expect("two edits are unsaved");
    let frame = from_server(Message::Sync(SyncMessage::Update(&update)));
    assert_eq!(keys_on_server(&new_doc(Some(1)), &frame), 2);
    assert_eq!(link.unsaved(), 2);
}

#[test]
fn a_refused_edit_stays_unsaved_and_is_offered_again() {
    let (mut link, doc) = live();
    set(&doc, "a");
    link.flush();
    assert_eq!(link.received(&status(SyncStatus::Refused)), [Action::Resync]);
    assert_eq!(link.unsaved(), 1);
    let frames = sent(link.received(&step1()));
    assert_eq!(keys_on_server(&new_doc(Some(1)), &frames[0]), 1);
    link.received(&status(SyncStatus::Saved));
    assert_eq!(link.unsaved(), 0);
}

#[test]
fn what_came_from_the_server_is_not_an_edit() {
    let (mut link, doc) = live();
    let other = new_doc(Some(9));
    set(&other, "theirs");
    let update = other.transact().encode_diff_v1(&StateVector::default());
    let actions = link.received(&from_server(Message::Sync(SyncMessage::Update(&update))));
    let [Action::Apply { update, .. }] = &actions[..] else { panic!("unexpected {actions:?}") };
    let mut txn = doc.transact_mut_with(crate::sync::outbox::REMOTE);
    txn.apply_update(Update::decode_v1(update).unwrap()).unwrap();
    drop(txn);
    assert_eq!((link.unsaved(), link.flush()), (0, None));
}

#[test]
fn a_viewer_sends_nothing() {
    let (mut link, doc) = client();
    set(&doc, "a");
    link.opened();
    link.received(&granted(Scope::ReadOnly));
    let frames = sent(link.received(&step1()));
    assert_eq!(keys_on_server(&new_doc(Some(1)), &frames[0]), 0);
    assert_eq!(link.flush(), None);
    assert!(link.read_only());
}

#[test]
fn a_viewer_who_becomes_an_editor_offers_what_waited() {
    let (mut link, doc) = client();
    set(&doc, "a");
    link.opened();
    link.received(&granted(Scope::ReadOnly));
    link.received(&step1());
    link.received(&status(SyncStatus::Saved));
    let actions = link.received(&granted(Scope::ReadWrite));
    assert_eq!(actions[0], Action::ScopeChanged(Scope::ReadWrite));
    assert_eq!(sent(actions).len(), 1);
    let frames = sent(link.received(&step1()));
    assert_eq!(keys_on_server(&new_doc(Some(1)), &frames[0]), 1);
}

#[test]
fn a_denial_says_what_happened() {
    let denied = |reason| from_server(Message::Auth(Auth::Denied { reason }));
    let (mut link, _) = client();
    assert_eq!(link.received(&denied("not-found")), [Action::Close(Closed::NotFound)]);
    assert_eq!(link.received(&denied("unauthorized")), [Action::Close(Closed::SignedOut)]);
    assert_eq!(link.received(&denied("overload")), [Action::Reconnect]);
    let (mut link, _) = live();
    assert_eq!(link.received(&denied("not-found")), [Action::Close(Closed::Deleted)]);
    assert_eq!(link.received(&from_server(Message::Close(Some("forbidden")))), [Action::Close(Closed::Revoked)]);
}

#[test]
fn a_ping_is_answered_and_nonsense_ends_the_socket() {
    let (mut link, _) = client();
    assert_eq!(link.received(&Frame::Ping.encode()), [Action::Send(Frame::Pong.encode())]);
    assert_eq!(link.received(b"\x03doc\x08\x01"), [Action::Reconnect]);
    assert_eq!(link.received(b""), [Action::Reconnect]);
}

#[test]
fn a_document_is_opened_again_by_the_generation_that_is_here() {
    let (mut link, _) = client();
    let named = |frames: Vec<Vec<u8>>| -> Vec<String> {
        let address = |frame: &Vec<u8>| match Frame::decode(frame) {
            Ok(Frame::Document { address, .. }) => address.to_owned(),
            other => panic!("{other:?}"),
        };
        frames.iter().map(address).collect()
    };
    let (graph, outputs) = (names().0.to_string(), names().1.to_string());
    assert_eq!(named(link.opened()), [graph.as_str(), &graph, &outputs, &outputs]);
    let generation = Uuid::from_u128(9);
    assert!(
        link.received(&from_server(Message::Stateless(&RoomEvent::Generation { generation }.to_json()))).is_empty()
    );
    assert!(link.received(&from_server(Message::Stateless("something new"))).is_empty());
    assert_eq!(link.generation(), Some(generation));
    let with_generation = format!("{graph}?g={generation}");
    assert_eq!(named(link.opened()), [with_generation.as_str(), &with_generation, &outputs, &outputs]);
    // The server answers under the name that it was told.
    let granted = Frame::Document { address: &with_generation, message: Message::Auth(Auth::Granted(Scope::ReadOnly)) };
    assert_eq!(link.received(&granted.encode()), [Action::ScopeChanged(Scope::ReadOnly)]);
}

#[test]
fn a_copy_of_another_generation_is_not_merged() {
    let (mut link, _) = client();
    let [copied, told] = [9, 10].map(Uuid::from_u128);
    link.opened();
    link.resume(copied);
    let event = RoomEvent::Generation { generation: told }.to_json();
    assert_eq!(link.received(&from_server(Message::Stateless(&event))), [Action::Close(Closed::Renewed)]);
    assert_eq!(link.generation(), Some(copied), "what is unsent here belongs to the copy");
}
