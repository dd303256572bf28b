//! Keys, the clipboard and dropped files, out of the browser's events.

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Event, File, KeyboardEvent};

/// A key as the browser names it, with what is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    /// Ctrl, or Cmd.
    pub command: bool,
    pub shift: bool,
    pub alt: bool,
}

impl Key {
    /// `None` for other events, and while an input method composes.
    pub fn of(event: &Event) -> Option<Self> {
        let event = event.dyn_ref::<KeyboardEvent>()?;
        (!event.is_composing()).then(|| Self {
            name: key_name(event),
            command: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        })
    }
}

/// The key's own name. With Alt, some machines would name the special sign it types: then the letter on the key counts.
fn key_name(event: &KeyboardEvent) -> String {
    match event.code().strip_prefix("Key") {
        Some(letter) if event.alt_key() && letter.len() == 1 => letter.to_lowercase(),
        _ => event.key(),
    }
}

/// Whether the person has text marked on the page, which copying should then copy.
pub fn text_selected() -> bool {
    let selection = super::window().get_selection().ok().flatten();
    selection.is_some_and(|selection| !selection.is_collapsed())
}

/// Answers a `copy` or `cut` event with a text of ours.
pub fn set_clipboard(event: &Event, text: &str) -> bool {
    let data = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
    let set = data.is_some_and(|data| data.set_data("text/plain", text).is_ok());
    if set {
        event.prevent_default();
    }
    set
}

/// Text and files of a `paste` event.
pub fn pasted(event: &Event) -> (String, Vec<File>) {
    let Some(data) = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data) else {
        return Default::default();
    };
    (data.get_data("text/plain").unwrap_or_default(), files(&data))
}

/// Files of a `drop` event.
pub fn dropped(event: &DragEvent) -> Vec<File> {
    event.data_transfer().as_ref().map(files).unwrap_or_default()
}

/// Text of a `drop` event: words, or an address.
pub fn dropped_text(event: &DragEvent) -> String {
    event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default()
}

/// What a file holds; `None` if it cannot be read (any more).
pub async fn bytes_of(file: &File) -> Option<Vec<u8>> {
    let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer()).await.ok()?;
    Some(js_sys::Uint8Array::new(&buffer).to_vec())
}

/// Whether something that is dragged over the page is files, text or an address.
pub fn carries_something(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|data| data.types());
    let known = |kind: wasm_bindgen::JsValue| {
        matches!(kind.as_string().as_deref(), Some("Files" | "text/plain" | "text/uri-list"))
    };
    types.is_some_and(|types| types.iter().any(known))
}

/// Files of a `change` event of an `<input type="file">`.
pub fn chosen(event: &Event) -> Vec<File> {
    let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    let list = input.and_then(|input| input.files());
    list.map(|list| (0..list.length()).filter_map(|index| list.get(index)).collect()).unwrap_or_default()
}

/// Whether something that is dragged over the page has files in it. Their names come with the drop only.
pub fn carries_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|data| data.types());
    types.is_some_and(|types| types.iter().any(|kind| kind.as_string().as_deref() == Some("Files")))
}

fn files(data: &DataTransfer) -> Vec<File> {
    let Some(list) = data.files() else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}
