//! Candidates and leaks: the stage that still holds secrets.

use std::collections::HashSet;
use std::sync::Arc;

use crate::origin::{History, Origin, OriginKind, Standing};
use crate::secret::{Fingerprint, Secret};
use crate::span::{Position, Span};
use crate::view::Layers;
use serde::Serialize;

/// How sure we are that a place holds a credential of the named kind.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// One place in one blob where a rule matched, judged.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that was seen")]
pub struct Candidate {
    /// Index into [`crate::rule::Rules::rules`].
    pub rule: usize,
    pub secret: Secret,
    /// The token's bytes in the blob.
    pub span: Span,
    pub position: Position,
    pub line: MaskedLine,
    pub confidence: Confidence,
    pub companions: Vec<Companion>,
    /// The other halves, where it is one of a pair.
    pub halves: Vec<Half>,
    /// The reading of the blob in which it stands.
    pub layers: Layers,
    /// Whether the log shows only a part of the token, the rest being masked: `secret` is what
    /// is shown.
    pub partial: bool,
    /// Whether a digest that was looked for is its own: nothing can say that it is no token.
    pub proved: bool,
    /// Whether its form or its context says of which kind it is: else its rule is any of those whose
    /// form it has.
    pub placed: bool,
    /// Whether a comment in its line allows it.
    pub allowed: bool,
    /// Which allowlists of its rule let it pass if it stands where they say: of a foreign rule only.
    pub pending: Vec<usize>,
    /// Why this is no credential, if it is none.
    pub dismissal: Option<Dismissal>,
}

/// The source line around a token with every candidate on it masked, cut to a readable width.
///
/// Control characters are kept as they are: escaping is the report's work.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskedLine {
    pub text: String,
    /// Where the masked token stands in `text`, as a byte range.
    pub token: (usize, usize),
    /// Whether text was cut off before or after.
    pub cut: (bool, bool),
}

/// Something found near a token that makes it usable: server URL, user, project key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Companion {
    /// The slot it fills: `server`, `user`, `project`, `organization`.
    pub name: String,
    pub value: String,
}

/// Where the other half of a pair stands, near a token that is of no use without it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct HalfPlace {
    /// The slot it fills: `key`, `user`.
    pub name: String,
    /// Masked, unless it is only an id.
    pub shown: String,
    #[serde(flatten)]
    pub position: Position,
    #[serde(skip)]
    pub line: MaskedLine,
}

impl HalfPlace {
    /// What it is, as people say it: `its other half, the api key`.
    pub fn words(&self) -> String {
        format!("its other half, the {}", self.name.replace('_', " "))
    }
}

/// The other half of a pair.
#[derive(Debug)]
pub struct Half {
    /// Nothing of an id, which fills its slot as a companion.
    pub secret: Option<Arc<Secret>>,
    /// Where, and as what it is shown.
    pub place: HalfPlace,
}

/// Why a candidate is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DismissalKind {
    /// A filler, an example, an expression.
    Placeholder,
    /// A value that vendor documents print.
    KnownExample,
    /// It carries a checksum, and a wrong one: altered, invented, or another thing.
    Checksum,
    /// Tokens of its kind say something of themselves, and it does not.
    Claims,
    /// The syntax around it says what it is: a permalink, an action pin, a checksum line.
    Syntax,
    /// The key that holds it says what it is: `revision`, `sha1`, `digest`.
    Key,
    /// The file says what it is: a lock file.
    File,
    /// Too many values of one shape in one file: they are ids.
    Statistics,
    /// The id of an object of this very repository.
    OwnObject,
    /// The checksum of a file of this tree.
    FileDigest,
    /// The rule of another scanner that found it lets it pass.
    Allowed,
}

/// A dismissal with its reason in words, for `--explain`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Dismissal {
    pub kind: DismissalKind,
    pub why: String,
}

impl Dismissal {
    pub fn new(kind: DismissalKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into() }
    }
}

/// One place of a leak.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub origin: Origin,
    pub position: Position,
    pub line: MaskedLine,
    /// GitHub's `primaryLocationLineHash` of the line, computed from the whole blob.
    pub line_hash: Option<String>,
    pub confidence: Confidence,
    pub companions: Vec<Companion>,
    /// The other halves, where the token is one of a pair.
    pub halves: Vec<HalfPlace>,
    /// The reading of the blob in which the token stands.
    pub layers: Layers,
    /// How many versions of this path hold the token.
    pub versions: u64,
    /// Whether a comment in the line allows it, in all of those versions. It counts only where the
    /// user lets it.
    pub allowed: bool,
}

impl Place {
    /// Whether a checkout, or a folder as it is, has it.
    pub fn is_there(&self) -> bool {
        use OriginKind as K;
        match &self.origin.history {
            Some(history) => history.in_head(),
            None => matches!(self.origin.kind, K::Worktree | K::Index | K::Archive | K::Log),
        }
    }

    /// Report order: work tree, index, history from the oldest commit on, the rest.
    pub fn order(&self) -> (OriginKind, i64, Self) {
        let history = self.origin.history.as_ref();
        let date = history.and_then(|history| history.author_date.as_deref()?.parse().ok());
        let seconds = date.map_or(i64::MAX, |date: jiff::Timestamp| date.as_second());
        (self.origin.kind, seconds, self.clone())
    }
}

/// Takes back that a place was removed where the same repository's HEAD has the token at another
/// one: its file was moved or edited, and the token stayed.
pub fn keep_last_removals(places: &mut [Place]) {
    let held = |place: &Place| {
        let in_head = place.origin.history.as_ref().is_some_and(History::in_head);
        in_head.then(|| place.origin.repository.clone())
    };
    let held: HashSet<String> = places.iter().filter_map(held).collect();
    for place in places.iter_mut().filter(|place| held.contains(&place.origin.repository)) {
        if let Some(history) = &mut place.origin.history
            && history.removed().is_some()
        {
            history.standing = Standing::Unknown;
        }
    }
}

/// When the oldest commit that has one of these places was made: as a time, and as it is written.
pub fn first_seen(places: &[Place]) -> Option<(jiff::Timestamp, &str)> {
    let dates = places.iter().filter_map(|place| {
        let date = place.origin.history.as_ref()?.author_date.as_deref()?;
        Some((date.parse().ok()?, date))
    });
    dates.min()
}

/// One credential with every place where it was seen.
#[derive(Debug)]
pub struct Leak {
    pub rule: usize,
    pub secret: Secret,
    pub fingerprint: Fingerprint,
    /// Whether only a part of it was seen: `secret` is that part, with its mask.
    pub partial: bool,
    /// Whether a place says of which kind it is: else its rule is any of those whose form it has.
    pub placed: bool,
    /// The other halves by the slots that they fill, where it is one of a pair.
    pub halves: Vec<(String, Arc<Secret>)>,
    /// In report order: never empty.
    pub places: Vec<Place>,
}
