//! Marks inside edits: who made it and when. Plain text, so that every server passes it on as it is, and found by a
//! search, so that the load generator need not understand what it receives.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use memchr::memmem::Finder;

const SIGN: &[u8] = b"~of~";
const LEN: usize = SIGN.len() + 8 + 16;

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SIGN));
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The value of an edit that client `client` makes now.
pub fn make(client: u32) -> String {
    let nanos = START.elapsed().as_nanos() as u64;
    format!("~of~{client:08x}{nanos:016x}")
}

/// How old the edits in a frame are, those of `own` left out.
pub fn ages(frame: &[u8], own: u32) -> impl Iterator<Item = Duration> {
    let now = START.elapsed().as_nanos() as u64;
    FINDER.find_iter(frame).filter_map(move |at| {
        let mark = std::str::from_utf8(frame.get(at + SIGN.len()..at + LEN)?).ok()?;
        let (client, nanos) = mark.split_at(8);
        let made = u64::from_str_radix(nanos, 16).ok()?;
        let foreign = u32::from_str_radix(client, 16).ok()? != own;
        foreign.then(|| Duration::from_nanos(now.saturating_sub(made)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_others_are_found_wherever_they_stand() {
        let frame = [b"\x00\x02", make(7).as_bytes(), b"~of~", make(8).as_bytes(), b"\x00~of~00"].concat();
        assert_eq!(ages(&frame, 9).count(), 2);
        assert_eq!(ages(&frame, 7).count(), 1);
    }
}
