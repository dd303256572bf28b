//! The Hocuspocus framing of `/api/sync`: many documents on one socket, each frame begins with its document's address.

use super::{
    SyncMessage,
    lib0::{Malformed, Reader, write_var_buf, write_var_string, write_var_uint},
};

const PING: u8 = 9;
const PONG: u8 = 10;

/// What separates the document's name from the provider's session in an address.
const SESSION_SEPARATOR: char = '\0';

/// One binary WebSocket message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A message about one document. An answer repeats the address as it came, session and all.
    Document {
        address: &'a str,
        message: Message<'a>,
    },
    /// Is the line alive? Has no address.
    Ping,
    Pong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    Sync(SyncMessage<'a>),
    /// An update of [`super::awareness`].
    Awareness(&'a [u8]),
    Auth(Auth<'a>),
    /// "Tell me who is there": answered with [`Message::Awareness`].
    QueryAwareness,
    /// Between servers: as [`Message::Sync`], but not answered with a Step1.
    SyncReply(SyncMessage<'a>),
    /// An event beside the document, as JSON.
    Stateless(&'a str),
    /// Between servers.
    BroadcastStateless(&'a str),
    /// Client to server: this document is no longer wanted on this socket. Server to client: why it was taken off.
    Close(Option<&'a str>),
    /// Server to client, one for every Update and Step2: whether it is *committed* (design.md D3), or was refused.
    SyncStatus(SyncStatus),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStatus {
    /// On disk: a crash or power cut no longer loses it.
    Saved,
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth<'a> {
    /// Client to server, first thing for every document. `version` is the provider's.
    Token { token: &'a str, version: Option<&'a str> },
    /// Server to client: send your token again.
    TokenRequest,
    /// Server to client.
    Denied { reason: &'a str },
    /// Server to client: the document is open. Sent again when the person's role changes.
    Granted(Scope),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    ReadOnly,
    ReadWrite,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readonly",
            Self::ReadWrite => "read-write",
        }
    }
}

/// The document's name in an address: providers with session awareness append a session behind a NUL.
pub fn name_in(address: &str) -> &str {
    address.split_once(SESSION_SEPARATOR).map_or(address, |(name, _)| name)
}

impl<'a> Frame<'a> {
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        match bytes {
            [PING] => return Ok(Self::Ping),
            [PONG] => return Ok(Self::Pong),
            _ => {}
        }
        let mut reader = Reader::new(bytes);
        let address = reader.var_string()?;
        let message = Message::read(&mut reader)?;
        reader.finish()?;
        Ok(Self::Document { address, message })
    }

    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ping => vec![PING],
            Self::Pong => vec![PONG],
            Self::Document { address, message } => {
                let mut out = Vec::with_capacity(address.len() + 16);
                write_var_string(&mut out, address);
                message.write(&mut out);
                out
            }
        }
    }
}

impl<'a> Message<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        match reader.var_uint()? {
            0 => SyncMessage::read(reader).map(Self::Sync),
            1 => reader.var_buf().map(Self::Awareness),
            2 => Auth::read(reader).map(Self::Auth),
            3 => Ok(Self::QueryAwareness),
            4 => SyncMessage::read(reader).map(Self::SyncReply),
            5 => reader.var_string().map(Self::Stateless),
            6 => reader.var_string().map(Self::BroadcastStateless),
            7 if reader.is_empty() => Ok(Self::Close(None)),
            7 => reader.var_string().map(|reason| Self::Close(Some(reason))),
            8 => match reader.var_uint()? {
                0 => Ok(Self::SyncStatus(SyncStatus::Refused)),
                1 => Ok(Self::SyncStatus(SyncStatus::Saved)),
                _ => Err(Malformed::Type),
            },
            _ => Err(Malformed::Type),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sync(message) => {
                out.push(0);
                message.write(out);
            }
            Self::Awareness(update) => {
                out.push(1);
                write_var_buf(out, update);
            }
            Self::Auth(auth) => {
                out.push(2);
                auth.write(out);
            }
            Self::QueryAwareness => out.push(3),
            Self::SyncReply(message) => {
                out.push(4);
                message.write(out);
            }
            Self::Stateless(payload) => {
                out.push(5);
                write_var_string(out, payload);
            }
            Self::BroadcastStateless(payload) => {
                out.push(6);
                write_var_string(out, payload);
            }
            Self::Close(reason) => {
                out.push(7);
                if let Some(reason) = reason {
                    write_var_string(out, reason);
                }
            }
            Self::SyncStatus(status) => out.extend([
                8,
                match status {
                    SyncStatus::Saved => 1,
                    SyncStatus::Refused => 0,
                },
            ]),
        }
    }
}

impl<'a> Auth<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        match reader.var_uint()? {
            // The same number both ways: a request has no token behind it.
            0 if reader.is_empty() => Ok(Self::TokenRequest),
            0 => {
                let token = reader.var_string()?;
                let version = if reader.is_empty() { None } else { Some(reader.var_string()?) };
                Ok(Self::Token { token, version })
            }
            1 => reader.var_string().map(|reason| Self::Denied { reason }),
            2 => match reader.var_string()? {
                "readonly" => Ok(Self::Granted(Scope::ReadOnly)),
                "read-write" => Ok(Self::Granted(Scope::ReadWrite)),
                _ => Err(Malformed::Type),
            },
            _ => Err(Malformed::Type),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::TokenRequest => write_var_uint(out, 0),
            Self::Token { token, version } => {
                write_var_uint(out, 0);
                write_var_string(out, token);
                if let Some(version) = version {
                    write_var_string(out, version);
                }
            }
            Self::Denied { reason } => {
                write_var_uint(out, 1);
                write_var_string(out, reason);
            }
            Self::Granted(scope) => {
                write_var_uint(out, 2);
                write_var_string(out, scope.as_str());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], message: Message<'_>) {
        let frame = Frame::Document { address: "doc", message };
        assert_eq!(Frame::decode(bytes), Ok(frame));
        assert_eq!(frame.encode(), bytes);
    }

    #[test]
    fn frames_are_the_bytes_of_the_stock_provider() {
        check(b"\x03doc\x02\x00\x03tok\x054.8.0", Message::Auth(Auth::Token { token: "tok", version: Some("4.8.0") }));
        check(b"\x03doc\x02\x00\x03tok", Message::Auth(Auth::Token { token: "tok", version: None }));
        check(b"\x03doc\x02\x00", Message::Auth(Auth::TokenRequest));
        check(b"\x03doc\x02\x02\x08readonly", Message::Auth(Auth::Granted(Scope::ReadOnly)));
        check(b"\x03doc\x02\x02\x0aread-write", Message::Auth(Auth::Granted(Scope::ReadWrite)));
        check(b"\x03doc\x02\x01\x02no", Message::Auth(Auth::Denied { reason: "no" }));
        check(b"\x03doc\x00\x00\x01\x00", Message::Sync(SyncMessage::Step1(&[0])));
        check(b"\x03doc\x00\x01\x02\x00\x00", Message::Sync(SyncMessage::Step2(&[0, 0])));
        check(b"\x03doc\x08\x01", Message::SyncStatus(SyncStatus::Saved));
        check(b"\x03doc\x08\x00", Message::SyncStatus(SyncStatus::Refused));
        check(b"\x03doc\x01\x01\x00", Message::Awareness(&[0]));
        check(b"\x03doc\x03", Message::QueryAwareness);
        check(b"\x03doc\x05\x02{}", Message::Stateless("{}"));
        check(b"\x03doc\x07", Message::Close(None));
        check(b"\x03doc\x07\x03bye", Message::Close(Some("bye")));
        assert_eq!(Frame::decode(&[9]), Ok(Frame::Ping));
        assert_eq!(Frame::Pong.encode(), [10]);
    }

    #[test]
    fn an_address_may_carry_a_session() {
        assert_eq!(name_in("wf_1\0session"), "wf_1");
        assert_eq!(name_in("wf_1/outputs"), "wf_1/outputs");
    }

    #[test]
    fn a_frame_that_is_not_of_the_protocol_is_refused() {
        for frame in
            [&b""[..], b"\x03doc", b"\x03doc\x0b", b"\x03doc\x03\x00", b"\x03doc\x08\x02", b"\x02\xc3\x28\x03", b"\x00"]
        {
            assert!(Frame::decode(frame).is_err(), "{frame:?} was taken");
        }
    }
}
