//! Who may write under which Yjs client id.
//!
//! The bytes of an update cannot show that a struct was forged: filler over another person's next million clocks is
//! valid Yjs, and from then on everybody silently drops what that person writes. So a client id belongs to the first
//! person who wrote under it. Others may still pass on what that person wrote (offline merges, edits that a crash took
//! from the server but not from browsers), unless the owner is here and writes under that id, and never more than their
//! bytes could say. Passing on is not owning: after a crash the first to come back brings edits of people whose ids
//! the server has never seen.
//! Ids of an earlier generation of the document belong to nobody: what was written under them is refused for good.

use std::collections::HashMap;

use shared::id::UserId;

use super::{
    store::nobody,
    update::{ClientStructs, Kind, Outline},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("client {client} belongs to somebody else who is here")]
    ForeignClient { client: u64 },
    #[error("the update claims more of other people's clocks than it has bytes")]
    Filler,
    #[error("subdocuments are placed by the server")]
    Subdocument,
    #[error("client {client} is of an earlier generation")]
    OtherGeneration { client: u64 },
}

/// The owners of a document's client ids. Stored beside the document, so that a restart does not forget them.
#[derive(Debug, Default)]
pub struct Owners {
    by_client: HashMap<u64, UserId>,
}

/// What the rule wants to know of the room.
pub struct Scene<'a> {
    pub user: UserId,
    /// How far the document has a client's structs.
    pub clock: &'a dyn Fn(u64) -> u32,
    /// Whether the update is an edit as it is made, and not an answer, which also repeats what others wrote.
    pub is_edit: bool,
    /// Whether this person writes under this client id now, on some connection.
    pub live: &'a dyn Fn(UserId, u64) -> bool,
    /// Who is here and says to go by this client id.
    pub speaker: &'a dyn Fn(u64) -> Option<UserId>,
    /// Whether a server writes under a client id now.
    pub is_server: &'a dyn Fn(u64) -> bool,
}

impl Owners {
    pub fn new(stored: &[(u64, UserId)]) -> Self {
        Self { by_client: stored.iter().copied().collect() }
    }

    /// Decides about an update of `len` bytes. Yields the client ids it takes possession of; see [`Owners::claim`].
    pub fn check(&self, outline: &Outline, len: usize, scene: &Scene<'_>) -> Result<Vec<u64>, Refusal> {
        // First, because it is about the document and not about what the update does.
        let retired = |one: &&ClientStructs| {
            self.by_client.get(&one.client) == Some(&nobody()) && one.end_clock() > (scene.clock)(one.client)
        };
        if let Some(one) = outline.clients.iter().find(retired) {
            return Err(Refusal::OtherGeneration { client: one.client });
        }
        let mut claims = Vec::new();
        let mut foreign_clocks = 0_u64;
        for one in &outline.clients {
            let known = (scene.clock)(one.client);
            let mut fresh = one.structs.iter().filter(|part| part.end_clock() > known).peekable();
            if fresh.peek().is_none() {
                continue;
            }
            if fresh.any(|part| part.kind == Kind::Document) {
                return Err(Refusal::Subdocument);
            }
            match self.by_client.get(&one.client) {
                Some(owner) if *owner == scene.user => {}
                Some(owner) if (scene.live)(*owner, one.client) => {
                    return Err(Refusal::ForeignClient { client: one.client });
                }
                None if (scene.is_server)(one.client) => {
                    return Err(Refusal::ForeignClient { client: one.client });
                }
                // Somebody who is away.
                Some(_) => foreign_clocks += u64::from(one.end_clock() - known),
                None => match (scene.speaker)(one.client) {
                    Some(speaker) if speaker == scene.user => claims.push(one.client),
                    Some(_) => return Err(Refusal::ForeignClient { client: one.client }),
                    None if scene.is_edit => claims.push(one.client),
                    // Of the sender or of somebody else: nobody says so.
                    None if known == 0 => {}
                    // Passed on earlier, or written by a server that has ended.
                    None => foreign_clocks += u64::from(one.end_clock() - known),
                },
            }
        }
        if foreign_clocks > len as u64 { Err(Refusal::Filler) } else { Ok(claims) }
    }

    pub fn belongs_to(&self, client: u64, user: UserId) -> bool {
        self.by_client.get(&client) == Some(&user)
    }

    /// What the database says: there the first to claim an id has it, whatever two servers took for granted.
    pub fn adopt(&mut self, stored: &[(u64, UserId)]) {
        self.by_client.extend(stored.iter().copied());
    }

    pub fn claim(&mut self, client: u64, user: UserId) {
        self.by_client.entry(client).or_insert(user);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::room::update::outline;

    const ROOTS: &[&str] = &["nodes"];
    /// Client 7 sets key "a" of map "nodes" to 1.
    const EDIT: &[u8] = b"\x01\x01\x07\x00\x28\x01\x05nodes\x01a\x01\x7d\x01\x00";
    /// A GC struct over a million clocks of client 7.
    const FILLER: &[u8] = b"\x01\x01\x07\x01\x00\xc0\x84\x3d\x00";

    fn ada() -> UserId {
        Uuid::from_u128(1).into()
    }

    fn eve() -> UserId {
        Uuid::from_u128(2).into()
    }

    fn check(owners: &Owners, update: &[u8], user: UserId, known: u32, present: bool) -> Result<Vec<u64>, Refusal> {
        let outline = outline(update, ROOTS).expect("valid");
        owners.check(&outline, update.len(), &Scene { live: &|_, _| present, ..scene(user, &|_| known) })
    }

    /// An edit, while nobody else is here.
    fn scene<'a>(user: UserId, clock: &'a dyn Fn(u64) -> u32) -> Scene<'a> {
        let is_server = &|client| client == 99;
        Scene { user, clock, is_edit: true, live: &|_, _| false, speaker: &|_| None, is_server }
    }

    #[test]
    fn the_first_writer_owns_a_client_id() {
        let mut owners = Owners::default();
        assert_eq!(check(&owners, EDIT, ada(), 0, true), Ok(vec![7]));
        owners.claim(7, ada());
        assert_eq!(check(&owners, EDIT, ada(), 0, true), Ok(vec![]));
        assert_eq!(check(&owners, EDIT, eve(), 0, true), Err(Refusal::ForeignClient { client: 7 }));
    }

    #[test]
    fn who_passes_on_what_nobody_owns_does_not_own_it_unless_it_goes_by_that_id() {
        let owners = Owners::default();
        let outline = outline(EDIT, ROOTS).expect("valid");
        let answer = Scene { is_edit: false, ..scene(eve(), &|_| 0) };
        assert_eq!(owners.check(&outline, EDIT.len(), &answer), Ok(vec![]));
        let own = Scene { speaker: &|_| Some(eve()), ..answer };
        assert_eq!(owners.check(&outline, EDIT.len(), &own), Ok(vec![7]));
        for is_edit in [false, true] {
            let of_another = Scene { is_edit, speaker: &|_| Some(ada()), ..scene(eve(), &|_| 0) };
            assert_eq!(
                owners.check(&outline, EDIT.len(), &of_another),
                Err(Refusal::ForeignClient { client: 7 }),
                "an edit: {is_edit}"
            );
        }
    }

    #[test]
    fn what_was_passed_on_becomes_its_writers_with_the_next_edit() {
        // Client 7 again, at clock 1.
        let next = b"\x01\x01\x07\x01\x28\x01\x05nodes\x01b\x01\x7d\x01\x00";
        assert_eq!(check(&Owners::default(), next, ada(), 1, false), Ok(vec![7]));
    }

    #[test]
    fn what_the_document_has_may_be_repeated_by_anyone() {
        assert_eq!(check(&Owners::new(&[(7, ada())]), EDIT, eve(), 1, true), Ok(vec![]));
    }

    #[test]
    fn edits_of_somebody_who_is_away_are_passed_on_but_not_their_future() {
        let owners = Owners::new(&[(7, ada())]);
        assert_eq!(check(&owners, EDIT, eve(), 0, false), Ok(vec![]));
        assert_eq!(check(&owners, FILLER, eve(), 1, false), Err(Refusal::Filler));
        assert_eq!(check(&owners, FILLER, ada(), 1, true), Ok(vec![]));
    }

    #[test]
    fn nobody_writes_as_the_server() {
        let update = b"\x01\x01\x63\x00\x28\x01\x05nodes\x01a\x01\x7d\x01\x00";
        assert_eq!(check(&Owners::default(), update, ada(), 0, true), Err(Refusal::ForeignClient { client: 99 }));
    }

    #[test]
    fn what_is_of_an_earlier_generation_stays_there() {
        let owners = Owners::new(&[(7, nobody())]);
        assert_eq!(check(&owners, EDIT, ada(), 0, true), Err(Refusal::OtherGeneration { client: 7 }));
    }

    #[test]
    fn nobody_adds_a_subdocument() {
        let update = b"\x01\x01\x07\x00\x29\x01\x05nodes\x01a\x01g\x76\x00\x00";
        assert_eq!(check(&Owners::default(), update, ada(), 0, true), Err(Refusal::Subdocument));
        assert_eq!(check(&Owners::default(), update, ada(), 1, true), Ok(vec![]));
    }
}
