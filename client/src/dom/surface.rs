//! The canvas as elements: what lies under a pointer, where ports are, and the one transform that moves everything.
//!
//! Hooks are `data-` attributes written by `crate::canvas`; ids are the two constants here.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, PointerEvent};

/// The element that hears pointers; screen points are relative to it.
pub const SURFACE: &str = "canvas-surface";
/// The dotted ground behind everything.
pub const DOTS: &str = "canvas-dots";
/// The element inside it that is moved and scaled.
pub const LAYER: &str = "canvas-layer";
/// All that is drawn in canvas units, within the layer.
pub const PLANE: &str = "canvas-plane";

/// Things inside a node that are used, not dragged.
const CONTROLS: &str = "input, textarea, select, button, a, video, audio, [contenteditable], [data-control]";

/// What an event hit, by the hooks of the page. Names are not parsed here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hit {
    pub node: Option<String>,
    pub port: Option<String>,
    pub edge: Option<String>,
    pub corner: bool,
    /// The head or the corner of a frame; its inside is canvas.
    pub frame: Option<String>,
    pub frame_corner: bool,
    pub control: bool,
}

pub fn hit(event: &Event) -> Hit {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return Hit::default();
    };
    let closest = |selector: &str| target.closest(selector).ok().flatten();
    let named = |attribute: &str| closest(&format!("[{attribute}]")).and_then(|found| found.get_attribute(attribute));
    let port = named("data-port");
    let frame_corner = closest("[data-frame-corner]").is_some();
    Hit {
        node: named("data-node"),
        edge: named("data-edge-hit"),
        corner: closest("[data-corner]").is_some(),
        frame: named("data-frame-head").or_else(|| if frame_corner { named("data-frame") } else { None }),
        frame_corner,
        control: port.is_none() && closest(CONTROLS).is_some(),
        port,
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    super::document().get_element_by_id(id)?.dyn_into().ok()
}

thread_local! {
    /// The surface's upper left corner on the page. Kept, because asking for it between two moves of a pointer makes the
    /// browser lay out the page at once.
    static ORIGIN: Cell<[f64; 2]> = const { Cell::new([0.0; 2]) };
}

/// From the page's coordinates to the surface's.
pub fn surface_point(client_x: f64, client_y: f64) -> [f64; 2] {
    let [left, top] = ORIGIN.get();
    [client_x - left, client_y - top]
}

/// To be asked for when the surface appears and whenever it has another size: it notes where the surface is, too.
pub fn surface_size() -> Option<[f64; 2]> {
    let rect = element(SURFACE)?.get_bounding_client_rect();
    ORIGIN.set([rect.left(), rect.top()]);
    Some([rect.width(), rect.height()])
}

/// Moves the layer and the dots behind it. Written straight to the style: no component runs again for a pan.
///
/// What is drawn is as large as at the zoom of `drawn_at`, and the layer enlarges that: a browser draws what moves as
/// large as it would be in a layer that is not enlarged, far out many times what fits on the screen.
pub fn move_layer(pan: [f64; 2], zoom: f64, drawn_at: f64) {
    if let Some(layer) = element(LAYER) {
        let enlarged = zoom / drawn_at;
        let place = format!("translate({}px,{}px) scale({enlarged})", pan[0], pan[1]);
        let _ = layer.style().set_property("transform", &place);
    }
    if let Some(plane) = element(PLANE) {
        let _ = plane.style().set_property("transform", &format!("scale({drawn_at})"));
    }
    if let Some(dots) = element(DOTS) {
        let style = dots.style();
        // Dots thin out when they would turn into a grey fog.
        let sparse = if zoom < 0.3 {
            8.0
        } else if zoom < 0.6 {
            4.0
        } else {
            1.0
        };
        let step = 24.0 * zoom * sparse;
        // Moving by less than a step looks like moving by any distance, and paints nothing.
        let [x, y] = pan.map(|way| way.rem_euclid(step));
        let _ = style.set_property("transform", &format!("translate({x}px,{y}px)"));
        let _ = style.set_property("background-size", &format!("{step}px {step}px"));
    }
}

/// Marks that the view is moving, so that the browser keeps the layer as one picture; at rest it is drawn sharp again.
pub fn set_moving(moving: bool, zoom: f64) {
    if let Some(layer) = element(LAYER) {
        let _ = layer.toggle_attribute_with_force("data-moving", moving);
        if !moving {
            let _ = layer.style().set_property("--zoom", &zoom.to_string());
        }
    }
}

/// A node as the browser laid it out, in canvas units.
pub struct Measured {
    pub size: [f64; 2],
    /// Middles of the ports from the node's upper left corner, by their hooks.
    pub ports: Vec<(String, [f64; 2])>,
}

/// The id of a card's element: found at once, where a selector would look through the page for each.
pub fn node_element(node: &str) -> String {
    format!("node-{node}")
}

/// Puts a card somewhere, in canvas units. Written straight to the style: its component says the same when it runs.
pub fn place_node(node: &str, [x, y]: [f64; 2]) {
    if let Some(card) = element(&node_element(node)) {
        let _ = card.style().set_property("translate", &format!("{x}px {y}px"));
    }
}

pub fn measure_node(node: &str) -> Option<Measured> {
    let article = element(&node_element(node))?;
    let size = [f64::from(article.offset_width()), f64::from(article.offset_height())];
    let outer = article.get_bounding_client_rect();
    // Rects are in screen pixels; the ratio undoes whatever zoom is on.
    let zoom = if size[0] > 0.0 { outer.width() / size[0] } else { 1.0 };
    let mut ports = Vec::new();
    if let Ok(found) = article.query_selector_all("[data-port]") {
        for index in 0..found.length() {
            let Some(port) = found.item(index).and_then(|port| port.dyn_into::<Element>().ok()) else { continue };
            let Some(hook) = port.get_attribute("data-port") else { continue };
            let rect = port.get_bounding_client_rect();
            let middle =
                [rect.left() + rect.width() / 2.0 - outer.left(), rect.top() + rect.height() / 2.0 - outer.top()];
            ports.push((hook, middle.map(|value| value / zoom)));
        }
    }
    Some(Measured { size, ports })
}

/// Keeps the pointer's events coming when it leaves the surface or the window.
pub fn capture_pointer(event: &PointerEvent) {
    if let Some(surface) = element(SURFACE) {
        let _ = surface.set_pointer_capture(event.pointer_id());
    }
}

/// Takes the keyboard out of whatever field has it.
pub fn leave_field() {
    if let Some(active) = super::document().active_element().and_then(|active| active.dyn_into::<HtmlElement>().ok()) {
        let _ = active.blur();
    }
}

/// Whether an event belongs to somebody who is typing, or to a dialog.
pub fn in_field(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let selector = "input:not([type=range]), textarea, select, [contenteditable], [role=dialog], [role=menu]";
    target.is_some_and(|target| target.closest(selector).ok().flatten().is_some())
}

/// Whether a key would press the focused control, as Space and Enter do on buttons.
pub fn on_control(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest("button, a, input, video, audio, summary").ok().flatten().is_some())
}

/// Whether something under the pointer can itself scroll the way the wheel turns.
pub fn scrolls(event: &web_sys::WheelEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    let Ok(Some(scroller)) = target.closest("[data-scroll], textarea") else { return false };
    let room = scroller.scroll_height() - scroller.client_height();
    let down = event.delta_y() > 0.0;
    room > 1 && if down { scroller.scroll_top() < room - 1 } else { scroller.scroll_top() > 0 }
}

/// Puts the keyboard on the first element of this kind; answers whether there is one. Not to be called inside an event
/// handler: spawn it.
pub fn focus_first(selector: &str) -> bool {
    let found = super::document().query_selector(selector).ok().flatten();
    let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return false };
    element.focus().is_ok()
}

pub fn scroll_into_view(id: &str) {
    if let Some(element) = element(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Where in its element an event happened, from 0 to 1 in both directions.
pub fn part_of_target(event: &web_sys::MouseEvent) -> Option<[f64; 2]> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    let element = element.closest("svg").ok().flatten().unwrap_or(element);
    let rect = element.get_bounding_client_rect();
    let [x, y] = [f64::from(event.client_x()) - rect.left(), f64::from(event.client_y()) - rect.top()];
    (rect.width() > 0.0 && rect.height() > 0.0).then(|| [x / rect.width(), y / rect.height()])
}
