//! How a token is revoked: what people read and paste, and the request that squelch itself makes
//! where it is told to. A rule file says it in `[revoke.NAME]`, and its tokens name it.

use std::collections::BTreeMap;

use serde::Deserialize;

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

/// The request that revokes a token. Each of its slots has to be known for certain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The path, below the service's own. What fills its slots is percent-encoded.
    pub path: String,
    /// The fields of the form that is sent by POST.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
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
        let texts = self.form.values().map(|text| ("request.form", text));
        for (key, text) in [("request.path", &self.path)].into_iter().chain(texts) {
            for slot in template::slots(text) {
                if !template::COMMON_SLOTS.contains(&slot) {
                    let known = template::COMMON_SLOTS.join(", ");
                    return Err((key, format!("`{{{slot}}}`: only {known} can be certain")));
                }
            }
        }
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

    /// The names of its slots, each once.
    pub fn slots(&self) -> Vec<&str> {
        let all = std::iter::once(&self.path).chain(self.form.values());
        let mut slots: Vec<&str> = all.flat_map(|text| template::slots(text)).collect();
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
