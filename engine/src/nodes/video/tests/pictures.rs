//! What happens to the pictures of films: form, colour, sharpness.

use super::*;

async fn changed(bench: &Bench, node_type: &str, params: Json) -> Media {
    let film = bench.media_of(node_type, json!({"video": "sample:video"}), params).await;
    assert_plays(bench, &film).await;
    assert_seconds(&film, 4.0);
    assert_eq!((film.has_audio, film.fps), (Some(true), Some(24.0)), "{node_type}");
    film
}

async fn frame(bench: &Bench, film: &Media, at: f64) -> image::RgbaImage {
    let frame = bench.media_of("video.extract_frame", json!({"video": wired("video", film)}), json!({"at": at})).await;
    bench.pixels(&frame).await
}

/// How much neighbouring pixels differ: high for sharp pictures, low for smooth ones.
fn detail(picture: &image::RgbaImage) -> f64 {
    let pairs = picture.rows().flat_map(|row| {
        let greens: Vec<u8> = row.map(|pixel| pixel.0[1]).collect();
        greens.windows(2).map(|pair| f64::from(pair[0].abs_diff(pair[1]))).collect::<Vec<_>>()
    });
    pairs.sum::<f64>() / f64::from(picture.width() * picture.height())
}

async fn sample(bench: &Bench) -> Media {
    bench.media(crate::samples::Sample::find("video").unwrap()).await
}

#[tokio::test]
async fn a_film_is_cut_turned_and_framed() {
    let bench = Bench::new();
    let size = |film: &Media| (film.width.unwrap(), film.height.unwrap());
    let before = frame(&bench, &sample(&bench).await, 1.0).await;
    let square = changed(&bench, "video.crop", json!({"aspect": "1:1", "focus_x": 0})).await;
    assert_eq!(size(&square), (360, 360));
    let part = changed(&bench, "video.crop", json!({"left": 100, "top": 60, "width": 200, "height": 150})).await;
    assert_eq!(size(&part), (200, 150));
    let near = |a: image::Rgba<u8>, b: image::Rgba<u8>| a.0.iter().zip(b.0).all(|(a, b)| a.abs_diff(b) < 40);
    let cut = frame(&bench, &part, 1.0).await;
    assert!(near(*cut.get_pixel(50, 40), *before.get_pixel(150, 100)));
    let turned = changed(&bench, "video.rotate", json!({"turn": "right", "mirror": "vertical"})).await;
    assert_eq!(size(&turned), (360, 640));
    // A quarter clockwise brings (x, y) to (h-1-y, x); upside down, that is (h-1-y, w-1-x).
    let pixels = frame(&bench, &turned, 1.0).await;
    assert!(near(*pixels.get_pixel(359 - 100, 639 - 150), *before.get_pixel(150, 100)));
    let framed = changed(&bench, "video.letterbox", json!({"aspect": "1:1", "color": "#ff0000"})).await;
    assert_eq!(size(&framed), (640, 640));
    let bar = frame(&bench, &framed, 1.0).await.get_pixel(320, 40).0;
    assert!(bar[0] > 230 && bar[1] < 30, "{bar:?}");
}

#[tokio::test]
async fn colours_change_as_asked() {
    let bench = Bench::new();
    let before = color_at(&bench, &sample(&bench).await, 3.5).await;
    let spread = |[r, g, b]: [f64; 3]| r.max(g).max(b) - r.min(g).min(b);
    let grey = changed(&bench, "video.adjust", json!({"saturation": -100})).await;
    assert!(spread(color_at(&bench, &grey, 3.5).await) < 3.0 && spread(before) > 30.0);
    let blue = changed(&bench, "video.color_balance", json!({"blue": 60, "red": -60})).await;
    let after = color_at(&bench, &blue, 3.5).await;
    assert!(after[2] > before[2] + 8.0 && after[0] < before[0] - 8.0, "{before:?} {after:?}");
    let noir = changed(&bench, "video.lut", json!({"look": "noir"})).await;
    assert!(spread(color_at(&bench, &noir, 3.5).await) < 3.0);
    let none = changed(&bench, "video.lut", json!({"look": "noir", "strength": 0})).await;
    let after = color_at(&bench, &none, 3.5).await;
    assert!(distance(after, before) < 9.0, "{before:?} {after:?}");
}

#[tokio::test]
async fn a_table_of_colours_is_taken_from_a_file() {
    let bench = Bench::new();
    let mut cube = "LUT_3D_SIZE 2\n".to_owned();
    (0..8).for_each(|i| cube += &format!("{} {} {}\n", i >> 2 & 1, i >> 1 & 1, i & 1));
    let blob = bench.blobs.put(cube.into_bytes().into()).await.unwrap();
    let table = json!({"type": "file", "value": {"blob": blob, "mime": "text/plain", "size_bytes": 100}});
    let inputs = json!({"video": "sample:video", "lut": table});
    let swapped = bench.media_of("video.lut", inputs, json!({})).await;
    let (before, after) = (color_at(&bench, &sample(&bench).await, 3.5).await, color_at(&bench, &swapped, 3.5).await);
    assert!(distance([before[2], before[1], before[0]], after) < 12.0, "{before:?} {after:?}");
}

#[tokio::test]
async fn details_come_and_go() {
    let bench = Bench::new();
    let before = detail(&frame(&bench, &sample(&bench).await, 3.5).await);
    for (node_type, params, more) in [
        ("video.sharpen", json!({"amount": 200}), true),
        ("video.denoise", json!({"strength": 20}), false),
        ("video.blur", json!({"strength": 8}), false),
    ] {
        let film = changed(&bench, node_type, params).await;
        let after = detail(&frame(&bench, &film, 3.5).await);
        assert_eq!(after > before, more, "{node_type}: {before} before, {after} after");
        assert!((after - before).abs() > before * 0.05, "{node_type}: {before} before, {after} after");
    }
}

#[tokio::test]
async fn only_the_part_is_hidden() {
    let bench = Bench::new();
    let part = json!({"kind": "pixelate", "strength": 24, "left": 50, "width": 50, "end": 2});
    let film = changed(&bench, "video.blur", part).await;
    let before = frame(&bench, &sample(&bench).await, 1.0).await;
    let half = |picture: &image::RgbaImage, left: u32| {
        detail(&image::imageops::crop_imm(picture, left, 0, 320, 360).to_image())
    };
    let after = frame(&bench, &film, 1.0).await;
    assert!(half(&after, 320) < half(&before, 320) * 0.6, "{} {}", half(&after, 320), half(&before, 320));
    assert!((half(&after, 0) / half(&before, 0) - 1.0).abs() < 0.2);
    let later = frame(&bench, &film, 3.0).await;
    assert!(half(&later, 320) > half(&after, 320) * 1.2, "it is over after two seconds");
}

#[tokio::test]
async fn a_steady_film_keeps_its_form() {
    let bench = Bench::new();
    let film = changed(&bench, "video.stabilize", json!({"crop": 4})).await;
    assert_eq!(shape(&film), (640, 360, 24.0));
}

#[tokio::test]
async fn a_screen_is_replaced_and_what_stands_before_it_stays() {
    let bench = Bench::new();
    // A coffee on a green screen: the picture covers the middle of it.
    let screen =
        bench.media_of("image.fill", json!({}), json!({"width": 320, "height": 180, "color": "#00b140"})).await;
    let inputs = json!({"image": wired("image", &screen), "overlay": "sample:photo2"});
    let scene = bench.media_of("image.overlay", inputs, json!({"scale": 40})).await;
    let params = json!({"seconds": 0.5, "size": "640x360", "motion": "still"});
    let film = bench.media_of("video.from_images", json!({"images": [wired("image", &scene)]}), params).await;
    let video = wired("video", &film);
    let before = frame(&bench, &film, 0.2).await;
    for (inputs, red) in [
        (json!({"video": video}), true),
        (json!({"video": video, "picture": "sample:photo5"}), false),
        (json!({"video": video, "background": "sample:video"}), false),
    ] {
        let keyed = bench.media_of("video.chroma_key", inputs.clone(), json!({"behind": "#ff0000"})).await;
        assert_plays(&bench, &keyed).await;
        assert_seconds(&keyed, 0.5);
        let after = frame(&bench, &keyed, 0.2).await;
        let (corner, middle) = (after.get_pixel(40, 40).0, after.get_pixel(320, 180).0);
        assert!(corner[1] < 140, "the screen is gone: {corner:?}");
        assert_eq!(corner[0] > 220 && corner[1] < 40, red, "{corner:?}");
        let kept = middle.iter().zip(before.get_pixel(320, 180).0).all(|(a, b)| a.abs_diff(b) < 40);
        assert!(kept, "{middle:?}");
    }
}
