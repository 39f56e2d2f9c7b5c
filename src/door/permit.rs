//! Which servers may be asked: the literal hosts of the rules, and those that the user named. No
//! request can be built without a `Permit`, and nothing else makes one.

use std::collections::BTreeMap;
use std::fmt;

use http::Uri;

/// A server: scheme, host, port and the path below which the service lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    secure: bool,
    /// Host and, unless it is the scheme's own, port; lower case.
    authority: String,
    /// Without a slash at the end: empty or `/sonar`.
    path: String,
}

impl Endpoint {
    /// Reads an address that a person typed. Plain http is for this machine, or with leave.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| format!("{text:?} is no address"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("{text:?}: write it with https://")),
        };
        let authority = uri.authority().map_or("", |it| it.as_str()).to_ascii_lowercase();
        if authority.contains('@') {
            return Err("no user and password in an address: they would end up in logs".to_owned());
        }
        if uri.host().is_none_or(str::is_empty) || uri.query().is_some() || text.contains('#') {
            return Err(format!("{text:?}: only a host, a port and a path"));
        }
        if !secure && !allow_http && !is_this_machine(uri.host().unwrap_or_default()) {
            return Err(format!(
                "{text}: over http everybody on the way reads the token; if that is what it takes, \
                 add --allow-http"
            ));
        }
        let default = if secure { ":443" } else { ":80" };
        let authority = authority.strip_suffix(default).unwrap_or(&authority).to_owned();
        Ok(Self { secure, authority, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// Host and port as they are written in an address.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The path below which the service lives, without a slash at the end: empty or `/sonar`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        let end = self.authority.rfind(':').filter(|at| !self.authority[*at..].contains(']'));
        &self.authority[..end.unwrap_or(self.authority.len())]
    }

    /// Its port, also where it is the scheme's own and not written.
    pub fn port(&self) -> u16 {
        let written = self.authority[self.host().len()..].strip_prefix(':');
        let own = if self.secure { 443 } else { 80 };
        written.and_then(|port| port.parse().ok()).unwrap_or(own)
    }

    /// Whether it is reached by https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The same server, and another path on it.
    pub(crate) fn at_path(&self, path: &str) -> Self {
        Self { path: path.trim_end_matches('/').to_owned(), ..self.clone() }
    }

    /// Whether an address found beside a token is of this server.
    pub fn is_at(&self, address: &str) -> bool {
        Self::parse(address, true).is_ok_and(|other| {
            other.authority == self.authority
                && (other.path == self.path
                    || other.path.is_empty()
                    || other.path.starts_with(&format!("{}/", self.path)))
        })
    }
}

/// Names that are this machine, whatever a resolver says.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// All servers that may be asked.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// Those that the user named, by the id of their service. They stand for its own.
    named: BTreeMap<String, Vec<Endpoint>>,
}

impl Allowed {
    /// Those that the user named, besides what the rules have.
    pub fn new(named: impl IntoIterator<Item = (String, Endpoint)>) -> Self {
        let mut all = Self::default();
        for (service, endpoint) in named {
            let of_service = all.named.entry(service).or_default();
            if !of_service.contains(&endpoint) {
                of_service.push(endpoint);
            }
        }
        all
    }

    /// Whether the user named servers of this service.
    pub fn are_named(&self, service: &str) -> bool {
        self.named.contains_key(service)
    }

    /// Leave to ask each server of a service: those that the user named, else the hosts of its rule.
    pub(crate) fn permits(&self, service: &str, hosts: &[String]) -> Vec<Permit> {
        if let Some(named) = self.named.get(service) {
            return named.iter().cloned().map(Permit::named).collect();
        }
        let literal = hosts.iter().filter_map(|host| Endpoint::parse(host, false).ok());
        literal.map(|endpoint| Permit { endpoint, leave: Leave::Rule }).collect()
    }
}

/// Proof that a server is one that the user, or a rule, named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Permit {
    endpoint: Endpoint,
    leave: Leave,
}

/// Who said that a server may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Leave {
    /// The user, by its address.
    User,
    /// A rule, by a literal host.
    Rule,
    /// A server that may be asked, for one download: see [`super::pickup`].
    Server,
}

impl Permit {
    /// Leave to ask a server whose address the user typed.
    pub(crate) fn named(endpoint: Endpoint) -> Self {
        Self { endpoint, leave: Leave::User }
    }

    /// Leave for one download, from where a permitted server says that the file lies.
    pub(super) fn passed_on(endpoint: Endpoint) -> Self {
        Self { endpoint, leave: Leave::Server }
    }

    /// Whether its server may send to another one: not if it was itself sent to.
    pub(super) fn may_pass_on(&self) -> bool {
        self.leave != Leave::Server
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether the user named it: only such a server gets the user's own headers.
    pub(crate) fn is_named(&self) -> bool {
        self.leave == Leave::User
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        Endpoint::parse(text, false).map_or_else(|why| format!("! {why}"), |it| it.to_string())
    }

    #[test]
    fn addresses_are_plain_and_secure() {
        assert_eq!(
            parsed("https://Sonar.example.com:443/sonar/"),
            "https://sonar.example.com/sonar"
        );
        assert_eq!(parsed("http://127.0.0.1:9000"), "http://127.0.0.1:9000");
        assert_eq!(parsed("http://[::1]:9000/x"), "http://[::1]:9000/x");
        for wrong in [
            "sonar.example.com",
            "http://sonar.example.com",
            "http://127.0.0.1.example.com",
            "https://u:p@sonar.example.com",
            "https://sonar.example.com/?x=1",
            "https://",
            "ftp://sonar.example.com",
            "https://a b",
        ] {
            assert!(parsed(wrong).starts_with('!'), "{wrong}: {}", parsed(wrong));
        }
        assert!(Endpoint::parse("http://sonar.example.com", true).is_ok());
    }

    #[test]
    fn an_address_beside_a_token_is_of_a_server_or_is_not() {
        let endpoint = Endpoint::parse("https://ci.example.com/sonar", false).expect("an address");
        assert!(endpoint.is_at("https://CI.example.com:443/sonar/"));
        assert!(!endpoint.is_at("https://ci.example.com/sonarqube"));
        assert!(!endpoint.is_at("https://ci.example.com.evil.example/sonar"));
        assert_eq!(endpoint.host(), "ci.example.com");
        assert_eq!(Endpoint::parse("https://[::1]:8443", false).expect("one").host(), "[::1]");
    }
}
