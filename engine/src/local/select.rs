//! Which files of a repository make a model that can be run here: weights as safetensors or GGUF, never pickles, never
//! the same weights twice.

use super::{
    LocalError,
    hub::{Listing, RepoFile},
};

/// Small files that belong to a model with a `config.json`.
const SIDE_FILES: [&str; 9] = [
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "model.safetensors.index.json",
];

/// And to a pipeline that makes pictures.
const PIPELINE_FILES: [&str; 9] = [
    "model_index.json",
    "scheduler/scheduler_config.json",
    "tokenizer/tokenizer.json",
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
    "tokenizer/tokenizer_config.json",
    "text_encoder/config.json",
    "unet/config.json",
    "vae/config.json",
];

const PIPELINE_WEIGHTS: [&str; 3] =
    ["text_encoder/model", "unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model"];

/// The files to fetch, small ones first: what is wrong with a model shows before its weights are fetched.
pub(super) fn select<'a>(
    repo: &str,
    listing: &'a Listing,
    file: Option<&str>,
) -> Result<Vec<&'a RepoFile>, LocalError> {
    let find = |path: &str| listing.files.iter().find(|file| file.path == path);
    let missing = |what: &str| LocalError::Unsupported { name: repo.to_owned(), why: format!("it has no {what}") };
    let all = |paths: &[&str]| paths.iter().filter_map(|path| find(path)).collect::<Vec<_>>();

    let mut chosen = if let Some(file) = file {
        vec![find(file).ok_or_else(|| missing(&format!("file `{file}`")))?]
    } else if find("model_index.json").is_some() {
        let mut chosen = all(&PIPELINE_FILES);
        for part in PIPELINE_WEIGHTS {
            let weights = find(&format!("{part}.safetensors")).or_else(|| find(&format!("{part}.fp16.safetensors")));
            chosen.push(weights.ok_or_else(|| missing(&format!("`{part}.safetensors`")))?);
        }
        chosen
    } else if find("config.json").is_some() {
        let mut chosen = all(&SIDE_FILES);
        match find("model.safetensors") {
            Some(weights) => {
                chosen.retain(|file| file.path != "model.safetensors.index.json");
                chosen.push(weights);
            }
            None => {
                let shard = |file: &&RepoFile| file.path.starts_with("model-") && file.path.ends_with(".safetensors");
                let before = chosen.len();
                chosen.extend(listing.files.iter().filter(shard));
                if chosen.len() == before {
                    return Err(missing("weights as safetensors"));
                }
            }
        }
        chosen
    } else {
        let ggufs: Vec<_> = listing.files.iter().filter(|file| file.path.ends_with(".gguf")).collect();
        match ggufs.as_slice() {
            [] => return Err(missing("weights as safetensors or GGUF")),
            [one] => vec![*one],
            several => {
                let names: Vec<_> = several.iter().take(12).map(|file| format!("`{repo}:{}`", file.path)).collect();
                let message = format!("`{repo}` holds several models; name one: {}", names.join(", "));
                return Err(LocalError::Choose { message });
            }
        }
    };
    chosen.sort_by_key(|file| file.size_bytes);
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::hub::Checksum;

    fn chosen(paths: &[&str], file: Option<&str>) -> Result<Vec<String>, String> {
        let file_of = |(index, path): (usize, &&str)| RepoFile {
            path: (*path).to_owned(),
            size_bytes: index as u64,
            checksum: Checksum::Git("0".repeat(40)),
        };
        let listing = Listing { commit: "0".repeat(40), files: paths.iter().enumerate().map(file_of).collect() };
        let chosen = select("org/name", &listing, file).map_err(|error| error.to_string())?;
        Ok(chosen.into_iter().map(|file| file.path.clone()).collect())
    }

    #[test]
    fn weights_are_taken_once_and_never_as_pickles() {
        let files = ["config.json", "tokenizer.json", "pytorch_model.bin", "model.safetensors", "onnx/model.onnx"];
        assert_eq!(chosen(&files, None).unwrap(), ["config.json", "tokenizer.json", "model.safetensors"]);
        let error = chosen(&["config.json", "pytorch_model.bin"], None).unwrap_err();
        assert_eq!(error, "`org/name` cannot be run: it has no weights as safetensors");
    }

    #[test]
    fn shards_come_with_their_index() {
        let files = [
            "config.json",
            "model.safetensors.index.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
        ];
        assert_eq!(chosen(&files, None).unwrap(), files);
    }

    #[test]
    fn of_several_sizes_one_must_be_named() {
        let files = ["README.md", "q4.gguf", "q8.gguf"];
        let error = chosen(&files, None).unwrap_err();
        assert_eq!(error, "`org/name` holds several models; name one: `org/name:q4.gguf`, `org/name:q8.gguf`");
        assert_eq!(chosen(&files, Some("q8.gguf")).unwrap(), ["q8.gguf"]);
        assert_eq!(chosen(&["a.gguf"], None).unwrap(), ["a.gguf"]);
    }

    #[test]
    fn a_pipeline_is_its_three_models() {
        let files = [
            "model_index.json",
            "unet/config.json",
            "unet/diffusion_pytorch_model.safetensors",
            "unet/diffusion_pytorch_model.fp16.safetensors",
            "vae/diffusion_pytorch_model.fp16.safetensors",
            "text_encoder/model.safetensors",
            "safety_checker/model.safetensors",
        ];
        let expected = [files[0], files[1], files[2], files[4], files[5]];
        assert_eq!(chosen(&files, None).unwrap(), expected);
    }
}
