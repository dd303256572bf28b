//! Films on films, marks, subtitles; other kinds of files; sound that is changed.

use super::*;

async fn frame(bench: &Bench, film: &Media, at: f64) -> image::RgbaImage {
    let frame = bench.media_of("video.extract_frame", json!({"video": wired("video", film)}), json!({"at": at})).await;
    bench.pixels(&frame).await
}

async fn plain(bench: &Bench, color: &str, seconds: f64) -> Media {
    let card = bench.media_of("image.fill", json!({}), json!({"width": 160, "height": 90, "color": color})).await;
    let params = json!({"seconds": seconds, "size": "640x360", "motion": "still"});
    bench.media_of("video.from_images", json!({"images": [wired("image", &card)]}), params).await
}

#[tokio::test]
async fn a_film_shows_in_the_corner_of_another() {
    let bench = Bench::new();
    let (red, blue) = (plain(&bench, "#ff0000", 2.0).await, plain(&bench, "#0000ff", 1.0).await);
    let inputs = json!({"video": wired("video", &red), "overlay": wired("video", &blue)});
    let params = json!({"scale": 25, "place": "top_left", "margin": 10, "start": 0.5});
    let film = bench.media_of("video.overlay", inputs, params).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 2.0);
    for (at, there) in [(0.2, false), (1.0, true), (1.8, false)] {
        let pixels = frame(&bench, &film, at).await;
        let blue = pixels.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[2] > 200);
        let places: Vec<(u32, u32)> = blue.map(|(x, y, _)| (x, y)).collect();
        assert_eq!(places.is_empty(), !there, "at {at}");
        assert!(places.iter().all(|(x, y)| (8..172).contains(x) && (8..102).contains(y)));
        assert!(!there || places.len().abs_diff(160 * 90) < 600, "{}", places.len());
    }
}

#[tokio::test]
async fn whose_sound_is_heard_can_be_chosen() {
    let bench = Bench::new();
    let silent = plain(&bench, "#ff0000", 2.0).await;
    let inputs = json!({"video": wired("video", &silent), "overlay": "sample:video"});
    for (sound, has_audio) in [("first", false), ("second", true), ("both", true), ("neither", false)] {
        let film = bench.media_of("video.overlay", inputs.clone(), json!({"sound": sound})).await;
        assert_eq!(film.has_audio, Some(has_audio), "{sound}");
        assert_seconds(&film, 2.0);
    }
}

#[tokio::test]
async fn a_mark_stays_all_the_way_through() {
    let bench = Bench::new();
    let mark = bench.media_of("image.fill", json!({}), json!({"width": 50, "height": 50, "color": "#ff00ff"})).await;
    let inputs = json!({"video": "sample:video", "image": wired("image", &mark)});
    let film = bench.media_of("video.watermark", inputs, json!({"scale": 10, "opacity": 100})).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 4.0);
    for at in [0.0, 2.0, 3.9] {
        let pixels = frame(&bench, &film, at).await;
        let marked = pixels.pixels().filter(|p| p.0[0] > 200 && p.0[1] < 80 && p.0[2] > 200).count();
        assert!(marked.abs_diff(64 * 64) < 500, "{at}: {marked}");
    }
}

#[tokio::test]
async fn two_films_are_compared() {
    let bench = Bench::new();
    let (red, blue) = (plain(&bench, "#ff0000", 1.0).await, plain(&bench, "#0000ff", 1.5).await);
    let inputs = json!({"first": wired("video", &red), "second": wired("video", &blue)});
    for (layout, size) in [("beside", (1280, 360)), ("above", (640, 720)), ("halves", (640, 360))] {
        let film = bench.media_of("video.compare", inputs.clone(), json!({"layout": layout})).await;
        assert_plays(&bench, &film).await;
        assert_seconds(&film, 1.5);
        let pixels = frame(&bench, &film, 1.3).await;
        assert_eq!(pixels.dimensions(), size, "{layout}");
        let (first, last) = (pixels.get_pixel(20, 20).0, pixels.get_pixel(size.0 - 20, size.1 - 20).0);
        assert!(first[0] > 200 && first[2] < 60 && last[2] > 200 && last[0] < 60, "{layout}: {first:?} {last:?}");
    }
    let same = json!({"first": "sample:video", "second": "sample:video"});
    let film = bench.media_of("video.compare", same, json!({"layout": "difference"})).await;
    assert!(color_at(&bench, &film, 1.0).await.iter().all(|c| *c < 4.0), "nothing differs");
}

#[tokio::test]
async fn subtitles_show_for_their_time_only() {
    let bench = Bench::new();
    let srt = "1\n00:00:01,000 --> 00:00:02,000\nA meadow\n\n2\n00:00:03,000 --> 00:00:03,500\nand a coffee\n";
    let params = json!({"size": 48, "color": "#ff00ff", "place": "bottom", "font": "bold", "margin": 20});
    let inputs = json!({"video": "sample:video", "subtitles": srt});
    let film = bench.media_of("video.subtitles", inputs, params).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 4.0);
    assert_eq!(film.has_audio, Some(true));
    for (at, there) in [(0.5, false), (1.5, true), (2.5, false), (3.25, true), (3.8, false)] {
        let pixels = frame(&bench, &film, at).await;
        let letters = pixels.enumerate_pixels().filter(|(_, _, p)| p.0[0] > 180 && p.0[1] < 110 && p.0[2] > 180);
        let places: Vec<u32> = letters.map(|(_, y, _)| y).collect();
        assert_eq!(places.len() > 500, there, "at {at}: {}", places.len());
        assert!(!there || places.iter().filter(|y| **y > 270).count() > places.len() * 9 / 10);
    }
    let (field, message) =
        bench.refusal("video.subtitles", json!({"video": "sample:video", "subtitles": "hello"}), json!({})).await;
    assert!(field == "subtitles" && message.contains("SRT"), "{message}");
}

#[tokio::test]
async fn films_become_other_kinds_of_files() {
    let bench = Bench::new();
    let short = bench.media_of("video.trim", json!({"video": "sample:video"}), json!({"end": 0.5})).await;
    for (format, mime, codec) in [
        ("mp4", "video/mp4", "h264"),
        ("hevc", "video/mp4", "hevc"),
        ("webm", "video/webm", "vp9"),
        ("prores", "video/quicktime", "prores"),
        ("mkv", "video/x-matroska", "h264"),
    ] {
        let inputs = json!({"video": wired("video", &short)});
        let film = bench.media_of("video.convert", inputs.clone(), json!({"format": format})).await;
        assert_eq!((film.mime.as_str(), film.codec.as_deref(), film.has_audio), (mime, Some(codec), Some(true)));
        assert_seconds(&film, 0.5);
        let again = Bench::new();
        let bytes = bench.blobs.read(&short.blob).await.unwrap();
        again.blobs.put(bytes).await.unwrap();
        let twin = again.media_of("video.convert", inputs, json!({"format": format})).await;
        assert_eq!(twin.blob, film.blob, "{format}: equal inputs give equal bytes");
        // What comes out goes in again, also into nodes that make MP4.
        let back = bench.media_of("video.trim", json!({"video": wired("video", &film)}), json!({"end": 0.3})).await;
        assert_plays(&bench, &back).await;
    }
    let webp = bench.media_of("video.webp", json!({"video": "sample:video"}), json!({"width": 120, "fps": 4})).await;
    assert_eq!((webp.mime.as_str(), webp.width), ("image/webp", Some(120)));
}

#[tokio::test]
async fn sound_goes_or_gets_the_loudness_that_is_asked_for() {
    let bench = Bench::new();
    let silent = bench.media_of("video.remove_audio", json!({"video": "sample:video"}), json!({})).await;
    assert_plays(&bench, &silent).await;
    assert_eq!(silent.has_audio, Some(false));
    assert_seconds(&silent, 4.0);
    let quiet = bench.media_of("video.loudness", json!({"video": "sample:video"}), json!({"target": -30})).await;
    let loud = bench.media_of("video.loudness", json!({"video": "sample:video"}), json!({"target": -16})).await;
    assert_plays(&bench, &loud).await;
    let rise = bench.loudness(&loud, 0.0, 4.0).await - bench.loudness(&quiet, 0.0, 4.0).await;
    assert!((rise - 14.0).abs() < 4.0, "{rise} dB");
    let (field, _) = bench.refusal("video.loudness", json!({"video": wired("video", &silent)}), json!({})).await;
    assert_eq!(field, "video");
}

#[tokio::test]
async fn the_silent_middle_is_cut_out() {
    let bench = Bench::new();
    let beep = bench.media_of("audio.tone", json!({}), json!({"seconds": 1})).await;
    let quiet = bench.media_of("audio.tone", json!({}), json!({"seconds": 2, "wave": "silence"})).await;
    let sounds = json!({"sounds": [wired("audio", &beep), wired("audio", &quiet), wired("audio", &beep)]});
    let sound = bench.media_of("audio.concat", sounds, json!({})).await;
    let inputs = json!({"video": "sample:video", "audio": wired("audio", &sound)});
    let film = bench.media_of("video.add_audio", inputs, json!({"repeat": false})).await;
    let params = json!({"margin": 0.1, "shortest": 0.5});
    let cut = bench.media_of("video.cut_silence", json!({"video": wired("video", &film)}), params.clone()).await;
    assert_plays(&bench, &cut).await;
    let seconds = cut.duration_millis.unwrap() as f64 / 1000.0;
    assert!((seconds - 2.2).abs() < 0.15, "{seconds}");
    let silent = bench.media_of("video.remove_audio", json!({"video": "sample:video"}), json!({})).await;
    let (field, _) = bench.refusal("video.cut_silence", json!({"video": wired("video", &silent)}), params).await;
    assert_eq!(field, "video");
}
