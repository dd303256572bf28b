//! What the film nodes share: opening a film, frame sizes and rates, and one call of ffmpeg that makes an MP4.

use std::{path::PathBuf, time::Duration};

use shared::{run::FailureCode, value::Media};

use crate::{
    Choice, NodeContext, NodeError, Video,
    media::{self, Ffmpeg, RGB_TO_BT709},
};

/// A filter that makes the pixels of any film square and its size even.
pub(super) const SQUARE_PIXELS: &str = "scale=max(2\\,trunc(iw*max(sar\\,0.01)/2)*2):max(2\\,trunc(ih/2)*2),setsar=1";

/// Longest film that is made, in seconds: a mistyped number should not fill the disk.
pub(super) const SECONDS_MAX: f64 = 4.0 * 3600.0;

/// A film that is ready to be worked on.
#[derive(Debug)]
pub(super) struct Film {
    pub path: PathBuf,
    pub seconds: f64,
    /// As displayed.
    pub width: u32,
    pub height: u32,
    pub fps: f64,
    pub codec: String,
    pub has_audio: bool,
}

impl Film {
    /// `field` is the input that a failure names.
    pub async fn open(video: &Video, field: &str, ctx: &NodeContext) -> Result<Self, NodeError> {
        let path = video.path(ctx).await?;
        let media = known(video.media(), ctx).await.map_err(|error| error.in_field(field))?;
        let (Some(width), Some(height)) = (media.width, media.height) else {
            return Err(NodeError::invalid(field, format!("the film on `{field}` has no pictures")));
        };
        Ok(Self {
            path,
            seconds: media.duration_millis.unwrap_or_default() as f64 / 1000.0,
            width,
            height,
            // Some films do not say; 25 is what most of those were made with.
            fps: media.fps.filter(|fps| *fps >= 1.0).unwrap_or(25.0).min(120.0),
            codec: media.codec.unwrap_or_default(),
            has_audio: media.has_audio.unwrap_or_default(),
        })
    }

    pub fn even_size(&self) -> (u32, u32) {
        (even(self.width), even(self.height))
    }

    /// The film with `filters` run over its pictures, and its own sound.
    pub async fn filtered(&self, filters: &str, ctx: &NodeContext) -> Result<Video, NodeError> {
        self.remade(Remake { filters, ..self.remake() }, ctx).await
    }

    /// A film that is the same in everything: for naming what is to be different.
    pub fn remake(&self) -> Remake<'_> {
        Remake { filters: "null", colors: Colors::Kept, sound: SoundTrack::Kept, seconds: self.seconds, fps: self.fps }
    }

    /// The film made anew, in one call of ffmpeg.
    pub async fn remade(&self, remake: Remake<'_>, ctx: &NodeContext) -> Result<Video, NodeError> {
        let Remake { filters, colors, sound, seconds, fps } = remake;
        if seconds > SECONDS_MAX {
            return Err(NodeError::invalid("video", format!("a film of {seconds:.0} s is too long")));
        }
        let media = render(ctx, seconds, "mp4", |ffmpeg| {
            let end = if colors == Colors::Rgb { RGB_TO_BT709 } else { "format=yuv420p" };
            let mut graph = format!("[0:v:0]{SQUARE_PIXELS},{filters},{end}[v]");
            match sound {
                SoundTrack::Through(filters) if self.has_audio => graph += &format!(";[0:a:0]{filters}[a]"),
                _ => {}
            }
            ffmpeg.input(&self.path).args(["-filter_complex", &graph, "-map", "[v]"]).h264();
            ffmpeg.args(["-r", &format!("{fps:.5}")]);
            if colors == Colors::Rgb {
                ffmpeg.tagged_bt709();
            }
            match sound {
                SoundTrack::None => ffmpeg.arg("-an"),
                SoundTrack::Kept => ffmpeg.args(["-map", "0:a:0?"]).aac(),
                SoundTrack::Through(_) if self.has_audio => ffmpeg.args(["-map", "[a]"]).aac(),
                SoundTrack::Through(_) => ffmpeg.arg("-an"),
            };
        });
        Ok(Video(media.await?))
    }
}

/// How a film is made anew: see [`Film::remade`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Remake<'f> {
    /// Between square pixels and the encoder. With labels in it where it takes several chains.
    pub filters: &'f str,
    pub colors: Colors,
    pub sound: SoundTrack<'f>,
    /// How long the result is.
    pub seconds: f64,
    /// Pictures a second of the result.
    pub fps: f64,
}

/// The colours that filters hand out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Colors {
    /// Those of the film.
    Kept,
    Rgb,
}

/// What becomes of the sound of a film that is made anew.
#[derive(Debug, Clone, Copy)]
pub(super) enum SoundTrack<'f> {
    Kept,
    /// Run through filters.
    Through(&'f str),
    None,
}

/// A colour as filters write it.
pub(super) fn ffmpeg_color(color: crate::Color) -> String {
    let [r, g, b, a] = color.rgba;
    format!("0x{r:02x}{g:02x}{b:02x}{a:02x}")
}

/// Media with its length known. References that were written by hand may say no more than a hash.
pub(in crate::nodes) async fn known(media: &Media, ctx: &NodeContext) -> Result<Media, NodeError> {
    if media.duration_millis.is_some() {
        return Ok(media.clone());
    }
    let media = media::describe(ctx.blobs(), &media.blob, media.name.clone()).await?;
    if !media.mime.starts_with("video/") && !media.mime.starts_with("audio/") {
        let message = format!("this is neither a film nor a sound but {}", media.mime);
        return Err(NodeError::new(FailureCode::InvalidInput, message));
    }
    if media.duration_millis.is_none() {
        let install = "`apt install ffmpeg` on Debian and Ubuntu, `brew install ffmpeg` on macOS";
        return Err(NodeError::missing_tool("ffprobe", install));
    }
    Ok(media)
}

/// One call of ffmpeg that writes one file, which becomes a blob. `extension` decides the container.
pub(in crate::nodes) async fn render(
    ctx: &NodeContext,
    seconds: f64,
    extension: &str,
    describe: impl FnOnce(&mut Ffmpeg),
) -> Result<Media, NodeError> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join(format!("result.{extension}"));
    let mut ffmpeg = Ffmpeg::new();
    describe(&mut ffmpeg);
    ffmpeg.output(&target);
    let duration = Duration::from_secs_f64(seconds.clamp(0.0, SECONDS_MAX));
    ffmpeg.run(duration, ctx.cancel(), &|share| ctx.progress(share)).await?;
    ctx.store_file(&target).await
}

/// The next smaller even number, at least 2: chroma is stored for two by two pixels.
pub(super) fn even(side: u32) -> u32 {
    (side & !1).max(2)
}

/// Frame sizes that people ask for by name.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(super) enum FrameSize {
    #[choice(value = "1280x720", title = "16:9 wide, 1280×720")]
    Hd,
    #[choice(value = "1920x1080", title = "16:9 wide, 1920×1080")]
    FullHd,
    #[choice(value = "640x360", title = "16:9 wide, 640×360 (draft)")]
    Draft,
    #[choice(value = "720x1280", title = "9:16 tall, 720×1280")]
    Tall,
    #[choice(value = "1080x1920", title = "9:16 tall, 1080×1920")]
    TallFullHd,
    #[choice(value = "360x640", title = "9:16 tall, 360×640 (draft)")]
    TallDraft,
    #[choice(value = "720x720", title = "1:1 square, 720×720")]
    Square,
    #[choice(value = "1080x1080", title = "1:1 square, 1080×1080")]
    SquareFullHd,
    #[choice(value = "864x1080", title = "4:5 portrait, 864×1080")]
    Portrait,
}

impl FrameSize {
    pub fn pixels(self) -> (u32, u32) {
        match self {
            Self::Hd => (1280, 720),
            Self::FullHd => (1920, 1080),
            Self::Draft => (640, 360),
            Self::Tall => (720, 1280),
            Self::TallFullHd => (1080, 1920),
            Self::TallDraft => (360, 640),
            Self::Square => (720, 720),
            Self::SquareFullHd => (1080, 1080),
            Self::Portrait => (864, 1080),
        }
    }
}

/// Pictures a second.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(super) enum Rate {
    #[choice(value = "24", title = "24, cinema")]
    Cinema,
    #[choice(value = "25", title = "25, television")]
    Pal,
    #[choice(value = "30", title = "30, web")]
    Web,
    #[choice(value = "60", title = "60, smooth")]
    Smooth,
}

impl Rate {
    pub fn fps(self) -> u32 {
        match self {
            Self::Cinema => 24,
            Self::Pal => 25,
            Self::Web => 30,
            Self::Smooth => 60,
        }
    }
}

/// How a film meets a frame of other proportions.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(super) enum Fit {
    #[choice(title = "Fill, cut the rest")]
    Fill,
    #[choice(title = "Fit, with black bars")]
    Bars,
    #[choice(title = "Fit, over a blurred copy")]
    Blur,
    #[choice(title = "Stretch")]
    Stretch,
}

impl Fit {
    /// Filters from any size to exactly `width` by `height`. `label` keeps the inner names of several apart.
    pub fn filter(self, (width, height): (u32, u32), label: &str) -> String {
        let to = |how: &str| format!("scale={width}:{height}:force_original_aspect_ratio={how}:force_divisible_by=2");
        match self {
            Self::Fill => format!("{SQUARE_PIXELS},{},crop={width}:{height},setsar=1", to("increase")),
            Self::Bars => format!("{SQUARE_PIXELS},{},pad={width}:{height}:-1:-1:black,setsar=1", to("decrease")),
            Self::Stretch => format!("scale={width}:{height},setsar=1"),
            Self::Blur => {
                let back = format!("{},crop={width}:{height},gblur=sigma={}", to("increase"), height / 36);
                let (front, copy, done) = (format!("f{label}"), format!("c{label}"), format!("b{label}"));
                format!(
                    "{SQUARE_PIXELS},split[{front}][{copy}];[{copy}]{back}[{done}];[{front}]{}[{front}s];\
                     [{done}][{front}s]overlay=(W-w)/2:(H-h)/2,setsar=1",
                    to("decrease"),
                )
            }
        }
    }
}
