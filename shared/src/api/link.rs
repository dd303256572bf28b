//! Bodies about workflows as nodes of others.

use serde::{Deserialize, Serialize};

use crate::{
    id::{VersionId, WorkflowId},
    node::Interface,
};

/// `GET /api/workflows/{id}/interface`, and the answer to `POST /api/workflows/{id}/links`: with these fields a node that
/// stands for the workflow is `{"workflow": …, "version": …, "interface": {"inputs": …, "outputs": …}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowInterface {
    pub workflow: WorkflowId,
    pub title: String,
    /// Which version this is about; absent: the workflow as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// Whether the workflow reads otherwise now than in that version.
    pub changed: bool,
    #[serde(flatten)]
    pub ports: Interface,
}
