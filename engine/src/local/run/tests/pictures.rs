use std::path::Path;

use candle_core::{Device, IndexOp, Tensor};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::{assert_close, byte_tokenizer, byte_words, files, noise, reference, write_json, write_tensors};
use crate::{
    LocalError,
    local::run::{
        caption::Describer,
        paint::{Order, Painter},
    },
};

/// Words of the tiny captioner: letters, so that captions are texts.
fn letters() -> Json {
    let word = |id: usize| match id {
        0 => "[PAD]".to_owned(),
        1 => "[UNK]".to_owned(),
        61 => "[SEP]".to_owned(),
        62 => "[DEC]".to_owned(),
        id => format!("w{id}"),
    };
    let vocab: serde_json::Map<String, Json> = (0..64).map(|id| (word(id), json!(id))).collect();
    json!({
        "version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"},
    })
}

pub(super) fn write_captioner(folder: &Path, expected: &Json) {
    write_json(&folder.join("config.json"), &expected["config"]);
    write_json(&folder.join("tokenizer.json"), &letters());
    write_tensors(&folder.join("model.safetensors"), &expected["tensors"], "");
}

/// The picture that the script made, as a PNG.
pub(super) fn pattern() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(32, 32, |x, y| {
        image::Rgb([0, 40, 80].map(|offset| ((x * 7 + y * 3 + offset) % 256) as u8))
    });
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

#[test]
fn a_blip_model_describes_as_in_transformers() {
    let expected = reference("caption");
    let folder = tempfile::tempdir().unwrap();
    write_captioner(folder.path(), &expected);
    let model = Describer::load("tiny", &files(folder.path())).unwrap();
    let (seen, scores) = model.trace(&pattern(), &[62, 5, 9]);
    for (at, values) in [0, 1, 4].into_iter().zip(expected["seen"].as_array().unwrap()) {
        let row: Vec<f32> = seen.i((0, at)).unwrap().to_vec1().unwrap();
        assert_close(&row[..8], values, 2e-3);
    }
    assert_close(&scores, &expected["scores"], 5e-3);

    let stop = CancellationToken::new();
    let (text, tokens) = model.describe(&pattern(), ("w5 w9", Some(17)), &stop).unwrap();
    let made: Vec<u64> = serde_json::from_value(expected["made"].clone()).unwrap();
    let words: Vec<String> = [5, 9].into_iter().chain(made).map(|id| format!("w{id}")).collect();
    assert_eq!((text, tokens as usize), (words.join(" "), words.len()));
    // The model remembers nothing of the last picture.
    assert_eq!(model.describe(&pattern(), ("w5 w9", Some(17)), &stop).unwrap().0, words.join(" "));
    let refused = model.describe(b"no picture", ("", None), &stop).unwrap_err();
    assert!(matches!(refused, LocalError::Input { field: "image", .. }), "{refused}");
}

pub(super) fn write_painter(folder: &Path, expected: &Json, schedule: &str) {
    let mut words = byte_words();
    words.extend(byte_words().into_iter().map(|word| word + "</w>"));
    words.extend(["<|startoftext|>".to_owned(), "<|endoftext|>".to_owned()]);
    let vocab: serde_json::Map<String, Json> =
        words.into_iter().enumerate().map(|(id, word)| (word, json!(id))).collect();
    write_json(&folder.join("model_index.json"), &json!({"_class_name": "StableDiffusionPipeline"}));
    write_json(&folder.join("tokenizer/vocab.json"), &Json::Object(vocab));
    std::fs::write(folder.join("tokenizer/merges.txt"), "#version: 0.2\n").unwrap();
    write_json(&folder.join("scheduler/scheduler_config.json"), &expected["schedules"][schedule]["config"]);
    write_json(&folder.join("text_encoder/config.json"), &expected["text"]["config"]);
    write_tensors(&folder.join("text_encoder/model.safetensors"), &expected["text"]["tensors"], "text_model.");
    for part in ["unet", "vae"] {
        write_json(&folder.join(part).join("config.json"), &expected[part]["config"]);
        let file = folder.join(part).join("diffusion_pytorch_model.safetensors");
        write_tensors(&file, &expected[part]["tensors"], "");
    }
}

fn painter(schedule: &str) -> (Painter, Json) {
    let expected = reference("picture");
    let folder = tempfile::tempdir().unwrap();
    write_painter(folder.path(), &expected, schedule);
    (Painter::load("tiny", &files(folder.path())).unwrap(), expected)
}

fn check_schedule(schedule: &str) {
    let (model, expected) = painter(schedule);
    let numbers = &expected["schedules"][schedule];
    let meanings = model.meanings("abc", Some("")).unwrap();
    for (at, values) in [0, 3, 76].into_iter().zip(expected["meaning"].as_array().unwrap()) {
        let row: Vec<f32> = meanings.i((1, at)).unwrap().to_vec1().unwrap();
        assert_close(&row[..8], values, 2e-3);
    }
    let latents: Vec<f32> = noise("latents", 256).map(|x| x as f32 * 3f32.sqrt()).collect();
    let latents = Tensor::from_vec(latents, (1, 4, 8, 8), &Device::Cpu).unwrap();
    let mut seen = Vec::new();
    let stop = CancellationToken::new();
    let steps = std::cell::RefCell::new(&mut seen);
    let sample = model.denoise(latents, 4, &meanings, 7.5, &stop, &|done| steps.borrow_mut().push(done)).unwrap();
    assert_eq!(seen, [0.2, 0.4, 0.6, 0.8]);
    let found: Vec<f32> = sample.flatten_all().unwrap().to_vec1().unwrap();
    let scale = found.iter().fold(1.0f32, |most, x| most.max(x.abs()));
    assert_close(&found, &numbers["latents"], 2e-3 * scale);
    let pixels = model.develop(&sample).unwrap();
    let expected: Vec<i32> = serde_json::from_value(numbers["pixels"].clone()).unwrap();
    let found: Vec<i32> = pixels.iter().step_by(61).map(|&value| i32::from(value)).collect();
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 2), "{found:?} and not {expected:?}");
}

#[test]
fn a_diffusion_model_that_tells_noise_paints_as_in_diffusers() {
    check_schedule("epsilon");
}

#[test]
fn a_diffusion_model_that_tells_velocity_paints_as_in_diffusers() {
    check_schedule("v_prediction");
}

#[test]
fn a_seed_is_a_picture_and_its_size_is_as_asked() {
    let (model, _) = painter("epsilon");
    let stop = CancellationToken::new();
    let order =
        |seed: u64| Order { prompt: "abc".into(), size: Some((128, 64)), steps: Some(2), seed, ..Order::default() };
    let painted = |seed: u64| model.paint(&order(seed), &stop, &|_| ()).unwrap();
    let first = painted(7);
    let picture = image::load_from_memory(&first).unwrap();
    assert_eq!((picture.width(), picture.height()), (128, 64));
    assert!(first == painted(7) && first != painted(8));
    let odd = Order { size: Some((100, 64)), ..order(7) };
    assert!(matches!(model.paint(&odd, &stop, &|_| ()), Err(LocalError::Input { field: "size", .. })));
    stop.cancel();
    assert!(matches!(model.paint(&order(7), &stop, &|_| ()), Err(LocalError::Cancelled)));
}

#[test]
fn a_tokenizer_of_the_wrong_model_is_refused() {
    let expected = reference("caption");
    let folder = tempfile::tempdir().unwrap();
    write_captioner(folder.path(), &expected);
    write_json(&folder.path().join("tokenizer.json"), &byte_tokenizer(&[]));
    assert!(matches!(Describer::load("tiny", &files(folder.path())), Err(LocalError::Broken { .. })));
}
