//! Weights in safetensors files, read tensor by tensor.
//!
//! The header is checked against the file before anything is allocated, and a tensor is read only in the shape the
//! model's code asks for. Not mapped into memory: a file that shrinks while it is mapped would end the server.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Mutex,
};

use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::{Init, VarBuilder, var_builder::SimpleBackend};
use safetensors::tensor::Metadata;

use crate::local::{LocalError, store::ModelFiles};

/// The format's own limit.
const HEADER_MAX_BYTES: u64 = 100_000_000;

/// The weights of one model.
pub(super) struct Weights {
    parts: Vec<Mutex<File>>,
    tensors: HashMap<String, Place>,
}

struct Place {
    part: usize,
    dtype: DType,
    shape: Vec<usize>,
    begin: u64,
    size_bytes: usize,
}

impl Weights {
    /// `NAME.safetensors` in a folder of the model, or its shards.
    pub fn find(name: &str, files: &ModelFiles, stem: &str) -> std::result::Result<Self, LocalError> {
        let whole = [format!("{stem}.safetensors"), format!("{stem}.fp16.safetensors")];
        let mut paths: Vec<PathBuf> = whole.iter().filter_map(|file| files.find(file)).take(1).collect();
        if paths.is_empty() {
            let shard = |file: &str| file.starts_with(&format!("{stem}-")) && file.ends_with(".safetensors");
            let entries = std::fs::read_dir(&files.folder)?.flatten();
            paths = entries
                .filter(|entry| entry.file_name().to_str().is_some_and(shard))
                .map(|entry| entry.path())
                .collect();
            paths.sort();
        }
        if paths.is_empty() {
            let why = format!("it has no `{stem}.safetensors`");
            return Err(LocalError::Unsupported { name: name.to_owned(), why });
        }
        Self::open(name, &paths)
    }

    fn open(name: &str, paths: &[PathBuf]) -> std::result::Result<Self, LocalError> {
        let mut weights = Self { parts: Vec::new(), tensors: HashMap::new() };
        for path in paths {
            weights.add(path).map_err(|why| {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                LocalError::Broken { name: name.to_owned(), why: format!("`{file}`: {why}") }
            })?;
        }
        Ok(weights)
    }

    fn add(&mut self, path: &Path) -> std::result::Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        let mut file = File::open(path).map_err(text)?;
        let file_bytes = file.metadata().map_err(text)?.len();
        let mut prefix = [0; 8];
        file.read_exact(&mut prefix).map_err(|_| "it is too short")?;
        let header_bytes = u64::from_le_bytes(prefix);
        if header_bytes > HEADER_MAX_BYTES || header_bytes + 8 > file_bytes {
            return Err("its header is longer than the file".into());
        }
        let mut header = vec![0; header_bytes as usize];
        file.read_exact(&mut header).map_err(text)?;
        // Not the crate's own reader, which wants the whole file in memory.
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| format!("its header is damaged: {error}"))?;
        for (name, info) in metadata.tensors() {
            let (begin, end) = info.data_offsets;
            let Ok(dtype) = DType::try_from(info.dtype) else { continue };
            let elements = info.shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
            let size_bytes = elements.and_then(|elements| elements.checked_mul(dtype.size_in_bytes()));
            if size_bytes != end.checked_sub(begin) {
                return Err(format!("the size of `{name}` is not that of its shape"));
            }
            let begin = 8 + header_bytes + begin as u64;
            if begin.checked_add((end - info.data_offsets.0) as u64).is_none_or(|end| end > file_bytes) {
                return Err(format!("it ends before `{name}` does"));
            }
            let size_bytes = end - info.data_offsets.0;
            let place = Place { part: self.parts.len(), dtype, shape: info.shape.clone(), begin, size_bytes };
            self.tensors.insert(name.clone(), place);
        }
        self.parts.push(Mutex::new(file));
        Ok(())
    }

    /// What they take in memory as `dtype`.
    pub fn size_bytes(&self, dtype: DType) -> u64 {
        let elements = |place: &Place| (place.size_bytes / place.dtype.size_in_bytes()) as u64;
        self.tensors.values().map(|place| elements(place) * dtype.size_in_bytes() as u64).sum()
    }

    /// For the code of a model.
    pub fn builder(self, dtype: DType, device: &Device) -> VarBuilder<'static> {
        VarBuilder::from_backend(Box::new(self), dtype, device.clone())
    }

    fn read(&self, place: &Place) -> Result<Vec<u8>> {
        let mut bytes = vec![0; place.size_bytes];
        let mut file = self.parts[place.part].lock().expect("nothing panics while it holds the lock");
        file.seek(SeekFrom::Start(place.begin))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl SimpleBackend for Weights {
    fn get(&self, shape: Shape, name: &str, _: Init, dtype: DType, device: &Device) -> Result<Tensor> {
        let found = self.tensors.get(name).map(|place| place.shape.as_slice());
        match found {
            Some(found) if found == shape.dims() => self.get_unchecked(name, dtype, device),
            Some(found) => Err(Error::Msg(format!("the tensor `{name}` is {found:?} and not {:?}", shape.dims()))),
            None => Err(Error::Msg(format!("the tensor `{name}` is missing"))),
        }
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        let place = self.tensors.get(name).ok_or_else(|| Error::Msg(format!("the tensor `{name}` is missing")))?;
        Tensor::from_raw_buffer(&self.read(place)?, place.dtype, &place.shape, device)?.to_dtype(dtype)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(bytes: &[u8]) -> std::result::Result<Weights, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        std::fs::write(&path, bytes).unwrap();
        Weights::open("tiny", &[path]).map_err(|error| error.to_string())
    }

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn tensors_are_read_in_the_shape_that_is_asked_for() {
        let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        let data: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let weights = opened(&file(header, &data)).unwrap();
        assert_eq!(weights.size_bytes(DType::F16), 4);
        let vars = weights.builder(DType::F32, &Device::Cpu);
        assert_eq!(vars.get(2, "a").unwrap().to_vec1::<f32>().unwrap(), [1.5, -2.0]);
        assert!(vars.get((2, 1_000_000_000_000), "a").unwrap_err().to_string().contains("`a` is [2] and not"));
        assert!(vars.get(2, "b").unwrap_err().to_string().contains("`b` is missing"));
    }

    #[test]
    fn a_file_that_lies_about_itself_is_refused() {
        let refusal = |bytes: &[u8]| opened(bytes).err().expect("it is refused");
        assert!(refusal(b"PK").contains("too short"));
        assert!(refusal(&[0xff; 64]).contains("longer than the file"));
        assert!(refusal(&file("{not json", &[])).contains("damaged"));
        let cut = file(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, &[0; 4]);
        assert!(refusal(&cut).contains("ends before `a`"), "{}", refusal(&cut));
        let giant = file(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, &[0; 8]);
        assert!(refusal(&giant).contains('a'));
        let wrong = file(r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, &[0; 8]);
        assert!(!refusal(&wrong).is_empty());
    }
}
