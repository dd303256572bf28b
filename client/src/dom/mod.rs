//! The browser, as far as the client needs it: the one place that knows `web_sys`.
//!
//! No state and no decisions live here, so that everything else compiles and tests without a browser.

mod database;
mod focus;
mod input;
mod media;
mod paint;
mod socket;
mod storage;
mod surface;
mod text;
mod theme;
mod upload;
mod waveform;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Event, EventTarget, HtmlElement, Window};

pub use database::{Database, Shelf, forget_copies};
pub use focus::{Opener, Walk, open_modal, raise, walk};
pub use input::{
    Key, bytes_of, carries_files, carries_something, chosen, dropped, dropped_text, pasted, set_clipboard,
    text_selected,
};
pub use media::Player;
pub use paint::{Dab, Paint};
pub use socket::{Socket, SocketEvent, SocketSender};
pub use storage::{forget, store, stored};
pub use surface::{
    DOTS, LAYER, Measured, PLANE, SURFACE, capture_pointer, focus_first, hit, in_field, leave_field, measure_node,
    move_layer, node_element, on_control, part_of_target, place_node, scroll_into_view, scrolls, set_moving,
    surface_point, surface_size,
};
pub use text::{Selection, TextArea};
pub use theme::{Theme, follow_system_theme};
pub use upload::upload;
pub use waveform::loudness;
pub use web_sys::{Event as BrowserEvent, File};

pub fn window() -> Window {
    web_sys::window().expect("the client runs in a page")
}

pub fn document() -> Document {
    window().document().expect("a page has a document")
}

/// Milliseconds since 1970.
pub fn now_millis() -> u64 {
    js_sys::Date::now() as u64
}

/// From 0 to 1, 1 excluded.
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// Waits for the next animation frame, or a fifth of a second where there is none: hidden tabs are never drawn, and
/// what is waiting for a frame there (an edit to send) has to go on.
pub async fn next_frame() {
    // A function of the browser's own: whoever waits may stop waiting, and the frame comes all the same.
    let promise = Promise::new(&mut |resolve, _| {
        let window = window();
        let _ = window.request_animation_frame(&resolve);
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 200);
    });
    let _ = JsFuture::from(promise).await;
}

/// Waits until the browser has nothing better to do, or a twentieth of a second while it always has.
pub async fn idle() {
    let promise = Promise::new(&mut |resolve, _| {
        let window = window();
        let options = web_sys::IdleRequestOptions::new();
        options.set_timeout(50);
        // Not in all browsers; where it is missing, after what is due now.
        if js_sys::Reflect::has(&window, &"requestIdleCallback".into()).unwrap_or(false) {
            let _ = window.request_idle_callback_with_options(&resolve, &options);
        } else {
            let _ = window.set_timeout_with_callback(&resolve);
        }
    });
    let _ = JsFuture::from(promise).await;
}

/// Time since the page was opened, with parts of a millisecond.
pub fn page_millis() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Calls back on every such event until it is dropped.
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub fn new(target: impl Into<EventTarget>, event: &'static str, callback: impl FnMut(Event) + 'static) -> Self {
        let target = target.into();
        let callback = Closure::<dyn FnMut(Event)>::new(callback);
        let _ = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        Self { target, event, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.event, self.callback.as_ref().unchecked_ref());
    }
}

/// `wss://host/path` for the page's own origin.
pub fn socket_url(path: &str) -> String {
    let location = window().location();
    let scheme = if location.protocol().as_deref() == Ok("https:") { "wss" } else { "ws" };
    format!("{scheme}://{}{path}", location.host().unwrap_or_default())
}

/// What stands behind the `#` of the page's address, which browsers keep to themselves.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// A plain word of the page's query.
pub fn query(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    let pairs = search.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
}

/// Scheme and host of this page.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Leaves the app for another page.
pub fn open_page(url: &str) {
    let _ = window().location().set_href(url);
}

/// As a part of an address.
pub fn encode_uri(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// The page's own address.
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// How long ago a time in RFC 3339 was, by this machine's clock; a time in the future was just now.
pub fn seconds_since(rfc3339: &str) -> Option<u64> {
    let then_millis = js_sys::Date::parse(rfc3339);
    (!then_millis.is_nan()).then(|| ((js_sys::Date::now() - then_millis).max(0.0) / 1000.0) as u64)
}

/// From one time in RFC 3339 to another; `None`: one of them is none.
pub fn seconds_between(start: &str, end: &str) -> Option<f64> {
    let seconds = (js_sys::Date::parse(end) - js_sys::Date::parse(start)) / 1000.0;
    (!seconds.is_nan()).then(|| seconds.max(0.0))
}

pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Puts the keyboard on the element with this id, if it is there. Not to be called inside an event handler: spawn it.
pub fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Puts text on the clipboard; answers whether the browser let us.
pub async fn copy_text(text: &str) -> bool {
    let promise = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
}

/// What is on the clipboard as text, if the browser lets us read it.
pub async fn clipboard_text() -> Option<String> {
    let promise = window().navigator().clipboard().read_text();
    wasm_bindgen_futures::JsFuture::from(promise).await.ok()?.as_string()
}

/// Hands the person a file made here.
pub fn download(name: &str, mime: &str, text: &str) {
    let Ok(url) = object_url(mime, text) else { return };
    let anchor = document().create_element("a").ok().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(anchor) = anchor {
        let _ = anchor.set_attribute("href", &url);
        let _ = anchor.set_attribute("download", name);
        anchor.click();
    }
    let _ = web_sys::Url::revoke_object_url(&url);
}

fn object_url(mime: &str, text: &str) -> Result<String, JsValue> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options)?;
    web_sys::Url::create_object_url_with_blob(&blob)
}

/// Opens the page again, from the start.
pub fn reload() {
    let _ = window().location().reload();
}

/// The day of a time in RFC 3339 where the person is: `Today`, `Yesterday`, `Saturday, 21 November`.
pub fn day_of(rfc3339: &str) -> String {
    const DAY_MILLIS: f64 = 86_400_000.0;
    let day = |date: &js_sys::Date| {
        let options = js_sys::Object::new();
        for (key, value) in [("weekday", "long"), ("day", "numeric"), ("month", "long")] {
            let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
        }
        String::from(date.to_locale_date_string("en-GB", &options))
    };
    let at = |millis: f64| day(&js_sys::Date::new(&JsValue::from_f64(millis)));
    let (then, now) = (at(js_sys::Date::parse(rfc3339)), js_sys::Date::now());
    match then {
        then if then == at(now) => "Today".into(),
        then if then == at(now - DAY_MILLIS) => "Yesterday".into(),
        then => then,
    }
}

/// The time of day where the person is: `14:05`.
pub fn time_of(rfc3339: &str) -> String {
    let date = js_sys::Date::new(&rfc3339.into());
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}
