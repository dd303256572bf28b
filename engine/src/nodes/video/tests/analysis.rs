//! What is measured in films: cuts, motion, camera.

use super::*;

async fn moving(bench: &Bench, motion: &str, picture: &str, seconds: f64) -> Media {
    let params = json!({"seconds": seconds, "size": "640x360", "motion": motion, "strength": 30});
    bench.media_of("video.from_images", json!({"images": [picture]}), params).await
}

#[tokio::test]
async fn the_camera_is_recognised() {
    let bench = Bench::new();
    for (motion, camera) in [
        ("still", "static"),
        ("zoom_in", "zoom_in"),
        ("zoom_out", "zoom_out"),
        ("pan_right", "pan_right"),
        ("pan_left", "pan_left"),
        ("pan_up", "tilt_up"),
        ("pan_down", "tilt_down"),
    ] {
        let film = moving(&bench, motion, "sample:photo4", 2.0).await;
        let found = bench.run("video.analyze", json!({"video": wired("video", &film)}), json!({})).await.unwrap();
        assert_eq!(found["camera"], Value::Text(camera.into()), "{motion}: {found:?}");
        let Value::Number(score) = found["motion"] else { panic!("{found:?}") };
        assert_eq!(score < 0.02, motion == "still", "{motion}: {score}");
        assert!((0.0..=1.0).contains(&score));
        assert_eq!(found["cuts"], Value::Number(0.0));
        let Value::Json(json) = &found["json"] else { panic!("{found:?}") };
        assert_eq!(
            (&json["frames"], &json["aspect_ratio"], &json["codec"]),
            (&48.into(), &"16:9".into(), &"h264".into())
        );
        // What nobody looked for is not told.
        assert!(json.get("face_count").is_none() && json.get("text_overlay").is_none());
    }
}

#[tokio::test]
async fn cuts_are_found_to_the_picture_and_films_fall_apart_there() {
    let bench = Bench::new();
    let mut films = Vec::new();
    for picture in ["sample:photo", "sample:photo2", "sample:photo5"] {
        films.push(wired("video", &moving(&bench, "zoom_in", picture, 1.0).await));
    }
    let film = bench.media_of("video.concat", json!({"videos": films}), json!({})).await;
    let film = json!({"video": wired("video", &film)});
    let found = bench.run("video.scenes", film.clone(), json!({})).await.unwrap();
    let Value::List(cuts) = &found["cuts"] else { panic!("{found:?}") };
    let times: Vec<f64> =
        cuts.iter().filter_map(|cut| if let Value::Number(at) = cut { Some(*at) } else { None }).collect();
    assert!(times.len() == 2 && (times[0] - 1.0).abs() < 0.03 && (times[1] - 2.0).abs() < 0.03, "{times:?}");
    assert_eq!(found["count"], Value::Number(3.0));
    let outputs = bench.run("video.split_scenes", film.clone(), json!({})).await.unwrap();
    let Value::List(pieces) = &outputs["videos"] else { panic!("{outputs:?}") };
    assert_eq!(pieces.len(), 3);
    for piece in pieces {
        assert_plays(&bench, piece.media().unwrap()).await;
        assert_seconds(piece.media().unwrap(), 1.0);
        // No picture of a neighbour at either end: a piece has no cut.
        let inner = bench.run("video.scenes", json!({"video": wired("video", piece.media().unwrap())}), json!({}));
        assert_eq!(inner.await.unwrap()["count"], Value::Number(1.0));
    }
    let analysis = bench.run("video.analyze", film, json!({})).await.unwrap();
    assert_eq!((&analysis["cuts"], &analysis["camera"]), (&Value::Number(2.0), &Value::Text("zoom_in".into())));
}
