//! The table: every route, and who may use it. A route that is missing here fails the test that reads it.

use axum::http::Method;
use serde_json::{Value, json};
use shared::access::Right;

/// What a route asks of who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing, not even an account.
    Nothing,
    /// An account; a key of any scope will do.
    Account,
    /// A person who signed in themselves: no key.
    InPerson,
    /// To be the first account of the server, in person.
    ServersFirst,
    /// A right in the workspace or workflow that the path names. An API key has it within its scope.
    Right(Right),
    /// The same, for people only.
    RightInPerson(Right),
}

pub struct Row {
    pub method: Method,
    pub path: &'static str,
    pub need: Need,
    /// One that the route takes.
    pub body: Value,
}

fn row(method: Method, path: &'static str, need: Need, body: Value) -> Row {
    Row { method, path, need, body }
}

pub fn table() -> Vec<Row> {
    use Need::{Account, InPerson, Nothing, RightInPerson, ServersFirst};
    let (get, post, put, patch, delete) = (Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE);
    let nothing = || json!({});
    let right = Need::Right;
    let (read, run, approve, edit, manage, own) = (
        right(Right::Read),
        right(Right::Run),
        right(Right::Approve),
        right(Right::Edit),
        right(Right::Manage),
        right(Right::Own),
    );
    vec![
        row(post.clone(), "/api/auth/signup", Nothing, json!({})),
        row(post.clone(), "/api/auth/login", Nothing, json!({})),
        row(get.clone(), "/api/auth/methods", Nothing, nothing()),
        row(get.clone(), "/api/auth/github", Nothing, nothing()),
        row(get.clone(), "/api/auth/github/callback", Nothing, nothing()),
        row(post.clone(), "/api/invitations/preview", Nothing, json!({"token": "x"})),
        row(get.clone(), "/api/me", Account, nothing()),
        row(get.clone(), "/api/nodes", Account, nothing()),
        row(get.clone(), "/api/models", Account, nothing()),
        row(get.clone(), "/api/local-models", Account, nothing()),
        row(get.clone(), "/api/local-models/events", Account, nothing()),
        // A name that is not on the hub: nothing is fetched.
        row(post.clone(), "/api/local-models", ServersFirst, json!({"name": "own"})),
        row(delete.clone(), "/api/local-models", ServersFirst, nothing()),
        row(get.clone(), "/api/local-servers", Account, nothing()),
        row(get.clone(), "/api/templates", Account, nothing()),
        row(get.clone(), "/api/workspaces", Account, nothing()),
        row(get.clone(), "/api/workflows", Account, nothing()),
        row(get.clone(), "/api/blobs/{hash}", Account, nothing()),
        // In the person's own workspace, where they own everything: a key needs the scope.
        row(
            post.clone(),
            "/api/me/copies",
            edit,
            json!({"source": "wf_00000000000000000000000000000001", "graph": {"openflow": 1}}),
        ),
        row(post.clone(), "/api/auth/logout", InPerson, nothing()),
        row(patch.clone(), "/api/me", InPerson, json!({"name": "Somebody"})),
        row(post.clone(), "/api/me/password", InPerson, json!({"current": "x", "new": "a new long password"})),
        row(post.clone(), "/api/me/github", InPerson, nothing()),
        row(delete.clone(), "/api/me/github", InPerson, nothing()),
        row(get.clone(), "/api/me/sessions", InPerson, nothing()),
        row(delete.clone(), "/api/me/sessions", InPerson, nothing()),
        row(delete.clone(), "/api/me/sessions/{session}", InPerson, nothing()),
        row(get.clone(), "/api/me/api-keys", InPerson, nothing()),
        row(post.clone(), "/api/me/api-keys", InPerson, json!({"name": "Script", "scope": "read"})),
        row(delete.clone(), "/api/me/api-keys/{api_key}", InPerson, nothing()),
        row(get.clone(), "/api/me/keys", InPerson, nothing()),
        row(post.clone(), "/api/me/keys", InPerson, json!({"provider": "openai", "secret": "sk-0123456789"})),
        row(delete.clone(), "/api/me/keys/{key}", InPerson, nothing()),
        row(post.clone(), "/api/workspaces", InPerson, json!({"name": "Another"})),
        row(post.clone(), "/api/invitations/accept", InPerson, json!({"token": "x"})),
        row(patch.clone(), "/api/workspaces/{id}", manage, json!({"name": "Team"})),
        row(delete.clone(), "/api/workspaces/{id}", own, nothing()),
        row(post.clone(), "/api/workspaces/{id}/transfer", own, json!({"user": "{user}"})),
        row(get.clone(), "/api/workspaces/{id}/members", read, nothing()),
        row(
            post.clone(),
            "/api/workspaces/{id}/members",
            manage,
            json!({"email": "guest@example.org", "role": "viewer"}),
        ),
        row(patch.clone(), "/api/workspaces/{id}/members/{user}", manage, json!({"role": "commenter"})),
        row(delete.clone(), "/api/workspaces/{id}/members/{user}", RightInPerson(Right::Manage), nothing()),
        row(get.clone(), "/api/workspaces/{id}/invitations", manage, nothing()),
        row(post.clone(), "/api/workspaces/{id}/invitations", manage, json!({"role": "viewer"})),
        row(delete.clone(), "/api/workspaces/{id}/invitations/{invitation}", manage, nothing()),
        row(get.clone(), "/api/workspaces/{id}/folders", read, nothing()),
        row(post.clone(), "/api/workspaces/{id}/folders", edit, json!({"name": "Drafts"})),
        row(patch.clone(), "/api/workspaces/{id}/folders/{folder}", edit, json!({"name": "Finals"})),
        row(delete.clone(), "/api/workspaces/{id}/folders/{folder}", edit, nothing()),
        row(get.clone(), "/api/workspaces/{id}/keys", read, nothing()),
        row(
            post.clone(),
            "/api/workspaces/{id}/keys",
            manage,
            json!({"provider": "openai", "secret": "sk-0123456789", "name": "{random}"}),
        ),
        row(delete.clone(), "/api/workspaces/{id}/keys/{key}", manage, nothing()),
        row(get.clone(), "/api/workspaces/{id}/spend", read, nothing()),
        row(get.clone(), "/api/workspaces/{id}/endpoints", read, nothing()),
        // It names no model: nobody is asked.
        row(post.clone(), "/api/workspaces/{id}/hosted-models", edit, json!({"reference": "x"})),
        // Without an amount: there is no cap that would go.
        row(
            put.clone(),
            "/api/workspaces/{id}/caps",
            RightInPerson(Right::Manage),
            json!({"subject": {"member": "{user}"}}),
        ),
        row(get.clone(), "/api/workflows/{id}/estimate", read, nothing()),
        row(post.clone(), "/api/blobs", run, nothing()),
        row(post.clone(), "/api/workflows", edit, json!({"title": "New", "workspace": "{workspace}"})),
        row(get.clone(), "/api/workflows/{id}", read, nothing()),
        row(patch.clone(), "/api/workflows/{id}", edit, json!({"title": "Renamed"})),
        row(delete.clone(), "/api/workflows/{id}", edit, nothing()),
        row(get.clone(), "/api/workflows/{id}/graph", read, nothing()),
        row(post.clone(), "/api/workflows/{id}/renew", manage, nothing()),
        row(get.clone(), "/api/workflows/{id}/members", read, nothing()),
        row(put.clone(), "/api/workflows/{id}/members/{user}", RightInPerson(Right::Manage), json!({"role": "editor"})),
        row(get.clone(), "/api/workflows/{id}/versions", read, nothing()),
        row(post.clone(), "/api/workflows/{id}/versions", edit, json!({"name": "Kept"})),
        row(get.clone(), "/api/workflows/{id}/versions/{version}", read, nothing()),
        row(patch.clone(), "/api/workflows/{id}/versions/{version}", edit, json!({"name": "Renamed"})),
        row(delete.clone(), "/api/workflows/{id}/versions/{version}", edit, nothing()),
        row(get.clone(), "/api/workflows/{id}/versions/{version}/graph", read, nothing()),
        row(get.clone(), "/api/workflows/{id}/versions/{version}/diff", read, nothing()),
        row(post.clone(), "/api/workflows/{id}/versions/{version}/restore", edit, nothing()),
        row(get.clone(), "/api/workflows/{id}/runs", read, nothing()),
        row(post.clone(), "/api/workflows/{id}/runs", run, nothing()),
        row(get.clone(), "/api/runs/{id}", read, nothing()),
        row(get.clone(), "/api/runs/{id}/graph", read, nothing()),
        row(get.clone(), "/api/runs/{id}/spend", read, nothing()),
        // Without a change. Whose runs somebody may change is tested in `runs::queue`.
        row(patch.clone(), "/api/runs/{id}", run, nothing()),
        row(get.clone(), "/api/workspaces/{id}/training", read, nothing()),
        row(
            put.clone(),
            "/api/workspaces/{id}/training/policy",
            RightInPerson(Right::Manage),
            json!({"allowed": true}),
        ),
        row(put.clone(), "/api/workspaces/{id}/training/consent", RightInPerson(Right::Read), json!({"allowed": true})),
        row(get.clone(), "/api/workspaces/{id}/generations", read, nothing()),
        row(get.clone(), "/api/workspaces/{id}/generations/export", manage, nothing()),
        // Somebody else's. One's own is tested in `runs::capture`.
        row(delete.clone(), "/api/workspaces/{id}/generations/{generation}", RightInPerson(Right::Manage), nothing()),
        row(get.clone(), "/api/workflows/{id}/interface", read, nothing()),
        row(post.clone(), "/api/workflows/{id}/links", run, nothing()),
        row(post.clone(), "/api/workflows/{id}/nodes/{node}/detach", edit, nothing()),
        row(get.clone(), "/api/runs/{id}/approvals", read, nothing()),
        row(post.clone(), "/api/runs/{id}/approvals", approve, json!({"node": "check", "decision": "approved"})),
        row(get.clone(), "/api/workflows/{id}/approvals", read, nothing()),
        row(get.clone(), "/api/workspaces/{id}/approvals", read, nothing()),
        row(get.clone(), "/api/workspaces/{id}/queue", read, nothing()),
        row(patch, "/api/workspaces/{id}/queue", manage, json!({"paused": false})),
        row(get, "/api/runs/{id}/events", read, nothing()),
        row(post, "/api/runs/{id}/cancel", run, nothing()),
    ]
}
