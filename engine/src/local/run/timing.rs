//! Whisper's marks of time: where they may stand, and what they say.

/// The tokens from `<|0.00|>` to `<|30.00|>`, a fiftieth of a second apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub first: u32,
}

const MARKS: u32 = 1501;
const MARKS_A_SECOND: f64 = 50.0;
/// A transcript begins within its first second.
const FIRST_SECOND: u32 = 50;

/// Text between two marks, in seconds of its window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub start_seconds: f64,
    pub end_seconds: f64,
    pub tokens: Vec<u32>,
}

impl Marks {
    /// One behind the last.
    pub fn end(self) -> u32 {
        self.first.saturating_add(MARKS)
    }

    fn is_mark(self, token: u32) -> bool {
        (self.first..self.end()).contains(&token)
    }

    fn seconds(self, mark: u32) -> f64 {
        f64::from(mark - self.first) / MARKS_A_SECOND
    }

    /// Rules out what may not follow `made`: marks come in pairs, except at the end, never go back, and are written
    /// where all of them together are likelier than any word.
    pub fn allow(self, scores: &mut [f32], made: &[u32], end: u32) {
        let (first, marks_end) = (self.first as usize, (self.end() as usize).min(scores.len()));
        if first >= marks_end {
            return;
        }
        let forbid = |scores: &mut [f32], range: std::ops::Range<usize>| scores[range].fill(f32::NEG_INFINITY);
        let last_is_mark = made.last().is_some_and(|&token| self.is_mark(token));
        let one_before_is_mark = made.len() < 2 || self.is_mark(made[made.len() - 2]);
        if last_is_mark {
            if one_before_is_mark {
                // A pair is complete: text follows.
                forbid(scores, first..marks_end);
            } else {
                // A mark that ends a piece: the next one's beginning, or the end.
                let kept = scores[end as usize];
                forbid(scores, 0..first);
                scores[end as usize] = kept;
            }
        }
        if let Some(&last) = made.iter().rev().find(|&&token| self.is_mark(token)) {
            // A piece may begin when the last one ended, but it takes some time.
            let least = if last_is_mark && !one_before_is_mark { last } else { last + 1 };
            forbid(scores, first..(least as usize).clamp(first, marks_end));
        }
        if made.is_empty() {
            forbid(scores, 0..first);
            forbid(scores, (first + FIRST_SECOND as usize + 1).min(marks_end)..marks_end);
        }
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all_marks: f32 = scores[first..marks_end].iter().map(|score| (score - highest).exp()).sum();
        let best_word = scores[..first].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if all_marks.ln() + highest > best_word {
            forbid(scores, 0..first);
        }
    }
}

/// The pieces of a window of `seconds`, and how much of it they cover: there the next window begins.
pub(super) fn pieces(tokens: &[u32], marks: Marks, seconds: f64) -> (Vec<Piece>, f64) {
    let mut pieces = Vec::new();
    let mut start = 0.0;
    let mut text = Vec::new();
    let mut covered = None;
    for (index, &token) in tokens.iter().enumerate() {
        if !marks.is_mark(token) {
            text.push(token);
            continue;
        }
        let at = marks.seconds(token);
        if !text.is_empty() {
            pieces.push(Piece {
                start_seconds: start,
                end_seconds: at.min(seconds),
                tokens: std::mem::take(&mut text),
            });
            // Two marks in a row: what is behind them may be cut, and is heard again from there.
            if tokens.get(index + 1).is_some_and(|&next| marks.is_mark(next)) {
                covered = Some(at);
            }
        }
        start = at.min(seconds);
    }
    let ends_alone =
        tokens.len() >= 2 && marks.is_mark(tokens[tokens.len() - 1]) && !marks.is_mark(tokens[tokens.len() - 2]);
    match covered {
        // The last piece is not finished: it belongs to the next window.
        Some(covered) if !ends_alone && covered > 0.0 => (pieces, covered.min(seconds)),
        _ => {
            if !text.is_empty() {
                pieces.push(Piece { start_seconds: start, end_seconds: seconds, tokens: text });
            }
            (pieces, seconds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Marks = Marks { first: 100 };

    fn at(seconds: f64) -> u32 {
        100 + (seconds * 50.0) as u32
    }

    #[test]
    fn pieces_lie_between_marks() {
        let tokens = [at(0.0), 1, 2, at(1.5), at(2.0), 3, at(4.0)];
        let (found, covered) = pieces(&tokens, MARK, 30.0);
        let expected = [
            Piece { start_seconds: 0.0, end_seconds: 1.5, tokens: vec![1, 2] },
            Piece { start_seconds: 2.0, end_seconds: 4.0, tokens: vec![3] },
        ];
        assert_eq!((found.as_slice(), covered), (&expected[..], 30.0));
    }

    #[test]
    fn what_is_cut_is_heard_again() {
        let tokens = [at(0.0), 1, at(20.0), at(20.0), 2, 3];
        let (found, covered) = pieces(&tokens, MARK, 30.0);
        assert_eq!((found.len(), covered), (1, 20.0));
        let (found, covered) = pieces(&[at(0.0), 1], MARK, 12.0);
        assert_eq!((found[0].end_seconds, covered), (12.0, 12.0));
        assert_eq!(pieces(&[], MARK, 30.0), (vec![], 30.0));
    }

    fn allowed(made: &[u32]) -> Vec<usize> {
        let mut scores = vec![0.0f32; 100 + MARKS as usize];
        // The likeliest word, far above all marks together.
        scores[7] = 50.0;
        scores[99] = 50.0;
        MARK.allow(&mut scores, made, 99);
        (0..scores.len()).filter(|&token| scores[token].is_finite()).collect()
    }

    #[test]
    fn marks_come_in_pairs_and_never_go_back() {
        assert_eq!(allowed(&[]), (100..=150).collect::<Vec<_>>());
        assert!(allowed(&[at(0.0)]).iter().all(|&token| token < 100));
        let behind = allowed(&[at(0.0), 1, at(2.0)]);
        assert_eq!((behind[0], behind[1]), (99, at(2.0) as usize));
        let later = allowed(&[at(0.0), 1, at(2.0), at(2.0), 5]);
        assert_eq!(later.iter().find(|&&token| token >= 100), Some(&(at(2.02) as usize)));
    }
}
