//! The one file that opens a socket.
//!
//! HTTP/1.1 by ureq, with what it does by itself turned off: no redirects, no proxy but the one of
//! the environment, no cookies, no compression, no certificates but those that were asked for.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::request::Builder;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Error, Proxy, ProxyProtocol};
use zeroize::Zeroizing;

use super::permit::Permit;
use super::proxy::{Setting, refusal, setting};
pub(crate) use super::reply::Reply;
pub(crate) use super::stream::Stream;
use super::tls::{self, Pem};

/// Answers are short: a user with a hundred groups is 10 KiB.
pub(crate) const ANSWER: u64 = 64 << 10;
/// A list of a thousand tokens is 200 KiB, a page of them as much.
pub(crate) const LIST: u64 = 4 << 20;
/// More headers than any server or proxy sends.
const HEADERS: usize = 32 << 10;
/// How long a download may go on, as long as bytes keep coming: the longest logs are some GiB.
const DOWNLOAD: Duration = Duration::from_hours(1);

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

/// What an answer is read for, which says how long that may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// An answer that is small: all of it in the time of one request.
    Whole,
    /// A file of any length: each part of it in that time.
    Download,
}

impl Line {
    /// Sets up a line for short answers. No socket is opened before the first request.
    pub(crate) fn new(means: &Means, service: &str, permit: &Permit) -> Result<Self, String> {
        Self::reading(Reading::Whole, means, service, permit)
    }

    /// Sets up a line.
    pub(crate) fn reading(
        reading: Reading,
        means: &Means,
        service: &str,
        permit: &Permit,
    ) -> Result<Self, String> {
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
            .max_response_header_size(HEADERS);
        let each = Some(means.timeout);
        let config = match reading {
            Reading::Whole => config.timeout_global(each),
            Reading::Download => config
                .timeout_resolve(each)
                .timeout_connect(each)
                .timeout_send_request(each)
                .timeout_recv_response(each)
                .timeout_per_read(each)
                .timeout_recv_body(Some(DOWNLOAD)),
        };
        let own = |(of, name, value): &(String, HeaderName, HeaderValue)| {
            (of == service && permit.is_named()).then(|| (name.clone(), value.clone()))
        };
        let headers = means.headers.iter().filter_map(own).collect();
        Ok(Self { agent: config.build().new_agent(), headers, via })
    }

    /// Sends a request, once, and reads at most `cap` bytes of what comes.
    pub(crate) fn send(&self, permit: &Permit, message: &Message, cap: u64) -> Result<Reply, Lost> {
        self.open(permit, message)?.whole(cap)
    }

    /// Sends a request, once. The body of the answer is still to be read.
    pub(crate) fn open(&self, permit: &Permit, message: &Message) -> Result<Stream, Lost> {
        let Message { method, path, credential, with, body } = message;
        let request = self.request(method, permit, path, credential.iter().chain(with))?;
        match body {
            None => self.run(request.body(()).map_err(Lost::no_request)?, permit),
            Some(Body { kind, text }) => {
                let request = request.header(CONTENT_TYPE, HeaderValue::from_static(kind));
                self.run(request.body(text.as_str()).map_err(Lost::no_request)?, permit)
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

    fn run(&self, request: Request<impl AsSendBody>, permit: &Permit) -> Result<Stream, Lost> {
        let response = self.agent.run(request).map_err(|error| self.lost(&error))?;
        let (parts, body) = response.into_parts();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        Ok(Stream {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            from: permit.clone(),
            body: Box::new(body.into_with_config().limit(u64::MAX).reader()),
        })
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
    /// When the server may be asked again, where it said so and that is longer than we wait.
    pub(crate) until: Option<Timestamp>,
}

impl Lost {
    pub(super) fn whole(why: impl Into<String>) -> Self {
        Self { why: why.into(), until: None }
    }

    fn no_request(_: http::Error) -> Self {
        Self::whole("no request can be made of it")
    }

    /// Nothing was sent, since the server had asked for that.
    pub(super) fn left_alone(until: Option<Timestamp>) -> Self {
        let why = "it said that it has enough (429, 503 with Retry-After, or a rate limit) for \
                   longer than we wait, and is left alone";
        Self { why: why.to_owned(), until }
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

    /// Why a body ended before its end.
    pub(crate) fn cut(error: &std::io::Error) -> Self {
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
