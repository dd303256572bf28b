//! How large a document is, without encoding it after every edit. Pure.

/// Edits of this share of the limit are let in on the strength of an old measurement.
const MEASURE_EVERY: usize = 32;

/// A document's size when it is sent whole: the last measurement, and what was added since.
#[derive(Debug, Clone, Copy, Default)]
pub struct Size {
    measured: usize,
    grown: usize,
    /// Something was deleted since, so that it may be smaller.
    shrunk: bool,
}

impl Size {
    pub fn measured(bytes: usize) -> Self {
        Self { measured: bytes, grown: 0, shrunk: false }
    }

    pub fn applied(&mut self, bytes: usize, deletes: bool) {
        self.grown += bytes;
        self.shrunk |= deletes;
    }

    /// At most this, if nothing was merged or collected since the measurement.
    pub fn bytes(&self) -> usize {
        self.measured + self.grown
    }

    /// Whether `more` bytes may come in. Measures anew when that may make the difference.
    pub fn has_room(&mut self, more: usize, limit: usize, measure: impl FnOnce() -> usize) -> bool {
        if self.bytes() + more > limit && (self.shrunk || self.grown > limit / MEASURE_EVERY) {
            *self = Self::measured(measure());
        }
        self.bytes() + more <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_document_takes_more_once_something_was_deleted() {
        let mut size = Size::measured(90);
        assert!(size.has_room(10, 100, || unreachable!("it is known to fit")));
        size.applied(10, false);
        assert!(!size.has_room(1, 100, || 100), "measured, and full");
        // Measured a moment ago: refused without measuring again.
        assert!(!size.has_room(1, 100, || unreachable!("nothing has changed")));
        size.applied(3, true);
        assert!(size.has_room(1, 100, || 50));
        assert_eq!(size.bytes(), 50);
    }
}
