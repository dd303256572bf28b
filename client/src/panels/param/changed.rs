//! Tells for a moment that somebody else has changed a value: who set it just before sees why theirs is gone.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use serde_json::Value as Json;
use shared::id::NodeId;

use crate::canvas::state::Canvas;

/// Long enough to be read.
const SHOWN_MILLIS: u32 = 3_000;

/// A value that is seen within this time of another's change of its node became what it is by that change.
const TOGETHER_MILLIS: u64 = 500;

#[derive(Clone, Copy)]
pub struct ChangedBy {
    shown: Signal<Option<String>>,
    own: Signal<Option<Json>>,
}

impl ChangedBy {
    /// The name of whoever has just changed the value, for a moment.
    pub fn name(self) -> Option<String> {
        (self.shown)()
    }

    /// This person sets the value: seeing it is no news.
    pub fn set_here(mut self, value: &Json) {
        self.own.set(Some(value.clone()));
        if self.shown.peek().is_some() {
            self.shown.set(None);
        }
    }
}

/// Texts that several people type into at once are not for this: there carets say who types.
pub fn use_changed_by(canvas: Canvas, id: &NodeId, value: Memo<Json>) -> ChangedBy {
    let mut shown = use_signal(|| None::<String>);
    let own = use_signal(|| None::<Json>);
    // Which flash is on: a later one outlives the end of an earlier.
    let mut flash = use_signal(|| 0u32);
    let mut before = use_signal(|| None::<Json>);
    let id = id.clone();
    use_effect(move || {
        let now = value();
        let known = before.replace(Some(now.clone()));
        let is_news = known.is_some_and(|known| known != now) && own.peek().as_ref() != Some(&now);
        if is_news && canvas.replica().touched_within(&id, TOGETHER_MILLIS) {
            let number = *flash.peek() + 1;
            flash.set(number);
            shown.set(Some(canvas.who_changed(&id)));
            spawn(async move {
                TimeoutFuture::new(SHOWN_MILLIS).await;
                if *flash.peek() == number {
                    shown.set(None);
                }
            });
        }
    });
    ChangedBy { shown, own }
}
