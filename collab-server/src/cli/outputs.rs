//! The results of `openflow run`: files with the right endings, and the report.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use engine::{BlobStore, RunReport};
use serde_json::{Value as Json, json};
use shared::value::{Media, Value, Values};
use tokio::io::AsyncWriteExt;

/// The files of one output, in the order of its list.
pub type Files = BTreeMap<String, Vec<PathBuf>>;

/// Writes outputs as files named after them. Without a folder only media are written, to the current one.
pub async fn write(blobs: &Arc<dyn BlobStore>, outputs: &Values, folder: Option<&Path>) -> anyhow::Result<Files> {
    let target = folder.unwrap_or(Path::new("."));
    if folder.is_some() {
        tokio::fs::create_dir_all(target).await.with_context(|| format!("making the folder {}", target.display()))?;
    }
    let mut files = Files::new();
    for (name, value) in outputs {
        let items = match value {
            Value::List(items) if items.iter().any(|item| item.media().is_some()) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        for (n, item) in items.iter().enumerate() {
            let stem = if items.len() > 1 { format!("{name}-{}", n + 1) } else { name.clone() };
            let path = target.join(format!("{}.{}", file_stem(&stem), extension(item)));
            let written = match (item.media(), folder) {
                (Some(media), _) => copy(blobs, media, &path).await,
                (None, Some(_)) => tokio::fs::write(&path, text(item)).await.map_err(Into::into),
                (None, None) => continue,
            };
            written.with_context(|| format!("writing {}", path.display()))?;
            files.entry(name.clone()).or_default().push(path);
        }
    }
    Ok(files)
}

async fn copy(blobs: &Arc<dyn BlobStore>, media: &Media, path: &Path) -> anyhow::Result<()> {
    let mut source = tokio::fs::File::open(blobs.local_path(&media.blob).await?).await?;
    // Not `fs::copy`: that takes the blob's permissions along, which are for the server alone.
    let mut target = tokio::fs::File::create(path).await?;
    tokio::io::copy(&mut source, &mut target).await?;
    target.flush().await?;
    Ok(())
}

/// A public name as the name of a file: it must not lead out of the folder, nor hide.
fn file_stem(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ') { c } else { '_' };
    let stem: String = name.chars().map(safe).collect();
    let stem = stem.trim_matches([' ', '.']);
    if stem.is_empty() { "output".to_owned() } else { stem.to_owned() }
}

fn extension(value: &Value) -> &'static str {
    let Some(media) = value.media() else {
        return match value {
            Value::Json(_) | Value::Embedding(_) | Value::List(_) => "json",
            _ => "txt",
        };
    };
    match media.mime.as_str() {
        // The first of several that are registered is often not the one that people use.
        "image/jpeg" => "jpg",
        "video/quicktime" => "mov",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/ogg" => "ogg",
        "text/plain" => "txt",
        mime => mime_guess::get_mime_extensions_str(mime).and_then(|all| all.first()).copied().unwrap_or("bin"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Json(json) => format!("{json:#}"),
        other => format!("{:#}", plain(other)),
    }
}

/// A value as the JSON a person would write for it.
fn plain(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => (*number).into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Json(json) => json.clone(),
        Value::Embedding(vector) => vector.as_slice().into(),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Image(media) | Value::Mask(media) | Value::Video(media) | Value::Audio(media) | Value::File(media) => {
            serde_json::to_value(media).unwrap_or_default()
        }
    }
}

/// How a run ended, for people and for programs.
pub struct Report<'a> {
    pub report: &'a RunReport,
    pub files: &'a Files,
}

impl Report<'_> {
    pub fn to_json(&self) -> Json {
        let outputs: BTreeMap<&String, Json> = self
            .report
            .outputs
            .iter()
            .map(|(name, value)| {
                let files = self.files.get(name);
                (name, json!({"type": value.value_type(), "value": plain(value), "files": files}))
            })
            .collect();
        json!({
            "status": self.report.status,
            "outputs": outputs,
            "failures": self.report.failures,
            "cost_usd": self.report.cost_usd,
            "duration_ms": self.report.duration.as_millis() as u64,
        })
    }

    /// Files and texts to standard output, the rest to standard error.
    pub fn print(&self, texts_are_in_files: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        for (name, value) in &self.report.outputs {
            match self.files.get(name) {
                Some(files) => files.iter().try_for_each(|file| writeln!(out, "{name}: {}", file.display()))?,
                None if !texts_are_in_files => writeln!(out, "{name}: {}", text(value))?,
                None => {}
            }
        }
        if self.report.outputs.is_empty() {
            complain("the run has no results: only what reaches a node of the category `output` is handed out");
        }
        Ok(())
    }
}

/// One JSON object to standard output.
pub fn print(json: &Json) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{json:#}").context("writing to standard output")
}

/// A message to standard error.
pub fn complain(message: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "openflow: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::value::BlobHash;

    #[test]
    fn a_name_stays_in_its_folder() {
        assert_eq!(file_stem("my film 2"), "my film 2");
        assert_eq!(file_stem("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(file_stem(".."), "output");
        assert_eq!(file_stem(".hidden"), "hidden");
    }

    #[test]
    fn an_ending_is_the_usual_one() {
        let media = |mime: &str| Value::File(Media::new(BlobHash::of(b""), mime, 0));
        for (mime, ending) in [
            ("image/jpeg", "jpg"),
            ("image/png", "png"),
            ("video/mp4", "mp4"),
            ("audio/mpeg", "mp3"),
            ("audio/wav", "wav"),
            ("application/x-nothing", "bin"),
        ] {
            assert_eq!(extension(&media(mime)), ending, "{mime}");
        }
        assert_eq!(extension(&Value::Json(json!({}))), "json");
        assert_eq!(extension(&Value::Number(1.0)), "txt");
    }
}
