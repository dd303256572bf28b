//! Films in time: trimmed, faster, slower.

use crate::{NodeContext, NodeError, Video, node};

use super::{
    film::{Film, SECONDS_MAX, SQUARE_PIXELS},
    render,
};

/// Cuts the beginning or the end off a film, to the exact picture.
#[node(
    "video.trim",
    title = "Trim film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"start":1.0,"end":2.5}}"#
)]
async fn trim(
    /// The film.
    video: Video,
    /// Where the part to keep begins.
    #[param(title = "Start", default = 0.0, min = 0.0, step = 0.1, unit = "s")]
    start: f64,
    /// Where the part to keep ends. Empty: at the end of the film.
    #[param(title = "End", min = 0.0, step = 0.1, unit = "s")]
    end: Option<f64>,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let seconds = part(start, end, film.seconds, "film")?;
    let media = render(ctx, seconds, "mp4", |ffmpeg| {
        ffmpeg.args(["-ss", &format!("{start:.3}"), "-t", &format!("{seconds:.3}")]).input(&film.path);
        ffmpeg.args(["-map", "0:v:0", "-map", "0:a:0?", "-vf", SQUARE_PIXELS]).h264().aac();
        ffmpeg.args(["-r", &format!("{:.5}", film.fps)]);
    });
    Ok(Video(media.await?))
}

/// How long the part from `start` to `end` of a film or sound is.
pub(in crate::nodes) fn part(start: f64, end: Option<f64>, whole: f64, what: &str) -> Result<f64, NodeError> {
    /// Shorter than any picture is on.
    const SECONDS_MIN: f64 = 0.01;
    if start >= whole {
        return Err(NodeError::invalid("start", format!("the {what} is only {whole:.2} s long")));
    }
    let end = end.unwrap_or(whole);
    if end <= start {
        return Err(NodeError::invalid("end", format!("the end, {end} s, is not behind the start, {start} s")));
    }
    let seconds = end.min(whole) - start;
    if seconds < SECONDS_MIN {
        return Err(NodeError::invalid("end", format!("nothing is left between {start} s and {end} s")));
    }
    Ok(seconds)
}

/// Plays a film faster or slower. The sound keeps its pitch.
#[node(
    "video.speed",
    title = "Speed of film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"factor":2}}"#
)]
async fn speed(
    /// The film.
    video: Video,
    /// 2 plays twice as fast, 0.5 half as fast.
    #[param(title = "Speed", default = 2.0, min = 0.1, max = 20.0, step = 0.1, unit = "×")]
    factor: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let seconds = film.seconds / factor;
    if seconds > SECONDS_MAX {
        return Err(NodeError::invalid("factor", format!("a film of {seconds:.0} s is too long")));
    }
    let media = render(ctx, seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path);
        let pictures = format!("{SQUARE_PIXELS},setpts=PTS/{factor:.4},fps={:.5}", film.fps);
        ffmpeg.args(["-map", "0:v:0", "-map", "0:a:0?", "-vf", &pictures]).h264();
        if film.has_audio {
            ffmpeg.args(["-af", &tempo(factor)]).aac();
        }
    });
    Ok(Video(media.await?))
}

/// `atempo` sounds well between a half and the double; beyond that it is used several times over.
pub(in crate::nodes) fn tempo(factor: f64) -> String {
    let mut left = factor;
    let mut steps = Vec::new();
    while !(0.5..=2.0).contains(&left) {
        let step = if left > 2.0 { 2.0 } else { 0.5 };
        steps.push(format!("atempo={step}"));
        left /= step;
    }
    steps.push(format!("atempo={left:.4}"));
    steps.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(result: Result<f64, NodeError>) -> Option<String> {
        result.unwrap_err().failure().unwrap().field.clone()
    }

    #[test]
    fn a_part_ends_with_the_film() {
        assert_eq!(part(1.0, Some(9.0), 4.0, "film"), Ok(3.0));
        assert_eq!(part(1.0, None, 4.0, "film"), Ok(3.0));
    }

    #[test]
    fn a_part_without_length_names_its_field() {
        assert_eq!(field(part(4.0, None, 4.0, "film")).as_deref(), Some("start"));
        assert_eq!(field(part(2.0, Some(2.0), 4.0, "film")).as_deref(), Some("end"));
        assert_eq!(field(part(2.0, Some(1.0), 4.0, "film")).as_deref(), Some("end"));
    }

    #[test]
    fn a_great_change_of_tempo_goes_in_steps() {
        assert_eq!(tempo(1.5), "atempo=1.5000");
        assert_eq!(tempo(5.0), "atempo=2,atempo=2,atempo=1.2500");
        assert_eq!(tempo(0.2), "atempo=0.5,atempo=0.5,atempo=0.8000");
    }
}
