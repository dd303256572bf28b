//! What one socket still has to be sent: a queue that is measured in bytes.
//!
//! Rooms put frames in and never wait; the socket's writer takes them out. A room that finds a socket far behind stops
//! queueing edits for it and sends the difference once it has drained ([`Outbox::is_lagging`]); a socket that falls
//! behind for good is closed. Nothing is ever dropped silently.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use shared::protocol::CloseCode;
use tokio::sync::Notify;

/// From here on a socket gets no single edits any more.
pub const LAG_BYTES: usize = 1024 * 1024;
/// Below this it has caught up enough to be sent the difference.
const DRAINED_BYTES: usize = 64 * 1024;
/// A socket with more than this waiting is closed.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Whole documents that a socket asked for count apart: one may be larger than everything else may be together.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    Frame(Bytes),
    /// Nothing follows.
    Close(CloseCode),
}

#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Rooms write, the socket's writer reads: a lock, because several rooms serve one socket. Held for a push or pop.
    queue: Mutex<Queue>,
    /// Copy of `queue.bytes` for rooms that only want to look.
    bytes: AtomicUsize,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<(Kind, Bytes)>,
    bytes: usize,
    answer_bytes: usize,
    close: Option<CloseCode>,
    /// How many documents the socket has open.
    documents: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Answer,
}

impl Outbox {
    /// Queues an edit, an acknowledgement, or presence.
    pub fn push(&self, frame: Bytes) {
        self.add(Kind::Ordinary, frame);
    }

    /// Queues a document, or a large part of one, that the socket asked for.
    pub fn push_answer(&self, frame: Bytes) {
        self.add(Kind::Answer, frame);
    }

    fn add(&self, kind: Kind, frame: Bytes) {
        let mut queue = self.lock();
        if queue.close.is_some() {
            return;
        }
        match kind {
            Kind::Ordinary => queue.bytes += frame.len(),
            Kind::Answer => queue.answer_bytes += frame.len(),
        }
        queue.frames.push_back((kind, frame));
        if queue.bytes > MAX_BYTES || queue.answer_bytes > MAX_ANSWER_BYTES {
            metrics::counter!("openflow_sockets_overloaded_total").increment(1);
            queue.shut(CloseCode::Overload);
        }
        self.0.bytes.store(queue.bytes, Ordering::Relaxed);
        drop(queue);
        self.0.wake.notify_one();
    }

    /// Ends the socket. What is queued is not sent any more, unless nothing is wrong and the peer should still have it.
    pub fn close(&self, code: CloseCode) {
        let mut queue = self.lock();
        match code {
            CloseCode::GoingAway => queue.close = queue.close.or(Some(code)),
            _ => queue.shut(code),
        }
        drop(queue);
        self.0.wake.notify_one();
    }

    pub fn document_put_on(&self) {
        self.lock().documents += 1;
    }

    /// The right to one document is lost: a socket without any other is closed.
    pub fn document_taken_off(&self, code: CloseCode) {
        let mut queue = self.lock();
        queue.documents = queue.documents.saturating_sub(1);
        if queue.documents == 0 {
            // What is queued says why, so it may still go.
            queue.close.get_or_insert(code);
        }
        drop(queue);
        self.0.wake.notify_one();
    }

    /// Whether single edits should no longer be queued.
    pub fn is_lagging(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) > LAG_BYTES
    }

    pub fn is_drained(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) < DRAINED_BYTES
    }

    /// Waits for the next thing to send. For the socket's one writer; may be dropped and called again.
    pub async fn next(&self) -> Outgoing {
        loop {
            // Made before looking, so that a push in between wakes it.
            let woken = self.0.wake.notified();
            if let Some(next) = self.take() {
                return next;
            }
            woken.await;
        }
    }

    /// What is there to be sent now.
    pub fn take(&self) -> Option<Outgoing> {
        let mut queue = self.lock();
        let Some((kind, frame)) = queue.frames.pop_front() else { return queue.close.map(Outgoing::Close) };
        match kind {
            Kind::Ordinary => queue.bytes -= frame.len(),
            Kind::Answer => queue.answer_bytes -= frame.len(),
        }
        self.0.bytes.store(queue.bytes, Ordering::Relaxed);
        Some(Outgoing::Frame(frame))
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn shut(&mut self, code: CloseCode) {
        self.close.get_or_insert(code);
        self.frames.clear();
        self.bytes = 0;
        self.answer_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_leave_in_order_and_before_the_close() {
        let outbox = Outbox::default();
        outbox.push(Bytes::from_static(b"a"));
        outbox.push_answer(Bytes::from_static(b"b"));
        outbox.close(CloseCode::GoingAway);
        assert_eq!(outbox.next().await, Outgoing::Frame(Bytes::from_static(b"a")));
        assert_eq!(outbox.next().await, Outgoing::Frame(Bytes::from_static(b"b")));
        assert_eq!(outbox.next().await, Outgoing::Close(CloseCode::GoingAway));
    }

    #[tokio::test]
    async fn a_socket_that_does_not_read_lags_and_is_then_closed() {
        let outbox = Outbox::default();
        let frame = Bytes::from(vec![0; 512 * 1024]);
        for _ in 0..3 {
            outbox.push(frame.clone());
        }
        assert!(outbox.is_lagging());
        for _ in 0..6 {
            outbox.push(frame.clone());
        }
        assert_eq!(outbox.next().await, Outgoing::Close(CloseCode::Overload));
        assert!(outbox.is_drained());
    }

    #[tokio::test]
    async fn a_large_document_does_not_count_as_lag() {
        let outbox = Outbox::default();
        outbox.push_answer(Bytes::from(vec![0; 20 * 1024 * 1024]));
        assert!(!outbox.is_lagging());
        outbox.push(Bytes::from_static(b"edit"));
        assert!(matches!(outbox.next().await, Outgoing::Frame(frame) if frame.len() == 20 * 1024 * 1024));
    }

    #[tokio::test]
    async fn a_lost_right_closes_at_once() {
        let outbox = Outbox::default();
        outbox.push(Bytes::from_static(b"secret"));
        outbox.close(CloseCode::Forbidden);
        outbox.push(Bytes::from_static(b"more"));
        assert_eq!(outbox.next().await, Outgoing::Close(CloseCode::Forbidden));
    }
}
