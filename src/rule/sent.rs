//! How a request carries a token: the verb, the header, the body.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How the token travels: each as the vendor documents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Send {
    /// The user of a Basic header, with an empty password.
    BasicUser,
    /// The password of a Basic header, its user being the companion `user`.
    BasicPair,
    /// The password of a Basic header without a user.
    BasicPassword,
    /// `Authorization: Bearer`.
    Bearer,
    /// A header of the service's own.
    Header,
    /// In the body: there alone `{token}` may stand.
    Body,
    /// Not at all, where a report needs no credential.
    None,
}

/// The verb of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    #[default]
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// As it is sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What is sent with a request: JSON, or the fields of a form. Known slots in it are filled; other
/// braces are text.
#[derive(Clone, Copy, Debug)]
pub struct SentBody<'a> {
    pub json: Option<&'a String>,
    pub form: &'a BTreeMap<String, String>,
}

impl<'a> SentBody<'a> {
    /// Whether nothing is sent.
    pub fn is_empty(self) -> bool {
        self.json.is_none() && self.form.is_empty()
    }

    /// Its texts, slots unfilled.
    pub fn texts(self) -> impl Iterator<Item = &'a String> {
        self.json.into_iter().chain(self.form.values())
    }

    pub(super) fn check(self, send: Send) -> Result<(), String> {
        if self.json.is_some() && !self.form.is_empty() {
            return Err("either `json` or `form`".to_owned());
        }
        let holds_token = self.texts().any(|text| text.contains("{token}"));
        if holds_token != (send == Send::Body) && !(holds_token && send == Send::None) {
            return Err("`{token}` goes with send = \"body\", and only with it".to_owned());
        }
        match self.json {
            Some(text) if serde_json::from_str::<serde_json::Value>(text).is_err() => {
                Err("`json` is no JSON".to_owned())
            }
            _ => Ok(()),
        }
    }
}
