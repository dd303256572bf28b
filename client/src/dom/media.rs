//! Films and sounds as elements: the player's controls call these.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlMediaElement};

/// A mounted `<video>` or `<audio>`.
#[derive(Clone, PartialEq)]
pub struct Player(HtmlMediaElement);

impl Player {
    pub fn from_element(element: &Element) -> Option<Self> {
        element.clone().dyn_into().ok().map(Self)
    }

    /// Browsers refuse to play with sound before the person has touched the page; then nothing happens.
    pub fn play(&self) {
        if let Ok(promise) = self.0.play() {
            wasm_bindgen_futures::spawn_local(async move {
                let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
            });
        }
    }

    pub fn pause(&self) {
        let _ = self.0.pause();
    }

    pub fn toggle(&self) {
        if self.0.paused() { self.play() } else { self.pause() }
    }

    pub fn seek(&self, seconds: f64) {
        self.0.set_current_time(seconds);
    }

    pub fn seconds(&self) -> f64 {
        self.0.current_time()
    }

    /// `None` until the file's head has been read.
    pub fn duration(&self) -> Option<f64> {
        Some(self.0.duration()).filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    }

    pub fn set_muted(&self, muted: bool) {
        self.0.set_muted(muted);
    }

    pub fn full_screen(&self) {
        let _ = self.0.request_fullscreen();
    }
}
