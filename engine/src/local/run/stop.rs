//! Ends an answer before any of some texts, in a stream: what may be the beginning of one is held back.

/// Watches a stream of text.
#[derive(Debug, Default)]
pub(super) struct StopAt {
    stops: Vec<String>,
    held: String,
}

impl StopAt {
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.iter().filter(|stop| !stop.is_empty()).cloned().collect(), held: String::new() }
    }

    /// Takes a piece. What is certain to belong to the answer comes back, and whether the answer ends with it.
    pub fn push(&mut self, piece: &str) -> (String, bool) {
        self.held.push_str(piece);
        if let Some(at) = self.stops.iter().filter_map(|stop| self.held.find(stop)).min() {
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), true);
        }
        let begins = |at: &usize| self.stops.iter().any(|stop| stop.starts_with(&self.held[*at..]));
        let kept = self.held.char_indices().map(|(at, _)| at).find(begins).unwrap_or(self.held.len());
        let rest = self.held.split_off(kept);
        (std::mem::replace(&mut self.held, rest), false)
    }

    /// What was held back in vain.
    pub fn finish(self) -> String {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let mut stop = StopAt::new(&stops);
        let mut text = String::new();
        for piece in pieces {
            let (certain, ended) = stop.push(piece);
            text.push_str(&certain);
            if ended {
                return (text, true);
            }
        }
        (text + stop.finish().as_str(), false)
    }

    #[test]
    fn an_answer_ends_before_the_stop_however_it_is_cut() {
        for pieces in [&["Hello. END more"][..], &["Hello. E", "ND"], &["Hello. ", "E", "N", "D", "x"]] {
            assert_eq!(read(&["END"], pieces), ("Hello. ".to_owned(), true), "{pieces:?}");
        }
        assert_eq!(read(&["xx", "."], &["a", ".xx"]), ("a".to_owned(), true));
    }

    #[test]
    fn what_only_looks_like_a_stop_is_not_lost() {
        assert_eq!(read(&["END"], &["E", "N", "E", "N"]), ("ENEN".to_owned(), false));
        assert_eq!(read(&["ßa"], &["ß", "ß"]), ("ßß".to_owned(), false));
        assert_eq!(read(&[], &["a", "b"]), ("ab".to_owned(), false));
    }
}
