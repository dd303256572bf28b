//! Which versions are given up as they get older. Named and pinned ones never get here.

use shared::id::VersionId;
use time::{Duration, OffsetDateTime};

use crate::config::VersionConfig;

/// How long unnamed versions are kept, and how many.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Younger ones are all kept.
    pub all: Duration,
    /// Younger ones are kept one an hour.
    pub hourly: Duration,
    /// Younger ones are kept one a day, older ones not at all.
    pub daily: Duration,
    /// Of one workflow.
    pub max: usize,
}

impl Retention {
    pub fn of(config: &VersionConfig) -> Self {
        Self {
            all: Duration::hours(config.version_keep_all_hours.into()),
            hourly: Duration::days(config.version_keep_hourly_days.into()),
            daily: Duration::days(config.version_keep_daily_days.into()),
            max: config.version_max.max(1) as usize,
        }
    }

    /// Those of `versions`, newest first, that are not kept any longer. The newest of an hour or day stands for it; the
    /// newest of all always stays.
    pub fn superfluous(&self, versions: &[(VersionId, OffsetDateTime)], now: OffsetDateTime) -> Vec<VersionId> {
        let mut kept = 0;
        let mut last_slot = None;
        let mut superfluous = Vec::new();
        for (id, created_at) in versions {
            let slot = self.slot(*created_at, now);
            let wanted = match slot {
                Slot::Own => true,
                Slot::Hour(_) | Slot::Day(_) => Some(slot) != last_slot,
                Slot::TooOld => false,
            };
            let keep = kept == 0 || (wanted && kept < self.max);
            if !keep {
                superfluous.push(*id);
                continue;
            }
            kept += 1;
            last_slot = Some(slot);
        }
        superfluous
    }

    fn slot(&self, created_at: OffsetDateTime, now: OffsetDateTime) -> Slot {
        let (age, seconds) = (now - created_at, created_at.unix_timestamp());
        if age < self.all {
            Slot::Own
        } else if age < self.hourly {
            Slot::Hour(seconds.div_euclid(3600))
        } else if age < self.daily {
            Slot::Day(seconds.div_euclid(86_400))
        } else {
            Slot::TooOld
        }
    }
}

/// What a version stands for: among those of one hour or day the newest is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Itself alone, however many fall into one second.
    Own,
    Hour(i64),
    Day(i64),
    TooOld,
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

    fn retention() -> Retention {
        Retention { all: Duration::hours(24), hourly: Duration::days(7), daily: Duration::days(365), max: 1000 }
    }

    /// One version a step back in time; answers the ages in minutes of those that stay.
    fn kept(retention: &Retention, step: Duration, count: u128) -> Vec<i64> {
        let versions: Vec<_> =
            (0..count).map(|n| (VersionId::from(Uuid::from_u128(u128::MAX - n)), NOW - step * n as f64)).collect();
        let gone = retention.superfluous(&versions, NOW);
        let kept = versions.iter().filter(|(id, _)| !gone.contains(id));
        kept.map(|(_, at)| (NOW - *at).whole_minutes()).collect()
    }

    #[test]
    fn the_last_day_is_whole_then_hours_then_days() {
        let kept = kept(&retention(), Duration::minutes(15), 4 * 24 * 30);
        let within = |from: i64, to: i64| kept.iter().filter(|age| (from..to).contains(*age)).count();
        let day = 24 * 60;
        assert_eq!(within(0, day), 4 * 24);
        assert_eq!(within(day, 7 * day), 6 * 24 + 1, "the first and the last hour are begun ones");
        assert_eq!(within(7 * day, 30 * day), 24, "days from midnight to midnight");
    }

    #[test]
    fn thinning_out_again_takes_nothing_more() {
        let first = kept(&retention(), Duration::minutes(15), 4 * 24 * 30);
        let versions: Vec<_> = (0u128..)
            .zip(&first)
            .map(|(n, age)| (VersionId::from(Uuid::from_u128(u128::MAX - n)), NOW - Duration::minutes(*age)))
            .collect();
        assert_eq!(retention().superfluous(&versions, NOW), []);
    }

    #[test]
    fn young_versions_of_one_second_all_stay() {
        assert_eq!(kept(&retention(), Duration::ZERO, 5), [0; 5]);
    }

    #[test]
    fn what_is_too_old_or_too_much_goes_and_the_newest_stays() {
        assert_eq!(kept(&retention(), Duration::days(100), 10), [0, 144_000, 288_000, 432_000]);
        let few = Retention { max: 3, ..retention() };
        assert_eq!(kept(&few, Duration::minutes(1), 10), [0, 1, 2]);
        let ancient = [(VersionId::from(Uuid::from_u128(1)), NOW - Duration::days(4000))];
        assert_eq!(retention().superfluous(&ancient, NOW), []);
    }
}
