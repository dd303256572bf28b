//! The film nodes on real media: what comes out is measured, not believed.

use serde_json::{Value as Json, json};
use shared::value::{Media, Value};

use crate::{
    BlobStore, NodeError,
    nodes::testing::{Bench, wired},
};

mod analysis;
mod layers;
mod pictures;
mod stills;
mod timing;

/// Every film we make plays everywhere: container, codec, pixel format, even size, index before the data.
async fn assert_plays(bench: &Bench, media: &Media) {
    assert_eq!((media.mime.as_str(), media.codec.as_deref()), ("video/mp4", Some("h264")));
    let report = bench.probe(media).await;
    let streams = report["streams"].as_array().unwrap();
    let pictures = streams.iter().find(|stream| stream["codec_type"] == "video").unwrap();
    assert_eq!(pictures["pix_fmt"], "yuv420p");
    assert!(pictures["width"].as_u64().unwrap() % 2 == 0 && pictures["height"].as_u64().unwrap() % 2 == 0);
    for sound in streams.iter().filter(|stream| stream["codec_type"] == "audio") {
        assert_eq!(sound["codec_name"], "aac");
    }
    let bytes = bench.blobs.read(&media.blob).await.unwrap();
    let find = |tag: &[u8]| bytes.windows(4).position(|window| window == tag).unwrap();
    assert!(find(b"moov") < find(b"mdat"), "the film cannot start before it is loaded");
    assert!(media.poster.is_some());
}

fn assert_seconds(media: &Media, seconds: f64) {
    let measured = media.duration_millis.unwrap() as f64 / 1000.0;
    assert!((measured - seconds).abs() <= 0.06, "{measured} s instead of {seconds} s");
}

fn shape(media: &Media) -> (u32, u32, f64) {
    (media.width.unwrap(), media.height.unwrap(), media.fps.unwrap())
}

/// The mean colour of the frame at a moment.
async fn color_at(bench: &Bench, film: &Media, at: f64) -> [f64; 3] {
    let inputs = json!({"video": wired("video", film)});
    let frame = bench.media_of("video.extract_frame", inputs, json!({"at": at})).await;
    let pixels = bench.pixels(&frame).await;
    let count = f64::from(pixels.width() * pixels.height());
    std::array::from_fn(|c| pixels.pixels().map(|pixel| f64::from(pixel.0[c])).sum::<f64>() / count)
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

#[tokio::test]
async fn pictures_become_a_film_of_the_promised_length() {
    let bench = Bench::new();
    let photos = json!({"images": ["sample:photo", "sample:photo2", "sample:photo4"]});
    let params = json!({"seconds": 0.8, "crossfade": 0.3, "size": "360x640", "fps": "25"});
    let film = bench.media_of("video.from_images", photos.clone(), params.clone()).await;
    assert_plays(&bench, &film).await;
    assert_eq!((shape(&film), film.has_audio), ((360, 640, 25.0), Some(false)));
    assert_seconds(&film, 1.8);

    // The dandelions are green, the coffee is red; between them the one shines through the other.
    let (first, between, second) =
        (color_at(&bench, &film, 0.1).await, color_at(&bench, &film, 0.65).await, color_at(&bench, &film, 0.9).await);
    assert!(first[1] > first[2] && second[0] > second[1] + 40.0, "{first:?} {second:?}");
    let (whole, half) = (distance(first, second), distance(between, second));
    assert!(half > whole * 0.25 && half < whole * 0.75, "{first:?} {between:?} {second:?}");

    let again = Bench::new().media_of("video.from_images", photos, params).await;
    assert_eq!(again.blob, film.blob, "equal inputs give equal bytes");
}

#[tokio::test]
async fn the_camera_moves() {
    let bench = Bench::new();
    let film = |motion: &str| {
        let params = json!({"seconds": 0.5, "size": "640x360", "motion": motion, "strength": 30});
        bench.media_of("video.from_images", json!({"images": ["sample:photo"]}), params)
    };
    let frames = async |film: &Media| {
        let mut frames = Vec::new();
        for at in [0.0, -0.05] {
            let inputs = json!({"video": wired("video", film)});
            let frame = bench.media_of("video.extract_frame", inputs, json!({"at": at})).await;
            frames.push(bench.pixels(&frame).await);
        }
        let changed = frames[0].pixels().zip(frames[1].pixels());
        changed.filter(|(a, b)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 24)).count()
    };
    let (still, zooming) = (film("still").await, film("zoom_in").await);
    let (none, many) = (frames(&still).await, frames(&zooming).await);
    assert!(none < 500 && many > 20_000, "{none} and {many} pixels changed");
}

#[tokio::test]
async fn a_trim_is_exact_and_keeps_the_sound() {
    let bench = Bench::new();
    let film = bench.media_of("video.trim", json!({"video": "sample:video"}), json!({"start": 1.5, "end": 2.75})).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 1.25);
    assert_eq!((shape(&film), film.has_audio), ((640, 360, 24.0), Some(true)));
}

#[tokio::test]
async fn films_of_all_kinds_join() {
    let bench = Bench::new();
    let mut silent = bench
        .media_of(
            "video.from_images",
            json!({"images": ["sample:photo4"]}),
            json!({"seconds": 1, "size": "360x640", "fps": "30"}),
        )
        .await;
    // As from a hand-written graph, which knows no more than the hash.
    (silent.duration_millis, silent.width, silent.has_audio) = (None, None, None);
    let inputs = json!({"videos": ["sample:video", wired("video", &silent)]});
    let film = bench.media_of("video.concat", inputs.clone(), json!({"fit": "blur"})).await;
    assert_plays(&bench, &film).await;
    assert_eq!((shape(&film), film.has_audio), ((640, 360, 24.0), Some(true)));
    assert_seconds(&film, 5.0);
    assert!(bench.loudness(&film, 0.5, 2.0).await > -60.0);
    assert!(bench.loudness(&film, 4.3, 4.9).await < -80.0, "the silent film is silent");

    let silent = bench.media_of("video.concat", inputs, json!({"fit": "bars", "keep_sound": false})).await;
    assert_eq!(silent.has_audio, Some(false));
    let bars = color_at(&bench, &silent, 4.5).await;
    let filled = color_at(&bench, &film, 4.5).await;
    assert!(bars.iter().sum::<f64>() < filled.iter().sum::<f64>() * 0.7, "{bars:?} {filled:?}");
}

#[tokio::test]
async fn a_transition_overlaps_both_films() {
    let bench = Bench::new();
    let inputs = json!({"first": "sample:video", "second": "sample:video"});
    let film = bench.media_of("video.transition", inputs, json!({"transition": "wipe_left", "seconds": 1})).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 7.0);
    assert_eq!(film.has_audio, Some(true));
}

#[tokio::test]
async fn a_sound_is_laid_under_a_film() {
    let bench = Bench::new();
    let film = bench.media_of("video.trim", json!({"video": "sample:video"}), json!({"end": 3})).await;
    let inputs = json!({"videos": [wired("video", &film)]});
    let silent = bench.media_of("video.concat", inputs, json!({"keep_sound": false})).await;
    let beep = bench.media_of("audio.tone", json!({}), json!({"seconds": 0.5})).await;
    let inputs = json!({"video": wired("video", &silent), "audio": wired("audio", &beep)});
    let film = bench.media_of("video.add_audio", inputs.clone(), json!({"repeat": true, "fade_out": 1})).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 3.0);
    let (early, late) = (bench.loudness(&film, 0.2, 1.5).await, bench.loudness(&film, 2.8, 3.0).await);
    assert!(early > -20.0 && late < early - 12.0, "{early} dB, then {late} dB");

    let once = bench.media_of("video.add_audio", inputs, json!({"repeat": false, "begin": 1})).await;
    assert_seconds(&once, 3.0);
    assert!(bench.loudness(&once, 0.1, 0.9).await < -80.0 && bench.loudness(&once, 1.0, 1.5).await > -20.0);
    assert!(bench.loudness(&once, 2.0, 2.9).await < -80.0);
}

#[tokio::test]
async fn a_mix_holds_both_sounds() {
    let bench = Bench::new();
    let beep = bench.media_of("audio.tone", json!({}), json!({"seconds": 4, "volume": 80})).await;
    let inputs = json!({"video": "sample:video", "audio": wired("audio", &beep)});
    let quiet = bench.media_of("video.add_audio", inputs.clone(), json!({"keep": "mix", "volume": 0})).await;
    let both = bench.media_of("video.add_audio", inputs, json!({"keep": "mix"})).await;
    let (own, mixed) = (bench.loudness(&quiet, 0.5, 2.0).await, bench.loudness(&both, 0.5, 2.0).await);
    assert!(own > -60.0 && mixed > own + 6.0, "{own} dB alone, {mixed} dB with the tone");
}

#[tokio::test]
async fn a_title_is_there_for_its_time_only() {
    let bench = Bench::new();
    let params = json!({"text": "TITLE", "size": 160, "start": 1, "end": 2, "fade": 0.1, "color": "#ff00ff"});
    let film = bench.media_of("video.title", json!({"video": "sample:video"}), params).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 4.0);
    assert_eq!(film.has_audio, Some(true));
    let mut magenta = Vec::new();
    for at in [0.5, 1.5, 2.5] {
        let frame =
            bench.media_of("video.extract_frame", json!({"video": wired("video", &film)}), json!({"at": at})).await;
        let pixels = bench.pixels(&frame).await;
        magenta.push(pixels.pixels().filter(|p| p.0[0] > 200 && p.0[1] < 80 && p.0[2] > 200).count());
    }
    assert!(magenta[0] < 50 && magenta[1] > 5000 && magenta[2] < 50, "{magenta:?}");
}

#[tokio::test]
async fn a_film_gets_faster_with_its_sound() {
    let bench = Bench::new();
    let film = bench.media_of("video.speed", json!({"video": "sample:video"}), json!({"factor": 2})).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 2.0);
    assert_eq!((shape(&film), film.has_audio), ((640, 360, 24.0), Some(true)));
}

#[tokio::test]
async fn a_film_changes_its_form() {
    let bench = Bench::new();
    for fit in ["fill", "bars", "blur", "stretch"] {
        let film = bench
            .media_of("video.resize", json!({"video": "sample:video"}), json!({"size": "360x640", "fit": fit}))
            .await;
        assert_plays(&bench, &film).await;
        assert_eq!(shape(&film), (360, 640, 24.0), "{fit}");
        assert_seconds(&film, 4.0);
    }
    let gif = bench.media_of("video.gif", json!({"video": "sample:video"}), json!({"width": 120, "fps": 6})).await;
    assert_eq!((gif.mime.as_str(), gif.width), ("image/gif", Some(120)));
}

#[tokio::test]
async fn a_frame_and_the_facts_come_out_of_a_film() {
    let bench = Bench::new();
    let outputs = bench.run("video.info", json!({"video": "sample:video"}), Json::Null).await.unwrap();
    assert_eq!((&outputs["seconds"], &outputs["width"]), (&Value::Number(4.0), &Value::Number(640.0)));
    assert_eq!((&outputs["fps"], &outputs["has_audio"]), (&Value::Number(24.0), &Value::Bool(true)));
    let clip = bench.media(crate::samples::Sample::find("video").unwrap()).await;
    let (first, last) = (color_at(&bench, &clip, 0.0).await, color_at(&bench, &clip, 4.0).await);
    assert!(first[1] > first[2] && last[0] > last[1] + 40.0, "{first:?} {last:?}");
    let sound = bench.media_of("video.extract_audio", json!({"video": "sample:video"}), Json::Null).await;
    assert_eq!((sound.mime.starts_with("audio/"), sound.codec.as_deref()), (true, Some("aac")));
    assert_seconds(&sound, 4.0);
}

#[tokio::test]
async fn bad_input_names_its_field() {
    let bench = Bench::new();
    let film = json!({"video": "sample:video"});
    let empty = json!({"type": "list", "value": []});
    let silent =
        bench.media_of("video.concat", json!({"videos": ["sample:video"]}), json!({"keep_sound": false})).await;
    let two = json!({"images": ["sample:photo", "sample:photo2"]});
    for (node_type, inputs, params, field) in [
        ("video.trim", film.clone(), json!({"start": 4}), "start"),
        ("video.trim", film.clone(), json!({"start": 2, "end": 2}), "end"),
        ("video.trim", film.clone(), json!({"start": -1}), "start"),
        ("video.extract_frame", film.clone(), json!({"at": 9}), "at"),
        ("video.title", film.clone(), json!({"start": 7}), "start"),
        ("video.concat", json!({"videos": empty}), json!({}), "videos"),
        ("video.from_images", json!({"images": empty}), json!({}), "images"),
        ("video.from_images", two, json!({"seconds": 1, "crossfade": 0.8}), "crossfade"),
        ("video.add_audio", json!({"video": "sample:video", "audio": "sample:audio"}), json!({"begin": 9}), "begin"),
        ("video.extract_audio", json!({"video": wired("video", &silent)}), json!({}), "video"),
        ("video.load", json!({}), json!({"value": "sample:photo"}), "value"),
        ("video.load", json!({}), json!({}), "value"),
        ("video.trim", json!({"video": "sample:photo"}), json!({}), "video"),
    ] {
        let (named, message) = bench.refusal(node_type, inputs, params.clone()).await;
        assert_eq!(named, field, "{node_type} {params}: {message}");
    }
}

#[tokio::test]
async fn a_picture_that_is_none_is_named_by_its_number() {
    let bench = Bench::new();
    let mut fake = bench.media(crate::samples::Sample::find("photo").unwrap()).await;
    fake.blob = bench.blobs.put(bytes::Bytes::from_static(b"\xff\xd8\xff not a picture")).await.unwrap();
    let inputs = json!({"images": ["sample:photo", wired("image", &fake)]});
    let (field, message) = bench.refusal("video.from_images", inputs, json!({"seconds": 0.5, "crossfade": 0})).await;
    assert_eq!((field.as_str(), message.as_str()), ("images", "picture 2 of 2 cannot be read"));
}

#[tokio::test]
async fn a_cancelled_film_is_given_up() {
    let bench = Bench::new();
    let cancel = bench.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        cancel.cancel();
    });
    let begin = std::time::Instant::now();
    let params = json!({"seconds": 600, "size": "1920x1080"});
    let result = bench.run("video.from_images", json!({"images": ["sample:photo"]}), params).await;
    assert_eq!(result, Err(NodeError::Cancelled));
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}
