//! A WebSocket as a stream of events, and a sender that never waits.

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::Listener;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    Opened,
    Frame(Vec<u8>),
    /// Nothing follows. Browsers report a refused upgrade and a cut line alike, as 1006.
    Closed {
        code: u16,
    },
}

/// Closed when dropped.
pub struct Socket {
    socket: WebSocket,
    events: UnboundedReceiver<SocketEvent>,
    _listeners: [Listener; 3],
}

impl Socket {
    pub fn open(url: &str) -> Result<Self, JsValue> {
        let socket = WebSocket::new(url)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (sender, events) = unbounded();
        let listeners = [
            forward(&socket, "open", &sender, |_| Some(SocketEvent::Opened)),
            forward(&socket, "message", &sender, |event| {
                let data = event.unchecked_ref::<MessageEvent>().data();
                // Text frames are not of the protocol.
                let buffer = data.dyn_into::<ArrayBuffer>().ok()?;
                Some(SocketEvent::Frame(Uint8Array::new(&buffer).to_vec()))
            }),
            forward(&socket, "close", &sender, |event| {
                Some(SocketEvent::Closed { code: event.unchecked_ref::<CloseEvent>().code() })
            }),
        ];
        Ok(Self { socket, events, _listeners: listeners })
    }

    pub async fn next(&mut self) -> SocketEvent {
        // The senders live in the listeners beside the receiver, so the stream cannot end before them.
        self.events.next().await.unwrap_or(SocketEvent::Closed { code: 1006 })
    }

    /// For those who send.
    pub fn sender(&self) -> SocketSender {
        SocketSender(self.socket.clone())
    }
}

#[derive(Clone)]
pub struct SocketSender(WebSocket);

impl SocketSender {
    /// Queues a frame in the browser. A socket that is not open drops it; its `Closed` event follows.
    pub fn send(&self, frame: &[u8]) {
        if self.0.ready_state() == WebSocket::OPEN {
            let _ = self.0.send_with_u8_array(frame);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

fn forward(
    socket: &WebSocket,
    event: &'static str,
    sender: &UnboundedSender<SocketEvent>,
    read: impl Fn(web_sys::Event) -> Option<SocketEvent> + 'static,
) -> Listener {
    let sender = sender.clone();
    Listener::new(socket.clone(), event, move |event| {
        if let Some(event) = read(event) {
            // The receiver is gone only when the socket is.
            let _ = sender.unbounded_send(event);
        }
    })
}
