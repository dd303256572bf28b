//! Vectors that stand for meanings, at work: how near two are, what lies nearest, what says the same twice. `text.embed`
//! makes them.

use crate::{Any, Embedding, NodeError, Outputs, node};

/// How near two vectors are: 1 for the same direction, 0 for none in common, -1 for the opposite. One without a
/// direction is near nothing.
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { (dot(a, b) / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

/// Vectors of different models say nothing about each other; most differ in length.
fn comparable<'e>(
    input: &str,
    to: &Embedding,
    others: impl IntoIterator<Item = &'e Embedding>,
) -> Result<(), NodeError> {
    let length = to.0.len();
    match others.into_iter().find(|other| other.0.len() != length) {
        None => Ok(()),
        Some(other) => {
            let message = format!(
                "vectors of {length} and of {} numbers cannot be compared: embed both with one model",
                other.0.len()
            );
            Err(NodeError::invalid(input, message))
        }
    }
}

/// Items and their vectors come from two lists of the same length.
fn paired(items: &[Any], embeddings: &[Embedding]) -> Result<(), NodeError> {
    if items.len() == embeddings.len() {
        return Ok(());
    }
    let message = format!("there are {} items and {} vectors: each item needs its own", items.len(), embeddings.len());
    Err(NodeError::invalid("embeddings", message))
}

/// Says how alike two meanings are: 1 for the same, around 0 for what has nothing to do with each other.
#[node(
    "embedding.similarity",
    title = "Similarity",
    returns = "From -1 to 1.",
    example = r#"{"inputs":{"a":{"type":"embedding","value":[1,0]},"b":{"type":"embedding","value":[0.6,0.8]}}}"#
)]
fn similarity(
    /// One vector.
    a: Embedding,
    /// The other, of the same model.
    b: Embedding,
) -> Result<f64, NodeError> {
    comparable("b", &a, [&b])?;
    Ok(likeness(&a.0, &b.0))
}

/// What lies nearest.
#[derive(Debug, Outputs)]
struct Nearest {
    /// The items, the nearest first.
    items: Vec<Any>,
    /// How near each of them is.
    scores: Vec<f64>,
}

/// Picks from a list what comes nearest to a meaning, the nearest first: search by what is meant.
#[node(
    "embedding.nearest",
    title = "Nearest",
    example = r#"{"inputs":{"to":{"type":"embedding","value":[1,0]},"items":["harbour","desert"],"embeddings":[{"type":"embedding","value":[0.9,0.1]},{"type":"embedding","value":[0,1]}]}}"#
)]
fn nearest(
    /// The meaning that is looked for.
    to: Embedding,
    /// What is picked from.
    items: Vec<Any>,
    /// The vectors of the items, in the same order.
    embeddings: Vec<Embedding>,
    /// How many are picked.
    #[param(title = "Count", default = 5, min = 1)]
    count: u32,
    /// What is less near than this is left out.
    #[param(title = "At least", default = -1.0, min = -1.0, max = 1.0, step = 0.01)]
    at_least: f64,
) -> Result<Nearest, NodeError> {
    paired(&items, &embeddings)?;
    comparable("embeddings", &to, &embeddings)?;
    let scores = embeddings.iter().map(|embedding| likeness(&to.0, &embedding.0));
    let mut ranked: Vec<(f64, Any)> = scores.zip(items).filter(|(score, _)| *score >= at_least).collect();
    // Stable: what is equally near stays in its order.
    ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ranked.truncate(count as usize);
    let (scores, items) = ranked.into_iter().unzip();
    Ok(Nearest { items, scores })
}

/// Leaves out of a list what says the same as an earlier item, in whatever words.
#[node(
    "embedding.distinct",
    title = "Distinct meanings",
    output = "items",
    example = r#"{"inputs":{"items":["harbour","port"],"embeddings":[{"type":"embedding","value":[1,0]},{"type":"embedding","value":[0.99,0.1]}]}}"#
)]
fn distinct(
    /// The items.
    items: Vec<Any>,
    /// The vectors of the items, in the same order.
    embeddings: Vec<Embedding>,
    /// From here on two items say the same.
    #[param(title = "Same from", default = 0.9, min = -1.0, max = 1.0, step = 0.01)]
    same_from: f64,
) -> Result<Vec<Any>, NodeError> {
    paired(&items, &embeddings)?;
    // Each is compared with all that stay.
    const ITEMS_MAX: usize = 5_000;
    if items.len() > ITEMS_MAX {
        return Err(NodeError::invalid("items", format!("at most {ITEMS_MAX} items are compared with each other")));
    }
    if let Some((first, rest)) = embeddings.split_first() {
        comparable("embeddings", first, rest)?;
    }
    let mut kept: Vec<(Any, Embedding)> = Vec::new();
    for (item, embedding) in items.into_iter().zip(embeddings) {
        if kept.iter().all(|(_, earlier)| likeness(&earlier.0, &embedding.0) < same_from) {
            kept.push((item, embedding));
        }
    }
    Ok(kept.into_iter().map(|(item, _)| item).collect())
}

#[cfg(test)]
mod tests {
    use shared::value::Value;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<Any> {
        texts.iter().map(|text| Any(Value::Text((*text).to_owned()))).collect()
    }

    fn vectors(vectors: &[[f32; 2]]) -> Vec<Embedding> {
        vectors.iter().map(|vector| Embedding(vector.to_vec())).collect()
    }

    #[test]
    fn likeness_is_the_angle_and_not_the_length() {
        let of = |a: &[f32], b: &[f32]| similarity(Embedding(a.to_vec()), Embedding(b.to_vec()));
        assert_eq!(of(&[3.0, 0.0], &[0.5, 0.0]).unwrap(), 1.0);
        assert_eq!(of(&[1.0, 0.0], &[0.0, 7.0]).unwrap(), 0.0);
        assert_eq!(of(&[1.0, 0.0], &[-2.0, 0.0]).unwrap(), -1.0);
        assert!((of(&[1.0, 1.0], &[1.0, 0.0]).unwrap() - 0.5f64.sqrt()).abs() < 1e-6);
        assert_eq!(of(&[0.0, 0.0], &[1.0, 0.0]).unwrap(), 0.0);
        let failure = of(&[1.0], &[1.0, 0.0]).unwrap_err().failure().unwrap().message.clone();
        assert!(failure.contains("1 and of 2 numbers"), "{failure}");
    }

    #[test]
    fn the_nearest_come_first_and_the_rest_stays_out() {
        let items = || texts(&["far", "near", "same", "twin"]);
        let embeddings = || vectors(&[[0.0, 1.0], [0.9, 0.3], [1.0, 0.0], [2.0, 0.0]]);
        let to = || Embedding(vec![1.0, 0.0]);
        let three = nearest(to(), items(), embeddings(), 3, -1.0).unwrap();
        assert_eq!(three.items, texts(&["same", "twin", "near"]));
        assert!(three.scores[1] == 1.0 && three.scores[2] < 1.0, "{:?}", three.scores);
        assert_eq!(nearest(to(), items(), embeddings(), 9, 0.5).unwrap().items.len(), 3);
        assert!(nearest(to(), texts(&["one"]), embeddings(), 1, -1.0).is_err(), "an item without a vector");
        assert!(nearest(Embedding(vec![1.0]), items(), embeddings(), 1, -1.0).is_err(), "another model");
        assert!(nearest(to(), vec![], vec![], 1, -1.0).unwrap().items.is_empty());
    }

    #[test]
    fn the_first_of_those_that_say_the_same_stays() {
        let (items, embeddings) = (texts(&["a", "b", "c"]), vectors(&[[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]]));
        assert_eq!(distinct(items.clone(), embeddings.clone(), 0.9).unwrap(), texts(&["a", "b"]));
        assert_eq!(distinct(items.clone(), embeddings, 1.0).unwrap(), items);
        assert!(distinct(vec![], vec![], 0.9).unwrap().is_empty());
    }
}
