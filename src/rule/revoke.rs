//! How a token is revoked: what people read and paste, and the request that squelch itself makes
//! where it is told to. A rule file says it in `[revoke.NAME]`, and its tokens name it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sent::{Method, Send, SentBody};
use super::template;
use super::verify::{Field, Shape};
use crate::remedy::Remedy;

/// How to revoke a token.
#[derive(Clone, Debug, Default)]
pub struct Revoke {
    /// With its slots unfilled.
    pub(super) remedy: Remedy,
    /// How squelch does it.
    pub request: Option<Request>,
    /// How all tokens of one owner but one are revoked.
    pub rest: Option<Rest>,
}

fn post() -> Method {
    Method::Post
}

/// The request that revokes a token. Each of its slots has to be known for certain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The path, below the service's own. What fills its slots is percent-encoded.
    pub path: String,
    #[serde(default = "post")]
    pub method: Method,
    /// What is sent with it.
    json: Option<String>,
    #[serde(default)]
    form: BTreeMap<String, String>,
    /// `none`: whoever has the token may report it, without signing in.
    pub send: Option<Send>,
    /// What the service answers that took it: which proves nothing yet.
    pub accepted: Vec<Shape>,
    /// Whether the leaked token may revoke itself; else another credential has to.
    #[serde(default)]
    pub itself: bool,
}

/// How all tokens of one owner but one are revoked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// By which of its fields in the list of tokens the one is named that stays: `name` or `id`.
    pub keep: Field,
    /// One request for all of them. Without it each is revoked by the request for one.
    pub request: Option<Request>,
}

/// The slots of a request that a list of tokens fills.
pub const LISTED: [(&str, Field); 2] = [("name", Field::Name), ("uuid", Field::Id)];

impl Request {
    /// Says what is ambiguous or unsafe, with the key.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let known = template::COMMON_SLOTS.join(", ");
        let texts = self.form.values().map(|text| ("request.form", text));
        for (key, text) in [("request.path", &self.path)].into_iter().chain(texts) {
            let may = |slot: &str| {
                template::COMMON_SLOTS.contains(&slot) || slot == "token" && key == "request.form"
            };
            if let Some(slot) = template::slots(text).into_iter().find(|slot| !may(slot)) {
                return Err((key, format!("`{{{slot}}}`: only {known} can be certain")));
            }
        }
        if !matches!(self.send, None | Some(Send::None | Send::Body)) {
            return Err(("request.send", "`none`, or `body` for a token in it".to_owned()));
        }
        let send = self.send.unwrap_or(Send::Bearer);
        self.body().check(send).map_err(|why| ("request.json", why))?;
        if !self.path.starts_with('/') || self.path.contains("://") {
            return Err(("request.path", format!("{:?} is no path", self.path)));
        }
        if self.accepted.is_empty() {
            return Err(("request.accepted", "name the answer that means it was taken".to_owned()));
        }
        self.accepted
            .iter()
            .try_for_each(|shape| shape.check().map_err(|why| ("request.accepted", why)))
    }

    /// What is sent with it.
    pub fn body(&self) -> SentBody<'_> {
        SentBody { json: self.json.as_ref(), form: &self.form }
    }

    /// The names of its slots, each once.
    pub fn slots(&self) -> Vec<&str> {
        let all = std::iter::once(&self.path).chain(self.form.values());
        let mut slots: Vec<&str> = all.flat_map(|text| template::slots(text)).collect();
        let in_json = |slot: &&str| {
            self.json.as_ref().is_some_and(|json| json.contains(&format!("{{{slot}}}")))
        };
        slots.extend(template::COMMON_SLOTS.into_iter().filter(in_json));
        slots.retain(|slot| *slot != "token");
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}

impl Rest {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if !LISTED.iter().any(|(_, field)| *field == self.keep) {
            return Err(("rest.keep", "`name` or `id`".to_owned()));
        }
        self.request.as_ref().map_or(Ok(()), Request::check)
    }
}
