//! Versions: states of a workflow's graph that are kept, by themselves or under a name somebody gave.

use serde::{Deserialize, Serialize};

use crate::id::{UserId, VersionId};

/// Why a version was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VersionReason {
    /// The workflow was made of a graph: imported, a template, a copy.
    Created,
    /// Editing paused, or went on for long.
    Paused,
    /// A run was started.
    Run,
    /// A person asked for it.
    Named,
    /// An older version was about to be restored.
    Restore,
}

impl VersionReason {
    pub const ALL: [Self; 5] = [Self::Created, Self::Paused, Self::Run, Self::Named, Self::Restore];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Paused => "paused",
            Self::Run => "run",
            Self::Named => "named",
            Self::Restore => "restore",
        }
    }
}

/// A stored state of a workflow, without its graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Version {
    pub id: VersionId,
    /// Versions without a name are thinned out as they get older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub reason: VersionReason,
    /// Kept however old it gets, like one with a name.
    pub pinned: bool,
    pub created_at: String,
    /// Who edited since the version before.
    pub authors: Vec<VersionAuthor>,
    pub node_count: u32,
    pub wire_count: u32,
    pub frame_count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionAuthor {
    pub id: UserId,
    pub name: String,
}

/// `POST /api/workflows/{id}/versions`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateVersion {
    pub name: String,
}

/// `PATCH /api/workflows/{id}/versions/{version}`: only what is given changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchVersion {
    /// An empty text takes the name away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
}
