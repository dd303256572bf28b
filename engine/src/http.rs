//! The way to other machines: one HTTP client that does not reach into the private network.
//!
//! Whoever edits a workflow chooses addresses that the server will call. So every address is checked: the name after it
//! was resolved (a public name may point inside), the literal before the request, and each redirect. Addresses of the
//! private network are allowed only where an administrator says so, by policy or with a key's base URL.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::{
    Client, Method, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use tokio::io::AsyncWriteExt;
use url::{Host, Url};

/// What outbound requests may do.
#[derive(Debug, Clone, Default)]
pub struct OutboundPolicy {
    /// Let workflows call addresses of the private network: for a server on one's own desk.
    pub allow_private: bool,
}

/// Which addresses one request may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What the policy says: normally the public internet.
    Policy,
    /// Also the private network, because an administrator chose the address.
    Private,
}

/// Why a request was not made, or its answer not read.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// Not an `http` or `https` URL.
    #[error("`{url}` is not an http or https address")]
    Url { url: String },
    /// The address belongs to this machine or the private network.
    #[error("`{host}` is not on the public internet, and this server may not call private addresses")]
    Private { host: String },
    /// Larger than allowed.
    #[error("the answer is larger than {max_bytes} bytes")]
    TooLarge { max_bytes: u64 },
    /// Connecting, sending or receiving failed.
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    /// The answer could not be kept.
    #[error("the answer could not be written to a file")]
    File(#[from] std::io::Error),
}

impl From<reqwest::Error> for OutboundError {
    /// The resolver and the redirect policy can refuse only through reqwest; their reason is found in the chain.
    fn from(error: reqwest::Error) -> Self {
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            if let Some(refused) = cause.downcast_ref::<Refused>() {
                return Self::Private { host: refused.0.clone() };
            }
            source = cause.source();
        }
        // An address may carry a key as a parameter; errors are shown to people.
        Self::Request(error.without_url())
    }
}

/// An address that may not be reached.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not on the public internet")]
struct Refused(String);

/// The HTTP clients of an engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    public: Client,
    private: Client,
    /// For requests with a secret: they follow no redirect to another origin.
    public_at_origin: Client,
    private_at_origin: Client,
    policy: OutboundPolicy,
}

impl Outbound {
    /// Makes the clients. No system proxy is used: it would resolve names itself, behind the check's back.
    pub fn new(policy: OutboundPolicy) -> Self {
        let client = |reach: Reach, redirects: redirect::Policy| {
            let builder = Client::builder()
                .user_agent(concat!("OpenFlow/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
                .referer(false)
                .redirect(redirects)
                .connect_timeout(Duration::from_secs(5));
            let builder = match reach {
                Reach::Private => builder,
                Reach::Policy => builder.dns_resolver(Arc::new(PublicResolver)),
            };
            builder.build().expect("the TLS back end is compiled in")
        };
        Self {
            public: client(Reach::Policy, public_redirects()),
            private: client(Reach::Private, redirect::Policy::limited(MAX_REDIRECTS)),
            // The origin that is stayed at was checked before the request.
            public_at_origin: client(Reach::Policy, redirects_at_origin()),
            private_at_origin: client(Reach::Private, redirects_at_origin()),
            policy,
        }
    }

    /// Begins a request, if `url` may be called. Send it with [`Outbound::send`].
    pub fn request(&self, method: Method, url: &str, reach: Reach) -> Result<RequestBuilder, OutboundError> {
        let (url, reach) = self.checked(url, reach)?;
        let client = if reach == Reach::Private { &self.private } else { &self.public };
        Ok(client.request(method, url))
    }

    /// The same for a request with a secret. A redirect to another origin is handed back as the answer.
    pub fn request_at_origin(&self, method: Method, url: &str, reach: Reach) -> Result<RequestBuilder, OutboundError> {
        let (url, reach) = self.checked(url, reach)?;
        let client = if reach == Reach::Private { &self.private_at_origin } else { &self.public_at_origin };
        Ok(client.request(method, url))
    }

    fn checked(&self, url: &str, reach: Reach) -> Result<(Url, Reach), OutboundError> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.ok_or_else(|| OutboundError::Url { url: url.chars().take(200).collect() })?;
        if reach == Reach::Private || self.policy.allow_private {
            return Ok((parsed, Reach::Private));
        }
        check_literal(&parsed).map_err(|refused| OutboundError::Private { host: refused.0 })?;
        Ok((parsed, Reach::Policy))
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, OutboundError> {
        Ok(request.send().await?)
    }

    /// Reads an answer of at most `max_bytes`.
    pub async fn read(&self, response: Response, max_bytes: u64) -> Result<Bytes, OutboundError> {
        check_length(&response, max_bytes)?;
        let mut body = BytesMut::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk?);
            if body.len() as u64 > max_bytes {
                return Err(OutboundError::TooLarge { max_bytes });
            }
        }
        Ok(body.freeze())
    }

    /// Reads an answer of at most `max_bytes` into a temporary file: for films.
    pub async fn download(&self, response: Response, max_bytes: u64) -> Result<tempfile::TempPath, OutboundError> {
        check_length(&response, max_bytes)?;
        let path = tempfile::NamedTempFile::new()?.into_temp_path();
        let mut file = tokio::fs::File::create(&path).await?;
        let mut chunks = response.bytes_stream();
        let mut length = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            length += chunk.len() as u64;
            if length > max_bytes {
                return Err(OutboundError::TooLarge { max_bytes });
            }
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        Ok(path)
    }
}

const MAX_REDIRECTS: usize = 5;

fn check_length(response: &Response, max_bytes: u64) -> Result<(), OutboundError> {
    match response.content_length() {
        Some(length) if length > max_bytes => Err(OutboundError::TooLarge { max_bytes }),
        _ => Ok(()),
    }
}

/// Names are checked by the resolver; literal addresses never get there.
fn check_literal(url: &Url) -> Result<(), Refused> {
    let public = match url.host() {
        Some(Host::Ipv4(ip)) => is_public(ip.into()),
        Some(Host::Ipv6(ip)) => is_public(ip.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    };
    if public { Ok(()) } else { Err(Refused(url.host_str().unwrap_or_default().to_owned())) }
}

fn public_redirects() -> redirect::Policy {
    redirect::Policy::custom(|attempt| {
        if attempt.previous().len() > MAX_REDIRECTS {
            return attempt.error("too many redirects");
        }
        match check_literal(attempt.url()) {
            Ok(()) => attempt.follow(),
            Err(refused) => attempt.error(refused),
        }
    })
}

fn redirects_at_origin() -> redirect::Policy {
    redirect::Policy::custom(|attempt| {
        let stays = attempt.previous().last().is_some_and(|last| last.origin() == attempt.url().origin());
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("too many redirects")
        } else if stays {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

/// Resolves names with the system's resolver and lets only public addresses through. The client connects to exactly
/// what was checked, so a name cannot change its mind in between.
struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(Refused(name.as_str().to_owned()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet: not this machine, not a private or link-local network (which is
/// where clouds keep their metadata service), not multicast, not reserved.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(ip) => {
            let segments = ip.segments();
            let embedded = |high: u16, low: u16| {
                let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
                is_public(IpAddr::from([a, b, c, d]))
            };
            match segments {
                // IPv4 in disguise: mapped, translated (NAT64), and 6to4.
                [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low),
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
                [0x2002, high, low, ..] => embedded(high, low),
                // Teredo, documentation, and the local use of NAT64.
                [0x2001, 0, ..] | [0x2001, 0xdb8, ..] | [0x64, 0xff9b, 1, ..] => false,
                // Everything in use on the public internet begins with the bits 001.
                [first, ..] => (0x2000..0x4000).contains(&first),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for ip in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"] {
            assert!(is_public(ip.parse().unwrap()), "{ip} was refused");
        }
        for ip in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.5.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "ff02::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip} was taken");
        }
    }

    #[test]
    fn a_literal_is_checked_in_every_spelling() {
        let outbound = Outbound::new(OutboundPolicy::default());
        for url in ["http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::1]:80/", "http://0/"] {
            let refused = outbound.request(Method::GET, url, Reach::Policy);
            assert!(matches!(refused, Err(OutboundError::Private { .. })), "{url} was taken");
        }
        for url in ["file:///etc/passwd", "ftp://example.org", "nonsense"] {
            let refused = outbound.request(Method::GET, url, Reach::Policy);
            assert!(matches!(refused, Err(OutboundError::Url { .. })), "{url} was taken");
        }
    }

    #[tokio::test]
    async fn a_name_that_points_inside_is_refused() {
        let outbound = Outbound::new(OutboundPolicy::default());
        let request = outbound.request(Method::GET, "http://localhost:1/", Reach::Policy).unwrap();
        let refused = outbound.send(request).await;
        assert!(matches!(refused, Err(OutboundError::Private { ref host }) if host == "localhost"), "{refused:?}");
    }
}
