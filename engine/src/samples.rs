//! Real media that ship with the program: photographs, a guitar, a clip.
//!
//! Starter templates refer to them by hash, examples of nodes by name (`sample:photo`), and tests work on them.
//! assets/samples/README.md names source, author and licence of each.

use shared::value::{BlobHash, Media};

use crate::{
    BlobError, BlobStore,
    media::{self, MediaError},
};

/// A file that is compiled in.
#[derive(Debug)]
pub struct Sample {
    /// What examples call it, behind `sample:`.
    pub name: &'static str,
    /// Its name in assets/samples.
    pub file: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

macro_rules! samples {
    ($($name:literal: $file:literal,)*) => {
        /// All samples.
        pub static SAMPLES: &[Sample] = &[$(
            Sample { name: $name, file: $file, bytes: include_bytes!(concat!("../../assets/samples/", $file)) },
        )*];
    };
}

samples! {
    "photo": "dandelions.jpg",
    "photo2": "coffee.jpg",
    "photo3": "rocket.jpg",
    "photo4": "astronaut.jpg",
    "photo5": "galaxies.jpg",
    "photo6": "cat.jpg",
    "audio": "guitar.mp3",
    "video": "clip.mp4",
    "mask": "mask.png",
    "text": "subtitles.srt",
    "pdf": "pages.pdf",
}

impl Sample {
    /// The sample that examples call `sample:name`.
    pub fn find(name: &str) -> Option<&'static Sample> {
        SAMPLES.iter().find(|sample| sample.name == name)
    }

    /// What its blob is called.
    pub fn hash(&self) -> BlobHash {
        BlobHash::of(self.bytes)
    }

    /// Puts the sample into a store and probes it there.
    pub async fn media(&self, blobs: &dyn BlobStore) -> Result<Media, MediaError> {
        let blob = blobs.put(bytes::Bytes::from_static(self.bytes)).await?;
        media::describe(blobs, &blob, Some(self.file.to_owned())).await
    }
}

/// Puts all samples into a store, so that templates work. Those that are there already cost a hash each.
pub async fn install(blobs: &dyn BlobStore) -> Result<(), BlobError> {
    for sample in SAMPLES {
        blobs.put(bytes::Bytes::from_static(sample.bytes)).await?;
    }
    Ok(())
}
