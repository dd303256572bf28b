//! Who somebody is and what they may do: the seam between sockets and the database.

use async_trait::async_trait;
use shared::{
    access::Role,
    id::{UserId, WorkflowId},
    presence::PresentUser,
};

use super::member::Visitor;
use crate::{
    auth::{Credential, CurrentUser, Token},
    db::{self, Db, DbError},
};

#[derive(Debug, thiserror::Error)]
#[error("could not look up who may do what")]
pub struct RightsError(#[from] DbError);

#[async_trait]
pub trait Rights: Send + Sync + 'static {
    /// Who is signed in with this token.
    async fn visitor(&self, token: &str) -> Result<Option<Visitor>, RightsError>;

    /// What a person may do with a workflow; `None` if it is not there, or not for them.
    async fn role(&self, user: UserId, workflow: WorkflowId) -> Result<Option<Role>, RightsError>;

    /// What is left of it for somebody who came in with an API key.
    async fn role_of(&self, visitor: &Visitor, workflow: WorkflowId) -> Result<Option<Role>, RightsError> {
        let role = self.role(visitor.user.id, workflow).await?;
        Ok(role.map(|role| visitor.limits.narrow(role)))
    }

    /// Whether what somebody signed in with still counts. Asked when nobody could have told, or told whom.
    async fn is_signed_in(&self, _visitor: &Visitor) -> Result<bool, RightsError> {
        Ok(true)
    }
}

/// Rights as the database has them.
pub struct DbRights(pub Db);

#[async_trait]
impl Rights for DbRights {
    async fn visitor(&self, token: &str) -> Result<Option<Visitor>, RightsError> {
        let found = CurrentUser::find(&self.0, &Token::presented(token)).await?;
        Ok(found.map(|CurrentUser { user, credential, limits }| {
            let user = PresentUser { id: user.id, name: user.name, color: color_of(user.id).into() };
            Visitor { user, credential, limits }
        }))
    }

    async fn role(&self, user: UserId, workflow: WorkflowId) -> Result<Option<Role>, RightsError> {
        Ok(db::workflow::role_of(&self.0, workflow, user).await?)
    }

    async fn role_of(&self, visitor: &Visitor, workflow: WorkflowId) -> Result<Option<Role>, RightsError> {
        // A workflow stays in its workspace, so this need not be asked again when a role changes.
        let found = db::workflow::find(&self.0, workflow, visitor.user.id).await?;
        let found = found.filter(|workflow| visitor.limits.reaches(workflow.workspace));
        Ok(found.map(|workflow| visitor.limits.narrow(workflow.role)))
    }

    async fn is_signed_in(&self, visitor: &Visitor) -> Result<bool, RightsError> {
        let now = db::now();
        Ok(match visitor.credential {
            Credential::Session(session) => db::session::is_there(&self.0, session, now).await?,
            Credential::Key(key) => db::api_key::is_there(&self.0, key, now).await?,
        })
    }
}

/// Bright enough on a dark canvas, dark enough on a light one, and told apart by most colour-blind people.
const COLORS: [&str; 12] = [
    "#e5484d", "#f76b15", "#d6a008", "#5bb98b", "#12a594", "#00a2c7", "#3e8ef7", "#6e6ade", "#9a5cd0", "#d6409f",
    "#ad7f58", "#7c8f3c",
];

/// The same colour for a person everywhere and always.
fn color_of(user: UserId) -> &'static str {
    // The last byte of a UUIDv7 is random.
    let last = user.as_uuid().as_bytes()[15];
    COLORS[usize::from(last) % COLORS.len()]
}
