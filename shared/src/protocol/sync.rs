//! The three messages by which two replicas of a document become equal. Same bytes in both framings.

use super::lib0::{Malformed, Reader, write_var_buf, write_var_uint};

/// A step of the Yjs sync protocol. Updates are Yjs v1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMessage<'a> {
    /// "This is what I have": a state vector. Answered with [`SyncMessage::Step2`].
    Step1(&'a [u8]),
    /// "This is what you lack": an update. The receiver is in sync once it has applied it.
    Step2(&'a [u8]),
    /// "This is new": an update, at any time.
    Update(&'a [u8]),
}

impl<'a> SyncMessage<'a> {
    pub fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        match reader.var_uint()? {
            0 => Ok(Self::Step1(reader.var_buf()?)),
            1 => Ok(Self::Step2(reader.var_buf()?)),
            2 => Ok(Self::Update(reader.var_buf()?)),
            _ => Err(Malformed::Type),
        }
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        let (step, bytes) = match self {
            Self::Step1(state_vector) => (0, state_vector),
            Self::Step2(update) => (1, update),
            Self::Update(update) => (2, update),
        };
        write_var_uint(out, step);
        write_var_buf(out, bytes);
    }
}
