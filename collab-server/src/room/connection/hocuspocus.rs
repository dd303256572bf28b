//! A socket of `/api/sync`: many documents, each opened by an auth message.

use std::{collections::HashMap, sync::OnceLock, time::Duration};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use shared::protocol::{
    CloseCode, EMPTY_AWARENESS,
    hocuspocus::{Auth, Frame, Message, name_in},
};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{
        Rooms,
        actor::Said,
        member::{Framing, Payload},
        outbox::Outgoing,
    },
    Incoming, Line, Refusal,
    entry::Opened,
    next_frame, run,
};

/// A socket on which nobody has signed in after this is closed.
const SIGN_IN_WITHIN: Duration = Duration::from_secs(5);
const MAX_BYTES_BEFORE_SIGN_IN: usize = 64 * 1024;
/// So many documents may be asked for in vain.
const MAX_REFUSALS: usize = 8;
const MAX_DOCUMENTS: usize = 256;

/// Serves a socket until it ends. `credentials` are what came with the upgrade: they count where a message has no token.
/// `guessed` is told of every token that opens nothing, and says whether there may be more. Yields how often somebody was
/// turned away.
pub async fn serve_hocuspocus<E>(
    rooms: Rooms,
    credentials: Vec<String>,
    guessed: impl Fn() -> bool + Sync,
    mut frames: impl Stream<Item = Incoming> + Unpin,
    sink: impl Sink<Outgoing, Error = E> + Unpin,
) -> usize {
    let line = Line::new(rooms);
    let (outbox, timing) = (line.outbox.clone(), line.timing());
    // What keeps a quiet socket alive: presence of nobody, about a document the client knows.
    let quiet = OnceLock::new();
    let mut session =
        Session { line, credentials, guessed: &guessed, documents: HashMap::new(), refusals: 0, quiet: &quiet };
    let reader = session.read(&mut frames);
    run(outbox, timing, reader, sink, || quiet.get().cloned()).await;
    session.refusals
}

struct Session<'q> {
    line: Line,
    credentials: Vec<String>,
    guessed: &'q (dyn Fn() -> bool + Sync),
    /// By address as the client writes it.
    documents: HashMap<String, Opened>,
    /// How often somebody was turned away.
    refusals: usize,
    /// Set when the first document was opened.
    quiet: &'q OnceLock<Bytes>,
}

impl Session<'_> {
    /// Yields why the socket must be closed, or `None` when the peer has left.
    async fn read(&mut self, frames: &mut (impl Stream<Item = Incoming> + Unpin)) -> Option<CloseCode> {
        let sign_in_by = Instant::now() + SIGN_IN_WITHIN;
        let mut unsigned_bytes = 0;
        loop {
            let signed_in = self.quiet.get().is_some();
            let next = next_frame(frames, &mut self.line.frames);
            let frame = if signed_in {
                next.await?
            } else {
                match timeout_at(sign_in_by, next).await {
                    Ok(frame) => frame?,
                    Err(_) => return Some(CloseCode::Timeout),
                }
            };
            let bytes = match frame {
                Incoming::Binary(bytes) => bytes,
                Incoming::Text => return Some(CloseCode::BadFrame),
            };
            if !signed_in {
                unsigned_bytes += bytes.len();
                if unsigned_bytes > MAX_BYTES_BEFORE_SIGN_IN {
                    return Some(CloseCode::TooBig);
                }
            }
            if let Err(code) = self.take(&bytes).await {
                return Some(code);
            }
        }
    }

    async fn take(&mut self, bytes: &Bytes) -> Result<(), CloseCode> {
        let (address, message) = match Frame::decode(bytes).map_err(|_| CloseCode::BadFrame)? {
            Frame::Ping => {
                self.line.outbox.push(Frame::Pong.encode().into());
                return Ok(());
            }
            Frame::Pong => return Ok(()),
            Frame::Document { address, message } => (address, message),
        };
        match message {
            Message::Auth(Auth::Token { token, .. }) => self.open(address, Some(token)).await,
            Message::Close(_) => {
                self.documents.remove(address);
                Ok(())
            }
            // Nothing is told this way yet; stock clients may still send it.
            Message::Stateless(_) => Ok(()),
            Message::Sync(_) | Message::SyncReply(_) | Message::Awareness(_) | Message::QueryAwareness => {
                if !self.documents.contains_key(address) {
                    if self.refusals > 0 || self.credentials.is_empty() {
                        // Stock clients go on talking until they have heard the refusal.
                        return Ok(());
                    }
                    self.open(address, None).await?;
                }
                let Some(opened) = self.documents.get(address) else { return Ok(()) };
                match message {
                    Message::Sync(sync) | Message::SyncReply(sync) => self.line.speak(opened, bytes, sync).await,
                    Message::Awareness(update) => self.line.speak_presence(opened, update).await,
                    _ => self.line.say(opened, Said::QueryAwareness, 1).await,
                }
            }
            // What only servers say.
            Message::Auth(Auth::TokenRequest | Auth::Denied { .. } | Auth::Granted(_))
            | Message::BroadcastStateless(_)
            | Message::SyncStatus(_) => Err(CloseCode::BadFrame),
        }
    }

    /// Opens a document, or says why not. Fails if that is the end of the whole socket.
    async fn open(&mut self, address: &str, token: Option<&str>) -> Result<(), CloseCode> {
        // A new token for a document that is open: in again, under the new name.
        self.documents.remove(address);
        let framing = Framing::Hocuspocus { address: address.into() };
        match self.try_open(address, token, &framing).await {
            Ok(opened) => {
                self.documents.insert(address.to_owned(), opened);
                if let Some(frame) = framing.frame(Payload::Awareness(EMPTY_AWARENESS)) {
                    self.quiet.get_or_init(|| frame);
                }
                Ok(())
            }
            Err(Refusal::Denied(code)) => {
                self.refusals += 1;
                if let Some(frame) = framing.frame(Payload::Denied(code)) {
                    self.line.outbox.push(frame);
                }
                let is_guess = code == CloseCode::Unauthorized && token.is_some_and(|token| !token.is_empty());
                if is_guess && !(self.guessed)() {
                    return Err(CloseCode::Overload);
                }
                if self.refusals >= MAX_REFUSALS { Err(code) } else { Ok(()) }
            }
            Err(Refusal::Later(code)) => Err(code),
        }
    }

    async fn try_open(&self, address: &str, token: Option<&str>, framing: &Framing) -> Result<Opened, Refusal> {
        let asked = name_in(address).parse().map_err(|_| Refusal::Denied(CloseCode::NotFound))?;
        if self.documents.len() >= MAX_DOCUMENTS {
            return Err(Refusal::Later(CloseCode::Overload));
        }
        let tokens: Vec<&str> = token.into_iter().chain(self.credentials.iter().map(String::as_str)).collect();
        let admitted = self.line.rooms.admit(&tokens, asked).await?;
        self.line.rooms.enter(admitted, framing.clone(), &self.line.outbox).await
    }
}
