//! Every place of a repository where a token can be.

use std::fs;

use crate::support::Fixture;

#[test]
fn deleted_from_the_tree_but_not_from_history() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a.txt", "nothing\n", "start");
    let leak =
        repo.commit("conf/sonar.properties", &format!("# one\nsonar.token={token}\n"), "leak");
    repo.commit("conf/sonar.properties", "# none\n", "remove");
    for packed in [false, true] {
        if packed {
            repo.git(&["gc", "-q", "--prune=now"]);
        }
        let run = repo.scan(&[]);
        let place = run.place(&token);
        assert_eq!(run.code, Some(1));
        assert_eq!(place["origin"], "history");
        assert_eq!(place["path"], "conf/sonar.properties");
        assert_eq!((place["line"].as_u64(), place["column"].as_u64()), (Some(2), Some(13)));
        assert_eq!(place["commit"], leak);
        let date = place["author_date"].as_str().unwrap_or_default();
        assert!(date.starts_with("2024-03-05T06:00:") && date.ends_with("+02:00"), "{date}");
        assert_eq!(place["in_head"], false);
        assert_eq!(place["reachable"], "head");
    }
}

#[test]
fn still_in_head_and_in_the_work_tree() {
    let repo = Fixture::repository();
    let token = repo.token();
    let leak = repo.commit("a.env", &format!("T={token}\n"), "leak");
    repo.commit("a.env", &format!("# moved\nT={token}\n"), "move");
    let finding = repo.scan(&[]).finding(&token);
    let places = finding["locations"].as_array().expect("places");
    assert_eq!(places.len(), 2, "{finding:#}");
    assert_eq!((&places[0]["origin"], &places[0]["line"]), (&"worktree".into(), &2.into()));
    assert_eq!((&places[1]["origin"], &places[1]["line"]), (&"history".into(), &1.into()));
    assert_eq!(places[1]["commit"], leak);
    assert_eq!((&places[1]["versions"], &places[1]["in_head"]), (&2.into(), &true.into()));
}

#[test]
fn evil_merge() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a", "a\n", "start");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("b", "b\n", "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("c", "c\n", "main");
    repo.git(&["merge", "-q", "--no-commit", "side"]);
    repo.write("evil", &token);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "merge"]);
    let merge = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["rm", "-q", "evil"]);
    repo.git(&["commit", "-q", "-m", "clean"]);
    let place = repo.scan(&[]).place(&token);
    assert_eq!((&place["commit"], &place["path"]), (&merge.into(), &"evil".into()));
}

#[test]
fn amended_staged_stashed_tagged_noted() {
    let repo = Fixture::repository();
    let [amended, unstaged, stashed, tagged, noted, branch] = std::array::from_fn(|_| repo.token());
    repo.commit("base", "x\n", "start");
    repo.commit("f", &amended, "wip");
    repo.write("f", "clean\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "-m", "amended"]);
    repo.write("f", &unstaged);
    repo.git(&["add", "f"]);
    repo.git(&["reset", "-q", "--hard"]);
    repo.write("f", &stashed);
    repo.git(&["stash", "-q"]);
    repo.git(&["checkout", "-q", "--detach"]);
    repo.commit("t", &tagged, "for the tag");
    repo.git(&["tag", "v1"]);
    repo.git(&["checkout", "-q", "-b", "other", "main"]);
    repo.commit("o", &branch, "on a branch");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["notes", "add", "-m", &noted, "HEAD"]);
    let check = |expired: bool| {
        let run = repo.scan(&[]);
        let reach = |token: &str| run.place(token)["reachable"].as_str().map(str::to_owned);
        let from = |token: &str| run.place(token)["reachable_from"].as_str().map(str::to_owned);
        let lost = if expired { "dangling" } else { "reflog" };
        assert_eq!(reach(&amended).as_deref(), Some(lost));
        assert_eq!(reach(&unstaged).as_deref(), Some("dangling"));
        assert_eq!(reach(&stashed).as_deref(), Some("stash"));
        assert_eq!(from(&tagged).as_deref(), Some("refs/tags/v1"));
        assert_eq!(from(&branch).as_deref(), Some("refs/heads/other"));
        assert_eq!(from(&noted).as_deref(), Some("refs/notes/commits"));
        assert_eq!(run.problems(), Vec::<String>::new());
    };
    check(false);
    fs::remove_file(repo.path(".git/logs/HEAD")).expect("a reflog");
    fs::remove_file(repo.path(".git/logs/refs/heads/main")).expect("a reflog");
    check(true);
    repo.git(&["repack", "-q", "-a", "-d", "-k"]);
    check(true);
}

#[test]
fn messages_of_commits_and_tags() {
    let repo = Fixture::repository();
    let [in_commit, in_tag] = std::array::from_fn(|_| repo.token());
    repo.commit("a", "a\n", "start");
    let commit = repo.commit("a", "b\n", &format!("use\n\n{in_commit}"));
    repo.git(&["tag", "-a", "v2", "-m", &format!("token {in_tag}")]);
    let run = repo.scan(&[]);
    assert_eq!(run.place(&in_commit)["commit"], commit);
    assert_eq!(run.place(&in_tag)["reachable_from"], "refs/tags/v2");
}

#[test]
fn config_refs_and_reflogs() {
    let repo = Fixture::repository();
    let [url, branch, log, packed] = std::array::from_fn(|_| repo.token());
    repo.commit("a", "a\n", "start");
    repo.git(&["config", "remote.origin.url", &format!("https://{url}@sonar.example.invalid/x")]);
    repo.git(&["branch", &packed]);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["branch", &branch]);
    repo.git(&["update-ref", "-m", &log, "HEAD", "HEAD~0", "HEAD"]);
    repo.write(
        ".git/logs/HEAD",
        format!("{0} {0} A <b> 1 +0000\t{log}\n", repo.git(&["rev-parse", "HEAD"])),
    );
    let run = repo.scan(&[]);
    assert_eq!(run.place(&url)["origin"], "config");
    for name in [&branch, &packed] {
        let finding = run.finding(name);
        let mut places = finding["locations"].as_array().into_iter().flatten();
        assert!(places.any(|place| place["origin"] == "ref"), "{finding:#}");
    }
    assert_eq!(run.place(&log)["origin"], "reflog");
}

#[test]
fn linked_work_tree_submodule_alternates_and_bare() {
    let repo = Fixture::new();
    let [old, module, shared] = std::array::from_fn(|_| repo.token());
    for name in ["lib", "donor"] {
        fs::create_dir_all(repo.path(name)).expect("a folder");
        repo.git_in(name, &["init", "-q", "-b", "main"]);
    }
    repo.write("lib/x", &module);
    repo.write("donor/x", &shared);
    for name in ["lib", "donor"] {
        repo.git_in(name, &["add", "-A"]);
        repo.git_in(name, &["commit", "-q", "-m", "x"]);
        repo.git_in(name, &["rm", "-q", "x"]);
        repo.git_in(name, &["commit", "-q", "-m", "gone"]);
    }
    repo.git(&["clone", "-q", "--shared", "donor", "app"]);
    repo.git_in("app", &["submodule", "--quiet", "add", "../lib", "lib"]);
    repo.write("app/old", &old);
    repo.git_in("app", &["add", "-A"]);
    repo.git_in("app", &["commit", "-q", "-m", "old"]);
    repo.git_in("app", &["rm", "-q", "old"]);
    repo.git_in("app", &["commit", "-q", "-m", "gone"]);
    repo.git_in("app", &["worktree", "add", "-q", "../linked", "HEAD"]);
    repo.git(&["clone", "-q", "--bare", "app", "bare.git"]);
    let run = repo.scan(&["app"]);
    for token in [&old, &shared] {
        assert_eq!(run.place(token)["reachable"], "head");
    }
    assert!(run.place(&module)["uri"].as_str().is_some_and(|uri| uri.contains("modules/lib")));
    for other in ["linked", "bare.git"] {
        assert_eq!(repo.scan(&[other]).place(&old)["reachable"], "head", "{other}");
    }
    // A folder of clones is scanned with the history of each.
    let all = repo.scan(&["."]);
    assert!(all.lines("finding").len() >= 3, "{all:#?}");
}

#[test]
fn sha256_repositories() {
    let repo = Fixture::new();
    let token = repo.token();
    repo.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    repo.commit("a", &token, "leak");
    repo.commit("a", "clean", "clean");
    for packed in [false, true] {
        if packed {
            repo.git(&["gc", "-q", "--prune=now"]);
        }
        let place = repo.scan(&[]).place(&token);
        assert_eq!((&place["path"], &place["reachable"]), (&"a".into(), &"head".into()));
    }
}

#[test]
fn replaced_and_grafted_history_is_seen_through() {
    let repo = Fixture::repository();
    let token = repo.token();
    let leak = repo.commit("a", &token, "leak");
    repo.commit("a", "clean", "clean");
    let blob = repo.git(&["rev-parse", &format!("{leak}:a")]);
    let clean = repo.git(&["rev-parse", "HEAD:a"]);
    repo.git(&["replace", &blob, &clean]);
    repo.write(".git/info/grafts", format!("{}\n", repo.git(&["rev-parse", "HEAD"])));
    assert_eq!(repo.scan(&[]).place(&token)["commit"], leak);
}

#[test]
fn duplicates_in_several_packs_count_once() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a", &token, "leak");
    repo.git(&["repack", "-q", "-a", "-d"]);
    repo.commit("b", "b", "more");
    let objects = repo.git(&["rev-list", "--objects", "--all"]);
    let ids: Vec<&str> =
        objects.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    repo.write("ids", ids.join("\n"));
    let script = "git pack-objects -q .git/objects/pack/pack < ids && rm ids";
    let status =
        std::process::Command::new("sh").current_dir(repo.root()).args(["-c", script]).status();
    assert!(status.expect("sh").success());
    let run = repo.scan(&[]);
    let summary = &run.lines("summary")[0];
    assert_eq!(run.finding(&token)["locations"][1]["versions"], 1);
    assert_eq!(summary["read"]["objects"], 6, "2 blobs, 2 trees, 2 commits: {summary}");
}

/// libgit2 as an independent witness: every object that it can list was read, byte for byte
/// as many.
#[test]
fn libgit2_counts_the_same_objects() {
    let repo = Fixture::repository();
    let lines: Vec<String> = (0..300).map(|n| format!("line {n} {}\n", repo.hex(20))).collect();
    let text = lines.concat();
    for n in 0..30 {
        let changed = text.replace(&format!("line {n} "), "changed ");
        repo.commit(&format!("d{}/file{}", n % 3, n % 5), &changed, &format!("commit {n}"));
        if n % 10 == 7 {
            repo.git(&["tag", "-a", &format!("v{n}"), "-m", "tag"]);
            repo.git(&["repack", "-q", "-d", "--depth=50", "--window=50"]);
        }
        if n == 20 {
            repo.git(&["reset", "-q", "--hard", "HEAD~5"]);
        }
    }
    for state in ["several packs and loose objects", "one pack", "all loose"] {
        match state {
            "one pack" => drop(repo.git(&["repack", "-q", "-a", "-d", "-k"])),
            "all loose" => unpack(&repo),
            _ => {}
        }
        let run = repo.scan(&[]);
        let read = &run.lines("summary")[0]["read"];
        let (objects, bytes) = witness(&repo);
        assert_eq!(read["objects"].as_u64(), Some(objects), "{state}: {read}");
        assert_eq!(read["object_bytes"].as_u64(), Some(bytes), "{state}: {read}");
        assert_eq!(run.code, Some(0));
    }
}

fn unpack(repo: &Fixture) {
    let script = "mv .git/objects/pack/*.pack . && rm -f .git/objects/pack/* && \
                  for p in *.pack; do git unpack-objects -q < $p; done && rm -f *.pack";
    let status =
        std::process::Command::new("sh").current_dir(repo.root()).args(["-c", script]).status();
    assert!(status.expect("sh").success());
}

/// How many different objects libgit2 finds, and their bytes.
fn witness(repo: &Fixture) -> (u64, u64) {
    let git = git2::Repository::open(repo.root()).expect("libgit2 opens it");
    let odb = git.odb().expect("its objects");
    let mut ids = std::collections::BTreeSet::new();
    odb.foreach(|id| {
        ids.insert(*id);
        true
    })
    .expect("all of them");
    let bytes = ids.iter().map(|id| odb.read(*id).expect("readable").len() as u64).sum();
    (ids.len() as u64, bytes)
}

/// A commit whose clock ran behind its parent's did not bring in what the parent had.
#[test]
fn a_wrong_clock_does_not_name_the_wrong_commit() {
    let repo = Fixture::repository();
    let token = repo.token();
    let leak = repo.commit("a", &token, "leak");
    repo.write("b", "b");
    repo.git(&["add", "-A"]);
    let mut early = repo.git_command(".", &["commit", "-q", "-m", "early"]);
    let status = early.env("GIT_COMMITTER_DATE", "2001-01-01T00:00:00+0000").status();
    assert!(status.expect("git").success());
    let finding = repo.scan(&[]).finding(&token);
    assert_eq!(finding["locations"][1]["commit"], leak);
}
