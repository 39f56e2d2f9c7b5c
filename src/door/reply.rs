//! What a server answered, and how to read it.

use jiff::Timestamp;
use serde_json::Value;

use super::strict;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// When it was given, by the server's clock.
    pub(crate) fn date(&self) -> Option<Timestamp> {
        let date = jiff::fmt::rfc2822::parse(self.header("date")?).ok()?;
        Some(date.timestamp())
    }

    /// The JSON of an answer that says it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        let kind = self.header("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
        (kind == "application/json").then(|| strict::parse(&self.body)).flatten()
    }

    /// An answer that proves nothing, in words.
    pub(crate) fn words(&self) -> String {
        let status = self.status;
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        match status {
            300..=399 => {
                format!(
                    "it answered {status}, a redirect (to a page to sign in, often), which is not followed"
                )
            }
            407 => "a proxy asks for a user and password (HTTPS_PROXY)".to_owned(),
            429 => "it answered 429: too many requests".to_owned(),
            500..=599 => {
                format!("it answered {status}: a fault of its own, or of a proxy before it")
            }
            _ if kind.starts_with("text/html") => {
                format!("it answered {status} with a web page: a page to sign in, or a firewall's")
            }
            401 => {
                "it answered 401, but not as it refuses a token: it may have seen none, because a \
                    proxy keeps the header back"
                    .to_owned()
            }
            200..=299 => format!("it answered {status}, but not in the form that proves anything"),
            _ => format!("it answered {status}, which proves nothing"),
        }
    }
}
