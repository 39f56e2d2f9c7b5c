//! Whose API it is: how its credential is sent, and where that usually comes from.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, header};
use zeroize::Zeroizing;

/// A service with an API.
#[derive(Debug)]
pub struct Service {
    /// Its name on the command line. The user's headers for a service of this name go with requests.
    pub id: &'static str,
    /// The variables of the environment that usually hold a token for it.
    pub variables: &'static [&'static str],
    /// The header that carries a token.
    pub(crate) credential: fn(&str) -> (HeaderName, Zeroizing<String>),
    /// Headers that go with every request: their names in lower case.
    pub(crate) headers: &'static [(&'static str, &'static str)],
}

impl Service {
    /// One that wants no headers of its own.
    pub(crate) const fn new(
        id: &'static str,
        variables: &'static [&'static str],
        credential: fn(&str) -> (HeaderName, Zeroizing<String>),
    ) -> Self {
        Self { id, variables, credential, headers: &[] }
    }
}

pub(crate) const GITHUB: Service = Service::new("github", &["GITHUB_TOKEN", "GH_TOKEN"], bearer);

pub(crate) const GITLAB: Service = Service::new("gitlab", &["GITLAB_TOKEN"], |token| {
    (HeaderName::from_static("private-token"), Zeroizing::new(token.to_owned()))
});

/// A personal access token is the password of nobody.
pub(crate) const AZURE_DEVOPS: Service =
    Service::new("azure-devops", &["AZURE_DEVOPS_EXT_PAT", "AZURE_DEVOPS_TOKEN"], |token| {
        basic(&Zeroizing::new(format!(":{token}")))
    });

/// An access token by itself; an API token or an app password with its user before it.
pub(crate) const BITBUCKET: Service = Service::new("bitbucket", &["BITBUCKET_TOKEN"], |token| {
    if token.contains(':') { basic(token) } else { bearer(token) }
});

/// `Authorization: token …` is in the documents of both: docs.gitea.com/development/api-usage,
/// forgejo.org/docs/latest/user/api-usage.
pub(crate) const GITEA: Service = Service::new("gitea", &["GITEA_TOKEN", "FORGEJO_TOKEN"], token);

/// A token in the header that most APIs take it in.
pub(crate) fn bearer(token: &str) -> (HeaderName, Zeroizing<String>) {
    (header::AUTHORIZATION, Zeroizing::new(format!("Bearer {token}")))
}

/// `user:token`, which is what a Basic header holds.
pub(crate) fn basic(pair: &str) -> (HeaderName, Zeroizing<String>) {
    (header::AUTHORIZATION, Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes()))))
}

/// A token in a form that some have for their own.
pub(crate) fn token(token: &str) -> (HeaderName, Zeroizing<String>) {
    (header::AUTHORIZATION, Zeroizing::new(format!("token {token}")))
}
