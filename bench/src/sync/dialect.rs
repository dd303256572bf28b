//! What the servers under test understand: y-protocols, or the Hocuspocus framing around it.

use shared::protocol::{
    SyncMessage, awareness,
    hocuspocus::{self, Auth, Frame, SyncStatus},
    websocket,
};

/// How to open a document at a server, and how to speak about it.
#[derive(Debug, Clone)]
pub enum Dialect {
    Websocket { url: String },
    Hocuspocus { url: String, address: String, token: String },
}

/// What a frame says, as far as a load generator cares.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Wants to know what we have.
    Question,
    /// What we lacked: from here on we are in sync.
    Answer,
    Update,
    Presence,
    Saved,
    Refused,
    /// Wants a sign of life.
    Ping,
    Other,
}

impl Dialect {
    pub fn url(&self) -> &str {
        match self {
            Self::Websocket { url } | Self::Hocuspocus { url, .. } => url,
        }
    }

    /// The document of a workflow's outputs, which only our server has.
    pub fn outputs(&self) -> Self {
        match self.clone() {
            Self::Hocuspocus { url, address, token } => {
                Self::Hocuspocus { url, address: format!("{address}/outputs"), token }
            }
            Self::Websocket { url } => Self::Websocket { url: format!("{url}/outputs") },
        }
    }

    /// What is sent first.
    pub fn greeting(&self) -> Vec<Vec<u8>> {
        // The state vector of an empty document.
        let question = self.sync(SyncMessage::Step1(&[0]));
        match self {
            Self::Websocket { .. } => vec![question],
            Self::Hocuspocus { token, .. } => {
                vec![self.frame(hocuspocus::Message::Auth(Auth::Token { token, version: None })), question]
            }
        }
    }

    pub fn sync(&self, message: SyncMessage<'_>) -> Vec<u8> {
        match self {
            Self::Websocket { .. } => websocket::Message::Sync(message).encode(),
            Self::Hocuspocus { .. } => self.frame(hocuspocus::Message::Sync(message)),
        }
    }

    pub fn presence(&self, client: u64, clock: u32, state: &str) -> Vec<u8> {
        let update = awareness::encode(&[awareness::Entry { client, clock, state: Some(state.into()) }]);
        match self {
            Self::Websocket { .. } => websocket::Message::Awareness(&update).encode(),
            Self::Hocuspocus { .. } => self.frame(hocuspocus::Message::Awareness(&update)),
        }
    }

    /// Who a presence frame is about: client, clock, and whether they are there.
    pub fn people(&self, frame: &[u8]) -> Vec<(u64, u32, bool)> {
        let read = |update: &[u8]| {
            let entries = awareness::decode(update).unwrap_or_default();
            entries.into_iter().map(|entry| (entry.client, entry.clock, entry.state.is_some())).collect()
        };
        match self {
            Self::Websocket { .. } => match websocket::Message::decode_all(frame).as_deref() {
                Ok([websocket::Message::Awareness(update), ..]) => read(update),
                _ => Vec::new(),
            },
            Self::Hocuspocus { .. } => match Frame::decode(frame) {
                Ok(Frame::Document { message: hocuspocus::Message::Awareness(update), .. }) => read(update),
                _ => Vec::new(),
            },
        }
    }

    pub fn pong() -> Vec<u8> {
        Frame::Pong.encode()
    }

    fn frame(&self, message: hocuspocus::Message<'_>) -> Vec<u8> {
        let Self::Hocuspocus { address, .. } = self else { return Vec::new() };
        Frame::Document { address, message }.encode()
    }

    pub fn hear(&self, frame: &[u8]) -> Heard {
        let sync = |message: &SyncMessage<'_>| match message {
            SyncMessage::Step1(_) => Heard::Question,
            SyncMessage::Step2(_) => Heard::Answer,
            SyncMessage::Update(_) => Heard::Update,
        };
        match self {
            // One message a frame: that is all stock clients read.
            Self::Websocket { .. } => match websocket::Message::decode_all(frame).as_deref() {
                Ok([websocket::Message::Sync(message), ..]) => sync(message),
                Ok([websocket::Message::Awareness(_), ..]) => Heard::Presence,
                _ => Heard::Other,
            },
            Self::Hocuspocus { .. } => match Frame::decode(frame) {
                Ok(Frame::Ping) => Heard::Ping,
                Ok(Frame::Document { message, .. }) => match message {
                    hocuspocus::Message::Sync(message) | hocuspocus::Message::SyncReply(message) => sync(&message),
                    hocuspocus::Message::Awareness(_) => Heard::Presence,
                    hocuspocus::Message::SyncStatus(SyncStatus::Saved) => Heard::Saved,
                    hocuspocus::Message::SyncStatus(SyncStatus::Refused) => Heard::Refused,
                    _ => Heard::Other,
                },
                _ => Heard::Other,
            },
        }
    }
}
