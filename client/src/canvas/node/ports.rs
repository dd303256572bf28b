//! Ports: a mark of type at the card's edge, a name beside it. Parameters bring their own (see `panels/param`).

use dioxus::prelude::*;
use shared::{id::NodeId, value::ValueType};

use super::use_spec;
use crate::{
    canvas::{
        category,
        connect::PortRef,
        layout::Side,
        state::{Canvas, CanvasStateStoreExt, use_canvas},
    },
    ui::PortGlyph,
};

/// `folded`: the card shows its head only, and all ports stand at its middle.
#[component]
pub fn Ports(id: NodeId, folded: bool) -> Element {
    let canvas = use_canvas();
    let spec = use_spec(canvas, &id);
    let spec = spec.read();
    let Some(spec) = &*spec else { return rsx! {} };
    let (inputs, outputs) = (&spec.inputs, &spec.outputs);
    if inputs.is_empty() && outputs.is_empty() {
        return rsx! {};
    }
    rsx! {
        div { class: "ports", "data-folded": folded,
            div { class: "ports-in",
                for port in inputs.iter() {
                    div { key: "{port.name}", class: "port-row", title: "{port.description}",
                        Port {
                            port: PortRef::input(id.clone(), port.name.clone()),
                            value_type: port.value_type.clone(),
                            required: port.required,
                        }
                        if !folded {
                            span { class: "port-name",
                                "{category::words(&port.name)}"
                                if port.required {
                                    span { class: "required", title: "Needed to run", aria_hidden: "true", " *" }
                                }
                            }
                        }
                    }
                }
            }
            div { class: "ports-out",
                for port in outputs.iter() {
                    div { key: "{port.name}", class: "port-row", title: "{port.description}",
                        if !folded {
                            span { class: "port-name", "{category::words(&port.name)}" }
                        }
                        Port {
                            port: PortRef::output(id.clone(), port.name.clone()),
                            value_type: port.value_type.clone(),
                            required: false,
                        }
                    }
                }
            }
        }
    }
}

/// How a port looks while a wire is in the hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// No wire is in the hand.
    Rest,
    /// The wire may end here.
    Fits,
    /// It would, if it were let go now.
    Meant,
    /// It may not.
    Not,
    /// It begins here.
    Source,
}

impl Call {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Fits => "fits",
            Self::Meant => "meant",
            Self::Not => "not",
            Self::Source => "source",
        }
    }

    fn of(canvas: Canvas, port: &PortRef) -> Self {
        match &*canvas.loose.read() {
            Some(loose) if loose.from == *port => Self::Source,
            Some(loose) if loose.meant.as_ref() == Some(port) => Self::Meant,
            Some(_) if canvas.fitting.read().contains(port) => Self::Fits,
            Some(_) => Self::Not,
            None => Self::Rest,
        }
    }
}

#[component]
pub fn Port(port: PortRef, value_type: ValueType, required: bool) -> Element {
    let canvas = use_canvas();
    let call = use_memo({
        let port = port.clone();
        move || Call::of(canvas, &port)
    });
    let wired = use_memo({
        let port = port.clone();
        move || match port.side {
            Side::In => canvas.wiring.read().get(&port.node).is_some_and(|inputs| inputs.contains_key(&port.name)),
            Side::Out => canvas.sources.read().contains(&(port.node.clone(), port.name.clone())),
        }
    });
    let side = if port.side == Side::In { "input" } else { "output" };
    let item = category::item_name(&value_type);
    let keys = port.clone();
    rsx! {
        button {
            class: "port",
            r#type: "button",
            "data-port": port.hook(),
            "data-side": side,
            "data-call": call().as_str(),
            "data-wired": wired(),
            "data-required": required && !wired(),
            "data-value-type": item,
            aria_label: "{category::words(&port.name)}, {side}, {value_type}",
            title: "{category::words(&port.name)}: {value_type}",
            onkeydown: move |event| {
                if event.key() == Key::Enter {
                    event.prevent_default();
                    event.stop_propagation();
                    press_by_key(canvas, &keys);
                }
            },
            PortGlyph { value_type: value_type.clone(), filled: wired() }
        }
    }
}

/// Enter on a port takes a wire into the hand; Enter on a second one connects; Enter on one that does not fit lets go.
fn press_by_key(canvas: Canvas, port: &PortRef) {
    use crate::canvas::{
        gesture::{Button, Modifiers, Press, Scene, Target},
        live::LiveScene,
    };
    if !canvas.writable() {
        return;
    }
    let scene = LiveScene(canvas);
    let at_canvas = scene.rect(&port.node).map_or([0.0, 0.0], |rect| [rect.x, rect.y]);
    let at_screen = canvas.looking().screen_from_canvas(at_canvas);
    let press = Press {
        pointer: 0,
        at_screen,
        button: Button::Primary,
        touch: false,
        modifiers: Modifiers::default(),
        target: Target::Port(port.clone()),
        writable: true,
        drag_selects: false,
        grid: None,
    };
    let mut hand = canvas.holding();
    let mut effects = hand.press(press, &scene);
    effects.extend(hand.release(0, at_screen, &scene));
    canvas.state.hand().set(hand);
    canvas.apply(effects);
}
