//! Films in time, beyond cutting: backwards, again, held, faded, at another rate.

use crate::{Choice, Color, NodeContext, NodeError, Video, node};

use super::{
    film::{Film, Remake, SECONDS_MAX, SQUARE_PIXELS, SoundTrack, ffmpeg_color},
    render,
};

/// Uncompressed pictures that a node may hold at once, in bytes.
const HELD_MAX_BYTES: f64 = 2e9;

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Way {
    Backwards,
    #[choice(title = "There and back")]
    Boomerang,
}

/// Plays a film backwards, or there and back.
#[node(
    "video.reverse",
    title = "Reverse film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"way":"boomerang"}}"#
)]
async fn reverse(
    /// The film.
    video: Video,
    /// Which way it plays.
    #[param(title = "Way", default = Way::Backwards)]
    way: Way,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let bytes = film.seconds * film.fps * f64::from(film.width) * f64::from(film.height) * 1.5;
    if bytes > HELD_MAX_BYTES {
        let most = film.seconds * HELD_MAX_BYTES / bytes;
        let message =
            format!("all pictures have to be held at once: at this size, at most {most:.0} s can be reversed");
        return Err(NodeError::invalid("video", message));
    }
    let remake = match way {
        Way::Backwards => Remake { filters: "reverse", sound: SoundTrack::Through("areverse"), ..film.remake() },
        Way::Boomerang => Remake {
            filters: "split[go][turn];[turn]reverse[back];[go][back]concat",
            sound: SoundTrack::Through("asplit[ago][aturn];[aturn]areverse[aback];[ago][aback]concat=v=0:a=1"),
            seconds: film.seconds * 2.0,
            ..film.remake()
        },
    };
    film.remade(remake, ctx).await
}

/// Plays a film several times over.
#[node(
    "video.loop",
    title = "Repeat film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"times":2}}"#
)]
async fn repeat(
    /// The film.
    video: Video,
    /// How many times.
    #[param(title = "Times", default = 2, min = 1, max = 100)]
    times: u32,
    /// How long the result is, instead of a number of times. Empty: as many times as set above.
    #[param(title = "Up to", min = 0.1, step = 0.1, unit = "s")]
    seconds: Option<f64>,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let seconds = seconds.unwrap_or(film.seconds * f64::from(times));
    if seconds > SECONDS_MAX {
        return Err(NodeError::invalid("times", format!("a film of {seconds:.0} s is too long")));
    }
    let media = render(ctx, seconds, "mp4", |ffmpeg| {
        ffmpeg.args(["-stream_loop", "-1"]).input(&film.path);
        ffmpeg.args(["-map", "0:v:0", "-map", "0:a:0?", "-vf", &format!("{SQUARE_PIXELS},fps={:.5}", film.fps)]);
        ffmpeg.h264().aac().args(["-t", &format!("{seconds:.3}")]);
    });
    Ok(Video(media.await?))
}

/// Holds one picture of a film for a while: at the beginning, at the end, or in between. Its sound pauses meanwhile.
#[node(
    "video.freeze",
    title = "Freeze frame",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"at":1,"seconds":1.5}}"#
)]
async fn freeze(
    /// The film.
    video: Video,
    /// Which picture is held. Empty: the last one.
    #[param(title = "At", min = 0.0, step = 0.1, unit = "s")]
    at: Option<f64>,
    /// How long it is held.
    #[param(title = "Length", default = 1.0, min = 0.05, max = 600.0, step = 0.1, unit = "s")]
    seconds: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let at = at.unwrap_or(film.seconds);
    if at > film.seconds {
        return Err(NodeError::invalid("at", format!("the film is only {:.2} s long", film.seconds)));
    }
    let frame = 1.0 / film.fps;
    let (filters, sound) = if at < frame {
        (format!("tpad=start_mode=clone:start_duration={seconds:.3}"), format!("adelay={:.0}:all=1", seconds * 1000.0))
    } else if at > film.seconds - frame {
        (
            format!("tpad=stop_mode=clone:stop_duration={seconds:.3}"),
            format!("apad=whole_dur={:.3}", film.seconds + seconds),
        )
    } else {
        (
            format!(
                "split[f1][f2];[f1]trim=0:{at:.3},tpad=stop_mode=clone:stop_duration={seconds:.3}[one];\
                 [f2]trim={at:.3},setpts=PTS-STARTPTS[two];[one][two]concat"
            ),
            format!(
                "asplit[s1][s2];[s1]atrim=0:{at:.3},apad=whole_dur={:.3}[aone];\
                 [s2]atrim={at:.3},asetpts=PTS-STARTPTS[atwo];[aone][atwo]concat=v=0:a=1",
                at + seconds
            ),
        )
    };
    let (sound, seconds) = (SoundTrack::Through(&sound), film.seconds + seconds);
    film.remade(Remake { filters: &filters, sound, seconds, ..film.remake() }, ctx).await
}

/// How pictures between two others come to be.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Between {
    #[choice(title = "The nearest one")]
    Nearest,
    #[choice(title = "Mix both")]
    Blend,
    #[choice(title = "Follow the motion (slow)")]
    Motion,
}

/// Gives a film another number of pictures a second. Pictures in between can be computed, for smooth slow motion.
#[node(
    "video.fps",
    title = "Rate of film",
    resource = "ffmpeg",
    timeout_seconds = 7200,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"fps":12}}"#
)]
async fn fps(
    /// The film.
    video: Video,
    /// Pictures a second.
    #[param(title = "Rate", default = 30.0, min = 1.0, max = 120.0, step = 1.0, unit = "fps")]
    fps: f64,
    /// Where new pictures come from.
    #[param(title = "In between", default = Between::Nearest)]
    between: Between,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let filters = match between {
        Between::Nearest => format!("fps={fps:.5}"),
        Between::Blend => format!("minterpolate=fps={fps:.5}:mi_mode=blend:scd=fdiff"),
        Between::Motion => format!("minterpolate=fps={fps:.5}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1"),
    };
    film.remade(Remake { filters: &filters, fps, ..film.remake() }, ctx).await
}

/// Lets a film come out of a colour, and go into it.
#[node(
    "video.fade",
    title = "Fade film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"fade_in":0.5,"fade_out":1}}"#
)]
async fn fade(
    /// The film.
    video: Video,
    /// How long it takes to come.
    #[param(title = "Fade in", default = 1.0, min = 0.0, max = 60.0, step = 0.1, unit = "s")]
    fade_in: f64,
    /// How long it takes to go.
    #[param(title = "Fade out", default = 1.0, min = 0.0, max = 60.0, step = 0.1, unit = "s")]
    fade_out: f64,
    /// The colour.
    #[param(title = "Colour", default = "#000000")]
    color: Color,
    /// Fades the sound as well.
    #[param(title = "With sound", default = true)]
    with_sound: bool,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    if fade_in + fade_out > film.seconds {
        let message = format!("both fades together are longer than the film, which is {:.2} s long", film.seconds);
        return Err(NodeError::invalid("fade_out", message));
    }
    let (mut filters, mut sound) = ("null".to_owned(), "anull".to_owned());
    if fade_in > 0.0 {
        filters += &format!(",fade=in:st=0:d={fade_in:.3}:c={}", ffmpeg_color(color));
        sound += &format!(",afade=in:st=0:d={fade_in:.3}");
    }
    if fade_out > 0.0 {
        let begin = film.seconds - fade_out;
        filters += &format!(",fade=out:st={begin:.3}:d={fade_out:.3}:c={}", ffmpeg_color(color));
        sound += &format!(",afade=out:st={begin:.3}:d={fade_out:.3}");
    }
    let sound = if with_sound { SoundTrack::Through(&sound) } else { SoundTrack::Kept };
    film.remade(Remake { filters: &filters, sound, ..film.remake() }, ctx).await
}
