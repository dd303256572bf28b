//! ffprobe: what is inside a film or a sound.

use std::{collections::BTreeMap, ffi::OsString, io, path::Path, process::Stdio, time::Duration};

use serde::Deserialize;
use shared::run::FailureCode;
use tokio::process::Command;

use super::ffmpeg::DEMUXERS;
use crate::NodeError;

/// Damaged files can make a demuxer search for a long time.
const TIME_MAX: Duration = Duration::from_secs(20);

/// What probing found. Absent means unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Probe {
    /// The picture track; covers of music are none.
    pub video: Option<VideoTrack>,
    /// The codec of the first sound track.
    pub audio_codec: Option<String>,
    pub duration_millis: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct VideoTrack {
    /// As displayed: pixels made square, rotation applied.
    pub width: u32,
    pub height: u32,
    pub fps: Option<f64>,
    pub codec: String,
    /// As the container says.
    pub frames: Option<u64>,
}

/// Why there is no probe.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProbeError {
    /// ffprobe is not on this machine.
    #[error("ffprobe is not installed")]
    Missing,
    /// ffprobe found nothing that it can read.
    #[error("the file is damaged or of an unknown kind")]
    Unreadable,
    /// ffprobe could not be run.
    #[error("ffprobe could not be run")]
    Io(#[source] io::Error),
}

pub(super) async fn probe(path: &Path) -> Result<Probe, ProbeError> {
    Ok(report(path).await?.into())
}

/// What a sound file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SoundFacts {
    /// Samples a second.
    pub sample_rate: u32,
    /// 2 for stereo.
    pub channels: u32,
    /// Title, artist and the like.
    pub tags: BTreeMap<String, String>,
}

/// Reads what a sound file says of itself.
pub async fn sound_facts(path: &Path) -> Result<SoundFacts, NodeError> {
    let unreadable = || NodeError::new(FailureCode::InvalidInput, "the sound cannot be read");
    let report = report(path).await.map_err(|error| match error {
        ProbeError::Missing => NodeError::missing_tool("ffprobe", "it comes with ffmpeg"),
        ProbeError::Unreadable => unreadable(),
        ProbeError::Io(error) => NodeError::internal("ffprobe could not be run", error),
    })?;
    let track = report.streams.into_iter().find(|stream| stream.codec_type.as_deref() == Some("audio"));
    let track = track.ok_or_else(unreadable)?;
    let mut tags: BTreeMap<String, String> = track.tags;
    tags.extend(report.format.tags);
    // What a file says can be of any length; what belongs to the container says nothing of the sound.
    tags.retain(|name, text| {
        !["encoder", "language", "handler_name", "vendor_id"].contains(&&**name) && text.len() < 2000
    });
    let sample_rate = track.sample_rate.and_then(|rate| rate.parse().ok()).ok_or_else(unreadable)?;
    Ok(SoundFacts { sample_rate, channels: track.channels.unwrap_or(1), tags })
}

async fn report(path: &Path) -> Result<Report, ProbeError> {
    // The prefix keeps a path with a colon from being read as a protocol.
    let mut file = OsString::from("file:");
    file.push(path);
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-protocol_whitelist", "file", "-format_whitelist", DEMUXERS]);
    command.args(["-print_format", "json", "-show_format", "-show_streams", "-i"]).arg(file);
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(TIME_MAX, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Err(ProbeError::Missing),
        Ok(Err(error)) => return Err(ProbeError::Io(error)),
        Err(_) => return Err(ProbeError::Unreadable),
    };
    if !output.status.success() {
        return Err(ProbeError::Unreadable);
    }
    serde_json::from_slice(&output.stdout).map_err(|_| ProbeError::Unreadable)
}

/// ffprobe's JSON, as far as it is of interest. Numbers come as strings.
#[derive(Debug, Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Default, Deserialize)]
struct Format {
    duration: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    sample_aspect_ratio: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    nb_frames: Option<String>,
    sample_rate: Option<String>,
    channels: Option<u32>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    duration: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Debug, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

impl From<Report> for Probe {
    fn from(report: Report) -> Self {
        let of_kind =
            |kind: &'static str| report.streams.iter().filter(move |stream| stream.codec_type.as_deref() == Some(kind));
        let video = of_kind("video").find(|stream| stream.disposition.attached_pic == 0);
        let audio = of_kind("audio").next();
        let duration = report.format.duration.as_deref().or_else(|| video.or(audio)?.duration.as_deref());
        Self {
            video: video.and_then(video_track),
            audio_codec: audio.map(|stream| stream.codec_name.clone().unwrap_or_default()),
            duration_millis: duration.and_then(millis),
        }
    }
}

fn video_track(stream: &Stream) -> Option<VideoTrack> {
    let (mut width, mut height) = (stream.width?, stream.height?);
    if let Some(aspect) = stream.sample_aspect_ratio.as_deref().and_then(|text| ratio(text, ':')) {
        width = (f64::from(width) * aspect).round().max(1.0) as u32;
    }
    let rotation = stream.side_data_list.iter().find_map(|data| data.rotation).unwrap_or(0.0);
    if (rotation / 90.0).round().rem_euclid(2.0) == 1.0 {
        (width, height) = (height, width);
    }
    let rate = |text: &Option<String>| text.as_deref().and_then(|text| ratio(text, '/'));
    let fps = rate(&stream.avg_frame_rate).or_else(|| rate(&stream.r_frame_rate));
    let frames = stream.nb_frames.as_deref().and_then(|frames| frames.parse().ok());
    Some(VideoTrack { width, height, fps, codec: stream.codec_name.clone().unwrap_or_default(), frames })
}

/// `30000/1001` as 29.97; `0/0` and other nonsense as nothing.
fn ratio(text: &str, separator: char) -> Option<f64> {
    let (above, below) = text.split_once(separator)?;
    let (above, below): (f64, f64) = (above.parse().ok()?, below.parse().ok()?);
    let value = above / below;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// `4.037000` seconds as 4037.
fn millis(text: &str) -> Option<u64> {
    let seconds: f64 = text.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then(|| (seconds * 1000.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Probe {
        serde_json::from_str::<Report>(json).unwrap().into()
    }

    #[test]
    fn a_telephone_film_is_as_it_is_displayed() {
        let probe = read(
            r#"{"streams":[{"codec_type":"audio","codec_name":"aac"},
                {"codec_type":"video","codec_name":"hevc","width":1920,"height":1080,"sample_aspect_ratio":"1:1",
                 "avg_frame_rate":"30000/1001","r_frame_rate":"30/1","side_data_list":[{"rotation":-90}]}],
                "format":{"duration":"4.037000"}}"#,
        );
        let video = probe.video.unwrap();
        assert_eq!((video.width, video.height, video.codec.as_str()), (1080, 1920, "hevc"));
        assert!((video.fps.unwrap() - 29.97).abs() < 0.001);
        assert_eq!((probe.audio_codec.as_deref(), probe.duration_millis), (Some("aac"), Some(4037)));
    }

    #[test]
    fn a_cover_is_no_film() {
        let probe = read(
            r#"{"streams":[{"codec_type":"audio","codec_name":"mp3","duration":"2.5"},
                {"codec_type":"video","codec_name":"mjpeg","width":600,"height":600,"avg_frame_rate":"0/0",
                 "disposition":{"attached_pic":1}}],"format":{}}"#,
        );
        assert_eq!(probe, Probe { video: None, audio_codec: Some("mp3".into()), duration_millis: Some(2500) });
    }

    #[test]
    fn wide_pixels_make_a_wider_film() {
        let probe = read(
            r#"{"streams":[{"codec_type":"video","codec_name":"mpeg2video","width":720,"height":576,
                "sample_aspect_ratio":"64:45","avg_frame_rate":"0/0","r_frame_rate":"25/1"}]}"#,
        );
        let video = probe.video.unwrap();
        assert_eq!((video.width, video.height, video.fps), (1024, 576, Some(25.0)));
    }
}
