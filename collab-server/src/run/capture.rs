//! Generation records: a row for every model call and every asset that a node made, and a line of JSON in
//! `generations/YYYY-MM-DD.jsonl` of the data folder of the process that made it.
//!
//! A line is with the operating system before the node goes on, in one write, so lines never mix and a crash of the
//! server loses none; the file is synced right behind it. Films are looked through first, in the background, so that
//! their record says what was measured: their row is there meanwhile, and their line comes with the last word.
//! Whether a record may be training data was asked of the workspace and of the person when the run began; what they say
//! later counts as well, see [`Generations::published`].

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::{
    BlobStore, GenerationRecord, GenerationSink,
    generation::{GenerationKind, Outcome},
    media::video_meta,
};
use serde_json::{Value as Json, json};
use shared::{
    api::{Generation, TRAINING_POLICY_VERSION},
    id::{GenerationId, UserId, WorkspaceId},
    value::Media,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    db::{self, Db, generation::Kept},
    keys::MasterKey,
    spend::Spending,
};

/// What is left of a record that somebody had redacted.
const LEFT: [&str; 9] = ["id", "workflow_id", "run_id", "node_id", "timestamp", "provider", "model", "type", "outcome"];
/// How long records under way may take to be written when the server stops.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// The records of this server. Cheap to clone.
#[derive(Clone)]
pub struct Generations(Arc<Inner>);

struct Inner {
    db: Db,
    blobs: Arc<dyn BlobStore>,
    folder: PathBuf,
    /// Never leaves the server: without it nobody can tell whose `anon_…` is whose.
    pseudonym_key: [u8; 32],
    /// Today's file and its name. A lock, so that each line is one write.
    today: Mutex<Option<(String, Arc<File>)>>,
    /// One film at a time is looked through: it takes what decoding takes.
    looking: Semaphore,
    tasks: TaskTracker,
    /// Ends the looking; what is known by then is written.
    stop: CancellationToken,
}

impl Generations {
    pub fn new(db: Db, blobs: Arc<dyn BlobStore>, folder: PathBuf, master_key: &MasterKey) -> Self {
        let pseudonym_key = master_key.derive("OpenFlow 2026-11 pseudonyms in generation records");
        Self(Arc::new(Inner {
            db,
            blobs,
            folder,
            pseudonym_key,
            today: Mutex::default(),
            looking: Semaphore::new(1),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Where the records of a person's run in a workspace go.
    pub async fn of(&self, workspace: WorkspaceId, user: UserId, spending: Arc<Spending>) -> Arc<dyn GenerationSink> {
        let training = match db::generation::training(&self.0.db, workspace, user).await {
            Ok((allowed, given)) => allowed && given,
            Err(error) => {
                // The safe side: what nobody was asked about is no training data.
                tracing::warn!(error = %anyhow::Error::from(error), "could not look up who allows training");
                false
            }
        };
        Arc::new(RunGenerations { generations: self.clone(), workspace, user, training, spending })
    }

    /// Writes what is under way.
    pub async fn finish(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(SHUTDOWN, self.0.tasks.wait()).await.is_err() {
            tracing::error!("some generation records could not be written in time");
        }
    }

    /// The record as others see it: with a pseudonym, and with what was allowed.
    pub fn published(&self, kept: Kept, asker: UserId) -> Generation {
        let went_well = kept.record.get("outcome") == Some(&json!("ok"));
        let training_ok = went_well && kept.consented && kept.allowed && !kept.redacted;
        let mut record = self.line(kept.record, kept.user, kept.consented);
        record["training_ok"] = json!(training_ok);
        Generation { id: kept.id, own: kept.user == asker, training_ok, redacted: kept.redacted, record }
    }

    /// Takes what was asked and made out of a record, in the database and in the file of this process.
    pub async fn redact(&self, kept: &Kept) -> Result<(), crate::error::AppError> {
        let left = redacted(&kept.record);
        db::generation::redact(&self.0.db, kept.id, &left).await?;
        let (generations, kept) = (self.clone(), kept.clone());
        let rewritten = tokio::task::spawn_blocking(move || {
            let line = generations.line(left, kept.user, false);
            generations.replace_line(&day_of(&kept.record), kept.id, &line)
        });
        rewritten.await.map_err(crate::error::AppError::internal)?.map_err(crate::error::AppError::internal)
    }

    fn line(&self, mut record: Json, user: UserId, training: bool) -> Json {
        record["user_id"] = json!(self.pseudonym(user));
        record["consent"] = match training {
            true => json!({"training": true, "policy_version": TRAINING_POLICY_VERSION}),
            false => json!({"training": false}),
        };
        record
    }

    /// The same for one person on this server, and for nobody else anywhere.
    fn pseudonym(&self, user: UserId) -> String {
        let hash = blake3::keyed_hash(&self.0.pseudonym_key, user.as_uuid().as_bytes());
        format!("anon_{}", &hash.to_hex()[..32])
    }

    fn append(&self, line: &Json) -> io::Result<Arc<File>> {
        let day = day_of(line);
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let mut today = self.0.today.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &*today {
            Some((of, file)) if *of == day => file.clone(),
            _ => {
                fs::create_dir_all(&self.0.folder)?;
                let path = self.0.folder.join(format!("{day}.jsonl"));
                let file = Arc::new(OpenOptions::new().create(true).append(true).open(path)?);
                *today = Some((day, file.clone()));
                file
            }
        };
        (&*file).write_all(&text)?;
        Ok(file)
    }

    /// Writes a day's file anew with another line about `id`. One that another process made is not here.
    fn replace_line(&self, day: &str, id: GenerationId, line: &Json) -> io::Result<()> {
        let path = self.0.folder.join(format!("{day}.jsonl"));
        let mut today = self.0.today.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let is_it = |text: &str| {
            let line = serde_json::from_str::<Json>(text).ok();
            line.is_some_and(|line| line.get("id") == Some(&json!(id)))
        };
        let lines = text.lines().map(|text| if is_it(text) { line.to_string() } else { text.to_owned() });
        let mut file = tempfile::NamedTempFile::new_in(&self.0.folder)?;
        lines.into_iter().try_for_each(|line| writeln!(file, "{line}"))?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        // The open file is the old one.
        *today = None;
        Ok(())
    }

    /// Appends the line and has it synced.
    fn keep_line(&self, id: GenerationId, line: &Json) {
        match self.append(line) {
            Ok(file) => drop(tokio::task::spawn_blocking(move || {
                if let Err(error) = file.sync_data() {
                    tracing::warn!(%error, "could not sync generation records");
                }
            })),
            // The call is made and paid for: a full disk must not take its result away too.
            Err(error) => tracing::error!(generation = %id, %error, "could not keep a generation record"),
        }
    }

    /// What is measured in a film; `None` if it cannot be, or the server stops.
    async fn look_through(&self, film: &Media) -> Option<Json> {
        let looked = self.0.stop.run_until_cancelled(async {
            let _one = self.0.looking.acquire().await.expect("the semaphore is never closed");
            video_meta(&*self.0.blobs, film, &self.0.stop).await
        });
        match looked.await? {
            Ok(meta) => Some(json!(meta)),
            Err(error) => {
                tracing::debug!(blob = %film.blob, %error, "could not look through a film");
                None
            }
        }
    }
}

/// The day the call was made, in UTC: timestamps are RFC 3339.
fn day_of(record: &Json) -> String {
    let timestamp = record.get("timestamp").and_then(Json::as_str).and_then(|timestamp| timestamp.get(..10));
    timestamp.unwrap_or("unknown").to_owned()
}

/// When, where and with what something was made, and nothing of what was asked or what came out.
fn redacted(record: &Json) -> Json {
    let mut left: serde_json::Map<String, Json> =
        LEFT.iter().filter_map(|field| Some(((*field).to_owned(), record.get(*field)?.clone()))).collect();
    left.insert("redacted".to_owned(), json!(true));
    Json::Object(left)
}

/// The sink of one run.
struct RunGenerations {
    generations: Generations,
    workspace: WorkspaceId,
    user: UserId,
    training: bool,
    spending: Arc<Spending>,
}

impl GenerationSink for RunGenerations {
    fn record(&self, record: GenerationRecord) {
        let (id, film) = (record.id, film_of(&record));
        let spent = self.spending.spent(&record);
        let record = serde_json::to_value(&record).expect("plain data with text keys");
        let generations = self.generations.clone();
        let (workspace, user, training) = (self.workspace, self.user, self.training);
        if film.is_none() {
            generations.keep_line(id, &generations.line(record.clone(), user, training));
        }
        self.generations.0.tasks.spawn(async move {
            let db = &generations.0.db;
            if let Some(spent) = spent {
                spent.keep().await;
            }
            let kept = db::generation::insert(db, id, workspace, user, &record, training).await;
            if let Err(error) = &kept {
                tracing::warn!(generation = %id, %error, "could not keep a record's row");
            }
            let Some(film) = film else { return };
            let mut record = record;
            if let Some(meta) = generations.look_through(&film).await {
                record["video_meta"] = meta;
            }
            match db::generation::set_record(db, id, &record).await {
                // Redacted before it was looked through.
                Ok(false) if kept.is_ok() => {
                    generations.keep_line(id, &generations.line(redacted(&record), user, false))
                }
                Ok(_) | Err(_) => generations.keep_line(id, &generations.line(record, user, training)),
            }
        });
    }
}

/// The film that a record is about.
fn film_of(record: &GenerationRecord) -> Option<Media> {
    let generation = &record.generation;
    if generation.kind != GenerationKind::Video || generation.outcome != Outcome::Ok {
        return None;
    }
    let output = &generation.output;
    let mime = output.mime.clone().unwrap_or_else(|| "video/mp4".to_owned());
    Some(Media::new(output.blob.clone()?, mime, output.file_size_bytes.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_redacted_says_when_and_with_what_and_no_more() {
        let record = json!({
            "id": "gen_1", "timestamp": "2026-11-22T10:00:00Z", "provider": "openai", "model": "m", "type": "text",
            "outcome": "ok", "input": {"prompt": "secret"}, "output": {"text": "secret"}, "video_meta": {"codec": "h264"},
            "error": {"message": "about the secret"}, "metrics": {"cost_usd": 1.0},
        });
        let left = redacted(&record);
        assert!(!left.to_string().contains("secret"));
        assert_eq!((&left["model"], &left["redacted"], left.get("output")), (&json!("m"), &json!(true), None));
        assert_eq!(day_of(&left), "2026-11-22");
    }
}
