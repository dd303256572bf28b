//! What somebody showed to come in, and what that leaves of their rights.
//!
//! A session is the person. An API key is a program of theirs: it may be narrowed to a scope and to one workspace, and
//! wherever a role is looked up for somebody, their [`Limits`] are applied to it (`access` for routes, `room::rights`
//! for sockets).

use serde::{Deserialize, Serialize};
use shared::{
    access::{KeyScope, Role},
    api::User,
    id::{ApiKeyId, SessionId, WorkspaceId},
};

/// What is closed when it is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    Session(SessionId),
    Key(ApiKeyId),
}

impl From<SessionId> for Credential {
    fn from(session: SessionId) -> Self {
        Self::Session(session)
    }
}

impl From<ApiKeyId> for Credential {
    fn from(key: ApiKeyId) -> Self {
        Self::Key(key)
    }
}

/// What is left of a person's rights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// `None`: all of the role.
    pub scope: Option<KeyScope>,
    /// `None`: every workspace of the person.
    pub workspace: Option<WorkspaceId>,
}

impl Limits {
    /// The person as such.
    pub const NONE: Self = Self { scope: None, workspace: None };

    pub fn narrow(self, role: Role) -> Role {
        self.scope.map_or(role, |scope| scope.narrow(role))
    }

    pub fn reaches(self, workspace: WorkspaceId) -> bool {
        self.workspace.is_none_or(|only| only == workspace)
    }
}

/// Whose rights are looked up, and what is left of them.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    pub user: &'a User,
    pub limits: Limits,
}

impl<'a> Asker<'a> {
    /// For the operator, who acts for somebody on the command line.
    pub fn in_person(user: &'a User) -> Self {
        Self { user, limits: Limits::NONE }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_key_for_one_workspace_reaches_no_other() {
        let [one, other] = [1, 2].map(|n| WorkspaceId::from(Uuid::from_u128(n)));
        let limits = Limits { scope: Some(KeyScope::Run), workspace: Some(one) };
        assert!(limits.reaches(one) && !limits.reaches(other));
        assert_eq!(limits.narrow(Role::Owner), Role::Runner);
        assert!(Limits::NONE.reaches(other));
        assert_eq!(Limits::NONE.narrow(Role::Owner), Role::Owner);
    }
}
