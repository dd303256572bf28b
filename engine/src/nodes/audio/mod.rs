//! Sounds: loaded, made, cut, mixed, faded. Every result is AAC in an M4A, at 48 kHz in stereo.

mod loudness;
mod color;
mod parts;
mod format;

use crate::{Audio, Choice, MediaFile, NodeContext, NodeError, Outputs, media::Ffmpeg, node};

use super::{
    input_name,
    video::{known, part, render},
};

pub(in crate::nodes) use loudness::loudnorm;

const SOUNDS_MAX: usize = 64;

/// Brings a sound into the workflow: MP3, M4A, WAV, FLAC, OGG and others.
#[node("audio.load", title = "Sound", role = "input", example = r#"{"params":{"value":"sample:audio"}}"#)]
fn load(
    /// What the sound is called when the workflow is run from outside. Empty: it cannot be handed over.
    #[param(title = "Name", default = "", wire = false)]
    name: String,
    /// The sound.
    #[param(title = "Sound", accept = "audio")]
    value: MediaFile,
) -> Result<Audio, NodeError> {
    input_name(&name)?;
    if value.0.mime.starts_with("audio/") {
        Ok(Audio(value.0))
    } else {
        Err(NodeError::invalid("value", format!("this is not a sound but {}", value.0.mime)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Wave {
    Sine,
    Square,
    Triangle,
    Sawtooth,
    #[choice(title = "White noise")]
    Noise,
    Silence,
}

/// Makes a tone, noise or silence.
#[node(
    "audio.tone",
    title = "Tone",
    resource = "ffmpeg",
    example = r#"{"params":{"wave":"triangle","frequency":220,"seconds":1.5,"volume":50}}"#
)]
async fn tone(
    /// What it sounds like.
    #[param(title = "Wave", default = Wave::Sine)]
    wave: Wave,
    /// How high the tone is.
    #[param(title = "Frequency", default = 440.0, min = 10.0, max = 20000.0, step = 1.0, unit = "Hz")]
    frequency: f64,
    /// How long it is.
    #[param(title = "Length", default = 2.0, min = 0.05, max = 3600.0, step = 0.1, unit = "s")]
    seconds: f64,
    /// How loud it is.
    #[param(title = "Volume", default = 50.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    volume: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let turns = format!("mod(t*{frequency:.4}\\,1)");
    let level = volume / 100.0;
    let curve = match wave {
        Wave::Sine => format!("sin(2*PI*t*{frequency:.4})"),
        Wave::Square => format!("if(lt({turns}\\,0.5)\\,1\\,-1)"),
        Wave::Triangle => format!("4*abs({turns}-0.5)-1"),
        Wave::Sawtooth => format!("2*{turns}-1"),
        Wave::Noise => String::new(),
        Wave::Silence => "0".to_owned(),
    };
    let source = match wave {
        // A fixed seed: the same noise on every run.
        Wave::Noise => format!("anoisesrc=c=white:r=48000:s=1:a={level:.4}:d={seconds:.3}"),
        _ => format!("aevalsrc=exprs={curve}:s=48000:d={seconds:.3},volume={level:.4}"),
    };
    // A few milliseconds of fade keep the ends from clicking.
    let soft = 0.005_f64.min(seconds / 2.0);
    let filter = format!("{source},afade=t=in:d={soft},afade=t=out:st={:.4}:d={soft}", seconds - soft);
    sound(ctx, seconds, |ffmpeg| {
        ffmpeg.generated(&filter);
    })
    .await
}

/// Cuts the beginning or the end off a sound.
#[node(
    "audio.trim",
    title = "Trim sound",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"start":1.0,"end":4.0}}"#
)]
async fn trim(
    /// The sound.
    audio: Audio,
    /// Where the part to keep begins.
    #[param(title = "Start", default = 0.0, min = 0.0, step = 0.1, unit = "s")]
    start: f64,
    /// Where the part to keep ends. Empty: at the end of the sound.
    #[param(title = "End", min = 0.0, step = 0.1, unit = "s")]
    end: Option<f64>,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let whole = length(&audio, "audio", ctx).await?;
    let seconds = part(start, end, whole, "sound")?;
    let path = audio.path(ctx).await?;
    sound(ctx, seconds, |ffmpeg| {
        ffmpeg.input(&path).args(["-map", "0:a:0", "-af"]);
        ffmpeg.arg(format!("atrim={start:.3}:{:.3},asetpts=PTS-STARTPTS", start + seconds));
    })
    .await
}

/// Plays sounds at the same time. The result is as long as the longest; loud moments are kept from distorting.
#[node(
    "audio.mix",
    title = "Mix sounds",
    resource = "ffmpeg",
    example = r#"{"inputs":{"sounds":["sample:audio","sample:audio"]},"params":{"volumes":[100,40]}}"#
)]
async fn mix(
    /// The sounds, in the order of their wires.
    sounds: Vec<Audio>,
    /// How loud each sound is, in percent: `[100, 40]`. Sounds without a number have 100.
    #[param(title = "Volumes", default = [])]
    volumes: serde_json::Value,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    if sounds.is_empty() || sounds.len() > SOUNDS_MAX {
        return Err(NodeError::invalid("sounds", format!("1 to {SOUNDS_MAX} sounds can be mixed")));
    }
    let volumes = volume_list(&volumes)?;
    let (mut seconds, mut paths, mut graph) = (0.0, Vec::new(), String::new());
    for (i, sound) in sounds.iter().enumerate() {
        seconds = length(sound, "sounds", ctx).await?.max(seconds);
        paths.push(sound.path(ctx).await?);
        let volume = volumes.get(i).copied().unwrap_or(100.0) / 100.0;
        graph += &format!("[{i}:a:0]aresample=48000,aformat=channel_layouts=stereo,volume={volume:.4}[s{i}];");
    }
    (0..sounds.len()).for_each(|i| graph += &format!("[s{i}]"));
    graph += &format!("amix=inputs={}:duration=longest:normalize=0,alimiter=level=0[a]", sounds.len());
    sound(ctx, seconds, |ffmpeg| {
        paths.iter().for_each(|path| {
            ffmpeg.input(path);
        });
        ffmpeg.args(["-filter_complex", &graph, "-map", "[a]"]);
    })
    .await
}

fn volume_list(volumes: &serde_json::Value) -> Result<Vec<f64>, NodeError> {
    let refuse = || NodeError::invalid("volumes", "the volumes are a list of numbers from 0 to 400, like [100, 40]");
    let list = volumes.as_array().ok_or_else(refuse)?;
    let volume = |volume: &serde_json::Value| volume.as_f64().filter(|percent| (0.0..=400.0).contains(percent));
    list.iter().map(|item| volume(item).ok_or_else(refuse)).collect()
}

/// Lets a sound come up slowly, and go slowly.
#[node(
    "audio.fade",
    title = "Fade sound",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"fade_in":0.5,"fade_out":2}}"#
)]
async fn fade(
    /// The sound.
    audio: Audio,
    /// How long it takes to come up.
    #[param(title = "Fade in", default = 1.0, min = 0.0, max = 600.0, step = 0.1, unit = "s")]
    fade_in: f64,
    /// How long it takes to go.
    #[param(title = "Fade out", default = 1.0, min = 0.0, max = 600.0, step = 0.1, unit = "s")]
    fade_out: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let seconds = length(&audio, "audio", ctx).await?;
    if fade_in + fade_out > seconds {
        let message = format!("both fades together are longer than the sound, which is {seconds:.2} s long");
        return Err(NodeError::invalid("fade_out", message));
    }
    let mut filter = "anull".to_owned();
    if fade_in > 0.0 {
        filter += &format!(",afade=t=in:d={fade_in:.3}");
    }
    if fade_out > 0.0 {
        filter += &format!(",afade=t=out:st={:.3}:d={fade_out:.3}", seconds - fade_out);
    }
    filtered(&audio, 1.0, &filter, ctx).await
}

/// Makes a sound louder or quieter. Loud moments are kept from distorting.
#[node(
    "audio.gain",
    title = "Volume",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"gain":-12}}"#
)]
async fn gain(
    /// The sound.
    audio: Audio,
    /// How much louder; a negative number is quieter. 6 dB sound about half as loud again.
    #[param(title = "Gain", default = 0.0, min = -60.0, max = 30.0, step = 0.5, unit = "dB")]
    gain: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    filtered(&audio, 1.0, &format!("volume={gain:.2}dB,alimiter=level=0"), ctx).await
}

#[derive(Outputs)]
struct Info {
    /// How long the sound is, in seconds.
    seconds: f64,
    /// How it is encoded, for example `mp3`.
    codec: String,
}

/// Tells the length and kind of a sound.
#[node("audio.info", title = "Sound info", resource = "ffmpeg", example = r#"{"inputs":{"audio":"sample:audio"}}"#)]
async fn info(
    /// The sound.
    audio: Audio,
    ctx: &NodeContext,
) -> Result<Info, NodeError> {
    let seconds = length(&audio, "audio", ctx).await?;
    Ok(Info { seconds, codec: audio.media().codec.clone().unwrap_or_default() })
}

async fn length(audio: &Audio, field: &str, ctx: &NodeContext) -> Result<f64, NodeError> {
    let media = known(audio.media(), ctx).await.map_err(|error| error.in_field(field))?;
    Ok(media.duration_millis.unwrap_or_default() as f64 / 1000.0)
}

/// One sound through filters. `share`: how long the result is, as a share of the sound.
async fn filtered(audio: &Audio, share: f64, filters: &str, ctx: &NodeContext) -> Result<Audio, NodeError> {
    let seconds = length(audio, "audio", ctx).await?;
    let path = audio.path(ctx).await?;
    sound(ctx, seconds * share, |ffmpeg| {
        ffmpeg.input(&path).args(["-map", "0:a:0", "-af", filters]);
    })
    .await
}

async fn sound(ctx: &NodeContext, seconds: f64, describe: impl FnOnce(&mut Ffmpeg)) -> Result<Audio, NodeError> {
    let media = render(ctx, seconds, "m4a", |ffmpeg| {
        describe(ffmpeg);
        // Covers of music are picture tracks.
        ffmpeg.arg("-vn").aac().args(["-movflags", "+faststart"]);
    });
    Ok(Audio(media.await?))
}

#[cfg(test)]
mod tests;
