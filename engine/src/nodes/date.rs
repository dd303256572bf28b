//! Dates and times, always with their distance from UTC.

use time::{
    Duration, OffsetDateTime, UtcOffset,
    format_description::{self, well_known::Rfc3339},
};

use crate::{Choice, NodeError, Outputs, node};

/// Reads a date: `2026-05-01`, `2026-05-01T18:30:00Z`, or seconds since 1970.
fn read(text: &str, field: &str) -> Result<OffsetDateTime, NodeError> {
    let text = text.trim();
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.replacen(' ', "T", 1) };
    let zoned = if whole.len() == 19 { format!("{whole}Z") } else { whole };
    let seconds = || OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok();
    OffsetDateTime::parse(&zoned, &Rfc3339).ok().or_else(seconds).ok_or_else(|| {
        NodeError::invalid(field, format!("`{text}` is not a date like 2026-05-01 or 2026-05-01T18:30:00Z"))
    })
}

fn written(date: OffsetDateTime) -> Result<String, NodeError> {
    date.format(&Rfc3339).map_err(|error| NodeError::internal("the date could not be written", error))
}

/// Tells the time. It is another one on every run.
#[node("date.now", title = "Now", cacheable = false, output = "date", example = r#"{"params":{"offset":2}}"#)]
fn now(
    /// How many hours later than UTC it is at the place that is meant.
    #[param(title = "Hours from UTC", default = 0.0, min = -12.0, max = 14.0, step = 0.25, unit = "h")]
    offset: f64,
) -> Result<String, NodeError> {
    let offset = UtcOffset::from_whole_seconds((offset * 3600.0) as i32)
        .map_err(|error| NodeError::invalid("offset", "no place is that far from UTC").with_raw(&error.to_string()))?;
    let now = OffsetDateTime::now_utc().to_offset(offset);
    // Nobody reads fractions of a second.
    written(now.replace_nanosecond(0).unwrap_or(now))
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Form {
    #[choice(title = "2026-05-01")]
    Day,
    #[choice(title = "01.05.2026")]
    DayDots,
    #[choice(title = "1 May 2026")]
    DayWords,
    #[choice(title = "18:30")]
    Clock,
    #[choice(title = "2026-05-01 18:30")]
    Minute,
    #[choice(title = "For file names: 2026-05-01_18-30-00")]
    File,
    #[choice(title = "Seconds since 1970")]
    Unix,
    #[choice(title = "As the pattern says")]
    Pattern,
}

/// Writes a date in the form that is asked for.
#[node(
    "date.format",
    title = "Write date",
    example = r#"{"inputs":{"date":"2026-05-01T18:30:00Z"},"params":{"form":"day_words"}}"#
)]
fn format(
    /// The date.
    date: String,
    /// The form.
    #[param(title = "Form", default = Form::Day)]
    form: Form,
    /// A form of one's own, with names in brackets: `[weekday], [day] [month repr:long]`.
    #[param(title = "Pattern", default = "[weekday], [day padding:none] [month repr:long] [year]")]
    pattern: String,
) -> Result<String, NodeError> {
    let date = read(&date, "date")?;
    let pattern = match form {
        Form::Unix => return Ok(date.unix_timestamp().to_string()),
        Form::Day => "[year]-[month]-[day]",
        Form::DayDots => "[day].[month].[year]",
        Form::DayWords => "[day padding:none] [month repr:long] [year]",
        Form::Clock => "[hour]:[minute]",
        Form::Minute => "[year]-[month]-[day] [hour]:[minute]",
        Form::File => "[year]-[month]-[day]_[hour]-[minute]-[second]",
        Form::Pattern => &pattern,
    };
    let refuse = |error: &dyn std::fmt::Display| {
        NodeError::invalid("pattern", "not a pattern for dates").with_raw(&error.to_string())
    };
    let parsed = format_description::parse_borrowed::<2>(pattern).map_err(|error| refuse(&error))?;
    date.format(&parsed).map_err(|error| refuse(&error))
}

/// Counts on from a date, or back.
#[node(
    "date.add",
    title = "Add to date",
    output = "date",
    example = r#"{"inputs":{"date":"2026-05-01"},"params":{"days":30,"hours":12}}"#
)]
fn add(
    /// The date.
    date: String,
    /// How many days; a negative number counts back.
    #[param(title = "Days", default = 0.0, step = 1.0)]
    days: f64,
    /// How many hours.
    #[param(title = "Hours", default = 0.0, step = 1.0)]
    hours: f64,
    /// How many minutes.
    #[param(title = "Minutes", default = 0.0, step = 1.0)]
    minutes: f64,
) -> Result<String, NodeError> {
    let date = read(&date, "date")?;
    let seconds = days * 86_400.0 + hours * 3600.0 + minutes * 60.0;
    let far = || NodeError::invalid("days", "that is too far away");
    if seconds.abs() > 1e12 {
        return Err(far());
    }
    written(date.checked_add(Duration::seconds(seconds.round() as i64)).ok_or_else(far)?)
}

#[derive(Outputs)]
struct Distance {
    /// In days, with a fraction. Negative: the second date is earlier.
    days: f64,
    /// In hours.
    hours: f64,
    /// In seconds.
    seconds: f64,
}

/// Tells how far a date is from another one.
#[node("date.diff", title = "Between dates", example = r#"{"inputs":{"from":"2026-05-01","to":"2026-06-01"}}"#)]
fn diff(
    /// The first date.
    from: String,
    /// The second date.
    to: String,
) -> Result<Distance, NodeError> {
    let seconds = (read(&to, "to")? - read(&from, "from")?).as_seconds_f64();
    Ok(Distance { days: seconds / 86_400.0, hours: seconds / 3600.0, seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_their_usual_forms() {
        let same =
            ["2026-05-01", "2026-05-01T00:00:00Z", "2026-05-01 00:00:00", "2026-05-01T02:00:00+02:00", "1777593600"];
        let dates: Vec<i64> = same.iter().map(|text| read(text, "x").unwrap().unix_timestamp()).collect();
        assert_eq!(dates, [1_777_593_600; 5]);
        assert!(read("yesterday", "x").is_err() && read("2026-13-01", "x").is_err() && read("ä2345678ö", "x").is_err());
    }

    #[test]
    fn dates_are_written_and_counted_on() {
        let date = add("2026-02-27".into(), 2.0, 1.0, 30.0).unwrap();
        assert_eq!(date, "2026-03-01T01:30:00Z");
        let written = |form, pattern: &str| format(date.clone(), form, pattern.into()).unwrap();
        assert_eq!((written(Form::DayWords, ""), written(Form::Clock, "")), ("1 March 2026".into(), "01:30".into()));
        assert_eq!(written(Form::Pattern, "[weekday] [year]"), "Sunday 2026");
        assert!(format(date, Form::Pattern, "[nothing]".into()).is_err());
        assert!(add("2026-02-27".into(), 1e300, 0.0, 0.0).is_err());
    }
}
