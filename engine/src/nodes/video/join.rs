//! Films one after the other: cut hard, or with a transition.

use crate::{Choice, NodeContext, NodeError, Video, media::Ffmpeg, node};

use super::{
    film::{Film, Fit, SECONDS_MAX},
    render,
};

const FILMS_MAX: usize = 100;

/// Plays films one after the other. Size and rate are those of the first film; the others are adapted. A film without
/// sound is silent in a row of films with sound.
#[node(
    "video.concat",
    title = "Join films",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"videos":["sample:video","sample:video"]}}"#
)]
async fn concat(
    /// The films, in the order of their wires.
    videos: Vec<Video>,
    /// What happens to films of other proportions than the first.
    #[param(title = "Fit", default = Fit::Fill)]
    fit: Fit,
    /// Keeps the sound of the films.
    #[param(title = "Keep sound", default = true)]
    keep_sound: bool,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    if videos.len() > FILMS_MAX {
        return Err(NodeError::invalid("videos", format!("at most {FILMS_MAX} films can be joined")));
    }
    let mut films = Vec::with_capacity(videos.len());
    for video in &videos {
        films.push(Film::open(video, "videos", ctx).await?);
    }
    let Some(first) = films.first() else {
        return Err(NodeError::invalid("videos", "there is no film to begin with"));
    };
    let seconds: f64 = films.iter().map(|film| film.seconds).sum();
    if seconds > SECONDS_MAX {
        return Err(NodeError::invalid("videos", format!("a film of {seconds:.0} s is too long")));
    }
    let sound = keep_sound && films.iter().any(|film| film.has_audio);
    let mut graph = String::new();
    for (i, film) in films.iter().enumerate() {
        graph += &alike(i, first, fit);
        graph += &if sound { track(i, film) } else { String::new() };
    }
    for i in 0..films.len() {
        graph += &if sound { format!("[v{i}][a{i}]") } else { format!("[v{i}]") };
    }
    graph += &format!("concat=n={}:v=1:a={}[v]{}", films.len(), u8::from(sound), if sound { "[a]" } else { "" });
    Ok(Video(joined(ctx, &films, &graph, sound, seconds).await?))
}

/// How one film gives way to the next.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Transition {
    #[choice(title = "Cross-fade")]
    Fade,
    #[choice(title = "Through black")]
    FadeBlack,
    #[choice(title = "Through white")]
    FadeWhite,
    #[choice(title = "Dissolve")]
    Dissolve,
    #[choice(title = "Wipe to the left")]
    WipeLeft,
    #[choice(title = "Wipe to the right")]
    WipeRight,
    #[choice(title = "Slide to the left")]
    SlideLeft,
    #[choice(title = "Slide up")]
    SlideUp,
    #[choice(title = "Circle opens")]
    CircleOpen,
    #[choice(title = "Smooth to the left")]
    SmoothLeft,
    #[choice(title = "Pixels")]
    Pixelize,
}

impl Transition {
    fn filter(self) -> &'static str {
        match self {
            Self::Fade => "fade",
            Self::FadeBlack => "fadeblack",
            Self::FadeWhite => "fadewhite",
            Self::Dissolve => "dissolve",
            Self::WipeLeft => "wipeleft",
            Self::WipeRight => "wiperight",
            Self::SlideLeft => "slideleft",
            Self::SlideUp => "slideup",
            Self::CircleOpen => "circleopen",
            Self::SmoothLeft => "smoothleft",
            Self::Pixelize => "pixelize",
        }
    }
}

/// Lets one film give way to the next with a transition. Both play during the transition: the result is as long as both
/// together, less the transition.
#[node(
    "video.transition",
    title = "Transition",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"first":"sample:video","second":"sample:video"},"params":{"transition":"slide_left","seconds":0.5}}"#
)]
async fn transition(
    /// The film that begins. Size and rate are its own.
    first: Video,
    /// The film that follows.
    second: Video,
    /// How the one gives way to the other.
    #[param(title = "Transition", default = Transition::Fade)]
    transition: Transition,
    /// How long the transition is.
    #[param(title = "Length", default = 1.0, min = 0.1, max = 30.0, step = 0.1, unit = "s")]
    seconds: f64,
    /// What happens to the second film when its proportions differ.
    #[param(title = "Fit", default = Fit::Fill, advanced)]
    fit: Fit,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let films = [Film::open(&first, "first", ctx).await?, Film::open(&second, "second", ctx).await?];
    let shortest = films[0].seconds.min(films[1].seconds);
    if seconds >= shortest {
        let message = format!("the transition of {seconds} s is not shorter than the shorter film, {shortest:.2} s");
        return Err(NodeError::invalid("seconds", message));
    }
    let sound = films.iter().any(|film| film.has_audio);
    let mut graph = String::new();
    for (i, film) in films.iter().enumerate() {
        graph += &alike(i, &films[0], fit);
        graph += &if sound { track(i, film) } else { String::new() };
    }
    let offset = films[0].seconds - seconds;
    graph += &format!("[v0][v1]xfade=transition={}:duration={seconds:.3}:offset={offset:.3}[v]", transition.filter());
    if sound {
        graph += &format!(";[a0][a1]acrossfade=d={seconds:.3}[a]");
    }
    let total = films[0].seconds + films[1].seconds - seconds;
    Ok(Video(joined(ctx, &films, &graph, sound, total).await?))
}

/// Makes the pictures of film `i` like those of `first`: size, rate, time base, format.
fn alike(i: usize, first: &Film, fit: Fit) -> String {
    let shape = fit.filter(first.even_size(), &i.to_string());
    format!("[{i}:v:0]{shape},fps={:.5},settb=AVTB,setpts=PTS-STARTPTS,format=yuv420p[v{i}];", first.fps)
}

/// The sound of film `i`, or as much silence.
fn track(i: usize, film: &Film) -> String {
    const ALIKE: &str = "aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo";
    let seconds = film.seconds;
    if film.has_audio {
        format!("[{i}:a:0]aresample=48000:async=1:first_pts=0,{ALIKE},apad,atrim=0:{seconds:.3}[a{i}];")
    } else {
        format!("anullsrc=r=48000:cl=stereo,{ALIKE},atrim=0:{seconds:.3}[a{i}];")
    }
}

async fn joined(
    ctx: &NodeContext,
    films: &[Film],
    graph: &str,
    sound: bool,
    seconds: f64,
) -> Result<shared::value::Media, NodeError> {
    let describe = |ffmpeg: &mut Ffmpeg| {
        for film in films {
            ffmpeg.input(&film.path);
        }
        ffmpeg.args(["-filter_complex", graph, "-map", "[v]"]).h264();
        if sound {
            ffmpeg.args(["-map", "[a]"]).aac();
        }
    };
    render(ctx, seconds, "mp4", describe).await
}
