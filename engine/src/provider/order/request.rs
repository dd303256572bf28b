//! What can be ordered: one request for each kind of result, in our own words, whoever makes it.

use bytes::Bytes;
use serde_json::Value as Json;
use shared::{node::HostedOutput, run::FailureCode, value::BlobHash};

use super::Size;
use crate::provider::ProviderError;

/// The most files of one answer.
const FILES_MAX: usize = 64;

/// What a hosted model does, as profiles and routes call it.
pub(crate) const HOSTED: &str = "model.hosted";

/// What is ordered.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    Film(FilmOrder),
    Picture(PictureOrder),
    Sound(SoundOrder),
    Hosted(HostedOrder),
}

/// What is to be done to a film. What each is called is the capability in the catalogue, and the node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FilmTask {
    #[default]
    Generate,
    Restyle,
    Upscale,
    /// Goes on where the film ends.
    Extend,
    /// Moves the lips to a given speech.
    LipSync,
}

/// A film to be made. What is `None` is left to the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct FilmOrder {
    pub task: FilmTask,
    pub prompt: String,
    pub negative_prompt: Option<String>,
    pub first_frame: Option<Attachment>,
    pub last_frame: Option<Attachment>,
    /// The film that is worked on.
    pub film: Option<Attachment>,
    pub seconds: Option<u32>,
    /// How long the film will be without being told, where that follows from what it is made of: what it is paid by.
    pub seconds_given: Option<f64>,
    /// `16:9`.
    pub aspect: Option<String>,
    /// `720p`.
    pub resolution: Option<String>,
    /// Whether the film has sound.
    pub audio: Option<bool>,
    /// How much larger.
    pub factor: Option<f64>,
    /// What is said in the film.
    pub speech: Option<Attachment>,
    /// What happens where film and speech are not as long as each other.
    pub sync_mode: Option<String>,
    pub seed: Option<u32>,
}

/// What is to be done to a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum PictureTask {
    #[default]
    Generate,
    Edit,
    /// Makes others that resemble it.
    Vary,
    Inpaint,
    Outpaint,
    Upscale,
    RemoveBackground,
}

/// A picture to be made. What is `None` is left to the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct PictureOrder {
    pub task: PictureTask,
    pub prompt: String,
    pub negative_prompt: Option<String>,
    /// What is worked on; of several, the first is the one that is changed.
    pub images: Vec<Attachment>,
    /// A grey picture of the size of the first image. White is to be painted, whatever the vendor's own habit is.
    pub mask: Option<Attachment>,
    /// How many pixels are added at each side.
    pub margins: Option<Margins>,
    /// How many times larger.
    pub factor: Option<f64>,
    pub size: Option<Size>,
    /// `16:9`.
    pub aspect: Option<String>,
    /// `1k`, `2k`, `4k`.
    pub resolution: Option<String>,
    pub quality: Option<String>,
    pub background: Option<String>,
    pub style: Option<String>,
    pub steps: Option<u32>,
    /// How closely the prompt is followed.
    pub guidance: Option<f64>,
    /// How far the result may leave the image, 0 to 1.
    pub strength: Option<f64>,
    /// Outlines or depths to be followed.
    pub control: Option<Attachment>,
    pub control_strength: Option<f64>,
    /// The address or name of a LoRA.
    pub lora: Option<String>,
    pub lora_strength: Option<f64>,
    pub seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Margins {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SoundTask {
    #[default]
    Speak,
    Music,
    Effect,
}

/// A sound to be made. What is `None` is left to the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct SoundOrder {
    pub task: SoundTask,
    /// What is said, or what is to be heard.
    pub prompt: String,
    /// As the vendor names it.
    pub voice: Option<String>,
    /// How it is said.
    pub instructions: Option<String>,
    pub language: Option<String>,
    pub speed: Option<f64>,
    pub seconds: Option<f64>,
    pub lyrics: Option<String>,
    pub instrumental: Option<bool>,
    /// Whether the end fits the beginning.
    pub looped: Option<bool>,
    pub seed: Option<u64>,
}

/// Whatever a hosted model makes, in the vendor's own words.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostedOrder {
    pub values: Vec<(String, HostedValue)>,
    /// Where results stand in the answer.
    pub outputs: Vec<HostedOutput>,
}

#[derive(Debug, Clone)]
pub(crate) enum HostedValue {
    Plain(Json),
    /// Handed over by address.
    Media(Attachment),
    /// Several, as a list of addresses.
    List(Vec<Attachment>),
}

impl HostedOrder {
    /// What is to be fetched of an answer, in the order of its outputs.
    pub fn addresses<'j>(&self, answer: &'j Json) -> Result<Vec<&'j str>, ProviderError> {
        let all: Vec<&str> = self.outputs.iter().flat_map(|output| output.addresses(answer)).collect();
        if all.len() <= FILES_MAX {
            return Ok(all);
        }
        let message =
            format!("the provider answered with {} files, of which {FILES_MAX} are fetched at most", all.len());
        Err(ProviderError::new(FailureCode::ProviderDown, message))
    }
}

/// A picture, film or sound that goes along with an order.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub blob: BlobHash,
    pub mime: String,
    pub bytes: Bytes,
}

impl Order {
    /// As the catalogue and the nodes call it.
    pub fn capability(&self) -> &'static str {
        match self {
            Self::Film(film) => match film.task {
                FilmTask::Generate => "video.generate",
                FilmTask::Restyle => "video.restyle",
                FilmTask::Upscale => "video.upscale",
                FilmTask::Extend => "video.extend",
                FilmTask::LipSync => "video.lip_sync",
            },
            Self::Picture(picture) => match picture.task {
                PictureTask::Generate => "image.generate",
                PictureTask::Edit => "image.edit",
                PictureTask::Vary => "image.vary",
                PictureTask::Inpaint => "image.inpaint",
                PictureTask::Outpaint => "image.outpaint",
                PictureTask::Upscale => "image.upscale",
                PictureTask::RemoveBackground => "image.remove_background",
            },
            Self::Sound(sound) => match sound.task {
                SoundTask::Speak => "audio.speak",
                SoundTask::Music => "audio.music",
                SoundTask::Effect => "audio.effect",
            },
            Self::Hosted(_) => HOSTED,
        }
    }
}
