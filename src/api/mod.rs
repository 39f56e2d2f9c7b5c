//! Asking the API of one provider: by GET, at the host that the user typed, with the user's credential.
//!
//! What is asked for is the affair of others: [`crate::ci`] asks for logs, [`crate::forge`] for the
//! repositories of an organisation.

pub(crate) mod json;
pub(crate) mod service;
pub(crate) mod session;
mod unread;

use std::env;
use std::time::Duration;

use zeroize::Zeroizing;

pub(crate) use self::unread::Unread;
use crate::door::permit::Endpoint;
pub(crate) use crate::door::pickup::Told;
use crate::door::transport::Means;
use crate::secret::Secret;

pub use self::service::Service;

/// How an API is reached, and as whom.
#[derive(Debug)]
pub struct Access {
    pub means: Means,
    /// The time between two requests.
    pub every: Duration,
    /// How long the run waits for one server altogether, when that asks for it.
    pub max_wait: Duration,
    /// Whether a double on this machine may pass downloads on over http.
    pub allow_http: bool,
    pub token: Option<Token>,
}

impl Access {
    /// As whom it is asked, in words.
    pub fn whom(&self, service: &Service) -> String {
        match &self.token {
            Some(token) => format!("with the token of ${}", token.variable()),
            None => format!("without a token (${} is not set)", service.variables[0]),
        }
    }
}

/// A credential, and the variable that it came from.
#[derive(Debug)]
pub struct Token {
    variable: String,
    secret: Secret,
}

impl Token {
    /// Takes it from a variable of the environment, if that is set.
    fn of_variable(name: &str) -> Option<Self> {
        let value = Zeroizing::new(env::var(name).ok()?);
        let token = value.trim();
        let secret = Secret::new(token.as_bytes());
        (!token.is_empty()).then(|| Self { variable: name.to_owned(), secret })
    }

    /// Of the variable that is named, else of the usual one, if that is set. An error where the one
    /// that is named is not.
    pub fn named(variable: Option<&str>, service: &Service) -> Result<Option<Self>, String> {
        let Some(name) = variable else { return Ok(Self::usual(service)) };
        let missing = || format!("--token-env {name}: ${name} is not set, or empty");
        Self::of_variable(name).map(Some).ok_or_else(missing)
    }

    /// Of the usual variable of a service, if that is set.
    pub fn usual(service: &Service) -> Option<Self> {
        service.variables.iter().find_map(|name| Self::of_variable(name))
    }

    /// The variable that it came from.
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

/// The parts of a page's path, as they are written.
pub(crate) fn parts(page: &Endpoint) -> Vec<&str> {
    page.path().split('/').filter(|part| !part.is_empty()).collect()
}

/// The API of a provider that has one for all, at its own host, and for a page on any other host one
/// at that host.
pub(crate) fn endpoint(page: &Endpoint, hosts: &[&str], api: &str, elsewhere: &str) -> Endpoint {
    match Endpoint::parse(api, false) {
        Ok(api) if hosts.contains(&page.host()) => api,
        _ => page.at_path(elsewhere),
    }
}
