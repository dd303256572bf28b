//! Who works in a run and who only waits for people: how its host learns that it may put the run aside.
//!
//! Every task of a run counts as working from before it is started until what it brought has been taken in, except while
//! it has nothing to do but wait for others that are counted themselves, or for people. So the count is never zero by
//! accident between two nodes.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

/// The count of one run. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    working: AtomicUsize,
    asking: AtomicUsize,
    /// Told when the last one stops working while somebody asks.
    rest: Notify,
}

/// Something is at work while this lives.
#[derive(Debug)]
pub(crate) struct Working(Activity);

impl Activity {
    /// Whether all that is left to do is wait for people.
    pub fn only_asks(&self) -> bool {
        self.0.working.load(Ordering::SeqCst) == 0 && self.0.asking.load(Ordering::SeqCst) > 0
    }

    /// Until that is so.
    pub async fn until_only_asks(&self) {
        loop {
            // Before the look, or what happens in between would be missed.
            let rest = self.0.rest.notified();
            if self.only_asks() {
                return;
            }
            rest.await;
        }
    }

    /// Counts one more.
    pub(crate) fn begin(&self) -> Working {
        self.0.working.fetch_add(1, Ordering::SeqCst);
        Working(self.clone())
    }

    /// Work of a task that is counted already: it does not count while the work has nothing to do.
    pub(crate) async fn idle<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut aside: Option<Aside<'_>> = None;
        poll_fn(|cx| {
            aside = None;
            let polled = work.as_mut().poll(cx);
            if polled.is_pending() {
                self.stop();
                aside = Some(Aside(self));
            }
            polled
        })
        .await
    }

    /// The same, for work that waits for people.
    pub(crate) async fn ask<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.asking.fetch_add(1, Ordering::SeqCst);
        let _asking = Asking(self);
        self.idle(work).await
    }

    fn stop(&self) {
        if self.0.working.fetch_sub(1, Ordering::SeqCst) == 1 && self.only_asks() {
            self.0.rest.notify_waiters();
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A task that is not counted for the moment.
struct Aside<'a>(&'a Activity);

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.0.working.fetch_add(1, Ordering::SeqCst);
    }
}

struct Asking<'a>(&'a Activity);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.0.asking.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_run_only_asks_when_nobody_works() {
        let activity = Activity::default();
        let (answer, answered) = oneshot::channel::<()>();
        let first = activity.begin();
        assert!(!activity.only_asks());
        let asking = tokio::spawn({
            let activity = activity.clone();
            let working = activity.begin();
            async move {
                activity.ask(answered).await.unwrap();
                working
            }
        });
        while activity.0.working.load(Ordering::SeqCst) > 1 {
            tokio::task::yield_now().await;
        }
        assert!(!activity.only_asks(), "the first one works still");
        drop(first);
        activity.until_only_asks().await;
        answer.send(()).unwrap();
        let working = asking.await.unwrap();
        assert!(!activity.only_asks(), "it works again");
        drop(working);
        assert!(!activity.only_asks(), "nobody asks");
    }

    #[tokio::test]
    async fn what_is_dropped_while_it_waits_leaves_nothing_behind() {
        let activity = Activity::default();
        let working = activity.begin();
        let mut asking = Box::pin(activity.ask(std::future::pending::<()>()));
        assert!(poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx))).await.is_pending());
        assert!(activity.only_asks());
        drop(asking);
        drop(working);
        assert_eq!(activity.0.working.load(Ordering::SeqCst), 0);
        assert!(!activity.only_asks());
    }
}
