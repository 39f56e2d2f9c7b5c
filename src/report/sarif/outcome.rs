//! Results: one a token and place group.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use super::SarifProfile;
use super::base::Bases;
use super::model::{
    ContextRegion, HistoryProperties, Location, LogicalLocation, Message, Outcome,
    OutcomeProperties, PhysicalLocation, Region, Suppression, Text,
};
use super::rule::{hard_coded, level, limited, remedy_markdown, score};
use crate::finding::{Covered, Finding, INLINE, State};
use crate::identity::About;
use crate::leak::{MaskedLine, Place};
use crate::origin::{History, LogPlace, OriginKind, Standing};
use crate::report::Head;
use crate::report::escape::{markdown, markdown_code, shown};
use crate::report::human::{head_words, text::count};
use crate::report::jsonl::reach_word;
use crate::report::paths::short;
use crate::report::plan::capital;
use crate::rule::Rules;
use crate::span::Position;

/// GitLab drops a result whose message is longer.
const MESSAGE: usize = 2048;

/// How much a consumer takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) results: usize,
    pub(super) related: usize,
}

impl Limits {
    /// GitHub refuses more than 25,000 results a run and shows 100 locations of a result;
    /// everyone's limit of 1,000 locations is kept for all.
    pub(super) fn of(profile: SarifProfile) -> Self {
        match profile {
            SarifProfile::Generic => Self { results: usize::MAX, related: 999 },
            SarifProfile::Github => Self { results: 25_000, related: 99 },
        }
    }
}

/// A rule's index by its id.
pub(super) struct RuleIndex<'a>(HashMap<&'a str, usize>);

impl<'a> RuleIndex<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        Self(rules.rules.iter().enumerate().map(|(at, rule)| (rule.id.as_str(), at)).collect())
    }

    fn of(&self, id: &str) -> usize {
        self.0.get(id).copied().expect("a finding's rule is one of the run's rules")
    }
}

/// Places that are mended alike. Declared in the order of their results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GroupKind {
    Worktree,
    Index,
    History,
    Gitdir,
}

const GROUPS: [GroupKind; 4] =
    [GroupKind::Worktree, GroupKind::Index, GroupKind::History, GroupKind::Gitdir];

impl GroupKind {
    fn of(kind: OriginKind) -> Self {
        match kind {
            OriginKind::Worktree | OriginKind::Stdin | OriginKind::Log | OriginKind::Archive => {
                Self::Worktree
            }
            OriginKind::Index => Self::Index,
            OriginKind::History => Self::History,
            OriginKind::Config | OriginKind::Reflog | OriginKind::Ref | OriginKind::Gitdir => {
                Self::Gitdir
            }
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Worktree => "worktree",
            Self::Index => "index",
            Self::History => "history",
            Self::Gitdir => "gitdir",
        }
    }
}

/// A token's places of one kind, never empty.
pub(super) struct Group<'a> {
    finding: &'a Finding,
    covered: Option<&'a Covered>,
    kind: GroupKind,
    places: Vec<&'a Place>,
}

/// The groups of a token in the order of their results.
pub(super) fn groups<'a>(
    finding: &'a Finding,
    covered: Option<&'a Covered>,
) -> impl Iterator<Item = Group<'a>> {
    GROUPS.into_iter().filter_map(move |kind| {
        let is_here = |place: &&Place| GroupKind::of(place.origin.kind) == kind;
        let mut places: Vec<_> = finding.places.iter().filter(is_here).collect();
        // The first place is the one that consumers show, so the best reachable one.
        places.sort_by_key(|place| place.origin.history.as_ref().map(|history| history.reach));
        (!places.is_empty()).then_some(Group { finding, covered, kind, places })
    })
}

pub(super) fn outcome<'a>(
    group: &Group<'a>,
    index: &RuleIndex<'_>,
    bases: &Bases<'_>,
    limits: Limits,
) -> Outcome<'a> {
    let Group { finding, kind, ref places, covered: _ } = *group;
    let most = limits.related.saturating_sub(places[0].halves.len());
    let related = places.iter().skip(1).take(most).enumerate();
    let first_half = 1 + most.min(places.len() - 1);
    let digest = finding.fingerprint.to_string();
    let mut partial = BTreeMap::from([("tokenSha256/v1", digest.clone())]);
    if let Some(hash) = &places[0].line_hash {
        partial.insert("primaryLocationLineHash", hash.clone());
    }
    Outcome {
        rule_id: &finding.rule.id,
        rule_index: index.of(&finding.rule.id),
        kind: "fail",
        level: level(finding.severity),
        rank: 10.0 * score(finding.severity),
        message: message(group),
        locations: [location(places[0], None, bases)],
        related_locations: related
            .map(|(at, place)| location(place, Some(at + 1), bases))
            .chain(halves(places[0], first_half, bases))
            .collect(),
        fingerprints: BTreeMap::from([("tokenAndGroup/v1", format!("{digest}:{}", kind.word()))]),
        partial_fingerprints: partial,
        taxa: [hard_coded()],
        baseline_state: None,
        suppressions: None,
        properties: properties(group),
    }
}

/// What a baseline, or a comment, says of a result.
pub(super) fn with_state<'a>(outcome: Outcome<'a>, group: &Group<'_>, known: Known) -> Outcome<'a> {
    let inline = |covered: &Covered| covered.by == INLINE;
    let state = match group.covered {
        Some(covered) if !inline(covered) => "unchanged",
        _ => "new",
    };
    let suppression = |covered: &Covered| Suppression {
        kind: if inline(covered) { "inSource" } else { "external" },
        status: "accepted",
        justification: justification(covered),
    };
    Outcome {
        baseline_state: known.baseline.then_some(state),
        // The standard wants it of all results or of none.
        suppressions: known
            .suppressions
            .then(|| group.covered.map(suppression).into_iter().collect()),
        ..outcome
    }
}

/// What a run knows of its results beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    baseline: bool,
    suppressions: bool,
}

impl Known {
    pub(super) fn of(head: Head<'_>, profile: SarifProfile) -> Self {
        let any = head.has_baseline || head.allows_inline;
        let suppressions = any && profile != SarifProfile::Github;
        Self { baseline: head.has_baseline, suppressions }
    }
}

fn justification(covered: &Covered) -> String {
    let note = covered.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    shown(&format!("{}: {}{note}", covered.by, covered.why), true)
}

fn properties<'a>(group: &Group<'a>) -> OutcomeProperties<'a> {
    let Group { finding, kind, ref places, covered: _ } = *group;
    OutcomeProperties {
        redacted: &finding.redacted,
        service: &finding.rule.service.name,
        severity: finding.severity,
        confidence: finding.confidence,
        verdict: finding.verdict.state,
        verdict_why: &finding.verdict.why,
        revocation: finding.revocation.as_ref(),
        identity: (!finding.identity.is_empty()).then_some(&finding.identity),
        digests: &finding.digests,
        origin: kind.word(),
        places: places.len(),
        revoke_command: &finding.remedy.command,
        prove_command: &finding.remedy.prove,
        revoke_page: finding.remedy.page.as_deref(),
        companions: &finding.companions,
        notes: &finding.notes,
        usages: &finding.usages,
        partial: finding.partial.as_deref(),
        member: places[0].origin.member.as_deref(),
        view: (!places[0].layers.0.is_empty()).then(|| places[0].layers.to_string()),
        log: places[0].origin.log.as_ref(),
        removed: finding.removed(),
        history: places[0].origin.history.as_ref().map(|history| HistoryProperties {
            commit: history.commit.as_deref(),
            author_date: history.author_date.as_deref(),
            reachable: reach_word(history.reach),
            reachable_from: history.reached_from.as_deref(),
            in_head: history.in_head(),
            never_in_head: history.standing == Standing::Never,
            object: &history.object,
            versions: places[0].versions,
        }),
    }
}

/// The first sentence says what and where: some consumers show no more.
fn message(group: &Group<'_>) -> Message {
    let finding = group.finding;
    let place = place_words(group);
    let steps = finding.remedy.steps.join(" ");
    let life = life_words(finding);
    let text = format!(
        "{} '{}' {place}. {life}{} What to do: {steps}",
        finding.rule.name, finding.redacted, finding.rule.why
    );
    // A bracket and a parenthesis in a row would be a link even in plain text.
    let text = shown(&text, true).replace("](", "] (");
    let markdown = format!(
        "**{}** {} {}.\n\n{}{}\n\n{}",
        markdown(&finding.rule.name),
        markdown_code(&finding.redacted),
        markdown(&place),
        markdown(&life),
        markdown(&finding.rule.why),
        remedy_markdown(&finding.remedy)
    );
    Message { text: limited(&text, MESSAGE), markdown: Some(markdown) }
}

/// Whether it is alive, whose it is, and which one, as far as somebody was asked.
fn life_words(finding: &Finding) -> String {
    let why = &finding.verdict.why;
    let mut words = match finding.verdict.state {
        State::Live => format!("It is alive: {why}. "),
        State::Dead => format!("It is dead: {why}. "),
        State::Unknown => format!("Whether it is alive is not known: {why}. "),
        State::Unasked => String::new(),
    };
    let said = [(About::Owner, "owner"), (About::TokenName, "name"), (About::StoredIn, "place")];
    for (about, name) in said {
        if let Some(known) = finding.identity.best(about) {
            let _ = write!(words, "Its {name}, {}: {}. ", known.sure, known.value);
        }
    }
    words
}

fn place_words(group: &Group<'_>) -> String {
    let first = group.places[0];
    let words = match (&first.origin.history, group.kind) {
        (Some(history), _) => history_words(history),
        (None, _) if first.origin.log.is_some() => log_words(first.origin.log.as_ref()),
        (None, GroupKind::Worktree) => "in the work tree".to_owned(),
        (None, GroupKind::Index) => "in the index".to_owned(),
        (None, GroupKind::History) => "in history".to_owned(),
        (None, GroupKind::Gitdir) => "in the git directory".to_owned(),
    };
    match group.places.len() as u64 {
        1 => words,
        all => format!("{words}, {}", count(all, "place")),
    }
}

fn log_words(log: Option<&LogPlace>) -> String {
    let Some(LogPlace { provider, job, step, link }) = log else { return String::new() };
    let job = job.as_ref().map(|job| format!(", job {job}")).unwrap_or_default();
    let step = step.as_ref().map(|step| format!(", step {step}")).unwrap_or_default();
    let link = link.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
    format!("in a log of {provider}{job}{step}{link}")
}

fn history_words(history: &History) -> String {
    let since = match (&history.author_date, &history.commit) {
        (Some(date), Some(commit)) => {
            let day = date.split('T').next().unwrap_or(date);
            format!("in history since {day}, commit {}", short(commit))
        }
        (None, Some(commit)) => format!("in history since commit {}", short(commit)),
        (_, None) => format!("in {} {}", history.object_kind, short(&history.object)),
    };
    let now = head_words(history).map(|words| format!(", {words}")).unwrap_or_default();
    format!("{since}{now}")
}

fn location<'a>(place: &'a Place, id: Option<usize>, bases: &Bases<'_>) -> Location<'a> {
    Location {
        id,
        physical_location: physical(place, place.position, &place.line, bases),
        logical_locations: place.origin.history.as_ref().and_then(commit_location),
        message: id.map(|_| Message::plain("The same token.")),
    }
}

/// The other halves of the pair at a place, numbered from `first` on.
fn halves<'a>(
    place: &'a Place,
    first: usize,
    bases: &Bases<'_>,
) -> impl Iterator<Item = Location<'a>> {
    place.halves.iter().zip(first..).map(|(half, id)| Location {
        id: Some(id),
        physical_location: physical(place, half.position, &half.line, bases),
        logical_locations: place.origin.history.as_ref().and_then(commit_location),
        message: Some(Message::plain(format!("{}.", capital(&half.words())))),
    })
}

fn physical<'a>(
    place: &'a Place,
    position: Position,
    line: &'a MaskedLine,
    bases: &Bases<'_>,
) -> PhysicalLocation<'a> {
    let (start, end) = line.token;
    PhysicalLocation {
        artifact_location: bases.locate(&place.origin),
        region: Region {
            start_line: position.line,
            start_column: position.column,
            end_line: position.end_line,
            end_column: position.end_column,
            snippet: Text { text: line.text.get(start..end).unwrap_or("…") },
        },
        context_region: ContextRegion {
            start_line: position.line,
            end_line: position.end_line,
            snippet: Text { text: &line.text },
        },
    }
}

fn commit_location(history: &History) -> Option<[LogicalLocation; 1]> {
    let commit = history.commit.as_ref()?;
    Some([LogicalLocation {
        name: short(commit).to_owned(),
        fully_qualified_name: format!("git:{commit}"),
        kind: "commit",
    }])
}
