//! What the source has to keep, whatever it does: dependencies that point one way, one door to the
//! network, no program run but one, small files and functions. Each check is shown a text that breaks it.
//!
//! The checks read text, not syntax: they are there to notice a slip, not to stop an adversary.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regex::bytes;

/// Which modules a module may name outside of its tests. A new edge is a decision: it is made
/// here, and [`the_table_has_no_circle`] sees to it that it does not lead back.
const ALLOWED: [(&str, &[&str]); 37] = [
    ("hex", &[]),
    ("identity", &[]),
    ("origin", &[]),
    ("revocation", &["identity"]),
    ("problem", &[]),
    ("remedy", &[]),
    ("secret", &["hex"]),
    ("severity", &[]),
    ("shell", &[]),
    ("span", &[]),
    ("tally", &[]),
    ("terms", &[]),
    ("verdict", &[]),
    ("xml", &[]),
    ("yaml", &[]),
    ("door", &[]),
    ("line_hash", &["span"]),
    ("store", &["terms"]),
    // Of a token it gets digests and last characters: it names no `secret`.
    ("trace", &["hex", "identity", "problem", "source", "xml"]),
    ("view", &["origin"]),
    ("leak", &["origin", "secret", "span", "view"]),
    ("rule", &["hex", "identity", "leak", "remedy", "secret", "severity"]),
    // Of a token it needs digests, and of a report the digest alone.
    ("baseline", &["hex", "leak", "origin", "secret"]),
    (
        "finding",
        &[
            "baseline",
            "identity",
            "leak",
            "origin",
            "problem",
            "remedy",
            "revocation",
            "rule",
            "secret",
            "severity",
            "tally",
            "usage",
            "verdict",
        ],
    ),
    ("usage", &["identity", "problem", "rule", "source", "xml", "yaml"]),
    ("wanted", &["rule", "secret"]),
    ("judge", &["leak", "rule", "secret"]),
    (
        "detect",
        &["hex", "judge", "leak", "rule", "secret", "span", "terms", "view", "wanted", "yaml"],
    ),
    ("source", &["hex", "origin", "problem", "span", "tally", "terms", "view"]),
    // Of `secret` only the fingerprint: `secrets_in_reports` forbids the rest.
    (
        "report",
        &[
            "audit",
            "ci",
            "finding",
            "forge",
            "identity",
            "leak",
            "origin",
            "problem",
            "remedy",
            "revocation",
            "rule",
            "secret",
            "severity",
            "shell",
            "span",
            "view",
            "usage",
        ],
    ),
    ("verify", &["door", "identity", "leak", "rule", "secret", "severity", "verdict"]),
    // Of `secret` the user's own credential.
    ("api", &["door", "problem", "secret"]),
    // Of `rule` only how a name becomes one part of a path.
    ("ci", &["api", "door", "origin", "problem", "rule"]),
    ("forge", &["api", "door", "problem", "rule"]),
    // It names no secret: it asks without one.
    ("audit", &["door", "problem", "rule", "severity", "verify"]),
    ("revoke", &["door", "identity", "leak", "revocation", "rule", "secret", "verdict", "verify"]),
    ("selftest", &["detect", "judge", "rule"]),
];

/// The modules that put the others together.
const TOPS: [(&str, &[&str]); 4] = [
    (
        "scan",
        &[
            "baseline",
            "ci",
            "detect",
            "finding",
            "identity",
            "judge",
            "leak",
            "line_hash",
            "origin",
            "problem",
            "revocation",
            "revoke",
            "rule",
            "secret",
            "source",
            "span",
            "store",
            "terms",
            "verify",
            "view",
            "wanted",
        ],
    ),
    ("sweep", &["ci", "finding", "hex", "leak", "problem", "report", "rule", "scan", "source"]),
    // Of secrets it knows nothing: it sees results as they are kept.
    ("fleet", &["finding", "hex", "problem", "rule", "scan", "sweep"]),
    (
        "cli",
        &[
            "api",
            "audit",
            "baseline",
            "ci",
            "door",
            "finding",
            "fleet",
            "forge",
            "identity",
            "judge",
            "leak",
            "problem",
            "report",
            "revocation",
            "revoke",
            "rule",
            "scan",
            "selftest",
            "shell",
            "store",
            "sweep",
            "trace",
            "usage",
            "verify",
            "wanted",
        ],
    ),
];

/// The one file that opens a socket, to a server that it got a permit for.
const OPENS_SOCKETS: &str = "src/door/transport.rs";

/// The two files that run a program: `sarif-fmt`, on a report of ours, and git, to clone what the
/// user named.
const RUN_A_PROGRAM: [&str; 2] = ["src/cli/report.rs", "src/sweep/mirror.rs"];

/// The one file that speaks to a server: a database that the user named.
const READS_A_DATABASE: &str = "src/trace/database.rs";

/// The one module that speaks to a queue, a server that the user named, and the only asynchronous
/// one; both are a cargo feature's.
const FLEET: &str = "src/fleet/";

const MAX_FILE_LINES: usize = 400;
const MAX_FUNCTION_LINES: usize = 60;

/// One source file as the checks see it.
struct Source {
    /// `src/report/mod.rs`.
    path: String,
    lines: usize,
    /// The text with comments, strings and characters blanked, line by line as it was.
    code: String,
    /// The same without what is compiled for tests only.
    shipped: String,
}

type Check = fn(&Source) -> Vec<String>;

const CHECKS: [Check; 9] = [
    edges,
    secrets_in_reports,
    network,
    pickups,
    programs,
    long_files,
    long_functions,
    forbidden_words,
    mutable_globals,
];

#[test]
fn the_source_keeps_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("src"), &mut paths);
    assert!(paths.len() > 50, "only {} source files were found", paths.len());
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        Source::new(&name, &fs::read_to_string(path).expect("readable"))
    };
    let sources: Vec<Source> = paths.iter().map(read).collect();
    let broken: Vec<String> =
        sources.iter().flat_map(|source| CHECKS.iter().flat_map(|check| check(source))).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn the_table_has_no_circle() {
    let mut left: BTreeMap<_, _> = ALLOWED.into_iter().chain(TOPS).collect();
    while !left.is_empty() {
        let free = |(_, needs): &(&&str, &&[&str])| needs.iter().all(|m| !left.contains_key(m));
        let next = left.iter().find(free).map(|(module, _)| *module);
        let module = next.unwrap_or_else(|| panic!("a circle among {:?}", left.keys()));
        left.remove(module);
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let test_file =
            ["/tests.rs", "/edges.rs", "/fixture.rs"].iter().any(|end| path.ends_with(end));
        let shipped = if test_file { String::new() } else { without_tests(&code) };
        Self { path: path.to_owned(), lines: text.lines().count(), code, shipped }
    }

    /// The names from the crate's root down: `report`, `sarif`.
    fn module(&self) -> Vec<&str> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect()
    }

    fn says(&self, at: usize, what: &str) -> String {
        let line = self.code[..at].matches('\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }

    /// One complaint for each place in all of the code where the pattern matches.
    fn complain(&self, pattern: &str, what: &str) -> Vec<String> {
        let found = regex(pattern);
        found.find_iter(self.code.as_bytes()).map(|it| self.says(it.start(), what)).collect()
    }
}

/// Over bytes, since the tables for letters of all scripts take most of the time of these tests.
fn regex(pattern: &str) -> bytes::Regex {
    bytes::Regex::new(&format!("(?-u){pattern}")).expect("a pattern of this file")
}

/// Blanks comments, strings and characters: what is left is code, at the same places.
fn blank(text: &str) -> String {
    let noise = regex::Regex::new(
        r##"(?s)//[^\n]*|/\*.*?\*/|b?r#".*?"#|b?r"[^"]*"|b?"(?:\\.|[^"\\])*"|b?'(?:\\[^u\n][^'\n]*|\\u\{[^}]*\}|[^'\\\n])'"##,
    )
    .expect("a pattern of this file");
    let mask = |found: &regex::Captures<'_>| -> String {
        let one = |c: char| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) };
        found[0].chars().map(one).collect()
    };
    noise.replace_all(text, mask).into_owned()
}

/// Blanks items behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut left = code.to_owned();
    for found in regex(r"#\[cfg\(test\)\]").find_iter(code.as_bytes()) {
        let end = item_end(code, found.end());
        let gone: String =
            code[found.start()..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        if gone.len() == end - found.start() {
            left.replace_range(found.start()..end, &gone);
        }
    }
    left
}

/// Where the item that starts at `from` ends: after its block, or after its semicolon.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'}' if depth <= 1 => return at + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// Names of other modules that are not in the table.
fn edges(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some(&top) = module.first() else { return Vec::new() };
    let Some((_, allowed)) = ALLOWED.iter().chain(&TOPS).find(|(name, _)| *name == top) else {
        let known = source.shipped.trim().is_empty();
        return if known { Vec::new() } else { vec![source.says(0, "a module without a row")] };
    };
    let named = regex(r"\bcrate::(\w+|\{)");
    let mut broken = Vec::new();
    for found in named.captures_iter(source.shipped.as_bytes()) {
        let at = found.get(0).map_or(0, |it| it.start());
        let name = String::from_utf8_lossy(&found[1]);
        if name == "{" {
            broken.push(source.says(at, "one use of crate:: a module, so that this test sees it"));
        } else if name != top && !allowed.contains(&&*name) {
            broken.push(source.says(at, &format!("{top} must not name {name}")));
        }
    }
    let above = regex(&format!(r"\b(?:super::){{{},}}", module.len()));
    let climbs = above.find_iter(source.shipped.as_bytes());
    broken.extend(climbs.map(|it| source.says(it.start(), "say crate:: for what is at the root")));
    broken
}

/// A report holds no credential, in its tests neither.
fn secrets_in_reports(source: &Source) -> Vec<String> {
    if source.module().first() != Some(&"report") {
        return Vec::new();
    }
    source.complain(r"\bSecret\b|\bsecret::(?:\{|\*)|\bexpose\b", "a report names no secret")
}

/// Requests are made by one file, and a database is read by another.
fn network(source: &Source) -> Vec<String> {
    if source.path == OPENS_SOCKETS || source.path.starts_with(FLEET) {
        return Vec::new();
    }
    let socket = r"\b(?:Tcp|Udp|Unix)(?:Stream|Listener|Socket|Datagram)\b|\bToSocketAddrs\b";
    let library =
        r"\bstd::(?:\{[^;]*)?\bnet\b|\bunix::net\b|\b(?:ureq|reqwest|hyper|async_nats|tokio\w*)::";
    let mut broken = source.complain(&format!("{socket}|{library}"), "a network API");
    if source.path != READS_A_DATABASE {
        let database = r"\bpostgres(?:::|\s+as\b)|\b(?:use|crate)\s+(?:postgres|tokio\w*)\b\s*;";
        broken.extend(source.complain(database, "a database"));
    }
    broken
}

/// Where a server sends to another place, only the door and what asks APIs follow: nothing that reads
/// what is scanned can even name it.
fn pickups(source: &Source) -> Vec<String> {
    if matches!(source.module().first(), Some(&("door" | "api"))) {
        return Vec::new();
    }
    source.complain(r"\bpickup\b|\bPickup\b", "a download from where a server sends")
}

fn programs(source: &Source) -> Vec<String> {
    if RUN_A_PROGRAM.contains(&source.path.as_str()) {
        return Vec::new();
    }
    source
        .complain(r"\bprocess::(?:\{[^;]*\b)?Command", "only sarif-fmt and git are run, elsewhere")
}

fn long_files(source: &Source) -> Vec<String> {
    let long = source.lines > MAX_FILE_LINES;
    long.then(|| format!("{}: {} lines", source.path, source.lines)).into_iter().collect()
}

fn long_functions(source: &Source) -> Vec<String> {
    let lines = |start: usize| {
        let body = &source.code[start..item_end(&source.code, start)];
        body.matches('\n').count() + 1
    };
    regex(r"\bfn\s+\w+")
        .find_iter(source.code.as_bytes())
        .map(|it| (it.start(), lines(it.start())))
        .filter(|(_, lines)| *lines > MAX_FUNCTION_LINES)
        .map(|(at, lines)| source.says(at, &format!("a function of {lines} lines")))
        .collect()
}

fn forbidden_words(source: &Source) -> Vec<String> {
    source.complain(r"\bunsafe\b|\btodo!|\bunimplemented!", "unsafe, or not written yet")
}

/// State that outlives a run would make one scan depend on the one before.
fn mutable_globals(source: &Source) -> Vec<String> {
    let cell = r"\bstatic\s+\w+\s*:[^=;]*\b(?:\w*Cell|Mutex|RwLock|Atomic\w+|Once\w*|Lazy\w*)\b";
    source
        .complain(&format!(r"{cell}|\bstatic\s+mut\b|\b(?:thread_local|lazy_static)!"), "a global")
}

/// How many complaints a check has of a text.
fn complaints(check: Check, path: &str, text: &str) -> usize {
    check(&Source::new(path, text)).len()
}

#[test]
fn forbidden_edges_are_seen() {
    let seen = |path: &str, text: &str| complaints(edges, path, text);
    assert_eq!(seen("src/source/git/walk.rs", "use crate::rule::Rules;\nuse crate::detect::X;"), 2);
    assert_eq!(seen("src/detect/mod.rs", "fn f() { crate::report::write(); }"), 1);
    assert_eq!(seen("src/span.rs", "use crate::{leak, rule};"), 1);
    assert_eq!(seen("src/report/jsonl.rs", "use super::super::scan::Options;"), 1);
    assert_eq!(seen("src/unheard_of.rs", "fn f() {}"), 1);
    assert_eq!(seen("src/report/mod.rs", "use crate::finding::Report; use super::x;"), 1);
    let fine =
        "//! Not [`crate::scan`].\nuse crate::origin::Origin;\nconst T: &str = \"crate::cli\";";
    let tests = "\n#[cfg(test)]\nmod tests {\n use super::*;\n use crate::fixture::X;\n}\n";
    assert_eq!(seen("src/source/files.rs", &format!("{fine}{tests}")), 0);
    assert_eq!(seen("src/source/files.rs", &format!("{tests}use crate::scan::Options;")), 1);
}

#[test]
fn secrets_networks_and_programs_are_seen() {
    let report = "src/report/human/tests.rs";
    assert_eq!(complaints(secrets_in_reports, report, "use crate::secret::Secret;"), 1);
    assert_eq!(complaints(secrets_in_reports, report, "use crate::secret::{Fingerprint};"), 1);
    assert_eq!(complaints(secrets_in_reports, report, "use crate::secret::Fingerprint;"), 0);
    assert_eq!(complaints(secrets_in_reports, "src/leak.rs", "struct A(Secret);"), 0);
    for text in ["use std::net::IpAddr;", "TcpStream::connect(a)", "use std::{fs, net};"] {
        assert_eq!(complaints(network, "src/scan/mod.rs", text), 1, "{text}");
    }
    assert_eq!(complaints(network, "src/cli/scan.rs", "ureq::get(url); UdpSocket::bind(a)"), 2);
    for text in ["use postgres::Client;", "use postgres;", "extern crate postgres as p;"] {
        assert_eq!(complaints(network, "src/trace/sonar_tokens.rs", text), 1, "{text}");
        assert_eq!(complaints(network, READS_A_DATABASE, text), 0, "{text}");
    }
    assert_eq!(complaints(network, READS_A_DATABASE, "TcpStream::connect(a); tokio::spawn(b)"), 2);
    assert_eq!(complaints(network, "src/cli/fleet.rs", "use async_nats::Client;"), 1);
    assert_eq!(complaints(network, "src/fleet/link.rs", "use async_nats::Client;"), 0);
    assert_eq!(complaints(network, "src/cli/trace.rs", "database(\"postgres://u@h/d\")"), 0);
    for text in ["use crate::door::pickup::Told;", "Pickup::of_redirect(&a, true)"] {
        assert!(complaints(pickups, "src/scan/target.rs", text) > 0, "{text}");
        assert_eq!(complaints(pickups, "src/api/session.rs", text), 0, "{text}");
    }
    for text in ["std::process::Command::new(a)", "use std::process::{\n  Stdio, Command};"] {
        assert_eq!(complaints(programs, "src/source/files.rs", text), 1, "{text}");
        assert_eq!(complaints(programs, RUN_A_PROGRAM[1], text), 0, "{text}");
    }
    assert_eq!(complaints(programs, "src/cli/mod.rs", "use super::args::Command; exit()"), 0);
}

#[test]
fn long_and_unfinished_code_is_seen() {
    let path = "src/scan/mod.rs";
    assert_eq!(complaints(long_files, path, &"\n".repeat(401)), 1);
    assert_eq!(complaints(long_files, path, &"\n".repeat(400)), 0);
    let function = |lines| format!("fn f(a: [u8; 4]) -> char {{{}'}}' }}", "\n".repeat(lines));
    assert_eq!(complaints(long_functions, path, &function(60)), 1);
    assert_eq!(complaints(long_functions, path, &function(59).repeat(2)), 0);
    for text in ["unsafe { a() }", "todo!()", "unimplemented!(\"x\")"] {
        assert_eq!(complaints(forbidden_words, path, text), 1, "{text}");
    }
    assert_eq!(complaints(forbidden_words, path, "// unsafe\nlet a = \"todo!\";"), 0);
    for text in [
        "static A: Mutex<u8> = Mutex::new(1);",
        "static A: LazyLock<Regex> = LazyLock::new(f);",
        "static mut A: u8 = 1;",
        "thread_local! { static A: u8 = 1; }",
        "pub static N: AtomicUsize = AtomicUsize::new(0);",
    ] {
        assert_eq!(complaints(mutable_globals, path, text), 1, "{text}");
    }
    assert_eq!(complaints(mutable_globals, path, "static A: &str = \"Cell\"; fn f<'a>() {}"), 0);
}

#[test]
fn blanking_keeps_places_and_code() {
    let text = "let a = '\"'; // it's\nlet b = r#\"x\"y\"#; f::<'a>('\\'', \"\\\"\", 'é');";
    let code = blank(text);
    assert_eq!(code.len(), text.len());
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words.join(" "), "let a = ; let b = ; f::<'a>( , , );");
}
