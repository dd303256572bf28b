//! How loud sounds are: made even, ducked, cleared of silence.

use crate::{Audio, NodeContext, NodeError, node};

use super::{filtered, length, sound};

/// Brings a sound to the loudness that broadcasters and platforms ask for (EBU R 128).
#[node(
    "audio.normalize",
    title = "Normalise loudness",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"target":-16}}"#
)]
async fn normalize(
    /// The sound.
    audio: Audio,
    /// How loud it is on the whole: -23 for television, -16 for podcasts, -14 for the large platforms.
    #[param(title = "Target", default = -16.0, min = -40.0, max = -6.0, step = 0.5, unit = "LUFS")]
    target: f64,
    /// The highest peak.
    #[param(title = "Peak", default = -1.0, min = -9.0, max = 0.0, step = 0.5, unit = "dBTP", advanced)]
    peak: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    filtered(&audio, 1.0, &loudnorm(target, peak), ctx).await
}

/// The filter for a loudness in LUFS and a highest peak in dBTP.
pub(in crate::nodes) fn loudnorm(target: f64, peak: f64) -> String {
    format!("loudnorm=I={target:.1}:TP={peak:.1}:LRA=11,aresample=48000")
}

/// Makes loud moments quieter, so that the whole can be louder: an even voice, a dense mix.
#[node(
    "audio.compress",
    title = "Compressor",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"threshold":-24,"ratio":4}}"#
)]
async fn compress(
    /// The sound.
    audio: Audio,
    /// What is louder than this is made quieter.
    #[param(title = "Threshold", default = -20.0, min = -60.0, max = 0.0, step = 1.0, unit = "dB")]
    threshold: f64,
    /// By how much: 4 leaves a quarter of what is above.
    #[param(title = "Ratio", default = 3.0, min = 1.0, max = 20.0, step = 0.5)]
    ratio: f64,
    /// How soon it starts.
    #[param(title = "Attack", default = 20.0, min = 0.01, max = 2000.0, step = 1.0, unit = "ms", advanced)]
    attack: f64,
    /// How long it takes to let go.
    #[param(title = "Release", default = 250.0, min = 1.0, max = 9000.0, step = 10.0, unit = "ms", advanced)]
    release: f64,
    /// How much louder the result is made.
    #[param(title = "Make-up gain", default = 0.0, min = 0.0, max = 30.0, step = 0.5, unit = "dB")]
    gain: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let filter = format!(
        "acompressor=threshold={threshold:.1}dB:ratio={ratio:.2}:attack={attack:.2}:release={release:.2},\
         volume={gain:.2}dB,alimiter=level=0"
    );
    filtered(&audio, 1.0, &filter, ctx).await
}

/// Makes music quieter while somebody speaks, and mixes both.
#[node(
    "audio.duck",
    title = "Duck music",
    resource = "ffmpeg",
    example = r#"{"inputs":{"voice":"sample:audio","music":"sample:audio"},"params":{"amount":12}}"#
)]
async fn duck(
    /// The voice. It stays as it is.
    voice: Audio,
    /// The music. It is repeated where it is shorter than the voice, and ends with it.
    music: Audio,
    /// How much quieter the music gets.
    #[param(title = "Amount", default = 12.0, min = 1.0, max = 40.0, step = 1.0, unit = "dB")]
    amount: f64,
    /// How loud the voice has to be for that.
    #[param(title = "Threshold", default = -35.0, min = -60.0, max = 0.0, step = 1.0, unit = "dB")]
    threshold: f64,
    /// How long the music takes to come back.
    #[param(title = "Release", default = 600.0, min = 10.0, max = 9000.0, step = 50.0, unit = "ms", advanced)]
    release: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    const ALIKE: &str = "aresample=48000:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo";
    let seconds = length(&voice, "voice", ctx).await?;
    length(&music, "music", ctx).await?;
    let (voice, music) = (voice.path(ctx).await?, music.path(ctx).await?);
    // A gate turned round: music that meets the key is compressed as far as it goes, and mixed with a share of itself.
    let rest = 10f64.powf(-amount / 20.0);
    let graph = format!(
        "[0:a:0]{ALIKE},asplit[voice][key];[1:a:0]{ALIKE},atrim=0:{seconds:.3},asplit[open][under];\
         [open][key]sidechaincompress=threshold={threshold:.1}dB:ratio=20:attack=20:release={release:.1}:knee=1[ducked];\
         [ducked]volume={:.4}[d];[under]volume={rest:.4}[u];\
         [voice][d][u]amix=inputs=3:duration=first:normalize=0,alimiter=level=0[a]",
        1.0 - rest
    );
    sound(ctx, seconds, |ffmpeg| {
        ffmpeg.input(&voice).args(["-stream_loop", "-1"]).input(&music);
        ffmpeg.args(["-filter_complex", &graph, "-map", "[a]", "-t", &format!("{seconds:.3}")]);
    })
    .await
}

/// Takes silence out of a sound: pauses, and the quiet before and after.
#[node(
    "audio.remove_silence",
    title = "Remove silence",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"threshold":-35,"keep":0.2}}"#
)]
async fn remove_silence(
    /// The sound.
    audio: Audio,
    /// Quieter than this is silence.
    #[param(title = "Threshold", default = -45.0, min = -80.0, max = -5.0, step = 1.0, unit = "dB")]
    threshold: f64,
    /// Shorter pauses stay.
    #[param(title = "Shortest silence", default = 0.5, min = 0.05, max = 60.0, step = 0.05, unit = "s")]
    shortest: f64,
    /// How much of each pause stays.
    #[param(title = "Keep", default = 0.1, min = 0.0, max = 5.0, step = 0.05, unit = "s")]
    keep: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let filter = format!(
        "silenceremove=start_periods=1:start_threshold={threshold:.1}dB:start_silence={keep:.3}:\
         stop_periods=-1:stop_duration={shortest:.3}:stop_threshold={threshold:.1}dB:stop_silence={keep:.3}:detection=rms"
    );
    filtered(&audio, 1.0, &filter, ctx).await
}
