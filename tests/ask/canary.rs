//! No byte that squelch writes holds a token that it asked about, whatever the service says back.
//! All other tests of this crate look for the same in what they print; here the service is out to
//! betray it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::canned::Canned;
use crate::double::Double;
use crate::double::fault::{Fault, FaultKind};
use crate::double::http::{Reply, Request};
use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{circleci::CircleCi, mint};
use crate::stage::Stage;

const FORMATS: [&str; 3] = ["human", "jsonl", "sarif"];
const OUTPUTS: [&str; 3] = ["human=out.txt", "jsonl=out.jsonl", "sarif=out.sarif"];

/// A server that takes a token and repeats it wherever it can.
fn parrot(token: &str) -> Canned {
    let token = token.to_owned();
    let mut refused = false;
    Canned::start(move |request| {
        let reply = match request.path.as_str() {
            "/api/system/status" => {
                let body = format!(r#"{{"id":"{token}","version":"26.7-{token}","status":"UP"}}"#);
                Reply::json(200, body)
            }
            "/api/users/current" if std::mem::replace(&mut refused, true) => Reply::json(
                200,
                format!(
                    r#"{{"isLoggedIn":true,"login":"{token}","name":"x{token}","email":"{token}@x",
                       "groups":["{token}","a {token} b","/{token}/"],
                       "permissions":{{"global":["{token}","admin"]}}}}"#
                ),
            ),
            "/api/users/current" => Reply::empty(401),
            _ => {
                let row = |name: &str| {
                    format!(
                        r#"{{"name":"{name}","createdAt":"{token}","type":"USER_TOKEN",
                           "lastConnectionDate":"{token}","project":{{"key":"{token}"}},
                           "expirationDate":"{token}"}}"#
                    )
                };
                let rows = [row(&token), row(&format!("ci {token}"))].join(",");
                Reply::json(200, format!(r#"{{"login":"{token}","userTokens":[{rows}]}}"#))
            }
        };
        reply
            .with("SonarQube-Authentication-Token-Expiration", token.as_str())
            .with("X-Echo", token.as_str())
    })
}

/// A server that refuses with the token in everything that an answer has.
fn scold(status: u16, kind: &'static str) -> impl Fn(&Request, &str) -> Reply {
    move |_, token| {
        let body = format!(r#"{{"errors":[{{"msg":"no token {token}"}}],"message":"{token}"}}"#);
        Reply { body: body.into_bytes(), ..Reply::empty(status) }
            .with("Content-Type", kind)
            .with("Location", format!("/{token}"))
            .with("Retry-After", token)
            .with("WWW-Authenticate", format!("Basic realm=\"{token}\""))
    }
}

fn scolding(token: &str, status: u16, kind: &'static str) -> Canned {
    let (token, reply) = (token.to_owned(), scold(status, kind));
    Canned::start(move |request| reply(request, &token))
}

/// All of them, each with a token of its own.
fn set_up(stage: &mut Stage) -> (Vec<Canned>, Vec<(String, String)>) {
    let mut tokens = Vec::new();
    let mut servers = Vec::new();
    let mut add = |stage: &mut Stage, server: fn(&str) -> Canned| {
        let token = TokenKind::User.mint();
        let server = server(&token);
        stage.name("sonarqube-server", server.url());
        stage.plant_sonar(&token, server.url());
        tokens.push((token, server.url().to_owned()));
        servers.push(server);
    };
    add(stage, parrot);
    add(stage, |token| scolding(token, 401, "application/json"));
    add(stage, |token| scolding(token, 403, "application/json"));
    add(stage, |token| scolding(token, 302, "text/html"));
    add(stage, |token| scolding(token, 429, "application/json"));
    add(stage, |token| scolding(token, 503, "text/html"));
    add(stage, |token| scolding(token, 200, "text/html"));
    (servers, tokens)
}

#[test]
fn a_service_that_repeats_the_token_does_not_get_it_printed() {
    for format in FORMATS {
        for more in [&[][..], &["--explain"], &["--dry-run"], &["--color", "always"]] {
            let mut stage = Stage::new();
            let (_servers, tokens) = set_up(&mut stage);
            let mut args = vec!["scan", "--no-history", "--verify", "--pace", "1000"];
            args.extend(["--format", format]);
            args.extend(OUTPUTS.iter().flat_map(|output| ["--output", *output]));
            args.extend(more);
            let run = stage.plain(&args, b"");
            assert_eq!(run.code, Some(1), "{run:#?}");
            for output in OUTPUTS {
                stage.assert_file_is_clean(output.split_once('=').expect("FORMAT=PATH").1);
            }
            assert_eq!(tokens.len(), 7);
        }
    }
}

/// The parrot is understood: a test that looks at nothing proves nothing.
#[test]
fn what_the_service_repeats_is_shown_masked() {
    let mut stage = Stage::new();
    let (_servers, tokens) = set_up(&mut stage);
    let said = stage.ask(&[]);
    let (token, _) = &tokens[0];
    assert_eq!(said.state(token), "live", "{said:?}");
    let shown = format!("squ_…{}", &token[token.len() - 4..]);
    assert_eq!(said.known(token, "owner"), [format!("{shown} (certain)")]);
    assert!(said.known(token, "group").iter().all(|group| group.contains(&shown)), "{said:?}");
    assert_eq!(said.known(token, "permission").len(), 2);
    for (token, url) in &tokens[1..] {
        assert_eq!(said.state(token), "unknown", "{}", said.why(token));
        assert!(said.why(token).starts_with(url.as_str()), "{}", said.why(token));
    }
}

/// A debugging page, or a proxy, that repeats the header as it came: base64 is no disguise.
#[test]
fn the_header_itself_is_not_printed_either() {
    for format in FORMATS {
        let mut stage = Stage::new();
        let token = TokenKind::User.mint();
        let mut refused = false;
        let server = Canned::start(move |request| {
            let header = request.header("authorization").unwrap_or_default();
            match request.path.as_str() {
                "/api/system/status" => Reply::json(200, r#"{"version":"26.7","status":"UP"}"#),
                "/api/users/current" if !std::mem::replace(&mut refused, true) => Reply::empty(401),
                "/api/users/current" => Reply::json(
                    200,
                    format!(
                        r#"{{"isLoggedIn":true,"login":"grace","name":"{header}","email":"{}"}}"#,
                        header.trim_start_matches("Basic ")
                    ),
                ),
                _ => Reply::json(
                    200,
                    format!(r#"{{"userTokens":[{{"name":"{header}"}},{{"name":"b"}}]}}"#),
                ),
            }
        });
        stage.name("sonarqube-server", server.url());
        stage.plant_sonar(&token, server.url());
        let args = ["scan", "--no-history", "--verify", "--pace", "1000", "--format", format];
        let run = stage.plain(&args, b"");
        let sent = server
            .heard()
            .iter()
            .filter_map(|it| it.header("authorization").map(str::to_owned))
            .next_back()
            .expect("a header");
        let sent = sent.trim_start_matches("Basic ").to_owned();
        for text in [&run.stdout, &run.stderr] {
            let part =
                (0..sent.len() - 16).map(|at| &sent[at..at + 16]).find(|it| text.contains(it));
            assert_eq!(part, None, "{text}");
        }
    }
}

/// One token on standard input, its reports, and what goes wrong with them.
#[test]
fn a_token_on_standard_input_is_not_printed_either() {
    for format in FORMATS {
        let mut stage = Stage::new();
        let token = TokenKind::User.mint();
        let server = parrot(&token);
        // Planted, so that all output is searched for it.
        stage.plant(&token, "{token}\n");
        stage.name("sonarqube-server", server.url());
        let args = ["verify", "--format", format, "--pace", "1000"];
        let run = stage.plain(&args, format!("{token}\n").as_bytes());
        assert_eq!(run.code, Some(1), "{run:#?}");
        let wrong = [
            format!("{token}{token}"),
            format!("x{token}"),
            format!("{token}\n{token}"),
            token.to_uppercase(),
        ];
        for input in wrong {
            let run = stage.plain(&args, input.as_bytes());
            assert_eq!(run.code, Some(2), "{run:#?}");
        }
        let run =
            stage.plain(&[&args[..], &["--rule", "jenkins-api-token"]].concat(), token.as_bytes());
        assert_eq!(run.code, Some(2), "{run:#?}");
    }
}

/// A report that is asked about again, and errors of the command line beside tokens.
#[test]
fn a_report_is_asked_about_without_a_token_in_it() {
    let mut stage = Stage::new();
    let double = Double::start();
    let mut server = CircleCi::default();
    let token = server.add_personal("grace", &["acme"]);
    double.circleci("c", server);
    stage.name("circleci", &format!("{}/c", double.url()));
    stage.plant(&token, "CIRCLE_TOKEN={token}\n");
    let scan =
        ["scan", "--no-history", "--format", "jsonl", "--output", "jsonl=found.jsonl", "planted"];
    let offline = stage.fixture.squelch(&scan);
    assert_eq!(offline.code, Some(1), "{offline:#?}");
    stage.assert_file_is_clean("found.jsonl");
    let said = stage.run(&["verify", "found.jsonl", "--format", "jsonl", "--pace", "1000"]);
    assert_eq!(said.state(&token), "live", "{said:?}");
    let gate = mint::hex(40);
    let flag = format!("circleci=Authorization: Bearer {gate}");
    let run = stage.plain(&["scan", "--verify", "--header", &flag], b"");
    assert_eq!(run.code, Some(2));
    assert!(!run.stderr.contains(&gate[..12]), "{}", run.stderr);
}

/// While it waits for a slow server, the process list has no token.
#[test]
fn the_process_list_holds_no_token() {
    let double = Double::start();
    let mut stage = Stage::new();
    let honest = SonarServer::new("26.7", true);
    let mut circle = CircleCi::default();
    let other = circle.add_personal("grace", &[]);
    double.circleci("c", circle);
    double.fault("s", Fault::everywhere(FaultKind::NoReply, honest));
    let token = TokenKind::User.mint();
    let url = format!("{}/s", double.url());
    stage.plant_sonar(&token, &url);
    stage.plant(&other, "CIRCLE_TOKEN={token}\n");
    let endpoints = [format!("sonarqube-server={url}"), format!("circleci={}/c", double.url())];
    let mut command = Command::new(env!("CARGO_BIN_EXE_squelch"));
    command.current_dir(stage.fixture.root()).args(["scan", "--no-history", "--verify"]);
    command.args(endpoints.iter().flat_map(|it| ["--endpoint", it])).args(["--timeout", "3"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("squelch starts");
    let begun = Instant::now();
    while double.heard().len() < 2 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(child.try_wait().expect("a child").is_none(), "it is still asking");
    for file in ["cmdline", "environ"] {
        let path = format!("/proc/{}/{file}", child.id());
        let text = fs::read(&path).expect("its own process can be read");
        assert!(!text.is_empty());
        stage.assert_clean(&path, &String::from_utf8_lossy(&text));
    }
    child.wait().expect("it ends");
}
