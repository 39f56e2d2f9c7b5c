//! The page for a browser: whole, harmless, the same from a scan and from its report, and made
//! quickly of many tokens.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use regex::Regex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::Fixture;

/// Elements of HTML without an end. Those of SVG end themselves.
const VOID: [&str; 3] = ["br", "meta", "link"];

/// All that `&` begins.
const ENTITIES: [&str; 7] = ["amp;", "lt;", "gt;", "quot;", "#39;", "#58;", "#35;"];

/// What would be markup, a command, or an address that runs.
const HOSTILE: &str = "\"'><script>alert(1)</script>\u{202e}<img src=x onerror=alert(1)>\x1b[2J\n::error::x ##vso[x]&lt;";

/// Reads a page as a browser does that forgives nothing, and returns its headings' levels.
fn check(page: &str) -> Vec<u32> {
    let tag =
        Regex::new(r#"<(/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9:-]*(?:="[^"<]*")?)*)\s*(/?)>"#)
            .expect("a pattern");
    let attribute = Regex::new(r#"([a-z][a-z0-9:-]*)="([^"]*)""#).expect("a pattern");
    let body = page.strip_prefix("<!doctype html>\n").expect("a doctype");
    let (head, rest) = body.split_once("<style>").expect("a style sheet");
    let (style, rest) = rest.split_once("</style>").expect("its end");
    assert!(!style.contains('<') && !style.contains("url(") && !style.contains("@import"));
    let digest = BASE64.encode(&Sha256::digest(style));
    let policy = format!("default-src 'none'; style-src 'sha256-{digest}'; img-src data:;");
    assert!(head.contains(&policy), "the policy names the style sheet: {head}");
    let text = format!("{head}<style></style>{rest}");
    let (mut open, mut ids, mut goals, mut levels) =
        (Vec::new(), BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut last = 0;
    for found in tag.captures_iter(&text) {
        let whole = found.get(0).expect("all of it");
        assert_text(&text[last..whole.start()]);
        last = whole.end();
        let (name, end, own_end) = (&found[2], &found[1] == "/", &found[4] == "/");
        assert!(!["script", "iframe", "object", "form", "embed"].contains(&name), "{name}");
        for pair in attribute.captures_iter(&found[3]) {
            let (key, value) = (&pair[1], pair[2].to_owned());
            assert!(!key.starts_with("on") && !["style", "src", "srcset"].contains(&key), "{key}");
            match key {
                "id" => assert!(ids.insert(value.clone()), "{value} twice"),
                "href" if value.starts_with('#') => drop(goals.insert(value[1..].to_owned())),
                "href" => assert!(
                    value.starts_with("https://") && found[3].contains(r#"rel="noreferrer""#),
                    "{value}"
                ),
                _ => {}
            }
        }
        match (end, own_end || VOID.contains(&name)) {
            (true, _) => assert_eq!(open.pop().as_deref(), Some(name), "at {}", whole.start()),
            (false, true) => {}
            (false, false) => open.push(name.to_owned()),
        }
        if let Some(level) = name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
            levels.extend((!end).then_some(level));
        }
    }
    assert_text(&text[last..]);
    assert!(open.is_empty(), "{open:?}");
    let dangling: Vec<_> = goals.difference(&ids).collect();
    assert!(dangling.is_empty(), "links that lead nowhere: {dangling:?}");
    levels
}

/// Between tags there is no markup, and nothing that a screen or a CI system obeys.
fn assert_text(text: &str) {
    assert!(!text.contains(['<', '>']), "markup in {text:?}");
    let named = |rest: &str| ENTITIES.iter().any(|entity| rest.starts_with(entity));
    assert!(text.split('&').skip(1).all(named), "a bare & in {text:?}");
    let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!text.contains(obeyed) && !text.contains("##"), "{text:?}");
    assert!(!text.contains("::"), "{text:?}");
}

/// A repository with a token in history, one in the work tree, and what uses one.
fn leaky() -> (Fixture, Vec<String>) {
    let repo = Fixture::repository();
    let tokens = vec![repo.token(), repo.token()];
    let server = "sonar.host.url=https://sonar.example.com";
    repo.commit("sonar.properties", &format!("{server}\nsonar.token={}\n", tokens[0]), "one");
    repo.commit("sonar.properties", server, "two");
    repo.write("ci/build.sh", format!("export SONAR_TOKEN={}\nmvn sonar:sonar\n", tokens[1]));
    (repo, tokens)
}

/// A report in JSON Lines whose findings went through `change`, and the page of it.
fn page_of(repo: &Fixture, change: impl Fn(&mut Value)) -> String {
    let lines = repo.scan(&["."]).stdout;
    let change_line = |line: &str| {
        let mut value: Value = serde_json::from_str(line).expect("JSON");
        if value["type"] == "finding" {
            change(&mut value);
        }
        format!("{value}\n")
    };
    repo.write("changed.jsonl", lines.lines().map(change_line).collect::<String>());
    let run = repo.squelch(&["report", "changed.jsonl", "--format", "html"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.stdout
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    let (repo, tokens) = leaky();
    repo.write("broken.zip", "PK\x03\x04 no zip");
    let run = repo.squelch(&["scan", "--format", "html"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let levels = check(&run.stdout);
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    for token in &tokens {
        assert!(!run.stdout.contains(&token[8..20]), "a token");
        assert!(run.stdout.contains(&token[40..]), "its last characters");
    }
    for said in [
        "2 leaked tokens in the scanned folder",
        "The oldest came with a commit of 2024-03-05.",
        "Only in history, and maybe alive: 1 token.",
        "What could not be read",
        "broken.zip",
        "read -rs LEAKED_TOKEN",
        "--data-urlencode &#39;name=&lt;name&gt;&#39;",
    ] {
        assert!(run.stdout.contains(said), "{said} in {}", run.stdout);
    }
}

#[test]
fn a_clean_scan_has_a_page() {
    let folder = Fixture::new();
    folder.write("a", "nothing");
    let run = folder.squelch(&["scan", "--format", "html"]);
    assert_eq!(run.code, Some(0));
    check(&run.stdout);
    assert!(run.stdout.contains("<h1>No leaked tokens</h1>"), "{}", run.stdout);
    assert!(run.stdout.contains("Everything in scope was read."), "{}", run.stdout);
}

#[test]
fn a_page_of_a_report_is_that_of_the_scan() {
    let (repo, _) = leaky();
    repo.git(&["tag", "v1", "HEAD~1"]);
    repo.write(
        "app.min.js",
        format!("{}sonar.token={};{}", "x;".repeat(900), repo.token(), "y;".repeat(900)),
    );
    let known = repo.token();
    repo.write("known", &known);
    assert_eq!(repo.squelch(&["baseline", "write", "base", "known"]).code, Some(0));
    let outputs = ["--output", "jsonl=a.jsonl", "--output", "html=a.html", "--baseline", "base"];
    let run = repo.squelch(&[&["scan", "."][..], &outputs].concat());
    assert_eq!(run.code, Some(1), "{run:#?}");
    let page = fs::read_to_string(repo.path("a.html")).expect("a page");
    check(&page);
    assert!(page.contains("<dt>suppressed</dt>") && page.contains("<i>…</i>"), "{page}");
    assert!(page.contains("<dt>Removed</dt><dd>from HEAD on 2024-03-05 by commit "), "{page}");
    let again = repo.squelch(&["report", "a.jsonl", "--format", "html"]);
    assert_eq!(again.stdout, page);
    let screen = repo.squelch(&["report", "a.jsonl"]);
    assert!(screen.stdout.contains("critical: SonarQube user token"), "{screen:#?}");
}

#[test]
fn what_was_scanned_is_text() {
    let repo = Fixture::repository();
    let token = repo.token();
    let name = "a\"><script>alert(1)<\\script>\u{202e}\n::error::x##vso[y]";
    let line = format!("<b onclick='x'>&lt;\u{202e} ::error:: ##vso[x] {token} </pre></code>");
    repo.commit(name, &line, "leak");
    repo.git(&["rm", "-q", "-r", "."]);
    repo.git(&["commit", "-q", "-m", "gone"]);
    repo.git(&["branch", "x\"><img-onerror='1'>", "HEAD~1"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let run = repo.squelch(&["scan", "--format", "html"]);
    check(&run.stdout);
    assert!(run.stdout.contains("&lt;script&gt;alert(1)"), "{}", run.stdout);
}

/// Whatever a service, a server or a file of a CI system says, in each text that a report has.
#[test]
fn what_services_and_pipelines_say_is_text() {
    let (repo, _) = leaky();
    let hostile = || json!(HOSTILE);
    let page = page_of(&repo, |finding| {
        finding["redacted"] = hostile();
        finding["notes"] = json!([HOSTILE]);
        finding["companions"] = json!({"server": [HOSTILE], "a<b": [HOSTILE]});
        finding["verdict"] =
            json!({"state": "live", "why": HOSTILE, "endpoint": HOSTILE, "at": HOSTILE});
        finding["revocation"] = json!({"outcome": "alive", "why": HOSTILE, "by": HOSTILE});
        let said = json!([{"value": HOSTILE, "sure": "likely", "how": HOSTILE}]);
        finding["identity"] = json!({"owner": said, "token_name": said, "last_used": said,
            "contenders": [{"name": HOSTILE, "why": HOSTILE}]});
        finding["digests"] = json!({HOSTILE: HOSTILE});
        finding["usages"] = json!([{"services": [HOSTILE], "scope": "context", "name": HOSTILE,
            "within": HOSTILE, "system": HOSTILE, "repository": HOSTILE, "path": HOSTILE,
            "line": 1, "variable": HOSTILE, "job": HOSTILE, "step": HOSTILE, "call": HOSTILE,
            "implicit": true, "stores": false, "server": HOSTILE, "project": HOSTILE}]);
        finding["remedy"] = json!({"page": "javascript:alert(1)", "steps": [HOSTILE],
            "command": [HOSTILE], "prove": [HOSTILE, "$LEAKED_TOKEN"], "proved_by": HOSTILE,
            "replace": [HOSTILE], "ways": [{"who": "owner", "command": [HOSTILE]}],
            "message": HOSTILE, "levers": [HOSTILE],
            "scripts": [{"id": "one", "title": HOSTILE, "text": HOSTILE}]});
        let place = &mut finding["locations"][0];
        for key in [
            "path",
            "member",
            "commit",
            "author_date",
            "object",
            "reachable_from",
            "job",
            "step",
            "snippet",
        ] {
            place[key] = hostile();
        }
        place["in_head"] = json!(false);
        place["removed"] = json!({"behind": 1, "commit": HOSTILE, "date": HOSTILE});
        (place["provider"], place["link"]) = (json!("Jenkins"), json!("data:text/html,x"));
        place["halves"] = json!([{"name": HOSTILE, "shown": HOSTILE, "snippet": HOSTILE,
            "line": 1, "column": 1, "end_line": 1, "end_column": 2}]);
    });
    check(&page);
    assert!(page.contains("<code>javascript:alert(1)</code>"), "shown, and no link");
    assert!(page.contains("<code>data:text/html,x</code>"), "shown, and no link");
}

/// Ten thousand tokens: about a third of a kilobyte each beyond the first thousand.
#[test]
fn ten_thousand_tokens_are_a_page_of_a_few_megabytes() {
    let (repo, _) = leaky();
    let lines = repo.scan(&["."]).stdout;
    let finding = lines.lines().find(|line| line.contains(r#""commit""#)).expect("a finding");
    let summary = lines.lines().last().expect("a summary");
    let parsed: Value = serde_json::from_str(finding).expect("JSON");
    let (print, shown) = (parsed["fingerprint"].as_str(), parsed["redacted"].as_str());
    let (print, shown) = (print.expect("text"), shown.expect("text"));
    let mut report = String::new();
    for number in 0..10_000 {
        let other = finding.replace(print, &format!("{number:064x}"));
        report.push_str(&other.replace(shown, &format!("squ_…{number:04x}")));
        report.push('\n');
    }
    repo.write("many.jsonl", report + summary + "\n");
    let start = Instant::now();
    let run = repo.squelch(&["report", "many.jsonl", "--output", "html=many.html", "-q"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    let page = fs::read_to_string(repo.path("many.html")).expect("a page");
    assert!(page.len() < 8_000_000, "{} bytes", page.len());
    assert_eq!(page.matches(" id=\"t").count(), 10_000 + 1, "each token, and the timeline");
    assert!(page.contains("<h1>10,000 leaked tokens in the scanned folder</h1>"));
    check(&page);
}

#[test]
fn there_is_no_page_where_there_is_nothing_to_make_it_of() {
    let (repo, _) = leaky();
    let run = repo.squelch(&["scan", "--output", "sarif=a.sarif"]);
    assert_eq!(run.code, Some(1));
    let run = repo.squelch(&["report", "a.sarif", "--format", "html"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--output jsonl=PATH"), "{}", run.stderr);
    let run = repo.squelch(&["audit", "https://sonar.example.invalid", "--format", "html"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("no page for a browser"), "{}", run.stderr);
}
