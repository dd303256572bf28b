//! A tiny chat model of the Llama family, written as a GGUF file: random weights, and a vocabulary of letters.
//!
//! No word of it ends an answer, so an answer is as long as it may be, and its text means nothing.

use std::path::Path;

/// Longer ones than this are refused: what candle's code for the family has room for.
pub const CONTEXT: u32 = 4096;

const WIDTH: u64 = 64;
const INNER: u64 = 128;
const LAYERS: u32 = 4;
const HEADS: u32 = 2;

/// The kinds of values in a header.
enum Value<'a> {
    U32(u32),
    F32(f32),
    Text(&'a str),
    Texts(Vec<String>),
    Floats(Vec<f32>),
    Ints(Vec<i32>),
}

const F32_TENSOR: u32 = 0;
const ALIGNMENT: usize = 32;

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.u64(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn array<T>(&mut self, kind: u32, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.u32(9);
        self.u32(kind);
        self.u64(items.len() as u64);
        items.iter().for_each(|item| write(self, item));
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::U32(value) => {
                self.u32(4);
                self.u32(*value);
            }
            Value::F32(value) => {
                self.u32(6);
                self.0.extend(value.to_le_bytes());
            }
            Value::Text(text) => {
                self.u32(8);
                self.text(text);
            }
            Value::Texts(texts) => self.array(8, texts, |writer, text| writer.text(text)),
            Value::Floats(floats) => self.array(6, floats, |writer, float| writer.0.extend(float.to_le_bytes())),
            Value::Ints(ints) => self.array(5, ints, |writer, int| writer.0.extend(int.to_le_bytes())),
        }
    }

    fn align(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(ALIGNMENT), 0);
    }
}

/// Writes the model for our own code.
pub fn write(path: &Path) {
    write_model(path, CONTEXT, &[]);
}

/// Writes the model for llama.cpp, with room for so many words. It wants a word that ends an answer, and takes the third
/// one for it where none is named: here there is one, which is never the likeliest.
pub fn write_with_end(path: &Path, context: u32) {
    write_model(path, context, &["</s>"]);
}

fn write_model(path: &Path, context: u32, ends: &[&str]) {
    let letters = ('a'..='z').chain(['▁']).map(String::from);
    let words: Vec<String> = ["<unk>", "<s>"]
        .map(str::to_owned)
        .into_iter()
        .chain(letters)
        .chain(ends.iter().map(|&end| end.into()))
        .collect();
    let count = words.len();
    let first_end = count - ends.len();
    // Unknown, control, and ordinary words.
    let kind = |id: usize| match id {
        0 => 2,
        id if id == 1 || id >= first_end => 3,
        _ => 1,
    };
    let mut header = vec![
        ("general.architecture", Value::Text("llama")),
        ("llama.context_length", Value::U32(context)),
        ("llama.embedding_length", Value::U32(WIDTH as u32)),
        ("llama.block_count", Value::U32(LAYERS)),
        ("llama.feed_forward_length", Value::U32(INNER as u32)),
        ("llama.attention.head_count", Value::U32(HEADS)),
        ("llama.attention.head_count_kv", Value::U32(HEADS)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("llama.rope.dimension_count", Value::U32(WIDTH as u32 / HEADS)),
        ("llama.rope.freq_base", Value::F32(10_000.0)),
        ("tokenizer.ggml.model", Value::Text("llama")),
        ("tokenizer.ggml.tokens", Value::Texts(words)),
        ("tokenizer.ggml.scores", Value::Floats(vec![0.0; count])),
        ("tokenizer.ggml.token_type", Value::Ints((0..count).map(kind).collect())),
        ("tokenizer.ggml.bos_token_id", Value::U32(1)),
        ("tokenizer.chat_template", Value::Text("{% for message in messages %}{{ message.content }}{% endfor %}")),
    ];
    if !ends.is_empty() {
        header.push(("tokenizer.ggml.eos_token_id", Value::U32(first_end as u32)));
    }
    let mut tensors = vec![
        ("token_embd.weight".to_owned(), vec![WIDTH, count as u64]),
        ("output.weight".to_owned(), vec![WIDTH, count as u64]),
        ("output_norm.weight".to_owned(), vec![WIDTH]),
    ];
    for layer in 0..LAYERS {
        let parts = [
            ("attn_norm", vec![WIDTH]),
            ("attn_q", vec![WIDTH, WIDTH]),
            ("attn_k", vec![WIDTH, WIDTH]),
            ("attn_v", vec![WIDTH, WIDTH]),
            ("attn_output", vec![WIDTH, WIDTH]),
            ("ffn_norm", vec![WIDTH]),
            ("ffn_gate", vec![WIDTH, INNER]),
            ("ffn_up", vec![WIDTH, INNER]),
            ("ffn_down", vec![INNER, WIDTH]),
        ];
        tensors.extend(parts.map(|(part, shape)| (format!("blk.{layer}.{part}.weight"), shape)));
    }
    let mut file = Writer(b"GGUF".to_vec());
    file.u32(3);
    file.u64(tensors.len() as u64);
    file.u64(header.len() as u64);
    for (key, value) in &header {
        file.text(key);
        file.value(value);
    }
    let mut offset = 0;
    for (name, shape) in &tensors {
        file.text(name);
        file.u32(shape.len() as u32);
        shape.iter().for_each(|&length| file.u64(length));
        file.u32(F32_TENSOR);
        file.u64(offset);
        // All widths are multiples of the alignment.
        offset += shape.iter().product::<u64>() * 4;
    }
    file.align();
    let mut state = 1u64;
    for (name, shape) in &tensors {
        let scale = if shape.len() == 1 { 0.0 } else { (6.0 / shape[0] as f32).sqrt() };
        for at in 0..shape.iter().product::<u64>() {
            // What is no letter gets a score of nothing, and some letter always has more.
            let is_letter = kind((at / shape[0]) as usize) == 1;
            let weight = match name.as_str() {
                "output.weight" if !ends.is_empty() && !is_letter => 0.0,
                _ if scale == 0.0 => 1.0,
                _ => scale * noise(&mut state),
            };
            file.0.extend(weight.to_le_bytes());
        }
    }
    std::fs::write(path, file.0).unwrap();
}

/// Uniform in -1..1: splitmix64.
fn noise(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
}
