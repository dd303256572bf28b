//! The sound nodes on a real guitar.

use serde_json::{Value as Json, json};
use shared::value::{Media, Value};

use crate::nodes::testing::{Bench, wired};

mod library;

fn assert_sound(media: &Media, seconds: f64) {
    assert_eq!((media.mime.starts_with("audio/"), media.codec.as_deref()), (true, Some("aac")), "{}", media.mime);
    let measured = media.duration_millis.unwrap() as f64 / 1000.0;
    assert!((measured - seconds).abs() <= 0.06, "{measured} s instead of {seconds} s");
}

#[tokio::test]
async fn every_wave_sounds_but_silence() {
    let bench = Bench::new();
    for wave in ["sine", "square", "triangle", "sawtooth", "noise", "silence"] {
        let params = json!({"wave": wave, "seconds": 0.5, "frequency": 300});
        let tone = bench.media_of("audio.tone", Json::Null, params.clone()).await;
        assert_sound(&tone, 0.5);
        let loudness = bench.loudness(&tone, 0.1, 0.4).await;
        assert_eq!(loudness > -30.0, wave != "silence", "{wave}: {loudness} dB");
        assert_eq!(Bench::new().media_of("audio.tone", Json::Null, params).await.blob, tone.blob, "{wave}");
    }
}

#[tokio::test]
async fn a_trim_keeps_the_part() {
    let bench = Bench::new();
    let part = bench.media_of("audio.trim", json!({"audio": "sample:audio"}), json!({"start": 2, "end": 3.5})).await;
    assert_sound(&part, 1.5);
}

#[tokio::test]
async fn a_mix_is_as_long_as_the_longest_and_heeds_the_volumes() {
    let bench = Bench::new();
    let tone = bench.media_of("audio.tone", Json::Null, json!({"seconds": 1})).await;
    let inputs = json!({"sounds": [wired("audio", &tone), "sample:audio"]});
    let loud = bench.media_of("audio.mix", inputs.clone(), json!({"volumes": [100, 0]})).await;
    let quiet = bench.media_of("audio.mix", inputs, json!({"volumes": [10, 0]})).await;
    assert_sound(&loud, 10.0);
    let (loud_db, quiet_db) = (bench.loudness(&loud, 0.2, 0.8).await, bench.loudness(&quiet, 0.2, 0.8).await);
    assert!((loud_db - quiet_db - 20.0).abs() < 1.5, "{loud_db} dB and {quiet_db} dB");
    assert!(bench.loudness(&loud, 2.0, 9.0).await < -80.0);
}

#[tokio::test]
async fn fades_and_gain_change_the_loudness() {
    let bench = Bench::new();
    let tone = wired("audio", &bench.media_of("audio.tone", Json::Null, json!({"seconds": 3})).await);
    let faded = bench.media_of("audio.fade", json!({"audio": tone}), json!({"fade_in": 1, "fade_out": 1})).await;
    assert_sound(&faded, 3.0);
    let (early, middle) = (bench.loudness(&faded, 0.0, 0.2).await, bench.loudness(&faded, 1.2, 1.8).await);
    assert!(early < middle - 10.0, "{early} dB, then {middle} dB");
    let quiet = bench.media_of("audio.gain", json!({"audio": tone}), json!({"gain": -12})).await;
    let drop = bench.loudness(&quiet, 1.2, 1.8).await - middle;
    assert!((drop + 12.0).abs() < 0.5, "{drop} dB");
}

#[tokio::test]
async fn the_facts_of_a_sound_are_told() {
    let facts = Bench::new().run("audio.info", json!({"audio": "sample:audio"}), Json::Null).await.unwrap();
    assert!(matches!(facts["seconds"], Value::Number(seconds) if (seconds - 10.0).abs() < 0.1), "{facts:?}");
    assert_eq!(facts["codec"], Value::Text("mp3".into()));
}

#[tokio::test]
async fn bad_input_names_its_field() {
    let bench = Bench::new();
    let guitar = json!({"audio": "sample:audio"});
    for (node_type, inputs, params, field) in [
        ("audio.load", json!({}), json!({"value": "sample:photo"}), "value"),
        ("audio.tone", json!({}), json!({"seconds": 0}), "seconds"),
        ("audio.tone", json!({}), json!({"wave": "purple"}), "wave"),
        ("audio.trim", guitar.clone(), json!({"start": 11}), "start"),
        ("audio.trim", guitar.clone(), json!({"start": 3, "end": 1}), "end"),
        ("audio.fade", guitar.clone(), json!({"fade_in": 6, "fade_out": 6}), "fade_out"),
        ("audio.mix", json!({"sounds": "sample:audio"}), json!({"volumes": "loud"}), "volumes"),
        ("audio.mix", json!({"sounds": {"type": "list", "value": []}}), json!({}), "sounds"),
    ] {
        let (named, message) = bench.refusal(node_type, inputs, params.clone()).await;
        assert_eq!(named, field, "{node_type} {params}: {message}");
    }
}
