//! What a rule looks for near a token: server, user, project.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};
use serde::Deserialize;

/// What the other half of a pair is. A finding shows it as a second place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Half {
    /// A name that is no secret: the id of a client.
    Id,
    /// A secret that lives and dies with the token: it is shown masked and fills no command.
    Secret,
    /// A credential of its own, masked as well: a pair that is refused says nothing of either half.
    Credential,
}

impl Half {
    /// Whether it has to be kept from leaving.
    pub fn is_secret(self) -> bool {
        self != Self::Id
    }
}

/// A bounded regular expression whose group `value` is what makes a token usable.
#[derive(Debug)]
pub struct CompanionRule {
    /// The slot it fills.
    pub name: String,
    /// What stands in a command when nothing was found: `$SONAR_HOST_URL`.
    pub default: Option<String>,
    /// Whether it is the other half of a pair, and which.
    pub half: Option<Half>,
    pattern: String,
    /// Built when first needed: parsing all of them takes microseconds, building milliseconds,
    /// and most runs find nothing.
    regex: OnceLock<Option<Regex>>,
}

impl CompanionRule {
    /// Checks the pattern, or says what is wrong with it.
    pub(super) fn new(
        name: &str,
        pattern: &str,
        default: Option<String>,
        half: Option<Half>,
    ) -> Result<Self, String> {
        let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
        let hir = parser.parse(pattern).map_err(|error| {
            error.to_string().lines().last().unwrap_or_default().replace("error: ", "")
        })?;
        if !bounded(&hir) {
            return Err("unbounded: say how often at most, as in {1,200}".to_owned());
        }
        if !has_value(&hir) {
            return Err("no group (?P<value>…)".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            default,
            half,
            pattern: pattern.to_owned(),
            regex: OnceLock::new(),
        })
    }

    /// Whether what it finds has to be kept from leaving.
    pub fn is_secret(&self) -> bool {
        self.half.is_some_and(Half::is_secret)
    }

    /// Every value in `text` with where it begins.
    pub fn values<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = (usize, &'t [u8])> {
        let build = || RegexBuilder::new(&self.pattern).unicode(false).build().ok();
        let regex = self.regex.get_or_init(build);
        regex.iter().flat_map(move |regex| {
            regex.captures_iter(text).filter_map(|found| {
                let value = found.name("value")?;
                Some((value.start(), value.as_bytes()))
            })
        })
    }
}

fn bounded(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repeat) => {
            repeat.max.is_some_and(|max| max <= 500) && bounded(&repeat.sub)
        }
        HirKind::Capture(capture) => bounded(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(bounded),
        _ => true,
    }
}

fn has_value(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => {
            capture.name.as_deref() == Some("value") || has_value(&capture.sub)
        }
        HirKind::Repetition(repeat) => has_value(&repeat.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(has_value),
        _ => false,
    }
}
