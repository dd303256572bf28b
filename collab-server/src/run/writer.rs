//! Writes down what a run's events say, 20 times a second: rights to new media, the outputs document, the row, and then
//! the event streams. In this order, so that whoever hears of a result can fetch it.

use std::{sync::Arc, time::Duration};

use shared::{
    id::RunId,
    run::RunEvent,
    value::{Media, Value},
};

use super::{ActiveRun, active::summarise, sink::Buffer};
use crate::{blobs::grant_media, db, room::RoomError, state::AppState};

const INTERVAL: Duration = Duration::from_millis(50);

/// Writes until the run has finished.
pub async fn write(state: AppState, active: Arc<ActiveRun>, buffer: Arc<Buffer>) {
    let mut poster = None;
    loop {
        let events = buffer.take().await;
        for media in events.iter().flat_map(media_in) {
            if let Err(error) = grant_media(&state, active.workspace, media).await {
                tracing::error!(run = %active.run, error = %anyhow::Error::from(error), "could not grant a result");
            }
            poster = media.poster.clone().or(poster);
        }
        write_document(&state, &active, &events).await;
        let finished = events.iter().any(|event| matches!(event, RunEvent::RunFinished { .. }));
        if finished {
            end(&state, &active, &events).await;
        }
        active.publish(events);
        if finished {
            active.close();
            break;
        }
        tokio::time::sleep(INTERVAL).await;
    }
    if let Some(poster) = poster
        && let Err(error) = db::workflow::set_poster(&state.db, active.workflow, poster.as_str()).await
    {
        tracing::warn!(workflow = %active.workflow, error = %anyhow::Error::from(error), "could not set the poster");
    }
}

async fn write_document(state: &AppState, active: &ActiveRun, events: &[RunEvent]) {
    let (run, events, now) = (active.run, events.to_vec(), db::rfc3339(db::now()));
    let write = Box::new(move |outputs: &shared::document::OutputsDocument| {
        events.iter().for_each(|event| outputs.apply(run, event, &now));
    });
    match state.rooms.write_outputs(active.workflow, write).await {
        Ok(()) => {}
        // The workflow was deleted: nobody is there to see the rest.
        Err(RoomError::NotFound) => active.cancel.cancel(),
        Err(error) => {
            tracing::error!(run = %active.run, error = %anyhow::Error::from(error), "could not write outputs");
        }
    }
}

/// Takes the run off the list of active ones, so that nobody joins it any more, and ends its rows.
pub(super) async fn end(state: &AppState, active: &ActiveRun, last: &[RunEvent]) {
    let runs: Vec<RunId> = {
        let mut table = state.runs.table();
        // Unless a newer one stands there, because this one was cancelled.
        let key = (active.workflow, active.graph_hash.clone());
        if table.by_hash.get(&key).is_some_and(|other| other.run == active.run) {
            table.by_hash.remove(&key);
        }
        // Streams that are open hold the run themselves; later ones find the row.
        table.by_id.extract_if(|_, other| other.run == active.run).map(|(run, _)| run).collect()
    };
    let so_far = active.summary();
    let ended = summarise(so_far.events.iter().chain(last), &active.outputs);
    if let Err(error) = db::run::end(&state.db, &runs, &ended).await {
        tracing::error!(run = %active.run, error = %anyhow::Error::from(error), "could not record the end of a run");
    }
    tracing::info!(
        run = %active.run, workflow = %active.workflow, status = ended.status.as_str(),
        failures = ended.failures.len(), "run ended"
    );
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
