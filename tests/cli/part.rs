//! `--staged`, `--range` and `--since`.

use crate::support::Fixture;

#[test]
fn the_hook_reads_the_index_not_the_work_tree() {
    let repo = Fixture::repository();
    let [staged, unstaged, known] = std::array::from_fn(|_| repo.token());
    repo.commit("deep/er/known", &format!("{known}\n"), "start");
    repo.write("deep/er/known", format!("{known}\nmore\n"));
    repo.write("deep/new", format!("a\n{staged}\n"));
    repo.git(&["add", "-A"]);
    repo.write("deep/new", format!("{unstaged}\n"));
    let run = repo.scan(&["--staged"]);
    let place = run.place(&staged);
    assert_eq!(run.lines("finding").len(), 1, "{run:#?}");
    assert_eq!((&place["origin"], &place["line"]), (&"index".into(), &2.into()));
    assert_eq!(place["uri"], "deep/new");
    assert_eq!(run.code, Some(1));
    repo.git(&["commit", "-q", "-m", "oh no"]);
    assert_eq!(repo.scan(&["--staged"]).code, Some(0));
}

#[test]
fn the_hook_works_before_the_first_commit_and_with_an_index_of_its_own() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.write("a", &token);
    repo.write("promised", "x");
    repo.git(&["add", "a"]);
    repo.git(&["add", "--intent-to-add", "promised"]);
    assert_eq!(repo.scan(&["--staged"]).lines("finding").len(), 1);
    let index = repo.path("other-index");
    std::fs::copy(repo.path(".git/index"), &index).expect("a copy");
    repo.git(&["rm", "-q", "--cached", "a"]);
    let env = [("GIT_INDEX_FILE", index.to_str().expect("UTF-8"))];
    let run = repo.squelch_with(&["scan", "--staged"], b"", &env);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(repo.scan(&["--staged"]).code, Some(0));
}

#[test]
fn a_range_reads_what_its_commits_bring_in() {
    let repo = Fixture::repository();
    let [before, within, message, undone] = std::array::from_fn(|_| repo.token());
    repo.commit("a", &before, "start");
    repo.git(&["branch", "base"]);
    let leak = repo.commit("dir/b", &within, "leak");
    repo.commit("c", &undone, "oops");
    repo.commit("c", "clean", &format!("tell {message}"));
    let run = repo.scan(&["--range", "base..main"]);
    assert_eq!(run.lines("finding").len(), 3, "{run:#?}");
    let place = run.place(&within);
    assert_eq!((&place["commit"], &place["path"]), (&leak.into(), &"dir/b".into()));
    assert_eq!((&place["in_head"], &place["reachable"]), (&true.into(), &"head".into()));
    assert_eq!(run.place(&undone)["in_head"], false);
    assert_eq!(repo.scan(&["--range", "main..base"]).code, Some(0));
    let wrong = repo.scan(&["--range", "nowhere..main"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("'nowhere' names no commit here"), "{}", wrong.stderr);
}

#[test]
fn since_goes_by_committer_date_on_every_ref() {
    let repo = Fixture::repository();
    let [old, new] = std::array::from_fn(|_| repo.token());
    repo.commit("a", &old, "old");
    repo.write("b", &new);
    repo.git(&["add", "-A"]);
    let mut commit = repo.git_command(".", &["commit", "-q", "-m", "new"]);
    let status = commit.env("GIT_COMMITTER_DATE", "2026-02-01T00:00:00+0000").status();
    assert!(status.expect("git").success());
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.git(&["branch", "-q", "-f", "main", "HEAD~1"]);
    let run = repo.scan(&["--since", "2026-01-01"]);
    assert_eq!(run.lines("finding").len(), 1, "{run:#?}");
    assert_eq!(run.place(&new)["path"], "b");
    assert_eq!(repo.scan(&["--since", "2020-01-01"]).lines("finding").len(), 2);
    assert_eq!(repo.scan(&["--since", "someday"]).code, Some(2));
}

#[test]
fn a_folder_without_a_repository_cannot_be_staged() {
    let folder = Fixture::new();
    let run = folder.scan(&["--staged"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("is in no git repository"), "{}", run.stderr);
}
