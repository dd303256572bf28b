//! A socket of `/api/yjs/{document}`: one document, whose reader was admitted at the upgrade.

use bytes::Bytes;
use futures_util::{Sink, Stream};
use shared::protocol::{CloseCode, EMPTY_AWARENESS, websocket::Message};

use super::{
    super::{
        Rooms,
        actor::Said,
        member::{Framing, Payload},
        outbox::Outgoing,
    },
    Admitted, Incoming, Line, Refusal,
    entry::Opened,
    next_frame, run,
};

/// A mark is one number.
const MAX_MARK_BYTES: usize = 16;

/// Serves a socket until it ends.
pub async fn serve_websocket<E>(
    rooms: Rooms,
    admitted: Admitted,
    mut frames: impl Stream<Item = Incoming> + Unpin,
    sink: impl Sink<Outgoing, Error = E> + Unpin,
) {
    let mut line = Line::new(rooms);
    let (outbox, timing) = (line.outbox.clone(), line.timing());
    let reader = async {
        let opened = match line.rooms.enter(admitted, Framing::Websocket, &line.outbox).await {
            Ok(opened) => opened,
            Err(Refusal::Denied(code) | Refusal::Later(code)) => return Some(code),
        };
        loop {
            match next_frame(&mut frames, &mut line.frames).await? {
                Incoming::Text => return Some(CloseCode::BadFrame),
                Incoming::Binary(bytes) => {
                    if let Err(code) = take(&mut line, &opened, &bytes).await {
                        return Some(code);
                    }
                }
            }
        }
    };
    run(outbox, timing, reader, sink, || Framing::Websocket.frame(Payload::Awareness(EMPTY_AWARENESS))).await;
}

async fn take(line: &mut Line, opened: &Opened, bytes: &Bytes) -> Result<(), CloseCode> {
    for message in Message::decode_all(bytes).map_err(|_| CloseCode::BadFrame)? {
        match message {
            Message::Sync(sync) => line.speak(opened, bytes, sync).await?,
            Message::Awareness(update) => line.speak_presence(opened, update).await?,
            Message::QueryAwareness => line.say(opened, Said::QueryAwareness, 1).await?,
            Message::Mark(mark) if mark.len() <= MAX_MARK_BYTES => {
                line.say(opened, Said::Mark(bytes.slice_ref(mark)), mark.len()).await?;
            }
            Message::Mark(_) => return Err(CloseCode::TooBig),
            // What only servers say.
            Message::Denied(_) | Message::Granted => return Err(CloseCode::BadFrame),
        }
    }
    Ok(())
}
