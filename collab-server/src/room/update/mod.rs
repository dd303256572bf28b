//! The strict decoder that stands in front of yrs, for bytes from the network and from the database alike.
//!
//! yrs 0.28 overflows the stack on deeply nested values, never returns on some mutated updates, takes structs at
//! absurd clocks, and integrates what browsers would hold back. Nothing reaches it that did not pass here first.
//! One pass over an update in Yjs v1 encoding checks its form and yields an [`Outline`]: which clocks of which clients
//! it brings and what they need. The outline is what the ownership and gap rules ([`super::guard`]) decide on.
//! It does not apply anything and knows nothing of who sent the bytes.

mod content;
mod order;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, ops::Range};

use shared::protocol::lib0::{Malformed, Reader};

pub use content::json as check_json;
pub use order::Fit;

/// Clocks stay below this: some implementations keep them in 31 bits.
pub const MAX_CLOCK: u64 = 1 << 31;
/// How deep values may nest. yrs reads them by recursion.
pub const MAX_DEPTH: usize = 64;
/// How many structs one update may hold: bounds the outline's memory to a few times that of a full document.
const MAX_STRUCTS: usize = 2_000_000;

/// Why an update is refused for its form. Whoever sent it does not speak Yjs, or means harm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    #[error("the update is not in Yjs v1 encoding")]
    Malformed(#[from] Malformed),
    #[error("the update holds a struct of unknown kind {0}")]
    Kind(u8),
    #[error("a clock is not below 2^31")]
    Clock,
    #[error("the update names client {0} twice")]
    DuplicateClient(u64),
    #[error("`{0}` is not a root of this document")]
    Root(String),
    #[error("structs of the update need each other")]
    Cycle,
}

/// The id of one clock tick: who and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id {
    pub client: u64,
    pub clock: u32,
}

/// What kind of struct, as far as the rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A hole in the update.
    Skip,
    /// Cheap filler: collected or deleted content.
    Gone,
    /// A subdocument.
    Document,
    Content,
}

#[derive(Debug, Clone)]
pub struct Struct {
    pub clock: u32,
    pub len: u32,
    pub kind: Kind,
    /// What must be there before: origin, right origin, parent.
    pub needs: [Option<Id>; 2],
    /// Where its bytes end in the update; they begin where those of the one before end.
    end_byte: u32,
}

impl Struct {
    pub fn end_clock(&self) -> u32 {
        self.clock + self.len
    }
}

/// The structs of one client, without a break in their clocks.
#[derive(Debug, Clone)]
pub struct ClientStructs {
    pub client: u64,
    pub structs: Vec<Struct>,
    first_byte: u32,
}

impl ClientStructs {
    pub fn end_clock(&self) -> u32 {
        self.structs.last().map_or(0, Struct::end_clock)
    }
}

/// A client and the ranges of its clocks that are deleted.
type Deletions = (u64, Vec<Range<u32>>);

/// What an update says, without its content.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    pub clients: Vec<ClientStructs>,
    pub deletions: Vec<Deletions>,
}

/// Which names may stand at a document's root.
pub type Roots = &'static [&'static str];

/// Checks an update's form. Every root that it names must be one of `roots`, and a map.
pub fn outline(update: &[u8], roots: Roots) -> Result<Outline, UpdateError> {
    Decoder { update, reader: Reader::new(update), roots, structs: 0 }.run()
}

/// Reads a state vector: what another replica has.
pub fn state_vector(bytes: &[u8]) -> Result<yrs::StateVector, UpdateError> {
    let mut reader = Reader::new(bytes);
    let count = reader.count(2)?;
    let mut vector = HashMap::with_capacity_and_hasher(count, Default::default());
    for _ in 0..count {
        let client = reader.var_uint()?;
        let clock = clock(reader.var_uint()?)?;
        if vector.insert(yrs::block::ClientID::new(client), clock).is_some() {
            return Err(UpdateError::DuplicateClient(client));
        }
    }
    reader.finish()?;
    Ok(yrs::StateVector::new(vector))
}

fn clock(value: u64) -> Result<u32, UpdateError> {
    if value < MAX_CLOCK { Ok(value as u32) } else { Err(UpdateError::Clock) }
}

const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_PARENT_KEY: u8 = 0x20;
const KIND_BITS: u8 = 0x1f;
const GC: u8 = 0;
const SKIP: u8 = 10;

struct Decoder<'a> {
    update: &'a [u8],
    reader: Reader<'a>,
    roots: Roots,
    structs: usize,
}

impl Decoder<'_> {
    fn run(mut self) -> Result<Outline, UpdateError> {
        // Offsets into the update are kept in 32 bits.
        if u32::try_from(self.update.len()).is_err() {
            return Err(Malformed::Count.into());
        }
        let clients = self.clients()?;
        let deletions = self.deletions()?;
        self.reader.finish()?;
        Ok(Outline { clients, deletions })
    }

    fn position(&self) -> u32 {
        (self.update.len() - self.reader.len()) as u32
    }

    fn clients(&mut self) -> Result<Vec<ClientStructs>, UpdateError> {
        // Count, client, clock and one struct of two bytes.
        let count = self.reader.count(5)?;
        let mut clients: Vec<ClientStructs> = Vec::with_capacity(count);
        for _ in 0..count {
            let structs = self.reader.count(2)?;
            self.structs += structs;
            if structs == 0 || self.structs > MAX_STRUCTS {
                return Err(Malformed::Count.into());
            }
            let client = self.reader.var_uint()?;
            clients.push(self.client(client, structs)?);
        }
        refuse_duplicates(clients.iter().map(|one| one.client))?;
        Ok(clients)
    }

    fn client(&mut self, client: u64, count: usize) -> Result<ClientStructs, UpdateError> {
        let mut next_clock = clock(self.reader.var_uint()?)?;
        let first_byte = self.position();
        let mut structs = Vec::with_capacity(count);
        for _ in 0..count {
            let (kind, len, needs) = self.one()?;
            if len == 0 {
                return Err(Malformed::Count.into());
            }
            let end_clock = clock(u64::from(next_clock) + len)?;
            structs.push(Struct { clock: next_clock, len: len as u32, kind, needs, end_byte: self.position() });
            next_clock = end_clock;
        }
        Ok(ClientStructs { client, structs, first_byte })
    }

    fn one(&mut self) -> Result<(Kind, u64, [Option<Id>; 2]), UpdateError> {
        let info = self.reader.byte()?;
        match info {
            GC => return Ok((Kind::Gone, self.reader.var_uint()?, [None; 2])),
            SKIP => return Ok((Kind::Skip, self.reader.var_uint()?, [None; 2])),
            _ => {}
        }
        let mut needs = [None; 2];
        if info & HAS_ORIGIN != 0 {
            needs[0] = Some(self.id()?);
        }
        if info & HAS_RIGHT_ORIGIN != 0 {
            needs[1] = Some(self.id()?);
        }
        // With an origin, parent and key are the origin's.
        if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
            let has_key = info & HAS_PARENT_KEY != 0;
            match self.reader.var_uint()? {
                0 => needs[0] = Some(self.id()?),
                1 => {
                    let root = self.reader.var_string()?;
                    // Roots are maps: what has no key is a list's.
                    if !self.roots.contains(&root) || !has_key {
                        return Err(UpdateError::Root(root.chars().take(48).collect()));
                    }
                }
                _ => return Err(Malformed::Type.into()),
            }
            if has_key {
                self.reader.var_string()?;
            }
        }
        let (kind, len) = content::read(&mut self.reader, info & KIND_BITS)?;
        Ok((kind, len, needs))
    }

    fn id(&mut self) -> Result<Id, UpdateError> {
        let client = self.reader.var_uint()?;
        Ok(Id { client, clock: clock(self.reader.var_uint()?)? })
    }

    fn deletions(&mut self) -> Result<Vec<Deletions>, UpdateError> {
        let count = self.reader.count(2)?;
        let mut deletions = Vec::with_capacity(count);
        for _ in 0..count {
            let client = self.reader.var_uint()?;
            let count = self.reader.count(2)?;
            let mut ranges = Vec::with_capacity(count);
            for _ in 0..count {
                let start = clock(self.reader.var_uint()?)?;
                let len = self.reader.var_uint()?;
                if len == 0 || len > MAX_CLOCK {
                    return Err(Malformed::Count.into());
                }
                ranges.push(start..clock(u64::from(start) + len)?);
            }
            deletions.push((client, ranges));
        }
        refuse_duplicates(deletions.iter().map(|(client, _)| *client))?;
        Ok(deletions)
    }
}

fn refuse_duplicates(clients: impl Iterator<Item = u64>) -> Result<(), UpdateError> {
    let mut clients: Vec<u64> = clients.collect();
    clients.sort_unstable();
    match clients.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(UpdateError::DuplicateClient(pair[0])),
        None => Ok(()),
    }
}
