//! The `Range` header: which part of a blob is asked for.

use std::ops::Range;

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// No range, several, or one we do not understand: all of those may be answered in whole (RFC 9110, 14.2).
    Whole,
    Part(Range<u64>),
    /// Nothing of it exists.
    Unsatisfiable,
}

pub fn parse(header: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else { return Wanted::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Wanted::Whole };
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        // The last so many bytes.
        return match number(last) {
            Some(0) => Wanted::Unsatisfiable,
            Some(_) if size == 0 => Wanted::Unsatisfiable,
            Some(length) => Wanted::Part(size.saturating_sub(length)..size),
            None => Wanted::Whole,
        };
    }
    let Some(first) = number(first) else { return Wanted::Whole };
    let last = if last.is_empty() { Some(u64::MAX) } else { number(last) };
    match last {
        None => Wanted::Whole,
        Some(last) if last < first => Wanted::Whole,
        Some(_) if first >= size => Wanted::Unsatisfiable,
        Some(last) => Wanted::Part(first..last.min(size - 1) + 1),
    }
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Larger than any file: as good as the largest number.
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ten(header: &str) -> Wanted {
        parse(Some(header), 10)
    }

    #[test]
    fn one_range_is_cut_to_what_exists() {
        assert_eq!(of_ten("bytes=0-0"), Wanted::Part(0..1));
        assert_eq!(of_ten("bytes=2-5"), Wanted::Part(2..6));
        assert_eq!(of_ten("bytes=2-"), Wanted::Part(2..10));
        assert_eq!(of_ten("bytes=2-99999999999999999999999"), Wanted::Part(2..10));
        assert_eq!(of_ten("bytes=-3"), Wanted::Part(7..10));
        assert_eq!(of_ten("bytes=-30"), Wanted::Part(0..10));
    }

    #[test]
    fn a_range_outside_is_unsatisfiable() {
        assert_eq!(of_ten("bytes=10-"), Wanted::Unsatisfiable);
        assert_eq!(of_ten("bytes=-0"), Wanted::Unsatisfiable);
        assert_eq!(parse(Some("bytes=0-"), 0), Wanted::Unsatisfiable);
        assert_eq!(parse(Some("bytes=-5"), 0), Wanted::Unsatisfiable);
    }

    #[test]
    fn anything_else_is_answered_in_whole() {
        for header in ["bytes=0-1,4-5", "bytes=5-2", "bytes=a-b", "bytes=+1-2", "items=0-1", "bytes=", "bytes=-", "5"] {
            assert_eq!(of_ten(header), Wanted::Whole, "{header}");
        }
        assert_eq!(parse(None, 10), Wanted::Whole);
    }
}
