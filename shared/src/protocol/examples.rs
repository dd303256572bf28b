//! The examples of docs/protocol.md, made by the code that speaks the protocol.

use super::{
    CloseCode, EMPTY_AWARENESS, EMPTY_STATE_VECTOR, EMPTY_UPDATE, SyncMessage, awareness,
    hocuspocus::{Auth, Frame, Message, Scope, SyncStatus},
    websocket,
};

const ADDRESS: &str = "wf_00000000000000000000000000000007";
/// Client 7 sets key "a" of map "nodes" to 1.
const EDIT: &[u8] = b"\x01\x01\x07\x00\x28\x01\x05nodes\x01a\x01\x7d\x01\x00";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn rows() -> Vec<(&'static str, Vec<u8>)> {
    let presence = |state: Option<&'static str>, clock| {
        awareness::encode(&[awareness::Entry { client: 7, clock, state: state.map(Into::into) }])
    };
    let (here, gone) = (presence(Some(r#"{"u":1}"#), 1), presence(None, 2));
    let yjs = |message: websocket::Message<'_>| message.encode();
    let sync = |message| websocket::Message::Sync(message).encode();
    let many = |message: Message<'_>| Frame::Document { address: ADDRESS, message }.encode();
    let reason = CloseCode::Forbidden.reason();
    vec![
        ("yjs: SyncStep1 of somebody who has nothing", sync(SyncMessage::Step1(EMPTY_STATE_VECTOR))),
        ("yjs: SyncStep1 of somebody who has client 7 up to clock 3", sync(SyncMessage::Step1(&[1, 7, 3]))),
        ("yjs: SyncStep2 with nothing in it", sync(SyncMessage::Step2(EMPTY_UPDATE))),
        ("yjs: client 7 sets `nodes.a` to 1", sync(SyncMessage::Update(EDIT))),
        ("yjs: client 7 is there and says `{\"u\":1}`", yjs(websocket::Message::Awareness(&here))),
        ("yjs: client 7 left", yjs(websocket::Message::Awareness(&gone))),
        ("yjs: a sign of life", yjs(websocket::Message::Awareness(EMPTY_AWARENESS))),
        ("yjs: who is there?", yjs(websocket::Message::QueryAwareness)),
        ("yjs: denied", yjs(websocket::Message::Denied(reason))),
        ("yjs: mark 9", yjs(websocket::Message::Mark(&[9]))),
        ("sync: token `tok`", many(Message::Auth(Auth::Token { token: "tok", version: None }))),
        (
            "sync: token `tok` of provider 4.8.0",
            many(Message::Auth(Auth::Token { token: "tok", version: Some("4.8.0") })),
        ),
        ("sync: granted, to write", many(Message::Auth(Auth::Granted(Scope::ReadWrite)))),
        ("sync: granted, to read", many(Message::Auth(Auth::Granted(Scope::ReadOnly)))),
        ("sync: denied", many(Message::Auth(Auth::Denied { reason }))),
        ("sync: SyncStep1", many(Message::Sync(SyncMessage::Step1(EMPTY_STATE_VECTOR)))),
        ("sync: SyncStep2", many(Message::Sync(SyncMessage::Step2(EMPTY_UPDATE)))),
        ("sync: client 7 sets `nodes.a` to 1", many(Message::Sync(SyncMessage::Update(EDIT)))),
        ("sync: client 7 is there", many(Message::Awareness(&here))),
        ("sync: committed", many(Message::SyncStatus(SyncStatus::Saved))),
        ("sync: refused", many(Message::SyncStatus(SyncStatus::Refused))),
        ("sync: taken off the socket", many(Message::Close(Some(reason)))),
        ("sync: no more of this document", many(Message::Close(None))),
        ("sync: ping", Frame::Ping.encode()),
        ("sync: pong", Frame::Pong.encode()),
    ]
}

#[test]
fn the_documented_examples_are_what_is_spoken() {
    let address = hex(&[&[ADDRESS.len() as u8], ADDRESS.as_bytes()].concat());
    let lines: Vec<String> = rows()
        .into_iter()
        .map(|(what, bytes)| format!("| {what} | `{}` |", hex(&bytes).replace(&address, "A")))
        .collect();
    let documented = include_str!("../../../docs/protocol.md");
    let examples = documented.split("These are checked against the code.").nth(1).expect("the examples are the end");
    let written: Vec<&str> = examples.lines().filter(|line| line.contains(": ") && line.starts_with("| ")).collect();
    assert_eq!(written, lines, "the table has to be:\n{}", lines.join("\n"));
}

#[test]
fn the_documented_close_codes_are_all_there_are() {
    let documented = include_str!("../../../docs/protocol.md");
    for code in CloseCode::ALL {
        assert!(documented.contains(&format!("\n| {} | ", code.as_u16())), "{code:?} is not documented");
        assert!(documented.contains(&format!("`{}`", code.reason())), "{code:?}'s reason is not documented");
    }
}
