//! Somebody who sends requests: signed in with a bearer token, or a stranger.

use axum::{
    body::Body,
    http::{Method, Request, request::Builder},
};
use serde_json::{Value, json};
use shared::{
    api::{SignedIn, User},
    id::{WorkflowId, WorkspaceId},
};

use super::{Answer, TestApp};

pub struct Person<'a> {
    app: &'a TestApp,
    signed_in: Option<SignedIn>,
}

impl<'a> Person<'a> {
    pub fn stranger(app: &'a TestApp) -> Self {
        Self { app, signed_in: None }
    }

    pub fn signed_in(app: &'a TestApp, answer: &Answer) -> Self {
        Self { app, signed_in: Some(answer.read_as()) }
    }

    /// A program with a key of this person's.
    pub fn with_token(&self, token: &str) -> Self {
        Self { app: self.app, signed_in: Some(SignedIn { token: token.into(), user: self.user().clone() }) }
    }

    pub fn user(&self) -> &User {
        &self.signed_in.as_ref().expect("a stranger has no account").user
    }

    pub fn token(&self) -> &str {
        &self.signed_in.as_ref().expect("a stranger has no token").token
    }

    /// A request with this person's token, to add to and send with `app.send`.
    pub fn request(&self, method: Method, path: &str) -> Builder {
        let builder = Request::builder().method(method).uri(path);
        match &self.signed_in {
            Some(signed_in) => builder.header("authorization", format!("Bearer {}", signed_in.token)),
            None => builder,
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.app.send(request).await
    }

    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a valid request")).await
    }

    async fn send_empty(&self, method: Method, path: &str) -> Answer {
        self.send(self.request(method, path).body(Body::empty()).expect("a valid request")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send_empty(Method::GET, path).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send_empty(Method::DELETE, path).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::POST, path, &body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::PATCH, path, &body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::PUT, path, &body).await
    }

    /// Makes a workspace for a team, and owns it.
    pub async fn team(&self, name: &str) -> WorkspaceId {
        self.post("/api/workspaces", json!({"name": name})).await.ok().read_as::<shared::api::Workspace>().id
    }

    /// One's own workspace.
    pub async fn workspace(&self) -> WorkspaceId {
        let workspaces: Vec<shared::api::Workspace> = self.get("/api/workspaces").await.ok().read_as();
        workspaces.first().expect("everybody has a workspace").id
    }

    /// An empty workflow in one's own workspace.
    pub async fn workflow(&self, title: &str) -> WorkflowId {
        let answer = self.post("/api/workflows", json!({"title": title})).await.ok();
        answer.read_as::<shared::api::Workflow>().id
    }

    /// Makes `other` a member of one's own workspace.
    pub async fn invite(&self, other: &Person<'_>, role: &str) {
        let path = format!("/api/workspaces/{}/members", self.workspace().await);
        self.post(&path, json!({"email": other.user().email, "role": role})).await.ok();
    }
}
