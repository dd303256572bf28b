//! Calls of one model that wait for their turn, so that they are computed together: the texts of a list come as one
//! call each, and a batch of them costs little more than one. Used by [`super::embed`].

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::local::LocalError;

/// One vector for each text of a call, and how many tokens they were.
pub(super) type Embedded = (Vec<Vec<f32>>, u64);

/// A call that waits.
pub(super) struct Call {
    pub texts: Vec<String>,
    /// Its node is gone, or does not want it any more.
    pub stop: CancellationToken,
    pub answer: oneshot::Sender<Result<Embedded, LocalError>>,
}

/// The calls in the order in which they came. Std mutex: held to add and to take, never across an await.
#[derive(Default)]
pub(super) struct Waiting(Mutex<VecDeque<Call>>);

impl Waiting {
    pub fn add(&self, texts: Vec<String>, stop: CancellationToken) -> oneshot::Receiver<Result<Embedded, LocalError>> {
        let (answer, answered) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(Call { texts, stop, answer });
        answered
    }

    /// The next calls, with up to `texts` texts together; one that has more is taken alone.
    pub fn take(&self, texts: usize) -> Vec<Call> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut count) = (Vec::new(), 0);
        while let Some(call) = waiting.pop_front() {
            if call.stop.is_cancelled() {
                continue;
            }
            count += call.texts.len();
            if count > texts && !taken.is_empty() {
                waiting.push_front(call);
                break;
            }
            taken.push(call);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_taken_in_order_as_far_as_they_fit_together() {
        let waiting = Waiting::default();
        let gone = CancellationToken::new();
        gone.cancel();
        let calls = [("a", 2), ("b", 2), ("gone", 1), ("c", 1), ("d", 9), ("e", 1)];
        for (name, texts) in calls {
            let stop = if name == "gone" { gone.clone() } else { CancellationToken::new() };
            drop(waiting.add(vec![name.to_owned(); texts], stop));
        }
        let next = || waiting.take(5).iter().map(|call| call.texts[0].clone()).collect::<Vec<_>>();
        assert_eq!(
            (next(), next(), next()),
            (vec!["a".into(), "b".into(), "c".into()], vec!["d".into()], vec!["e".into()])
        );
        assert!(next().is_empty());
    }
}
