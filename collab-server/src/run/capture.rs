//! Generation records: one line of JSON for every model call, in `generations/YYYY-MM-DD.jsonl` of the data folder.
//!
//! A line is with the operating system before the node goes on, in one write, so lines never mix and a crash of the
//! server loses none. The file is synced to disk right behind it, in the background: a power cut can lose the lines of
//! the last moments. Nothing here is training data: nobody has been asked for consent yet, and every line says so.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use engine::{GenerationRecord, GenerationSink};
use serde::Serialize;
use shared::id::UserId;

use crate::keys::MasterKey;

/// The files of this server. Cheap to clone.
#[derive(Clone)]
pub struct Generations(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    /// Never leaves the server: without it nobody can tell whose `anon_…` is whose.
    pseudonym_key: [u8; 32],
    /// Today's file and its name. A lock, so that each line is one write.
    today: Mutex<Option<(String, Arc<File>)>>,
}

/// What the sink adds to a record.
#[derive(Serialize)]
struct Line<'a> {
    user_id: &'a str,
    #[serde(flatten)]
    record: &'a GenerationRecord,
    consent: Consent,
}

#[derive(Serialize)]
struct Consent {
    training: bool,
}

impl Generations {
    pub fn new(folder: PathBuf, master_key: &MasterKey) -> Self {
        let pseudonym_key = master_key.derive("OpenFlow 2026-11 pseudonyms in generation records");
        Self(Arc::new(Inner { folder, pseudonym_key, today: Mutex::default() }))
    }

    /// Where the records of a person's runs go.
    pub fn of(&self, user: UserId) -> Arc<dyn GenerationSink> {
        Arc::new(PersonsGenerations { generations: self.clone(), pseudonym: self.pseudonym(user) })
    }

    /// The same for one person on this server, and for nobody else anywhere.
    fn pseudonym(&self, user: UserId) -> String {
        let hash = blake3::keyed_hash(&self.0.pseudonym_key, user.as_uuid().as_bytes());
        format!("anon_{}", &hash.to_hex()[..32])
    }

    fn append(&self, pseudonym: &str, record: &GenerationRecord) -> io::Result<Arc<File>> {
        let line = Line { user_id: pseudonym, record, consent: Consent { training: false } };
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        // The day the call was made, in UTC: timestamps are RFC 3339.
        let day = record.timestamp.get(..10).unwrap_or("unknown");
        let mut today = self.0.today.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &*today {
            Some((of, file)) if of == day => file.clone(),
            _ => {
                fs::create_dir_all(&self.0.folder)?;
                let path = self.0.folder.join(format!("{day}.jsonl"));
                let file = Arc::new(OpenOptions::new().create(true).append(true).open(path)?);
                *today = Some((day.to_owned(), file.clone()));
                file
            }
        };
        (&*file).write_all(&line)?;
        Ok(file)
    }
}

/// The sink of one person's runs.
struct PersonsGenerations {
    generations: Generations,
    pseudonym: String,
}

impl GenerationSink for PersonsGenerations {
    fn record(&self, record: GenerationRecord) {
        match self.generations.append(&self.pseudonym, &record) {
            Ok(file) => drop(tokio::task::spawn_blocking(move || {
                if let Err(error) = file.sync_data() {
                    tracing::warn!(%error, "could not sync generation records");
                }
            })),
            // The call is made and paid for: a full disk must not take its result away too.
            Err(error) => tracing::error!(generation = %record.id, %error, "could not keep a generation record"),
        }
    }
}
