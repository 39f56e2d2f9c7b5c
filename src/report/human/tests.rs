//! Snapshots of the human form.

use super::*;
use crate::finding::Dismissed;
use crate::leak::{Dismissal, DismissalKind};
use crate::problem::{Problem, ProblemCode};
use crate::report::fixture::{Fixture, sample, text};
use crate::report::write_summary;

/// Prints samples: `cargo test print_samples -- --ignored --nocapture`.
#[test]
#[ignore = "for eyes only"]
#[expect(clippy::print_stdout, reason = "its purpose")]
fn print_samples() {
    let Fixture { mut report, .. } = sample();
    report.problems.push(
        Problem::new(ProblemCode::Shallow, ".", "the history was cut by a shallow clone")
            .hinted("fetch the rest with: git fetch --unshallow"),
    );
    let dismissed = Dismissed {
        rule_id: "sonarqube-user-token".to_owned(),
        redacted: "squ_…0000".to_owned(),
        place: report.findings[0].places[0].clone(),
        dismissal: Dismissal::new(DismissalKind::Placeholder, "all zeros: a filler"),
    };
    report.dismissed.push(dismissed);
    let places = report.findings[1].places[0].clone();
    report.findings[1].places.extend(std::iter::repeat_n(places, 7));
    let fine = Style { color: true, width: 80, unicode: true, explain: true };
    let ascii = Style { color: false, width: 120, unicode: false, explain: false };
    for style in [fine, ascii] {
        println!("{}", text(|out| write_human(&report, &style, out)));
        println!("{}", text(|out| write_summary(&report, &style, out)));
    }
}
