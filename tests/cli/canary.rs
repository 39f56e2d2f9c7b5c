//! No output holds a token: tokens are planted wherever one can be, and every byte that
//! squelch writes is searched for them.

use std::fs;
use std::path::Path;

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
    for token in tokens {
        let body = &token[token.len() - 32..];
        for at in 0..body.len() - 12 {
            let part = &body[at..at + 12];
            assert!(!text.contains(part), "{what} holds {part} of a token");
        }
    }
}

#[test]
fn no_token_in_any_output() {
    let (repo, tokens) = planted();
    let outputs = ["human=out.txt", "jsonl=out.jsonl", "sarif=out.sarif"];
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
        for (format, color) in
            [("human", "always"), ("human", "never"), ("jsonl", "auto"), ("sarif", "auto")]
        {
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
