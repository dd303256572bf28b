//! A quiet word about what this is: a workflow of samples, with its wires and somebody at work in it.

use dioxus::prelude::*;

const PHOTO: &str = "/assets/templates/film-kit.webp";
const FILM: &str = "/assets/templates/photos-to-film.webp";
const CLIP: &str = "/assets/templates/vertical-teaser.webp";

#[component]
pub fn Picture() -> Element {
    rsx! {
        aside { class: "sign-in-picture", "aria-hidden": "true",
            svg { view_box: "16 58 680 330", fill: "none",
                path { class: "wire", "data-value-type": "text", d: "M196 118 C 246 118 228 172 278 172" }
                path { class: "wire", "data-value-type": "image", d: "M196 268 C 246 268 228 206 278 206" }
                path { class: "wire", "data-value-type": "video", d: "M458 144 C 500 144 466 292 510 292" }
                Card { at: [36, 78], size: [160, 92], value_type: "text" }
                Card { at: [36, 228], size: [160, 132], value_type: "image", poster: PHOTO }
                Card { at: [278, 104], size: [180, 150], value_type: "video", poster: FILM }
                Card { at: [510, 236], size: [168, 138], value_type: "video", poster: CLIP }
                path { class: "cursor", d: "M372 292 l5.5 17 4.2-6.6 7.5-2.2 z" }
                rect { class: "cursor-name", x: 384, y: 310, width: 46, height: 20, rx: 6 }
                text { class: "cursor-text", x: 392, y: 324, "Grace" }
            }
        }
    }
}

/// A node: what it made where it made a picture, otherwise lines of text.
#[component]
fn Card(at: [i32; 2], size: [i32; 2], value_type: &'static str, poster: Option<&'static str>) -> Element {
    let ([x, y], [width, height]) = (at, size);
    rsx! {
        g { "data-value-type": value_type,
            rect { class: "node", x, y, width, height, rx: 12 }
            rect { class: "line", x: x + 14, y: y + 14, width: 64, height: 7, rx: 3 }
            if let Some(poster) = poster {
                image { class: "poster", href: poster, x: x + 8, y: y + 32, width: width - 16, height: height - 40, preserve_aspect_ratio: "xMidYMid slice" }
            } else {
                for line in 0..3 {
                    rect { class: "line", x: x + 14, y: y + 40 + line * 15, width: width - 44 - line * 22, height: 6, rx: 3, opacity: "0.6" }
                }
            }
            circle { class: "port", cx: x + width, cy: y + 40, r: 4.5 }
        }
    }
}
