//! A reroute: a grip with a port on either side, in the colour of what it carries.

use dioxus::prelude::*;
use shared::{id::NodeId, value::ValueType};

use super::{Port, use_spec};
use crate::canvas::{category, connect::PortRef, state::use_canvas, wires::carried_type};

#[component]
pub fn Reroute(id: NodeId) -> Element {
    let canvas = use_canvas();
    let spec = use_spec(canvas, &id);
    let carried = use_memo({
        let port = PortRef::output(id.clone(), "");
        move || carried_type(canvas, &port).unwrap_or(ValueType::Any)
    });
    let spec = spec.read();
    let Some(spec) = &*spec else { return rsx! {} };
    rsx! {
        span { class: "reroute-grip", "data-value-type": category::item_name(&carried()), aria_hidden: "true" }
        for port in spec.inputs.iter() {
            Port { key: "in {port.name}", port: PortRef::input(id.clone(), port.name.clone()), value_type: carried(), required: false }
        }
        for port in spec.outputs.iter() {
            Port { key: "out {port.name}", port: PortRef::output(id.clone(), port.name.clone()), value_type: carried(), required: false }
        }
    }
}
