//! WebSockets at the vendor's own address, opened by the same client and under the same rules as every request.

use std::time::Duration;

use reqwest::{Method, StatusCode, Upgraded, Version};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

use super::Rest;

const OPENING_TIME_MAX: Duration = Duration::from_secs(3);

/// A connection on which the vendor speaks by itself.
pub(crate) type Socket = WebSocketStream<Upgraded>;

impl Rest {
    /// Opens a WebSocket. `None`: there is none, or it does not open in time; whoever wants one can do without.
    pub async fn socket(&self, path: &str, message_max_bytes: usize) -> Option<Socket> {
        let key = generate_key();
        let request = self.outbound.request_at_origin(Method::GET, &self.url(path), self.reach).ok()?;
        let request = self.signed(request).version(Version::HTTP_11);
        let request = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", &key),
        ]
        .into_iter()
        .fold(request, |request, (name, value)| request.header(name, value));
        let opening = async {
            let response = self.outbound.send(request).await.ok()?;
            let accepts = response.headers().get("sec-websocket-accept")?.to_str().ok()?;
            let is_socket =
                response.status() == StatusCode::SWITCHING_PROTOCOLS && accepts == derive_accept_key(key.as_bytes());
            if is_socket { response.upgrade().await.ok() } else { None }
        };
        let stream = tokio::time::timeout(OPENING_TIME_MAX, opening).await.ok()??;
        let config = WebSocketConfig::default()
            .max_message_size(Some(message_max_bytes))
            .max_frame_size(Some(message_max_bytes));
        Some(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
    }
}
