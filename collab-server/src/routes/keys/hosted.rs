//! `workspaces/{id}/hosted-models`: what a model that somebody hosts takes and gives, asked for with the keys that a run of
//! the asking person would use. The note that comes back goes into a node; nothing is stored here.

use axum::extract::State;
use engine::{HostedError, KeySource, Outbound, OutboundPolicy};
use serde::Deserialize;
use shared::{access::Role, error::ErrorBody, id::WorkspaceId, node::HostedModel};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{access::WorkspaceAccess, error::AppError, keys::RunKeys, routes::AppJson, state::AppState};

/// Longer than any address of a model.
const REFERENCE_MAX_BYTES: usize = 500;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(look_up_hosted_model))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LookUpHostedModel {
    /// The address of a model at fal or Replicate, or its id there.
    reference: String,
    /// Which key, by its name, where there are several of one provider.
    #[serde(default)]
    key: Option<String>,
}

/// Ask fal or Replicate what a model of theirs takes and gives.
#[utoipa::path(
    post, path = "/workspaces/{id}/hosted-models", tag = "keys", params(("id" = WorkspaceId, Path)),
    request_body = LookUpHostedModel,
    responses(
        (status = 200, body = serde_json::Value), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
async fn look_up_hosted_model(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<LookUpHostedModel>,
) -> Result<AppJson<HostedModel>, AppError> {
    // It uses the workspace's key, which is for those who make workflows.
    access.require(Role::can_edit)?;
    if body.reference.len() > REFERENCE_MAX_BYTES {
        return Err(AppError::bad_request("`reference` is too long"));
    }
    let keys = RunKeys::new(state.clone(), access.workspace.id, access.user.id);
    let outbound = Outbound::new(OutboundPolicy { allow_private: state.config.allow_private_network });
    let name = body.key.as_deref().filter(|name| !name.is_empty());
    let key = async |provider: &'static str| {
        let found = keys.key(provider, name).await.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "a provider's key could not be read");
            HostedError::Refused(format!("the key for `{provider}` could not be read"))
        })?;
        found.ok_or_else(|| {
            let message = format!("there is no key for `{provider}`: add one in the workspace's settings");
            HostedError::Refused(message)
        })
    };
    let model = engine::hosted_model(&outbound, &body.reference, key).await.map_err(|error| match error {
        HostedError::NoModel | HostedError::Refused(_) => AppError::bad_request(format!("`reference`: {error}")),
        HostedError::Down(_) => AppError::unavailable(error.to_string()),
    })?;
    Ok(AppJson(model))
}
