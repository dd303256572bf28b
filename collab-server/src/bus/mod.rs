//! What the servers of one database tell each other, so that people on different servers work in the same documents.
//!
//! Nothing here is the truth: that is the database. A message may be lost, late or doubled, and whoever misses one
//! notices by its number and looks into the update log. So publishing never waits and never fails. [`Alone`] is for a
//! single server, [`Nats`] for several; tests join rooms of one process with a hub. Called by `room`, and by `run`.

mod alone;
mod event;
#[cfg(test)]
mod hub;
mod nats;
mod note;
mod pulse;
mod run_note;

use async_trait::async_trait;
use bytes::Bytes;
use shared::protocol::DocumentName;
use tokio::sync::watch;

pub use alone::Alone;
pub use event::{Event, FromServer};
#[cfg(test)]
pub use hub::Hub;
pub use nats::{Nats, NatsError};
pub use note::{Note, Present, Said};
pub use pulse::Pulse;
pub use run_note::RunNote;

use crate::room::ServerId;

/// What a message is about; whoever follows a topic hears the messages of all other servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A [`Note`] about an open document.
    Document(DocumentName),
    /// An [`Event`] for every server.
    Servers,
    /// A [`RunNote`] for servers and workers.
    Runs,
}

/// Whether messages get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// There are no other servers.
    Alone,
    Up,
    /// There may be others; what they write is found in the database.
    Down,
}

#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// This server, as others know it.
    fn server(&self) -> ServerId;

    fn link(&self) -> watch::Receiver<Link>;

    /// Messages about a topic from now on, perhaps also one's own. While the line is down there may be none.
    async fn follow(&self, topic: Topic) -> Feed;

    /// Does not wait. What cannot be sent now is lost.
    fn publish(&self, topic: Topic, message: Bytes);

    /// Sends what was published, as far as that is quickly done. The last call.
    async fn close(&self);
}

/// Messages about one topic. Dropping it ends that.
#[derive(Debug)]
pub enum Feed {
    Silent,
    Nats(async_nats::Subscriber),
    #[cfg(test)]
    Hub(tokio::sync::mpsc::Receiver<Bytes>),
}

impl Feed {
    /// Waits for the next message. May be dropped and called again.
    pub async fn next(&mut self) -> Bytes {
        use futures_util::StreamExt;
        let next = match self {
            Self::Silent => None,
            Self::Nats(subscriber) => subscriber.next().await.map(|message| message.payload),
            #[cfg(test)]
            Self::Hub(receiver) => receiver.recv().await,
        };
        match next {
            Some(message) => message,
            // The line has ended for good.
            None => std::future::pending().await,
        }
    }

    /// A message that is here already.
    pub fn take(&mut self) -> Option<Bytes> {
        use futures_util::FutureExt;
        match self {
            Self::Silent => None,
            _ => self.next().now_or_never(),
        }
    }

    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Silent)
    }
}
