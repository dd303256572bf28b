//! Masks, regions, and what is made of parts.

use super::*;

async fn card(bench: &Bench, width: u32, height: u32, color: &str) -> shared::value::Media {
    bench.media_of("image.fill", json!({}), json!({"width": width, "height": height, "color": color})).await
}

fn white(mask: &image::RgbaImage) -> f64 {
    mask.pixels().filter(|pixel| pixel.0[0] >= 128).count() as f64 / f64::from(mask.width() * mask.height())
}

#[tokio::test]
async fn masks_mean_what_they_say() {
    let bench = Bench::new();
    let green = card(&bench, 80, 60, "#00b140").await;
    let red = card(&bench, 40, 30, "#ff0000").await;
    let inputs = json!({"image": wired("image", &green), "overlay": wired("image", &red)});
    let scene = wired("image", &bench.media_of("image.overlay", inputs, json!({"place": "top_left"})).await);
    for (node_type, params, share) in [
        ("mask.from_color", json!({"color": "#ff0000"}), 0.25),
        ("mask.from_luminance", json!({"from": 0, "to": 30, "softness": 0}), 0.25),
        ("mask.from_alpha", json!({}), 1.0),
        ("mask.shape", json!({"shape": "rectangle", "left": 0, "top": 0, "width": 50, "height": 50}), 0.25),
        ("mask.shape", json!({"shape": "ellipse", "left": 0, "top": 0, "width": 100, "height": 100}), 0.785),
        ("mask.shape", json!({"shape": "across", "left": 0, "top": 0, "width": 100, "height": 100}), 0.5),
    ] {
        let mask = bench.media_of(node_type, json!({"image": scene}), params.clone()).await;
        let found = white(&bench.pixels(&mask).await);
        assert!((found - share).abs() < 0.02, "{node_type} {params}: {found} instead of {share}");
        assert_eq!((mask.width, mask.height), (Some(80), Some(60)));
        let turned = bench.media_of("mask.invert", json!({"mask": wired("mask", &mask)}), json!({})).await;
        assert!((white(&bench.pixels(&turned).await) + found - 1.0).abs() < 0.02);
    }
}

#[tokio::test]
async fn masks_combine() {
    let bench = Bench::new();
    let half = |left: u32| {
        json!({"shape": "rectangle", "left": left, "top": 0, "width": 50, "height": 100,
        "mask_width": 100, "mask_height": 50})
    };
    let first = wired("mask", &bench.media_of("mask.shape", json!({}), half(0)).await);
    let second = wired("mask", &bench.media_of("mask.shape", json!({}), half(25)).await);
    for (together, share) in [("union", 0.75), ("intersection", 0.25), ("difference", 0.25), ("either", 0.5)] {
        let inputs = json!({"first": first, "second": second});
        let mask = bench.media_of("mask.combine", inputs, json!({"together": together})).await;
        let found = white(&bench.pixels(&mask).await);
        assert!((found - share).abs() < 0.03, "{together}: {found}");
    }
    let soft = bench.media_of("mask.feather", json!({"mask": first}), json!({"radius": 6})).await;
    let pixels = bench.pixels(&soft).await;
    let grey = pixels.pixels().filter(|pixel| (20..236).contains(&pixel.0[0])).count();
    assert!(grey > 200, "{grey}");
}

#[tokio::test]
async fn a_region_goes_out_and_comes_back() {
    let bench = Bench::new();
    let inputs = json!({"image": "sample:photo", "mask": "sample:mask"});
    let cut =
        bench.run("image.inpaint_crop", inputs, json!({"size": 256, "context": 20, "multiple": 64})).await.unwrap();
    let part = cut["image"].media().unwrap();
    assert!(part.width.unwrap() % 64 == 0 && part.height.unwrap() % 64 == 0, "{part:?}");
    let Value::Json(region) = &cut["region"] else { panic!("{cut:?}") };
    // Painted all red, only what the mask means becomes red.
    let red = card(&bench, part.width.unwrap(), part.height.unwrap(), "#ff0000").await;
    let inputs = json!({"image": "sample:photo", "part": wired("image", &red), "mask": "sample:mask",
        "region": {"type": "json", "value": region}});
    let pasted = bench.pixels(&bench.media_of("image.inpaint_paste", inputs, json!({"feather": 4})).await).await;
    let before = bench.pixels(&bench.media(crate::samples::Sample::find("photo").unwrap()).await).await;
    let mask = bench.pixels(&bench.media(crate::samples::Sample::find("mask").unwrap()).await).await;
    let (mut inside, mut outside) = (0, 0);
    for ((after, before), mask) in pasted.pixels().zip(before.pixels()).zip(mask.pixels()) {
        inside += u32::from(mask.0[0] == 255 && after.0[0] > 240 && after.0[1] < 30);
        outside += u32::from(mask.0[0] == 0 && after.0[..3] != before.0[..3]);
    }
    let meant = mask.pixels().filter(|pixel| pixel.0[0] == 255).count() as f64;
    assert!(f64::from(inside) > meant * 0.9, "{inside} of {meant}");
    // The feather reaches a little out of the mask, and no further.
    assert!(f64::from(outside) < meant * 0.2, "{outside}");
    assert!(pasted.get_pixel(1270, 10) == before.get_pixel(1270, 10));
    let nothing = json!({"image": "sample:photo", "mask": wired("mask", &card(&bench, 64, 64, "#000000").await)});
    assert_eq!(bench.refusal("image.inpaint_crop", nothing, json!({})).await.0, "mask");
}

#[tokio::test]
async fn room_is_made_around_a_picture() {
    let bench = Bench::new();
    let photo = json!({"image": "sample:photo6"});
    let before = bench.pixels(&bench.media(crate::samples::Sample::find("photo6").unwrap()).await).await;
    for room in ["plain", "edge", "mirror", "transparent"] {
        let params = json!({"left": 30, "top": 20, "room": room, "overlap": 4});
        let padded = bench.run("image.pad", photo.clone(), params).await.unwrap();
        let image = bench.pixels(padded["image"].media().unwrap()).await;
        assert_eq!(image.dimensions(), (451 + 30, 300 + 20));
        assert!(image.get_pixel(30 + 100, 20 + 100) == before.get_pixel(100, 100), "{room}");
        let mask = bench.pixels(padded["mask"].media().unwrap()).await;
        let at = |x: u32, y: u32| mask.get_pixel(x, y).0[0];
        assert_eq!((at(0, 0), at(33, 100), at(34, 24), at(480, 319)), (255, 255, 0, 0), "{room}");
    }
}

#[tokio::test]
async fn drawn_things_are_where_they_belong() {
    let bench = Bench::new();
    let code = bench.media_of("image.qr_code", json!({}), json!({"text": "https://example.com/", "size": 200})).await;
    let pixels = bench.pixels(&code).await;
    // Every code begins with a square of seven modules in three of its corners, four modules from the edge.
    let module = pixels.width() / (25 + 8);
    let at = |x: u32, y: u32| pixels.get_pixel((x + 4) * module + 1, (y + 4) * module + 1).0[0];
    assert_eq!(pixels.width() % module, 0);
    assert_eq!([at(0, 0), at(1, 1), at(3, 3), at(7, 7), at(24, 0), at(0, 24)], [0, 255, 0, 255, 0, 0]);

    let paper = wired("image", &card(&bench, 100, 100, "#ffffff").await);
    let params =
        json!({"shape": "ellipse", "left": 0, "top": 0, "width": 100, "height": 100, "line": 0, "color": "#000000"});
    let disc = bench.pixels(&bench.media_of("image.draw_shape", json!({"image": paper}), params).await).await;
    let dark = disc.pixels().filter(|pixel| pixel.0[0] < 128).count() as f64 / 10_000.0;
    assert!((dark - std::f64::consts::PI / 4.0).abs() < 0.01, "{dark}");

    let bordered = json!({"image": paper, "overlay": wired("image", &card(&bench, 30, 20, "#336699").await)});
    let scene = bench.media_of("image.overlay", bordered, json!({"place": "center"})).await;
    let trimmed = bench.media_of("image.trim", json!({"image": wired("image", &scene)}), json!({"margin": 5})).await;
    assert_eq!((trimmed.width, trimmed.height), (Some(40), Some(30)));
    let color = bench.run("image.color_at", json!({"image": wired("image", &scene)}), json!({})).await.unwrap();
    assert_eq!(color["color"], Value::Text("#336699".into()));
    let palette =
        bench.run("image.palette", json!({"image": wired("image", &scene)}), json!({"count": 2})).await.unwrap();
    assert_eq!(palette["colors"], Value::List(vec![Value::Text("#ffffff".into()), Value::Text("#336699".into())]));
}

#[tokio::test]
async fn grain_depends_on_its_seed_only() {
    let bench = Bench::new();
    let grain = |seed: u32| bench.media_of("image.noise", json!({"image": "sample:photo6"}), json!({"seed": seed}));
    let (one, again, other) = (grain(1).await, grain(1).await, grain(2).await);
    assert!(one.blob == again.blob && one.blob != other.blob);
}
