//! A text field that several people type into at once.
//!
//! The field belongs to the browser (carets, input methods, spelling), the text to the document. [`Field`] holds the one
//! fact that ties them: which text the field shows. Both directions are differences against that.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use dioxus::prelude::*;
use shared::{id::NodeId, presence::Editing};

use super::{
    Replica,
    carets::Carets,
    splice::{Bias, Splice, TextEdit, difference},
    text::TextWatch,
    use_replica,
    view::CanvasViewStoreExt,
};
use crate::dom::{Selection, TextArea};

/// Pure part: what the field shows, and what happened to the text since.
#[derive(Debug, Default)]
struct Field {
    shown: String,
    /// Others' changes that the field does not show yet, because an input method is at work in it.
    pending: Vec<Splice>,
    composing: bool,
}

impl Field {
    /// The person typed: what to do to the document. `caret` is where the field has it now, and is moved to where it
    /// belongs in the document's text.
    fn typed(&mut self, value: String, caret: &mut u32) -> Option<TextEdit> {
        let edit = difference(&self.shown, &value, *caret)?;
        self.shown = value;
        let (mut start, mut end) = (edit.at, edit.at + edit.delete);
        for splice in self.pending.drain(..) {
            start = splice.map(start, Bias::Move);
            end = splice.map(end, Bias::Stay).max(start);
        }
        *caret = start + caret.saturating_sub(edit.at);
        Some(TextEdit { at: start, delete: end - start, insert: edit.insert })
    }

    /// The document's text is now `text`, by `splices` (none: unknown how). Where the selection belongs, if the field has
    /// to be filled anew.
    fn changed(&mut self, text: &str, splices: &[Splice], selection: Selection) -> Option<Selection> {
        if self.composing {
            self.pending.extend(splices);
            return None;
        }
        if self.shown == text {
            return None;
        }
        let guess = difference(&self.shown, text, u32::MAX).map(|edit| Splice {
            at: edit.at,
            deleted: edit.delete,
            inserted: edit.insert.encode_utf16().count() as u32,
        });
        let splices = if splices.is_empty() { guess.as_slice() } else { splices };
        self.shown = text.into();
        let map = |position| splices.iter().fold(position, |position, splice| splice.map(position, Bias::Stay));
        Some(Selection { start: map(selection.start), end: map(selection.end) })
    }
}

/// One text field's tie to one prompt. Made by [`use_prompt`]; hand its methods to the field's events.
#[derive(Clone)]
struct Prompt {
    inner: Rc<Inner>,
}

struct Inner {
    replica: Replica,
    node: NodeId,
    param: String,
    field: RefCell<Field>,
    area: RefCell<Option<TextArea>>,
    /// The person's own edit is on its way into the document, and back.
    editing: Cell<bool>,
    watch: RefCell<Option<TextWatch>>,
}

/// Ties the text field of the calling component to a prompt. For a component keyed by node and parameter.
fn use_prompt(node: NodeId, param: String) -> Prompt {
    let replica = use_replica();
    use_hook(|| {
        let inner = Rc::new(Inner {
            replica: replica.clone(),
            node: node.clone(),
            param: param.clone(),
            field: RefCell::default(),
            area: RefCell::default(),
            editing: Cell::new(false),
            watch: RefCell::default(),
        });
        // The callback lives as long as the watch, which lives in what it refers to: weak, or it would never end.
        let weak = Rc::downgrade(&inner);
        let watch = replica.observe_text(&node, &param, move |splices| {
            if let Some(inner) = weak.upgrade() {
                inner.show(splices);
            }
        });
        inner.watch.replace(Some(watch));
        Prompt { inner }
    })
}

impl Prompt {
    /// For `onmounted` of the `textarea` or `input`. Fills it; give it no `value`.
    pub fn mounted(&self, event: &MountedEvent) {
        let area = TextArea::mounted(&event.data());
        if let Some(area) = area {
            self.inner.area.replace(Some(area));
            self.inner.field.replace(Field::default());
            self.inner.show(&[]);
        }
    }

    /// For `oninput`.
    pub fn input(&self) {
        if !self.inner.field.borrow().composing {
            self.inner.take_over();
        }
    }

    /// For `oncompositionstart`: until it ends the field is the input method's alone.
    pub fn composition_started(&self) {
        self.inner.field.borrow_mut().composing = true;
    }

    /// For `oncompositionend`.
    pub fn composition_ended(&self) {
        self.inner.field.borrow_mut().composing = false;
        self.inner.take_over();
        self.inner.show(&[]);
    }

    /// For `onfocus`, `onkeyup` and `onclick`: shows the others where the person types.
    pub fn caret_moved(&self) {
        self.inner.show_caret();
    }

    /// For `onblur`: the person types here no more, and typing again is another undo step.
    pub fn left(&self) {
        self.inner.replica.end_gesture();
        self.inner.replica.set_presence(|presence| presence.editing = None);
    }
}

impl Inner {
    /// Carries what the person typed into the document.
    fn take_over(&self) {
        let Some(area) = self.area.borrow().clone() else { return };
        let mut caret = area.selection().end;
        let edit = self.field.borrow_mut().typed(area.text(), &mut caret);
        let Some(edit) = edit else { return };
        self.editing.set(true);
        // A refusal shows in the next line: the text is not what the field shows.
        let _ = self.replica.edit_text(&self.node, &self.param, edit.at, edit.delete, &edit.insert);
        self.editing.set(false);
        // Others' changes may have waited for this one, or the edit was not taken.
        let text = self.text();
        if self.field.borrow().shown != text {
            self.field.borrow_mut().shown = text.clone();
            area.set(&text, Selection { start: caret, end: caret });
        }
        self.show_caret();
    }

    /// Carries what the document says into the field.
    fn show(&self, splices: &[Splice]) {
        if self.editing.get() {
            return;
        }
        let Some(area) = self.area.borrow().clone() else { return };
        let text = self.text();
        let focused = area.focused();
        let selection = if focused { area.selection() } else { Selection::default() };
        let moved = self.field.borrow_mut().changed(&text, splices, selection);
        if let Some(selection) = moved {
            area.set(&text, selection);
            // What others typed in front of it has moved the caret that they are shown.
            if focused {
                self.show_caret();
            }
        }
    }

    fn show_caret(&self) {
        let caret = self.area.borrow().as_ref().filter(|area| area.focused()).map(|area| area.selection().end);
        let editing = caret.map(|caret| Editing { node: self.node.clone(), param: self.param.clone(), caret });
        self.replica.set_presence(|presence| presence.editing = editing);
    }

    fn text(&self) -> String {
        let nodes = self.replica.view().nodes();
        let nodes = nodes.peek();
        nodes.get(&self.node).map(|node| text_of(node, &self.param)).unwrap_or_default()
    }
}

fn text_of(node: &shared::graph::Node, param: &str) -> String {
    node.params.get(param).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

/// The field itself, wired: a `textarea` with the caller's class and name. Mod+Z is the replica's undo, because the
/// browser's own knows nothing of what others typed.
#[component]
pub fn PromptArea(
    node: NodeId,
    param: String,
    #[props(default)] class: String,
    #[props(default)] label: String,
    #[props(default)] placeholder: String,
    #[props(default)] rows: Option<u32>,
    #[props(default)] id: Option<String>,
) -> Element {
    let prompt = use_prompt(node.clone(), param.clone());
    let mut scrolled = use_signal(|| 0.0);
    let replica = use_replica();
    let readonly = !replica.writable();
    let (mounted, input, started, ended) = (prompt.clone(), prompt.clone(), prompt.clone(), prompt.clone());
    let (focused, clicked, released, left) = (prompt.clone(), prompt.clone(), prompt.clone(), prompt);
    let keys = replica;
    rsx! {
        div { class: "prompt-field",
            textarea {
                id,
                class: "{class}",
                "aria-label": "{label}",
                placeholder: "{placeholder}",
                rows: rows.map(|rows| rows.to_string()),
                readonly,
                spellcheck: "false",
                onmounted: move |event| mounted.mounted(&event),
                oninput: move |_| input.input(),
                oncompositionstart: move |_| started.composition_started(),
                oncompositionend: move |_| ended.composition_ended(),
                onfocus: move |_| focused.caret_moved(),
                onclick: move |_| clicked.caret_moved(),
                onkeyup: move |_| released.caret_moved(),
                onblur: move |_| left.left(),
                onscroll: move |event| scrolled.set(event.scroll_top()),
                onkeydown: move |event| {
                    let modifiers = event.modifiers();
                    let command = modifiers.ctrl() || modifiers.meta();
                    let Key::Character(key) = event.key() else { return };
                    match (command, modifiers.shift(), key.to_lowercase().as_str()) {
                        (true, false, "z") => { keys.undo(); }
                        (true, true, "z") | (true, false, "y") => { keys.redo(); }
                        _ => return,
                    }
                    event.prevent_default();
                    event.stop_propagation();
                },
            }
            Carets { node, param, scrolled }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caret(at: u32) -> Selection {
        Selection { start: at, end: at }
    }

    fn showing(text: &str) -> Field {
        Field { shown: text.into(), ..Field::default() }
    }

    #[test]
    fn typing_goes_to_the_document_as_it_is() {
        let mut field = showing("a fox");
        let mut at = 6;
        let edit = field.typed("a fox!".into(), &mut at);
        assert_eq!(edit, Some(TextEdit { at: 5, delete: 0, insert: "!".into() }));
        assert_eq!((field.shown.as_str(), at), ("a fox!", 6));
        assert_eq!(field.typed("a fox!".into(), &mut at), None);
    }

    #[test]
    fn a_caret_moves_with_what_others_type_in_front_of_it() {
        let mut field = showing("a fox");
        let splices = [Splice { at: 2, deleted: 0, inserted: 4 }];
        assert_eq!(field.changed("a red fox", &splices, caret(5)), Some(caret(9)));
        assert_eq!(field.changed("a red fox", &[], caret(9)), None);
    }

    #[test]
    fn a_change_of_unknown_kind_moves_the_caret_by_the_difference() {
        let mut field = showing("a fox runs");
        assert_eq!(field.changed("a fox", &[], caret(8)), Some(caret(5)));
    }

    #[test]
    fn others_wait_until_the_input_method_is_done() {
        let mut field = showing("ab");
        field.composing = true;
        // Somebody types "XY" at the front while an input method is at work behind "ab".
        let splices = [Splice { at: 0, deleted: 0, inserted: 2 }];
        assert_eq!(field.changed("XYab", &splices, caret(2)), None);
        field.composing = false;
        let mut at = 3;
        let edit = field.typed("ab漢".into(), &mut at);
        assert_eq!(edit, Some(TextEdit { at: 4, delete: 0, insert: "漢".into() }));
        assert_eq!(at, 5);
    }
}
