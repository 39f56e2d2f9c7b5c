//! JSON Lines: one object a line, findings first, then problems, last a summary.
//!
//! Names and order are a contract (schema 1): new fields may be added, none may change.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::paths::Paths;
use super::{Content, Head, json};
use crate::finding::{
    Covered, Dismissed, Finding, RepositoryRead, Severity, Suppressed, Tally, Verdict,
};
use crate::identity::Identity;
use crate::leak::{Confidence, DismissalKind, HalfPlace, Place};
use crate::origin::{History, LogPlace, OriginKind, Reach, Removed, Standing};
use crate::problem::Problem;
use crate::remedy::Remedy;
use crate::revocation::Revocation;
use crate::secret::Fingerprint;
use crate::usage::Usage;

pub(super) const SCHEMA: u8 = 1;

/// Writes the whole report.
pub fn write_jsonl(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let head = report.head();
    let paths = Paths::new(head.repositories);
    for finding in report.findings() {
        write_finding(&*finding?, None, paths, out)?;
    }
    for suppressed in report.all_suppressed() {
        let Suppressed { finding, covered } = &*suppressed?;
        write_finding(finding, Some(covered), paths, out)?;
    }
    for dismissed in head.dismissed {
        write_line(&DismissalLine::new(dismissed, paths), out)?;
    }
    for problem in report.problems() {
        write_line(&ProblemLine::new(&*problem?), out)?;
    }
    write_line(&SummaryLine::new(head), out)
}

/// The line of a finding, as it is kept until the whole report is known: its addresses are of a
/// report with many repositories.
pub(crate) fn finding_line(finding: &Finding, covered: Option<&Covered>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    write_finding(finding, covered, Paths::new(&[]), &mut line)?;
    Ok(line)
}

fn write_finding(
    finding: &Finding,
    covered: Option<&Covered>,
    paths: Paths<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let line_type = if covered.is_some() { "suppressed" } else { "finding" };
    let line = FindingLine::new(finding, paths);
    write_line(&FindingLine { line_type, suppressed: covered, ..line }, out)
}

pub(super) fn write_line(line: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    json::write(line, out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct FindingLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    line_type: &'static str,
    rule: &'a str,
    service: &'a str,
    kind: &'a str,
    fingerprint: Fingerprint,
    redacted: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<&'a str>,
    severity: Severity,
    confidence: Confidence,
    verdict: &'a Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation: Option<&'a Revocation>,
    identity: &'a Identity,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digests: &'a BTreeMap<String, String>,
    companions: &'a BTreeMap<String, Vec<String>>,
    locations: Vec<Location<'a>>,
    remedy: &'a Remedy,
    usages: &'a [Usage],
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<&'a Covered>,
}

#[derive(Serialize)]
struct Location<'a> {
    uri: String,
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    origin: OriginKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author_date: Option<&'a str>,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reachable: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(flatten)]
    log: Option<&'a LogPlace>,
    view: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reachable_from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_head: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<&'a Removed>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    never_in_head: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    repository: &'a str,
    versions: u64,
    confidence: Confidence,
    snippet: &'a str,
    #[serde(skip_serializing_if = "is_whole")]
    cut: (bool, bool),
    #[serde(skip_serializing_if = "Option::is_none")]
    line_hash: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    halves: Vec<HalfLine<'a>>,
}

/// The other half of a pair: name and place as they are, and its line.
#[derive(Serialize)]
struct HalfLine<'a> {
    #[serde(flatten)]
    place: &'a HalfPlace,
    snippet: &'a str,
}

#[derive(Serialize)]
struct DismissalLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    line_type: &'static str,
    rule: &'a str,
    redacted: &'a str,
    reason: DismissalKind,
    why: &'a str,
    location: Location<'a>,
}

/// Something that was not read, as every report in JSON Lines has it.
#[derive(Serialize)]
pub(super) struct ProblemLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    problem: &'a Problem,
}

impl<'a> ProblemLine<'a> {
    pub(super) fn new(problem: &'a Problem) -> Self {
        Self { schema: SCHEMA, kind: "problem", problem }
    }
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    complete: bool,
    findings: usize,
    /// Only where something could be suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<usize>,
    problems: usize,
    read: &'a Tally,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    repositories: &'a [RepositoryRead],
    #[serde(skip_serializing_if = "Option::is_none")]
    sought: Option<&'a str>,
    seconds: f64,
}

impl<'a> FindingLine<'a> {
    fn new(finding: &'a Finding, paths: Paths<'_>) -> Self {
        Self {
            schema: SCHEMA,
            line_type: "finding",
            rule: &finding.rule.id,
            service: &finding.rule.service.id,
            kind: &finding.rule.kind,
            fingerprint: finding.fingerprint,
            redacted: &finding.redacted,
            partial: finding.partial.as_deref(),
            severity: finding.severity,
            confidence: finding.confidence,
            verdict: &finding.verdict,
            revocation: finding.revocation.as_ref(),
            identity: &finding.identity,
            digests: &finding.digests,
            companions: &finding.companions,
            locations: finding.places.iter().map(|place| Location::new(place, paths)).collect(),
            remedy: &finding.remedy,
            usages: &finding.usages,
            notes: &finding.notes,
            suppressed: None,
        }
    }
}

impl<'a> DismissalLine<'a> {
    fn new(dismissed: &'a Dismissed, paths: Paths<'_>) -> Self {
        Self {
            schema: SCHEMA,
            line_type: "dismissal",
            rule: &dismissed.rule_id,
            redacted: &dismissed.redacted,
            reason: dismissed.dismissal.kind,
            why: &dismissed.dismissal.why,
            location: Location::new(&dismissed.place, paths),
        }
    }
}

impl<'a> Location<'a> {
    fn new(place: &'a Place, paths: Paths<'_>) -> Self {
        let origin = &place.origin;
        let history = origin.history.as_ref();
        Self {
            uri: paths.uri(origin),
            line: place.position.line,
            column: place.position.column,
            end_line: place.position.end_line,
            end_column: place.position.end_column,
            origin: origin.kind,
            commit: history.and_then(|history| history.commit.as_deref()),
            author_date: history.and_then(|history| history.author_date.as_deref()),
            path: &origin.path,
            reachable: history.map(|history| reach_word(history.reach)),
            member: origin.member.as_deref(),
            log: origin.log.as_ref(),
            view: place.layers.to_string(),
            reachable_from: history.and_then(|history| history.reached_from.as_deref()),
            in_head: history.map(History::in_head),
            removed: history.and_then(History::removed),
            never_in_head: history.is_some_and(|history| history.standing == Standing::Never),
            object: history.map(|history| history.object.as_str()),
            repository: &origin.repository,
            versions: place.versions,
            confidence: place.confidence,
            snippet: &place.line.text,
            cut: place.line.cut,
            line_hash: place.line_hash.as_deref(),
            halves: (place.halves.iter())
                .map(|place| HalfLine { place, snippet: &place.line.text })
                .collect(),
        }
    }
}

impl<'a> SummaryLine<'a> {
    fn new(head: Head<'a>) -> Self {
        let suppresses = head.has_baseline || head.allows_inline;
        Self {
            schema: SCHEMA,
            kind: "summary",
            complete: head.problems == 0,
            findings: head.findings,
            suppressed: suppresses.then_some(head.suppressed),
            problems: head.problems,
            read: head.tally,
            repositories: head.repositories,
            sought: head.sought,
            seconds: head.seconds,
        }
    }
}

/// Whether nothing of a line was cut off, before or after.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_whole(cut: &(bool, bool)) -> bool {
    *cut == (false, false)
}

/// The contract's five words: a branch, a tag and any other ref are all `ref`.
pub(super) fn reach_word(reach: Reach) -> &'static str {
    match reach {
        Reach::Head => "head",
        Reach::Branch | Reach::Tag | Reach::Ref => "ref",
        Reach::Stash => "stash",
        Reach::Reflog => "reflog",
        Reach::Dangling => "dangling",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::finding::{Dismissed, Report};
    use crate::fixture::{Fixture, sample, text, with_suppressed};
    use crate::leak::Dismissal;
    use crate::problem::ProblemCode;

    /// The names of an object, in order.
    fn names(value: &Value) -> Vec<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    #[test]
    fn names_and_their_order_are_the_contract() {
        let Fixture { mut report, tokens, .. } = sample();
        report.dismissed.push(Dismissed {
            rule_id: "sonarqube-user-token".to_owned(),
            redacted: "squ_…0000".to_owned(),
            place: report.findings[0].places[0].clone(),
            dismissal: Dismissal::new(DismissalKind::KnownExample, "in the vendor's documents"),
        });
        report.problems.push(Problem::new(ProblemCode::TooLarge, "a", "it is huge").hinted("b"));
        let raw = text(|out| write_jsonl(&report, out));
        assert!(tokens.iter().all(|token| !raw.contains(&token[4..20])));
        let parse = |line| serde_json::from_str::<Value>(line).expect("a line is an object");
        let lines: Vec<_> = raw.lines().map(parse).collect();
        let types: Vec<_> = lines.iter().map(|line| &line["type"]).collect();
        assert_eq!(types, ["finding", "finding", "dismissal", "problem", "summary"]);
        assert_eq!(
            names(&lines[0]).join(" "),
            "schema type rule service kind fingerprint redacted severity confidence verdict \
             identity companions locations remedy usages notes"
        );
        let history = &lines[0]["locations"][3];
        assert_eq!(
            names(history).join(" "),
            "uri line column end_line end_column origin commit author_date path reachable view \
             reachable_from in_head removed object repository versions confidence snippet line_hash"
        );
        assert_eq!(history["origin"], "history");
        assert_eq!(history["reachable"], "ref");
        assert_eq!(history["reachable_from"], "refs/heads/main");
        assert_eq!(names(&lines[0]["remedy"]), ["page", "steps", "command", "prove", "proved_by"]);
        assert_eq!(
            raw.lines().nth(3),
            Some(
                r#"{"schema":1,"type":"problem","code":"too-large","place":"a","why":"it is huge","hint":"b"}"#
            )
        );
        assert_eq!(lines[4]["complete"], false);
        assert_eq!(lines[4]["read"]["objects"], 1204);
    }

    #[test]
    fn what_is_suppressed_has_lines_of_its_own() {
        let mut report = with_suppressed();
        let raw = text(|out| write_jsonl(&report, out));
        let parse = |line| serde_json::from_str::<Value>(line).expect("a line is an object");
        let lines: Vec<Value> = raw.lines().map(parse).collect();
        let types: Vec<_> = lines.iter().map(|line| &line["type"]).collect();
        assert_eq!(types, ["finding", "suppressed", "summary"]);
        let (mut found, mut known) = (names(&lines[0]), names(&lines[1]));
        assert_eq!((known.pop(), found.pop()), (Some("suppressed"), Some("notes")));
        assert_eq!(lines[1]["suppressed"]["by"], ".squelch-baseline");
        assert_eq!((&lines[2]["findings"], &lines[2]["suppressed"]), (&1.into(), &1.into()));
        report.suppressed.clear();
        let raw = text(|out| write_jsonl(&report, out));
        assert!(raw.contains(r#""suppressed":0"#), "a baseline that covers nothing: {raw}");
    }

    #[test]
    fn a_clean_run_is_one_line() {
        let raw = text(|out| write_jsonl(&Report::default(), out));
        let want = concat!(
            r#"{"schema":1,"type":"summary","complete":true,"findings":0,"problems":0,"#,
            r#""read":{"files":0,"file_bytes":0,"objects":0,"object_bytes":0,"known":0,"commits":0,"#,
            r#""repositories":0,"git_files":0,"ignored":0,"special":0,"#,
            r#""members":0,"member_bytes":0},"seconds":0.0}"#,
            "\n"
        );
        assert_eq!(raw, want);
    }
}
