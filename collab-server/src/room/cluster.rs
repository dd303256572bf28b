//! One task of every server: hears what concerns all its rooms, and looks into the database where the bus cannot be
//! relied on.
//!
//! While the bus is down it looks twice a second for what other servers wrote, and every two seconds at everybody's
//! rights; while it is up it still does so now and then, because a last message that is lost leaves no hole to be seen.
//! A single server does nothing here until another one comes to its database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Weak},
    time::Duration,
};

use shared::id::{UserId, WorkflowId};
use tokio::{
    sync::oneshot,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{Inner, RightsError, Rooms, Visitor, actor::Message, heads::ServerId};
use crate::bus::{Bus, Event, FromServer, Link, Topic};

const ALIVE: Duration = Duration::from_secs(2);
/// A server that was silent for so long while the bus was up is dead.
const DEAD: Duration = Duration::from_secs(7);
const LOOK_WHILE_DOWN: Duration = Duration::from_millis(500);
const LOOK_WHILE_UP: Duration = Duration::from_secs(5);
/// Rights that were taken on another server while the bus is down.
const RIGHTS_WHILE_DOWN: Duration = Duration::from_secs(2);
const RIGHTS_WHILE_UP: Duration = Duration::from_secs(60);
const DOCUMENTS_PER_QUERY: usize = 1000;

/// Runs for as long as the rooms are there.
pub(super) async fn run(inner: Weak<Inner>, bus: Arc<dyn Bus>) {
    let mut link = bus.link();
    let mut feed = bus.follow(Topic::Servers).await;
    let mut alive = interval(ALIVE);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut neighbours = Neighbours::default();
    let (mut look_at, mut rights_at) = (Instant::now() + LOOK_WHILE_DOWN, Instant::now() + RIGHTS_WHILE_DOWN);
    loop {
        let (alone, up) = {
            let link = link.borrow_and_update();
            (*link == Link::Alone, *link == Link::Up)
        };
        tokio::select! {
            message = feed.next() => {
                let (Some(rooms), Some(said)) = (upgrade(&inner), FromServer::decode(&message)) else { continue };
                if said.server != bus.server() {
                    neighbours.hear(&rooms, said).await;
                }
            }
            changed = link.changed() => {
                if changed.is_err() {
                    return;
                }
                if *link.borrow() == Link::Up {
                    if feed.is_silent() {
                        feed = bus.follow(Topic::Servers).await;
                    }
                    // Nobody could be heard, and what they said about rights is lost.
                    neighbours.forgive();
                    alive.reset_immediately();
                }
                (look_at, rights_at) = (Instant::now(), Instant::now());
            }
            _ = alive.tick() => {
                let Some(rooms) = upgrade(&inner) else { return };
                if up {
                    rooms.tell_servers(Event::Alive);
                    neighbours.bury(&rooms);
                }
            }
            () = sleep_until(look_at), if !alone => {
                let Some(rooms) = upgrade(&inner) else { return };
                rooms.look_into_log().await;
                look_at = Instant::now() + if up { LOOK_WHILE_UP } else { LOOK_WHILE_DOWN };
            }
            () = sleep_until(rights_at), if !alone => {
                let Some(rooms) = upgrade(&inner) else { return };
                if let Err(error) = rooms.look_at_all_rights().await {
                    // The database is away too: nothing can be written, so nobody gains by it.
                    tracing::debug!(error = %anyhow::Error::from(error), "could not look at everybody's rights");
                }
                rights_at = Instant::now() + if up { RIGHTS_WHILE_UP } else { RIGHTS_WHILE_DOWN };
            }
        }
    }
}

fn upgrade(inner: &Weak<Inner>) -> Option<Rooms> {
    inner.upgrade().map(Rooms)
}

/// The other servers, and when each was last heard.
#[derive(Default)]
struct Neighbours(BTreeMap<ServerId, Instant>);

impl Neighbours {
    async fn hear(&mut self, rooms: &Rooms, said: FromServer) {
        let FromServer { server, event } = said;
        if self.0.insert(server, Instant::now()).is_none() {
            // One that has just come, and does not know who is there.
            rooms.tell_servers(Event::Alive);
        }
        match event {
            Event::RoleChanged { user, workflow } => rooms.role_changed_here(user, workflow).await,
            Event::SignedOut { ended } => rooms.signed_out_here(ended).await,
            Event::Replaced { workflow } => {
                for (_, room) in rooms.0.registry.open().into_iter().filter(|(name, _)| name.workflow() == workflow) {
                    // A room that has ended need not look.
                    room.send(Message::Look).await.ok();
                }
            }
            Event::Alive => {}
            Event::Leaving => self.lose(rooms, server),
        }
    }

    fn forgive(&mut self) {
        self.0.values_mut().for_each(|heard_at| *heard_at = Instant::now());
    }

    fn bury(&mut self, rooms: &Rooms) {
        let dead: Vec<_> = self.0.iter().filter(|(_, heard)| heard.elapsed() >= DEAD).map(|(id, _)| *id).collect();
        for server in dead {
            tracing::warn!(%server, "another server is silent: the people on it are gone");
            self.lose(rooms, server);
        }
    }

    fn lose(&mut self, rooms: &Rooms, server: ServerId) {
        self.0.remove(&server);
        for (_, room) in rooms.0.registry.open() {
            // In a room that is too busy to be told they expire by themselves.
            room.inbox.try_send(Box::new(Message::ServerGone(server))).ok();
        }
    }
}

/// Who has which workflows open here.
type Present = BTreeMap<UserId, (Vec<Visitor>, BTreeSet<WorkflowId>)>;

impl Rooms {
    /// Compares all open documents with the log, in a few queries.
    async fn look_into_log(&self) {
        let open = self.0.registry.open();
        for rooms in open.chunks(DOCUMENTS_PER_QUERY) {
            let names: Vec<_> = rooms.iter().map(|(name, _)| *name).collect();
            let standings = match self.0.store.standings(&names).await {
                Ok(standings) => standings,
                Err(error) => {
                    tracing::debug!(error = %anyhow::Error::from(error), "could not look into the log");
                    return;
                }
            };
            let mut standings: BTreeMap<_, _> = standings.into_iter().map(|one| (one.edition.document, one)).collect();
            for (name, room) in rooms {
                // What is not there was deleted: the room finds out.
                let message = standings.remove(name).map_or(Message::Look, Message::Standing);
                // A room that is too busy now is looked after next time.
                room.inbox.try_send(Box::new(message)).ok();
            }
        }
    }

    /// Looks up everybody's session and role again. Who comes in meanwhile is looked at by the next one.
    async fn look_at_all_rights(&self) -> Result<(), RightsError> {
        for (user, (visitors, workflows)) in self.everybody_here().await {
            for visitor in visitors {
                if !self.0.rights.is_signed_in(&visitor).await? {
                    self.signed_out_here(visitor.credential).await;
                }
            }
            for workflow in workflows {
                let role = self.0.rights.role(user, workflow).await?;
                for (_, room) in self.0.registry.open().into_iter().filter(|(name, _)| name.workflow() == workflow) {
                    // A room that has ended has nobody in it.
                    room.send(Message::RoleChanged { user, role }).await.ok();
                }
            }
        }
        Ok(())
    }

    async fn everybody_here(&self) -> Present {
        let mut here = Present::new();
        for (name, room) in self.0.registry.open() {
            let (answer, visitors) = oneshot::channel();
            if room.send(Message::Visitors(answer)).await.is_ok()
                && let Ok(visitors) = visitors.await
            {
                for visitor in visitors {
                    let (same, workflows) = here.entry(visitor.user.id).or_default();
                    workflows.insert(name.workflow());
                    if same.iter().all(|other| other.credential != visitor.credential) {
                        same.push(visitor);
                    }
                }
            }
        }
        here
    }
}
