//! Keeps a replica equal to the server's documents: one WebSocket to `/api/sync` for both, opened again when it breaks.
//!
//! [`link`] knows the protocol and [`backoff`] the patience; here is only the loop that ties them to a socket, timers
//! and the replica. Started once by [`crate::replica::use_replica_provider`], stopped by leaving the page.

pub mod backoff;
pub mod link;
pub mod outbox;

use std::rc::Rc;

use futures_util::{FutureExt, future::Either, pin_mut, select_biased};
use gloo_timers::future::TimeoutFuture;
use shared::protocol::{CloseCode, worth_retrying};

use self::{backoff::Backoff, link::Action};
use crate::{
    dom::{self, Listener, Socket, SocketEvent},
    replica::{Replica, view::Closed},
};

/// Servers speak at least every 15 s; a line that is silent for longer than this is dead, whatever the browser thinks.
const SILENCE_MILLIS: u64 = 35_000;
const TICK_MILLIS: u32 = 5_000;

/// Runs until the workflow is closed for good or the page is left.
pub async fn run(replica: Replica) {
    let mut backoff = Backoff::default();
    loop {
        let ended = connection(&replica, &mut backoff).await;
        replica.disconnected();
        if let Some(closed) = ended {
            replica.close(closed);
            return;
        }
        pause(backoff.next_millis(dom::random())).await;
    }
}

/// Waits, but not longer than until the browser sees a network again or the person comes back to the tab.
async fn pause(millis: u32) {
    let bell = Rc::new(crate::replica::Wake::default());
    let ring = || {
        let bell = bell.clone();
        move |_| bell.ring()
    };
    let _online = Listener::new(dom::window(), "online", ring());
    let _visible = Listener::new(dom::document(), "visibilitychange", ring());
    let timer = TimeoutFuture::new(millis);
    let rung = bell.wait();
    pin_mut!(timer, rung);
    match futures_util::future::select(timer, rung).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}

/// One socket's life. `Some`: no other would fare better.
async fn connection(replica: &Replica, backoff: &mut Backoff) -> Option<Closed> {
    let mut socket = Socket::open(&dom::socket_url("/api/sync")).ok()?;
    let offline = Rc::new(crate::replica::Wake::default());
    let _offline = Listener::new(dom::window(), "offline", {
        let offline = offline.clone();
        move |_| offline.ring()
    });
    let sender = socket.sender();
    let mut heard_millis = dom::now_millis();
    loop {
        let tick = TimeoutFuture::new(TICK_MILLIS).fuse();
        let outgoing = replica.outgoing().wait().fuse();
        let dead = offline.wait().fuse();
        pin_mut!(tick, outgoing, dead);
        let actions = {
            let event = socket.next().fuse();
            pin_mut!(event);
            select_biased! {
                event = event => {
                    heard_millis = dom::now_millis();
                    match event {
                        SocketEvent::Opened => replica.opened(sender.clone()),
                        SocketEvent::Frame(frame) => replica.received(&frame),
                        SocketEvent::Closed { code } => return ending(replica, code),
                    }
                }
                () = outgoing => replica.departing(),
                () = dead => return None,
                () = tick => {
                    if dom::now_millis().saturating_sub(heard_millis) > SILENCE_MILLIS {
                        return None;
                    }
                    replica.departing()
                }
            }
        };
        for action in actions {
            match action {
                Action::Send(frame) => sender.send(&frame),
                Action::Close(closed) => return Some(closed),
                Action::Reconnect => return None,
                Action::Resync => replica.refused(),
                Action::Apply { document, update } => {
                    backoff.succeeded();
                    replica.queue(document, update);
                }
                Action::Presence(update) => replica.heard(&update),
                Action::Announce => sender.send(&replica.announce()),
                Action::ScopeChanged(_) => replica.role_changed(),
            }
        }
        replica.show_save_state();
    }
}

/// Whether a closed socket is the end; `None`: try again.
fn ending(replica: &Replica, code: u16) -> Option<Closed> {
    match CloseCode::from_u16(code) {
        Some(known) => replica.closed(known),
        None => (!worth_retrying(code)).then_some(Closed::Fault),
    }
}
