//! Being here with others: asking them to come, hearing them ask, and falling quiet.

use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use shared::id::NodeId;

use super::state::{Canvas, CanvasStateStoreExt, use_canvas};
use crate::{
    dom,
    replica::view::CanvasViewStoreExt,
    ui::{Button, Size, Toaster, Tone, Variant},
};

/// Who has not moved, typed or clicked for this long is shown fainter.
const IDLE_MILLIS: u64 = 30_000;
const LOOK_MILLIS: u32 = 5_000;

impl Canvas {
    pub(super) fn bring_here(&self, toaster: Toaster) {
        let seen = self.looking().visible(self.screen());
        self.replica().set_presence(|own| {
            own.viewport = Some([seen.x, seen.y, seen.width, seen.height]);
            own.calls = own.calls.wrapping_add(1);
        });
        toaster.say(Tone::Ok, "Everyone who is here was asked to come.");
    }

    /// Whoever has the node selected, as one does to change it; what changed otherwise was somebody's.
    pub fn who_changed(&self, id: &NodeId) -> String {
        let holders = self.holders.peek();
        let holder = holders.get(id).map(|(name, _)| name.clone());
        let people = self.view.people();
        let people = people.peek();
        let mut named = people.values().filter_map(|person| person.user.as_ref().map(|user| user.name.clone()));
        // Of one other person here there is no doubt.
        holder.or_else(|| named.next().filter(|_| people.len() == 1)).unwrap_or_else(|| "Somebody else".into())
    }
}

/// Tells the others when this person falls idle, and when they are back.
pub fn use_idleness(canvas: Canvas) {
    // A plain cell: the browser calls back from outside Dioxus.
    let active_millis = use_hook(|| Rc::new(Cell::new(dom::now_millis())));
    use_hook(|| {
        let replica = canvas.replica();
        let events = ["pointermove", "pointerdown", "keydown", "wheel"];
        let listeners = events.map(|event| {
            let (active_millis, replica) = (active_millis.clone(), replica.clone());
            dom::Listener::new(dom::window(), event, move |_| {
                let last = active_millis.replace(dom::now_millis());
                if dom::now_millis().saturating_sub(last) > IDLE_MILLIS {
                    replica.set_presence(|own| own.idle = false);
                }
            })
        });
        Rc::new(listeners)
    });
    use_future(move || {
        let active_millis = active_millis.clone();
        async move {
            loop {
                TimeoutFuture::new(LOOK_MILLIS).await;
                let idle = dom::now_millis().saturating_sub(active_millis.get()) > IDLE_MILLIS;
                canvas.replica().set_presence(|own| own.idle = idle);
            }
        }
    });
}

/// Somebody asks everyone to come: nobody is moved who does not want to.
#[component]
pub fn Calls() -> Element {
    let canvas = use_canvas();
    let mut heard = use_signal(BTreeMap::<u64, u32>::new);
    let mut calling = use_signal(|| None::<u64>);
    use_effect(move || {
        let people = canvas.view.people();
        let people = people.read();
        let counts: BTreeMap<u64, u32> = people.iter().map(|(client, person)| (*client, person.calls)).collect();
        // Who came in with a count has called before; only a count that rises is a call.
        let risen = {
            let heard = heard.peek();
            counts
                .iter()
                .find(|(client, count)| heard.get(client).is_some_and(|known| known < count))
                .map(|(id, _)| *id)
        };
        if *heard.peek() != counts {
            heard.set(counts);
        }
        if risen.is_some() {
            calling.set(risen);
        }
    });
    let Some(client) = calling() else { return rsx! {} };
    let name = canvas.view.people().get(client).and_then(|person| Some(person.read().user.as_ref()?.name.clone()));
    let Some(name) = name else { return rsx! {} };
    rsx! {
        div { class: "call", role: "alertdialog", aria_label: "{name} asks you to come", "data-calling": "{name}",
            span { "{name} asks you to come." }
            Button {
                variant: Variant::Primary,
                size: Size::S,
                onclick: move |_| {
                    calling.set(None);
                    canvas.state.following().set(Some(client));
                },
                "Go there"
            }
            Button { variant: Variant::Quiet, size: Size::S, onclick: move |_| calling.set(None), "Stay" }
        }
    }
}
