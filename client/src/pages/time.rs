//! Times as people say them.

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// "just now", "5 min ago", "3 days ago"; `seconds` is how long ago it was.
pub fn ago(seconds: u64) -> String {
    match seconds {
        0..MINUTE => "just now".into(),
        MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        HOUR..DAY => format!("{} h ago", seconds / HOUR),
        DAY..172_800 => "yesterday".into(),
        _ => {
            let days = seconds / DAY;
            match days {
                0..30 => format!("{days} days ago"),
                30..60 => "a month ago".into(),
                60..365 => format!("{} months ago", days / 30),
                365..730 => "a year ago".into(),
                _ => format!("{} years ago", days / 365),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_its_largest_unit() {
        let said = [0, 59, 60, 3 * HOUR, 25 * HOUR, 9 * DAY, 45 * DAY, 100 * DAY, 400 * DAY, 900 * DAY].map(ago);
        assert_eq!(
            said,
            [
                "just now",
                "just now",
                "1 min ago",
                "3 h ago",
                "yesterday",
                "9 days ago",
                "a month ago",
                "3 months ago",
                "a year ago",
                "2 years ago"
            ]
        );
    }
}
