//! Snapshots of the human form.

use super::*;
use crate::finding::{Covered, Dismissed, INLINE, Idle, Report, Suppressed};
use crate::fixture::{Fixture, sample, text, with_suppressed};
use crate::leak::{Dismissal, DismissalKind};
use crate::problem::{Problem, ProblemCode};
use crate::report::write_summary;

fn human(report: &Report, style: &Style) -> String {
    text(|out| write_human(report, style, out))
}

#[test]
fn one_token_in_the_work_tree_and_in_history() {
    let Fixture { mut report, tokens, .. } = sample();
    let finding = &mut report.findings[0];
    finding.places = vec![finding.places[0].clone(), finding.places[3].clone()];
    report.findings.truncate(1);
    let want = r#"critical: SonarQube user token squ_…TAIL
    ╭▸ ci/build.sh:3:20
  3 │ export SONAR_TOKEN=squ_…TAIL # é𝄞
    │                    ━━━━━━━━━
    │
    ├▸ conf/sonar.properties:1:13
    │  since 2024-03-01 in 1a2b3c4d5e, removed from HEAD 2024-03-21 in 5e4d3c2b1a, branch main, 3 versions
  1 │ sonar.token=squ_…TAIL
    │             ━━━━━━━━━
    = service: SonarQube Server
    = server: https://sonar.example.org
    = verdict: not asked, offline

  Why it matters
  Its finder can do whatever its user can: read all private code, change quality
  gates and, for an administrator, make users and tokens.

  What to do
  1. Open My Account > Security as the token's user and revoke the token by its
     name.
  2. Make a new one that can do less, and keep it in the CI system's secret
     store.
  Page: $SONAR_HOST_URL/account/security
  Revoke it:
      curl -fsS -u "$SONAR_ADMIN_TOKEN:" -d "name=$TOKEN_NAME" "$SONAR_HOST_URL/api/user_tokens/revoke"
  Prove it:
      curl -u "$LEAKED:" "$SONAR_HOST_URL/api/authentication/validate"
  Once it is dead, this prints: {"valid":false}

1 token in 2 places.
"#;
    let want = want.replace("TAIL", &tokens[0][40..]);
    assert_eq!(human(&report, &Style::plain()), want);
}

#[test]
fn many_places_and_equal_recipes_are_told_once() {
    let Fixture { mut report, tokens, .. } = sample();
    let place = report.findings[1].places[0].clone();
    report.findings[1].places = vec![place; 8];
    let again = report.findings[1].clone();
    report.findings.push(again);
    let shown = human(&report, &Style::plain());
    assert!(shown.contains("╰─ and 3 more places\n"), "{shown}");
    let same =
        format!("  Why it matters and what to do: the same as for 11…{} above.", &tokens[1][38..]);
    assert_eq!(shown.matches(&same).count(), 1, "{shown}");
    assert_eq!(shown.matches("1. Revoke it on the user's Security page.").count(), 1, "{shown}");
}

/// Every string of a report that scanned content has a hand in, with what a terminal or a CI
/// system would obey.
fn hostile_report() -> Report {
    let hostile = "\x1b]0;x\x07\u{202e}\r\n::set-output name=a::b\n##vso[task.x] ::error::word ::error::word ::error::word ##[add-path]x\u{9b}2J\u{200b}";
    let Fixture { mut report, .. } = sample();
    let finding = &mut report.findings[0];
    finding.companions.insert("user".to_owned(), vec![hostile.to_owned()]);
    finding.notes.push(hostile.to_owned());
    finding.remedy.steps.push(hostile.to_owned());
    finding.remedy.page = Some(hostile.to_owned());
    finding.remedy.command.push(hostile.to_owned());
    finding.remedy.proved_by = Some(hostile.to_owned());
    for place in &mut finding.places {
        place.origin.path.insert_str(0, hostile);
        place.line.text.push_str(hostile);
        if let Some(history) = &mut place.origin.history {
            history.reached_from = Some(hostile.to_owned());
        }
    }
    let problem = Problem::new(ProblemCode::Unreadable, hostile, hostile).hinted(hostile);
    report.problems.push(problem);
    report.dismissed.push(Dismissed {
        rule_id: "sonarqube-user-token".to_owned(),
        redacted: hostile.to_owned(),
        place: report.findings[0].places[0].clone(),
        dismissal: Dismissal::new(DismissalKind::Placeholder, hostile),
    });
    report
}

#[test]
fn nothing_that_a_terminal_or_a_ci_system_obeys_goes_out() {
    let report = hostile_report();
    for unicode in [true, false] {
        let style = Style { unicode, explain: true, ..Style::plain() };
        let mut all = human(&report, &style);
        all += &text(|out| write_summary(&report, &style, out));
        let obeyed = |c: char| c != '\n' && crate::report::escape::is_hostile(c);
        assert_eq!(all.find(obeyed), None, "{all:?}");
        assert!(unicode || all.is_ascii(), "{all}");
        for line in all.lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.contains("##"), "{line}");
        }
        assert!(all.contains("\\x1b]0;x\\x07\\u{202e}\\r\\n::set-output"), "{all}");
    }
    let shown = text(|out| crate::report::write_jsonl(&report, out));
    assert!(!shown.contains("##"));
    assert_eq!(shown.find(|c| c != '\n' && crate::report::escape::is_hostile(c)), None);
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let Fixture { report, .. } = sample();
    let plain = human(&report, &Style::plain());
    assert!(!plain.contains('\x1b'));
    let colored = human(&report, &Style { color: true, ..Style::plain() });
    assert!(colored.starts_with("\x1b[1;31mcritical\x1b[0m: "), "{colored}");
    let codes = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    assert_eq!(codes.replace_all(&colored, ""), plain);
}

#[test]
fn finding_nothing_is_said_calmly() {
    let mut report = Report::default();
    assert_eq!(human(&report, &Style::plain()), "No analysis tokens found.\n");
    report.problems.push(Problem::new(ProblemCode::Walk, "a", "it is gone"));
    assert_eq!(
        human(&report, &Style::plain()),
        "No analysis tokens found in what was read, but the scan is incomplete: 1 problem.\n"
    );
}

#[test]
fn what_is_suppressed_is_counted_and_what_is_idle_is_listed() {
    let mut report = with_suppressed();
    let shown = human(&report, &Style::plain());
    let closing = shown.lines().last().unwrap_or_default();
    assert_eq!(closing, "1 token in 6 places. 1 token suppressed by .squelch-baseline.");
    let finding = report.findings.remove(0);
    let shown = human(&report, &Style::plain());
    let want = "No other analysis tokens found. 1 token suppressed by .squelch-baseline.\n";
    assert_eq!(shown, want, "also when nothing else was found");
    let covered = Covered { by: INLINE.to_owned(), ..report.suppressed[0].covered.clone() };
    report.suppressed.push(Suppressed { finding, covered });
    let shown = human(&report, &Style::plain());
    assert!(
        shown.ends_with("2 tokens suppressed: 1 by .squelch-baseline, 1 by inline comments.\n")
    );
    let entries = (0..22).map(|at| format!("rule \x1b[2J{at}")).collect();
    report.idle = vec![Idle { file: "my file".to_owned(), own: true, entries, again: Vec::new() }];
    let said = text(|out| write_summary(&report, &Style::plain(), out));
    assert!(said.starts_with("not used: 22 entries of my file:\n  rule \\x1b[2J0\n"), "{said}");
    let end = "  and 2 more\n  help: squelch baseline prune 'my file'\n";
    assert!(said.contains(end), "{said}");
}

#[test]
fn the_summary_says_what_was_read() {
    let Fixture { mut report, .. } = sample();
    report.problems.push(
        Problem::new(ProblemCode::Shallow, ".", "the history was cut by a shallow clone")
            .hinted("fetch the rest with: git fetch --unshallow"),
    );
    let want = "not read: . [shallow]
  the history was cut by a shallow clone
  help: fetch the rest with: git fetch --unshallow
Incomplete (1 problem): read 1,204 objects (2.3 MB; 301 commits) of 1 repository, 9 git files, \
                12 files (34.6 kB) in 0.12 s; skipped 2 ignored paths\n";
    assert_eq!(text(|out| write_summary(&report, &Style::plain(), out)), want);
}

#[test]
fn what_was_dismissed_is_listed_on_demand() {
    let Fixture { mut report, .. } = sample();
    report.dismissed.push(Dismissed {
        rule_id: "sonarqube-user-token".to_owned(),
        redacted: "squ_…0000".to_owned(),
        place: report.findings[0].places[0].clone(),
        dismissal: Dismissal::new(DismissalKind::Placeholder, "all zeros: a filler"),
    });
    let line = "  ci/build.sh:3  squ_…0000  sonarqube-user-token  all zeros: a filler\n";
    assert!(!human(&report, &Style::plain()).contains(line));
    assert!(human(&report, &Style { explain: true, ..Style::plain() }).contains(line));
}
