//! The two sockets: `/api/sync` (Hocuspocus framing, many documents) and `/api/yjs/{document}` (y-protocols, one).
//!
//! Turns a WebSocket into the stream and sink a connection takes; everything else is `room::connection`. Not in the
//! OpenAPI document, which has no word for sockets: docs/protocol.md describes them.

use axum::{
    Router,
    extract::{
        FromRequestParts, Path, Query, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{header, request::Parts},
    response::Response,
    routing::get,
};
use axum_extra::extract::CookieJar;
use futures_util::{SinkExt, StreamExt, future::ready};
use serde::Deserialize;
use shared::{
    error::ErrorCode,
    protocol::{CloseCode, DocumentAddress},
};

use super::AppQuery;
use crate::{
    auth::{ClientAddress, SESSION_COOKIE, SameOrigin},
    error::AppError,
    room::connection::{Incoming, MAX_FRAME_BYTES, Outgoing, Refusal, TooMany, serve_hocuspocus, serve_websocket},
    state::AppState,
};

pub fn routes() -> Router<AppState> {
    Router::new().route("/sync", get(open_sync)).route("/yjs/{*document}", get(open_yjs))
}

async fn open_sync(
    // Same-origin rules of browsers do not apply to sockets, so a foreign page could use the person's cookie.
    _: SameOrigin,
    State(state): State<AppState>,
    client: ClientAddress,
    Credentials(credentials): Credentials,
    upgrade: WebSocketUpgrade,
) -> Result<Response, AppError> {
    state.refusals.check_address(client.ip()).await?;
    // Who is signed in is asked for each document: the token may come in a message.
    Ok(sized(upgrade).on_upgrade(move |socket| async move {
        let (sink, stream) = split(socket);
        let guessed = || state.throttle.check_guess(client).is_ok();
        let refused = serve_hocuspocus(state.rooms.clone(), credentials, guessed, stream, sink).await;
        state.refusals.refused_from(client.ip(), refused as u32).await;
    }))
}

async fn open_yjs(
    _: SameOrigin,
    State(state): State<AppState>,
    client: ClientAddress,
    Path(document): Path<String>,
    AppQuery(GenerationParam { g: generation }): AppQuery<GenerationParam>,
    Credentials(credentials): Credentials,
    upgrade: WebSocketUpgrade,
) -> Result<Response, AppError> {
    let name = document.parse().map_err(|_| AppError::not_found("document"))?;
    let address = DocumentAddress { name, generation: generation.map(|text| text.parse().unwrap_or_default()) };
    let attempt = state.refusals.check(client.ip(), &document, &credentials, state.rooms.rights_epoch()).await?;
    let tokens: Vec<&str> = credentials.iter().map(String::as_str).collect();
    // Refused before the protocol is switched: a stock client has no other way to be told.
    let admitted = match state.rooms.admit(&tokens, address).await {
        Ok(admitted) => admitted,
        Err(refusal) => {
            if let Refusal::Denied(code) = refusal {
                state.refusals.refused(attempt).await;
                if code == CloseCode::Unauthorized && !tokens.is_empty() {
                    state.throttle.check_guess(client)?;
                }
            }
            return Err(refusal.into());
        }
    };
    Ok(sized(upgrade).on_upgrade(move |socket| async move {
        let (sink, stream) = split(socket);
        serve_websocket(state.rooms.clone(), admitted, stream, sink).await;
    }))
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Denied(CloseCode::Unauthorized) => Self::unauthorized(),
            Refusal::Denied(CloseCode::NotFound) => Self::not_found("document"),
            Refusal::Denied(_) => Self::forbidden("this document is not for you"),
            Refusal::Later(_) => Self::new(ErrorCode::Unavailable, "the document cannot be opened now"),
        }
    }
}

impl From<TooMany> for AppError {
    fn from(TooMany(pause): TooMany) -> Self {
        Self::rate_limited(pause)
    }
}

/// Every token that came with the upgrade, the most explicit first.
struct Credentials(Vec<String>);

#[derive(Deserialize)]
struct GenerationParam {
    /// The generation that the client has content of. What is no generation is not the document's either.
    g: Option<String>,
}

#[derive(Deserialize)]
struct TokenParam {
    token: Option<String>,
}

impl FromRequestParts<AppState> for Credentials {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().to_owned());
        // Browsers cannot set headers on a socket, hence the parameter.
        let param =
            Query::<TokenParam>::from_request_parts(parts, state).await.ok().and_then(|Query(param)| param.token);
        let cookie =
            CookieJar::from_headers(&parts.headers).get(SESSION_COOKIE).map(|cookie| cookie.value().to_owned());
        Ok(Self([bearer, param, cookie].into_iter().flatten().collect()))
    }
}

/// axum's own limits are made for few sockets and large messages.
fn sized(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(4 * 1024)
        .write_buffer_size(4 * 1024)
        // A whole document goes out as one frame; what may wait behind it the outbox bounds.
        .max_write_buffer_size(80 * 1024 * 1024)
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
}

fn split(
    socket: WebSocket,
) -> (impl futures_util::Sink<Outgoing, Error = axum::Error> + Unpin, impl futures_util::Stream<Item = Incoming> + Unpin)
{
    let (sink, stream) = socket.split();
    let sink = sink.with(|outgoing| {
        ready(Ok(match outgoing {
            Outgoing::Frame(frame) => Message::Binary(frame),
            Outgoing::Close(code) => {
                Message::Close(Some(CloseFrame { code: code.as_u16(), reason: code.reason().into() }))
            }
        }))
    });
    let stream = stream
        // A frame that is too large, or a line that broke: either way nothing more can be read.
        .take_while(|message| ready(matches!(message, Ok(message) if !matches!(message, Message::Close(_)))))
        .filter_map(|message| {
            ready(match message {
                Ok(Message::Binary(bytes)) => Some(Incoming::Binary(bytes)),
                Ok(Message::Text(_)) => Some(Incoming::Text),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) | Err(_) => None,
            })
        });
    (sink, stream)
}
