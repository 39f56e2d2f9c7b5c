//! The one file that opens a socket.
//!
//! HTTP/1.1 by ureq, with what it does by itself turned off: no redirects, no proxy but the one of
//! the environment, no cookies, no compression, no certificates but those that were asked for.

use std::io::Read;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request, Uri};
use ureq::tls::{Certificate, ClientCert, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error, Proxy};
use zeroize::Zeroizing;

use super::permit::{Endpoint, Permit, is_this_machine};

/// Answers are short: a user with a hundred groups is 10 KiB.
pub(super) const ANSWER: u64 = 64 << 10;
/// A list of a thousand tokens is 200 KiB, a page of them as much.
pub(super) const LIST: u64 = 4 << 20;
/// More headers than any server or proxy sends.
const HEADERS: usize = 32 << 10;

/// How to reach servers, made once.
#[derive(Clone, Debug)]
pub struct Means {
    /// The longest that one request may take, from the name's look-up to the last byte.
    pub timeout: Duration,
    pub tls: TlsConfig,
    /// The user's own headers, by the id of the service that they are for.
    pub headers: Vec<(String, HeaderName, HeaderValue)>,
}

impl Means {
    /// The system's certificates, or those of a file; and with a client certificate, if one is
    /// given (both PEM).
    pub fn tls(
        authority: Option<&[u8]>,
        client: Option<(&[u8], &[u8])>,
    ) -> Result<TlsConfig, String> {
        let roots = match authority {
            None => RootCerts::PlatformVerifier,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let client = client.map(|(chain, key)| identity(chain, key)).transpose()?;
        Ok(TlsConfig::builder().root_certs(roots).client_cert(client).build())
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        let item = item.map_err(|error| format!("not PEM: {error}"))?;
        if let PemItem::Certificate(certificate) = item {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err("no certificate in it (PEM)".to_owned()) } else { Ok(found) }
}

fn identity(chain: &[u8], key: &[u8]) -> Result<ClientCert, String> {
    let private = parse_pem(key).find_map(|item| match item {
        Ok(PemItem::PrivateKey(key)) => Some(key),
        _ => None,
    });
    let private = private.ok_or("no private key in it (PEM, without a passphrase)")?;
    Ok(ClientCert::new_with_certs(&certificates(chain)?, private))
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A line to one server.
#[derive(Debug)]
pub(super) struct Line {
    agent: Agent,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A header that carries a credential, or nothing.
pub(super) type Credential = Option<(HeaderName, Zeroizing<String>)>;

impl Line {
    /// Sets up a line. No socket is opened before the first request.
    pub(super) fn new(means: &Means, service: &str, permit: &Permit) -> Result<Self, String> {
        let proxy = proxy(permit.endpoint(), |name| std::env::var(name).ok())?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(permit.endpoint().is_secure())
            .max_redirects(0)
            .proxy(proxy)
            .tls_config(means.tls.clone())
            .user_agent(concat!("squelch/", env!("CARGO_PKG_VERSION")))
            .accept("application/json, */*;q=0.5")
            .max_response_header_size(HEADERS)
            .timeout_global(Some(means.timeout))
            .build();
        let own = |(of, name, value): &(String, HeaderName, HeaderValue)| {
            (of == service && permit.is_named()).then(|| (name.clone(), value.clone()))
        };
        let headers = means.headers.iter().filter_map(own).collect();
        Ok(Self { agent: config.new_agent(), headers })
    }

    /// Sends a GET, and reads at most `cap` bytes of what comes.
    pub(super) fn get(
        &self,
        permit: &Permit,
        path: &str,
        credential: &Credential,
        cap: u64,
    ) -> Result<Reply, Lost> {
        let uri: Uri = format!("{}{path}", permit.endpoint())
            .parse()
            .map_err(|_| Lost::whole("its address is none"))?;
        let mut request = Request::builder().method(Method::GET).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some((name, value)) = credential {
            let mut value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| Lost::whole("the token holds what no header can"))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let request = request.body(()).map_err(|_| Lost::whole("no request can be made of it"))?;
        let response = self.agent.run(request).map_err(|error| Lost::of(&error))?;
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        let mut body = body.into_with_config().limit(u64::MAX).reader().take(cap + 1);
        body.read_to_end(&mut bytes).map_err(|error| Lost::cut(&error))?;
        if bytes.len() as u64 > cap {
            return Err(Lost::whole(format!("its answer is longer than {} KiB", cap >> 10)));
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        Ok(Reply { status: parts.status.as_u16(), headers: headers.collect(), body: bytes })
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) why: String,
}

impl Lost {
    fn whole(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }

    /// In words that say what to do, and that hold nothing of the request.
    fn of(error: &Error) -> Self {
        Self::whole(match error {
            Error::Timeout(_) => {
                "no whole answer in time: it is slow, or a firewall is in between \
                                  (--timeout)"
                    .to_owned()
            }
            Error::HostNotFound => "its name is not known here".to_owned(),
            Error::Rustls(error) => {
                format!("no safe connection: {error} (--ca for a CA of your own)")
            }
            Error::Tls(why) => format!("no safe connection: {why}"),
            Error::ConnectProxyFailed(why) => format!("the proxy refused: {why}"),
            Error::Io(error) => return Self::cut(error),
            other => format!("the answer is no HTTP as it should be: {other}"),
        })
    }

    fn cut(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        Self::whole(match error.kind() {
            Kind::ConnectionRefused => "nothing listens there".to_owned(),
            // What the TLS library says comes through as data that cannot be.
            Kind::InvalidData => format!("no safe connection: {error} (--ca for a CA of your own)"),
            Kind::TimedOut | Kind::WouldBlock => "no whole answer in time (--timeout)".to_owned(),
            _ => format!("the connection broke: {error}"),
        })
    }
}

/// The proxy for a server, from the variables that curl reads.
fn proxy(
    endpoint: &Endpoint,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, String> {
    let first = |names: &[&str]| {
        names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()))
    };
    let names: &[&str] = if endpoint.is_secure() {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        // HTTP_PROXY in capitals can come from a request's header where a web server runs us.
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let Some(address) = first(names) else { return Ok(None) };
    let spared = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    if is_this_machine(endpoint.host()) || is_spared(endpoint.host(), &spared) {
        return Ok(None);
    }
    // Not the address itself: it may hold a password.
    let wrong = |_| "the proxy in the environment (HTTPS_PROXY) is no address".to_owned();
    Proxy::new(&address).map(Some).map_err(wrong)
}

/// Whether `NO_PROXY` names a host: `*`, the host itself, or a domain that it is in.
fn is_spared(host: &str, spared: &str) -> bool {
    spared.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let domain = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        let domain = domain.split(':').next().unwrap_or_default();
        entry == "*"
            || host == domain
            || (!domain.is_empty() && host.ends_with(&format!(".{domain}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_the_environments_and_spares_whom_it_says() {
        let endpoint = |text: &str| Endpoint::parse(text, true).expect("an address");
        let of = |text: &str, spared: &'static str| {
            let variable = move |name: &str| match name {
                "HTTPS_PROXY" => Some("http://u:p%40@proxy.example.com:3128".to_owned()),
                "NO_PROXY" => Some(spared.to_owned()),
                _ => None,
            };
            proxy(&endpoint(text), variable).expect("a good address")
        };
        let proxied = of("https://sonar.example.com", "");
        assert_eq!(proxied.as_ref().map(Proxy::host), Some("proxy.example.com"));
        assert_eq!(proxied.as_ref().and_then(Proxy::password), Some("p@"));
        assert!(of("https://sonar.example.com", ".example.com").is_none());
        assert!(of("https://sonar.example.com", "a, sonar.example.com:443").is_none());
        assert!(of("https://sonar.example.com", "ample.com").is_some());
        assert!(of("https://127.0.0.1", "").is_none());
        assert!(of("http://sonar.example.com", "").is_none());
        let wrong = |name: &str| (name == "HTTPS_PROXY").then(|| "http://u:secret@".to_owned());
        let why = proxy(&endpoint("https://a.example"), wrong).expect_err("no address");
        assert!(!why.contains("secret"), "{why}");
    }
}
