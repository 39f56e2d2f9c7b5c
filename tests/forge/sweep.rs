//! Organisations among the targets of a sweep, and lists of them that sweeps read.

use std::fs;

use serde_json::json;

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::CREDENTIAL;
use crate::support::{Fixture, Run};
use crate::{assert_silent, host, page, repos};

const VARIABLE: &str = "GITEA_TOKEN";

/// A Gitea with two repositories, of which git finds one on this machine, and with a list that is
/// whole or not.
struct Stage {
    f: Fixture,
    tea: Canned,
    token: String,
}

impl Stage {
    fn new(whole: bool) -> Self {
        let f = Fixture::new();
        let token = f.token();
        f.write("acme/shop.git/a.env", format!("SONAR_TOKEN={token}\n"));
        f.git_in("acme/shop.git", &["init", "-q", "-b", "main"]);
        f.git_in("acme/shop.git", &["add", "-A"]);
        f.git_in("acme/shop.git", &["commit", "-q", "-m", "x"]);
        let tea = Canned::start(move |request| {
            let host = host(request);
            let row = |name: &str, size: u32| {
                let url = format!("https://{host}/acme/{name}.git");
                json!({"full_name": format!("acme/{name}"), "clone_url": url, "size": size})
            };
            let next = format!("http://{host}{}?page=2", request.path);
            match request.param("page") {
                Some("1") if whole => page(&[row("shop", 900), row("gone", 20)], None),
                Some("1") => page(&[row("shop", 900), row("gone", 20)], Some(&next)),
                _ => Reply::html(502, "<html>Bad gateway</html>"),
            }
        });
        // What is cloned by https lies on this machine, where git is told so by its user.
        let url = tea.url().replace("http://", "https://");
        let here = format!("url.file://{}/.insteadOf", f.root().display());
        f.git(&["config", "--global", &here, &format!("{url}/")]);
        Self { f, tea, token }
    }

    fn org(&self) -> String {
        format!("org:gitea+{}/acme", self.tea.url())
    }

    fn sweep(&self, args: &[&str]) -> Run {
        let all = [&["sweep", "--format", "jsonl"], args].concat();
        let run = self.f.squelch_with(&all, b"", &[(VARIABLE, CREDENTIAL)]);
        assert_silent(&run);
        run
    }

    fn place(&self, run: &Run) -> String {
        run.place(&self.token)["path"].as_str().expect("a path").to_owned()
    }
}

#[test]
fn a_sweep_clones_what_an_organisation_has() {
    let stage = Stage::new(true);
    let run = stage.sweep(&[&stage.org(), "--out", "out"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let place = stage.place(&run);
    assert!(place.ends_with("/acme/shop.git/a.env"), "{place}");
    assert_eq!(run.problems(), ["unreadable"], "what cannot be cloned: {run:#?}");
    assert!(run.stderr.contains("[2/2] "), "{}", run.stderr);
    let heard = stage.tea.heard();
    let token = format!("token {CREDENTIAL}");
    assert!(heard.iter().filter(|it| it.header("authorization") == Some(&token)).count() == 1);
    // In a list, beside what is there already: the same target is one.
    let url = stage.tea.url().replace("http://", "https://");
    stage.f.write("list.txt", format!("{}\n{url}/acme/shop.git\nnothing\n", stage.org()));
    stage.f.write("nothing/README", "nothing\n");
    let run = stage.sweep(&["list.txt", "--out", "second"]);
    assert!(run.stderr.contains("[3/3] "), "{}", run.stderr);
    assert_eq!(run.finding(&stage.token)["locations"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_list_that_broke_off_is_a_problem_of_the_sweep_and_of_its_folder() {
    let stage = Stage::new(false);
    let run = stage.sweep(&[&stage.org(), "--out", "out"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(stage.place(&run).ends_with("shop.git/a.env"), "what was listed is read");
    assert_eq!(run.problems(), ["unreadable", "unanswered"], "{run:#?}");
    let merged = stage.f.squelch(&["report", "merge", "--format", "jsonl", "out"]);
    assert_eq!(merged.problems(), ["unreadable", "unanswered"], "{merged:#?}");
    fs::write(stage.f.path("acme/shop.git/a.env"), "nothing\n").expect("written");
    stage.f.git_in("acme/shop.git", &["commit", "-q", "--amend", "-a", "-m", "y"]);
    let clean = stage.sweep(&[&stage.org(), "--out", "clean"]);
    assert_eq!(clean.code, Some(3), "{clean:#?}");
    let nobody = format!("org:gitea+{}/acme", Canned::start(|_| page(&[], None)).url());
    assert_eq!(stage.sweep(&[&nobody, "--out", "none"]).code, Some(3), "nothing was listed");
}

#[test]
fn a_printed_list_is_swept_in_parts() {
    let stage = Stage::new(true);
    for format in ["csv", "json"] {
        let run = repos(&stage.f, &[&stage.org(), "--format", format], VARIABLE);
        assert_eq!(run.code, Some(0), "{run:#?}");
        stage.f.write(&format!("list.{format}"), &run.stdout);
    }
    let asked = stage.tea.heard().len();
    for (part, list) in [("1/2", "list.csv"), ("2/2", "list.json")] {
        let run = stage.sweep(&[list, "--out", "out", "--shard", part]);
        assert!(run.stderr.contains("[1/1] "), "each part has one, by its size: {run:#?}");
        // The largest one comes first.
        assert_eq!(run.code, Some(if part == "1/2" { 1 } else { 3 }), "{run:#?}");
    }
    let api = stage.tea.heard().iter().filter(|it| it.path.starts_with("/api/")).count();
    assert_eq!(api, asked, "a printed list asks nobody");
}
