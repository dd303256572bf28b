//! What a node's work on another thread can still say and ask.

use std::sync::Arc;

use shared::id::NodeId;
use tokio_util::sync::CancellationToken;

use super::{RunScope, emit_progress};
use crate::secret::Secret;

/// What is left of a [`NodeContext`] on another thread: see [`NodeContext::reporter`].
#[derive(Clone)]
pub(crate) struct Reporter {
    pub(super) scope: Arc<RunScope>,
    pub(super) node: NodeId,
    pub(super) cancel: CancellationToken,
}

impl Reporter {
    /// See [`NodeContext::progress`].
    pub fn progress(&self, progress: f64) {
        emit_progress(&self.scope, &self.node, progress);
    }

    /// The secret of a provider's key, if there is one.
    pub async fn secret(&self, provider: &str) -> Option<Secret> {
        Some(self.scope.keys.key(provider, None).await.ok()??.secret)
    }

    /// See [`NodeContext::cancel`].
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }
}
