//! Who is signed in, and what the server can do: known once for the whole app.
//!
//! Not a place for workflows: those are loaded by the pages that show them.

use std::rc::Rc;

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;
use shared::{
    api::{Me, Workspace},
    error::ErrorCode,
    id::WorkspaceId,
    node::Catalog,
};

use crate::{
    api::{Api, ApiError},
    dom,
};

/// The workspace shown last, so that a return visit begins there.
const WORKSPACE_KEY: &str = "openflow.workspace";
/// No workflow can be shown without the catalog, so it is asked for until it comes.
const CATALOG_RETRY_MILLIS: u32 = 2_000;

#[derive(Debug, Clone, PartialEq)]
pub enum SignIn {
    /// Not asked yet, or the answer is under way.
    Unknown,
    Out,
    In(Rc<Me>),
    /// The server cannot be asked.
    Failed(ApiError),
}

/// In context below [`use_session_provider`]; cheap to copy.
#[derive(Clone, Copy, PartialEq)]
pub struct Session {
    sign_in: Signal<SignIn>,
    catalog: Signal<Option<Rc<Catalog>>>,
    workspace: Signal<Option<WorkspaceId>>,
}

/// Makes the session and asks the server who we are. Called once, by the app.
pub fn use_session_provider() -> Session {
    let session = use_context_provider(|| Session {
        sign_in: Signal::new(SignIn::Unknown),
        catalog: Signal::new(None),
        workspace: Signal::new(None),
    });
    use_future(move || session.reload());
    let signed_in = use_memo(move || matches!(*session.sign_in.read(), SignIn::In(_)));
    // Here and not where somebody signs in: that page, and its tasks with it, is gone as soon as they have.
    use_effect(move || {
        if signed_in() {
            spawn(session.load_catalog());
        }
    });
    session
}

pub fn use_session() -> Session {
    use_context()
}

impl Session {
    pub fn sign_in(&self) -> SignIn {
        self.sign_in.read().clone()
    }

    /// The signed-in person, where a page is only shown to one.
    pub fn me(&self) -> Option<Rc<Me>> {
        match &*self.sign_in.read() {
            SignIn::In(me) => Some(me.clone()),
            SignIn::Unknown | SignIn::Out | SignIn::Failed(_) => None,
        }
    }

    /// The kinds of nodes this server knows; `None` until they have arrived.
    pub fn catalog(&self) -> Option<Rc<Catalog>> {
        self.catalog.read().clone()
    }

    /// The workspace being looked at: the one chosen, or the first.
    pub fn workspace(&self) -> Option<Workspace> {
        let me = self.me()?;
        let chosen = *self.workspace.read();
        let found = me.workspaces.iter().find(|workspace| Some(workspace.id) == chosen);
        found.or_else(|| me.workspaces.first()).cloned()
    }

    pub fn choose_workspace(mut self, workspace: WorkspaceId) {
        dom::store(WORKSPACE_KEY, &workspace.to_string());
        self.workspace.set(Some(workspace));
    }

    pub async fn reload(mut self) {
        if self.workspace.peek().is_none() {
            self.workspace.set(dom::stored(WORKSPACE_KEY).and_then(|text| text.parse().ok()));
        }
        match Api.me().await {
            Ok(me) => self.sign_in.set(SignIn::In(Rc::new(me))),
            Err(error) if error.code() == Some(ErrorCode::Unauthorized) => self.sign_in.set(SignIn::Out),
            Err(error) => self.sign_in.set(SignIn::Failed(error)),
        }
    }

    async fn load_catalog(mut self) {
        loop {
            match Api.nodes().await {
                Ok(catalog) => return self.catalog.set(Some(Rc::new(catalog))),
                Err(error) if error.code() == Some(ErrorCode::Unauthorized) => return self.failed(&error),
                Err(_) => TimeoutFuture::new(CATALOG_RETRY_MILLIS).await,
            }
        }
    }

    pub async fn sign_out(mut self) {
        // Whatever the answer, this page forgets; an unreachable server is told by the next visit's sign-in.
        let _ = Api.logout().await;
        dom::forget_copies().await;
        self.sign_in.set(SignIn::Out);
    }

    /// To be told of every failed request: an expired sign-in ends the session.
    pub fn failed(mut self, error: &ApiError) {
        if error.code() == Some(ErrorCode::Unauthorized) {
            self.sign_in.set(SignIn::Out);
        }
    }
}
