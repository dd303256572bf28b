//! Cards seen from further off are only looked at: their settings are words until somebody turns to the card.
//!
//! A card has some ten fields, each of which the browser lays out and keeps several layers for. That is what a pan over
//! a hundred cards cost most.

use dioxus::prelude::*;

use super::outside::Outside;
use crate::canvas::state::Canvas;

/// Of the card around.
#[derive(Clone, Copy)]
struct Quiet(Memo<bool>);

/// For the card: whether a pointer is on it, which it has to keep.
pub fn provide_quiet(canvas: Canvas, outside: Memo<Option<Outside>>) -> Signal<bool> {
    let hovered = use_signal(|| false);
    let quiet = use_memo(move || {
        let is_turned_to = || hovered() || outside.read().as_ref().is_some_and(|outside| outside.selected);
        // Nobody types into what is on its way.
        *canvas.quiet.read() && (canvas.held.read().is_some() || !is_turned_to())
    });
    use_context_provider(|| Quiet(quiet));
    hovered
}

/// Whether the card around shows words. Never, where there is none.
pub fn use_quiet() -> ReadSignal<bool> {
    let around = use_hook(try_consume_context::<Quiet>);
    let nowhere = use_signal(|| false);
    around.map_or_else(|| nowhere.into(), |Quiet(quiet)| quiet.into())
}
