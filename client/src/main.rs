//! OpenFlow's web client: one page, drawn by Dioxus, fed by a local replica of the open workflow.
//!
//! `dom` is the only module that knows `web_sys`; `replica` holds the documents and the store the screen is drawn from;
//! `sync` keeps them equal to the server's; `pages` are what the routes show.

mod api;
mod canvas;
mod dom;
mod estimate;
mod media;
mod model_takes;
mod models;
mod pages;
mod panels;
mod presence;
mod replica;
mod route;
mod session;
mod sync;
mod ui;

use dioxus::prelude::*;

use route::Route;

fn main() {
    console_error_panic_hook::set_once();
    dom::Theme::chosen().apply();
    launch(App);
}

#[component]
fn App() -> Element {
    session::use_session_provider();
    use_hook(|| std::rc::Rc::new(dom::follow_system_theme()));
    rsx! {
        ui::Toasts { Router::<Route> {} }
    }
}
