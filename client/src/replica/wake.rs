//! A bell that one task waits for and everybody may ring.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    task::{Poll, Waker},
};

/// Ringing before anybody waits is not lost: the next wait answers at once.
#[derive(Debug, Default)]
pub struct Wake {
    rung: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Wake {
    pub fn ring(&self) {
        self.rung.set(true);
        if let Some(waker) = self.waiting.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Whether the next wait answers at once.
    pub fn is_rung(&self) -> bool {
        self.rung.get()
    }

    pub async fn wait(&self) {
        poll_fn(|cx| {
            if self.rung.take() {
                return Poll::Ready(());
            }
            *self.waiting.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_ring_before_the_wait_is_not_lost_and_counts_once() {
        let wake = Wake::default();
        wake.ring();
        wake.ring();
        assert!(wake.is_rung());
        assert!(wake.wait().now_or_never().is_some());
        assert!(!wake.is_rung());
        assert!(wake.wait().now_or_never().is_none());
    }
}
