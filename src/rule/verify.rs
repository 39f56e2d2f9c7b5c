//! How a service is asked about a token: the request, which answers mean what, what an answer
//! says of the owner. A rule file says it in `[verify.NAME]`, and its tokens name it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sent::{Method, Send, SentBody};
use super::template;
use crate::identity::About;
use crate::severity::Severity;

/// How to ask about a token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// Where the service lives, without a slash at the end; none where everybody runs their own.
    #[serde(default)]
    pub hosts: Vec<String>,
    pub send: Send,
    /// The header that carries the token, with `send = "header"`, and what stands before the token
    /// in it.
    pub header: Option<String>,
    #[serde(default)]
    pub before: String,
    #[serde(default)]
    pub method: Method,
    /// The path of the request, below the host's own path.
    pub path: String,
    /// Headers that go with it, their slots filled.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// What is sent with it.
    json: Option<String>,
    #[serde(default)]
    form: BTreeMap<String, String>,
    /// Asked first, without a token: whether this is the service at all.
    pub probe: Option<Probe>,
    #[serde(default)]
    pub control: Control,
    /// Whether a request with the token is never repeated, whatever the answer: each refused one
    /// counts as an attempt to log in.
    #[serde(default)]
    pub once: bool,
    /// What asking changes at the service, one sentence without a full stop.
    pub changes: Option<String>,
    /// The recipe of most services: what JSON says with 200, where 401 is dead.
    says: Option<BTreeMap<String, Expect>>,
    #[serde(default)]
    pub live: Vec<Shape>,
    #[serde(default)]
    pub dead: Vec<Shape>,
    /// What a live answer says: a pointer into its JSON, or `header:name`.
    #[serde(default)]
    pub identity: BTreeMap<About, String>,
    /// Requests that say more of a token that is alive.
    #[serde(default)]
    pub more: Vec<More>,
    /// The owner's list of tokens, in which this one must be.
    pub list: Option<List>,
    /// What makes a live token worse than its kind.
    #[serde(default)]
    pub raise: Vec<Raise>,
}

/// Against a server that says yes to everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// A random token of the same shape must be refused, once a server.
    #[default]
    Random,
    /// A refused request does harm, so the probe has to show what everybody gets.
    Probe,
}

/// The first request, which carries no token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    pub path: String,
    pub answer: Shape,
    /// Where the answer says the server's version: a pointer, or `header:name`.
    pub version: Option<String>,
}

/// What an answer must be: all that it names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub status: Vec<u16>,
    pub body: Body,
    /// What stands at a pointer into the JSON.
    #[serde(default)]
    pub json: BTreeMap<String, Expect>,
    /// Headers that must be there, by their names in lower case; a text that is not empty must be
    /// theirs, `={user}` what was sent.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Versions whose answer does not count, each as it begins: `9.5`.
    #[serde(default)]
    pub not_version: Vec<String>,
}

/// What the body of an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    Empty,
    Json,
    /// Anything: the status and the headers say it.
    Any,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Expect {
    Is(bool),
    /// `string`, `array`, `object`, `number`, or `={user}`: the same as what was sent, in any case;
    /// `=text`: this text.
    Kind(String),
}

/// One more request about a live token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct More {
    pub path: String,
    pub identity: BTreeMap<About, String>,
}

/// A list of the owner's tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub path: String,
    /// The first version that has it.
    pub since: Option<String>,
    pub rows: Rows,
    pub by: By,
    /// How old a last use is at most, in seconds, right after another one.
    #[serde(default)]
    pub window: u64,
    /// From which version on a token that was used has its last use in the list.
    pub last_use_since: Option<String>,
    /// From which version on a token that expires says so in each answer.
    pub expiry_told_since: Option<String>,
}

/// Where the rows of a list are, and what they say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Rows {
    /// A pointer to an array, and pointers into its elements.
    Json { at: String, fields: BTreeMap<Field, String> },
    /// A bounded expression with a group for each field, once a row of a page.
    Page(String),
}

/// What a row of a list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Name,
    Id,
    Kind,
    Project,
    Created,
    LastUsed,
    Expires,
    Expired,
    Uses,
}

/// How a token is told from the others of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// It has just been used, and the service writes down when: rows that say otherwise are out.
    LastUse,
    /// Its counter has grown between two readings.
    Uses,
}

/// Something that makes a live token worse.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    pub about: About,
    pub value: String,
    pub severity: Severity,
    pub why: String,
}

impl Verify {
    /// Says what is ambiguous or unsafe, with the key.
    pub(super) fn check(&self, slots: &[&str]) -> Result<(), (&'static str, String)> {
        for host in &self.hosts {
            check_host(host).map_err(|why| ("hosts", why))?;
        }
        if (self.send == Send::Header) != self.header.is_some() {
            return Err(("header", "goes with send = \"header\", and only with it".to_owned()));
        }
        if self.send == Send::None {
            return Err(("send", "none: nothing is asked about a token without it".to_owned()));
        }
        if !self.before.is_empty() && self.header.is_none() {
            return Err(("before", "stands in a `header`, and there is none".to_owned()));
        }
        if !self.body().is_empty() && matches!(self.method, Method::Get | Method::Delete) {
            return Err(("method", "`json` or `form` goes with post or put".to_owned()));
        }
        self.body().check(self.send).map_err(|why| ("json", why))?;
        if self.send == Send::BasicPair && !slots.contains(&"user") {
            return Err(("send", "basic-pair needs a companion `user`".to_owned()));
        }
        for (name, value) in &self.with {
            if value.contains("{token}") || http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(("with", format!("{name:?}: a header's name, and no token in it")));
            }
        }
        if self.control == Control::Probe && self.probe.is_none() {
            return Err(("control", "there is no probe".to_owned()));
        }
        for (key, path) in self.paths() {
            check_path(path, slots).map_err(|why| (key, why))?;
        }
        self.check_shapes()
    }

    /// What is sent with the request.
    pub fn body(&self) -> SentBody<'_> {
        SentBody { json: self.json.as_ref(), form: &self.form }
    }

    /// The same with the recipe written out.
    pub(super) fn written_out(mut self) -> Self {
        if let Some(json) = self.says.take() {
            let shape = |status, body, json| {
                let (headers, not_version) = (BTreeMap::new(), Vec::new());
                Shape { status: vec![status], body, json, headers, not_version }
            };
            self.live.push(shape(200, Body::Json, json));
            if self.dead.is_empty() {
                self.dead.push(shape(401, Body::Any, BTreeMap::new()));
            }
        }
        self
    }

    /// Whether the request names whose token it is.
    pub fn names_user(&self) -> bool {
        let texts = self.body().texts().chain(self.with.values());
        std::iter::once(&self.path).chain(texts).any(|text| text.contains("{user}"))
    }

    /// The slots that stand in what is sent with the token.
    pub fn slots<'a>(&'a self, known: &'a [String]) -> impl Iterator<Item = &'a str> {
        let more = self.more.iter().map(|more| &more.path);
        let paths = std::iter::once(&self.path).chain(more).flat_map(|path| template::slots(path));
        let in_body = known.iter().map(String::as_str).filter(|slot| {
            let slot = format!("{{{slot}}}");
            self.body().texts().chain(self.with.values()).any(|text| text.contains(&slot))
        });
        paths.chain(in_body)
    }

    /// All paths that may be asked for, with the key that names them.
    fn paths(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let probe = self.probe.iter().map(|probe| ("probe.path", &probe.path));
        let more = self.more.iter().map(|more| ("more.path", &more.path));
        let list = self.list.iter().map(|list| ("list.path", &list.path));
        [("path", &self.path)].into_iter().chain(probe).chain(more).chain(list)
    }

    fn check_shapes(&self) -> Result<(), (&'static str, String)> {
        if self.live.is_empty() || self.dead.is_empty() {
            return Err(("live", "name both what is live and what is dead".to_owned()));
        }
        let probe = self.probe.iter().map(|probe| &probe.answer);
        for shape in self.live.iter().chain(&self.dead).chain(probe) {
            shape.check().map_err(|why| ("live", why))?;
        }
        let pairs =
            self.live.iter().flat_map(|live| self.dead.iter().map(move |dead| (live, dead)));
        for (live, dead) in pairs {
            if live.overlaps(dead) {
                let why = format!("an answer {:?} may be both live and dead", live.status);
                return Err(("live", why));
            }
        }
        let silent = |shape: &&Shape| shape.body != Body::Json && shape.headers.is_empty();
        if self.live.iter().any(|shape| silent(&shape)) {
            return Err((
                "live",
                "a status alone proves nothing: say what else is there".to_owned(),
            ));
        }
        Ok(())
    }
}

impl Shape {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.status.is_empty() {
            return Err("no status".to_owned());
        }
        if self.body != Body::Json && !self.json.is_empty() {
            return Err("`json` without body = \"json\"".to_owned());
        }
        for (pointer, expect) in &self.json {
            let known = match expect {
                Expect::Is(_) => true,
                Expect::Kind(kind) => {
                    kind.starts_with('=')
                        || ["string", "array", "object", "number"].contains(&kind.as_str())
                }
            };
            if !known || !pointer.starts_with('/') {
                return Err(format!(
                    "{pointer:?}: a pointer, and true, false, string, array, object, number, ={{user}} or =text"
                ));
            }
        }
        Ok(())
    }

    /// Whether one answer may have both shapes.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let status = self.status.iter().any(|status| other.status.contains(status));
        let empty = (self.body == Body::Empty) != (other.body == Body::Empty)
            && self.body != Body::Any
            && other.body != Body::Any;
        let told_apart = self.json.iter().any(|(pointer, expect)| {
            other.json.get(pointer).is_some_and(|theirs| theirs != expect)
        });
        status && !empty && !told_apart
    }
}

fn check_host(host: &str) -> Result<(), String> {
    let name = host.strip_prefix("https://").ok_or("only https is written to")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-/".contains(c);
    if name.is_empty() || name.ends_with('/') || !name.chars().all(plain) {
        return Err(format!("{host:?} is no literal host"));
    }
    Ok(())
}

pub(super) fn check_path(path: &str, slots: &[&str]) -> Result<(), String> {
    if !path.starts_with('/') || path.contains("://") {
        return Err(format!("{path:?} is no path"));
    }
    for slot in template::slots(path) {
        if slot == "token" {
            return Err("`{token}`: an address never holds the token".to_owned());
        }
        if slot != "random" && !slots.contains(&slot) {
            return Err(format!("nobody fills the slot `{{{slot}}}`"));
        }
    }
    Ok(())
}
