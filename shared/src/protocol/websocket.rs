//! The y-protocols framing of `/api/yjs/{document}`: one document per socket, messages back to back, no addresses.

use super::{
    SyncMessage,
    lib0::{Malformed, Reader, write_var_buf, write_var_string, write_var_uint},
};

/// One message. A binary WebSocket frame holds one or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    Sync(SyncMessage<'a>),
    /// An update of [`super::awareness`].
    Awareness(&'a [u8]),
    /// Server to client: refused, and why. Stock clients only log it.
    Denied(&'a str),
    /// Server to client; stock clients ignore it.
    Granted,
    /// "Tell me who is there": answered with [`Message::Awareness`].
    QueryAwareness,
    /// y-sweet's addition: a number of the client's own, sent back when everything before it is committed.
    Mark(&'a [u8]),
}

/// The type of [`Message::Mark`].
const MARK: u64 = 102;

impl<'a> Message<'a> {
    /// All messages of one frame. An empty frame is malformed: there is nothing it could mean.
    pub fn decode_all(frame: &'a [u8]) -> Result<Vec<Self>, Malformed> {
        let mut reader = Reader::new(frame);
        let mut messages = Vec::with_capacity(1);
        loop {
            messages.push(Self::read(&mut reader)?);
            if reader.is_empty() {
                return Ok(messages);
            }
        }
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        match reader.var_uint()? {
            0 => SyncMessage::read(reader).map(Self::Sync),
            1 => reader.var_buf().map(Self::Awareness),
            2 => match reader.var_uint()? {
                0 => reader.var_string().map(Self::Denied),
                1 => Ok(Self::Granted),
                _ => Err(Malformed::Type),
            },
            3 => Ok(Self::QueryAwareness),
            MARK => reader.var_buf().map(Self::Mark),
            _ => Err(Malformed::Type),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16);
        self.write(&mut out);
        out
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sync(message) => {
                write_var_uint(out, 0);
                message.write(out);
            }
            Self::Awareness(update) => {
                write_var_uint(out, 1);
                write_var_buf(out, update);
            }
            Self::Denied(reason) => {
                out.extend([2, 0]);
                write_var_string(out, reason);
            }
            Self::Granted => out.extend([2, 1]),
            Self::QueryAwareness => write_var_uint(out, 3),
            Self::Mark(mark) => {
                write_var_uint(out, MARK);
                write_var_buf(out, mark);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::EMPTY_AWARENESS;

    fn check(bytes: &[u8], messages: &[Message<'_>]) {
        assert_eq!(Message::decode_all(bytes).as_deref(), Ok(messages));
        let mut out = Vec::new();
        for message in messages {
            message.write(&mut out);
        }
        assert_eq!(out, bytes);
    }

    #[test]
    fn messages_are_the_bytes_of_stock_clients() {
        check(&[0, 0, 1, 0], &[Message::Sync(SyncMessage::Step1(&[0]))]);
        check(&[0, 1, 2, 0, 0], &[Message::Sync(SyncMessage::Step2(&[0, 0]))]);
        // Client 7 sets key "a" of map "nodes" to 1.
        let update = b"\x01\x01\x07\x00\x28\x01\x05nodes\x01a\x01\x7d\x01\x00";
        let frame = [&[0, 2, 0x12][..], update].concat();
        check(&frame, &[Message::Sync(SyncMessage::Update(update))]);
        // Client 7 says {"u":1}, then leaves.
        check(b"\x01\x0b\x01\x07\x01\x07{\"u\":1}", &[Message::Awareness(b"\x01\x07\x01\x07{\"u\":1}")]);
        check(b"\x01\x08\x01\x07\x02\x04null", &[Message::Awareness(b"\x01\x07\x02\x04null")]);
        check(&[1, 1, 0], &[Message::Awareness(EMPTY_AWARENESS)]);
        check(b"\x02\x00\x02no", &[Message::Denied("no")]);
        check(&[3], &[Message::QueryAwareness]);
        check(&[102, 1, 7], &[Message::Mark(&[7])]);
    }

    #[test]
    fn one_frame_may_hold_several_messages() {
        check(&[0, 0, 1, 0, 3], &[Message::Sync(SyncMessage::Step1(&[0])), Message::QueryAwareness]);
    }

    #[test]
    fn a_frame_that_is_not_of_the_protocol_is_refused() {
        for frame in [&[][..], &[4], &[0, 3, 0], &[0, 0, 2, 0], &[3, 9]] {
            assert!(Message::decode_all(frame).is_err(), "{frame:?} was taken");
        }
    }
}
