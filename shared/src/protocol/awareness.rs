//! Awareness updates: who is there and what they say of themselves.
//!
//! Not a table of who is present: server and client each keep their own. See [`crate::presence`] for the states.

use std::borrow::Cow;

use super::lib0::{Malformed, Reader, write_var_string, write_var_uint};

/// One client's word in an awareness update. A higher clock wins; at equal clocks only a removal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The Yjs client id.
    pub client: u64,
    pub clock: u32,
    /// JSON; `None` (`null` on the wire) when the client is gone.
    pub state: Option<Cow<'a, str>>,
}

/// Reads an update. JSON is not checked here, so that a client can skip one bad state; the server checks it.
pub fn decode(bytes: &[u8]) -> Result<Vec<Entry<'_>>, Malformed> {
    let mut reader = Reader::new(bytes);
    // Client, clock and the length of the state take a byte each.
    let count = reader.count(3)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let client = reader.var_uint()?;
        let clock = u32::try_from(reader.var_uint()?).map_err(|_| Malformed::Integer)?;
        let state = reader.var_string()?;
        entries.push(Entry { client, clock, state: (state != "null").then_some(Cow::Borrowed(state)) });
    }
    reader.finish()?;
    Ok(entries)
}

pub fn encode(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(
        16 + entries.iter().map(|entry| entry.state.as_ref().map_or(8, |s| s.len() + 12)).sum::<usize>(),
    );
    write_var_uint(&mut out, entries.len() as u64);
    for entry in entries {
        write_var_uint(&mut out, entry.client);
        write_var_uint(&mut out, entry.clock.into());
        write_var_string(&mut out, entry.state.as_deref().unwrap_or("null"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_what_they_write() {
        let entries = [
            Entry { client: 7, clock: 1, state: Some(r#"{"u":1}"#.into()) },
            Entry { client: u64::from(u32::MAX), clock: 2, state: None },
        ];
        assert_eq!(decode(&encode(&entries)), Ok(entries.to_vec()));
        assert_eq!(decode(super::super::EMPTY_AWARENESS), Ok(vec![]));
    }

    #[test]
    fn a_count_that_does_not_fit_is_refused() {
        assert_eq!(decode(&[0x7f, 1, 1, 0]), Err(Malformed::Count));
        assert_eq!(decode(&[0, 0]), Err(Malformed::Trailing));
    }
}
