//! What stands in front of a server and changes what it gets to see.

use super::http::{Reply, Request};

/// A reverse proxy.
#[derive(Clone, Debug, Default)]
pub(crate) enum Proxy {
    #[default]
    Plain,
    /// Takes the `Authorization` header away.
    StripsAuthorization,
    /// Single sign-on: everybody is this user, whatever the credential.
    InjectsIdentity(String),
    /// 302 to `/login` of this base URL.
    RedirectsToLogin(String),
    /// 200 and a page that asks for a password.
    HtmlLogin,
}

pub(crate) const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>\
    <form method=\"post\" action=\"/login\"><input name=\"user\"><input name=\"password\" \
    type=\"password\"><button>Sign in</button></form></body></html>";

impl Proxy {
    /// What the proxy answers in the server's stead; else the request is what the server gets.
    pub(crate) fn instead(&self, request: &mut Request) -> Option<Reply> {
        match self {
            Self::Plain | Self::InjectsIdentity(_) => None,
            Self::StripsAuthorization => {
                request.headers.retain(|(name, _)| name != "authorization");
                None
            }
            Self::RedirectsToLogin(base) => {
                Some(Reply::empty(302).with("Location", format!("{base}/login")))
            }
            Self::HtmlLogin => Some(Reply::html(200, LOGIN_PAGE)),
        }
    }

    pub(crate) fn identity(&self) -> Option<&str> {
        match self {
            Self::InjectsIdentity(login) => Some(login),
            _ => None,
        }
    }
}
