//! Several servers: one NATS between them.
//!
//! Plain NATS delivers at most once, which is enough for what only hints at the database. The client reconnects by
//! itself, for ever; meanwhile the link is down and servers look into the database instead.

use std::{sync::Arc, time::Duration};

use async_nats::{Client, ConnectOptions};
use async_trait::async_trait;
use bytes::Bytes;
use shared::protocol::DocumentName;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch},
    time::timeout,
};
use uuid::Uuid;

use super::{Bus, Feed, Link, Topic, pulse::Pulse};
use crate::room::ServerId;

/// Messages that wait for the line, and their bytes. More are lost, and found in the log by whoever misses them.
const WAITING: usize = 4096;
const WAITING_BYTES: usize = 16 * 1024 * 1024;
/// Messages of one topic that a server may be behind; the same holds for what is lost.
const BEHIND: usize = 1024;
const RECONNECT_MIN: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_secs(1);
/// A line that answers no ping for twice this long is dead.
const PING: Duration = Duration::from_secs(5);
/// How long a subscription may take to be handed to the client.
const SUBSCRIBE: Duration = Duration::from_secs(1);
/// How long the last messages of a server that stops may take.
const FAREWELL: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    #[error("`--nats-url` is not the address of a NATS server, such as `nats://host:4222`")]
    Address(#[source] async_nats::ConnectError),
    #[error("several servers need one Postgres: `--nats-url` does not go with SQLite, which is one process's own")]
    Sqlite,
}

pub struct Nats {
    server: ServerId,
    /// What all subjects of this database begin with: two installations may share a NATS.
    prefix: String,
    client: Client,
    link: watch::Sender<Link>,
    outgoing: mpsc::Sender<Outgoing>,
    /// Bounds the bytes that wait.
    room: Arc<Semaphore>,
    /// Workers have none: they open no documents.
    pulse: Option<Pulse>,
}

enum Outgoing {
    Message {
        subject: String,
        message: Bytes,
        /// Given back when the client has the message.
        _room: OwnedSemaphorePermit,
    },
    /// To be answered when everything before it is on the line.
    Flush(oneshot::Sender<()>),
}

impl Nats {
    /// Begins to connect. That the NATS server does not answer is no error: the link is down until it does.
    pub async fn start(url: &str, cluster: Uuid, server: ServerId, pulse: Option<Pulse>) -> Result<Self, NatsError> {
        let link = watch::Sender::new(Link::Down);
        let told = link.clone();
        let options = ConnectOptions::new()
            .name("openflow")
            .no_echo()
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| {
                let exponent = u32::try_from(attempts.min(8)).unwrap_or(8);
                (RECONNECT_MIN * 2_u32.pow(exponent)).min(RECONNECT_MAX)
            })
            .ping_interval(PING)
            .subscription_capacity(BEHIND)
            .event_callback(move |event| {
                let told = told.clone();
                async move { take_note(&event, &told) }
            });
        let client = options.connect(url).await.map_err(NatsError::Address)?;
        let (outgoing, waiting) = mpsc::channel(WAITING);
        tokio::spawn(send(client.clone(), waiting));
        Ok(Self {
            server,
            prefix: format!("openflow.{}", cluster.simple()),
            client,
            link,
            outgoing,
            room: Arc::new(Semaphore::new(WAITING_BYTES)),
            pulse,
        })
    }

    fn subject(&self, topic: Topic) -> String {
        match topic {
            Topic::Document(DocumentName::Graph(workflow)) => format!("{}.graph.{workflow}", self.prefix),
            Topic::Document(DocumentName::Outputs(workflow)) => format!("{}.outputs.{workflow}", self.prefix),
            Topic::Servers => format!("{}.servers", self.prefix),
            Topic::Runs => format!("{}.runs", self.prefix),
        }
    }
}

fn take_note(event: &async_nats::Event, link: &watch::Sender<Link>) {
    use async_nats::Event::{ClientError, Closed, Connected, Disconnected, ServerError, SlowConsumer};
    match event {
        Connected => {
            tracing::info!("connected to NATS");
            link.send_replace(Link::Up);
        }
        Disconnected | Closed => {
            if link.send_replace(Link::Down) == Link::Up {
                tracing::warn!("NATS does not answer: changes of other servers are looked up in the database");
            }
        }
        SlowConsumer(_) => metrics::counter!("openflow_bus_lost_total").increment(1),
        // The next attempts of a line that is down; the log heard of that once.
        ServerError(error) => tracing::debug!(%error, "NATS refused something"),
        ClientError(error) => tracing::debug!(%error, "could not reach NATS"),
        async_nats::Event::LameDuckMode | async_nats::Event::Draining => {}
    }
}

async fn send(client: Client, mut waiting: mpsc::Receiver<Outgoing>) {
    while let Some(outgoing) = waiting.recv().await {
        match outgoing {
            Outgoing::Message { subject, message, _room } => {
                if let Err(error) = client.publish(subject, message).await {
                    // Too large for this NATS, or the client has ended.
                    tracing::debug!(error = %anyhow::Error::from(error), "could not publish");
                    metrics::counter!("openflow_bus_lost_total").increment(1);
                }
            }
            Outgoing::Flush(flushed) => {
                // The line may be down: then nobody hears the rest.
                client.flush().await.ok();
                flushed.send(()).ok();
            }
        }
    }
}

#[async_trait]
impl Bus for Nats {
    fn server(&self) -> ServerId {
        self.server
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    async fn follow(&self, topic: Topic) -> Feed {
        // While the line is down the client remembers subscriptions, but only so many.
        match timeout(SUBSCRIBE, self.client.subscribe(self.subject(topic))).await {
            Ok(Ok(subscriber)) => Feed::Nats(subscriber),
            Ok(Err(_)) | Err(_) => Feed::Silent,
        }
    }

    fn publish(&self, topic: Topic, message: Bytes) {
        // What waits for a line that is down would be old when it comes.
        if *self.link.borrow() != Link::Up {
            return;
        }
        let room = self.room.clone().try_acquire_many_owned(message.len().min(WAITING_BYTES) as u32);
        let sent = room.is_ok_and(|room| {
            let subject = self.subject(topic);
            self.outgoing.try_send(Outgoing::Message { subject, message, _room: room }).is_ok()
        });
        if !sent {
            metrics::counter!("openflow_bus_lost_total").increment(1);
        }
    }

    async fn close(&self) {
        let (flushed, done) = oneshot::channel();
        if *self.link.borrow() == Link::Up && self.outgoing.try_send(Outgoing::Flush(flushed)).is_ok() {
            timeout(FAREWELL, done).await.ok();
        }
        if let Some(pulse) = &self.pulse {
            pulse.end().await;
        }
    }
}
