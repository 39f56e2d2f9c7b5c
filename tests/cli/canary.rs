//! No output holds a token: tokens are planted wherever one can be, and every byte that
//! squelch writes is searched for them.

use std::fs;
use std::path::Path;

use aho_corasick::AhoCorasick;

use crate::pack::{Entry, gzip, tar, zip};
use crate::places::base64;
use crate::support::Fixture;

/// A repository with a token in every kind of place, and all of them.
fn planted() -> (Fixture, Vec<String>) {
    let repo = Fixture::repository();
    let mut tokens: Vec<String> = (0..18).map(|_| repo.token()).collect();
    let bare = [repo.hex(40), repo.hex(40), repo.hex(40)];
    let jenkins = format!("{}{}", 11, repo.hex(32));
    let t = &tokens;
    repo.write("two-on-a-line", format!("a={} b={} {}x\n", t[0], t[1], t[2]));
    repo.write("one.properties", format!("sonar.login={}\n# {}\n", bare[0], bare[1]));
    repo.write(
        "curl.sh",
        format!("curl -u alice:{jenkins} https://jenkins.example.invalid/job/x/build\n"),
    );
    repo.write(&format!("named-{}", t[3]), "x");
    repo.write(&format!("dir-{}/found", t[4]), format!("{}\n", t[5]));
    repo.write(
        "url.properties",
        format!("sonar.host.url=https://{}@sonar.example.invalid\nsonar.token={}\n", t[6], t[7]),
    );
    std::os::unix::fs::symlink(format!("/x/{}", t[8]), repo.path("link")).expect("a link");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", &format!("message {}", t[9])]);
    repo.git(&["rm", "-q", "-r", "."]);
    repo.git(&["commit", "-q", "-m", "gone"]);
    repo.git(&["checkout", "-q", "HEAD~1", "--", "."]);
    repo.git(&["branch", &format!("b-{}", t[10])]);
    repo.git(&["tag", "-a", &format!("t-{}", t[11]), "-m", &t[12]]);
    repo.git(&[
        "config",
        "remote.origin.url",
        &format!("https://u:{}@git.example.invalid/a/{}", t[13], t[14]),
    ]);
    repo.write("minified.js", format!("{}{}{}", "x;".repeat(5000), t[15], ";y".repeat(5000)));
    repo.write("staged", &t[16]);
    repo.git(&["add", "staged"]);
    // An object that cannot be read, in a folder that is named after a token.
    repo.write(&format!(".git/objects/{}/{}", &bare[2][..2], &bare[2][2..]), "broken");
    tokens.push(bare[0].clone());
    tokens.push(jenkins);
    (repo, tokens)
}

/// Fails if a text holds any twelve characters in a row of a token's random part.
fn assert_clean(what: &str, text: &str, tokens: &[String]) {
    let bodies = tokens.iter().map(|token| &token.as_bytes()[token.len() - 32..]);
    let parts: Vec<&[u8]> = bodies.flat_map(|body| body.windows(12)).collect();
    let all = AhoCorasick::new(&parts).expect("a search for all at once");
    if let Some(found) = all.find(text) {
        panic!("{what} holds {} of a token", &text[found.range()]);
    }
}

#[test]
fn no_token_in_any_output() {
    let (repo, tokens) = planted();
    let outputs = ["human=out.txt", "jsonl=out.jsonl", "sarif=out.sarif", "html=out.html"];
    let temporary = repo.path("tmp");
    fs::create_dir(&temporary).expect("a folder");
    let env = [("TMPDIR", temporary.to_str().expect("UTF-8")), ("RUST_BACKTRACE", "1")];
    let scopes: [&[&str]; 6] = [
        &["."],
        &["--explain", "."],
        &["--no-history", "--no-ignore", "."],
        &["--staged"],
        &["--range", "HEAD~1..HEAD"],
        &["--since", "2000-01-01"],
    ];
    for scope in scopes {
        for (format, color) in [
            ("human", "always"),
            ("human", "never"),
            ("jsonl", "auto"),
            ("sarif", "auto"),
            ("html", "auto"),
        ] {
            let mut args = vec!["scan", "--format", format, "--color", color];
            args.extend(outputs.iter().flat_map(|output| ["--output", *output]));
            args.extend(scope);
            let run = repo.squelch_with(&args, b"", &env);
            assert!(matches!(run.code, Some(0 | 1 | 3)), "{run:#?}");
            assert_clean(&format!("stdout of {args:?}"), &run.stdout, &tokens);
            assert_clean(&format!("stderr of {args:?}"), &run.stderr, &tokens);
            for output in outputs {
                let path = repo.path(output.split_once('=').expect("FORMAT=PATH").1);
                let text = fs::read_to_string(&path).expect("the report");
                assert_clean(output, &text, &tokens);
                fs::remove_file(path).expect("the report");
            }
        }
    }
    assert_eq!(fs::read_dir(&temporary).expect("the folder").count(), 0, "temporary files stay");
}

#[test]
fn no_token_in_a_baseline_or_what_is_said_of_it() {
    let (repo, tokens) = planted();
    // Reports and ignore files of others may hold tokens: as what was found, and in paths.
    let found = |token: &String| serde_json::json!({"RuleID": token, "File": token, "StartLine": 1, "Secret": token});
    let report = tokens.iter().take(3).map(found).collect::<serde_json::Value>();
    repo.write("report.json", report.to_string());
    let lines = tokens.iter().map(|token| format!("{token}:r:1\nr {token}\n"));
    repo.write("ignore", lines.collect::<String>());
    let commands: [&[&str]; 9] = [
        &["baseline", "write", "known"],
        &["baseline", "check", "known"],
        &["baseline", "prune", "known"],
        &["baseline", "import", "report.json", "--to", "second"],
        &["baseline", "import", "ignore", "--to", "third"],
        &["baseline", "check", "ignore"],
        &["scan", "--baseline", "known", "--baseline", "ignore"],
        &["scan", "--baseline", "known", "--baseline", "report.json", "--format", "jsonl"],
        &["scan", "--baseline", "known", "--format", "sarif"],
    ];
    for args in commands {
        let run = repo.squelch(args);
        assert!(matches!(run.code, Some(0..=3)), "{run:#?}");
        assert_clean(&format!("stdout of {args:?}"), &run.stdout, &tokens);
        assert_clean(&format!("stderr of {args:?}"), &run.stderr, &tokens);
    }
    for file in ["known", "second", "third"] {
        let text = fs::read_to_string(repo.path(file)).expect("a baseline");
        assert_clean(file, &text, &tokens);
        assert_eq!(text.lines().count() > 3, file != "third", "{text}");
    }
    assert!(repo.scan(&["--baseline", "known"]).lines("suppressed").len() > 10);
}

/// Tokens in everything that hides them, and every other form in which they stand there.
fn hidden() -> (Fixture, Vec<String>) {
    let fixture = Fixture::new();
    let tokens: Vec<String> = (0..20).map(|_| fixture.token()).collect();
    let t = &tokens;
    let header = base64(format!("{}:", t[0]).as_bytes());
    let twice = base64(base64(format!("x:{}", t[1]).as_bytes()).as_bytes());
    let percent = t[2].bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
    let number = t[3].bytes().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    // Two on a line, each hidden in its own way: neither may show the other.
    fixture
        .write("forms.txt", format!("Authorization: Basic {header} {twice} {percent} {number}\n"));
    let pairs = t[4].as_bytes().chunks(16).map(|row| {
        let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("00000000  {}  |{}|\n", digits.join(" "), String::from_utf8_lossy(row))
    });
    fixture.write("dump.txt", pairs.collect::<String>());
    let wide: Vec<u8> =
        format!("a {} b {}\r\n", t[5], t[6]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    fixture.write("wide.txt", wide);
    let stamp = "2025-07-04T14:32:09.5024381Z ";
    let log = format!(
        "{stamp}Current runner version: 'x'\n{stamp}##[group]Run echo {}\n\
         {stamp}GITHUB_RUN_ID=1\n{stamp}GITHUB_REPOSITORY={}/x\n\
         {stamp}a {}\x1b[0m{} {}\n{stamp}b {}\n{stamp}{}\n{stamp}SONAR_TOKEN=****67b8 {}\n",
        t[7],
        t[8],
        &t[9][..20],
        &t[9][20..],
        t[10],
        &t[11][..30],
        &t[11][30..],
        t[12]
    );
    let member = format!("{}/3_{}.txt", t[13], t[14]);
    fixture.write("logs.zip", zip(&[Entry::deflated(&member, log.as_bytes())]));
    fixture.write("t.tgz", gzip(&tar(&[("x", format!("{}\n", t[15]).as_bytes())])));
    let locked = Entry { flags: 1, ..Entry::stored(&format!("locked-{}", t[16]), b"?") };
    fixture.write("locked.zip", zip(&[locked]));
    let note = base64(&[&[0, 0, 0, 0][..], &gzip(format!("x {} y", t[17]).as_bytes())].concat());
    fixture.write("note.log", format!("Started by \x1b[8mha:{note}\x1b[0m{}\n", t[18]));
    let chunks = format!(
        r#"[{{"message":"CIRCLE_BUILD_URL=https://circleci.com/x?t={}\n\u001b[1m","type":"out"}}]"#,
        t[19]
    );
    fixture.write("step.json", chunks);
    (fixture, [&tokens[..], &[header, twice, percent, number, note]].concat())
}

#[test]
fn no_hidden_token_in_any_output() {
    let (fixture, forms) = hidden();
    for format in ["human", "jsonl", "sarif", "html"] {
        for more in ["--explain", "--logs"] {
            let run = fixture.squelch(&["scan", "--no-history", "--format", format, more]);
            assert_eq!(run.code, Some(1), "{run:#?}");
            assert_clean(&format!("stdout of {format} {more}"), &run.stdout, &forms);
            assert_clean(&format!("stderr of {format} {more}"), &run.stderr, &forms);
        }
    }
    let run = fixture.scan(&["--no-history"]);
    let in_names = [13, 14, 16];
    for (at, token) in forms[..20].iter().enumerate().filter(|(at, _)| !in_names.contains(at)) {
        let shown: Vec<_> = run.lines("finding");
        let ends = |found: &&serde_json::Value| {
            found["redacted"].as_str().is_some_and(|text| text.ends_with(&token[40..]))
        };
        assert_eq!(shown.iter().filter(ends).count(), 1, "token {at} of {run:#?}");
    }
}

/// The same places really are found: a test that looks at nothing proves nothing.
#[test]
fn the_planted_tokens_are_found() {
    let (repo, tokens) = planted();
    let run = repo.scan(&[]);
    let hidden_in_names = [3, 4, 14];
    let glued = [2];
    for (at, token) in tokens.iter().enumerate() {
        if !hidden_in_names.contains(&at) && !glued.contains(&at) && at != 17 {
            let _ = run.finding(token);
        }
    }
}

#[test]
fn errors_do_not_name_tokens_either() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.write("x", &token);
    let inputs: [&[&str]; 4] = [
        &["scan", "--output", "sarif=/nonexistent/x", "."],
        &["scan", "--output", "jsonl=/dev/full", "."],
        &["report", "x"],
        &["rules", "test", "x"],
    ];
    for args in inputs {
        let run = repo.squelch(args);
        assert_eq!(run.code, Some(2), "{args:?}: {run:#?}");
        assert_clean(
            &format!("{args:?}"),
            &format!("{}{}", run.stdout, run.stderr),
            std::slice::from_ref(&token),
        );
        assert!(Path::new(&repo.path("x")).exists());
    }
}
