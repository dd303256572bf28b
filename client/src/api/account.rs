//! One's own account: profile, password, sessions, API keys, GitHub.

use gloo_net::http::Method;
use serde::Deserialize;
use shared::{
    api::{
        ApiKey, ChangePassword, CreateApiKey, CreatedApiKey, KeepCopy, PatchMe, Session, SignInMethods, User, Workflow,
    },
    id::{ApiKeyId, SessionId},
};

use super::{Api, ApiError, finish, get, request, send, tell};

impl Api {
    pub async fn sign_in_methods(self) -> Result<SignInMethods, ApiError> {
        get("/api/auth/methods").await
    }

    pub async fn patch_me(self, body: &PatchMe) -> Result<User, ApiError> {
        send(Method::PATCH, "/api/me", body).await
    }

    pub async fn change_password(self, body: &ChangePassword) -> Result<(), ApiError> {
        tell(Method::POST, "/api/me/password", body).await
    }

    /// Yields the page of GitHub to open.
    pub async fn connect_github(self) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct Connect {
            url: String,
        }
        let connect: Connect = send(Method::POST, "/api/me/github", &()).await?;
        Ok(connect.url)
    }

    pub async fn disconnect_github(self) -> Result<(), ApiError> {
        finish(request(Method::DELETE, "/api/me/github")).await
    }

    pub async fn sessions(self) -> Result<Vec<Session>, ApiError> {
        get("/api/me/sessions").await
    }

    pub async fn end_session(self, session: SessionId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("/api/me/sessions/{session}"))).await
    }

    pub async fn end_other_sessions(self) -> Result<(), ApiError> {
        finish(request(Method::DELETE, "/api/me/sessions")).await
    }

    pub async fn api_keys(self) -> Result<Vec<ApiKey>, ApiError> {
        get("/api/me/api-keys").await
    }

    pub async fn create_api_key(self, body: &CreateApiKey) -> Result<CreatedApiKey, ApiError> {
        send(Method::POST, "/api/me/api-keys", body).await
    }

    pub async fn delete_api_key(self, key: ApiKeyId) -> Result<(), ApiError> {
        finish(request(Method::DELETE, &format!("/api/me/api-keys/{key}"))).await
    }

    /// Makes what the person has of a workflow their own.
    pub async fn keep_copy(self, body: &KeepCopy) -> Result<Workflow, ApiError> {
        send(Method::POST, "/api/me/copies", body).await
    }
}
