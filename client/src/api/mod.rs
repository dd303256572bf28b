//! The HTTP interface, typed on `shared::api`. One method a route; no state, no retries, no caching.
//!
//! The session travels in a cookie that this code never sees. Called by pages and by the session.

use gloo_net::http::{Method, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};
use shared::{
    api::{
        AddMember, CreateWorkflow, Login, Me, Member, PatchWorkflow, SignUp, SignedIn, Template, Workflow, Workspace,
    },
    error::{ErrorBody, ErrorCode},
    exchange::{self, Limits},
    graph::Graph,
    id::{VersionId, WorkflowId, WorkspaceId},
    node::Catalog,
    value::{BlobHash, Media},
    version::{CreateVersion, PatchVersion, Version},
};

use crate::{dom, models::ModelList};

mod account;
mod keys;
mod links;
mod runs;
mod team;

pub use keys::{KeyPlace, LocalServer};

/// Why a request did not bring what it was for. Its text is fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server said no, and why.
    #[error("{message}")]
    Refused { code: ErrorCode, message: String },
    /// Nothing came back.
    #[error("the server cannot be reached")]
    Unreachable,
    /// Something came back that is not of this interface: a proxy's page, another version.
    #[error("the server's answer could not be read (status {status})")]
    Unreadable { status: u16 },
}

impl ApiError {
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::Unreachable | Self::Unreadable { .. } => None,
        }
    }

    /// The text as a sentence: capital first, full stop last.
    pub fn sentence(&self) -> String {
        sentence(&self.to_string())
    }

    /// The field of the request that is at fault, and what is wrong with it: messages begin with "`field`: ".
    pub fn field(&self) -> Option<(&str, String)> {
        let Self::Refused { message, .. } = self else { return None };
        let (field, text) = message.strip_prefix('`')?.split_once("`: ")?;
        Some((field, sentence(text)))
    }
}

/// Where a blob is served.
pub fn blob_url(hash: &BlobHash) -> String {
    format!("/api/blobs/{hash}")
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Api;

impl Api {
    pub async fn sign_up(self, body: &SignUp) -> Result<SignedIn, ApiError> {
        send(Method::POST, "/api/auth/signup", body).await
    }

    pub async fn login(self, body: &Login) -> Result<SignedIn, ApiError> {
        send(Method::POST, "/api/auth/login", body).await
    }

    pub async fn logout(self) -> Result<(), ApiError> {
        finish(request(Method::POST, "/api/auth/logout")).await
    }

    pub async fn me(self) -> Result<Me, ApiError> {
        get("/api/me").await
    }

    pub async fn nodes(self) -> Result<Catalog, ApiError> {
        get("/api/nodes").await
    }

    pub async fn models(self) -> Result<ModelList, ApiError> {
        get("/api/models").await
    }

    pub async fn templates(self) -> Result<Vec<Template>, ApiError> {
        get("/api/templates").await
    }

    pub async fn create_workspace(self, name: &str) -> Result<Workspace, ApiError> {
        send(Method::POST, "/api/workspaces", &serde_json::json!({ "name": name })).await
    }

    pub async fn members(self, workspace: WorkspaceId) -> Result<Vec<Member>, ApiError> {
        get(&format!("/api/workspaces/{workspace}/members")).await
    }

    pub async fn add_member(self, workspace: WorkspaceId, body: &AddMember) -> Result<Member, ApiError> {
        send(Method::POST, &format!("/api/workspaces/{workspace}/members"), body).await
    }

    /// All that the person can read, or those of one workspace. Newest change first.
    pub async fn workflows(self, workspace: Option<WorkspaceId>) -> Result<Vec<Workflow>, ApiError> {
        match workspace {
            Some(workspace) => get(&format!("/api/workflows?workspace={workspace}")).await,
            None => get("/api/workflows").await,
        }
    }

    pub async fn create_workflow(self, body: &CreateWorkflow) -> Result<Workflow, ApiError> {
        send(Method::POST, "/api/workflows", body).await
    }

    pub async fn workflow(self, workflow: WorkflowId) -> Result<Workflow, ApiError> {
        get(&format!("/api/workflows/{workflow}")).await
    }

    pub async fn patch_workflow(self, workflow: WorkflowId, body: &PatchWorkflow) -> Result<Workflow, ApiError> {
        send(Method::PATCH, &format!("/api/workflows/{workflow}"), body).await
    }

    pub async fn delete_workflow(self, workflow: WorkflowId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("/api/workflows/{workflow}"))).await
    }

    /// In the exchange format, as the server writes it.
    pub async fn export(self, workflow: WorkflowId) -> Result<String, ApiError> {
        let answer = request(Method::GET, &format!("/api/workflows/{workflow}/graph")).send().await;
        let (status, text) = body_of(answer).await?;
        accept(status, &text).map(|()| text)
    }

    /// Newest first.
    pub async fn versions(self, workflow: WorkflowId) -> Result<Vec<Version>, ApiError> {
        get(&format!("/api/workflows/{workflow}/versions")).await
    }

    pub async fn version_graph(self, workflow: WorkflowId, version: VersionId) -> Result<Graph, ApiError> {
        let answer = request(Method::GET, &format!("/api/workflows/{workflow}/versions/{version}/graph")).send().await;
        let (status, text) = body_of(answer).await?;
        accept(status, &text)?;
        exchange::read(&text, Limits::default()).map_err(|_| ApiError::Unreadable { status })
    }

    pub async fn name_version(self, workflow: WorkflowId, name: &str) -> Result<Version, ApiError> {
        send(Method::POST, &format!("/api/workflows/{workflow}/versions"), &CreateVersion { name: name.into() }).await
    }

    pub async fn patch_version(
        self,
        workflow: WorkflowId,
        version: VersionId,
        body: &PatchVersion,
    ) -> Result<Version, ApiError> {
        send(Method::PATCH, &format!("/api/workflows/{workflow}/versions/{version}"), body).await
    }

    pub async fn delete_version(self, workflow: WorkflowId, version: VersionId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("/api/workflows/{workflow}/versions/{version}"))).await
    }

    /// Puts a file into a workspace's store. `progress` goes from 0 to 1 while it is sent.
    pub async fn upload(
        self,
        workspace: WorkspaceId,
        file: &dom::File,
        progress: impl Fn(f64) + 'static,
    ) -> Result<Media, ApiError> {
        let name = dom::encode_uri(&file.name());
        let url = format!("/api/blobs?workspace={workspace}&name={name}");
        let (status, text) = dom::upload(&url, file, progress).await.map_err(|_| ApiError::Unreachable)?;
        read(status, &text)
    }
}

fn request(method: Method, url: &str) -> RequestBuilder {
    RequestBuilder::new(url).method(method).header("accept", "application/json")
}

async fn get<T: DeserializeOwned>(url: &str) -> Result<T, ApiError> {
    let (status, text) = body_of(request(Method::GET, url).send().await).await?;
    read(status, &text)
}

async fn send<T: DeserializeOwned>(method: Method, url: &str, body: &impl Serialize) -> Result<T, ApiError> {
    // Bodies are plain data of ours; one that does not serialise would be a fault in `shared`.
    let request = request(method, url).json(body).map_err(|_| ApiError::Unreadable { status: 0 })?;
    let (status, text) = body_of(request.send().await).await?;
    read(status, &text)
}

/// A body goes, none comes back.
async fn tell(method: Method, url: &str, body: &impl Serialize) -> Result<(), ApiError> {
    let request = request(method, url).json(body).map_err(|_| ApiError::Unreadable { status: 0 })?;
    let (status, text) = body_of(request.send().await).await?;
    accept(status, &text)
}

/// For answers without a body that matters.
async fn finish(request: RequestBuilder) -> Result<(), ApiError> {
    let (status, text) = body_of(request.send().await).await?;
    accept(status, &text)
}

async fn body_of(answer: Result<gloo_net::http::Response, gloo_net::Error>) -> Result<(u16, String), ApiError> {
    let response = answer.map_err(|_| ApiError::Unreachable)?;
    let text = response.text().await.map_err(|_| ApiError::Unreachable)?;
    Ok((response.status(), text))
}

fn accept(status: u16, text: &str) -> Result<(), ApiError> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(match serde_json::from_str::<ErrorBody>(text) {
        Ok(body) => ApiError::Refused { code: body.error.code, message: body.error.message },
        Err(_) => ApiError::Unreadable { status },
    })
}

fn read<T: DeserializeOwned>(status: u16, text: &str) -> Result<T, ApiError> {
    accept(status, text)?;
    serde_json::from_str(text).map_err(|_| ApiError::Unreadable { status })
}

/// Messages travel in lower case without a full stop; people read sentences.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let Some(first) = letters.next() else { return String::new() };
    let mut text: String = first.to_uppercase().chain(letters).collect();
    if !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_code_and_message() {
        let body = r#"{"error":{"code":"email_taken","message":"this e-mail address has an account"}}"#;
        let error = accept(409, body).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::EmailTaken));
        assert_eq!(error.sentence(), "This e-mail address has an account.");
    }

    #[test]
    fn a_refusal_may_name_a_field() {
        let message = "`password`: at least 10 characters".to_owned();
        let error = ApiError::Refused { code: ErrorCode::WeakPassword, message };
        assert_eq!(error.field(), Some(("password", "At least 10 characters.".into())));
        assert_eq!(ApiError::Unreachable.field(), None);
    }

    #[test]
    fn a_proxys_page_is_no_answer() {
        assert_eq!(accept(502, "<html>Bad gateway</html>"), Err(ApiError::Unreadable { status: 502 }));
        assert_eq!(read::<Vec<Workflow>>(200, "<html></html>").unwrap_err(), ApiError::Unreadable { status: 200 });
    }

    #[test]
    fn a_sentence_ends_once() {
        assert_eq!(sentence("wait a moment…"), "Wait a moment…");
        assert_eq!(sentence(""), "");
    }
}
