//! Versions of workflows that are kept by themselves.

use clap::Args;

/// When versions of workflows are kept by themselves, and for how long. Named and pinned ones are kept for good.
#[derive(Debug, Clone, Args)]
pub struct VersionConfig {
    /// A version is kept when nobody has edited for so long.
    #[arg(long, env = "OPENFLOW_VERSION_PAUSE_SECONDS", default_value_t = 60)]
    pub version_pause_seconds: u32,

    /// Versions younger than this are all kept.
    #[arg(long, env = "OPENFLOW_VERSION_KEEP_ALL_HOURS", default_value_t = 24)]
    pub version_keep_all_hours: u32,

    /// Versions younger than this are kept one an hour.
    #[arg(long, env = "OPENFLOW_VERSION_KEEP_HOURLY_DAYS", default_value_t = 7)]
    pub version_keep_hourly_days: u32,

    /// Versions younger than this are kept one a day, older ones not at all.
    #[arg(long, env = "OPENFLOW_VERSION_KEEP_DAILY_DAYS", default_value_t = 365)]
    pub version_keep_daily_days: u32,

    /// Most versions of one workflow that are kept by themselves.
    #[arg(long, env = "OPENFLOW_VERSION_MAX", default_value_t = 2000)]
    pub version_max: u32,
}

impl Default for VersionConfig {
    fn default() -> Self {
        Self {
            version_pause_seconds: 60,
            version_keep_all_hours: 24,
            version_keep_hourly_days: 7,
            version_keep_daily_days: 365,
            version_max: 2000,
        }
    }
}
