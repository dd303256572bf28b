//! What happens to films in time.

use super::*;

#[tokio::test]
async fn a_reversed_film_ends_with_its_beginning() {
    let bench = Bench::new();
    let clip = bench.media(crate::samples::Sample::find("video").unwrap()).await;
    let (first, last) = (color_at(&bench, &clip, 0.0).await, color_at(&bench, &clip, 4.0).await);
    let back = bench.media_of("video.reverse", json!({"video": "sample:video"}), json!({})).await;
    assert_plays(&bench, &back).await;
    assert_seconds(&back, 4.0);
    assert!(distance(color_at(&bench, &back, 0.0).await, last) < 6.0);
    assert!(distance(color_at(&bench, &back, 4.0).await, first) < 6.0);
    let both = bench.media_of("video.reverse", json!({"video": "sample:video"}), json!({"way": "boomerang"})).await;
    assert_seconds(&both, 8.0);
    assert_eq!(both.has_audio, Some(true));
    assert!(distance(color_at(&bench, &both, 4.0).await, last) < 6.0);
    assert!(distance(color_at(&bench, &both, 8.0).await, first) < 6.0);
}

#[tokio::test]
async fn a_film_that_is_too_long_to_be_held_is_not_reversed() {
    let bench = Bench::new();
    let mut clip = bench.media(crate::samples::Sample::find("video").unwrap()).await;
    clip.duration_millis = Some(3_600_000);
    let (field, message) = bench.refusal("video.reverse", json!({"video": wired("video", &clip)}), json!({})).await;
    assert!(field == "video" && message.contains("at most"), "{message}");
}

#[tokio::test]
async fn lengths_are_as_asked() {
    let bench = Bench::new();
    for (node_type, params, seconds, fps) in [
        ("video.loop", json!({"times": 3}), 12.0, 24.0),
        ("video.loop", json!({"seconds": 5.5}), 5.5, 24.0),
        ("video.freeze", json!({"at": 1, "seconds": 1.5}), 5.5, 24.0),
        ("video.freeze", json!({"at": 0, "seconds": 1.5}), 5.5, 24.0),
        ("video.freeze", json!({"seconds": 1.5}), 5.5, 24.0),
        ("video.fps", json!({"fps": 12}), 4.0, 12.0),
        ("video.fps", json!({"fps": 30, "between": "blend"}), 4.0, 30.0),
    ] {
        let film = bench.media_of(node_type, json!({"video": "sample:video"}), params.clone()).await;
        assert_plays(&bench, &film).await;
        let measured = film.duration_millis.unwrap() as f64 / 1000.0;
        assert!((measured - seconds).abs() <= 0.1, "{node_type} {params}: {measured} s");
        assert_eq!((shape(&film), film.has_audio), ((640, 360, fps), Some(true)), "{node_type} {params}");
    }
}

#[tokio::test]
async fn a_held_picture_stands_still() {
    let bench = Bench::new();
    let film = bench.media_of("video.freeze", json!({"video": "sample:video"}), json!({"at": 2, "seconds": 2})).await;
    let (begin, end) = (color_at(&bench, &film, 2.2).await, color_at(&bench, &film, 3.8).await);
    assert!(distance(begin, end) < 2.0, "{begin:?} {end:?}");
    assert!(bench.loudness(&film, 2.2, 3.8).await < -60.0, "the sound pauses");
}

#[tokio::test]
async fn a_film_comes_out_of_a_colour_and_goes_into_it() {
    let bench = Bench::new();
    let params = json!({"fade_in": 1, "fade_out": 1, "color": "#ffffff"});
    let film = bench.media_of("video.fade", json!({"video": "sample:video"}), params).await;
    assert_plays(&bench, &film).await;
    assert_seconds(&film, 4.0);
    let (first, middle) = (color_at(&bench, &film, 0.0).await, color_at(&bench, &film, 2.0).await);
    assert!(first.iter().all(|c| *c > 245.0) && middle.iter().any(|c| *c < 200.0), "{first:?} {middle:?}");
    assert!(bench.loudness(&film, 3.8, 4.0).await < bench.loudness(&film, 1.5, 2.5).await - 10.0);
    let (field, _) = bench.refusal("video.fade", json!({"video": "sample:video"}), json!({"fade_in": 9})).await;
    assert_eq!(field, "fade_out");
}

#[tokio::test]
async fn a_film_falls_into_pieces_that_are_films() {
    let bench = Bench::new();
    let outputs = bench.run("video.split", json!({"video": "sample:video"}), json!({"seconds": 1.5})).await.unwrap();
    let Value::List(pieces) = &outputs["videos"] else { panic!("{outputs:?}") };
    let lengths: Vec<u64> = pieces.iter().map(|piece| piece.media().unwrap().duration_millis.unwrap()).collect();
    assert_eq!(lengths.len(), 3);
    assert!(lengths.iter().zip([1500, 1500, 1000]).all(|(is, shall)| is.abs_diff(shall) <= 60), "{lengths:?}");
    for piece in pieces {
        assert_plays(&bench, piece.media().unwrap()).await;
        assert_eq!(piece.media().unwrap().has_audio, Some(true));
    }
}
