//! Pictures out of films, and back.

use super::*;

fn pictures(outputs: &shared::value::Values) -> Vec<Media> {
    let Value::List(images) = &outputs["images"] else { panic!("{outputs:?}") };
    images.iter().map(|image| image.media().unwrap().clone()).collect()
}

#[tokio::test]
async fn frames_come_out_and_go_in_again() {
    let bench = Bench::new();
    let film = json!({"video": "sample:video"});
    for (params, count) in [
        (json!({"every": 1, "width": 160}), 4),
        (json!({"count": 7, "width": 160}), 7),
        (json!({"every": 0, "width": 64}), 96),
    ] {
        let outputs = bench.run("video.extract_frames", film.clone(), params.clone()).await.unwrap();
        let frames = pictures(&outputs);
        assert_eq!(frames.len(), count, "{params}");
        assert!(frames.iter().all(|frame| frame.width == params["width"].as_u64().map(|width| width as u32)));
        let inputs = json!({"images": frames.iter().map(|frame| wired("image", frame)).collect::<Vec<_>>()});
        let again = bench.media_of("video.from_frames", inputs, json!({"fps": 12})).await;
        assert_plays(&bench, &again).await;
        assert_seconds(&again, count as f64 / 12.0);
    }
    let (field, _) = bench.refusal("video.extract_frames", film, json!({"every": 0.001})).await;
    assert_eq!(field, "every");
}

#[tokio::test]
async fn the_last_frame_is_the_last_one() {
    let bench = Bench::new();
    let clip = bench.media(crate::samples::Sample::find("video").unwrap()).await;
    let frame = bench.media_of("video.last_frame", json!({"video": "sample:video"}), json!({})).await;
    let at_end = bench.media_of("video.extract_frame", json!({"video": wired("video", &clip)}), json!({"at": 4})).await;
    assert!(bench.pixels(&frame).await == bench.pixels(&at_end).await, "the same pixels");
}

#[tokio::test]
async fn a_sheet_holds_as_many_pictures_as_it_says() {
    let bench = Bench::new();
    let params = json!({"columns": 3, "rows": 2, "cell_width": 160, "gap": 10, "color": "#ff0000"});
    let sheet = bench.media_of("video.contact_sheet", json!({"video": "sample:video"}), params).await;
    assert_eq!((sheet.width, sheet.height), (Some(3 * 160 + 4 * 10), Some(2 * 90 + 3 * 10)));
    let pixels = bench.pixels(&sheet).await;
    assert_eq!(pixels.get_pixel(5, 5).0, [255, 0, 0, 255]);
    // The last cell shows the coffee of the clip's end, the first one its dandelions.
    let (first, last) = (pixels.get_pixel(90, 55).0, pixels.get_pixel(430, 155).0);
    assert!(first != last && last != [255, 0, 0, 255], "{first:?} {last:?}");
    let thumbnail = bench.media_of("video.thumbnail", json!({"video": "sample:video"}), json!({"width": 320})).await;
    assert_eq!((thumbnail.width, thumbnail.height), (Some(320), Some(180)));
}
