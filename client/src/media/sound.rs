//! A sound with a bar to move in.

use dioxus::{prelude::*, web::WebEventExt};
use shared::value::Media;

use super::clock;
use crate::{
    api::blob_url,
    dom::{self, Player},
    ui::{Glyph, Icon, IconButton, Size},
};

/// Bars of the strip.
const BARS: usize = 64;
/// Larger files are not loaded only to be drawn.
const DRAWN_MAX_BYTES: u64 = 12 << 20;

#[component]
pub fn Sound(media: Media) -> Element {
    let mut player = use_signal(|| None::<Player>);
    let mut seconds = use_signal(|| 0.0f64);
    let mut playing = use_signal(|| false);
    let mut measured = use_signal(|| None::<f64>);
    let duration = media.duration_millis.map(|millis| millis as f64 / 1000.0).or(measured()).unwrap_or(0.0);
    let url = blob_url(&media.blob);
    let name = media.name.clone().unwrap_or_else(|| "sound".into());
    let drawn = use_resource(use_reactive!(|url| async move {
        if media.size_bytes > DRAWN_MAX_BYTES {
            return None;
        }
        dom::loudness(&url, BARS).await
    }));
    // Until it is known, and where it cannot be: a line, which claims nothing.
    let heights: Vec<f64> = match &*drawn.read() {
        Some(Some(loudness)) => loudness.iter().map(|part| 2.0 + part * 28.0).collect(),
        _ => vec![2.0; BARS],
    };
    let played = if duration > 0.0 { seconds() / duration } else { 0.0 };
    rsx! {
        figure { class: "sound", "data-playing": playing(),
            audio {
                src: "{url}",
                preload: "metadata",
                onmounted: move |event| player.set(Player::from_element(&event.as_web_event())),
                onplay: move |_| playing.set(true),
                onpause: move |_| playing.set(false),
                onloadedmetadata: move |_| {
                    let found = player.peek().as_ref().and_then(Player::duration);
                    measured.set(found);
                },
                ontimeupdate: move |_| {
                    let now = player.peek().as_ref().map_or(0.0, Player::seconds);
                    seconds.set(now);
                },
            }
            IconButton {
                glyph: if playing() { Glyph::Pause } else { Glyph::Play },
                label: if playing() { "Pause" } else { "Play sound" },
                onclick: move |_| {
                    if let Some(player) = player.peek().as_ref() {
                        player.toggle();
                    }
                },
            }
            div { class: "strip",
                svg { view_box: "0 0 {BARS * 4} 32", preserve_aspect_ratio: "none", "aria-hidden": "true",
                    for (index , height) in heights.into_iter().enumerate() {
                        rect {
                            x: "{index * 4}",
                            y: "{16.0 - height / 2.0}",
                            width: "2",
                            height: "{height}",
                            rx: "1",
                            "data-played": (index as f64 + 0.5) / (BARS as f64) < played,
                        }
                    }
                }
                input {
                    class: "scrub",
                    r#type: "range",
                    aria_label: "Time",
                    aria_valuetext: "{clock(seconds())} of {clock(duration)}",
                    min: "0",
                    max: "{duration}",
                    step: "0.01",
                    value: "{seconds}",
                    oninput: move |event| {
                        if let (Ok(to), Some(player)) = (event.value().parse::<f64>(), player.peek().as_ref()) {
                            player.seek(to);
                            seconds.set(to);
                        }
                    },
                }
            }
            span { class: "tabular sound-time", "{clock(seconds())} / {clock(duration)}" }
            a { class: "icon-button", "data-size": "s", href: "{url}", download: "{name}", aria_label: "Download",
                Icon { glyph: Glyph::Download, size: Size::S }
            }
        }
    }
}
