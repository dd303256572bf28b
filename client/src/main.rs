// Not everything has a page yet.
#[allow(dead_code, unused_imports)]
mod ui;
#[allow(dead_code, unused_imports)]
mod canvas;

use dioxus::prelude::*;
fn main() {
    dioxus::launch(App);
}
#[component]
fn App() -> Element {
    rsx! { h1 { "OpenFlow" } }
}
