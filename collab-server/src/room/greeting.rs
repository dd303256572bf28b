//! The answer to somebody who has nothing: the whole document, framed once for each framing and shared by all who come
//! before it changes. A hundred and fifty people who join at once cost one encoding.

use bytes::Bytes;
use shared::protocol::SyncMessage;

use super::{
    member::{Framing, Payload},
    replica::Replica,
};

/// Framings kept: providers with session awareness each have their own, which would be as many copies.
const KEPT: usize = 2;

#[derive(Debug, Default)]
pub struct Greeting {
    /// Which change of the document the frames are of.
    version: u64,
    frames: Vec<(Framing, Bytes)>,
    /// Somebody was greeted since the last look.
    wanted: bool,
}

impl Greeting {
    pub fn frame(&mut self, replica: &mut Replica, framing: &Framing) -> Bytes {
        if self.version != replica.version() {
            self.frames.clear();
            self.version = replica.version();
        }
        self.wanted = true;
        if let Some((_, frame)) = self.frames.iter().find(|(made, _)| made == framing) {
            return frame.clone();
        }
        let update = replica.full();
        let frame = framing.frame(Payload::Sync(SyncMessage::Step2(&update))).expect("both framings have a Step2");
        if self.frames.len() < KEPT {
            self.frames.push((framing.clone(), frame.clone()));
        }
        frame
    }

    /// Lets go of copies that nobody has asked for since the last call.
    pub fn forget_unwanted(&mut self, replica: &mut Replica) {
        if !std::mem::take(&mut self.wanted) {
            self.frames = Vec::new();
            replica.forget_full();
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::{document::Origin, protocol::DocumentName};

    use super::{
        super::replica::{Replica, View},
        *,
    };

    fn rename(replica: &mut Replica, title: &str) {
        let edit = |view: &View| match view {
            View::Graph(graph) => graph.edit(Origin::Server, |edit| edit.set_title(title)),
            View::Outputs(_) => unreachable!("a graph's name opens a graph"),
        };
        replica.edit(edit).1.expect("something changed");
    }

    #[test]
    fn a_hundred_and_fifty_who_join_at_once_cost_one_encoding() {
        let mut replica = Replica::new(DocumentName::Graph(uuid::Uuid::from_u128(7).into()));
        let mut greeting = Greeting::default();
        let stock = Framing::Hocuspocus { address: "wf_7".into() };
        for title in ["first", "second"] {
            rename(&mut replica, title);
            let before = replica.encodings();
            let first = greeting.frame(&mut replica, &stock);
            for _ in 0..149 {
                // The same bytes, not a copy of them.
                assert_eq!(greeting.frame(&mut replica, &stock).as_ptr(), first.as_ptr());
                greeting.frame(&mut replica, &Framing::Websocket);
            }
            assert_eq!(replica.encodings(), before + 1);
        }
    }

    #[test]
    fn a_quiet_room_keeps_no_copies() {
        let mut replica = Replica::new(DocumentName::Graph(uuid::Uuid::from_u128(7).into()));
        let mut greeting = Greeting::default();
        greeting.frame(&mut replica, &Framing::Websocket);
        greeting.forget_unwanted(&mut replica);
        assert_eq!(greeting.frames.len(), 1, "somebody may come right behind");
        greeting.forget_unwanted(&mut replica);
        assert!(greeting.frames.is_empty());
        greeting.frame(&mut replica, &Framing::Websocket);
        assert_eq!(replica.encodings(), 2);
    }
}
