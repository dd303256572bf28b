//! A graph as a version stores it: the exchange format, zlib.

use std::io::{Read, Write};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use shared::{
    exchange::{self, ExchangeError, Limits},
    graph::Graph,
};

/// A document may hold more than may be imported; what was stored once must be readable.
const MAX_BYTES: usize = 256 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("a version's content cannot be uncompressed")]
    Damaged(#[from] std::io::Error),
    #[error("a version's content is no graph")]
    NoGraph(#[from] ExchangeError),
}

pub fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("writing into memory does not fail")
}

pub fn read(content: &[u8]) -> Result<Graph, ContentError> {
    let mut text = String::new();
    ZlibDecoder::new(content).take(MAX_BYTES as u64).read_to_string(&mut text)?;
    let value = serde_json::from_str(&text).map_err(std::io::Error::from)?;
    let limits = Limits { bytes: MAX_BYTES, nodes: 1_000_000, ..Limits::default() };
    Ok(exchange::read_value_with(&value, limits)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_comes_back_as_it_was_and_small() {
        let mut graph = Graph::default();
        for n in 0..200 {
            let mut node = shared::graph::Node::new("text.template");
            node.params.insert("text".into(), "Write a haiku about {{topic}}".into());
            node.pos = [f64::from(n) * 240.0, 0.5];
            graph.nodes.insert(format!("node{n}").parse().unwrap(), node);
        }
        let text = exchange::write(&graph);
        let stored = compressed(&text);
        assert_eq!(read(&stored).unwrap(), graph);
        assert!(stored.len() * 10 < text.len(), "{} of {} bytes", stored.len(), text.len());
    }

    #[test]
    fn damaged_content_is_an_error() {
        assert!(matches!(read(b"nothing"), Err(ContentError::Damaged(_))));
        assert!(matches!(read(&compressed("{}")), Err(ContentError::NoGraph(_))));
    }
}
