//! Slows down whoever guesses: passwords by client address and by account; invitations, API keys and session tokens by
//! client address.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

use crate::{error::AppError, state::AppState};

const fn times(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).expect("a quota is not zero")
}

/// A team behind one address signs in at once on Monday; a guesser gets one try every two seconds after that.
const PER_ADDRESS: Quota = Quota::per_minute(times(30)).allow_burst(times(60));
/// A person who mistypes has ten tries; a guesser with many addresses gets six a minute at one account.
const PER_ACCOUNT: Quota = Quota::per_minute(times(6)).allow_burst(times(10));
/// How many checks lie between two clean-ups of keys that are back at full quota.
const CHECKS_PER_CLEANUP: u32 = 1024;

pub struct Throttle {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    /// Wrong tokens, apart from sign-ins: a page left open with an old cookie must not lock its person out.
    guesses: DefaultKeyedRateLimiter<IpAddr>,
    /// By hash, so that a long made-up address costs no more memory than a short one.
    accounts: DefaultKeyedRateLimiter<[u8; 32]>,
    checks: AtomicU32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            addresses: RateLimiter::keyed(PER_ADDRESS),
            guesses: RateLimiter::keyed(PER_ADDRESS),
            accounts: RateLimiter::keyed(PER_ACCOUNT),
            checks: AtomicU32::new(0),
        }
    }
}

impl Throttle {
    /// One more try from this address.
    pub fn check_address(&self, client: ClientAddress) -> Result<(), AppError> {
        self.clean_up();
        check(&self.addresses, &client.0)
    }

    /// One more token from this address that opens nothing.
    pub fn check_guess(&self, client: ClientAddress) -> Result<(), AppError> {
        self.clean_up();
        check(&self.guesses, &client.0)
    }

    fn clean_up(&self) {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_PER_CLEANUP == CHECKS_PER_CLEANUP - 1 {
            self.addresses.retain_recent();
            self.guesses.retain_recent();
            self.accounts.retain_recent();
        }
    }

    /// One more try at this account, whether it exists or not.
    pub fn check_account(&self, email: &str) -> Result<(), AppError> {
        check(&self.accounts, &blake3::hash(email.to_lowercase().as_bytes()).into())
    }
}

fn check<K: Clone + std::hash::Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), AppError> {
    limiter.check_key(key).map_err(|refusal| AppError::rate_limited(refusal.wait_time_from(limiter.clock().now())))
}

/// Who a request counts against: an IPv4 address, or the /64 network of an IPv6 one, since a person has all of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    pub fn ip(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
        // The last one is the proxy's word; those before it are whatever the client claimed.
        let forwarded = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        let connected = ConnectInfo::<SocketAddr>::from_request_parts(parts, state).await;
        let connected = connected.ok().map(|info| info.0.ip());
        let address: Option<IpAddr> = if state.config.behind_proxy { forwarded.or(connected) } else { connected };
        // No address only where there is no socket, in tests of the router: they all count as one.
        Ok(address.unwrap_or(Ipv4Addr::LOCALHOST.into()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_throttled_whatever_the_spelling() {
        let throttle = Throttle::default();
        for _ in 0..10 {
            throttle.check_account("Ada@example.org").unwrap();
        }
        let refusal = throttle.check_account("ada@EXAMPLE.org").unwrap_err();
        assert_eq!(refusal.code(), shared::error::ErrorCode::RateLimited);
        assert!(throttle.check_account("bob@example.org").is_ok());
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one() {
        let [a, b, c] = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"]
            .map(|text| ClientAddress::from(text.parse::<IpAddr>().unwrap()));
        assert_eq!(a, b);
        assert_ne!(a, c);
    }
}
