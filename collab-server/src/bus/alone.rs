//! No messenger: a single server, or servers that look into the database for what the others wrote.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use super::{Bus, Feed, Link, Topic, pulse::Pulse};
use crate::{db::Db, room::ServerId};

pub struct Alone {
    server: ServerId,
    link: watch::Sender<Link>,
    pulse: Option<Pulse>,
}

impl Default for Alone {
    fn default() -> Self {
        Self { server: ServerId::random(), link: watch::Sender::new(Link::Alone), pulse: None }
    }
}

impl Alone {
    /// On a database that others may come to. As long as nobody does, this is a single server.
    pub fn unless_others_come(db: Db) -> Self {
        let mut alone = Self::default();
        let link = alone.link.clone();
        alone.pulse = Some(Pulse::start(db, alone.server, move |others| {
            let now = if others { Link::Down } else { Link::Alone };
            let changed = link.send_if_modified(|link| std::mem::replace(link, now) != now);
            if changed && others {
                tracing::info!("another server works on this database: what it writes is looked up there");
            }
        }));
        alone
    }
}

#[async_trait]
impl Bus for Alone {
    fn server(&self) -> ServerId {
        self.server
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    async fn follow(&self, _topic: Topic) -> Feed {
        Feed::Silent
    }

    fn publish(&self, _topic: Topic, _message: Bytes) {}

    async fn close(&self) {
        if let Some(pulse) = &self.pulse {
            pulse.end().await;
        }
    }
}
