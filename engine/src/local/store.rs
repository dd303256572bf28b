//! Models on disk: the hub's in the layout that all of its clients share (`hub/models--org--name`), an operator's own
//! beside them. What is listed here is complete: unfinished downloads have no `refs`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use hf_hub::{Cache, CacheRepo, Repo, RepoType};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{LocalError, ModelName, kind, kind::ModelKind};

/// Its time of change is when the model was last loaded.
const USED_FILE: &str = ".last-used";

/// A model on this machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LocalModel {
    /// As nodes name it.
    pub name: String,
    /// The nodes it works in: `text.embed`, `text.chat`… Empty: none that is known.
    pub capabilities: Vec<&'static str>,
    /// On disk.
    pub size_bytes: u64,
    /// When a run last loaded it; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// The files of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelFiles {
    /// Where they are.
    pub folder: PathBuf,
    /// The one that was asked for, where the model is one file.
    pub file: Option<PathBuf>,
}

impl ModelFiles {
    /// One of them, if it is there.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.join(name)).filter(|path| path.is_file())
    }
}

/// The folder of models.
#[derive(Debug, Clone)]
pub(super) struct Store {
    root: PathBuf,
}

impl Store {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn hub(&self) -> PathBuf {
        self.root.join("hub")
    }

    /// The place of a repository in the hub's layout.
    pub fn repo(&self, repo: &str, revision: &str) -> CacheRepo {
        Cache::new(self.hub()).repo(Repo::with_revision(repo.to_owned(), RepoType::Model, revision.to_owned()))
    }

    /// The folder of a repository.
    pub fn repo_folder(&self, repo: &str) -> PathBuf {
        self.hub().join(Repo::model(repo.to_owned()).folder_name())
    }

    /// The files of a model, if all of them are here.
    pub fn find(&self, name: &ModelName) -> Option<ModelFiles> {
        match name {
            ModelName::Hub { repo, revision, file } => {
                let commit = fs::read_to_string(self.repo_folder(repo).join("refs").join(revision)).ok()?;
                let folder = self.repo(repo, revision).pointer_path(commit.trim());
                within(folder, file.as_deref())
            }
            ModelName::Own { name, file } => within(self.root.join(name), file.as_deref()),
            ModelName::Path(path) => within(path.clone(), None),
        }
    }

    /// Notes that a model is used now.
    pub fn touch(&self, name: &ModelName) {
        let file = match name {
            ModelName::Hub { repo, .. } => self.repo_folder(repo).join(USED_FILE),
            ModelName::Own { name, .. } => self.root.join(format!(".{name}{USED_FILE}")),
            ModelName::Path(_) => return,
        };
        if let Err(error) = fs::write(&file, b"") {
            tracing::debug!(%error, "the use of a model could not be noted");
        }
    }

    /// Everything that can be named.
    pub fn list(&self) -> io::Result<Vec<LocalModel>> {
        let mut models = Vec::new();
        for entry in entries(&self.hub())? {
            let Some(repo) = entry.strip_prefix("models--").map(|name| name.replacen("--", "/", 1)) else { continue };
            let folder = self.hub().join(&entry);
            for revision in entries(&folder.join("refs"))? {
                let name = ModelName::Hub { repo: repo.clone(), revision, file: None };
                models.extend(self.describe(&name, &folder, &folder.join(USED_FILE)));
            }
        }
        for name in entries(&self.root)?.into_iter().filter(|name| name != "hub" && !name.starts_with('.')) {
            let (place, used) = (self.root.join(&name), self.root.join(format!(".{name}{USED_FILE}")));
            models.extend(self.describe(&ModelName::Own { name, file: None }, &place, &used));
        }
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// A repository of several GGUF files is several models.
    fn describe(&self, name: &ModelName, place: &Path, used: &Path) -> Vec<LocalModel> {
        let Some(files) = self.find(name) else { return Vec::new() };
        let last_used_at = fs::metadata(used).and_then(|file| file.modified()).ok().and_then(rfc3339);
        let model = |name: String, kind: Option<ModelKind>, size_bytes: u64| LocalModel {
            name,
            capabilities: kind.into_iter().map(ModelKind::capability).collect(),
            size_bytes,
            last_used_at: last_used_at.clone(),
        };
        let ggufs = kind::gguf_files(&files);
        if files.file.is_some() || ggufs.len() < 2 {
            return vec![model(name.to_string(), kind::of(&files).ok(), size_of(place))];
        }
        let size = |file: &str| fs::metadata(files.folder.join(file)).map_or(0, |file| file.len());
        let one = |file: &String| model(format!("{name}:{file}"), Some(ModelKind::Chat), size(file));
        ggufs.iter().map(one).collect()
    }

    /// How much of the disk all models take.
    pub fn size_bytes(&self) -> u64 {
        size_of(&self.root)
    }

    /// Removes a model with all its files; of the hub's, all revisions.
    pub fn delete(&self, name: &ModelName) -> Result<(), LocalError> {
        let not_here = || LocalError::NotHere { name: name.to_string() };
        let place = match name {
            ModelName::Hub { repo, .. } => self.repo_folder(repo),
            ModelName::Own { name, file: None } => self.root.join(name),
            ModelName::Own { name, file: Some(file) } => self.root.join(name).join(file),
            ModelName::Path(_) => return Err(LocalError::PathRefused),
        };
        let found = fs::symlink_metadata(&place).map_err(|_| not_here())?;
        if found.is_dir() {
            fs::remove_dir_all(&place)?
        } else {
            fs::remove_file(&place)?
        }
        Ok(())
    }
}

fn within(folder: PathBuf, file: Option<&str>) -> Option<ModelFiles> {
    let (folder, file) = match file {
        Some(file) => (folder.clone(), Some(folder.join(file))),
        None if folder.is_file() => (folder.parent()?.to_owned(), Some(folder)),
        None => (folder, None),
    };
    let there = file.as_ref().map_or(folder.is_dir(), |file| file.is_file());
    there.then_some(ModelFiles { folder, file })
}

fn rfc3339(time: SystemTime) -> Option<String> {
    OffsetDateTime::from(time).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

/// The names in a folder; a folder that is not there is empty.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Links are not followed: in the hub's layout each file counts once, where it is.
fn size_of(place: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(place) else { return 0 };
    if found.is_dir() {
        entries(place).unwrap_or_default().iter().map(|name| size_of(&place.join(name))).sum()
    } else if found.is_file() {
        found.len()
    } else {
        0
    }
}
