//! Whether an update's structs can all be integrated into what a document has, and which of them if not.
//!
//! yrs integrates structs behind a hole at once, Yjs in a browser waits: server and browsers would show different
//! documents. So what leaves a hole is held back here. Structs that need each other in a circle make yrs search for
//! ever; they are no update any Yjs would write.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use shared::protocol::{EMPTY_UPDATE, lib0::write_var_uint};

use super::{Id, Kind, Outline, UpdateError};

/// How an update fits a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// Everything can be integrated.
    Whole,
    /// Something before it is missing. The part that can be integrated is an update of its own (empty if nothing can).
    Gap { fitting: Vec<u8> },
}

impl Outline {
    /// `known` tells how many clocks of a client the document has; `update` are the bytes this is the outline of.
    pub fn fit(&self, update: &[u8], known: impl Fn(u64) -> u32) -> Result<Fit, UpdateError> {
        let progress = Progress::run(self, &known)?;
        let end = |client| progress.end_clock(self, client).unwrap_or_else(|| known(client));
        let deletions_fit =
            self.deletions.iter().all(|(client, ranges)| ranges.iter().all(|range| range.end <= end(*client)));
        if progress.complete(self) && deletions_fit {
            return Ok(Fit::Whole);
        }
        Ok(Fit::Gap { fitting: self.cut(update, &progress, end) })
    }

    /// The update without one client's structs, and without what needs them.
    pub fn without(mut self, client: u64, update: &[u8], known: impl Fn(u64) -> u32) -> Vec<u8> {
        self.clients.retain(|one| one.client != client);
        match Progress::run(&self, &known) {
            Ok(progress) => {
                let end = |client| progress.end_clock(&self, client).unwrap_or_else(|| known(client));
                self.cut(update, &progress, end)
            }
            // They need each other in a circle, which is no update at all.
            Err(_) => EMPTY_UPDATE.to_vec(),
        }
    }

    /// Writes the update again with the integrable structs and deletions only. Structs of v1 stand for themselves, so
    /// their bytes are taken over.
    fn cut(&self, update: &[u8], progress: &Progress, end: impl Fn(u64) -> u32) -> Vec<u8> {
        let mut out = Vec::new();
        let kept = self.clients.iter().zip(&progress.done).filter(|(_, done)| **done > 0);
        write_var_uint(&mut out, kept.clone().count() as u64);
        for (one, done) in kept {
            write_var_uint(&mut out, *done as u64);
            write_var_uint(&mut out, one.client);
            write_var_uint(&mut out, one.structs[0].clock.into());
            out.extend_from_slice(&update[one.first_byte as usize..one.structs[done - 1].end_byte as usize]);
        }
        let mut deletions = Vec::new();
        let mut clients = 0;
        for (client, ranges) in &self.deletions {
            let end = end(*client);
            let fitting: Vec<_> = ranges.iter().filter(|range| range.end <= end).collect();
            if fitting.is_empty() {
                continue;
            }
            clients += 1;
            write_var_uint(&mut deletions, *client);
            write_var_uint(&mut deletions, fitting.len() as u64);
            for range in fitting {
                write_var_uint(&mut deletions, range.start.into());
                write_var_uint(&mut deletions, (range.end - range.start).into());
            }
        }
        write_var_uint(&mut out, clients);
        out.extend_from_slice(&deletions);
        out
    }
}

/// How many structs of each client can be integrated, in the order of the outline's clients.
struct Progress {
    done: Vec<usize>,
    /// Index into the outline by client.
    index: HashMap<u64, usize>,
    start: Vec<u32>,
}

/// Why a client's next struct cannot go in.
enum Blocked {
    /// On a clock that another (or the same) client of the update is still to bring.
    On { client: usize, clock: u32 },
    /// On something that is neither here nor in the document.
    Missing,
}

impl Progress {
    fn run(outline: &Outline, known: &impl Fn(u64) -> u32) -> Result<Self, UpdateError> {
        let mut this = Self {
            done: vec![0; outline.clients.len()],
            index: outline.clients.iter().enumerate().map(|(at, one)| (one.client, at)).collect(),
            start: outline.clients.iter().map(|one| known(one.client)).collect(),
        };
        // Per client: which others wait for it, the one that needs the lowest clock first. Waking only those whose
        // clock has come keeps a malicious update from costing the square of its length.
        let mut waiting: Vec<BinaryHeap<Reverse<(u32, usize)>>> = vec![BinaryHeap::new(); outline.clients.len()];
        let mut missing = vec![false; outline.clients.len()];
        let mut ready: Vec<usize> = (0..outline.clients.len()).rev().collect();
        while let Some(at) = ready.pop() {
            match this.advance(outline, at, known) {
                None => {}
                Some(Blocked::Missing) => missing[at] = true,
                Some(Blocked::On { client, clock }) => waiting[client].push(Reverse((clock, at))),
            }
            let reached = this.reached(outline, at);
            while let Some(Reverse((clock, waiter))) = waiting[at].peek().copied()
                && clock < reached
            {
                waiting[at].pop();
                ready.push(waiter);
            }
        }
        if missing.contains(&true) || this.complete(outline) {
            Ok(this)
        } else {
            // Nothing is missing, yet nobody can go on.
            Err(UpdateError::Cycle)
        }
    }

    /// Integrates structs of one client until one is blocked.
    fn advance(&mut self, outline: &Outline, at: usize, known: &impl Fn(u64) -> u32) -> Option<Blocked> {
        let structs = &outline.clients[at].structs;
        while let Some(next) = structs.get(self.done[at]) {
            // What the document has already is skipped whole; its needs were met when it came.
            if next.end_clock() > self.start[at] {
                if next.kind == Kind::Skip || next.clock > self.reached(outline, at) {
                    return Some(Blocked::Missing);
                }
                for need in next.needs.into_iter().flatten() {
                    if let Some(blocked) = self.blocked_by(outline, need, known) {
                        return Some(blocked);
                    }
                }
            }
            self.done[at] += 1;
        }
        None
    }

    fn blocked_by(&self, outline: &Outline, need: Id, known: &impl Fn(u64) -> u32) -> Option<Blocked> {
        match self.index.get(&need.client) {
            None => (need.clock >= known(need.client)).then_some(Blocked::Missing),
            Some(&at) if need.clock < self.reached(outline, at) => None,
            Some(&at) if need.clock < outline.clients[at].end_clock() => {
                Some(Blocked::On { client: at, clock: need.clock })
            }
            Some(_) => Some(Blocked::Missing),
        }
    }

    /// Up to which clock the document would have this client's structs by now.
    fn reached(&self, outline: &Outline, at: usize) -> u32 {
        let integrated = match self.done[at] {
            0 => 0,
            done => outline.clients[at].structs[done - 1].end_clock(),
        };
        integrated.max(self.start[at])
    }

    fn end_clock(&self, outline: &Outline, client: u64) -> Option<u32> {
        self.index.get(&client).map(|&at| self.reached(outline, at))
    }

    fn complete(&self, outline: &Outline) -> bool {
        outline.clients.iter().zip(&self.done).all(|(one, done)| one.structs.len() == *done)
    }
}
