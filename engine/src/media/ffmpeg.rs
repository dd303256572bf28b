//! ffmpeg as a child process: fenced, cancellable, with progress.
//!
//! Not a wrapper of ffmpeg's options: callers write filter graphs themselves. What is decided here is what must hold for
//! every call: which protocols and containers may be opened, how much may be used up, that the output does not depend on
//! the machine, and that no child outlives its node. Called by the video and audio nodes and by posters.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::Path,
    process::Stdio,
    time::Duration,
};

use bytes::Bytes;
use shared::run::FailureCode;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::error::NodeError;

/// Containers that media may come in. Left out on purpose are those that name further files: `hls`, `concat`, `dash`…
pub const DEMUXERS: &str = "aac,ac3,aiff,asf,avi,caf,flac,flv,gif,h264,hevc,image2,image2pipe,bmp_pipe,gif_pipe,\
jpeg_pipe,png_pipe,tiff_pipe,webp_pipe,jpegxl_pipe,matroska,mov,mp3,mp4,mpeg,mpegts,ogg,opus,rawvideo,wav,webm,w64";

/// The largest picture, in pixels, that is decoded: 16384x8192.
const PIXELS_MAX: &str = "134217728";
/// The largest single block of memory ffmpeg may ask for, in bytes.
const ALLOCATION_MAX: &str = "1073741824";
/// Processor time after which ffmpeg ends itself, in seconds, whatever its node's time limit is.
const CPU_SECONDS_MAX: &str = "7200";
/// libx264's bytes depend on its number of threads, and equal inputs shall give equal hashes on every machine.
const ENCODER_THREADS: &str = "4";
/// How much of what ffmpeg writes to its error output is kept.
const STDERR_MAX_BYTES: usize = 8 * 1024;

/// The end of a filter graph that works in RGB: see [`Ffmpeg::tagged_bt709`].
pub const RGB_TO_BT709: &str = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";

/// One call of ffmpeg: its arguments, in order.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    args: Vec<OsString>,
}

impl Ffmpeg {
    /// Without inputs and outputs yet.
    pub fn new() -> Self {
        let mut ffmpeg = Self { args: Vec::new() };
        ffmpeg.args(["-hide_banner", "-nostats", "-v", "error", "-y"]);
        ffmpeg.args(["-max_alloc", ALLOCATION_MAX, "-timelimit", CPU_SECONDS_MAX]);
        ffmpeg.args(["-filter_complex_threads", "2", "-filter_threads", "2"]);
        ffmpeg
    }

    /// One more argument.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = A>) -> &mut Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// A media file to read. Options that belong to it (`-ss`, `-stream_loop`…) come before this call.
    pub fn input(&mut self, path: &Path) -> &mut Self {
        self.args(["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS, "-max_pixels", PIXELS_MAX]);
        // The prefix keeps a path with a colon from being read as a protocol.
        let mut file = OsString::from("file:");
        file.push(path);
        self.arg("-i").arg(file)
    }

    /// A picture source that a filter makes, for example `color=black:s=64x64`.
    pub fn generated(&mut self, filter: &str) -> &mut Self {
        self.args(["-f", "lavfi", "-i", filter])
    }

    /// Raw RGB frames on the standard input: see [`Ffmpeg::run_with_frames`].
    pub fn raw_frames(&mut self, width: u32, height: u32, fps: u32) -> &mut Self {
        self.raw("rgb24", width, height, f64::from(fps))
    }

    /// Like [`Ffmpeg::raw_frames`], with transparency.
    pub fn raw_layers(&mut self, width: u32, height: u32, fps: f64) -> &mut Self {
        self.raw("rgba", width, height, fps)
    }

    fn raw(&mut self, format: &str, width: u32, height: u32, fps: f64) -> &mut Self {
        let (size, fps) = (format!("{width}x{height}"), format!("{fps:.5}"));
        self.args(["-f", "rawvideo", "-pix_fmt", format, "-video_size", &size, "-framerate", &fps, "-i", "pipe:0"])
    }

    /// Makes RGB frames what players take the colours of untagged films to be: BT.709. swscale would make them BT.601.
    pub fn bt709(&mut self) -> &mut Self {
        self.args(["-vf", RGB_TO_BT709]).tagged_bt709()
    }

    /// Says that the colours are BT.709, for graphs that end in [`RGB_TO_BT709`].
    pub fn tagged_bt709(&mut self) -> &mut Self {
        self.args(["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"])
    }

    /// The settings of every film we write: H.264 that plays everywhere, starts before it is loaded, and whose bytes
    /// depend on nothing but the pictures.
    pub fn h264(&mut self) -> &mut Self {
        self.args(["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "60"]);
        self.args(["-threads:v", ENCODER_THREADS, "-flags:v", "+bitexact", "-movflags", "+faststart"])
    }

    /// The settings of every sound track we write.
    pub fn aac(&mut self) -> &mut Self {
        self.args(["-c:a", "aac", "-b:a", "192k", "-ar", "48000", "-ac", "2", "-flags:a", "+bitexact"])
    }

    /// The file to write. Drops dates, encoder names and the source's tags: they would change the hash.
    pub fn output(&mut self, path: &Path) -> &mut Self {
        self.args(["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"]).arg(path)
    }

    /// Runs to the end. `duration` is that of the output, for `progress` (0 to 1).
    pub async fn run(
        &self,
        duration: Duration,
        cancel: &CancellationToken,
        progress: &(dyn Fn(f64) + Send + Sync),
    ) -> Result<(), NodeError> {
        let child = self.spawn(Stdio::null())?;
        finish(child, duration, cancel, progress).await
    }

    /// Runs to the end, fed with frames for [`Ffmpeg::raw_frames`] until the sender is dropped.
    pub async fn run_with_frames(
        &self,
        frames: mpsc::Receiver<Bytes>,
        duration: Duration,
        cancel: &CancellationToken,
        progress: &(dyn Fn(f64) + Send + Sync),
    ) -> Result<(), NodeError> {
        let mut child = self.spawn(Stdio::piped())?;
        let stdin = child.stdin.take().expect("the standard input was asked to be a pipe");
        let (fed, finished) = tokio::join!(feed(stdin, frames), finish(child, duration, cancel, progress));
        // When ffmpeg fails, the broken pipe is only a symptom.
        finished?;
        fed.map_err(|error| NodeError::internal("ffmpeg stopped reading pictures", error))
    }

    fn spawn(&self, stdin: Stdio) -> Result<Child, NodeError> {
        let mut command = Command::new("ffmpeg");
        command.args(["-progress", "pipe:1", "-stats_period", "0.2"]).args(&self.args);
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A dropped node (its time is up, its run is gone) must not leave a process behind.
        command.kill_on_drop(true);
        command.spawn().map_err(missing)
    }
}

impl Default for Ffmpeg {
    fn default() -> Self {
        Self::new()
    }
}

fn missing(error: io::Error) -> NodeError {
    if error.kind() == io::ErrorKind::NotFound {
        NodeError::missing_tool("ffmpeg", "`apt install ffmpeg` on Debian and Ubuntu, `brew install ffmpeg` on macOS")
    } else {
        NodeError::internal("ffmpeg could not be started", error)
    }
}

async fn feed(mut stdin: ChildStdin, mut frames: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(frame) = frames.recv().await {
        stdin.write_all(&frame).await?;
    }
    stdin.shutdown().await
}

async fn finish(
    mut child: Child,
    duration: Duration,
    cancel: &CancellationToken,
    progress: &(dyn Fn(f64) + Send + Sync),
) -> Result<(), NodeError> {
    let stdout = child.stdout.take().expect("the standard output was asked to be a pipe");
    let stderr = child.stderr.take().expect("the error output was asked to be a pipe");
    let watch = async {
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(done) = done_of(&line, duration) {
                progress(done);
            }
        }
    };
    let complaints = async {
        let mut text = Vec::new();
        let mut stderr = stderr;
        let _ = (&mut stderr).take(STDERR_MAX_BYTES as u64).read_to_end(&mut text).await;
        // Read on, so that a talkative ffmpeg does not block on a full pipe.
        let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        String::from_utf8_lossy(&text).into_owned()
    };
    let work = async { tokio::join!(watch, complaints, child.wait()) };
    let outcome = tokio::select! {
        (_, complaints, status) = work => Some((complaints, status)),
        () = cancel.cancelled() => None,
    };
    let Some((complaints, status)) = outcome else {
        // Waits for its end too: a killed ffmpeg must not still write into a folder that is being removed.
        let _ = child.kill().await;
        return Err(NodeError::Cancelled);
    };
    let status = status.map_err(|error| NodeError::internal("ffmpeg could not be waited for", error))?;
    if status.success() {
        return Ok(());
    }
    let message = "ffmpeg could not process the media: it may be damaged or of an unknown kind";
    Err(NodeError::new(FailureCode::InvalidInput, message).with_raw(&without_paths(&complaints)))
}

/// The share that is done, from a line of `-progress`.
fn done_of(line: &str, duration: Duration) -> Option<f64> {
    let micros: f64 = line.strip_prefix("out_time_us=")?.parse().ok()?;
    let total = duration.as_micros() as f64;
    (total > 0.0).then(|| (micros / total).clamp(0.0, 1.0))
}

/// ffmpeg's words without the server's folders: they mean nothing to the reader and are nobody's business.
fn without_paths(text: &str) -> String {
    let word = |word: &str| {
        let path = word.trim_start_matches("file:").trim_start_matches(['\'', '"']);
        let shown = if path.starts_with('/') { path.rsplit('/').next().unwrap_or_default() } else { word };
        shown.to_owned()
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_share_of_the_output() {
        let duration = Duration::from_secs(4);
        assert_eq!(done_of("out_time_us=1000000", duration), Some(0.25));
        assert_eq!(done_of("out_time_us=9000000", duration), Some(1.0));
        assert_eq!(done_of("out_time_us=N/A", duration), None);
        assert_eq!(done_of("frame=12", duration), None);
    }

    #[test]
    fn complaints_name_no_folders() {
        assert_eq!(without_paths("file:/srv/blobs/ab/cd/abcd: Invalid data found"), "abcd: Invalid data found");
    }

    #[tokio::test]
    async fn a_cancelled_ffmpeg_is_gone_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut ffmpeg = Ffmpeg::new();
        ffmpeg.args(["-re"]).generated("testsrc=s=64x64:r=25").args(["-t", "60"]).output(&folder.path().join("a.mp4"));
        let cancel = CancellationToken::new();
        let soon = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            soon.cancel();
        });
        let begin = std::time::Instant::now();
        let result = ffmpeg.run(Duration::from_secs(60), &cancel, &|_| ()).await;
        assert_eq!(result, Err(NodeError::Cancelled));
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn a_playlist_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret.ts");
        std::fs::write(&secret, "secret").unwrap();
        let playlist = folder.path().join("film");
        let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", secret.display());
        std::fs::write(&playlist, text).unwrap();
        let mut ffmpeg = Ffmpeg::new();
        ffmpeg.input(&playlist).output(&folder.path().join("out.mp4"));
        let error = ffmpeg.run(Duration::from_secs(1), &CancellationToken::new(), &|_| ()).await.unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!(failure.code, FailureCode::InvalidInput);
        assert!(failure.raw.as_deref().unwrap().contains("not on whitelist"), "{failure:?}");
    }
}
