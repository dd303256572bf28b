//! CLIP's tokenizer, as picture models bring it: `tokenizer.json`, or the older pair `vocab.json` and `merges.txt`.

use tokenizers::{
    AddedToken, SplitDelimiterBehavior, Tokenizer,
    models::bpe::BPE,
    normalizers::{Lowercase, NFC, Replace, Sequence as Normalizers, replace::ReplacePattern},
    pre_tokenizers::{
        byte_level::ByteLevel,
        sequence::Sequence as PreTokenizers,
        split::{Split, SplitPattern},
    },
};

use crate::local::store::ModelFiles;

/// What the model reads at once, marks of beginning and end included.
const LENGTH: usize = 77;
const BEGIN: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
const SPLIT: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

pub(super) struct ClipWords {
    tokenizer: Tokenizer,
    begin: u32,
    end: u32,
    pad: u32,
}

impl ClipWords {
    pub fn load(files: &ModelFiles, words: usize) -> Result<Self, String> {
        let tokenizer = match files.find("tokenizer.json") {
            Some(file) => Tokenizer::from_file(file).map_err(|error| format!("`tokenizer.json`: {error}"))?,
            None => from_merges(files)?,
        };
        let id = |token: &str| tokenizer.token_to_id(token).ok_or_else(|| format!("its tokenizer has no `{token}`"));
        let (begin, end) = (id(BEGIN)?, id(END)?);
        if tokenizer.get_vocab_size(true) > words {
            return Err("its tokenizer knows more words than the model".into());
        }
        // The second generation fills up with `!`.
        let config = files.find("tokenizer_config.json").and_then(|file| crate::local::kind::read_text(&file).ok());
        let config: serde_json::Value = config.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let pad = config["pad_token"].as_str().and_then(|token| tokenizer.token_to_id(token)).unwrap_or(end);
        Ok(Self { tokenizer, begin, end, pad })
    }

    /// Exactly [`LENGTH`] tokens. What does not fit is left out, as these models have it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoded = self.tokenizer.encode(text, false).map_err(|error| error.to_string())?;
        let text = encoded.get_ids().iter().copied().take(LENGTH - 2);
        let mut tokens: Vec<u32> = std::iter::once(self.begin).chain(text).chain([self.end]).collect();
        tokens.resize(LENGTH, self.pad);
        Ok(tokens)
    }
}

fn from_merges(files: &ModelFiles) -> Result<Tokenizer, String> {
    let path = |name: &str| {
        let found = files.find(name).ok_or_else(|| format!("it has no `tokenizer/{name}`"))?;
        found.into_os_string().into_string().map_err(|_| "its folder has no name in Unicode".to_owned())
    };
    let text = |error: Box<dyn std::error::Error + Send + Sync>| error.to_string();
    let bpe = BPE::from_file(&path("vocab.json")?, &path("merges.txt")?)
        .end_of_word_suffix("</w>".into())
        .unk_token(END.into())
        .build()
        .map_err(text)?;
    let mut tokenizer = Tokenizer::new(bpe);
    let spaces = Replace::new(ReplacePattern::Regex(r"\s+".into()), " ").map_err(text)?;
    let normalizers = Normalizers::new(vec![NFC.into(), spaces.into(), Lowercase.into()]);
    tokenizer.with_normalizer(Some(normalizers)).map_err(text)?;
    let split = Split::new(SplitPattern::Regex(SPLIT.into()), SplitDelimiterBehavior::Removed, true).map_err(text)?;
    let parts = PreTokenizers::new(vec![split.into(), ByteLevel::new(false, true, false).into()]);
    tokenizer.with_pre_tokenizer(Some(parts));
    tokenizer.add_special_tokens([BEGIN, END].map(|token| AddedToken::from(token, true))).map_err(text)?;
    Ok(tokenizer)
}
