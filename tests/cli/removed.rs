//! When a token was taken out of what HEAD shows, and by which commit.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::{Fixture, Run};

/// The places of a token that are in history.
fn history(run: &Run, token: &str) -> Vec<Value> {
    let finding = run.finding(token);
    let places = finding["locations"].as_array().expect("places").iter();
    places.filter(|place| place["origin"] == "history").cloned().collect()
}

/// The commits that removed it, one a path.
fn removers(run: &Run, token: &str) -> Vec<Option<String>> {
    let commit = |place: &Value| place["removed"]["commit"].as_str().map(str::to_owned);
    history(run, token).iter().map(commit).collect()
}

/// A token of which nothing says that it was removed, or that it never was there.
fn assert_silent(run: &Run, token: &str) {
    for place in history(run, token) {
        assert!(place["removed"].is_null() && place["never_in_head"].is_null(), "{place:#}");
    }
}

#[test]
fn a_deleted_file_and_a_token_that_was_edited_out() {
    let repo = Fixture::repository();
    let [deleted, edited] = std::array::from_fn(|_| repo.token());
    repo.commit("a.env", &deleted, "one");
    repo.commit("b.env", &format!("A=1\nT={edited}\n"), "two");
    repo.git(&["rm", "-q", "a.env"]);
    repo.git(&["commit", "-q", "-m", "delete"]);
    let delete = repo.git(&["rev-parse", "HEAD"]);
    let edit = repo.commit("b.env", "A=1\n", "edit");
    repo.commit("c", "c", "later");
    for packed in [false, true] {
        if packed {
            repo.git(&["gc", "-q", "--prune=now"]);
        }
        let run = repo.scan(&[]);
        assert_eq!(removers(&run, &deleted), [Some(delete.clone())]);
        assert_eq!(removers(&run, &edited), [Some(edit.clone())]);
        let place = run.place(&deleted);
        let date = place["removed"]["date"].as_str().unwrap_or_default();
        assert_eq!(date, repo.git(&["log", "-1", "--format=%cI", &delete]), "{place:#}");
        assert_eq!((&place["removed"]["behind"], &place["in_head"]), (&2.into(), &false.into()));
        let screen = repo.squelch(&["scan"]).stdout;
        let said = format!("removed from HEAD 2024-03-05 in {}", &delete[..10]);
        assert!(screen.contains(&said), "{screen}");
        let sarif: Value =
            serde_json::from_str(&repo.squelch(&["scan", "--format", "sarif"]).stdout)
                .expect("JSON");
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        let by = |at: usize| results[at]["properties"]["removed"]["commit"].as_str();
        let mut by = [by(0), by(1)];
        by.sort_unstable();
        let mut want = [Some(delete.as_str()), Some(edit.as_str())];
        want.sort_unstable();
        assert_eq!(by, want, "{sarif:#}");
    }
}

#[test]
fn a_file_that_was_edited_elsewhere_or_moved_still_has_its_token() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a.env", &format!("T={token}\n"), "leak");
    repo.commit("a.env", &format!("# note\nT={token}\n"), "a note");
    assert_silent(&repo.scan(&[]), &token);
    repo.git(&["mv", "a.env", "b.env"]);
    repo.git(&["commit", "-q", "-m", "move"]);
    let run = repo.scan(&[]);
    assert_silent(&run, &token);
    assert!(history(&run, &token).iter().any(|place| place["in_head"] == true));
    repo.git(&["mv", "b.env", "c.env"]);
    repo.commit("c.env", &format!("# moved\nT={token}\n"), "move and edit");
    let run = repo.scan(&[]);
    assert_eq!(history(&run, &token).len(), 2, "two paths: {run:#?}");
    assert_silent(&run, &token);
    let page = repo.squelch(&["scan", "--format", "html"]).stdout;
    assert!(page.contains(r#"<td class="end">still there</td>"#), "{page}");
    repo.git(&["rm", "-q", "c.env"]);
    repo.git(&["commit", "-q", "-m", "delete"]);
    let run = repo.scan(&[]);
    let [moved, delete] = ["HEAD~1", "HEAD"].map(|name| Some(repo.git(&["rev-parse", name])));
    assert_eq!(removers(&run, &token), [moved, delete.clone()], "each path, and the last of them");
    let sarif = repo.squelch(&["scan", "--format", "sarif"]).stdout;
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    let removed = &sarif["runs"][0]["results"][0]["properties"]["removed"]["commit"];
    assert_eq!(removed.as_str(), delete.as_deref());
}

#[test]
fn what_came_back_was_not_removed_and_the_last_removal_counts() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a.env", &token, "leak");
    repo.commit("a.env", "none", "first removal");
    repo.commit("a.env", &token, "revert");
    assert_silent(&repo.scan(&[]), &token);
    let second = repo.commit("a.env", "none", "second removal");
    assert_eq!(removers(&repo.scan(&[]), &token), [Some(second)]);
    // Another version of the file, and a clock that runs behind: the line of commits tells.
    repo.commit("a.env", &format!("again: {token}"), "once more");
    repo.write("a.env", "clean");
    let mut early = repo.git_command(".", &["commit", "-q", "-a", "-m", "third removal"]);
    let status = early.env("GIT_COMMITTER_DATE", "2001-01-01T00:00:00+0000").status();
    assert!(status.expect("git").success());
    let third = repo.git(&["rev-parse", "HEAD"]);
    repo.commit("b", "b", "later");
    let run = repo.scan(&[]);
    assert_eq!(removers(&run, &token), [Some(third)]);
    assert_eq!(run.place(&token)["versions"], 2);
}

#[test]
fn side_branches_count_where_they_are_merged() {
    let repo = Fixture::repository();
    let [brought, kept, brief] = std::array::from_fn(|_| repo.token());
    let merge = |message: &str| {
        repo.git(&["checkout", "-q", "main"]);
        repo.git(&["merge", "-q", "--no-ff", "-m", message, "side"]);
        repo.git(&["branch", "-q", "-D", "side"]);
        repo.git(&["rev-parse", "HEAD"])
    };
    repo.commit("kept", &kept, "start");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("brought", &brought, "on the side");
    repo.commit("brief", &brief, "oops");
    repo.commit("brief", "clean", "not before it is merged");
    repo.git(&["rm", "-q", "kept"]);
    repo.git(&["commit", "-q", "-m", "kept no longer"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("main", "goes on", "main goes on");
    let run = repo.scan(&[]);
    assert_eq!(run.place(&brought)["never_in_head"], true, "on another branch only");
    assert!(repo.squelch(&["scan"]).stdout.contains("never in HEAD, branch side"));
    let merged = merge("merge");
    let run = repo.scan(&[]);
    assert_eq!(removers(&run, &kept), [Some(merged)], "when main lost it");
    assert_silent(&run, &brought);
    assert_eq!(run.place(&brief)["never_in_head"], true, "main never had it: {run:#?}");
    repo.git(&["rm", "-q", "brought"]);
    repo.git(&["commit", "-q", "-m", "brought no longer"]);
    let gone = repo.git(&["rev-parse", "HEAD"]);
    assert_eq!(removers(&repo.scan(&[]), &brought), [Some(gone)]);
}

#[test]
fn a_shallow_clone_says_what_it_can_see() {
    let repo = Fixture::new();
    let [early, late, other] = std::array::from_fn(|_| repo.token());
    fs::create_dir_all(repo.path("full")).expect("a folder");
    repo.git_in("full", &["init", "-q", "-b", "main"]);
    let commit = |content: &str| {
        repo.write("full/a", content);
        repo.git_in("full", &["add", "-A"]);
        repo.git_in("full", &["commit", "-q", "-m", "next"]);
    };
    commit(&format!("{early} {other}"));
    repo.git_in("full", &["branch", "other"]);
    commit("nothing");
    commit(&late);
    commit("clean");
    let full = repo.scan(&["full"]);
    assert!(removers(&full, &early)[0].is_some() && removers(&full, &late)[0].is_some());
    let url = format!("file://{}", repo.path("full").display());
    repo.git(&["clone", "-q", "--depth=2", "--no-single-branch", &url, "cut"]);
    let cut = repo.scan(&["cut"]);
    assert_eq!(removers(&cut, &late), removers(&full, &late), "both sides are there");
    for token in [&early, &other] {
        assert_eq!(cut.place(token)["reachable"], "ref");
        assert_silent(&cut, token);
    }
    let part = Fixture::repository();
    let token = part.token();
    part.commit("a", "a", "start");
    part.commit("a", &token, "leak");
    part.commit("a", "a", "clean");
    assert_silent(&part.scan(&["--range", "HEAD~2..HEAD"]), &token);
    assert_silent(&part.scan(&["--since", "2020-01-01"]), &token);
}

/// A token that HEAD lost two commits ago, in a repository with large trees.
fn large() -> (Fixture, String) {
    let repo = Fixture::repository();
    let token = repo.token();
    (0..60).for_each(|at| repo.write(&format!("dir/file{at}"), repo.hex(80)));
    repo.commit("a.env", &token, "leak");
    repo.commit("a.env", "clean", "clean");
    repo.commit("dir/file30", "next", "later");
    (repo, token)
}

fn loose(repo: &Fixture, name: &str) -> PathBuf {
    let id = repo.git(&["rev-parse", name]);
    repo.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

/// A file that is not there may have the token still. The packed trees share it by deltas.
#[test]
fn where_a_file_of_each_commit_is_missing_nothing_is_said() {
    let (repo, token) = large();
    assert!(removers(&repo.scan(&[]), &token)[0].is_some(), "whole");
    let (blob, path) =
        (repo.git(&["rev-parse", "HEAD:dir/file50"]), loose(&repo, "HEAD:dir/file50"));
    let objects = repo.git(&["rev-list", "--objects", "--all"]);
    let ids = objects.lines().filter_map(|line| line.split(' ').next()).filter(|id| *id != blob);
    repo.write("ids", ids.collect::<Vec<_>>().join("\n"));
    let script = "git pack-objects -q .git/objects/pack/pack < ids && rm ids && git prune-packed";
    let status = Command::new("sh").current_dir(repo.root()).args(["-c", script]).status();
    assert!(status.expect("sh").success());
    fs::remove_file(path).expect("the blob");
    let run = repo.scan(&[]);
    assert_eq!(run.problems(), ["missing"], "{run:#?}");
    assert_silent(&run, &token);
}

#[test]
fn where_an_object_is_missing_or_damaged_nothing_is_said() {
    for name in ["HEAD~1", "HEAD~1^{tree}", "HEAD:dir/file50"] {
        let (repo, token) = large();
        let path = loose(&repo, name);
        let whole = fs::read(&path).expect("an object");
        fs::write(&path, &whole[..whole.len() / 2]).expect("damaged");
        assert_silent(&repo.scan(&[]), &token);
    }
    for name in ["HEAD~1", "HEAD~1^{tree}", "HEAD:dir/file50"] {
        let (repo, token) = large();
        fs::remove_file(loose(&repo, name)).expect("an object");
        assert_silent(&repo.scan(&[]), &token);
    }
}

/// HEAD never had it, so that it cannot have the token there.
#[test]
fn what_is_missing_elsewhere_does_not_matter() {
    let (repo, token) = large();
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("side", "only here", "side");
    fs::remove_file(loose(&repo, "HEAD:side")).expect("an object");
    repo.git(&["checkout", "-q", "main"]);
    let run = repo.scan(&[]);
    assert_eq!(run.problems(), ["missing"], "{run:#?}");
    assert!(removers(&run, &token)[0].is_some(), "{run:#?}");
}

#[test]
fn files_that_are_not_committed_have_it_still() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a.env", &token, "leak");
    repo.git(&["rm", "-q", "--cached", "a.env"]);
    repo.git(&["commit", "-q", "-m", "untrack"]);
    let commit = repo.git(&["rev-parse", "HEAD"]);
    let run = repo.scan(&[]);
    assert_eq!(removers(&run, &token), [Some(commit)], "HEAD has lost it");
    let page = repo.squelch(&["scan", "--format", "html"]).stdout;
    assert!(page.contains(r#"<td class="end">still there</td>"#), "{page}");
    assert!(!page.contains("<dt>Removed</dt>"), "{page}");
    fs::remove_file(repo.path("a.env")).expect("the file");
    let page = repo.squelch(&["scan", "--format", "html"]).stdout;
    assert!(page.contains(r#"<td class="end">2024-03-05</td>"#), "{page}");
    assert!(page.contains("<dt>Removed</dt>"), "{page}");
}
