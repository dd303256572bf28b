//! The keeper: looks for workflows whose editing paused, and thins out old versions now and then.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use super::{Retention, keep_present};
use crate::{
    db::{self, DbError},
    room::Edited,
    state::AppState,
};
use shared::{error::ErrorCode, id::WorkflowId, version::VersionReason};

/// Who edits without a pause gets a version after so many pauses' time.
const PAUSES_AT_MOST: u32 = 10;
const THIN_EVERY: Duration = Duration::from_secs(3600);

/// Runs until it is dropped.
pub async fn watch(state: AppState) {
    let pause = Duration::from_secs(state.config.versions.version_pause_seconds.max(1).into());
    let mut tick = tokio::time::interval((pause / 4).clamp(Duration::from_millis(250), Duration::from_secs(5)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut thin_at = Instant::now();
    loop {
        tick.tick().await;
        let due = |edited: &Edited| edited.last.elapsed() >= pause || edited.first.elapsed() >= pause * PAUSES_AT_MOST;
        keep_due(&state, due).await;
        if thin_at <= Instant::now() {
            thin_at = Instant::now() + THIN_EVERY;
            match thin_out(&state).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "thinned out old versions"),
                Err(error) => tracing::warn!(error = %anyhow::Error::from(error), "could not thin out old versions"),
            }
        }
    }
}

/// Keeps whatever was edited and has no version yet. Called when the server stops.
pub async fn flush(state: &AppState) {
    keep_due(state, |_| true).await;
}

async fn keep_due(state: &AppState, due: impl Fn(&Edited) -> bool) {
    for (workflow, edited) in state.rooms.activity().take_due(due) {
        // Back at once: whoever keeps a version takes it from there.
        state.rooms.activity().put_back(workflow, edited);
        if let Err(error) = keep_one(state, workflow).await {
            tracing::warn!(%workflow, ?error, "could not keep a version");
        }
    }
}

async fn keep_one(state: &AppState, workflow: WorkflowId) -> Result<(), crate::error::AppError> {
    match keep_present(state, workflow, VersionReason::Paused, None).await {
        // Deleted, or damaged for good: nothing to try again.
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::Conflict) => {
            state.rooms.activity().take(workflow);
            Ok(())
        }
        kept => kept.map(drop),
    }
}

/// Gives up versions of all workflows as the settings say; answers how many.
pub async fn thin_out(state: &AppState) -> Result<u64, DbError> {
    let retention = Retention::of(&state.config.versions);
    let mut count = 0;
    for workflow in db::version::workflows(&state.db).await? {
        let versions = db::version::unnamed(&state.db, workflow).await?;
        let superfluous = retention.superfluous(&versions, db::now());
        // Few enough parameters for either database.
        for some in superfluous.chunks(500) {
            count += db::version::delete(&state.db, workflow, some).await?;
        }
    }
    Ok(count)
}
