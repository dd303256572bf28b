//! Looking at real files: the samples that ship with OpenFlow.

use std::{path::PathBuf, process::Command};

use engine::{
    BlobStore, MemoryBlobs,
    media::{MediaError, describe},
};
use shared::value::Media;

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/samples").join(name)).unwrap()
}

async fn look_at(blobs: &MemoryBlobs, bytes: impl Into<bytes::Bytes>) -> Result<Media, MediaError> {
    let blob = blobs.put(bytes.into()).await.unwrap();
    describe(blobs, &blob, None).await
}

async fn poster_size(blobs: &MemoryBlobs, media: &Media) -> (u32, u32) {
    let poster = blobs.read(media.poster.as_ref().expect("there is a poster")).await.unwrap();
    let poster = image::load_from_memory(&poster).unwrap();
    (poster.width(), poster.height())
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbaImage::from_pixel(width, height, image::Rgba([200, 0, 0, 100]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn a_film_is_described_by_its_tracks() {
    let blobs = MemoryBlobs::new();
    let media = look_at(&blobs, sample("clip.mp4")).await.unwrap();
    assert_eq!((media.mime.as_str(), media.width, media.height), ("video/mp4", Some(640), Some(360)));
    assert_eq!((media.duration_millis, media.fps, media.has_audio), (Some(4000), Some(24.0), Some(true)));
    assert_eq!(media.codec.as_deref(), Some("h264"));
    assert_eq!(poster_size(&blobs, &media).await, (512, 288));
}

#[tokio::test]
async fn a_sound_has_a_length_and_no_picture() {
    let blobs = MemoryBlobs::new();
    let media = look_at(&blobs, sample("guitar.mp3")).await.unwrap();
    assert_eq!((media.mime.as_str(), media.codec.as_deref()), ("audio/mpeg", Some("mp3")));
    assert!(media.duration_millis.unwrap() > 1000 && media.width.is_none() && media.poster.is_none());
}

#[tokio::test]
async fn the_tracks_decide_what_a_container_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac"]).arg(&path);
    assert!(ffmpeg.status().unwrap().success());
    let media = look_at(&MemoryBlobs::new(), std::fs::read(&path).unwrap()).await.unwrap();
    assert_eq!((media.mime.as_str(), media.codec.as_deref()), ("audio/mp4", Some("aac")));
}

#[tokio::test]
async fn a_large_picture_has_a_small_poster_and_a_small_one_is_its_own() {
    let blobs = MemoryBlobs::new();
    let media = look_at(&blobs, png(1024, 256)).await.unwrap();
    assert_eq!((media.mime.as_str(), media.width, media.height), ("image/png", Some(1024), Some(256)));
    assert_eq!(poster_size(&blobs, &media).await, (512, 128));

    let media = look_at(&blobs, png(40, 30)).await.unwrap();
    assert_eq!((media.width, media.poster.as_ref()), (Some(40), Some(&media.blob)));
}

#[tokio::test]
async fn what_only_begins_like_media_is_refused() {
    let blobs = MemoryBlobs::new();
    for (name, keep) in [("astronaut.jpg", 3000), ("mask.png", 3000), ("clip.mp4", 64)] {
        let refused = look_at(&blobs, sample(name)[..keep].to_vec()).await;
        assert!(matches!(refused, Err(MediaError::Broken { .. })), "{name}: {refused:?}");
    }
    let heif = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    assert!(matches!(look_at(&blobs, heif).await, Err(MediaError::Unsupported { .. })));
}

#[tokio::test]
async fn markup_is_a_text_whatever_it_is_called() {
    let blobs = MemoryBlobs::new();
    let blob = blobs.put("<!DOCTYPE html><script>alert(1)</script>".into()).await.unwrap();
    let media = describe(&blobs, &blob, Some("cat.png".into())).await.unwrap();
    assert_eq!((media.mime.as_str(), media.name.as_deref()), ("text/plain", Some("cat.png")));
}
