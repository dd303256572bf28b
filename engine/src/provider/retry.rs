//! When to ask again, and after how long.
//!
//! Only requests that have not begun to answer are repeated: never a stream, never a picture that was made. The rules are
//! those of the vendors' own clients.

use std::time::{Duration, SystemTime};

use rand::RngExt;
use reqwest::{StatusCode, header::HeaderMap};

/// How often a request is repeated.
pub(super) const RETRIES_MAX: u32 = 2;
const DELAY_FIRST: Duration = Duration::from_millis(500);
const DELAY_MAX: Duration = Duration::from_secs(8);
/// A vendor that wants us to wait longer is taken at its word, by failing.
const ASKED_MAX: Duration = Duration::from_secs(120);

/// Whether an answer of this status is worth another request.
pub(super) fn worth_retrying(status: StatusCode, headers: &HeaderMap) -> bool {
    match headers.get("x-should-retry").and_then(|value| value.to_str().ok()) {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(status.as_u16(), 408 | 409 | 429) || status.is_server_error(),
    }
}

/// How long to wait before retry number `retry` (from 0). `Err`: the vendor asks for more than we are ready to wait.
pub(super) fn delay(retry: u32, headers: Option<&HeaderMap>) -> Result<Duration, Duration> {
    match headers.and_then(asked) {
        Some(asked) if asked > ASKED_MAX => Err(asked),
        Some(asked) => Ok(asked),
        None => {
            let delay = DELAY_FIRST.saturating_mul(1 << retry.min(8)).min(DELAY_MAX);
            // Jitter, so that the nodes of one run do not come back all at once.
            Ok(delay.mul_f64(rand::rng().random_range(0.75..=1.0)))
        }
    }
}

/// What `retry-after-ms`, else `retry-after` (seconds or a date), asks for.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let from_number = |text: &str, unit: f64| {
        let number: f64 = text.parse().ok()?;
        Duration::try_from_secs_f64(number * unit).ok()
    };
    if let Some(asked) = text("retry-after-ms").and_then(|text| from_number(text, 0.001)) {
        return Some(asked);
    }
    let text = text("retry-after")?;
    from_number(text, 1.0).or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_vendor_says_when_to_come_back() {
        let both = headers(&[("retry-after-ms", "250"), ("retry-after", "9")]);
        assert_eq!(delay(0, Some(&both)), Ok(Duration::from_millis(250)));
        assert_eq!(delay(0, Some(&headers(&[("retry-after", "1.5")]))), Ok(Duration::from_millis(1500)));
        assert_eq!(delay(0, Some(&headers(&[("retry-after", "3600")]))), Err(Duration::from_secs(3600)));
        let past = headers(&[("retry-after", "Sun, 22 Nov 2020 15:00:00 GMT")]);
        assert_eq!(delay(0, Some(&past)), Ok(Duration::ZERO));
    }

    #[test]
    fn without_a_word_the_delay_doubles_up_to_a_limit() {
        for (retry, most) in [(0, 500), (1, 1000), (2, 2000), (9, 8000)] {
            let delay = delay(retry, Some(&headers(&[("retry-after", "soon")]))).unwrap();
            let most = Duration::from_millis(most);
            assert!(delay <= most && delay >= most.mul_f64(0.75), "{delay:?} for retry {retry}");
        }
    }

    #[test]
    fn a_header_overrules_the_status() {
        let plain = HeaderMap::new();
        for (status, worth) in [(408, true), (409, true), (429, true), (503, true), (400, false), (401, false)] {
            assert_eq!(worth_retrying(StatusCode::from_u16(status).unwrap(), &plain), worth, "{status}");
        }
        let (no, yes) = (headers(&[("x-should-retry", "false")]), headers(&[("x-should-retry", "true")]));
        assert!(!worth_retrying(StatusCode::SERVICE_UNAVAILABLE, &no));
        assert!(worth_retrying(StatusCode::BAD_REQUEST, &yes));
    }
}
