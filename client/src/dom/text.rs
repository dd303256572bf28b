//! A `<textarea>` (or text `<input>`) whose content somebody else may change while the person types.

use dioxus::prelude::MountedData;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement};

/// In UTF-16 code units, as the browser and the document count. `start` <= `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Selection {
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, PartialEq)]
pub enum TextArea {
    Area(HtmlTextAreaElement),
    Input(HtmlInputElement),
}

impl TextArea {
    /// The element that was just mounted; `None` if it is another one.
    pub fn mounted(event: &MountedData) -> Option<Self> {
        let element = event.downcast::<Element>()?;
        let area = element.dyn_ref::<HtmlTextAreaElement>().cloned().map(Self::Area);
        area.or_else(|| element.dyn_ref::<HtmlInputElement>().cloned().map(Self::Input))
    }

    pub fn text(&self) -> String {
        match self {
            Self::Area(area) => area.value(),
            Self::Input(input) => input.value(),
        }
    }

    pub fn selection(&self) -> Selection {
        let (start, end) = match self {
            Self::Area(area) => (area.selection_start(), area.selection_end()),
            Self::Input(input) => (input.selection_start(), input.selection_end()),
        };
        let start = start.ok().flatten().unwrap_or(0);
        Selection { start, end: end.ok().flatten().unwrap_or(start) }
    }

    /// Replaces the content and keeps the caret where `selection` says. Scrolling stays as it is.
    pub fn set(&self, text: &str, selection: Selection) {
        // Nobody looks at the caret of a field that has not the keyboard, and asking for it lays out the page.
        let focused = self.focused();
        match self {
            Self::Area(area) if !focused => area.set_value(text),
            Self::Input(input) if !focused => input.set_value(text),
            Self::Area(area) => {
                let top = area.scroll_top();
                area.set_value(text);
                let _ = area.set_selection_range(selection.start, selection.end);
                area.set_scroll_top(top);
            }
            Self::Input(input) => {
                input.set_value(text);
                let _ = input.set_selection_range(selection.start, selection.end);
            }
        }
    }

    /// Whether the keyboard is in it: only then its selection means anything.
    pub fn focused(&self) -> bool {
        let own: &Element = match self {
            Self::Area(area) => area,
            Self::Input(input) => input,
        };
        super::document().active_element().as_ref() == Some(own)
    }
}
