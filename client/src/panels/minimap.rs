//! The whole graph in a corner, with what everyone sees of it; a click goes there.

use dioxus::{prelude::*, web::WebEventExt};

use crate::{
    canvas::{
        geometry::{Point, Rect},
        node::css_color,
        state::{CanvasStateStoreExt, use_canvas},
        viewport::Viewport,
    },
    dom,
    replica::view::CanvasViewStoreExt,
};

const SIZE: Point = [208.0, 136.0];

/// The part of the canvas that the map shows, in the map's own proportions.
fn framed(content: Rect) -> Rect {
    let content = content.inflate(80.0);
    let scale = (content.width / SIZE[0]).max(content.height / SIZE[1]);
    let size = SIZE.map(|length| length * scale);
    let [x, y] = content.center();
    Rect::new([x - size[0] / 2.0, y - size[1] / 2.0], size)
}

#[component]
pub fn Minimap() -> Element {
    let canvas = use_canvas();
    let shown = canvas.state.minimap().cloned();
    let rects = use_memo(move || {
        if !*canvas.state.minimap().read() {
            return Vec::new();
        }
        let ids: Vec<_> = canvas.view.nodes().read().keys().cloned().collect();
        ids.iter().filter_map(|id| canvas.rect(id)).collect::<Vec<_>>()
    });
    let seen = use_memo(move || {
        let screen = *canvas.state.screen().read();
        canvas.state.viewport().read().visible(screen)
    });
    let others = use_memo(move || {
        let hidden = *canvas.state.people_hidden().read() || !*canvas.state.minimap().read();
        let people = canvas.view.people();
        let people = people.read();
        let seen = people.iter().filter(|_| !hidden).filter_map(|(client, person)| {
            let [x, y, width, height] = person.viewport?;
            let color = css_color(&person.user.as_ref()?.color).to_owned();
            Some((*client, Rect { x, y, width, height }, color))
        });
        seen.collect::<Vec<_>>()
    });
    if !shown {
        return rsx! {};
    }
    let rects = rects();
    let seen = seen();
    let whole = framed(Rect::around(rects.iter().copied().chain([seen])).unwrap_or(seen));
    let go = move |event: &PointerEvent| {
        let Some([part_x, part_y]) = dom::part_of_target(&event.as_web_event()) else { return };
        let middle = [whole.x + whole.width * part_x, whole.y + whole.height * part_y];
        canvas.look(Viewport::centered(middle, canvas.looking().zoom, canvas.screen()));
    };
    rsx! {
        div { class: "minimap",
            svg {
                view_box: "{whole.x} {whole.y} {whole.width} {whole.height}",
                role: "img",
                "aria-label": "Map of the workflow",
                onpointerdown: move |event| go(&event),
                onpointermove: move |event| {
                    if !event.held_buttons().is_empty() {
                        go(&event);
                    }
                },
                for (index , rect) in rects.into_iter().enumerate() {
                    rect { key: "{index}", x: "{rect.x}", y: "{rect.y}", width: "{rect.width}", height: "{rect.height}", rx: "12" }
                }
                for (client , rect , color) in others() {
                    rect {
                        key: "{client}",
                        class: "minimap-other",
                        style: "--person: {color}",
                        x: "{rect.x}",
                        y: "{rect.y}",
                        width: "{rect.width}",
                        height: "{rect.height}",
                    }
                }
                rect { class: "minimap-seen", x: "{seen.x}", y: "{seen.y}", width: "{seen.width}", height: "{seen.height}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_keeps_its_proportions_and_shows_all() {
        let whole = framed(Rect::new([0.0, 0.0], [4000.0, 100.0]));
        assert!((whole.width / whole.height - SIZE[0] / SIZE[1]).abs() < 1e-9);
        assert!(whole.contains([0.0, 0.0]) && whole.contains([4000.0, 100.0]));
    }
}
