//! What servers say about a document that they have open, as bytes: small and often, so not JSON.

use bytes::Bytes;
use shared::{
    id::UserId,
    protocol::lib0::{Malformed, Reader, write_var_buf, write_var_string, write_var_uint},
};
use uuid::Uuid;

use crate::room::ServerId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub server: ServerId,
    /// Of the document, as the server has it open: what is said of another generation does not concern this one.
    pub generation: Uuid,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A row of the log, committed.
    Row {
        seq: u64,
        update: Bytes,
        /// Client ids that appear for the first time, with their owners.
        claims: Vec<(u64, UserId)>,
    },
    /// The same of a row that is too large for a message: it is in the log.
    RowTooLarge { seq: u64 },
    /// Changes of presence.
    Moved { people: Vec<Present> },
    /// Who is there. Replaces what was said before; the states of clients follow, as [`Said::Moved`].
    Here {
        /// The client id under which the server writes.
        writer: u64,
        /// Everybody with a connection, also those who show no presence, and whether they may write.
        users: Vec<(UserId, bool)>,
        /// Clients that show presence. Whoever is not among them has gone.
        clients: Vec<u64>,
        /// Others should say the same of themselves.
        ask: bool,
    },
    /// The server has closed the document.
    Left,
}

/// One client's presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub client: u64,
    pub clock: u32,
    pub user: UserId,
    /// JSON, signed by the server; `None` when the client is gone.
    pub state: Option<String>,
}

const ROW: u8 = 0;
const ROW_TOO_LARGE: u8 = 1;
const MOVED: u8 = 2;
const HERE: u8 = 3;
const LEFT: u8 = 4;

impl Note {
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(64);
        out.push(self.kind());
        out.extend_from_slice(self.server.as_uuid().as_bytes());
        out.extend_from_slice(self.generation.as_bytes());
        match &self.said {
            Said::Row { seq, update, claims } => {
                write_var_uint(&mut out, *seq);
                write_var_uint(&mut out, claims.len() as u64);
                for (client, user) in claims {
                    write_var_uint(&mut out, *client);
                    out.extend_from_slice(user.as_uuid().as_bytes());
                }
                write_var_buf(&mut out, update);
            }
            Said::RowTooLarge { seq } => write_var_uint(&mut out, *seq),
            Said::Moved { people } => write_people(&mut out, people),
            Said::Here { writer, users, clients, ask } => {
                write_var_uint(&mut out, *writer);
                out.push(u8::from(*ask));
                write_var_uint(&mut out, users.len() as u64);
                for (user, may_write) in users {
                    out.extend_from_slice(user.as_uuid().as_bytes());
                    out.push(u8::from(*may_write));
                }
                write_var_uint(&mut out, clients.len() as u64);
                clients.iter().for_each(|client| write_var_uint(&mut out, *client));
            }
            Said::Left => {}
        }
        out.into()
    }

    fn kind(&self) -> u8 {
        match &self.said {
            Said::Row { .. } => ROW,
            Said::RowTooLarge { .. } => ROW_TOO_LARGE,
            Said::Moved { .. } => MOVED,
            Said::Here { .. } => HERE,
            Said::Left => LEFT,
        }
    }

    pub fn decode(bytes: &Bytes) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let kind = reader.byte()?;
        let server = ServerId::from(uuid(&mut reader)?);
        let generation = uuid(&mut reader)?;
        let said = match kind {
            ROW => {
                let seq = reader.var_uint()?;
                let claims = reader.count(17)?;
                let claims = (0..claims).map(|_| Ok((reader.var_uint()?, uuid(&mut reader)?.into())));
                let claims = claims.collect::<Result<_, Malformed>>()?;
                Said::Row { seq, claims, update: bytes.slice_ref(reader.var_buf()?) }
            }
            ROW_TOO_LARGE => Said::RowTooLarge { seq: reader.var_uint()? },
            MOVED => Said::Moved { people: read_people(&mut reader)? },
            HERE => {
                let writer = reader.var_uint()?;
                let ask = reader.byte()? != 0;
                let users = reader.count(17)?;
                let users = (0..users).map(|_| Ok((uuid(&mut reader)?.into(), reader.byte()? != 0)));
                let users = users.collect::<Result<_, Malformed>>()?;
                let clients = reader.count(1)?;
                let clients = (0..clients).map(|_| reader.var_uint()).collect::<Result<_, Malformed>>()?;
                Said::Here { writer, users, clients, ask }
            }
            LEFT => Said::Left,
            _ => return Err(Malformed::Type),
        };
        reader.finish()?;
        Ok(Self { server, generation, said })
    }
}

fn uuid(reader: &mut Reader<'_>) -> Result<Uuid, Malformed> {
    Uuid::from_slice(reader.take(16)?).map_err(|_| Malformed::Truncated)
}

fn write_people(out: &mut Vec<u8>, people: &[Present]) {
    write_var_uint(out, people.len() as u64);
    for Present { client, clock, user, state } in people {
        write_var_uint(out, *client);
        write_var_uint(out, u64::from(*clock));
        out.extend_from_slice(user.as_uuid().as_bytes());
        // No JSON is empty.
        write_var_string(out, state.as_deref().unwrap_or_default());
    }
}

fn read_people(reader: &mut Reader<'_>) -> Result<Vec<Present>, Malformed> {
    let count = reader.count(19)?;
    let people = (0..count).map(|_| {
        let client = reader.var_uint()?;
        let clock = u32::try_from(reader.var_uint()?).map_err(|_| Malformed::Integer)?;
        let user = uuid(reader)?.into();
        let state = reader.var_string()?;
        Ok(Present { client, clock, user, state: (!state.is_empty()).then(|| state.to_owned()) })
    });
    people.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> UserId {
        Uuid::from_u128(9).into()
    }

    fn notes() -> Vec<Note> {
        let present = |state: Option<&str>| Present { client: 7, clock: 3, user: user(), state: state.map(Into::into) };
        let said = [
            Said::Row { seq: 300, update: Bytes::from_static(b"update"), claims: vec![(7, user())] },
            Said::RowTooLarge { seq: 1 },
            Said::Moved { people: vec![present(Some("{}")), present(None)] },
            Said::Here { writer: 1, users: vec![(user(), true)], clients: vec![7, 300], ask: true },
            Said::Left,
        ];
        let generation = Uuid::from_u128(4);
        said.into_iter().map(|said| Note { server: ServerId::random(), generation, said }).collect()
    }

    #[test]
    fn a_note_reads_what_it_writes() {
        for note in notes() {
            assert_eq!(Note::decode(&note.encode()), Ok(note));
        }
    }

    #[test]
    fn a_note_that_was_cut_or_grew_is_refused() {
        for note in notes() {
            let bytes = note.encode();
            for len in 0..bytes.len() {
                assert!(Note::decode(&bytes.slice(..len)).is_err(), "{note:?} cut to {len}");
            }
            assert!(Note::decode(&[&bytes[..], b"x"].concat().into()).is_err());
        }
    }
}
