//! How sounds sound: pitch, pace, bass and treble, room, noise.

use crate::{Audio, Color, Image, NodeContext, NodeError, media::Ffmpeg, node};

use super::{filtered, length};

/// Makes a sound higher or lower, faster or slower, each without the other.
#[node(
    "audio.pitch",
    title = "Pitch and pace",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"semitones":-3,"pace":1.25}}"#
)]
async fn pitch(
    /// The sound.
    audio: Audio,
    /// How many semitones higher; 12 are an octave.
    #[param(title = "Pitch", default = 0.0, min = -24.0, max = 24.0, step = 0.5, unit = "st")]
    semitones: f64,
    /// 2 plays twice as fast.
    #[param(title = "Pace", default = 1.0, min = 0.25, max = 4.0, step = 0.05, unit = "×")]
    pace: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    // Played faster it gets higher; the pace is then put right, which leaves the pitch alone.
    let higher = 2f64.powf(semitones / 12.0);
    let tempo = crate::nodes::video::tempo(pace / higher);
    let filter = format!("aresample=48000,asetrate={:.0},aresample=48000,{tempo}", 48000.0 * higher);
    filtered(&audio, 1.0 / pace, &filter, ctx).await
}

/// Changes bass, middle and treble of a sound, and cuts off what is too low or too high.
#[node(
    "audio.equalizer",
    title = "Equaliser",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"bass":-6,"treble":4,"low_cut":80}}"#
)]
async fn equalizer(
    /// The sound.
    audio: Audio,
    /// Below 200 Hz.
    #[param(title = "Bass", default = 0.0, min = -24.0, max = 24.0, step = 0.5, unit = "dB")]
    bass: f64,
    /// Around 1 kHz.
    #[param(title = "Middle", default = 0.0, min = -24.0, max = 24.0, step = 0.5, unit = "dB")]
    middle: f64,
    /// Above 4 kHz.
    #[param(title = "Treble", default = 0.0, min = -24.0, max = 24.0, step = 0.5, unit = "dB")]
    treble: f64,
    /// Everything lower is taken out. 0: nothing.
    #[param(title = "Low cut", default = 0.0, min = 0.0, max = 2000.0, step = 10.0, unit = "Hz")]
    low_cut: f64,
    /// Everything higher is taken out. 0: nothing.
    #[param(title = "High cut", default = 0.0, min = 0.0, max = 20000.0, step = 100.0, unit = "Hz")]
    high_cut: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let mut filter = format!(
        "aresample=48000,bass=g={bass:.2}:f=200,equalizer=f=1000:t=o:w=2:g={middle:.2},treble=g={treble:.2}:f=4000"
    );
    // Twice each: a slope that is heard as a cut.
    if low_cut > 0.0 {
        filter += &format!(",highpass=f={low_cut:.1},highpass=f={low_cut:.1}");
    }
    if high_cut > 0.0 {
        filter += &format!(",lowpass=f={high_cut:.1},lowpass=f={high_cut:.1}");
    }
    filtered(&audio, 1.0, &format!("{filter},alimiter=level=0"), ctx).await
}

/// Takes hiss and hum out of a recording.
#[node(
    "audio.denoise",
    title = "Denoise sound",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"amount":20}}"#
)]
async fn denoise(
    /// The sound.
    audio: Audio,
    /// How much quieter the noise gets.
    #[param(title = "Amount", default = 12.0, min = 0.01, max = 60.0, step = 1.0, unit = "dB")]
    amount: f64,
    /// How loud the noise is.
    #[param(title = "Noise level", default = -50.0, min = -80.0, max = -20.0, step = 1.0, unit = "dB")]
    floor: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    filtered(&audio, 1.0, &format!("afftdn=nr={amount:.2}:nf={floor:.1}"), ctx).await
}

/// Repeats a sound more and more quietly, as between walls.
#[node(
    "audio.echo",
    title = "Echo",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"delay":250,"decay":40}}"#
)]
async fn echo(
    /// The sound.
    audio: Audio,
    /// The time up to the first echo.
    #[param(title = "Delay", default = 300.0, min = 10.0, max = 5000.0, step = 10.0, unit = "ms")]
    delay: f64,
    /// How loud the first echo is.
    #[param(title = "Strength", default = 40.0, min = 1.0, max = 90.0, step = 1.0, unit = "%")]
    decay: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let (one, share) = (delay, decay / 100.0);
    let filter = format!(
        "aecho=0.9:0.9:{one:.0}|{:.0}|{:.0}:{share:.3}|{:.3}|{:.3},alimiter=level=0",
        one * 2.0,
        one * 3.0,
        share * share,
        share * share * share
    );
    filtered(&audio, 1.0, &filter, ctx).await
}

/// Draws the wave of a sound, for covers and for seeing where it is loud.
#[node(
    "audio.waveform",
    title = "Waveform",
    resource = "ffmpeg",
    example = r##"{"inputs":{"audio":"sample:audio"},"params":{"width":400,"height":100,"color":"#4f8cff"}}"##
)]
async fn waveform(
    /// The sound.
    audio: Audio,
    /// The width of the picture.
    #[param(title = "Width", default = 1280, min = 16, max = 8192, unit = "px")]
    width: u32,
    /// The height of the picture.
    #[param(title = "Height", default = 240, min = 16, max = 4096, unit = "px")]
    height: u32,
    /// The colour of the wave. What is around it is transparent.
    #[param(title = "Colour", default = "#4f8cff")]
    color: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let [r, g, b, _] = color.rgba;
    let filter = format!(
        "[0:a:0]aformat=channel_layouts=mono,\
         showwavespic=s={width}x{height}:colors=0x{r:02x}{g:02x}{b:02x}:filter=peak:scale=sqrt,format=rgba[v]"
    );
    picture(&audio, &filter, ctx).await
}

/// Draws which tones a sound is made of. Time runs from left to right, pitch from bottom to top; loud is bright.
#[node(
    "audio.spectrogram",
    title = "Spectrogram",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"width":320,"height":128}}"#
)]
async fn spectrogram(
    /// The sound.
    audio: Audio,
    /// The width of the picture.
    #[param(title = "Width", default = 1280, min = 16, max = 4096, unit = "px")]
    width: u32,
    /// The height of the picture.
    #[param(title = "Height", default = 512, min = 16, max = 2048, unit = "px")]
    height: u32,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let filter = format!(
        "[0:a:0]aformat=channel_layouts=mono,\
         showspectrumpic=s={width}x{height}:legend=0:color=magma:scale=log,format=rgb24[v]"
    );
    picture(&audio, &filter, ctx).await
}

async fn picture(audio: &Audio, graph: &str, ctx: &NodeContext) -> Result<Image, NodeError> {
    let seconds = length(audio, "audio", ctx).await?;
    let path = audio.path(ctx).await?;
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("sound.png");
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(&path).args(["-filter_complex", graph, "-map", "[v]", "-frames:v", "1"]);
    ffmpeg.args(["-c:v", "png", "-flags:v", "+bitexact"]).output(&target);
    let duration = std::time::Duration::from_secs_f64(seconds);
    ffmpeg.run(duration, ctx.cancel(), &|share| ctx.progress(share)).await?;
    Ok(Image(ctx.store_file(&target).await?))
}
