//! What a report says of its places, for who reads them again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::finding::{Finding, Report};
use crate::origin::{Origin, OriginKind};
use crate::problem::{Problem, ProblemCode};
use crate::secret::Fingerprint;

/// What has to be read to see a place again: the repository, or the file. Standard input cannot be.
pub fn target(origin: &Origin) -> Option<PathBuf> {
    match origin.kind {
        OriginKind::Worktree | OriginKind::Log | OriginKind::Archive
            if origin.history.is_none() =>
        {
            Some(PathBuf::from(&origin.path)).filter(|path| path.as_os_str() != "stdin")
        }
        OriginKind::Stdin => None,
        _ if origin.repository.is_empty() => Some(PathBuf::from(".")),
        _ => Some(PathBuf::from(&origin.repository)),
    }
}

/// The tokens of a report that were not found again, so that nothing is known of them.
pub fn not_found_again(report: &Report, found: &Report, gone: &[PathBuf]) -> Vec<Problem> {
    let known: BTreeSet<Fingerprint> =
        found.findings.iter().map(|finding| finding.fingerprint).collect();
    let missing = report.findings.iter().filter(|finding| !known.contains(&finding.fingerprint));
    let problem = |finding: &Finding| {
        let place = finding.places.first().map(|place| place.origin.full_path());
        let place = place.unwrap_or_default();
        let why = match gone {
            _ if finding.partial.is_some() => "only a part of it was seen".to_owned(),
            [first, ..] => format!(
                "{} is not at its places any more ({} is gone)",
                finding.redacted,
                first.display()
            ),
            [] => format!("{} is not at its places any more", finding.redacted),
        };
        let hint = "run squelch where the report was made, or scan again";
        Problem::new(ProblemCode::Gone, place, why).hinted(hint)
    };
    missing.map(problem).collect()
}
