//! Where the keyboard is: dialogs over everything, lists to walk with the arrows, and the way back.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement};

/// Whatever had the keyboard when something opened, to have it again afterwards.
pub struct Opener(Option<HtmlElement>);

impl Opener {
    pub fn now() -> Self {
        Self(super::document().active_element().and_then(|element| element.dyn_into().ok()))
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        let Some(element) = self.0.take() else { return };
        // Not inside whatever closes it: focusing fires events of its own.
        wasm_bindgen_futures::spawn_local(async move {
            let nobody = super::document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            if nobody && element.is_connected() {
                let _ = element.focus();
            }
        });
    }
}

/// Opens a mounted `<dialog>` over the page. Not to be called inside an event handler: spawn it.
pub fn open_modal(element: &Element) {
    if let Some(dialog) = element.dyn_ref::<HtmlDialogElement>()
        && dialog.is_connected()
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

/// Brings an element with the attribute `popover` above all others, dialogs too.
pub fn raise(id: &str) {
    let element = super::document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // Lowering one that is not raised is an error without consequence.
        let _ = element.hide_popover();
        let _ = element.show_popover();
    }
}

/// Which one of a list is to have the keyboard next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    Next,
    Previous,
    First,
    Last,
}

impl Walk {
    /// The arrows of a list that runs down, or along.
    pub fn of(key: &dioxus::prelude::Key) -> Option<Self> {
        use dioxus::prelude::Key;
        match key {
            Key::ArrowDown | Key::ArrowRight => Some(Self::Next),
            Key::ArrowUp | Key::ArrowLeft => Some(Self::Previous),
            Key::Home => Some(Self::First),
            Key::End => Some(Self::Last),
            _ => None,
        }
    }

    fn from(self, now: Option<usize>, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        Some(match (self, now) {
            (Self::First, _) | (Self::Next, None) => 0,
            (Self::Last, _) | (Self::Previous, None) => last,
            (Self::Next, Some(now)) => (now + 1) % count,
            (Self::Previous, Some(now)) => now.checked_sub(1).unwrap_or(last),
        })
    }
}

/// Moves the keyboard within the list (`within`) that the event happened in. Not inside an event handler: spawn it.
pub fn walk(event: &Event, within: &str, items: &str, walk: Walk) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Ok(Some(list)) = target.closest(within) else { return };
    let Ok(found) = list.query_selector_all(items) else { return };
    let items: Vec<HtmlElement> =
        (0..found.length()).filter_map(|index| found.item(index)?.dyn_into::<HtmlElement>().ok()).collect();
    let active = super::document().active_element();
    let now = items.iter().position(|item| active.as_ref().is_some_and(|active| item.is_same_node(Some(active))));
    if let Some(item) = walk.from(now, items.len()).and_then(|index| items.get(index)) {
        let _ = item.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::Walk;

    #[test]
    fn a_walk_goes_round() {
        assert_eq!(Walk::Next.from(Some(2), 3), Some(0));
        assert_eq!(Walk::Previous.from(Some(0), 3), Some(2));
        assert_eq!(Walk::Next.from(None, 3), Some(0));
        assert_eq!(Walk::Last.from(Some(0), 3), Some(2));
        assert_eq!(Walk::First.from(None, 0), None);
    }
}
