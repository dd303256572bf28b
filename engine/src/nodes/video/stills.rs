//! Pictures out of films: many of them, the last one, the best one, a sheet of them.

use std::path::Path;

use shared::run::FailureCode;

use crate::{Color, Image, NodeContext, NodeError, Video, media::Ffmpeg, node};

use super::film::{Film, SQUARE_PIXELS, even, ffmpeg_color};

/// Pictures that one node takes out of a film at most.
const PICTURES_MAX: u32 = 1000;

/// Takes pictures out of a film, evenly spread. For nodes that work on pictures; video.from_frames makes a film again.
#[node(
    "video.extract_frames",
    title = "Frames of a film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    output = "images",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"every":1.0,"width":160}}"#
)]
async fn extract_frames(
    /// The film.
    video: Video,
    /// The time from one picture to the next. 0: every picture of the film.
    #[param(title = "Every", default = 1.0, min = 0.0, max = 3600.0, step = 0.1, unit = "s")]
    every: f64,
    /// How many pictures, evenly spread over the film, instead of a time between them.
    #[param(title = "Count", min = 1, max = 1000)]
    count: Option<u32>,
    /// The width of the pictures. 0: that of the film.
    #[param(title = "Width", default = 0, min = 0, max = 8192, unit = "px", advanced)]
    width: u32,
    ctx: &NodeContext,
) -> Result<Vec<Image>, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let expected = match count {
        Some(count) => f64::from(count),
        None if every == 0.0 => film.seconds * film.fps,
        None => (film.seconds / every).ceil(),
    };
    if expected > f64::from(PICTURES_MAX) {
        let message = format!("{expected:.0} pictures are too many: at most {PICTURES_MAX}");
        return Err(NodeError::invalid(if count.is_some() { "count" } else { "every" }, message));
    }
    let choice = match count {
        Some(count) => evenly(count, film.seconds),
        None if every == 0.0 => "null".to_owned(),
        // A hundredth of a second of slack: films' time stamps are rounded.
        None => format!("select=isnan(prev_selected_t)+gte(t\\,selected_n*{every:.4}-0.01)"),
    };
    let scale = if width > 0 { format!(",scale={width}:-1:flags=lanczos") } else { String::new() };
    let folder = tempfile::tempdir()?;
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(&film.path).args(["-map", "0:v:0", "-an", "-fps_mode", "passthrough"]);
    ffmpeg.args(["-vf", &format!("{choice},{SQUARE_PIXELS}{scale},format=rgb24"), "-c:v", "png"]);
    ffmpeg.args(["-frames:v", &PICTURES_MAX.to_string(), "-flags:v", "+bitexact"]);
    ffmpeg.output(&folder.path().join("%05d.png"));
    let duration = std::time::Duration::from_secs_f64(film.seconds);
    ffmpeg.run(duration, ctx.cancel(), &|share| ctx.progress(share)).await?;
    let mut images = Vec::new();
    for i in 1..=PICTURES_MAX {
        let path = folder.path().join(format!("{i:05}.png"));
        if !path.exists() {
            break;
        }
        images.push(Image(ctx.store_file(&path).await?));
    }
    if images.is_empty() { Err(no_picture("video")) } else { Ok(images) }
}

/// Takes the last picture out of a film, to go on from there. Wire it into a model that makes films from pictures.
#[node(
    "video.last_frame",
    title = "Last frame",
    resource = "ffmpeg",
    example = r#"{"inputs":{"video":"sample:video"}}"#
)]
async fn last_frame(
    /// The film.
    video: Video,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    last(&Film::open(&video, "video", ctx).await?, ctx).await
}

/// The last picture there is, wherever the container says that the film ends.
pub(super) async fn last(film: &Film, ctx: &NodeContext) -> Result<Image, NodeError> {
    const LOOK_BACK_SECONDS: f64 = 1.0;
    let begin = (film.seconds - LOOK_BACK_SECONDS).max(0.0);
    still(ctx, "video", |ffmpeg, target| {
        ffmpeg.args(["-ss", &format!("{begin:.3}")]).input(&film.path);
        // Each picture takes the place of the one before.
        ffmpeg.args(["-map", "0:v:0", "-vf", &format!("{SQUARE_PIXELS},format=rgb24"), "-fps_mode", "passthrough"]);
        ffmpeg.args(["-c:v", "png", "-compression_level", "1", "-flags:v", "+bitexact", "-update", "1"]).output(target);
    })
    .await
}

/// Finds a picture that stands for a film: the most typical one, neither black nor blurred by a cut.
#[node(
    "video.thumbnail",
    title = "Thumbnail",
    resource = "ffmpeg",
    timeout_seconds = 600,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"width":320}}"#
)]
async fn thumbnail(
    /// The film.
    video: Video,
    /// The width of the picture. 0: that of the film.
    #[param(title = "Width", default = 0, min = 0, max = 8192, unit = "px")]
    width: u32,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    /// Pictures to choose from: they are held at once.
    const CANDIDATES: u32 = 40;
    let film = Film::open(&video, "video", ctx).await?;
    let scale = if width > 0 { format!(",scale={width}:-1:flags=lanczos") } else { String::new() };
    let choice = evenly(CANDIDATES, film.seconds);
    still(ctx, "video", |ffmpeg, target| {
        ffmpeg.input(&film.path).args(["-map", "0:v:0", "-frames:v", "1", "-fps_mode", "passthrough"]);
        let filters = format!("{choice},{SQUARE_PIXELS}{scale},thumbnail=n={CANDIDATES},format=rgb24");
        ffmpeg.args(["-vf", &filters, "-c:v", "png", "-flags:v", "+bitexact"]).output(target);
    })
    .await
}

/// Lays pictures of a film side by side on one sheet, as a storyboard.
#[node(
    "video.contact_sheet",
    title = "Contact sheet",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r##"{"inputs":{"video":"sample:video"},"params":{"columns":3,"rows":2,"cell_width":160}}"##
)]
async fn contact_sheet(
    /// The film.
    video: Video,
    /// Pictures in a row.
    #[param(title = "Columns", default = 4, min = 1, max = 20)]
    columns: u32,
    /// Rows of pictures.
    #[param(title = "Rows", default = 3, min = 1, max = 20)]
    rows: u32,
    /// The width of each picture.
    #[param(title = "Picture width", default = 320, min = 32, max = 1280, unit = "px")]
    cell_width: u32,
    /// The space between and around the pictures.
    #[param(title = "Gap", default = 8, min = 0, max = 200, unit = "px")]
    gap: u32,
    /// The colour of the sheet.
    #[param(title = "Colour", default = "#14151a")]
    color: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let cell_height = even((f64::from(cell_width) * f64::from(film.height) / f64::from(film.width)).round() as u32);
    let count = columns * rows;
    let choice = evenly(count, film.seconds);
    still(ctx, "video", |ffmpeg, target| {
        ffmpeg.input(&film.path).args(["-map", "0:v:0", "-frames:v", "1", "-fps_mode", "passthrough"]);
        let filters = format!(
            "{choice},scale={cell_width}:{cell_height}:flags=lanczos,setsar=1,format=rgb24,\
             tile={columns}x{rows}:padding={gap}:margin={gap}:color={}",
            ffmpeg_color(color)
        );
        ffmpeg.args(["-vf", &filters, "-c:v", "png", "-flags:v", "+bitexact"]).output(target);
    })
    .await
}

/// Chooses `count` pictures, each from the middle of its part of the film.
fn evenly(count: u32, seconds: f64) -> String {
    format!("select=lt(selected_n\\,{count})*gte(t\\,(selected_n+0.5)*{:.6})", seconds / f64::from(count))
}

/// One call of ffmpeg that writes one PNG. `field` is the input that is named when there is no picture.
pub(super) async fn still(
    ctx: &NodeContext,
    field: &str,
    describe: impl FnOnce(&mut Ffmpeg, &Path),
) -> Result<Image, NodeError> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("still.png");
    let mut ffmpeg = Ffmpeg::new();
    describe(&mut ffmpeg, &target);
    ffmpeg.run(std::time::Duration::ZERO, ctx.cancel(), &|share| ctx.progress(share)).await?;
    // ffmpeg is content with writing nothing when it finds no picture.
    if target.exists() { Ok(Image(ctx.store_file(&target).await?)) } else { Err(no_picture(field)) }
}

fn no_picture(field: &str) -> NodeError {
    NodeError::new(FailureCode::InvalidInput, "the film has no picture there").in_field(field)
}
