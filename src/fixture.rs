//! Reports for tests, built from real bytes with tokens minted on the spot.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::{Covered, Finding, Report, RepositoryRead, Suppressed, Tally, Verdict};
use crate::identity::Identity;
use crate::leak::{Confidence, MaskedLine, Place};
use crate::line_hash::line_hashes;
use crate::origin::{History, Origin, OriginKind, Reach, Removed, Standing};
use crate::rule::{Rule, RuleFile, Rules};
use crate::secret::Secret;
use crate::span::Position;
use crate::view::Layers;

/// A report, and what it was made from.
pub(crate) struct Fixture {
    pub(crate) report: Report,
    pub(crate) rules: Rules,
    /// The tokens that must not be in any output.
    pub(crate) tokens: Vec<String>,
    /// The bytes of each place, in the order of findings and places.
    pub(crate) blobs: Vec<Vec<Vec<u8>>>,
}

/// A token with `prefix` and 40 hex digits, from a small generator: none is ever in a file.
pub(crate) fn mint(prefix: &str, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let digits = (0..40).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from_digit((state >> 32) as u32 % 16, 16).expect("below 16")
    });
    prefix.chars().chain(digits).collect()
}

/// The place of `token` in `bytes`, as the scan would make it.
pub(crate) fn place(bytes: &[u8], token: &str, redacted: &str, origin: Origin) -> Place {
    let start = find(bytes, token.as_bytes());
    let position = Position::of(bytes, start, start + token.len());
    let line_start = bytes[..start].iter().rposition(|b| matches!(b, b'\n' | b'\r'));
    let line_end = bytes[start..].iter().position(|b| matches!(b, b'\n' | b'\r'));
    let before = &bytes[line_start.map_or(0, |at| at + 1)..start];
    let after = &bytes[start + token.len()..line_end.map_or(bytes.len(), |at| start + at)];
    let before = String::from_utf8_lossy(before);
    let line = MaskedLine {
        text: format!("{before}{redacted}{}", String::from_utf8_lossy(after)),
        token: (before.len(), before.len() + redacted.len()),
        cut: (false, false),
    };
    Place {
        origin,
        position,
        line,
        line_hash: line_hashes(bytes, &[position.line]).pop(),
        confidence: Confidence::High,
        companions: Vec::new(),
        halves: Vec::new(),
        layers: Layers::default(),
        versions: 1,
        allowed: false,
    }
}

fn find(bytes: &[u8], token: &[u8]) -> usize {
    bytes.windows(token.len()).position(|at| at == token).expect("the token is in the bytes")
}

/// A place in history.
pub(crate) fn history(path: Option<&str>, commit: Option<&str>, reach: Reach) -> Origin {
    let object = "4f2a".repeat(10);
    let name = path.map_or_else(|| format!("blob {object}"), str::to_owned);
    Origin {
        repository: ".".to_owned(),
        history: Some(History {
            object,
            object_kind: "blob",
            commit: commit.map(str::to_owned),
            author_date: commit.map(|_| "2024-03-01T09:30:00+01:00".to_owned()),
            path: path.map(str::to_owned),
            reach,
            reached_from: (reach == Reach::Branch).then(|| "refs/heads/main".to_owned()),
            standing: match (commit, reach) {
                (Some(_), Reach::Branch) => Standing::Removed(Removed {
                    behind: 4,
                    commit: "5e4d3c2b1a".repeat(4),
                    date: "2024-03-21T18:00:00+01:00".to_owned(),
                }),
                _ => Standing::Unknown,
            },
        }),
        ..Origin::plain(OriginKind::History, name)
    }
}

/// Two small rule files: one with every part of a remedy, one with a single step.
const SONARQUBE: &str = r#"
service = "SonarQube Server"
documents = ["https://docs.sonarsource.com/sonarqube-server/user-guide/"]

[[token]]
id = "sonarqube-user-token"
name = "SonarQube user token"
kind = "user"
severity = "critical"
why = "Its finder can do whatever its user can: read all private code, change quality gates and, for an administrator, make users and tokens."
pattern = 'squ_[0-9a-f]{40}'

[[token.companion]]
name = "server"
pattern = 'sonar\.host\.url=(?P<value>https://[a-z.]{1,99})'
default = "$SONAR_HOST_URL"

[token.revoke]
page = "{server}/account/security"
steps = [
    "Open My Account > Security as the token's user and revoke the token by its name.",
    "Make a new one that can do less, and keep it in the CI system's secret store.",
]
command = ["curl", "-fsS", "-u", "$SONAR_ADMIN_TOKEN:", "-d", "name=$TOKEN_NAME", "{server}/api/user_tokens/revoke"]
prove = ["curl", "-u", "$LEAKED:", "{server}/api/authentication/validate"]
proved_by = '{"valid":false}'

[[token.example]]
text = "{{token}}"
why = "alone"

[[token.counter]]
text = "none"
why = "no token"
"#;

const JENKINS: &str = r#"
service = "Jenkins"
documents = ["https://www.jenkins.io/doc/book/system-administration/"]

[[token]]
id = "jenkins-api-token"
name = "Jenkins API token"
kind = "user"
severity = "medium"
why = "With the user's name it starts jobs and reads their logs."
pattern = '11[0-9a-f]{32}'

[[token.place]]
keys = ["jenkins* token"]
confidence = "high"

[token.revoke]
steps = ["Revoke it on the user's Security page."]

[[token.example]]
text = "JENKINS_TOKEN={{token}}"
why = "a variable"

[[token.counter]]
text = "none"
why = "no token"
"#;

pub(crate) fn rules() -> Rules {
    let file = |id, text| RuleFile { path: id, id, text };
    let files = [file("sonarqube-server", SONARQUBE), file("jenkins", JENKINS)];
    Rules::compile(&files).expect("the fixture's rules are good")
}

/// The rules file of one kind of token that stands for itself. The built-in rules look around each
/// token for its server, which some tests must not depend on.
pub(crate) fn lone_rule(pattern: &str, anchors: &[&str]) -> String {
    format!(
        r#"
service = "X"
[[token]]
id = "x-token"
name = "X token"
kind = "user"
severity = "low"
why = "because"
pattern = '{pattern}'
anchors = {anchors:?}
[token.revoke]
steps = ["Ask."]
[[token.example]]
text = '{{{{token}}}}'
why = "itself"
[[token.counter]]
text = 'x'
why = "nothing"
"#
    )
}

/// A finding of `rule` in each of `places`: bytes around `{}` and an origin.
fn finding(rule: &Arc<Rule>, token: &str, places: &[(&str, Origin)]) -> (Finding, Vec<Vec<u8>>) {
    let secret = Secret::new(token.as_bytes());
    let redacted = secret.redacted(rule.prefix);
    let blobs: Vec<_> = places.iter().map(|(text, _)| text.replace("{}", token)).collect();
    let found_in = blobs.iter().zip(places);
    let found = Finding {
        fingerprint: secret.fingerprint(),
        partial: None,
        severity: rule.severity,
        confidence: Confidence::High,
        verdict: Verdict::unasked("offline"),
        revocation: None,
        identity: Identity::default(),
        digests: BTreeMap::new(),
        companions: BTreeMap::new(),
        places: found_in
            .map(|(text, (_, origin))| place(text.as_bytes(), token, &redacted, origin.clone()))
            .collect(),
        remedy: rule.remedy.clone(),
        usages: Vec::new(),
        notes: Vec::new(),
        rule: Arc::clone(rule),
        redacted,
    };
    (found, blobs.into_iter().map(String::into_bytes).collect())
}

fn in_tree(kind: OriginKind, path: &str) -> Origin {
    Origin { repository: ".".to_owned(), ..Origin::plain(kind, path) }
}

/// Every kind of place, line end and width of character.
fn sonarqube_places() -> [(&'static str, Origin); 6] {
    let commit = "1a2b3c4d5e".repeat(4);
    let settings = "conf/sonar.properties";
    let xml = "\u{feff}<a>\r\n\t<x y='𝄞'/><sonar.token>{}</sonar.token>\r\n";
    [
        (
            "#!/bin/sh\nset -e\nexport SONAR_TOKEN={} # é𝄞\n",
            in_tree(OriginKind::Worktree, "ci/build.sh"),
        ),
        (xml, in_tree(OriginKind::Worktree, "a b/pom #1.xml")),
        ("one\rtwo\rsonar.token={}\r", in_tree(OriginKind::Index, settings)),
        ("sonar.token={}\n", history(Some(settings), Some(&commit), Reach::Branch)),
        ("x = 1\n\n'{}'", history(None, None, Reach::Dangling)),
        ("token={}", in_tree(OriginKind::Config, ".git/config")),
    ]
}

/// Two tokens in a work tree, an index, history and a git directory.
pub(crate) fn sample() -> Fixture {
    let rules = rules();
    let tokens = vec![mint("squ_", 1), mint("11", 2)];
    let (mut sonarqube, sonarqube_blobs) =
        finding(&rules.rules[1], &tokens[0], &sonarqube_places());
    sonarqube.places[3].versions = 3;
    let server = vec!["https://sonar.example.org".to_owned()];
    sonarqube.companions.insert("server".to_owned(), server);
    let build = "curl -u bob:{} https://ci.example.org/job/x/build";
    let places = [(build, in_tree(OriginKind::Worktree, "Makefile"))];
    let (jenkins, jenkins_blobs) = finding(&rules.rules[0], &tokens[1], &places);
    let report = Report {
        findings: vec![sonarqube, jenkins],
        tally: tally(),
        repositories: vec![RepositoryRead {
            path: ".".to_owned(),
            url: Some("https://git.example.org/team/app.git".to_owned()),
            head: Some("9f8e7d6c5b".repeat(4)),
            branch: Some("main".to_owned()),
        }],
        seconds: 0.125,
        ..Report::default()
    };
    Fixture { report, rules, tokens, blobs: vec![sonarqube_blobs, jenkins_blobs] }
}

/// The same report with its second finding suppressed.
pub(crate) fn with_suppressed() -> Report {
    let mut report = sample().report;
    let (by, why) = (".squelch-baseline".to_owned(), "it has the token".to_owned());
    let note = Some("ada rotates it in May".to_owned());
    let finding = report.findings.pop().expect("two findings");
    report.suppressed.push(Suppressed { finding, covered: Covered { by, why, note } });
    report.has_baseline = true;
    report
}

fn tally() -> Tally {
    Tally {
        files: 12,
        file_bytes: 34_567,
        objects: 1_204,
        object_bytes: 2_345_678,
        known: 0,
        commits: 301,
        repositories: 1,
        git_files: 9,
        ignored: 2,
        special: 0,
        members: 0,
        member_bytes: 0,
    }
}

/// Runs a writer into a string.
pub(crate) fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("a vector takes all");
    String::from_utf8(out).expect("reports are UTF-8")
}
