use super::*;
use crate::finding::Report;
use crate::fixture::{sample, text};
use crate::identity::Known;
use crate::verdict::Verdict;

fn section(findings: &[Finding]) -> String {
    let mut all = Timeline::default();
    (1..).zip(findings).for_each(|(number, finding)| all.add(number, finding));
    text(|out| all.write(out))
}

#[test]
fn a_token_lasts_from_its_first_commit_until_it_is_known_to_be_dead() {
    let mut finding = sample().report.findings.remove(0);
    let exposure = |finding: &Finding| {
        let it = Exposure::of(1, finding).expect("a commit has it");
        (it.first, it.there, it.removed.map(|day| day - it.first), it.over, it.used)
    };
    let first = day("2024-03-01").expect("a day");
    assert_eq!(exposure(&finding), (first, true, None, None, None));
    finding.places.retain(|place| place.origin.history.is_some());
    let at = Some("2024-05-01T10:00:00Z".to_owned());
    finding.verdict = Verdict { at, ..Verdict::dead("refused") };
    finding.identity.add(Known::certain(About::LastUsed, "2024-04-01T00:00:00+0000", "x"));
    assert_eq!(exposure(&finding), (first, false, Some(20), Some(first + 61), Some(first + 31)));
    finding.verdict.at = Some("2020-01-01T10:00:00Z".to_owned());
    assert_eq!(exposure(&finding).3, None, "a clock that is wrong says nothing");
    finding.places.clear();
    assert!(Exposure::of(1, &finding).is_none());
}

#[test]
fn what_was_removed_is_drawn_as_history_from_then_on() {
    let mut report = sample().report;
    report.findings[0].places.retain(|place| place.origin.history.is_some());
    let page = section(&report.findings);
    let title = "<title>removed from HEAD 2024-03-21</title>";
    assert!(page.contains(title) && page.contains("bar after"), "{page}");
    assert!(page.contains(r#"<td class="end">2024-03-21</td>"#), "{page}");
    assert!(page.contains("does not end its life, revoking it does."), "{page}");
    let at = Some("2024-03-10T10:00:00Z".to_owned());
    report.findings[0].verdict = Verdict { at, ..Verdict::dead("refused") };
    let page = section(&report.findings);
    assert!(page.contains(title) && !page.contains("bar after"), "dead before: {page}");
    let place = report.findings[0].places.remove(0);
    report.findings[0].places = vec![place];
    let standing = |report: &mut Report, standing| {
        let history = report.findings[0].places[0].origin.history.as_mut();
        history.expect("a place in history").standing = standing;
        section(&report.findings)
    };
    assert!(standing(&mut report, Standing::Never).contains("never in HEAD</td>"));
    assert!(standing(&mut report, Standing::Unknown).contains("not known</td>"));
}

#[test]
fn without_a_commit_there_is_no_timeline() {
    let mut report = sample().report;
    assert!(section(&report.findings).contains("nothing says since when"));
    report.findings.remove(0);
    assert_eq!(section(&report.findings), "");
}

#[test]
fn many_tokens_are_drawn_together_and_the_gravest_alone() {
    let mut report = sample().report;
    let one = report.findings.remove(0);
    report.findings = vec![one; 500];
    let page = section(&report.findings);
    assert!(page.contains("The 60 gravest of 500 tokens"), "{page}");
    assert_eq!(page.matches(r#"<th scope="row">"#).count(), 60);
    assert!(page.contains("<title>2024-03: 500</title>"), "{page}");
}
