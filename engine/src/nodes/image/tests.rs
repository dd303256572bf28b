//! The picture nodes on real photographs.

use serde_json::{Value as Json, json};
use shared::value::Value;

use crate::{
    BlobStore,
    nodes::testing::{Bench, wired},
};

mod exact;
mod masks;

#[tokio::test]
async fn pictures_get_the_promised_size() {
    let bench = Bench::new();
    let photo = json!({"image": "sample:photo"});
    for (fit, size) in [("inside", (320, 180)), ("fill", (320, 320)), ("stretch", (320, 320)), ("pad", (320, 320))] {
        let params = json!({"width": 320, "height": 320, "fit": fit});
        let picture = bench.media_of("image.resize", photo.clone(), params).await;
        assert_eq!((picture.width, picture.height), (Some(size.0), Some(size.1)), "{fit}");
        assert_eq!(picture.mime, "image/png");
    }
    let params = json!({"width": 320, "height": 320, "fit": "pad", "padding": "#ff0000"});
    let padded = bench.pixels(&bench.media_of("image.resize", photo, params).await).await;
    assert_eq!((padded.get_pixel(5, 5).0, padded.get_pixel(160, 160).0 == [255, 0, 0, 255]), ([255, 0, 0, 255], false));
}

#[tokio::test]
async fn a_cut_is_where_it_was_asked_for() {
    let bench = Bench::new();
    let photo = json!({"image": "sample:photo"});
    let whole = bench.pixels(&bench.media(crate::samples::Sample::find("photo").unwrap()).await).await;
    let cut =
        bench.media_of("image.crop", photo.clone(), json!({"left": 100, "top": 50, "width": 40, "height": 30})).await;
    let cut = bench.pixels(&cut).await;
    assert_eq!((cut.dimensions(), cut.get_pixel(7, 9)), ((40, 30), whole.get_pixel(107, 59)));
    let square = bench.media_of("image.crop", photo, json!({"aspect": "1:1", "focus_x": 0})).await;
    let square = bench.pixels(&square).await;
    assert_eq!((square.dimensions(), square.get_pixel(0, 0)), ((720, 720), whole.get_pixel(0, 0)));
}

#[tokio::test]
async fn a_mask_limits_the_blur() {
    let bench = Bench::new();
    let before = bench.pixels(&bench.media(crate::samples::Sample::find("photo").unwrap()).await).await;
    let inputs = json!({"image": "sample:photo", "mask": "sample:mask"});
    let after = bench.pixels(&bench.media_of("image.blur", inputs, json!({"radius": 12})).await).await;
    let changed = |left: u32, top: u32| {
        let points = (left..left + 100).flat_map(|x| (top..top + 100).map(move |y| (x, y)));
        points.filter(|&(x, y)| before.get_pixel(x, y) != after.get_pixel(x, y)).count()
    };
    // The disc of the mask covers the large dandelion at the left; the right edge is black.
    assert!(changed(370, 200) > 8000, "{}", changed(370, 200));
    assert_eq!(changed(1100, 500), 0);
}

#[tokio::test]
async fn an_overlay_lies_where_it_was_put_and_keeps_the_size_of_the_lower_picture() {
    let bench = Bench::new();
    let red = bench.media_of("image.fill", Json::Null, json!({"width": 50, "height": 40, "color": "#ff0000"})).await;
    let inputs = json!({"image": "sample:photo", "overlay": wired("image", &red)});
    let params = json!({"place": "bottom_right", "margin": 10, "opacity": 100});
    let picture = bench.pixels(&bench.media_of("image.overlay", inputs.clone(), params).await).await;
    assert_eq!(picture.dimensions(), (1280, 720));
    assert_eq!(picture.pixels().filter(|pixel| pixel.0 == [255, 0, 0, 255]).count(), 50 * 40);
    assert_eq!(picture.get_pixel(1280 - 11, 720 - 11).0, [255, 0, 0, 255]);
    let params = json!({"scale": 50, "place": "top_left"});
    let half = bench.pixels(&bench.media_of("image.overlay", inputs, params).await).await;
    assert_eq!(half.get_pixel(639, 511).0, [255, 0, 0, 255]);
}

#[tokio::test]
async fn a_text_is_drawn_in_its_place() {
    let bench = Bench::new();
    let card = bench.media_of("image.fill", Json::Null, json!({"width": 640, "height": 360, "color": "#000000"})).await;
    let params = json!({"text": "Hello\nfilm", "size": 48, "color": "#ffffff", "place": "bottom_left", "margin": 20});
    let inputs = json!({"image": wired("image", &card)});
    let written = bench.media_of("image.draw_text", inputs.clone(), params.clone()).await;
    let pixels = bench.pixels(&written).await;
    let white: Vec<(u32, u32)> =
        pixels.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] > 200).map(|(x, y, _)| (x, y)).collect();
    assert!(white.len() > 1000, "{}", white.len());
    assert!(white.iter().all(|&(x, y)| (20..320).contains(&x) && (200..345).contains(&y)));
    let again = bench.media_of("image.draw_text", inputs, params).await;
    assert_eq!(again.blob, written.blob);
}

#[tokio::test]
async fn transparency_survives() {
    let bench = Bench::new();
    let inputs = json!({"image": "sample:photo", "mask": "sample:mask"});
    let cut = bench.media_of("image.cutout", inputs, Json::Null).await;
    let small = bench.media_of("image.resize", json!({"image": wired("image", &cut)}), json!({"width": 320})).await;
    let turned =
        bench.media_of("image.rotate", json!({"image": wired("image", &small)}), json!({"turn": "half"})).await;
    let pixels = bench.pixels(&turned).await;
    let clear = pixels.pixels().filter(|pixel| pixel.0[3] == 0).count();
    let solid = pixels.pixels().filter(|pixel| pixel.0[3] == 255).count();
    assert!(clear > 30_000 && solid > 1000, "{clear} clear, {solid} solid");
    // Half a turn brings the dandelion from the left to the right.
    assert!(pixels.get_pixel(215, 120).0[3] == 255 && pixels.get_pixel(40, 40).0[3] == 0);
}

#[tokio::test]
async fn a_photo_turns_grey_and_knows_its_size() {
    let bench = Bench::new();
    let gray = bench.media_of("image.grayscale", json!({"image": "sample:photo2"}), Json::Null).await;
    assert!(bench.pixels(&gray).await.pixels().all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2]));
    let facts = bench.run("image.info", json!({"image": "sample:photo2"}), Json::Null).await.unwrap();
    assert_eq!((&facts["width"], &facts["height"]), (&Value::Number(600.0), &Value::Number(400.0)));
}

#[tokio::test]
async fn bad_input_names_its_field() {
    let bench = Bench::new();
    let photo = json!({"image": "sample:photo"});
    let mut fake = bench.media(crate::samples::Sample::find("photo").unwrap()).await;
    fake.blob = bench.blobs.put(bytes::Bytes::from_static(b"\x89PNG\r\n\x1a\n no picture")).await.unwrap();
    let fake = json!({"image": wired("image", &fake)});
    for (node_type, inputs, params, field) in [
        ("image.load", json!({}), json!({"value": "sample:audio"}), "value"),
        ("image.load", json!({}), json!({}), "value"),
        ("image.resize", photo.clone(), json!({"width": 0, "height": 0}), "width"),
        ("image.resize", photo.clone(), json!({"width": 100_000}), "width"),
        ("image.resize", fake.clone(), json!({}), "image"),
        ("image.crop", photo.clone(), json!({"left": 5000}), "left"),
        ("image.draw_text", photo.clone(), json!({"text": "漢"}), "text"),
        ("image.draw_text", photo.clone(), json!({"color": "red"}), "color"),
        ("image.overlay", photo.clone(), json!({}), "overlay"),
        ("image.blur", json!({"image": "sample:video"}), json!({}), "image"),
    ] {
        let (named, message) = bench.refusal(node_type, inputs, params.clone()).await;
        assert_eq!(named, field, "{node_type} {params}: {message}");
    }
}
