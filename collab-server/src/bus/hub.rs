//! Servers of one process, joined without a network: for tests. Can lose messages, and cut the line, as a network does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::{Bus, Feed, Link, Topic};
use crate::room::ServerId;

const FEED_LEN: usize = 4096;

/// Decides whether the message of that number gets through.
type Sieve = Box<dyn Fn(u64) -> bool + Send>;

/// What joins the servers.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    /// A lock because servers are tasks; never held across an await.
    state: Mutex<State>,
    link: watch::Sender<Link>,
}

#[derive(Default)]
struct State {
    feeds: BTreeMap<Topic, Vec<mpsc::Sender<Bytes>>>,
    published: u64,
    passes: Option<Sieve>,
}

impl Default for Hub {
    fn default() -> Self {
        Self(Arc::new(Inner { state: Mutex::default(), link: watch::Sender::new(Link::Up) }))
    }
}

impl Hub {
    /// The end of the line for one more server.
    pub fn join(&self) -> impl Bus + use<> {
        Joined { server: ServerId::random(), hub: self.clone() }
    }

    /// From now on only messages whose number passes get through.
    pub fn sieve(&self, passes: impl Fn(u64) -> bool + Send + 'static) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).passes = Some(Box::new(passes));
    }

    /// Cuts the line, or mends it.
    pub fn set_up(&self, up: bool) {
        self.0.link.send_replace(if up { Link::Up } else { Link::Down });
    }

    fn is_up(&self) -> bool {
        *self.0.link.borrow() == Link::Up
    }
}

struct Joined {
    server: ServerId,
    hub: Hub,
}

#[async_trait]
impl Bus for Joined {
    fn server(&self) -> ServerId {
        self.server
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.hub.0.link.subscribe()
    }

    async fn follow(&self, topic: Topic) -> Feed {
        let (sender, receiver) = mpsc::channel(FEED_LEN);
        self.hub.0.state.lock().unwrap_or_else(PoisonError::into_inner).feeds.entry(topic).or_default().push(sender);
        Feed::Hub(receiver)
    }

    fn publish(&self, topic: Topic, message: Bytes) {
        if !self.hub.is_up() {
            return;
        }
        let mut state = self.hub.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.published += 1;
        let passes = state.passes.as_ref().is_none_or(|passes| passes(state.published));
        if let Some(feeds) = state.feeds.get_mut(&topic).filter(|_| passes) {
            // A feed that is full loses the message, one that ended is taken off.
            feeds.retain(|feed| !matches!(feed.try_send(message.clone()), Err(mpsc::error::TrySendError::Closed(_))));
        }
    }

    async fn close(&self) {}
}
