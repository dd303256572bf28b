//! Who may do what: one table, for server and client alike.

use serde::{Deserialize, Serialize};

/// What a person is to a workspace or a workflow, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Commenter,
    Runner,
    Editor,
    Admin,
    Owner,
}

impl Role {
    pub const ALL: [Role; 6] = [Self::Viewer, Self::Commenter, Self::Runner, Self::Editor, Self::Admin, Self::Owner];

    /// Open workflows, see who is there, read outputs.
    pub fn can_read(self) -> bool {
        match self {
            Self::Viewer | Self::Commenter | Self::Runner | Self::Editor | Self::Admin | Self::Owner => true,
        }
    }

    pub fn can_comment(self) -> bool {
        match self {
            Self::Viewer => false,
            Self::Commenter | Self::Runner | Self::Editor | Self::Admin | Self::Owner => true,
        }
    }

    /// Start and cancel runs, upload media for them.
    pub fn can_run(self) -> bool {
        match self {
            Self::Viewer | Self::Commenter => false,
            Self::Runner | Self::Editor | Self::Admin | Self::Owner => true,
        }
    }

    /// Write the graph document, create and delete workflows.
    pub fn can_edit(self) -> bool {
        match self {
            Self::Viewer | Self::Commenter | Self::Runner => false,
            Self::Editor | Self::Admin | Self::Owner => true,
        }
    }

    /// Members, provider keys, policies.
    pub fn can_manage(self) -> bool {
        match self {
            Self::Viewer | Self::Commenter | Self::Runner | Self::Editor => false,
            Self::Admin | Self::Owner => true,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Commenter => "commenter",
            Self::Runner => "runner",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(48).collect()))
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role")]
pub struct UnknownRole(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_never_loses_a_right() {
        let rights =
            |role: Role| [role.can_read(), role.can_comment(), role.can_run(), role.can_edit(), role.can_manage()];
        for pair in Role::ALL.windows(2) {
            let (lower, higher) = (rights(pair[0]), rights(pair[1]));
            assert!(
                lower.iter().zip(higher).all(|(had, has)| !had || has),
                "{:?} has less than {:?}",
                pair[1],
                pair[0]
            );
        }
    }

    #[test]
    fn a_role_reads_what_it_prints() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }
}
