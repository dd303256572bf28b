//! Frames: titled boxes behind nodes. Who belongs to one is written in the document, and follows where a hand drops a
//! node, not where anything happens to lie.

use std::collections::{BTreeMap, BTreeSet};

use dioxus::prelude::*;
use shared::{
    graph::Frame,
    id::{FrameId, NodeId},
};

use super::{
    geometry::{Point, Rect, plus},
    gesture::Gesture,
    node::css_color,
    state::{Canvas, CanvasStateStoreExt, use_canvas},
};
use crate::{dom, replica::view::CanvasViewStoreExt};

/// Space between a frame's border and the nodes it is put around; more above, for the title.
const PADDING: f64 = 32.0;
const HEAD: f64 = 40.0;

/// The frame that belongs around these boxes.
pub fn around(rects: impl IntoIterator<Item = Rect>) -> Option<Rect> {
    let inner = Rect::around(rects)?.inflate(PADDING);
    Some(Rect { y: inner.y - HEAD, height: inner.height + HEAD, ..inner })
}

/// The frame that a node dropped here belongs to: the smallest one that its middle lies in.
pub fn belongs_to(frames: &BTreeMap<FrameId, Frame>, rect: Rect) -> Option<FrameId> {
    let holding = frames.iter().filter(|(_, frame)| Rect::new(frame.pos, frame.size).contains(rect.center()));
    let area = |frame: &Frame| frame.size[0] * frame.size[1];
    holding.min_by(|(_, a), (_, b)| area(a).total_cmp(&area(b))).map(|(id, _)| id.clone())
}

/// Frames whose nodes are all in `nodes`, and that have some.
pub fn whole_frames(members: &BTreeMap<FrameId, BTreeSet<NodeId>>, nodes: &BTreeSet<NodeId>) -> Vec<FrameId> {
    members.iter().filter(|(_, inside)| inside.is_subset(nodes)).map(|(id, _)| id.clone()).collect()
}

impl Canvas {
    /// Where a frame is drawn now. Subscribes whoever is running.
    fn frame_rect(&self, id: &FrameId, frame: &Frame) -> Rect {
        match &*self.held_frame.read() {
            Some((held, HeldFrame::Moved(origin))) if held == id => {
                Rect::new(plus(*origin, *self.delta.read()), frame.size)
            }
            Some((held, HeldFrame::Sized(size))) if held == id => Rect::new(frame.pos, *size),
            _ => Rect::new(frame.pos, frame.size),
        }
    }
}

/// What a hand does to a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum HeldFrame {
    /// It stood here.
    Moved(Point),
    Sized(Point),
}

pub fn held_frame(gesture: &Gesture) -> Option<(FrameId, HeldFrame)> {
    match gesture {
        Gesture::Move(moving) => moving.frame.clone().map(|(id, origin)| (id, HeldFrame::Moved(origin))),
        Gesture::ResizeFrame { frame, size, .. } => Some((frame.clone(), HeldFrame::Sized(*size))),
        _ => None,
    }
}

#[component]
pub fn Frames() -> Element {
    let canvas = use_canvas();
    // The largest first, so that a frame within another lies above it.
    let ids = use_memo(move || {
        let frames = canvas.view.frames();
        let frames = frames.read();
        let mut ids: Vec<(FrameId, f64)> =
            frames.iter().map(|(id, frame)| (id.clone(), frame.size[0] * frame.size[1])).collect();
        ids.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        ids.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    });
    rsx! {
        div { class: "frames",
            for id in ids() {
                FrameBox { key: "{id}", id }
            }
        }
    }
}

#[component]
fn FrameBox(id: FrameId) -> Element {
    let canvas = use_canvas();
    let seen = use_memo({
        let id = id.clone();
        move || {
            let frame = canvas.view.frames().get(id.clone())?.cloned();
            let rect = canvas.frame_rect(&id, &frame);
            canvas.drawn.read().intersects(&rect).then_some((frame, rect))
        }
    });
    let mut naming = use_signal(|| false);
    let Some((frame, rect)) = seen() else { return rsx! {} };
    let selected = canvas.state.frame().read().as_ref() == Some(&id);
    let tint = frame.color.as_deref().map(|color| format!("--tint: {};", css_color(color))).unwrap_or_default();
    let named = id.clone();
    let title = if frame.title.trim().is_empty() { "Frame".to_owned() } else { frame.title.clone() };
    rsx! {
        section {
            class: "frame",
            "data-frame": "{id}",
            "data-selected": selected,
            "data-tinted": frame.color.is_some(),
            aria_label: "Frame {title}",
            style: "translate: {rect.x}px {rect.y}px; width: {rect.width}px; height: {rect.height}px; {tint}",
            header {
                class: "frame-head",
                "data-frame-head": "{id}",
                ondoubleclick: move |event| {
                    event.stop_propagation();
                    if canvas.writable() {
                        naming.set(true);
                    }
                },
                if naming() {
                    input {
                        class: "frame-title-input",
                        aria_label: "Frame name",
                        initial_value: "{frame.title}",
                        onmounted: move |event| {
                            spawn(async move {
                                // Gone again already: nothing to focus.
                                let _ = event.set_focus(true).await;
                            });
                        },
                        onkeydown: move |event| {
                            event.stop_propagation();
                            match event.key() {
                                Key::Enter => { spawn(async { dom::leave_field() }); },
                                Key::Escape => naming.set(false),
                                _ => {}
                            }
                        },
                        onchange: move |event| {
                            canvas.update_frame(&named, "rename", |frame| frame.title = event.value().trim().to_owned());
                        },
                        onblur: move |_| naming.set(false),
                    }
                } else {
                    span { "{title}" }
                }
            }
            span { class: "corner", "data-frame-corner": "true", aria_hidden: "true" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(pos: Point, size: Point) -> Frame {
        Frame { pos, size, title: String::new(), color: None }
    }

    #[test]
    fn a_node_belongs_to_the_smallest_frame_around_its_middle() {
        let frames = BTreeMap::from([
            ("large".parse().unwrap(), frame([0.0, 0.0], [1000.0, 1000.0])),
            ("small".parse().unwrap(), frame([100.0, 100.0], [300.0, 300.0])),
        ]);
        let name = |at| belongs_to(&frames, Rect::new(at, [100.0, 100.0])).map(|id| id.to_string());
        assert_eq!(name([150.0, 150.0]).as_deref(), Some("small"));
        // Its corner is within the small one, its middle is not.
        assert_eq!(name([380.0, 380.0]).as_deref(), Some("large"));
        assert_eq!(name([2000.0, 0.0]), None);
    }

    #[test]
    fn a_frame_leaves_room_for_its_title() {
        let rect = around([Rect::new([100.0, 100.0], [200.0, 50.0])]).expect("one box");
        assert_eq!(rect, Rect { x: 68.0, y: 28.0, width: 264.0, height: 154.0 });
        assert_eq!(around([]), None);
    }

    #[test]
    fn a_frame_is_whole_when_all_its_nodes_are_there() {
        let id = |text: &str| text.parse::<NodeId>().unwrap();
        let members = BTreeMap::from([("f".parse().unwrap(), BTreeSet::from([id("a"), id("b")]))]);
        assert!(whole_frames(&members, &[id("a")].into()).is_empty());
        assert_eq!(whole_frames(&members, &[id("a"), id("b"), id("c")].into()).len(), 1);
    }
}
