//! Room around a picture: its edges are dragged beyond its frame, or moved by keyboard, in the picture's own pixels.

use dioxus::prelude::*;
use shared::value::Media;

use crate::{
    api::blob_url,
    ui::{Button, Dialog, Variant},
};

/// How many pixels an arrow key moves an edge, and how many with Shift.
const STEPS: [f64; 2] = [8.0, 64.0];
/// How much of the stage is kept free for the next drag, as a share of the picture.
const SPARE: f64 = 0.6;

/// Pixels beyond the left, upper, right and lower edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room(pub [f64; 4]);

/// An edge of the picture, by its place in [`Room`].
const EDGES: [(usize, &str, &str); 4] =
    [(0, "left", "Left edge"), (1, "top", "Upper edge"), (2, "right", "Right edge"), (3, "bottom", "Lower edge")];

impl Room {
    /// An edge moved outwards by so many pixels: whole ones, none into the picture, none too far.
    fn moved(self, edge: usize, outwards: f64, most: f64) -> Self {
        let mut room = self;
        room.0[edge] = (self.0[edge] + outwards).round().clamp(0.0, most);
        room
    }

    fn size(&self, [width, height]: [f64; 2]) -> [f64; 2] {
        let [left, top, right, bottom] = self.0;
        [left + width + right, top + height + bottom]
    }
}

/// How far outwards a pointer went that moved by this.
fn outwards(edge: usize, [x, y]: [f64; 2]) -> f64 {
    match edge {
        0 => -x,
        1 => -y,
        2 => x,
        _ => y,
    }
}

/// Screen pixels a pixel, so that all of it is seen and there is room to drag.
fn scale_for(room: Room, picture: [f64; 2], stage: [f64; 2]) -> f64 {
    let whole = room.size(picture);
    let fits = |axis: usize| stage[axis] / (whole[axis] + picture[axis] * SPARE);
    fits(0).min(fits(1)).max(0.001)
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Held {
    edge: usize,
    from: [f64; 2],
    start: Room,
    /// Fixed while the hand is on: the picture must not shrink below it.
    scale: f64,
}

/// `most`: pixels at one side. `onset` gets the room when the person is done.
#[component]
pub fn RoomDialog(
    media: Media,
    start: Room,
    most: f64,
    onset: EventHandler<Room>,
    onclose: EventHandler<()>,
) -> Element {
    let picture = [f64::from(media.width.unwrap_or(1)), f64::from(media.height.unwrap_or(1))];
    let mut room = use_signal(|| start);
    let mut held = use_signal(|| None::<Held>);
    let mut stage = use_signal(|| [640.0f64, 400.0]);
    let scale = held().map_or_else(|| scale_for(room(), picture, stage()), |held| held.scale);
    let [left, top, right, bottom] = room().0;
    let [width, height] = room().size(picture);
    let around = format!(
        "width: {}px; height: {}px; padding: {}px {}px {}px {}px",
        width * scale,
        height * scale,
        top * scale,
        right * scale,
        bottom * scale,
        left * scale
    );
    rsx! {
        Dialog {
            title: "Make room around the picture",
            wide: true,
            onclose,
            footer: rsx! {
                p { class: "quiet tabular crop-facts", role: "status", "{picture[0]} × {picture[1]} becomes {width} × {height} px" }
                Button { onclick: move |_| room.set(Room([0.0; 4])), "No room" }
                Button { variant: Variant::Primary, onclick: move |_| onset.call(room()), "Use this room" }
            },
            div {
                class: "room",
                onresize: move |event| {
                    if let Ok(size) = event.get_border_box_size() {
                        stage.set([size.width.max(1.0), size.height.max(1.0)]);
                    }
                },
                onpointermove: move |event| {
                    let Some(Held { edge, from, start, scale }) = held() else { return };
                    let at = event.client_coordinates();
                    let by = outwards(edge, [at.x - from[0], at.y - from[1]]);
                    // Both sides grow around the middle: the edge goes half as far as the picture does.
                    room.set(start.moved(edge, 2.0 * by / scale, most));
                },
                onpointerup: move |_| held.set(None),
                onpointercancel: move |_| held.set(None),
                onpointerleave: move |_| held.set(None),
                div { class: "room-around", style: around,
                    img { src: blob_url(&media.blob), alt: "", draggable: "false" }
                    for (edge , name , title) in EDGES {
                        button {
                            key: "{name}",
                            class: "room-edge",
                            "data-edge-of-picture": name,
                            r#type: "button",
                            role: "slider",
                            aria_label: "{title}: arrows move it, with Shift in larger steps",
                            aria_orientation: if edge % 2 == 0 { "horizontal" } else { "vertical" },
                            aria_valuemin: "0",
                            aria_valuemax: "{most}",
                            aria_valuenow: "{room().0[edge]}",
                            onpointerdown: move |event| {
                                event.prevent_default();
                                let at = event.client_coordinates();
                                held.set(Some(Held { edge, from: [at.x, at.y], start: room(), scale }));
                            },
                            onkeydown: move |event| {
                                let step = STEPS[usize::from(event.modifiers().shift())];
                                let by = match event.key() {
                                    Key::ArrowLeft => [-step, 0.0],
                                    Key::ArrowRight => [step, 0.0],
                                    Key::ArrowUp => [0.0, -step],
                                    Key::ArrowDown => [0.0, step],
                                    _ => return,
                                };
                                event.prevent_default();
                                let next = room().moved(edge, outwards(edge, by), most);
                                room.set(next);
                            },
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: [f64; 2] = [100.0, 50.0];

    #[test]
    fn an_edge_goes_outwards_and_never_into_the_picture() {
        let room = Room([0.0; 4]).moved(0, outwards(0, [-30.4, 9.0]), 2000.0);
        assert_eq!(room, Room([30.0, 0.0, 0.0, 0.0]));
        assert_eq!(room.moved(0, -99.0, 2000.0), Room([0.0; 4]));
        assert_eq!(room.moved(3, outwards(3, [0.0, 5000.0]), 2000.0).0[3], 2000.0);
    }

    #[test]
    fn the_result_is_the_picture_and_its_room() {
        assert_eq!(Room([10.0, 20.0, 30.0, 40.0]).size(PICTURE), [140.0, 110.0]);
    }

    #[test]
    fn all_of_it_is_seen_and_there_is_room_to_drag() {
        let scale = scale_for(Room([0.0; 4]), PICTURE, [320.0, 320.0]);
        assert_eq!(scale, 2.0);
        assert!(scale_for(Room([500.0, 0.0, 0.0, 0.0]), PICTURE, [320.0, 320.0]) < scale);
    }
}
