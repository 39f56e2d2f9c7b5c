//! What a file's path says of the values in it. Known only after attribution, so the scan asks.

use crate::leak::{Dismissal, DismissalKind};
use crate::rule::Rule;

/// What a path does to a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathJudgement {
    Keep,
    /// Still reported, with low confidence, and why.
    Lower(&'static str),
    Dismiss(Dismissal),
}

/// The same value in this many documents is an example that the project documents.
const DOCUMENTS: usize = 3;

/// Files that list other things by their hashes, by whole name.
const LOCKS: [&str; 20] = [
    "yarn.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "cargo.lock",
    "poetry.lock",
    "pipfile.lock",
    "pdm.lock",
    "uv.lock",
    "composer.lock",
    "gemfile.lock",
    "podfile.lock",
    "package.resolved",
    "go.sum",
    "flake.lock",
    "mix.lock",
    "pubspec.lock",
    "gradle.lockfile",
    "packages.lock.json",
    ".git-blame-ignore-revs",
];

/// Judges by path; a rule whose shape proves itself is believed everywhere.
pub fn by_path(rule: &Rule, path: &str) -> PathJudgement {
    if !rule.bare {
        return PathJudgement::Keep;
    }
    let path = path.replace('\\', "/").to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    if LOCKS.contains(&name) {
        let why = format!("{name} lists hashes");
        return PathJudgement::Dismiss(Dismissal::new(DismissalKind::File, why));
    }
    lowered(&path, name).map_or(PathJudgement::Keep, PathJudgement::Lower)
}

fn lowered(path: &str, name: &str) -> Option<&'static str> {
    let folder = |wanted: &str| path.split('/').rev().skip(1).any(|part| part == wanted);
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if folder("cassettes") || folder("vcr") || folder("replay") || ends(&[".har"]) {
        return Some("recorded traffic");
    }
    if folder("__snapshots__") || ends(&[".snap"]) {
        return Some("a test snapshot");
    }
    if ends(&[".map", ".min.js", ".min.css"]) {
        return Some("generated from other files");
    }
    let reports = ["gitleaks", "trufflehog", "secrets.baseline", "noseyparker", "detect-secrets"];
    reports.iter().any(|tool| name.contains(tool)).then_some("another scanner's file")
}

/// Whether a value that stands at `paths` is an example that the project documents: it is in
/// at least three documents.
pub fn documented(paths: &[&str]) -> bool {
    let mut documents: Vec<&&str> = paths.iter().filter(|path| is_document(path)).collect();
    documents.sort_unstable();
    documents.dedup();
    documents.len() >= DOCUMENTS
}

fn is_document(path: &str) -> bool {
    let path = path.replace('\\', "/").to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let prose = [".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc"];
    let in_docs = path.split('/').rev().skip(1).any(|part| matches!(part, "docs" | "doc"));
    prose.iter().any(|end| name.ends_with(end))
        || in_docs && [".html", ".htm", ".txt"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_documents_make_an_example() {
        assert!(documented(&["a.md", "docs/b.html", "c.rst", "c.rst"]));
        assert!(!documented(&["a.md", "b.md", "b.md"]));
        assert!(!documented(&["a.md", "b.md", "src/main.rs", "src/lib.rs"]));
    }

    #[test]
    fn files_of_hashes_and_of_recordings() {
        let rules = crate::rule::Rules::builtin().expect("built-in rules compile");
        let bare = rules.rules.iter().find(|rule| rule.bare).expect("a bare rule");
        let sure = rules.rules.iter().find(|rule| !rule.bare).expect("a rule with a prefix");
        assert!(matches!(by_path(bare, "web/yarn.lock"), PathJudgement::Dismiss(_)));
        assert!(matches!(by_path(bare, "t/cassettes/a.yml"), PathJudgement::Lower(_)));
        assert_eq!(by_path(bare, "sonar-project.properties"), PathJudgement::Keep);
        assert_eq!(by_path(sure, "web/yarn.lock"), PathJudgement::Keep);
    }
}
