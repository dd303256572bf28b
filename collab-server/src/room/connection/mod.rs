//! One socket, from its first frame to its last: reads frames, checks their form, takes them to rooms, and sends what
//! rooms put into its `Outbox`.
//!
//! Knows no network: a connection is a stream of frames and a sink for them, so tests run it on channels. The two
//! framings differ in who says which document a message is about ([`serve_hocuspocus`], [`serve_websocket`]); what a
//! message does is the same. Rights are looked up here, before a room hears of anybody. Called by `routes::sync`.

mod allowance;
mod entry;
mod hocuspocus;
mod refusals;
mod websocket;

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use shared::protocol::{CloseCode, SyncMessage, awareness};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    Rooms,
    actor::{Message, Said, UpdateKind},
    outbox::Outbox,
    registry::INBOX_BYTES,
    replica::roots,
    settings::Timing,
    update::{self, UpdateError},
};
use allowance::Allowance;
use entry::Opened;

pub use super::outbox::Outgoing;
pub use entry::{Admitted, Refusal};
pub use hocuspocus::serve_hocuspocus;
pub use refusals::{Refusals, TooMany};
pub use websocket::serve_websocket;

/// Largest update that a person makes at once.
const MAX_UPDATE_BYTES: usize = 1024 * 1024;
/// Largest answer to our Step1: somebody who was offline for long.
const MAX_STEP2_BYTES: usize = 8 * 1024 * 1024;
/// Largest frame that either framing can need.
pub const MAX_FRAME_BYTES: usize = MAX_STEP2_BYTES + 1024;
/// Large frames may take longer: a peer that manages less than this is as good as gone too.
const MIN_BYTES_PER_SECOND: usize = 64 * 1024;
/// How long a peer may take to hear why it is closed.
const FAREWELL: Duration = Duration::from_secs(1);
/// A presence message may carry the states of many clients, as stock y-websocket clients send them back.
const MAX_PRESENCE_BYTES: usize = 1024 * 1024;

/// What a socket yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    Binary(Bytes),
    /// Neither framing has text frames.
    Text,
}

/// What every connection has, whatever it speaks.
struct Line {
    rooms: Rooms,
    outbox: Outbox,
    frames: Allowance,
    messages: Allowance,
}

impl Line {
    fn timing(&self) -> Timing {
        self.rooms.0.settings.timing
    }

    fn new(rooms: Rooms) -> Self {
        let (limits, now) = (rooms.0.settings.limits, Instant::now());
        let frames = Allowance::new(limits.frames_per_second, limits.message_burst, now);
        let messages = Allowance::new(limits.messages_per_second, limits.message_burst, now);
        Self { rooms, outbox: Outbox::default(), frames, messages }
    }

    /// Takes a message about one document to its room. Fails with why the socket must be closed.
    async fn speak(&mut self, opened: &Opened, frame: &Bytes, message: SyncMessage<'_>) -> Result<(), CloseCode> {
        self.messages.wait().await;
        let (said, size) = match message {
            SyncMessage::Step1(vector) => {
                (Said::Step1(update::state_vector(vector).map_err(|_| CloseCode::BadFrame)?), vector.len())
            }
            SyncMessage::Step2(bytes) | SyncMessage::Update(bytes) => {
                let (kind, max) = match message {
                    SyncMessage::Step2(_) => (UpdateKind::Step2, MAX_STEP2_BYTES),
                    SyncMessage::Step1(_) | SyncMessage::Update(_) => (UpdateKind::Update, MAX_UPDATE_BYTES),
                };
                if bytes.len() > max {
                    return Err(CloseCode::TooBig);
                }
                let outline = match update::outline(bytes, roots(opened.name)) {
                    Ok(outline) => outline,
                    Err(error @ UpdateError::Root(_)) => {
                        // Yjs, but not our document.
                        tracing::debug!(document = %opened.name, %error, "refused an update");
                        return self.say(opened, Said::ForeignUpdate, bytes.len()).await;
                    }
                    Err(error) => {
                        tracing::debug!(document = %opened.name, error = %anyhow::Error::from(error), "bad update");
                        return Err(CloseCode::BadFrame);
                    }
                };
                (Said::Update { kind, bytes: frame.slice_ref(bytes), outline }, bytes.len())
            }
        };
        self.say(opened, said, size).await
    }

    async fn speak_presence(&self, opened: &Opened, bytes: &[u8]) -> Result<(), CloseCode> {
        if bytes.len() > MAX_PRESENCE_BYTES {
            return Err(CloseCode::TooBig);
        }
        let entries = awareness::decode(bytes).map_err(|_| CloseCode::BadFrame)?;
        let entries = entries
            .into_iter()
            .map(|entry| awareness::Entry {
                state: entry.state.map(|state| state.into_owned().into()),
                client: entry.client,
                clock: entry.clock,
            })
            .collect();
        self.say(opened, Said::Awareness(entries), bytes.len()).await
    }

    async fn say(&self, opened: &Opened, said: Said, size: usize) -> Result<(), CloseCode> {
        // Waiting here is what slows a connection down that is faster than its room.
        let permits = size.clamp(1, INBOX_BYTES) as u32;
        let bytes = opened.room.inbox_bytes.clone();
        let permit = bytes.acquire_many_owned(permits).await.expect("the semaphore is never closed");
        let message = Message::Said { from: opened.id, said, _permit: permit };
        // A room that ended has closed this socket's outbox, or taken the document off it.
        opened.room.send(message).await.ok();
        Ok(())
    }
}

/// Runs a connection's two halves until one ends, and says why to the peer.
async fn run<E>(
    outbox: Outbox,
    timing: Timing,
    reader: impl Future<Output = Option<CloseCode>>,
    sink: impl Sink<Outgoing, Error = E> + Unpin,
    quiet: impl Fn() -> Option<Bytes>,
) {
    let writer = write(&outbox, timing, sink, quiet);
    tokio::pin!(writer);
    let code = tokio::select! {
        code = reader => code,
        () = &mut writer => return,
    };
    // Without a code the peer has left, and nobody is there to be told.
    if let Some(code) = code {
        outbox.close(code);
        timeout(FAREWELL, writer).await.ok();
    }
}

/// Sends what is in the outbox, for as long as the peer takes it.
async fn write<E>(
    outbox: &Outbox,
    timing: Timing,
    mut sink: impl Sink<Outgoing, Error = E> + Unpin,
    quiet: impl Fn() -> Option<Bytes>,
) {
    let mut spoken_at = Instant::now();
    let alarm = sleep_until(spoken_at + timing.quiet);
    tokio::pin!(alarm);
    loop {
        let next = tokio::select! {
            biased;
            next = outbox.next() => next,
            () = &mut alarm => {
                // Set anew only when it rings: to do so for every frame costs more than the frame.
                let due = spoken_at + timing.quiet;
                let now = Instant::now();
                if due > now {
                    alarm.as_mut().reset(due);
                    continue;
                }
                alarm.as_mut().reset(now + timing.quiet);
                match quiet() {
                    Some(frame) => Outgoing::Frame(frame),
                    None => continue,
                }
            }
        };
        spoken_at = Instant::now();
        match send_all(outbox, timing, &mut sink, next).await {
            Sent::Ok => {}
            Sent::Closed => return,
            Sent::Stuck => {
                metrics::counter!("openflow_sockets_overloaded_total").increment(1);
                timeout(FAREWELL, sink.send(Outgoing::Close(CloseCode::Overload))).await.ok();
                return;
            }
        }
    }
}

enum Sent {
    Ok,
    Closed,
    Stuck,
}

/// Sends one frame and whatever else is waiting, in one go.
async fn send_all<E>(
    outbox: &Outbox,
    timing: Timing,
    sink: &mut (impl Sink<Outgoing, Error = E> + Unpin),
    first: Outgoing,
) -> Sent {
    let mut next = Some(first);
    while let Some(outgoing) = next {
        let last = matches!(outgoing, Outgoing::Close(_));
        let patience = match &outgoing {
            Outgoing::Frame(frame) => timing.stuck + Duration::from_secs((frame.len() / MIN_BYTES_PER_SECOND) as u64),
            Outgoing::Close(_) => FAREWELL,
        };
        match timeout(patience, sink.feed(outgoing)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Sent::Closed,
            Err(_) => return Sent::Stuck,
        }
        if last {
            // Whether or not the peer hears it, nothing follows.
            timeout(FAREWELL, sink.close()).await.ok();
            return Sent::Closed;
        }
        next = outbox.take();
    }
    match timeout(timing.stuck, sink.flush()).await {
        Ok(Ok(())) => Sent::Ok,
        Ok(Err(_)) => Sent::Closed,
        Err(_) => Sent::Stuck,
    }
}

/// The next frame of a socket, not faster than a connection may send. `None` when the peer has left.
async fn next_frame(
    frames: &mut (impl Stream<Item = Incoming> + Unpin),
    allowance: &mut Allowance,
) -> Option<Incoming> {
    let frame = frames.next().await?;
    allowance.wait().await;
    Some(frame)
}
