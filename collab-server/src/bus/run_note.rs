//! What servers and workers tell each other about runs: only that something is new in the database, where whoever hears
//! it looks at once.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::id::RunId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum RunNote {
    /// The queue has changed: there may be something to execute.
    Queue,
    /// Something has happened in a run: `run_event` has it.
    Told { run: RunId },
    /// Somebody wants a run to end that another process executes.
    Cancel,
    /// Somebody has answered what a run asks people.
    Answer,
}

impl RunNote {
    pub fn encode(self) -> Bytes {
        serde_json::to_vec(&self).expect("ids and names are JSON").into()
    }

    /// `None` for what another version says.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_run_note_reads_what_it_writes() {
        for note in [RunNote::Queue, RunNote::Told { run: Uuid::from_u128(1).into() }, RunNote::Cancel, RunNote::Answer]
        {
            assert_eq!(RunNote::decode(&note.encode()), Some(note));
        }
        assert_eq!(RunNote::decode(b"[]"), None);
    }
}
