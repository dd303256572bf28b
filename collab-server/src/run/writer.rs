//! Writes down what a run's events say, 20 times a second: rights to new media, checkpoints, the outputs document, the
//! row, and then the event streams. In this order, so that whoever hears of a result can fetch it, and so that what is
//! shown as finished is not done again. That something begins is told to the streams before any of it.

use std::{sync::Arc, time::Duration};

use shared::{
    id::NodeId,
    run::RunEvent,
    value::{BlobHash, Media, Value},
};

use super::{ActiveRun, RunCheckpoints, active::summarise, document, sink::Buffer};
use crate::{
    blobs::grant_media,
    bus::RunNote,
    config::Process,
    db::{self, Db, DbError, run_event::EventBatch},
    room::RoomError,
    state::AppState,
};

const INTERVAL: Duration = Duration::from_millis(50);
/// Between tries while the database does not answer. The lease decides how long that goes on.
const RETRY: Duration = Duration::from_millis(500);

/// The writer of one attempt at a run.
pub struct Writer {
    state: AppState,
    active: Arc<ActiveRun>,
    checkpoints: Arc<RunCheckpoints>,
    /// The number of the run's last row of events, once it is known.
    seq: Option<i64>,
}

impl Writer {
    pub fn new(state: AppState, active: Arc<ActiveRun>, checkpoints: Arc<RunCheckpoints>) -> Self {
        Self { state, active, checkpoints, seq: None }
    }

    /// Shows that the run is executed now, if `entry` says what to show, and writes until the run has finished, or this
    /// process leaves it. A worker elsewhere tells of the beginning through `run_event`; see `feed`.
    pub async fn write(mut self, mut entry: Option<document::Entry>, buffer: Arc<Buffer>) {
        let mut poster = None;
        loop {
            let events = tokio::select! {
                biased;
                () = self.active.leave.cancelled() => {
                    self.begin(entry.take()).await;
                    self.write_rest(&buffer).await;
                    return;
                }
                events = buffer.take() => events,
            };
            // Who watches hears of beginnings at once: they name no result, and the claim that is behind them is on disk.
            let begun = events.iter().take_while(|event| is_beginning(event)).count();
            self.active.publish(events[..begun].to_vec());
            self.begin(entry.take()).await;
            poster = self.grant(&events).await.or(poster);
            if !self.store(&events).await {
                return;
            }
            self.show(&events).await;
            let finished = events.iter().any(|event| matches!(event, RunEvent::RunFinished { .. }));
            if finished {
                self.end(&events[begun..]).await;
            }
            self.active.publish(events.into_iter().skip(begun).collect());
            if finished {
                break;
            }
            tokio::time::sleep(INTERVAL).await;
        }
        if let Some(poster) = poster
            && let Err(error) = db::workflow::set_poster(&self.state.db, self.active.workflow, poster.as_str()).await
        {
            let workflow = self.active.workflow;
            tracing::warn!(%workflow, error = %anyhow::Error::from(error), "could not set the poster");
        }
    }

    async fn begin(&self, entry: Option<document::Entry>) {
        if self.state.config.process == Process::Server
            && let Some(entry) = entry
            && let Err(error) = document::begin(&self.state, entry).await
        {
            let run = self.active.run;
            tracing::warn!(%run, error = %anyhow::Error::from(error), "could not show that a run begins");
        }
    }

    /// What is finished by now is for the next attempt, and what is asked is for everybody to see meanwhile.
    async fn write_rest(&mut self, buffer: &Buffer) {
        let mut events = buffer.take_now();
        // The next attempt ends at once, and says so.
        events.retain(|event| !matches!(event, RunEvent::RunFinished { .. }));
        self.grant(&events).await;
        if self.store(&events).await {
            self.show(&events).await;
            self.active.publish(events);
        }
    }

    /// Lets the workspace read what the events name. Yields a poster among it.
    async fn grant(&self, events: &[RunEvent]) -> Option<BlobHash> {
        let mut poster = None;
        for media in events.iter().flat_map(media_in) {
            if let Err(error) = grant_media(&self.state, self.active.workspace, media).await {
                let run = self.active.run;
                tracing::error!(%run, error = %anyhow::Error::from(error), "could not grant a result");
            }
            poster = media.poster.clone().or(poster);
        }
        poster
    }

    /// Commits checkpoints and events. Tries until it is done, or the run is not this process's any more: `false`.
    async fn store(&mut self, events: &[RunEvent]) -> bool {
        let steps = self.checkpoints.take_waiting(self.state.blobs.as_ref()).await;
        loop {
            match self.try_store(&steps, events).await {
                Ok(true) => return true,
                Ok(false) => {
                    self.active.leave.cancel();
                    return false;
                }
                Err(error) => {
                    let run = self.active.run;
                    tracing::warn!(%run, error = %anyhow::Error::from(error), "could not store a run's progress");
                }
            }
            if self.active.leave.is_cancelled() || self.state.runs.is_stopping() {
                self.active.leave.cancel();
                return false;
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn try_store(&mut self, steps: &[(String, String)], events: &[RunEvent]) -> Result<bool, DbError> {
        let told = !events.is_empty() && matches!(self.state.db, Db::Postgres(_));
        if steps.is_empty() && !told {
            return Ok(true);
        }
        let (run, attempt) = (self.active.run, self.active.attempt);
        let mut tx = self.state.db.begin().await?;
        if !db::run_lease::hold(&mut tx, run, self.state.runs.worker()).await? {
            return Ok(false);
        }
        db::run_step::insert(&mut tx, run, steps).await?;
        let mut seq = self.seq;
        if told {
            let next = match seq {
                Some(last) => last + 1,
                None => db::run_event::last_seq(&mut tx, run).await? + 1,
            };
            let batch = EventBatch { run, seq: next, attempt, events: events.to_vec() };
            db::run_event::insert(&mut tx, &batch).await?;
            if self.state.config.process == Process::Server {
                db::run_event::set_announced(&mut tx, run, next).await?;
            }
            seq = Some(next);
        }
        tx.commit().await?;
        self.seq = seq;
        if told {
            self.state.runs.tell(RunNote::Told { run });
        }
        Ok(true)
    }

    async fn show(&self, events: &[RunEvent]) {
        if self.state.config.process != Process::Server {
            return;
        }
        let active = &self.active;
        match document::apply(&self.state, active.workflow, active.run, events.to_vec()).await {
            Ok(()) => {}
            // The workflow was deleted: nobody is there to see the rest.
            Err(RoomError::NotFound) => active.cancel.cancel(),
            Err(error) => {
                tracing::error!(run = %active.run, error = %anyhow::Error::from(error), "could not write outputs");
            }
        }
    }

    async fn end(&self, last: &[RunEvent]) {
        let active = &self.active;
        let so_far = active.summary();
        let ended = summarise(so_far.events.iter().chain(last), &active.outputs);
        let written = async {
            let mut tx = self.state.db.begin().await?;
            let ours = db::run::end(&mut tx, active.run, Some(self.state.runs.worker()), &ended).await?;
            for (node, seed) in last_seeds(&ended.events) {
                db::run_seed::advance(&mut tx, active.workflow, node, seed).await?;
            }
            tx.commit().await?;
            Ok::<_, DbError>(ours)
        };
        match written.await {
            Ok(true) => tracing::info!(
                run = %active.run, workflow = %active.workflow, status = ended.status.as_str(),
                failures = ended.failures.len(), "run ended"
            ),
            Ok(false) => tracing::warn!(run = %active.run, "a run ended here that is not this worker's any more"),
            // Everything it did is checkpointed: the next attempt ends it at once.
            Err(error) => {
                tracing::error!(run = %active.run, error = %anyhow::Error::from(error), "could not record the end");
                active.leave.cancel();
            }
        }
    }
}

fn is_beginning(event: &RunEvent) -> bool {
    matches!(event, RunEvent::RunStarted { .. } | RunEvent::NodeStarted { .. })
}

/// The last seeds of nodes that were run over lists.
fn last_seeds(events: &[RunEvent]) -> impl Iterator<Item = (&NodeId, i64)> {
    events.iter().filter_map(|event| match event {
        RunEvent::NodeFinished { node, seed: Some(seed), items: Some(_), .. } => {
            Some((node, i64::try_from(*seed).ok()?))
        }
        _ => None,
    })
}

/// All media that an event is the first to name.
fn media_in(event: &RunEvent) -> Vec<&Media> {
    fn add<'v>(value: &'v Value, media: &mut Vec<&'v Media>) {
        match value {
            Value::List(items) => items.iter().for_each(|item| add(item, media)),
            value => media.extend(value.media()),
        }
    }
    let mut media = Vec::new();
    match event {
        RunEvent::NodeFinished { outputs, .. } => outputs.values().for_each(|value| add(value, &mut media)),
        RunEvent::Preview { value, .. } => add(value, &mut media),
        RunEvent::NodeWaiting { approval, .. } => add(&approval.value, &mut media),
        _ => {}
    }
    media
}
