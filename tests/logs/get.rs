//! Logs as files: readable by their owner, inside of the folder whatever they are called.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::github::{VARIABLE, hub, storage};
use crate::stage::{github_log, run};
use crate::support::Fixture;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[test]
fn files_are_their_owners_and_stay_in_the_folder() {
    let fixture = Fixture::new();
    let log = github_log(&fixture.token());
    let storage = storage(log.clone());
    let hub = hub(&storage);
    let target = format!("{}/acme/shop", hub.url());
    let got = run(&fixture, &["get", &target, "--provider", "github", "--to", "out"], VARIABLE);
    assert_eq!(got.code, Some(3), "one has expired: {got:#?}");
    assert!(
        got.stderr.contains("Wrote 2 logs into out") && got.stderr.contains("[expired]"),
        "{got:#?}"
    );
    let host = hub.url().trim_start_matches("http://").replace(':', "_");
    let run_folder = fixture.path("out").join(host).join("acme/shop/run-7");
    let build = run_folder.join("91-build.log");
    assert_eq!(files(fixture.root()), [build.clone(), run_folder.join("92-lint___.._.._x.log")]);
    assert_eq!(fs::read_to_string(&build).expect("the log"), log);
    let mode = fs::metadata(&build).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let victim = fixture.path("victim");
    fs::write(&victim, "untouched").expect("written");
    fs::remove_file(&build).expect("removed");
    symlink(&victim, &build).expect("linked");
    let got = run(&fixture, &["get", &target, "--provider", "github", "--to", "out"], VARIABLE);
    assert_eq!(got.code, Some(3), "{got:#?}");
    assert_eq!(fs::read_to_string(&victim).expect("there"), "untouched");
    assert_eq!(fs::read_to_string(&build).expect("the log"), log);
}

#[test]
fn names_that_become_the_same_are_two_files_and_a_cut_log_is_kept() {
    let server = Canned::start(|request| match request.path.as_str() {
        "/job/a/api/json" => Reply::json(200, r#"{"jobs":[{"name":"x y"},{"name":"x_y"}]}"#),
        "/job/a/job/x y/1/consoleText" => Reply::text(200, "one\n"),
        "/job/a/job/x_y/1/consoleText" => Reply::text(200, "two\n").with("Content-Length", "90"),
        _ => Reply::json(200, r#"{"allBuilds":[{"number":1,"timestamp":1750000000000}]}"#),
    });
    let fixture = Fixture::new();
    let target = format!("{}/job/a", server.url());
    let got = run(&fixture, &["get", &target, "--to", "out"], "JENKINS_TOKEN");
    assert!(got.code == Some(3) && got.stderr.contains("it was cut"), "{got:#?}");
    let files = files(fixture.root());
    let read = |at: usize| fs::read_to_string(&files[at]).expect("a file");
    assert!(files[0].ends_with("a/x_y/1.2.log") && files[1].ends_with("a/x_y/1.log"), "{files:?}");
    assert_eq!((files.len(), read(0), read(1)), (2, "two\n".to_owned(), "one\n".to_owned()));
}
