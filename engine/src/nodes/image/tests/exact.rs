//! Operations that have a formula: pixel for pixel, or by their distance in decibels.

use super::*;
use image::{DynamicImage, ImageFormat, Rgb, Rgba, RgbaImage};
use shared::value::Media;

async fn store(bench: &Bench, picture: DynamicImage) -> Media {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let blob = bench.blobs.put(bytes.into_inner().into()).await.unwrap();
    crate::media::describe(&*bench.blobs, &blob, None).await.unwrap()
}

/// A picture in which every pixel is different from its neighbours.
fn checker(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, |x, y| {
        Rgba([(x * 7 % 256) as u8, (y * 11 % 256) as u8, ((x + y) * 3 % 256) as u8, 255])
    }))
}

async fn made(bench: &Bench, node_type: &str, image: &Media, params: Json) -> RgbaImage {
    let media = bench.media_of(node_type, json!({"image": wired("image", image)}), params).await;
    bench.pixels(&media).await
}

fn psnr(a: &RgbaImage, b: &RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let squares: f64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0f64.powi(2) / (squares / a.as_raw().len() as f64).max(1e-12)).log10()
}

#[tokio::test]
async fn tones_follow_their_formulas() {
    let bench = Bench::new();
    let before = checker(64, 48).into_rgba8();
    let image = store(&bench, DynamicImage::ImageRgba8(before.clone())).await;
    type Formula = fn(f64) -> f64;
    let cases: [(&str, Json, Formula); 5] = [
        ("image.levels", json!({"black": 50, "white": 200}), |v| ((v - 50.0) / 150.0).clamp(0.0, 1.0) * 255.0),
        ("image.levels", json!({"gamma": 2}), |v| (v / 255.0).sqrt() * 255.0),
        ("image.invert", json!({}), |v| 255.0 - v),
        ("image.posterize", json!({"tones": 2}), |v| if v < 127.5 { 0.0 } else { 255.0 }),
        ("image.curves", json!({"points": [[0, 255], [255, 0]]}), |v| 255.0 - v),
    ];
    for (node_type, params, formula) in cases {
        let after = made(&bench, node_type, &image, params.clone()).await;
        for (was, is) in before.pixels().zip(after.pixels()) {
            for c in 0..3 {
                let expected = formula(f64::from(was.0[c]));
                assert!((f64::from(is.0[c]) - expected).abs() <= 1.0, "{node_type} {params}: {} {}", was.0[c], is.0[c]);
            }
        }
    }
    for (node_type, params) in [
        ("image.hue", json!({})),
        ("image.color_balance", json!({})),
        ("image.curves", json!({})),
        ("image.lut", json!({"strength": 0})),
        ("image.sharpen", json!({"amount": 0})),
        ("image.vignette", json!({"strength": 0})),
        ("image.transform", json!({})),
        ("image.perspective", json!({})),
    ] {
        let after = made(&bench, node_type, &image, params).await;
        assert!(psnr(&before, &after) > 50.0, "{node_type} changes the picture: {} dB", psnr(&before, &after));
    }
    let red = made(&bench, "image.hue", &image, json!({"saturation": -100})).await;
    assert!(red.pixels().all(|p| p.0[0].abs_diff(p.0[1]) <= 1 && p.0[1].abs_diff(p.0[2]) <= 1));
}

#[tokio::test]
async fn sixteen_bits_stay_sixteen_bits() {
    let bench = Bench::new();
    let deep = image::ImageBuffer::from_fn(64, 32, |x, y| Rgb([(x * 1000 + 7) as u16, (y * 2000 + 3) as u16, 777]));
    let image = store(&bench, DynamicImage::ImageRgb16(deep)).await;
    for (node_type, params) in [
        ("image.resize", json!({"width": 32, "height": 16})),
        ("image.crop", json!({"width": 20, "height": 10})),
        ("image.rotate", json!({"turn": "right"})),
        ("image.levels", json!({"gamma": 1.1})),
        ("image.convert", json!({"format": "png"})),
        ("image.convert", json!({"format": "tiff"})),
    ] {
        let media = bench.media_of(node_type, json!({"image": wired("image", &image)}), params).await;
        let bytes = bench.blobs.read(&media.blob).await.unwrap();
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!(picture.color(), image::ColorType::Rgb16, "{node_type}");
        let fine = picture.into_rgb16().pixels().filter(|p| p.0[0] % 257 != 0).count();
        assert!(fine > 100, "{node_type} holds eight bits in sixteen");
    }
    let facts = bench.run("image.metadata", json!({"image": wired("image", &image)}), json!({})).await.unwrap();
    assert_eq!(facts["bits"], Value::Number(16.0));
}

#[tokio::test]
async fn what_is_turned_round_comes_back() {
    let bench = Bench::new();
    let photo =
        bench.media_of("image.resize", json!({"image": "sample:photo6"}), json!({"width": 256, "height": 0})).await;
    let before = bench.pixels(&photo).await;
    // Three times a quarter turn and a last one.
    let mut turned = photo.clone();
    for _ in 0..4 {
        turned =
            bench.media_of("image.transform", json!({"image": wired("image", &turned)}), json!({"angle": 90})).await;
    }
    assert!(psnr(&before, &bench.pixels(&turned).await) > 45.0);
    let corners = json!([[10, 5], [90, 15], [85, 90], [5, 100]]);
    let there = bench
        .media_of("image.perspective", json!({"image": wired("image", &photo)}), json!({"corners": corners}))
        .await;
    let params = json!({"corners": corners, "direction": "from"});
    let back = made(&bench, "image.perspective", &there, params).await;
    let inner = |picture: &RgbaImage| image::imageops::crop_imm(picture, 20, 20, 200, 120).to_image();
    assert!(psnr(&inner(&before), &inner(&back)) > 26.0, "{} dB", psnr(&inner(&before), &inner(&back)));
}

#[tokio::test]
async fn channels_and_parts_come_together_again() {
    let bench = Bench::new();
    let before = checker(60, 40).into_rgba8();
    let image = store(&bench, DynamicImage::ImageRgba8(before.clone())).await;
    let split = bench.run("image.split_channels", json!({"image": wired("image", &image)}), json!({})).await.unwrap();
    let channel = |name: &str| wired("mask", split[name].media().unwrap());
    let inputs =
        json!({"red": channel("red"), "green": channel("green"), "blue": channel("blue"), "alpha": channel("alpha")});
    let merged = bench.media_of("image.merge_channels", inputs, json!({})).await;
    assert!(bench.pixels(&merged).await == before);

    let params = json!({"columns": 3, "rows": 2});
    let parts = bench.run("image.split_grid", json!({"image": wired("image", &image)}), params).await.unwrap();
    let Value::List(parts) = &parts["images"] else { panic!("{parts:?}") };
    let parts: Vec<Json> = parts.iter().map(|part| wired("image", part.media().unwrap())).collect();
    let params = json!({"columns": 3, "cell_width": 20, "cell_height": 20, "gap": 0});
    let grid = bench.media_of("image.grid", json!({"images": parts}), params).await;
    assert!(bench.pixels(&grid).await == before);

    let tiled = made(&bench, "image.tile", &image, json!({"columns": 2, "rows": 1, "mirror": true})).await;
    assert_eq!(
        (tiled.dimensions(), tiled.get_pixel(60, 5), tiled.get_pixel(119, 5)),
        ((120, 40), before.get_pixel(59, 5), before.get_pixel(0, 5))
    );
}

#[tokio::test]
async fn kinds_of_files_keep_their_pixels() {
    let bench = Bench::new();
    let photo =
        bench.media_of("image.resize", json!({"image": "sample:photo6"}), json!({"width": 200, "height": 0})).await;
    let before = bench.pixels(&photo).await;
    for (format, mime) in [
        ("png", "image/png"),
        ("webp", "image/webp"),
        ("tiff", "image/tiff"),
        ("bmp", "image/bmp"),
        ("jpeg", "image/jpeg"),
    ] {
        let inputs = json!({"image": wired("image", &photo)});
        let media = bench.media_of("image.convert", inputs, json!({"format": format, "quality": 95})).await;
        assert_eq!(media.mime, mime);
        let distance = psnr(&before, &bench.pixels(&media).await);
        assert!(
            if format == "jpeg" { (35.0..80.0).contains(&distance) } else { distance > 100.0 },
            "{format}: {distance}"
        );
    }
    let clear =
        bench.media_of("image.cutout", json!({"image": "sample:photo", "mask": "sample:mask"}), json!({})).await;
    let inputs = json!({"image": wired("image", &clear)});
    let flat = bench.media_of("image.convert", inputs, json!({"format": "jpeg", "background": "#ff0000"})).await;
    let corner = bench.pixels(&flat).await.get_pixel(5, 5).0;
    assert!(corner[0] > 240 && corner[1] < 20, "{corner:?}");
}

#[tokio::test]
async fn comparing_tells_how_alike_pictures_are() {
    let bench = Bench::new();
    let same = json!({"first": "sample:photo6", "second": "sample:photo6"});
    let found = bench.run("image.compare", same, json!({})).await.unwrap();
    assert_eq!((&found["same"], found.get("psnr")), (&Value::Bool(true), None));
    let black = store(&bench, DynamicImage::ImageRgba8(RgbaImage::from_pixel(16, 16, Rgba([0, 0, 0, 255])))).await;
    let grey = store(&bench, DynamicImage::ImageRgba8(RgbaImage::from_pixel(16, 16, Rgba([16, 16, 16, 255])))).await;
    let inputs = json!({"first": wired("image", &black), "second": wired("image", &grey)});
    let found = bench.run("image.compare", inputs, json!({})).await.unwrap();
    // 16 of 255 in three of four channels.
    let Value::Number(distance) = found["psnr"] else { panic!("{found:?}") };
    assert!((distance - 10.0 * (255.0f64.powi(2) / (256.0 * 0.75)).log10()).abs() < 1e-6, "{distance}");
}
