//! Loudness, length and form of sounds, measured.

use super::*;

async fn tone(bench: &Bench, params: Json) -> Json {
    wired("audio", &bench.media_of("audio.tone", Json::Null, params).await)
}

#[tokio::test]
async fn sounds_have_the_promised_length() {
    let bench = Bench::new();
    let (one, two) = (tone(&bench, json!({"seconds": 1})).await, tone(&bench, json!({"seconds": 2})).await);
    for (node_type, inputs, params, seconds) in [
        ("audio.concat", json!({"sounds": [one, two, one]}), json!({}), 4.0),
        ("audio.concat", json!({"sounds": [one, two, one]}), json!({"crossfade": 0.5}), 3.0),
        ("audio.loop", json!({"audio": one}), json!({"seconds": 3.5}), 3.5),
        ("audio.reverse", json!({"audio": two}), json!({}), 2.0),
        ("audio.pitch", json!({"audio": two}), json!({"semitones": 5}), 2.0),
        ("audio.pitch", json!({"audio": two}), json!({"pace": 2}), 1.0),
        ("audio.equalizer", json!({"audio": two}), json!({"bass": 6}), 2.0),
        ("audio.denoise", json!({"audio": two}), json!({}), 2.0),
        ("audio.compress", json!({"audio": two}), json!({}), 2.0),
        ("audio.normalize", json!({"audio": two}), json!({}), 2.0),
        ("audio.duck", json!({"voice": two, "music": one}), json!({}), 2.0),
        ("audio.merge_channels", json!({"left": one, "right": two}), json!({}), 2.0),
    ] {
        let sound = bench.media_of(node_type, inputs, params.clone()).await;
        let measured = sound.duration_millis.unwrap() as f64 / 1000.0;
        assert!((measured - seconds).abs() <= 0.1, "{node_type} {params}: {measured} s instead of {seconds} s");
        assert_eq!(sound.codec.as_deref(), Some("aac"), "{node_type}");
    }
}

#[tokio::test]
async fn pitch_and_filters_change_what_is_heard() {
    let bench = Bench::new();
    let high = tone(&bench, json!({"seconds": 1, "frequency": 8000})).await;
    let low = tone(&bench, json!({"seconds": 1, "frequency": 60})).await;
    let loudness = async |sound: &Json, params: Json| {
        let media = bench.media_of("audio.equalizer", json!({"audio": sound}), params).await;
        bench.loudness(&media, 0.2, 0.8).await
    };
    let plain = loudness(&high, json!({})).await;
    assert!(loudness(&high, json!({"high_cut": 1000})).await < plain - 25.0);
    assert!((loudness(&high, json!({"treble": -12})).await - plain + 12.0).abs() < 2.5);
    assert!(loudness(&low, json!({"low_cut": 500})).await < loudness(&low, json!({})).await - 25.0);
    // An octave higher, 600 Hz pass a cut at 1 kHz that they did not pass before.
    let tone = tone(&bench, json!({"seconds": 1, "frequency": 600})).await;
    let raised = wired("audio", &bench.media_of("audio.pitch", json!({"audio": tone}), json!({"semitones": 24})).await);
    let cut = json!({"high_cut": 1000});
    assert!(loudness(&raised, cut.clone()).await < loudness(&tone, cut).await - 10.0);
}

#[tokio::test]
async fn loudness_is_what_was_asked_for() {
    let bench = Bench::new();
    let sound =
        |target: f64| bench.media_of("audio.normalize", json!({"audio": "sample:audio"}), json!({"target": target}));
    let (quiet, loud) = (sound(-30.0).await, sound(-16.0).await);
    let rise = bench.loudness(&loud, 0.0, 10.0).await - bench.loudness(&quiet, 0.0, 10.0).await;
    assert!((rise - 14.0).abs() < 4.0, "{rise} dB");
}

#[tokio::test]
async fn music_steps_back_behind_a_voice() {
    let bench = Bench::new();
    let word = tone(&bench, json!({"seconds": 1, "volume": 60})).await;
    let pause = tone(&bench, json!({"seconds": 2, "wave": "silence"})).await;
    let voice = bench.media_of("audio.concat", json!({"sounds": [word, pause]}), json!({})).await;
    let music = tone(&bench, json!({"seconds": 3, "frequency": 5000, "volume": 40})).await;
    let inputs = json!({"voice": wired("audio", &voice), "music": music});
    let mixed = bench.media_of("audio.duck", inputs, json!({"amount": 20, "release": 100})).await;
    // Only the music is up there.
    let params = json!({"low_cut": 2000});
    let high = bench.media_of("audio.equalizer", json!({"audio": wired("audio", &mixed)}), params).await;
    let (behind, alone) = (bench.loudness(&high, 0.4, 0.9).await, bench.loudness(&high, 2.2, 2.9).await);
    assert!(alone - behind > 10.0, "{behind} dB behind the voice, {alone} dB alone");
}

#[tokio::test]
async fn silence_goes_and_sides_part() {
    let bench = Bench::new();
    let (word, pause) =
        (tone(&bench, json!({"seconds": 1})).await, tone(&bench, json!({"seconds": 2, "wave": "silence"})).await);
    let talk = bench.media_of("audio.concat", json!({"sounds": [word, pause, word]}), json!({})).await;
    let cut = bench.media_of("audio.remove_silence", json!({"audio": wired("audio", &talk)}), json!({"keep": 0})).await;
    let seconds = cut.duration_millis.unwrap() as f64 / 1000.0;
    assert!((1.9..2.7).contains(&seconds), "{seconds}");
    let stereo = bench.media_of("audio.merge_channels", json!({"left": word, "right": pause}), json!({})).await;
    let sides = bench.run("audio.split_channels", json!({"audio": wired("audio", &stereo)}), json!({})).await.unwrap();
    let (left, right) = (sides["left"].media().unwrap(), sides["right"].media().unwrap());
    assert!(bench.loudness(left, 0.2, 0.8).await > -30.0 && bench.loudness(right, 0.2, 0.8).await < -60.0);
    let pieces =
        bench.run("audio.split", json!({"audio": wired("audio", &talk)}), json!({"seconds": 1.5})).await.unwrap();
    let Value::List(pieces) = &pieces["sounds"] else { panic!("{pieces:?}") };
    assert_eq!(pieces.len(), 3);
}

#[tokio::test]
async fn sounds_become_other_kinds_of_files() {
    let bench = Bench::new();
    let short = tone(&bench, json!({"seconds": 1})).await;
    for (format, mime, codec) in [
        ("m4a", "audio/mp4", "aac"),
        ("mp3", "audio/mpeg", "mp3"),
        ("wav", "audio/wav", "pcm_s16le"),
        ("wav24", "audio/wav", "pcm_s24le"),
        ("flac", "audio/flac", "flac"),
        ("opus", "audio/ogg", "opus"),
    ] {
        let params = json!({"format": format, "rate": 24000, "channels": "mono"});
        let sound = bench.media_of("audio.convert", json!({"audio": short}), params).await;
        assert_eq!((sound.mime.as_str(), sound.codec.as_deref()), (mime, Some(codec)));
        let facts = bench.run("audio.metadata", json!({"audio": wired("audio", &sound)}), json!({})).await.unwrap();
        assert_eq!(facts["channels"], Value::Number(1.0), "{format}");
        // Opus always plays at 48 kHz, whatever it was made from.
        let rate = if format == "opus" { 48_000.0 } else { 24_000.0 };
        assert_eq!(facts["sample_rate"], Value::Number(rate), "{format}");
    }
}

#[tokio::test]
async fn a_wave_is_drawn_where_it_is_loud() {
    let bench = Bench::new();
    let (word, pause) =
        (tone(&bench, json!({"seconds": 1})).await, tone(&bench, json!({"seconds": 1, "wave": "silence"})).await);
    let talk = bench.media_of("audio.concat", json!({"sounds": [word, pause]}), json!({})).await;
    let params = json!({"width": 200, "height": 100, "color": "#ff0000"});
    let wave =
        bench.pixels(&bench.media_of("audio.waveform", json!({"audio": wired("audio", &talk)}), params).await).await;
    let drawn = |from: u32| {
        (from..from + 90).map(|x| (0..100).filter(|y| wave.get_pixel(x, *y).0[3] > 128).count()).sum::<usize>()
    };
    assert!(drawn(5) > 2000 && drawn(105) < 300, "{} {}", drawn(5), drawn(105));
}
