//! The one file that opens a socket.
//!
//! HTTP/1.1 by ureq, with what it does by itself turned off: no redirects, no proxy but the one of
//! the environment, no cookies, no compression, no certificates but those that were asked for.

use std::io::Read;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::request::Builder;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use rustls::pki_types::CertificateDer;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Error, Proxy, ProxyProtocol};
use zeroize::Zeroizing;

use super::permit::Permit;
use super::proxy::{Setting, refusal, setting};
pub(crate) use super::reply::Reply;
use super::tls::{self, Pem};

/// Answers are short: a user with a hundred groups is 10 KiB.
pub(crate) const ANSWER: u64 = 64 << 10;
/// A list of a thousand tokens is 200 KiB, a page of them as much.
pub(crate) const LIST: u64 = 4 << 20;
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
    /// given (its chain, its key). What is wrong with a file is said before anything is asked.
    pub fn tls(authority: Option<&Pem>, client: Option<(&Pem, &Pem)>) -> Result<TlsConfig, String> {
        let certificates = |all: Vec<CertificateDer<'static>>| -> Vec<Certificate<'static>> {
            all.iter().map(|it| Certificate::from_der(it).to_owned()).collect()
        };
        let roots = match authority {
            None => RootCerts::PlatformVerifier,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem.authorities()?)),
        };
        let mut config = TlsConfig::builder().root_certs(roots);
        if let Some((chain, key)) = client {
            // The library panics where these two do not fit together.
            let (chain, _) = tls::identity(chain, key)?;
            let private = PrivateKey::from_pem(&key.bytes);
            let private = private.map_err(|_| format!("{}: no private key in it", key.name))?;
            config =
                config.client_cert(Some(ClientCert::new_with_certs(&certificates(chain), private)));
        }
        Ok(config.build())
    }
}

/// A line to one server.
#[derive(Debug)]
pub(crate) struct Line {
    agent: Agent,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The proxy that it goes through, and the variable that says so.
    via: Option<(String, &'static str)>,
}

/// A header that carries a credential, or nothing.
pub(crate) type Credential = Option<(HeaderName, Zeroizing<String>)>;

/// One request. It has no `Debug`: its body may hold a token.
pub(crate) struct Message {
    pub(crate) method: Method,
    /// Below the path of the server.
    pub(crate) path: String,
    pub(crate) credential: Credential,
    /// Headers that go with it.
    pub(crate) with: Vec<(HeaderName, Zeroizing<String>)>,
    pub(crate) body: Option<Body>,
}

/// What is sent with a request, and of which kind it is.
pub(crate) struct Body {
    pub(crate) kind: &'static str,
    pub(crate) text: Zeroizing<String>,
}

impl Message {
    /// A GET.
    pub(crate) fn get(path: &str, credential: &Credential) -> Self {
        let (path, credential) = (path.to_owned(), credential.clone());
        Self { method: Method::GET, path, credential, with: Vec::new(), body: None }
    }
}

impl Line {
    /// Sets up a line. No socket is opened before the first request.
    pub(crate) fn new(means: &Means, service: &str, permit: &Permit) -> Result<Self, String> {
        let setting = setting(permit.endpoint(), |name| std::env::var(name).ok());
        let proxy = setting.as_ref().map(proxy).transpose()?;
        let via = proxy.as_ref().zip(setting.as_ref()).map(|(proxy, setting)| {
            (format!("{}:{}", proxy.host(), proxy.port()), setting.variable)
        });
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
        Ok(Self { agent: config.new_agent(), headers, via })
    }

    /// Sends a request, once, and reads at most `cap` bytes of what comes.
    pub(crate) fn send(&self, permit: &Permit, message: &Message, cap: u64) -> Result<Reply, Lost> {
        let Message { method, path, credential, with, body } = message;
        let request = self.request(method, permit, path, credential.iter().chain(with))?;
        match body {
            None => self.run(request.body(()).map_err(Lost::no_request)?, cap),
            Some(Body { kind, text }) => {
                let request = request.header(CONTENT_TYPE, HeaderValue::from_static(kind));
                self.run(request.body(text.as_str()).map_err(Lost::no_request)?, cap)
            }
        }
    }

    fn request<'a>(
        &self,
        method: &Method,
        permit: &Permit,
        path: &str,
        secret: impl Iterator<Item = &'a (HeaderName, Zeroizing<String>)>,
    ) -> Result<Builder, Lost> {
        let uri: Uri = format!("{}{path}", permit.endpoint())
            .parse()
            .map_err(|_| Lost::whole("its address is none"))?;
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in secret {
            let mut value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| Lost::whole("the token holds what no header can"))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        Ok(request)
    }

    fn run(&self, request: Request<impl AsSendBody>, cap: u64) -> Result<Reply, Lost> {
        let response = self.agent.run(request).map_err(|error| self.lost(&error))?;
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

    /// Says also who stands in between, as that may be who failed.
    fn lost(&self, error: &Error) -> Lost {
        let Some((proxy, variable)) = &self.via else { return Lost::of(error) };
        let why = match error {
            Error::ConnectProxyFailed(said) => refusal(said, variable),
            _ => Lost::of(error).why,
        };
        Lost::whole(format!("through the proxy {proxy} ({variable}): {why}"))
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) why: String,
}

impl Lost {
    fn whole(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }

    fn no_request(_: http::Error) -> Self {
        Self::whole("no request can be made of it")
    }

    /// Nothing was sent, since the server had asked for that.
    pub(crate) fn left_alone() -> Self {
        Self::whole(
            "it said that it has enough (429, or 503 with Retry-After) for longer than we wait, and \
             is left alone",
        )
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
            Error::Rustls(error) => tls::words(error),
            Error::Tls(why) => format!("no safe connection: {why}"),
            Error::Io(error) => return Self::cut(error),
            other => format!("the answer is no HTTP as it should be: {other}"),
        })
    }

    fn cut(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        // While a body is read, what the library says comes through as the cause of another error.
        if let Some(inner) = error.get_ref().and_then(|it| it.downcast_ref::<Error>()) {
            return Self::of(inner);
        }
        // What the TLS library says comes through as data that cannot be.
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        Self::whole(match error.kind() {
            _ if inner.is_some() => inner.map(tls::words).unwrap_or_default(),
            Kind::ConnectionRefused => "nothing listens there".to_owned(),
            Kind::TimedOut | Kind::WouldBlock => "no whole answer in time (--timeout)".to_owned(),
            Kind::UnexpectedEof | Kind::ConnectionReset | Kind::BrokenPipe => {
                "it hung up before its answer was whole".to_owned()
            }
            _ if error.to_string().contains("lookup address") => {
                "its name is not known here".to_owned()
            }
            _ => format!("the connection broke: {error}"),
        })
    }
}

/// The proxy of a setting. Errors do not hold the address: it may have a password.
fn proxy(setting: &Setting) -> Result<Proxy, String> {
    let Setting { variable, address } = setting;
    let wrong = |what| {
        format!(
            "the proxy in the environment ({variable}) {what}: write http://HOST:PORT, or name this \
             server in NO_PROXY"
        )
    };
    let proxy = Proxy::new(address).map_err(|_| wrong("is no address"))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
        // The library panics over it.
        _ => Err(wrong("is one for SOCKS, which squelch does not speak")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Result<Proxy, String> {
        proxy(&Setting { variable: "HTTPS_PROXY", address: address.to_owned() })
    }

    #[test]
    fn a_proxy_has_an_address_and_its_password_is_in_no_error() {
        let good = of("http://u:p%40@proxy.example.com:3128").expect("a good address");
        assert_eq!((good.host(), good.password()), ("proxy.example.com", Some("p@")));
        for address in ["http://u:secret@", "socks5h://u:secret@p.example:1080", "x://u:secret@p"] {
            let why = of(address).expect_err(address);
            assert!(why.contains("HTTPS_PROXY") && !why.contains("secret"), "{why}");
        }
    }
}
