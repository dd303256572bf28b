//! Media nodes, beside the ffmpeg command that a person would type for the same result in the same quality.
//!
//! A node also looks at what it made, makes a poster of it and keeps it under its hash; that is part of its time.

use std::{path::Path, process::Command, sync::Arc, time::Instant};

use anyhow::{Context, ensure};
use engine::{BlobStore, Engine, FolderBlobs, LocalModels, media::describe};
use serde_json::{Value as Json, json};
use shared::graph::{Edge, EdgeId, Graph};

use super::{
    Options, done, engine_with, graphs, median,
    report::{Report, Row},
    request, runtime,
};

const TRIES: usize = 3;
/// The quality that nodes write films in.
const H264: &str = "-c:v libx264 -preset veryfast -crf 20 -pix_fmt yuv420p -g 60 -movflags +faststart";
const AAC: &str = "-c:a aac -b:a 192k -ar 48000 -ac 2";

struct Task {
    node: &'static str,
    params: Json,
    /// How often the film, or the sound, is wired in, and into what.
    inputs: &'static [&'static str],
    /// What a person would type between input and output.
    typed: String,
    ending: &'static str,
}

fn tasks() -> Vec<Task> {
    let task = |node, params, inputs, typed: String, ending| Task { node, params, inputs, typed, ending };
    vec![
        task(
            "video.trim",
            json!({"start": 2, "end": 14}),
            &["video"],
            format!("-ss 2 -t 12 -i FILM {H264} {AAC}"),
            "mp4",
        ),
        task(
            "video.resize",
            json!({"size": "640x360"}),
            &["video"],
            format!("-i FILM -vf scale=640:360 {H264} {AAC}"),
            "mp4",
        ),
        task(
            "video.speed",
            json!({"factor": 2}),
            &["video"],
            format!("-i FILM -vf setpts=PTS/2 -af atempo=2 -r 30 {H264} {AAC}"),
            "mp4",
        ),
        task(
            "video.concat",
            json!({}),
            &["videos", "videos"],
            format!(
                "-i FILM -i FILM -filter_complex [0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1[v][a] -map [v] -map [a] {H264} {AAC}"
            ),
            "mp4",
        ),
        task(
            "video.gif",
            json!({"width": 320, "fps": 10}),
            &["video"],
            "-i FILM -filter_complex fps=10,scale=320:-2:flags=lanczos,split[a][b];[a]palettegen=stats_mode=diff[p];\
             [b][p]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle"
                .to_owned(),
            "gif",
        ),
        task(
            "audio.normalize",
            json!({"target": -16}),
            &["audio"],
            format!("-i SOUND -af loudnorm=I=-16:TP=-1:LRA=11,aresample=48000 -vn {AAC}"),
            "m4a",
        ),
    ]
}

pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(&options.work_dir)?;
    let (film, sound) = (folder.path().join("film.mp4"), folder.path().join("sound.wav"));
    let sources = "-f lavfi -i testsrc2=s=1280x720:r=30:d=20 -f lavfi -i anoisesrc=d=20:c=pink:r=48000";
    ffmpeg(&format!("{sources} {H264} {AAC} -shortest"), &[], &film)?;
    ffmpeg("-f lavfi -i anoisesrc=d=300:c=pink:r=48000 -ac 2", &[], &sound)?;
    let blobs: Arc<dyn BlobStore> = Arc::new(FolderBlobs::open(folder.path().join("blobs"))?);
    let runtime = runtime(2)?;
    let media = |path: &Path| {
        let (blobs, path) = (blobs.clone(), path.to_owned());
        runtime.block_on(async move {
            let blob = blobs.put(tokio::fs::read(path).await?.into()).await?;
            anyhow::Ok(serde_json::to_value(describe(&*blobs, &blob, None).await?)?)
        })
    };
    let (film_media, sound_media) = (media(&film)?, media(&sound)?);
    for task in tasks() {
        let of_sound = task.inputs.contains(&"audio");
        let graph = graph(&task, if of_sound { &sound_media } else { &film_media });
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..TRIES {
            // In turn: whatever else the machine does meets both.
            let target = folder.path().join(format!("typed.{}", task.ending));
            let begin = Instant::now();
            ffmpeg(&task.typed, &[("FILM", &film), ("SOUND", &sound)], &target)?;
            theirs.push(begin.elapsed().as_secs_f64() * 1000.0);
            // A fresh engine remembers nothing.
            let engine = engine(blobs.clone());
            ours.push(runtime.block_on(done(&engine, &request(graph.clone())))?.duration.as_secs_f64() * 1000.0);
        }
        let what = format!("{}, {}", task.node, if of_sound { "300 s" } else { "20 s of 720p" });
        report.add(Row::new("media", what, median(ours), "ms").beside("ffmpeg", median(theirs)).ratio_below(1.1));
    }
    Ok(())
}

fn engine(blobs: Arc<dyn BlobStore>) -> Engine {
    engine_with(blobs, |_| LocalModels::none())
}

fn graph(task: &Task, media: &Json) -> Graph {
    let mut graph = Graph::default();
    let node = graphs::named("node");
    graphs::add(&mut graph, node.clone(), task.node, task.params.clone());
    for (at, input) in task.inputs.iter().enumerate() {
        let kind = if *input == "audio" { "audio" } else { "video" };
        let load = graphs::id(at);
        graphs::add(&mut graph, load.clone(), &format!("{kind}.load"), json!({"value": media}));
        let edge = Edge { from: load, output: kind.to_owned(), to: node.clone(), input: (*input).to_owned() };
        let id = match task.inputs.len() {
            1 => EdgeId::single(&node, input),
            _ => EdgeId::listed(&node, input, &format!("w{at}")),
        };
        graph.edges.insert(id, edge);
    }
    graph
}

/// Runs a command as typed. Words in it that are names of `files` become their paths.
fn ffmpeg(typed: &str, files: &[(&str, &Path)], target: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]);
    for word in typed.split_whitespace() {
        match files.iter().find(|(name, _)| *name == word) {
            Some((_, path)) => command.arg(path),
            None => command.arg(word),
        };
    }
    let status = command.arg(target).status().context("starting ffmpeg")?;
    ensure!(status.success(), "`ffmpeg {typed}` failed");
    Ok(())
}
