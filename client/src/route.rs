//! The addresses of the app, and who may see what is behind them.

use dioxus::prelude::*;
use shared::id::{FolderId, RunId, WorkflowId};

use crate::{
    pages::{
        account::Account,
        dev_ui::DevUi,
        home::{Home, InFolder},
        join::Join,
        missing::Missing,
        run::PastRun,
        settings::Settings,
        sign_in::SignIn,
        starting::Starting,
        workflow::{App, Workflow},
    },
    session::{self, use_session},
};

#[derive(Routable, Debug, Clone, PartialEq)]
#[rustfmt::skip]
pub enum Route {
    #[layout(SignedIn)]
        #[route("/")]
        Home {},
        #[route("/folder/:id", InFolder)]
        Folder { id: FolderId },
        #[route("/w/:id")]
        Workflow { id: WorkflowId },
        #[route("/w/:id/app")]
        App { id: WorkflowId },
        #[route("/w/:id/runs/:run")]
        PastRun { id: WorkflowId, run: RunId },
        #[route("/settings")]
        Settings {},
        #[route("/account")]
        Account {},
    #[end_layout]
    #[route("/dev/ui")]
    DevUi {},
    #[route("/join")]
    Join {},
    #[route("/sign-in?:next")]
    SignIn { next: String },
    #[route("/:..path")]
    Missing { path: Vec<String> },
}

/// Everything inside is for signed-in people: others are sent to sign in, and come back here afterwards.
#[component]
fn SignedIn() -> Element {
    let session = use_session();
    let here = use_route::<Route>();
    let out = use_memo(move || session.sign_in() == session::SignIn::Out);
    use_effect(move || {
        if out() {
            navigator().replace(Route::SignIn { next: here.to_string() });
        }
    });
    match session.sign_in() {
        session::SignIn::In(_) => rsx! { Outlet::<Route> {} },
        session::SignIn::Unknown | session::SignIn::Out => rsx! { Starting {} },
        session::SignIn::Failed(error) => rsx! { Starting { error: error.sentence() } },
    }
}
