//! GGUF files: read, and checked before anything is made of them.
//!
//! candle bounds what it reads of a header by the file's length. What it does not do is checked here: the sizes of
//! tensors against their shapes and the file, and the numbers that the models' code divides and allocates by.

use std::{fs::File, io::BufReader, path::Path};

use candle_core::quantized::gguf_file::{Content, Value};

use crate::local::{LocalError, store::ModelFiles};

/// The longest conversation of families whose code makes tables of that length.
const CONTEXT_MAX: u64 = 32_768;
/// What candle's code for the Llama family has room for.
const LLAMA_CONTEXT_MAX: u64 = candle_transformers::models::quantized_llama::MAX_SEQ_LEN as u64;

/// A family of models that can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Also Mistral and others that are built alike.
    Llama,
    Qwen2,
    Qwen3,
}

/// A checked file.
pub(super) struct Gguf {
    pub file: BufReader<File>,
    pub content: Content,
    pub family: Family,
    /// Tokens, of prompt and answer together.
    pub context: usize,
    pub size_bytes: u64,
}

impl Gguf {
    /// Opens the model's one GGUF file.
    pub fn open(name: &str, files: &ModelFiles) -> Result<Self, LocalError> {
        let path = match &files.file {
            Some(file) => file.clone(),
            None => {
                let only = crate::local::kind::gguf_files(files).into_iter().next();
                files.folder.join(only.ok_or_else(|| LocalError::NotHere { name: name.to_owned() })?)
            }
        };
        Self::read(&path).map_err(|problem| match problem {
            Problem::Unsupported(why) => LocalError::Unsupported { name: name.to_owned(), why },
            Problem::Broken(why) => LocalError::Broken { name: name.to_owned(), why },
        })
    }

    fn read(path: &Path) -> Result<Self, Problem> {
        let opened = File::open(path).map_err(|error| Problem::Broken(error.to_string()))?;
        let file_bytes = opened.metadata().map_err(|error| Problem::Broken(error.to_string()))?.len();
        let mut file = BufReader::new(opened);
        let mut content =
            Content::read(&mut file).map_err(|error| Problem::Broken(super::first_line(&error.to_string())))?;
        let family = family(&content)?;
        let tensor_bytes = check_tensors(&content, file_bytes)?;
        let context = check_numbers(&mut content, family)?;
        // The words' vectors are kept as numbers of four bytes besides.
        let words = content.tensor_infos.get("token_embd.weight");
        let words = words.ok_or_else(|| Problem::Broken("it has no tensor `token_embd.weight`".into()))?;
        let size_bytes = tensor_bytes + words.shape.elem_count() as u64 * 4;
        Ok(Self { file, content, family, context, size_bytes })
    }

    /// A text of the header.
    pub fn text(&self, key: &str) -> Option<&str> {
        text(&self.content, key)
    }

    /// A token's number in the header.
    pub fn number(&self, key: &str) -> Option<u32> {
        u32::try_from(number(&self.content, key)?).ok()
    }
}

#[derive(Debug, PartialEq)]
enum Problem {
    Unsupported(String),
    Broken(String),
}

fn text<'a>(content: &'a Content, key: &str) -> Option<&'a str> {
    Some(content.metadata.get(key)?.to_string().ok()?.as_str())
}

fn number(content: &Content, key: &str) -> Option<u64> {
    match content.metadata.get(key)? {
        Value::I32(n) => u64::try_from(*n).ok(),
        Value::I64(n) => u64::try_from(*n).ok(),
        other => other.to_u64().ok(),
    }
}

fn family(content: &Content) -> Result<Family, Problem> {
    match text(content, "general.architecture") {
        Some("llama") => Ok(Family::Llama),
        Some("qwen2") => Ok(Family::Qwen2),
        Some("qwen3") => Ok(Family::Qwen3),
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            Err(Problem::Unsupported(format!("models of the family `{other}` are not known; Llama and Qwen are")))
        }
        None => Err(Problem::Broken("its header names no architecture".into())),
    }
}

/// What all tensors take, if the file holds them in the shapes it says.
fn check_tensors(content: &Content, file_bytes: u64) -> Result<u64, Problem> {
    let mut sum = 0u64;
    for (name, tensor) in &content.tensor_infos {
        let lies = || Problem::Broken(format!("the tensor `{}` does not fit into the file", super::first_line(name)));
        let dims = tensor.shape.dims();
        let elements = dims.iter().try_fold(1u64, |product, &n| product.checked_mul(n as u64)).ok_or_else(lies)?;
        let (block, block_bytes) = (tensor.ggml_dtype.block_size() as u64, tensor.ggml_dtype.type_size() as u64);
        let bytes = (elements / block).checked_mul(block_bytes).ok_or_else(lies)?;
        let end = content.tensor_data_offset.checked_add(tensor.offset).and_then(|begin| begin.checked_add(bytes));
        if !elements.is_multiple_of(block) || end.is_none_or(|end| end > file_bytes) {
            return Err(lies());
        }
        sum = sum.saturating_add(bytes);
    }
    Ok(sum)
}

/// Checks the numbers that describe the model, and bounds its context in place. The context comes back.
fn check_numbers(content: &mut Content, family: Family) -> Result<usize, Problem> {
    let prefix = match family {
        Family::Llama => "llama",
        Family::Qwen2 => "qwen2",
        Family::Qwen3 => "qwen3",
    };
    let get = |key: &str| {
        let key = format!("{prefix}.{key}");
        number(content, &key).ok_or_else(|| Problem::Broken(format!("its header has no `{key}`")))
    };
    let (heads, width) = (get("attention.head_count")?, get("embedding_length")?);
    let (kv_heads, layers) = (get("attention.head_count_kv")?, get("block_count")?);
    let (context, head_width) = (get("context_length")?, get("attention.key_length").ok());
    let sound = (1..=1024).contains(&heads)
        && (1..=heads).contains(&kv_heads)
        && heads.is_multiple_of(kv_heads)
        && (1..=1 << 17).contains(&width)
        && width.is_multiple_of(heads)
        && (width / heads).is_multiple_of(2)
        && head_width.is_none_or(|width| (2..=4096).contains(&width) && width.is_multiple_of(2))
        && get("expert_count").unwrap_or(0) <= 1024
        && context >= 1;
    let all_layers = layers >= 1 && content.tensor_infos.contains_key(&format!("blk.{}.attn_norm.weight", layers - 1));
    if !sound || !all_layers {
        return Err(Problem::Broken("its header describes no model that could be".into()));
    }
    // Tables of positions are this wide, and the code trusts it.
    if family == Family::Llama && get("rope.dimension_count")? != width / heads {
        return Err(Problem::Unsupported("positions take part of each head, which is not known here".into()));
    }
    let longest = if family == Family::Llama { LLAMA_CONTEXT_MAX } else { CONTEXT_MAX };
    let context = context.min(longest);
    content.metadata.insert(format!("{prefix}.context_length"), Value::U32(context as u32));
    Ok(context as usize)
}
