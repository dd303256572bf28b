//! A film that plays where it stands: poster first, controls on hover, scrubbing by the frame's own time.

use dioxus::{prelude::*, web::WebEventExt};
use shared::value::Media;

use super::{aspect, clock};
use crate::{
    api::blob_url,
    dom::Player,
    ui::{Glyph, Icon, IconButton, Size},
};

/// Where probing found no rate.
const USUAL_FPS: f64 = 25.0;

#[component]
pub fn Film(media: Media) -> Element {
    let mut player = use_signal(|| None::<Player>);
    let mut seconds = use_signal(|| 0.0f64);
    let mut playing = use_signal(|| false);
    let mut muted = use_signal(|| false);
    let mut looping = use_signal(|| true);
    let mut measured = use_signal(|| None::<f64>);
    let duration = media.duration_millis.map(|millis| millis as f64 / 1000.0).or(measured()).unwrap_or(0.0);
    let fps = media.fps.filter(|fps| *fps > 0.0).unwrap_or(USUAL_FPS);
    let silent = media.has_audio == Some(false);
    let url = blob_url(&media.blob);
    let name = media.name.clone().unwrap_or_else(|| "film.mp4".into());
    let toggle = move || {
        if let Some(player) = player.peek().as_ref() {
            player.toggle();
        }
    };
    rsx! {
        figure { class: "film", "data-playing": playing(), style: aspect(&media).map(|ratio| format!("aspect-ratio: {ratio}")),
            video {
                src: "{url}",
                poster: media.poster.as_ref().map(blob_url),
                preload: if media.poster.is_some() { "none" } else { "metadata" },
                playsinline: true,
                r#loop: looping(),
                muted: muted(),
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
                onclick: move |_| toggle(),
            }
            if !playing() {
                button { class: "film-play", r#type: "button", aria_label: "Play", onclick: move |_| toggle(),
                    Icon { glyph: Glyph::Play, size: Size::L }
                }
            }
            figcaption { class: "film-controls",
                IconButton {
                    glyph: if playing() { Glyph::Pause } else { Glyph::Play },
                    label: if playing() { "Pause" } else { "Play film" },
                    size: Size::S,
                    onclick: move |_| toggle(),
                }
                span { class: "tabular film-time", "{clock(seconds())} / {clock(duration)}" }
                input {
                    class: "scrub",
                    r#type: "range",
                    aria_label: "Time",
                    aria_valuetext: "{clock(seconds())} of {clock(duration)}",
                    min: "0",
                    max: "{duration}",
                    step: "0.01",
                    value: "{seconds}",
                    style: "--fill: {percent(seconds(), duration)}%",
                    oninput: move |event| {
                        if let (Ok(to), Some(player)) = (event.value().parse::<f64>(), player.peek().as_ref()) {
                            player.seek(to);
                            seconds.set(to);
                        }
                    },
                }
                for (glyph , label , frames) in [(Glyph::StepBack, "Frame back", -1.0), (Glyph::StepForward, "Frame on", 1.0)] {
                    IconButton {
                        key: "{label}",
                        glyph,
                        label,
                        size: Size::S,
                        onclick: move |_| {
                            if let Some(player) = player.peek().as_ref() {
                                player.pause();
                                let to = frame_from(player.seconds(), frames, fps, duration);
                                player.seek(to);
                                seconds.set(to);
                            }
                        },
                    }
                }
                if !silent {
                    IconButton {
                        glyph: if muted() { Glyph::VolumeX } else { Glyph::Volume2 },
                        label: if muted() { "Sound on" } else { "Sound off" },
                        size: Size::S,
                        onclick: move |_| {
                            muted.toggle();
                            if let Some(player) = player.peek().as_ref() {
                                player.set_muted(muted());
                            }
                        },
                    }
                }
                IconButton {
                    class: "icon-button film-extra",
                    glyph: Glyph::Repeat,
                    label: "Repeat",
                    size: Size::S,
                    pressed: looping(),
                    onclick: move |_| looping.toggle(),
                }
                a { class: "icon-button film-extra", "data-size": "s", href: "{url}", download: "{name}", aria_label: "Download",
                    Icon { glyph: Glyph::Download, size: Size::S }
                }
                IconButton {
                    glyph: Glyph::Maximize2,
                    label: "Full screen",
                    size: Size::S,
                    onclick: move |_| {
                        if let Some(player) = player.peek().as_ref() {
                            player.full_screen();
                        }
                    },
                }
            }
        }
    }
}

/// The middle of the frame that is `frames` further: a time on the border of two may show either.
fn frame_from(seconds: f64, frames: f64, fps: f64, duration: f64) -> f64 {
    let frame = (seconds * fps + 1e-6).floor() + frames;
    ((frame + 0.5) / fps).clamp(0.0, duration.max(0.0))
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 100.0).clamp(0.0, 100.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_from_frame_to_frame() {
        assert_eq!(frame_from(0.0, 1.0, 10.0, 5.0), 0.15);
        assert_eq!(frame_from(0.15, 1.0, 10.0, 5.0), 0.25);
        assert_eq!(frame_from(0.15, -1.0, 10.0, 5.0), 0.05);
        assert_eq!(frame_from(0.05, -1.0, 10.0, 5.0), 0.0);
        assert_eq!(frame_from(4.99, 1.0, 10.0, 5.0), 5.0);
    }

    #[test]
    fn a_film_of_unknown_length_is_at_its_beginning() {
        assert_eq!(percent(3.0, 0.0), 0.0);
        assert_eq!(percent(3.0, 12.0), 25.0);
    }
}
