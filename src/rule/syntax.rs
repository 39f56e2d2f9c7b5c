//! What a rule file says, word for word. `compile.rs` decides what it means.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::claims::Claims;
use super::companion::Half;
use super::exposure::{Audit, ExposureRule};
use super::revoke::{Request, Rest};
use super::usage;
use super::verify::Verify;
use crate::leak::Confidence;
use crate::remedy::Who;
use crate::severity::Severity;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) service: Spanned<String>,
    #[serde(default)]
    pub(super) documents: Vec<Spanned<String>>,
    /// Ways to ask, by the name by which tokens call them.
    #[serde(default)]
    pub(super) verify: BTreeMap<String, Spanned<Verify>>,
    /// Ways to revoke, by the name by which tokens call them.
    #[serde(default)]
    pub(super) revoke: BTreeMap<String, Spanned<Revoke>>,
    /// By which names its tokens are used.
    pub(super) usage: Option<usage::Syntax>,
    pub(super) token: Vec<Token>,
    /// What is looked at on servers.
    pub(super) audit: Option<Spanned<Audit>>,
    #[serde(default)]
    pub(super) exposure: Vec<Spanned<ExposureRule>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    pub(super) id: Spanned<String>,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) severity: Severity,
    pub(super) why: String,
    pub(super) pattern: Spanned<String>,
    pub(super) checksum: Option<Spanned<String>>,
    pub(super) claims: Option<Spanned<Claims>>,
    /// The day since which no token of this kind is taken any more.
    pub(super) dead: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) anchors: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) known_examples: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) place: Vec<Spanned<Place>>,
    #[serde(default)]
    pub(super) companion: Vec<Companion>,
    pub(super) revoke: Option<Spanned<Revoke>>,
    /// The name of a way to revoke that tokens share.
    pub(super) revoked_by: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) verify: Vec<Spanned<String>>,
    pub(super) listed_as: Option<String>,
    #[serde(default)]
    pub(super) stored: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) example: Vec<Sample>,
    #[serde(default)]
    pub(super) counter: Vec<Sample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    #[serde(default)]
    pub(super) keys: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) beside: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) near: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) steps: Vec<Spanned<String>>,
    pub(super) form: Option<Form>,
    pub(super) confidence: Confidence,
}

/// How a value stands in a command or URL, by name: what keys cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The password of `-u user:V`, `--user user:V`, `-auth user:V` or `https://user:V@host`.
    UserPair,
    /// The user of `-u V:` or `https://V@host`, as services take a token that needs no user.
    UserName,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Companion {
    pub(super) name: Spanned<String>,
    pub(super) pattern: Spanned<String>,
    pub(super) default: Option<String>,
    pub(super) half: Option<Half>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    pub(super) page: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) steps: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) replace: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) command: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) way: Vec<Way>,
    #[serde(default)]
    pub(super) prove: Vec<Spanned<String>>,
    pub(super) proved_by: Option<String>,
    pub(super) message: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) levers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) script: Vec<Script>,
    pub(super) request: Option<Request>,
    pub(super) rest: Option<Rest>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Way {
    pub(super) who: Who,
    pub(super) command: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) text: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) text: Spanned<String>,
    pub(super) why: String,
}
