//! What cannot be read: the rest of the scan goes on, and the exit status never says clean.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Fixture;

/// Two commits with a token in the first, packed or loose.
fn leaky() -> (Fixture, String) {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a.txt", &format!("{token}\n"), "leak");
    repo.commit("a.txt", &"clean\n".repeat(50), "clean");
    (repo, token)
}

fn loose(repo: &Fixture, id: &str) -> PathBuf {
    repo.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

fn overwrite(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).expect("the file");
}

#[test]
fn a_damaged_loose_object_is_named_and_the_rest_is_read() {
    let (repo, token) = leaky();
    let id = repo.git(&["rev-parse", "HEAD:a.txt"]);
    overwrite(&loose(&repo, &id), b"no zlib stream");
    let run = repo.scan(&[]);
    assert!(run.stdout.contains(&id[2..]), "{run:#?}");
    assert_eq!(run.finding(&token)["locations"][0]["reachable"], "head");
    assert_eq!(run.code, Some(1));
    assert_eq!(run.lines("summary")[0]["complete"], false);
    assert_eq!(repo.scan(&["--fail-on", "never"]).code, Some(3));
}

#[test]
fn a_missing_blob_is_a_problem_where_something_leads_to_it() {
    let repo = Fixture::repository();
    repo.commit("dir/a.txt", "one\n", "start");
    repo.commit("dir/a.txt", "two\n", "next");
    let id = repo.git(&["rev-parse", "HEAD~1:dir/a.txt"]);
    fs::remove_file(loose(&repo, &id)).expect("the blob");
    let run = repo.scan(&[]);
    assert_eq!((run.code, run.problems()), (Some(3), vec!["missing".to_owned()]), "{run:#?}");
    assert!(run.stdout.contains(&format!("object {id} (dir/a.txt)")), "{run:#?}");
    // Once nothing leads to it any more, git would prune the rest, too.
    repo.git(&["checkout", "-q", "--orphan", "fresh"]);
    repo.git(&["commit", "-q", "-m", "fresh"]);
    repo.git(&["branch", "-q", "-D", "main"]);
    fs::remove_dir_all(repo.path(".git/logs")).expect("the reflogs");
    let run = repo.scan(&[]);
    assert_eq!((run.code, run.problems()), (Some(0), vec![]), "{run:#?}");
}

#[test]
fn a_truncated_pack_gives_what_is_left_of_it() {
    let (repo, _) = leaky();
    let noise: String = (0..400).map(|_| repo.hex(64) + " words\n").collect();
    repo.commit("noise", &noise, "noise");
    repo.git(&["gc", "-q", "--prune=now"]);
    let packs = fs::read_dir(repo.path(".git/objects/pack")).expect("packs").flatten();
    let pack = packs.map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "pack"));
    let pack = pack.expect("a pack");
    let bytes = fs::read(&pack).expect("the pack");
    for keep in [bytes.len() - 40, bytes.len() / 2, 40, 0] {
        overwrite(&pack, &bytes[..keep]);
        let run = repo.scan(&["--fail-on", "never"]);
        assert_eq!(run.code, Some(3), "cut to {keep}: {run:#?}");
        assert!(!run.problems().is_empty());
    }
    fs::remove_file(pack.with_extension("idx")).expect("the index");
    overwrite(&pack, &bytes);
    let run = repo.scan(&["--fail-on", "never"]);
    assert!(run.stdout.contains("this pack has no index"), "{run:#?}");
}

#[test]
fn every_flipped_byte_of_a_pack_and_its_index_is_survived() {
    let (repo, _) = leaky();
    repo.git(&["gc", "-q", "--prune=now"]);
    let files: Vec<PathBuf> = fs::read_dir(repo.path(".git/objects/pack"))
        .expect("packs")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "pack" || e == "idx"))
        .collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let bytes = fs::read(&file).expect("the file");
        let places: Vec<usize> = (0..bytes.len()).step_by(7).collect();
        for places in places.chunks(24) {
            survives_flips(&repo, &file, &bytes, places);
        }
    }
}

/// Scans copies of a repository in one go, each with one byte of a file flipped, at these places.
fn survives_flips(repo: &Fixture, file: &Path, bytes: &[u8], places: &[usize]) {
    let name = file.file_name().expect("a name").to_str().expect("UTF-8");
    let copies: Vec<String> = places.iter().map(|at| format!("flips/{at}")).collect();
    for (at, copy) in places.iter().zip(&copies) {
        let folder = repo.path(copy);
        fs::create_dir_all(&folder).expect("a folder");
        let done = Command::new("cp").arg("-r").arg(repo.path(".git")).arg(&folder).status();
        assert!(done.expect("cp runs").success());
        let mut bad = bytes.to_vec();
        bad[*at] ^= 0xff;
        overwrite(&folder.join(".git/objects/pack").join(name), &bad);
    }
    let targets = copies.iter().map(String::as_str);
    let run = repo.scan(&["--jobs", "1"].into_iter().chain(targets).collect::<Vec<_>>());
    assert!(matches!(run.code, Some(0 | 1 | 3)), "bytes {places:?} of {name}: {run:#?}");
    assert!(!run.stderr.contains("panicked"), "bytes {places:?} of {name}: {run:#?}");
    // Each of them was read, or it is said that it was not.
    let read = run.lines("summary")[0]["repositories"].as_array().map_or(0, Vec::len);
    let unread = run.lines("problem");
    let of = |copy: &&String| {
        unread.iter().any(|it| it["place"].as_str().is_some_and(|it| it.starts_with(copy.as_str())))
    };
    assert!(read + copies.iter().filter(of).count() >= places.len(), "{name}: {run:#?}");
    fs::remove_dir_all(repo.path("flips")).expect("removed");
}

#[test]
fn shallow_and_partial_clones_say_so() {
    let (repo, _) = leaky();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.root().display());
    repo.git(&["clone", "-q", "--depth=1", &url, "shallow"]);
    repo.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url, "partial"]);
    for (clone, code) in [("shallow", "shallow"), ("partial", "partial")] {
        let run = repo.scan(&[clone]);
        assert_eq!((run.code, run.problems()), (Some(3), vec![code.to_owned()]), "{run:#?}");
    }
}

#[test]
fn an_empty_repository_is_clean_and_a_broken_one_is_not() {
    let repo = Fixture::repository();
    assert_eq!(repo.scan(&[]).code, Some(0));
    let (repo, _) = leaky();
    repo.write(".git/HEAD", "garbage\n");
    assert_eq!(repo.scan(&["--fail-on", "never"]).code, Some(3));
}

#[test]
fn a_planted_object_named_after_a_token_does_not_silence_it() {
    let repo = Fixture::repository();
    let id = repo.hex(40);
    let real = repo.commit("x", "x\n", "x");
    repo.write("conf.properties", format!("sonar.login={id}\nsonar.login={real}\n"));
    let other = loose(&repo, &real);
    let planted = loose(&repo, &id);
    fs::create_dir_all(planted.parent().expect("a parent")).expect("its folder");
    fs::copy(other, planted).expect("the planted object");
    let run = repo.scan(&["--no-ignore"]);
    let found = run.finding(&id);
    assert_eq!(found["locations"][0]["line"], 1);
    assert_eq!(run.lines("finding").len(), 1, "the real object id is none: {run:#?}");
}
