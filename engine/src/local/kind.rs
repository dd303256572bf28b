//! What a model is for, told from its files.

use std::{fs, io::Read, path::Path};

use serde::Deserialize;

use super::{LocalError, store::ModelFiles};

/// Configurations are short; a file that is not is none.
const CONFIG_MAX_BYTES: u64 = 4 << 20;

/// The kinds of models that can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelKind {
    Embed,
    Chat,
    Transcribe,
    Caption,
    Picture,
}

impl ModelKind {
    /// The node that such a model works in.
    pub fn capability(self) -> &'static str {
        match self {
            Self::Embed => "text.embed",
            Self::Chat => "text.chat",
            Self::Transcribe => "audio.transcribe",
            Self::Caption => "image.caption",
            Self::Picture => "image.generate",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Embed => "text embeddings",
            Self::Chat => "chat",
            Self::Transcribe => "speech",
            Self::Caption => "describing pictures",
            Self::Picture => "making pictures",
        }
    }
}

#[derive(Deserialize)]
struct AnyConfig {
    model_type: Option<String>,
}

/// What these files are a model for. The error says what they are instead.
pub(super) fn of(files: &ModelFiles) -> Result<ModelKind, String> {
    if let Some(file) = &files.file {
        return match is_gguf(file) {
            true => Ok(ModelKind::Chat),
            false => Err("a file that is no GGUF".into()),
        };
    }
    if files.find("model_index.json").is_some() {
        return Ok(ModelKind::Picture);
    }
    let Some(config) = files.find("config.json") else {
        return match gguf_files(files).as_slice() {
            [_] => Ok(ModelKind::Chat),
            [] => Err("a folder without `config.json`".into()),
            _ => Err("a folder with several GGUF files: name one behind a colon".into()),
        };
    };
    let text = read_text(&config).map_err(|_| "a folder whose `config.json` cannot be read".to_owned())?;
    let config: AnyConfig =
        serde_json::from_str(&text).map_err(|_| "a folder whose `config.json` is none".to_owned())?;
    match config.model_type.as_deref() {
        Some("bert") => Ok(ModelKind::Embed),
        Some("whisper") => Ok(ModelKind::Transcribe),
        Some("blip") => Ok(ModelKind::Caption),
        Some(other) => Err(format!("something else (`{}`)", other.chars().take(40).collect::<String>())),
        None => Err("something unknown".into()),
    }
}

/// The GGUF files directly in the folder.
pub(super) fn gguf_files(files: &ModelFiles) -> Vec<String> {
    let entries = fs::read_dir(&files.folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| is_gguf(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

/// A small text file.
pub(super) fn read_text(path: &Path) -> Result<String, LocalError> {
    let mut text = String::new();
    fs::File::open(path)?.take(CONFIG_MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}
