//! Who may do what: one table, for server and client alike.
//!
//! [`Right::least_role`] is the table. A person's role in a workspace may be overridden for one workflow
//! ([`effective_role`]), and an API key narrows what its owner may ([`KeyScope::narrow`]). Who may change whose role is
//! [`may_change_role`] and [`may_override`].

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

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Open workflows, see who is there, read outputs.
    Read,
    Comment,
    /// Start and cancel runs, upload media for them.
    Run,
    /// Answer what runs ask: let them go on, or not.
    Approve,
    /// Write the graph document, create, move and delete workflows and folders.
    Edit,
    /// Members, invitations, roles on single workflows, provider keys, policies.
    Manage,
    /// Make owners, hand the workspace over, delete it.
    Own,
}

impl Right {
    pub const ALL: [Right; 7] =
        [Self::Read, Self::Comment, Self::Run, Self::Approve, Self::Edit, Self::Manage, Self::Own];

    /// The table: the lowest role that has the right. Every higher one has it too.
    pub fn least_role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Comment => Role::Commenter,
            Self::Run | Self::Approve => Role::Runner,
            Self::Edit => Role::Editor,
            Self::Manage => Role::Admin,
            Self::Own => Role::Owner,
        }
    }
}

impl Role {
    pub const ALL: [Role; 6] = [Self::Viewer, Self::Commenter, Self::Runner, Self::Editor, Self::Admin, Self::Owner];

    pub fn has(self, right: Right) -> bool {
        self >= right.least_role()
    }

    /// See [`Right::Read`].
    pub fn can_read(self) -> bool {
        self.has(Right::Read)
    }

    /// See [`Right::Comment`].
    pub fn can_comment(self) -> bool {
        self.has(Right::Comment)
    }

    /// See [`Right::Run`].
    pub fn can_run(self) -> bool {
        self.has(Right::Run)
    }

    /// See [`Right::Approve`].
    pub fn can_approve(self) -> bool {
        self.has(Right::Approve)
    }

    /// See [`Right::Edit`].
    pub fn can_edit(self) -> bool {
        self.has(Right::Edit)
    }

    /// See [`Right::Manage`].
    pub fn can_manage(self) -> bool {
        self.has(Right::Manage)
    }

    /// See [`Right::Own`].
    pub fn can_own(self) -> bool {
        self.has(Right::Own)
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

    /// What the role is for, in a few words for a menu.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Viewer => "opens workflows and sees results",
            Self::Commenter => "also comments",
            Self::Runner => "also runs workflows",
            Self::Editor => "also changes workflows",
            Self::Admin => "also manages people and keys",
            Self::Owner => "everything, with the workspace itself",
        }
    }
}

/// A person's role in one workflow, from that in its workspace and the override, if there is one.
///
/// Owners are above overrides: nobody can lock them out of what they own.
pub fn effective_role(in_workspace: Role, overridden: Option<Role>) -> Role {
    match (in_workspace, overridden) {
        (Role::Owner, _) | (_, None) => in_workspace,
        (_, Some(role)) => role.min(Role::Admin),
    }
}

/// Whether somebody may make a member of role `old` (`None`: a person who comes in) one of role `new`, or remove them
/// (`new` is `None`). Ownership is given and taken by owners only.
pub fn may_change_role(acting: Role, old: Option<Role>, new: Option<Role>) -> bool {
    let touches_owner = old == Some(Role::Owner) || new == Some(Role::Owner);
    acting.can_manage() && (!touches_owner || acting.can_own())
}

/// Whether somebody who is `acting` in a workflow may give a member, who is `member` in the workspace, another role in
/// that workflow. Nobody gives more than they have, and admins do not overrule one another.
pub fn may_override(acting: Role, member: Role, new: Option<Role>) -> bool {
    let below = member < Role::Admin || (acting.can_own() && member < Role::Owner);
    acting.can_manage() && below && new.is_none_or(|new| new <= acting && new < Role::Owner)
}

/// What an API key may at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    Read,
    /// Also comments.
    Run,
    Edit,
}

impl KeyScope {
    pub const ALL: [KeyScope; 3] = [Self::Read, Self::Run, Self::Edit];

    /// What is left of its owner's role. Never enough to manage people or keys.
    pub fn narrow(self, role: Role) -> Role {
        role.min(match self {
            Self::Read => Role::Viewer,
            Self::Run => Role::Runner,
            Self::Edit => Role::Editor,
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Edit => "edit",
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

impl std::str::FromStr for KeyScope {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(48).collect()))
    }
}

/// A text that names no role or scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role")]
pub struct UnknownRole(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_this_one() {
        let table: Vec<String> = Role::ALL
            .into_iter()
            .map(|role| {
                let rights = Right::ALL.into_iter().filter(|right| role.has(*right));
                format!("{}: {:?}", role.as_str(), rights.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            table,
            [
                "viewer: [Read]",
                "commenter: [Read, Comment]",
                "runner: [Read, Comment, Run, Approve]",
                "editor: [Read, Comment, Run, Approve, Edit]",
                "admin: [Read, Comment, Run, Approve, Edit, Manage]",
                "owner: [Read, Comment, Run, Approve, Edit, Manage, Own]",
            ]
        );
    }

    #[test]
    fn a_role_reads_what_it_prints() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for scope in KeyScope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
    }

    #[test]
    fn an_override_goes_up_and_down_but_never_over_an_owner() {
        assert_eq!(effective_role(Role::Editor, None), Role::Editor);
        assert_eq!(effective_role(Role::Editor, Some(Role::Viewer)), Role::Viewer);
        assert_eq!(effective_role(Role::Viewer, Some(Role::Editor)), Role::Editor);
        assert_eq!(effective_role(Role::Owner, Some(Role::Viewer)), Role::Owner);
        assert_eq!(effective_role(Role::Viewer, Some(Role::Owner)), Role::Admin);
    }

    #[test]
    fn only_an_owner_touches_an_owner() {
        for acting in Role::ALL {
            for old in Role::ALL {
                for new in Role::ALL {
                    let expected = match acting {
                        Role::Owner => true,
                        Role::Admin => old != Role::Owner && new != Role::Owner,
                        _ => false,
                    };
                    assert_eq!(may_change_role(acting, Some(old), Some(new)), expected, "{acting:?} {old:?} {new:?}");
                }
            }
        }
    }

    #[test]
    fn nobody_gives_more_than_they_have_in_a_workflow() {
        assert!(may_override(Role::Admin, Role::Editor, Some(Role::Admin)));
        assert!(may_override(Role::Admin, Role::Editor, None));
        assert!(!may_override(Role::Admin, Role::Admin, Some(Role::Viewer)));
        assert!(may_override(Role::Owner, Role::Admin, Some(Role::Viewer)));
        assert!(!may_override(Role::Owner, Role::Owner, Some(Role::Viewer)));
        assert!(!may_override(Role::Owner, Role::Editor, Some(Role::Owner)));
        assert!(!may_override(Role::Editor, Role::Viewer, Some(Role::Editor)));
    }

    #[test]
    fn a_key_never_has_more_than_its_owner_and_never_manages() {
        for role in Role::ALL {
            for scope in KeyScope::ALL {
                let left = scope.narrow(role);
                assert!(left <= role && !left.can_manage(), "{role:?} {scope:?}");
            }
        }
        assert_eq!(KeyScope::Read.narrow(Role::Owner), Role::Viewer);
    }
}
