//! Sounds as other kinds of files, and what a file says of itself.

use crate::{Audio, Choice, NodeContext, NodeError, Outputs, media, node, nodes::video::render};

use super::length;

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Format {
    #[choice(title = "M4A, AAC: plays everywhere")]
    M4a,
    #[choice(title = "MP3")]
    Mp3,
    #[choice(title = "WAV, 16 bits: for editing")]
    Wav,
    #[choice(title = "WAV, 24 bits")]
    Wav24,
    #[choice(title = "FLAC: lossless, smaller")]
    Flac,
    #[choice(title = "Opus: for speech and the web")]
    Opus,
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Channels {
    #[choice(title = "As they are")]
    Same,
    Mono,
    Stereo,
}

/// Turns a sound into another kind of file, another sample rate, or mono, for somewhere that asks for it.
#[node(
    "audio.convert",
    title = "Convert sound",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"format":"wav","rate":16000,"channels":"mono"}}"#
)]
async fn convert(
    /// The sound.
    audio: Audio,
    /// The kind of file.
    #[param(title = "Format", default = Format::M4a)]
    format: Format,
    /// Samples a second: 48000 for films, 44100 for music, 16000 for speech recognition.
    #[param(title = "Sample rate", default = 48000, min = 8000, max = 192000, unit = "Hz")]
    rate: u32,
    /// How many channels.
    #[param(title = "Channels", default = Channels::Same)]
    channels: Channels,
    /// How many bits a second, where sound is lost at all.
    #[param(title = "Bit rate", default = 192, min = 16, max = 512, unit = "kbit/s", advanced)]
    bitrate: u32,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let seconds = length(&audio, "audio", ctx).await?;
    let path = audio.path(ctx).await?;
    let (extension, codec) = match format {
        Format::M4a => ("m4a", "aac"),
        Format::Mp3 => ("mp3", "libmp3lame"),
        Format::Wav => ("wav", "pcm_s16le"),
        Format::Wav24 => ("wav", "pcm_s24le"),
        Format::Flac => ("flac", "flac"),
        Format::Opus => ("ogg", "libopus"),
    };
    let rate = match format {
        // Each of these takes some rates only; the nearest above is taken.
        Format::Opus => [8000, 12000, 16000, 24000, 48000].into_iter().find(|known| *known >= rate).unwrap_or(48000),
        Format::Mp3 => [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000]
            .into_iter()
            .find(|known| *known >= rate)
            .unwrap_or(48000),
        Format::M4a => rate.min(96000),
        Format::Wav | Format::Wav24 | Format::Flac => rate,
    };
    let lossy = matches!(format, Format::M4a | Format::Mp3 | Format::Opus);
    let media = render(ctx, seconds, extension, |ffmpeg| {
        ffmpeg.input(&path).args(["-map", "0:a:0", "-vn", "-c:a", codec, "-ar", &rate.to_string()]);
        match channels {
            Channels::Same => {}
            Channels::Mono => _ = ffmpeg.args(["-ac", "1"]),
            Channels::Stereo => _ = ffmpeg.args(["-ac", "2"]),
        }
        if lossy {
            ffmpeg.args(["-b:a", &format!("{bitrate}k")]);
        }
        if format == Format::M4a {
            ffmpeg.args(["-movflags", "+faststart"]);
        }
        if format == Format::Mp3 {
            // Else the encoder's name stands in the file, and the hash changes with its version.
            ffmpeg.args(["-write_xing", "0", "-id3v2_version", "0"]);
        }
        ffmpeg.args(["-flags:a", "+bitexact"]);
    });
    Ok(Audio(media.await?))
}

#[derive(Outputs)]
struct Metadata {
    /// Samples a second.
    sample_rate: f64,
    /// How many channels.
    channels: f64,
    /// Bits a second, of the whole file, in thousands.
    bitrate: f64,
    /// What the file says of itself: title, artist, album… as far as it does.
    tags: serde_json::Value,
}

/// Reads what a sound file says of itself: sample rate, channels, bit rate, title and artist.
#[node(
    "audio.metadata",
    title = "Sound metadata",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"}}"#
)]
async fn metadata(
    /// The sound.
    audio: Audio,
    ctx: &NodeContext,
) -> Result<Metadata, NodeError> {
    let seconds = length(&audio, "audio", ctx).await?;
    let found = media::sound_facts(&audio.path(ctx).await?).await.map_err(|error| error.in_field("audio"))?;
    Ok(Metadata {
        sample_rate: found.sample_rate.into(),
        channels: found.channels.into(),
        bitrate: if seconds > 0.0 { audio.media().size_bytes as f64 * 8.0 / seconds / 1000.0 } else { 0.0 },
        tags: serde_json::Value::Object(found.tags.into_iter().map(|(name, text)| (name, text.into())).collect()),
    })
}
