//! The element that hears hands: pointers and wheels become gestures, gestures become effects.

use dioxus::{html::geometry::WheelDelta, prelude::*, web::WebEventExt};

use super::{
    boxes::EmptyHint,
    connect::PortRef,
    geometry::{Rect, plus},
    gesture::{Button, Effect, Gesture, Gestures, Modifiers, Press, Scene, Target},
    layer::Layer,
    layout::Side,
    live::LiveScene,
    state::{Canvas, CanvasStateStoreExt, Device, Purpose, Tool, use_canvas},
    viewport::wheel_factor,
};
use crate::{dom, media::use_drop};

/// The step of the grid.
const GRID: f64 = 24.0;
/// A view that did not move for so long is at rest.
const REST_MILLIS: u32 = 320;
/// A view in a hand has to stand still for longer: it will most likely go on.
const REST_IN_HAND_MILLIS: u32 = 1_200;
/// A finger that rests this long asks for the menu.
const LONG_PRESS_MILLIS: u32 = 550;

#[component]
pub fn Surface(space: ReadSignal<bool>) -> Element {
    let canvas = use_canvas();
    let rest = use_rest(canvas);
    let dropping = use_drop(canvas);
    let holding = use_memo(move || match canvas.state.hand().read().now {
        Gesture::Pan { .. } | Gesture::Pinch { .. } => "pan",
        Gesture::Move(_) => "move",
        Gesture::Wire(_) | Gesture::TappedWire(_) => "wire",
        Gesture::Marquee { .. } => "marquee",
        Gesture::Resize { .. } | Gesture::ResizeFrame { .. } => "resize",
        Gesture::Idle | Gesture::Pressed { .. } => "nothing",
    });
    rsx! {
        section {
            id: dom::SURFACE,
            class: "surface",
            role: "application",
            aria_label: "Canvas",
            "data-holding": holding(),
            "data-pulling": (holding() == "wire").then_some("true"),
            "data-space": space() || *canvas.state.tool().read() == Tool::Hand,
            "data-device": canvas.state.device().cloned().map(Device::as_str),
            "data-grid": *canvas.state.grid().read(),
            "data-people": if *canvas.state.people_hidden().read() { "hidden" } else { "shown" },
            "data-dropping": dropping.over(),
            "data-preview": canvas.state.preview().read().is_some(),
            onresize: move |_| {
                if let Some(size) = dom::surface_size() {
                    canvas.state.screen().set(size);
                }
            },
            onmounted: move |_| {
                if let Some(size) = dom::surface_size() {
                    canvas.state.screen().set(size);
                }
                canvas.look_along(canvas.looking());
            },
            onpointerdown: move |event| press(canvas, &event, space()),
            onpointermove: move |event| {
                if was_let_go(canvas, &event) {
                    release(canvas, &event);
                }
                moved(canvas, &event);
                if in_hand(canvas) {
                    rest.call(());
                }
            },
            onpointerup: move |event| release(canvas, &event),
            onpointercancel: move |_| {
                if in_hand(canvas) {
                    rest.call(());
                }
                canvas.state.hand().set(Gestures::default());
            },
            onpointerleave: move |_| {
                canvas.state.pointer_canvas().set(None);
                canvas.replica().set_presence(|own| own.cursor = None);
            },
            onwheel: move |event| {
                if wheel(canvas, &event) {
                    rest.call(());
                }
            },
            ondoubleclick: move |event| {
                let hit = dom::hit(&event.as_web_event());
                let at = event.client_coordinates();
                let at_canvas = canvas.looking().canvas_from_screen(dom::surface_point(at.x, at.y));
                match hit.edge.and_then(|edge| edge.parse().ok()) {
                    Some(edge) => canvas.open_search_for(at_canvas, Purpose::Insert(edge)),
                    None if hit.node.is_none() => canvas.open_search(at_canvas, None),
                    None => {}
                }
            },
            oncontextmenu: move |event| event.prevent_default(),
            ondragover: move |event| dropping.drag_over(&event),
            ondragleave: move |_| dropping.leave(),
            ondrop: move |event| dropping.drop(&event),
            div { id: dom::DOTS, class: "dots", "aria-hidden": "true" }
            Layer {}
            EmptyHint {}
        }
    }
}

/// Tells the layer that it moves, and a moment after the last call that it rests.
fn use_rest(canvas: Canvas) -> Callback<()> {
    let mut generation = use_signal(|| 0u32);
    use_callback(move |()| {
        let mine = generation.peek().wrapping_add(1);
        generation.set(mine);
        canvas.set_moving(true);
        let still_millis = if in_hand(canvas) { REST_IN_HAND_MILLIS } else { REST_MILLIS };
        spawn(async move {
            gloo_timers::future::TimeoutFuture::new(still_millis).await;
            // Input that a busy browser kept back arrives before the next frame. Without waiting for it a slow frame
            // would count as a rest, cards would be made, and the next frame would be slower still.
            if *generation.peek() == mine {
                dom::next_frame().await;
            }
            if *generation.peek() == mine {
                canvas.set_moving(false);
                tell_viewport(canvas);
            }
        });
    })
}

/// Whether the view itself is what the person holds.
fn in_hand(canvas: Canvas) -> bool {
    matches!(canvas.state.hand().peek().now, Gesture::Pan { .. } | Gesture::Pinch { .. })
}

fn tell_viewport(canvas: Canvas) {
    let seen = canvas.looking().visible(canvas.screen());
    canvas.replica().set_presence(|own| own.viewport = Some([seen.x, seen.y, seen.width, seen.height]));
}

fn press(canvas: Canvas, event: &PointerEvent, space: bool) {
    let web = event.as_web_event();
    let hit = dom::hit(&web);
    let node = hit.node.as_deref().and_then(|id| id.parse().ok());
    if hit.control {
        // The control keeps the pointer; its node is what the person works on.
        if let Some(node) = node
            && !canvas.state.selection().peek().contains(&node)
        {
            canvas.select([node].into());
        }
        return;
    }
    let node = node.or_else(|| hit.edge.is_none().then(|| speck_under(canvas, event)).flatten());
    let frame = hit.frame.as_deref().and_then(|id| id.parse().ok());
    let target = match (hit.port.as_deref().and_then(port_of), node, hit.edge.and_then(|edge| edge.parse().ok())) {
        (Some((side, name)), Some(node), _) => Target::Port(PortRef { node, side, name }),
        (_, Some(node), _) if hit.corner => Target::Corner(node),
        (_, Some(node), _) => Target::Node(node),
        (_, None, Some(edge)) => Target::Wire(edge),
        (_, None, None) => match frame {
            Some(frame) if hit.frame_corner => Target::FrameCorner(frame),
            Some(frame) => Target::Frame(frame),
            None => Target::Canvas,
        },
    };
    dom::leave_field();
    let at = event.client_coordinates();
    let held = event.modifiers();
    let press = Press {
        pointer: event.pointer_id(),
        at_screen: dom::surface_point(at.x, at.y),
        button: match web.button() {
            1 => Button::Middle,
            2 => Button::Secondary,
            _ => Button::Primary,
        },
        touch: web.pointer_type() == "touch",
        modifiers: Modifiers {
            shift: held.shift(),
            command: held.ctrl() || held.meta(),
            alt: held.alt(),
            space: space || *canvas.state.tool().peek() == Tool::Hand && web.button() == 0,
        },
        target,
        writable: canvas.writable(),
        drag_selects: *canvas.state.device().peek() == Some(Device::Trackpad),
        grid: canvas.state.grid().peek().then_some(GRID),
    };
    if press.touch {
        menu_when_held(canvas, press.clone());
    }
    with_hand(canvas, |hand, scene| hand.press(press, scene));
}

/// Whether the button was let go where the page could not hear it: outside the window, or over another page in a frame.
fn was_let_go(canvas: Canvas, event: &PointerEvent) -> bool {
    let web = event.as_web_event();
    let held_by_button =
        !matches!(canvas.state.hand().peek().now, Gesture::Idle | Gesture::TappedWire(_) | Gesture::Pinch { .. });
    held_by_button && web.buttons() == 0 && web.pointer_type() == "mouse"
}

/// The node under a pointer where nodes have no elements of their own.
fn speck_under(canvas: Canvas, event: &PointerEvent) -> Option<shared::id::NodeId> {
    let at = event.client_coordinates();
    let at_canvas = canvas.looking().canvas_from_screen(dom::surface_point(at.x, at.y));
    let here = canvas.sight.read().nodes_in_order(&Rect::new(at_canvas, [0.0, 0.0]));
    let cards = canvas.cards.peek();
    here.into_iter().rfind(|id| !cards.contains(id))
}

/// A finger that stays where it went down for a while opens the menu, as the right mouse button does.
fn menu_when_held(canvas: Canvas, press: Press) {
    spawn(async move {
        gloo_timers::future::TimeoutFuture::new(LONG_PRESS_MILLIS).await;
        let held = matches!(canvas.holding().now, Gesture::Pressed { press: now, .. } if now == press);
        if held {
            canvas.state.hand().set(Gestures::default());
            canvas.apply(vec![Effect::Menu { target: press.target, at_screen: press.at_screen }]);
        }
    });
}

/// The machine works on a copy: the scene reads the store that holds it.
fn with_hand(canvas: Canvas, f: impl FnOnce(&mut Gestures, &LiveScene) -> Vec<Effect>) {
    let mut hand = canvas.holding();
    let effects = f(&mut hand, &LiveScene(canvas));
    canvas.state.hand().set(hand);
    canvas.apply(effects);
}

fn moved(canvas: Canvas, event: &PointerEvent) {
    let at = event.client_coordinates();
    let at_screen = dom::surface_point(at.x, at.y);
    let at_canvas = canvas.looking().canvas_from_screen(at_screen);
    // Nobody draws from this one: it is only read when something is pasted.
    canvas.state.pointer_canvas().set(Some(at_canvas));
    let before = canvas.holding().now;
    if before != Gesture::Idle {
        with_hand(canvas, |hand, scene| hand.moved(event.pointer_id(), at_screen, scene));
        let began =
            matches!(before, Gesture::Pressed { .. }) && !matches!(canvas.holding().now, Gesture::Pressed { .. });
        // Not before: a captured pointer would click the surface instead of what it is on.
        if began || matches!(before, Gesture::Pan { .. }) {
            dom::capture_pointer(&event.as_web_event());
        }
    }
    let (dragging, wire) = held_things(canvas);
    canvas.replica().set_presence(|own| {
        own.cursor = Some(at_canvas);
        own.dragging = dragging;
        own.wire = wire;
    });
}

/// What others see in this person's hand.
fn held_things(canvas: Canvas) -> (Vec<(shared::id::NodeId, [f64; 2])>, Option<shared::presence::LooseWire>) {
    let hand = canvas.state.hand();
    let hand = hand.peek();
    match &hand.now {
        Gesture::Move(moving) if !moving.copies => {
            let places = moving.origins.iter().map(|(id, at)| (id.clone(), plus(*at, moving.delta)));
            (places.collect(), None)
        }
        Gesture::Wire(loose) | Gesture::TappedWire(loose) => {
            let wire = shared::presence::LooseWire {
                node: loose.from.node.clone(),
                port: loose.from.name.clone(),
                output: loose.from.side == Side::Out,
                end: loose.end_canvas,
            };
            (Vec::new(), Some(wire))
        }
        _ => (Vec::new(), None),
    }
}

fn release(canvas: Canvas, event: &PointerEvent) {
    let at = event.client_coordinates();
    let at_screen = dom::surface_point(at.x, at.y);
    let held = canvas.holding().now;
    if held == Gesture::Idle {
        return;
    }
    let was_pan = in_hand(canvas);
    with_hand(canvas, |hand, scene| hand.release(event.pointer_id(), at_screen, scene));
    if was_pan {
        tell_viewport(canvas);
        canvas.set_moving(false);
    }
    let (dragging, wire) = held_things(canvas);
    canvas.replica().set_presence(|own| {
        own.dragging = dragging;
        own.wire = wire;
    });
}

/// Whether the view moved. Ctrl (and pinching, which browsers report as Ctrl) zooms; the rest pans, or zooms for people
/// who chose that; inside something that scrolls, the wheel scrolls.
fn wheel(canvas: Canvas, event: &WheelEvent) -> bool {
    let web = event.as_web_event();
    let zooming = web.ctrl_key() || web.meta_key();
    if !zooming && dom::scrolls(&web) {
        return false;
    }
    event.prevent_default();
    let [dx, dy] = match event.delta() {
        WheelDelta::Pixels(delta) => [delta.x, delta.y],
        WheelDelta::Lines(delta) => [delta.x * 20.0, delta.y * 20.0],
        WheelDelta::Pages(delta) => [delta.x * 400.0, delta.y * 400.0],
    };
    let scene = LiveScene(canvas);
    let viewport = scene.viewport();
    let device = *canvas.state.device().peek();
    let next = if zooming || device == Some(Device::Mouse) && !web.shift_key() {
        let at = event.client_coordinates();
        viewport.zoomed(dom::surface_point(at.x, at.y), wheel_factor(dy))
    } else if web.shift_key() && dx == 0.0 {
        viewport.panned([-dy, 0.0])
    } else {
        viewport.panned([-dx, -dy])
    };
    canvas.look(next);
    true
}

/// `in:image` as a side and a name.
pub fn port_of(hook: &str) -> Option<(Side, String)> {
    let (side, name) = hook.split_once(':')?;
    let side = match side {
        "in" => Side::In,
        "out" => Side::Out,
        _ => return None,
    };
    Some((side, name.to_owned()))
}
