use super::*;
use crate::finding::{State, Verdict};
use crate::fixture::{Fixture, sample, text};
use crate::identity::{About, Known};
use crate::origin::Standing;
use crate::problem::{Problem, ProblemCode};
use crate::report::write_jsonl;

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
    let all = parts();
    let places = all[0].findings[0].places.len();
    let whole = union(parts());
    assert_eq!(whole.findings.len(), all[0].findings.len());
    let token = whole.findings.iter().find(|it| it.fingerprint == all[0].findings[0].fingerprint);
    let token = token.expect("the token");
    assert_eq!((token.verdict.state, token.places.len()), (State::Live, 2 * places));
    assert_eq!(token.identity.certain(About::Owner), Some("ada"));
    assert_eq!((whole.problems.len(), whole.tally.commits), (1, 3 * all[0].tally.commits));
    let written = |parts: Vec<Report>| text(|out| write_jsonl(&union(parts), out));
    let want = written(parts());
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(written(order.map(|at| all[at].clone()).to_vec()), want, "{order:?}");
    }
    let halves = vec![union(all[..1].to_vec()), union(all[1..].to_vec())];
    assert_eq!(written(halves), want, "a union of unions");
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
        let whole = union(parts);
        let histories = whole.findings[0].places.iter().flat_map(|place| &place.origin.history);
        let at_places = histories.filter(|history| history.removed().is_some()).count();
        (at_places, whole.findings[0].removed().is_some())
    };
    let (gone, head) = (|path| part(path, None), |path| part(path, Some(Standing::InHead)));
    assert_eq!(removed(vec![gone("a"), gone("a")]), (1, true));
    assert_eq!(removed(vec![gone("a"), gone("b")]), (2, true));
    assert_eq!(removed(vec![gone("a"), head("b")]), (1, false), "another repository has it");
    for order in [vec![gone("a"), head("a")], vec![head("a"), gone("a")]] {
        assert_eq!(removed(order), (0, false), "it stands elsewhere in the same HEAD");
    }
}
