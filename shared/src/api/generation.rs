//! Bodies about generation records: what models and media nodes made, and whether it may be training data.

use serde::{Deserialize, Serialize};

use crate::id::GenerationId;

/// What a person agrees to when they allow training, counted up whenever its text changes.
pub const TRAINING_POLICY_VERSION: u32 = 1;

/// `GET /api/workspaces/{id}/training`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Training {
    /// Whether the workspace allows it. Off unless an admin turned it on.
    pub workspace_allows: bool,
    /// Whether the asking person does. Off unless they turned it on.
    pub consent: bool,
    /// What they agree to.
    pub policy_version: u32,
}

/// `PUT /api/workspaces/{id}/training/policy`, and `PUT /api/workspaces/{id}/training/consent` for oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AllowTraining {
    pub allowed: bool,
}

/// `GET /api/workspaces/{id}/generations`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Generation {
    pub id: GenerationId,
    /// Whether it is the asking person's.
    pub own: bool,
    /// Whether it may be training data: it went well, nobody took anything out, and the workspace and the person allowed
    /// it then and allow it now.
    pub training_ok: bool,
    /// Somebody had what was asked and made taken out.
    pub redacted: bool,
    /// The record as it is exported.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub record: serde_json::Value,
}
