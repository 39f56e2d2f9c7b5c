use std::path::PathBuf;

use super::*;
use crate::finding::{Covered, Finding, Report, RepositoryRead, State, Suppressed, Verdict};
use crate::fixture::{Fixture, mint, sample, text};
use crate::identity::{About, Known};
use crate::leak::{HalfPlace, Place};
use crate::origin::Standing;
use crate::problem::{Problem, ProblemCode};
use crate::report::{Content, SarifProfile, write_html, write_human, write_jsonl, write_sarif};
use crate::report::{Format, Style};
use crate::secret::Secret;
use crate::usage::Usage;

/// A folder with reports in it.
struct Folder {
    folder: tempfile::TempDir,
    rules: Rules,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), rules: sample().rules }
    }

    fn write(&self, number: usize, text: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{number}.jsonl"));
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Puts reports together, in this order.
    fn union(&self, parts: &[Report]) -> Whole<'_> {
        let mut union = Union::new(&self.rules).expect("a database");
        for (number, part) in parts.iter().enumerate() {
            let path = self.write(number, &text(|out| write_jsonl(part, out)));
            union.add(&path).expect("a report of ours");
        }
        union.finish().expect("merged")
    }

    fn forms(&self, report: &dyn Content) -> [String; 4] {
        let style = Style::plain();
        [Format::Jsonl, Format::Sarif, Format::Html, Format::Human].map(|form| {
            text(|out| match form {
                Format::Jsonl => write_jsonl(report, out),
                Format::Sarif => write_sarif(report, &self.rules, SarifProfile::Generic, out),
                Format::Html => write_html(report, out),
                Format::Human => write_human(report, &style, out),
            })
        })
    }
}

/// A small generator: the same numbers in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        (1..all.len()).rev().for_each(|at| all.swap(at, self.below(at + 1)));
    }
}

/// A token with places in several repositories, and whatever else there can be of one.
fn token(seed: u64, dice: &mut Dice) -> Finding {
    let mut finding = sample().report.findings.swap_remove(dice.below(2));
    let prefix = if finding.rule.id.contains("jenkins") { "11" } else { "squ_" };
    finding.fingerprint = Secret::new(mint(prefix, seed).as_bytes()).fingerprint();
    let (first, places) = (finding.places[0].clone(), finding.places.clone());
    finding.places = (0..=dice.below(6)).map(|_| place(&places, dice)).collect();
    if dice.below(2) == 0 {
        let (position, line) = (first.position, first.line);
        let (name, shown) = ("user".to_owned(), finding.redacted.clone());
        finding.places[0].halves.push(HalfPlace { name, shown, position, line });
    }
    let usage =
        |line| Usage { name: "SONAR".to_owned(), path: "ci".to_owned(), line, ..Usage::default() };
    finding.usages = (0..dice.below(4) as u64).map(usage).collect();
    finding.notes = (0..dice.below(3)).map(|number| format!("note {number}")).collect();
    if dice.below(2) == 0 {
        finding.verdict = Verdict { state: State::Live, ..Verdict::unknown("it said so") };
        let owner = format!("ada{}", dice.below(3));
        finding.identity.add(Known::certain(About::Owner, owner, "the service"));
    }
    finding.places.sort_by_cached_key(Place::order);
    finding.places.dedup();
    finding.fill_remedy();
    finding
}

fn place(places: &[Place], dice: &mut Dice) -> Place {
    let mut place = places[dice.below(places.len())].clone();
    place.origin.repository = format!("r{}", dice.below(3));
    // What has no path is called by its object.
    if place.origin.history.as_ref().is_none_or(|history| history.path.is_some()) {
        place.origin.path = format!("{}/{}", place.origin.repository, place.origin.path);
    }
    place.position.line += dice.below(3) as u64;
    place
}

fn problem(number: usize) -> Problem {
    let code = [ProblemCode::Damaged, ProblemCode::Unreadable][number % 2];
    let problem = Problem::new(code, format!("p{}\0{number}", number % 3), "why");
    if number.is_multiple_of(2) { problem.hinted("hint") } else { problem }
}

fn covered() -> Covered {
    Covered { by: "base".to_owned(), why: "it has the token".to_owned(), note: None }
}

/// A report of a whole, and reports of its parts: each place, problem and repository is in at least
/// one of them.
fn shards(dice: &mut Dice) -> (Report, Vec<Report>) {
    let mut parts = vec![Report::default(); 2 + dice.below(4)];
    let mut whole = Report { has_baseline: true, ..Report::default() };
    for (number, part) in parts.iter_mut().enumerate() {
        part.tally.commits = dice.below(100) as u64;
        part.seconds = 0.1 * number as f64;
        whole.tally.add(&part.tally);
        let url = Some(format!("https://git.example.org/r{number}"));
        let read = RepositoryRead { path: format!("r{number}"), url, ..RepositoryRead::default() };
        part.repositories.push(read.clone());
        whole.repositories.push(read);
    }
    whole.seconds = (0..parts.len()).sum::<usize>() as f64 / 10.0;
    for seed in 0..=dice.below(7) as u64 {
        let finding = token(seed, dice);
        let suppressed = dice.below(4) == 0;
        for (number, some) in pieces(&finding, parts.len(), dice) {
            if suppressed {
                parts[number].suppressed.push(Suppressed { finding: some, covered: covered() });
            } else {
                parts[number].findings.push(some);
            }
        }
        if suppressed {
            whole.suppressed.push(Suppressed { finding, covered: covered() });
            continue;
        }
        // What one part suppresses and another one does not is found.
        if let Some(part) = parts.iter_mut().find(|_| dice.below(4) == 0) {
            let known = parts_less(&finding);
            part.suppressed.push(Suppressed { finding: known, covered: covered() });
        }
        whole.findings.push(finding);
    }
    for number in 0..dice.below(9) {
        whole.problems.push(problem(number));
        (0..=dice.below(2)).for_each(|_| {
            let at = dice.below(parts.len());
            parts[at].problems.push(problem(number));
        });
    }
    parts.iter_mut().for_each(Report::sort);
    parts[0].has_baseline = true;
    whole.sort();
    (whole, parts)
}

/// A finding that some part has on top of what is found.
fn parts_less(finding: &Finding) -> Finding {
    let mut known = finding.clone();
    known.places.truncate(1);
    known.places[0].position.line += 100;
    known
}

/// Pieces of a finding for some of the parts: what is not the worst of it says less.
fn pieces(finding: &Finding, parts: usize, dice: &mut Dice) -> Vec<(usize, Finding)> {
    let mut where_to: Vec<usize> = (0..parts).collect();
    dice.shuffle(&mut where_to);
    where_to.truncate(1 + dice.below(parts.min(finding.places.len())));
    let many = where_to.len();
    let mut pieces: Vec<(usize, Finding)> = where_to
        .into_iter()
        .map(|number| (number, Finding { places: Vec::new(), ..finding.clone() }))
        .collect();
    for (at, place) in finding.places.iter().enumerate() {
        pieces[at % many].1.places.push(place.clone());
        let more = dice.below(2 * many);
        if more < many && more != at % many {
            pieces[more].1.places.push(place.clone());
        }
    }
    for (_, piece) in pieces.iter_mut().skip(1) {
        piece.severity = crate::finding::Severity::Info;
        piece.verdict = Verdict::unasked("a");
        piece.usages.truncate(1);
        piece.notes.truncate(1);
    }
    pieces
}

#[test]
fn the_union_over_shards_is_the_whole_byte_for_byte() {
    let folder = Folder::new();
    let mut dice = Dice(7);
    let mut seen = [0; 4];
    for round in 0..60 {
        let (whole, mut parts) = shards(&mut dice);
        let want = folder.forms(&whole);
        for _ in 0..2 {
            dice.shuffle(&mut parts);
            let mut with_twice = parts.clone();
            // A part that is named twice costs its time twice, and says nothing new.
            let again = &parts[dice.below(parts.len())];
            let again =
                Report { seconds: 0.0, tally: crate::finding::Tally::default(), ..again.clone() };
            with_twice.insert(dice.below(parts.len()), again);
            for parts in [&parts, &with_twice] {
                let merged = folder.forms(&folder.union(parts));
                for (got, want) in merged.iter().zip(&want) {
                    assert!(got == want, "round {round}\n{got}\n---\n{want}");
                }
            }
        }
        let some = [whole.findings.len(), whole.suppressed.len(), whole.problems.len()];
        seen.iter_mut().zip(some).for_each(|(seen, some)| *seen += some);
        seen[3] += whole.findings.iter().map(|it| it.usages.len()).sum::<usize>();
    }
    assert!(seen.iter().all(|some| *some > 40), "the rounds have all there is: {seen:?}");
}

fn parts() -> Vec<Report> {
    let Fixture { report, .. } = sample();
    let (mut alive, mut elsewhere, mut more) = (report.clone(), report.clone(), report);
    let token = &mut alive.findings[0];
    token.verdict = Verdict { state: State::Live, ..Verdict::unknown("it said so") };
    token.identity.add(Known::certain(About::Owner, "ada", "the service"));
    token.notes.push("a note".to_owned());
    for place in elsewhere.findings.iter_mut().flat_map(|finding| &mut finding.places) {
        place.origin.path.insert_str(0, "fork/");
    }
    more.findings.truncate(1);
    more.problems.push(Problem::new(ProblemCode::Unreadable, "x", "y"));
    vec![alive, elsewhere, more]
}

#[test]
fn one_finding_a_token_whatever_the_order_of_the_parts() {
    let (all, folder) = (parts(), Folder::new());
    let places = all[0].findings[0].places.len();
    let whole = folder.union(&all);
    assert_eq!(whole.head().findings, all[0].findings.len());
    let of = |it: &Finding| it.fingerprint == all[0].findings[0].fingerprint;
    let all_of_it: Vec<Finding> = (0..whole.head().findings)
        .map(|at| whole.finding(at).expect("it is kept").into_owned())
        .collect();
    let token = all_of_it.iter().find(|it| of(it)).expect("the token");
    assert_eq!((token.verdict.state, token.places.len()), (State::Live, 2 * places));
    assert_eq!(token.identity.certain(About::Owner), Some("ada"));
    let head = whole.head();
    assert_eq!((head.problems, head.tally.commits), (1, 3 * all[0].tally.commits));
    let written = |parts: &[Report]| text(|out| write_jsonl(&folder.union(parts), out));
    let want = written(&parts());
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(written(&order.map(|at| all[at].clone())), want, "{order:?}");
    }
    let halves = [written(&all[..1]), written(&all[1..])];
    let mut union = Union::new(&folder.rules).expect("a database");
    for (number, half) in halves.iter().enumerate() {
        union.add(&folder.write(number, half)).expect("a report of ours");
    }
    let whole = union.finish().expect("merged");
    assert_eq!(text(|out| write_jsonl(&whole, out)), want, "a union of unions");
}

#[test]
fn one_report_stays_as_it_is() {
    let folder = Folder::new();
    let mut report = sample().report;
    report.findings.reverse();
    report.problems = [2, 0, 1, 0].map(problem).to_vec();
    let (finding, covered) = (report.findings[0].clone(), covered());
    report.note(&covered);
    report.suppressed.push(Suppressed { finding, covered });
    let path = folder.write(0, &text(|out| write_jsonl(&report, out)));
    let kept = Whole::of(&path, &folder.rules).expect("a report of ours");
    assert!(folder.forms(&kept) == folder.forms(&report));
}

/// What is broken is said, and nothing of what stands before it is kept.
#[test]
fn a_broken_part_leaves_nothing_behind() {
    let folder = Folder::new();
    let good = text(|out| write_jsonl(&parts()[0], out));
    let want = folder.forms(&folder.union(&parts()[..1]));
    let mut other = parts().remove(1);
    other.problems.push(problem(1));
    let other = text(|out| write_jsonl(&other, out));
    let ours = "not a line of a squelch report in JSON Lines";
    let later = other.replacen(r#"{"schema":1,"type":"summary""#, r#"{"schema":2,"type":"x""#, 1);
    let none = other.replacen(r#""type":"summary""#, r#""type":"finding""#, 1);
    let broken = [
        (other[..=other.find('\n').expect("a line")].to_owned(), "0.jsonl is cut off".to_owned()),
        (other[..other.len() - 40].to_owned(), format!("0.jsonl:4: {ours}")),
        (other.replacen('\n', "\nnone\n", 1), format!("0.jsonl:2: {ours}")),
        (other.replacen('\n', "\n[]\n", 1), format!("0.jsonl:2: {ours}, or of a later")),
        (later, format!("0.jsonl:4: {ours}, or of a later version (schema 2)")),
        (none, format!("0.jsonl:4: {ours}")),
        (String::new(), "0.jsonl is cut off".to_owned()),
    ];
    for (text, words) in broken {
        let mut union = Union::new(&folder.rules).expect("a database");
        union.add(&folder.write(1, &good)).expect("a report of ours");
        let why = union.add(&folder.write(0, &text)).expect_err(&words).to_string();
        assert!(why.contains(&words), "{why}");
        assert!(folder.forms(&union.finish().expect("merged")) == want, "{words}");
    }
}

#[test]
fn a_finding_of_a_rule_that_is_not_known_is_a_problem() {
    let folder = Folder::new();
    let good = text(|out| write_jsonl(&sample().report, out));
    let other = good.replacen("\"rule\":\"jenkins-api-token\"", "\"rule\":\"of-somebody\"", 1);
    let mut union = Union::new(&folder.rules).expect("a database");
    union.add(&folder.write(0, &other)).expect("a report of ours");
    let whole = union.finish().expect("merged");
    assert_eq!((whole.head().findings, whole.head().problems), (1, 1));
    let why = whole.problem(0).expect("it is kept").why.clone();
    assert_eq!(why, "no rule of-somebody is known here");
}

#[test]
fn what_one_part_has_in_head_was_not_removed() {
    let part = |path: &str, standing: Option<Standing>| {
        let mut report = sample().report;
        report.findings.truncate(1);
        let places = &mut report.findings[0].places;
        places.retain(|place| place.origin.history.is_some());
        places.truncate(1);
        let origin = &mut places[0].origin;
        path.clone_into(&mut origin.repository);
        if let (Some(history), Some(standing)) = (&mut origin.history, standing) {
            history.standing = standing;
        }
        report
    };
    let removed = |parts: Vec<Report>| {
        let folder = Folder::new();
        let finding = folder.union(&parts).finding(0).expect("it is kept").into_owned();
        let histories = finding.places.iter().flat_map(|place| &place.origin.history);
        let at_places = histories.filter(|history| history.removed().is_some()).count();
        (at_places, finding.removed().is_some())
    };
    let (gone, head) = (|path| part(path, None), |path| part(path, Some(Standing::InHead)));
    assert_eq!(removed(vec![gone("a"), gone("a")]), (1, true));
    assert_eq!(removed(vec![gone("a"), gone("b")]), (2, true));
    assert_eq!(removed(vec![gone("a"), head("b")]), (1, false), "another repository has it");
    for order in [vec![gone("a"), head("a")], vec![head("a"), gone("a")]] {
        assert_eq!(removed(order), (0, false), "it stands elsewhere in the same HEAD");
    }
}
