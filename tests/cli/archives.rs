//! Archives and compressed files as their users meet them: as files, in history, on standard
//! input, as images of containers, as zips of CI logs.

use std::process::Command;

use crate::pack::{Entry, gzip, tar, zip};
use crate::support::{Fixture, Run};

fn line(token: &str) -> Vec<u8> {
    format!("# settings\nsonar.token={token}\n").into_bytes()
}

/// Members, each with its line.
fn places(run: &Run, token: &str) -> Vec<(String, u64)> {
    let finding = run.finding(token);
    let places = finding["locations"].as_array().expect("places").iter();
    places
        .map(|place| {
            let member = place["member"].as_str().unwrap_or_default().to_owned();
            (member, place["line"].as_u64().expect("a line"))
        })
        .collect()
}

#[test]
fn a_zip_of_logs_says_job_and_step() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let stamp = "2025-07-04T14:32:09.5024381Z ";
    let step = format!(
        "{stamp}##[group]Run sonar-scanner\n{stamp}##[endgroup]\n{stamp}\x1b[1m{token}\x1b[0m\n"
    );
    let whole = format!("{stamp}Current runner version: '2.323.0'\n{step}");
    let entries = [
        Entry::deflated("0_caller  build.txt", whole.as_bytes()).open(),
        Entry::deflated("caller  build/1_Set up job.txt", format!("{stamp}x\n").as_bytes()),
        Entry::deflated("caller  build/3_Run sonar.txt", step.as_bytes()),
    ];
    fixture.write("logs_812.zip", zip(&entries));
    let run = fixture.scan(&["--no-history"]);
    let finding = run.finding(&token);
    let said = |at: usize, key: &str| finding["locations"][at][key].as_str().map(str::to_owned);
    assert_eq!(finding["locations"].as_array().map(Vec::len), Some(2), "{finding:#}");
    assert_eq!(said(0, "provider").as_deref(), Some("GitHub Actions"));
    assert_eq!(said(0, "job").as_deref(), Some("caller  build"));
    assert_eq!(said(0, "step").as_deref(), Some("Run sonar-scanner"));
    assert_eq!(said(1, "job").as_deref(), Some("caller  build"));
    assert_eq!(said(1, "step").as_deref(), Some("3: Run sonar"));
    let wanted =
        [("0_caller  build.txt".to_owned(), 4), ("caller  build/3_Run sonar.txt".to_owned(), 3)];
    assert_eq!(places(&run, &token), wanted);
    let screen = fixture.squelch(&["scan", "--no-history"]);
    assert!(
        screen.stdout.contains("logs_812.zip!/caller  build/3_Run sonar.txt:3:34"),
        "{screen:#?}"
    );
    assert!(screen.stdout.contains("GitHub Actions, job caller  build, step 3: Run sonar"));
}

#[test]
fn an_image_is_read_with_what_upper_layers_delete() {
    let fixture = Fixture::new();
    let (deleted, kept) = (fixture.token(), fixture.token());
    let lower = gzip(&tar(&[("app/.env", &line(&deleted))]));
    let upper = tar(&[("app/.wh..env", b""), ("app/conf", &line(&kept))]);
    let (lower_id, upper_id) = (fixture.hex(64), fixture.hex(64));
    let manifest = format!("[{{\"Layers\":[\"blobs/sha256/{lower_id}\"]}}]");
    let image = tar(&[
        ("manifest.json", manifest.as_bytes()),
        (&format!("blobs/sha256/{lower_id}"), &lower),
        (&format!("blobs/sha256/{upper_id}"), &upper),
    ]);
    fixture.write("image.tar", image);
    let run = fixture.scan(&["--no-history"]);
    assert_eq!(places(&run, &deleted), [(format!("blobs/sha256/{lower_id}!/app/.env"), 2)]);
    assert_eq!(places(&run, &kept), [(format!("blobs/sha256/{upper_id}!/app/conf"), 2)]);
    assert_eq!(run.code, Some(1));
}

#[test]
fn archives_in_history_in_the_index_and_on_standard_input() {
    let fixture = Fixture::repository();
    let token = fixture.token();
    let jar = zip(&[Entry::deflated("META-INF/sonar.properties", &line(&token))]);
    fixture.write("lib/app.jar", &jar);
    fixture.git(&["add", "-A"]);
    let run = fixture.scan(&["--staged"]);
    assert_eq!(places(&run, &token), [("META-INF/sonar.properties".to_owned(), 2)]);
    assert_eq!(run.place(&token)["origin"], "index");
    fixture.git(&["commit", "-q", "-m", "A library"]);
    fixture.git(&["rm", "-q", "lib/app.jar"]);
    fixture.git(&["commit", "-q", "-m", "No library"]);
    let place = fixture.scan(&[]).place(&token);
    assert_eq!((&place["origin"], &place["path"]), (&"history".into(), &"lib/app.jar".into()));
    assert_eq!(place["member"], "META-INF/sonar.properties");
    let first = fixture.git(&["rev-list", "--max-parents=0", "HEAD"]);
    assert_eq!(place["commit"].as_str(), Some(first.as_str()));
    let part = fixture.scan(&["--range", "HEAD~1..HEAD"]);
    assert_eq!(part.lines("finding").len(), 0, "the second commit brings nothing in");

    let piped = gzip(&tar(&[("a/b", &line(&token))]));
    let run = fixture.squelch_with(&["scan", "--format", "jsonl", "-"], &piped, &[]);
    assert_eq!(places(&run, &token), [("a/b".to_owned(), 2)]);
    assert_eq!(run.lines("summary")[0]["read"]["file_bytes"], piped.len());
}

#[test]
fn a_large_archive_is_read_from_its_file() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.token(), fixture.token());
    let noise = fixture.hex(5 << 20).into_bytes();
    let entries = [
        Entry::stored("noise", &noise),
        Entry::deflated("first", &line(&first)),
        Entry::stored("second", &line(&second)),
    ];
    fixture.write("big.bin", zip(&entries));
    fixture.write("big.gz", gzip(&[&noise[..], &line(&first)].concat()));
    let run = fixture.scan(&["--no-history"]);
    assert_eq!(run.lines("problem").len(), 0, "{:#?}", run.lines("problem"));
    assert_eq!(places(&run, &first), [("first".to_owned(), 2), ("content".to_owned(), 2)]);
    assert_eq!(places(&run, &second), [("second".to_owned(), 2)]);
}

#[test]
fn what_cannot_be_read_is_no_clean_scan() {
    let fixture = Fixture::new();
    let locked = Entry { flags: 1, ..Entry::stored("a/locked.txt", b"?????") };
    fixture.write("x.zip", zip(&[locked]));
    let run = fixture.scan(&["--no-history"]);
    assert_eq!((run.problems(), run.code), (vec!["encrypted".to_owned()], Some(3)), "{run:#?}");
    assert_eq!(run.lines("problem")[0]["place"], "x.zip!/a/locked.txt");
    let cut = gzip(&fixture.hex(9000).into_bytes());
    fixture.write("x.zip", &cut[..cut.len() / 2]);
    let run = fixture.scan(&["--no-history"]);
    assert_eq!((run.problems(), run.code), (vec!["damaged".to_owned()], Some(3)), "{run:#?}");
    assert_eq!(fixture.scan(&["--no-history", "--raw"]).code, Some(0), "raw opens nothing");
    // Nothing is unpacked to anywhere.
    let names: Vec<_> = std::fs::read_dir(fixture.root()).expect("the folder").collect();
    assert_eq!(names.len(), 1);
}

#[test]
fn office_documents_cut_words() {
    let fixture = Fixture::new();
    let (token, sheet) = (fixture.token(), fixture.token());
    let document = format!(
        "<w:p><w:r><w:t>token: {}</w:t></w:r><w:proofErr w:type=\"x\"/><w:r><w:rPr><w:b/></w:rPr><w:t>{}</w:t></w:r></w:p>",
        &token[..11],
        &token[11..]
    );
    let entries = [
        Entry::deflated("[Content_Types].xml", b"<Types/>"),
        Entry::deflated("word/document.xml", document.as_bytes()),
        Entry::deflated("xl/sharedStrings.xml", format!("<si><t>{sheet}</t></si>").as_bytes()),
    ];
    fixture.write("report.docx", zip(&entries));
    let run = fixture.scan(&["--no-history"]);
    assert_eq!(places(&run, &token), [("word/document.xml".to_owned(), 1)]);
    assert_eq!(run.place(&token)["view"], "wrapped");
    assert_eq!(places(&run, &sheet), [("xl/sharedStrings.xml".to_owned(), 1)]);
}

/// Python writes archives of its own; where there is no Python, the crates' archives have to do.
#[test]
fn archives_that_python_wrote_are_read() {
    let fixture = Fixture::new();
    let token = fixture.token();
    fixture.write("in.txt", line(&token));
    let script = "import zipfile,tarfile,lzma,bz2\n\
        for n,m in (('d',8),('b',12),('l',14),('s',0)):\n  \
        z=zipfile.ZipFile(n+'.zip','w',m); z.write('in.txt'); z.close()\n\
        for m in ('','gz','bz2','xz'):\n  \
        t=tarfile.open('t.'+m,'w:'+m); t.add('in.txt'); t.close()\n\
        open('i.xz','wb').write(lzma.compress(open('in.txt','rb').read()))\n\
        open('i.bz2','wb').write(bz2.compress(open('in.txt','rb').read()))\n";
    let python = Command::new("python3").args(["-c", script]).current_dir(fixture.root()).status();
    if !python.is_ok_and(|status| status.success()) {
        return;
    }
    let run = fixture.scan(&["--no-history"]);
    let finding = run.finding(&token);
    let paths = finding["locations"].as_array().expect("places").iter();
    let mut paths: Vec<_> = paths.filter_map(|place| place["path"].as_str()).collect();
    paths.sort_unstable();
    let wanted = [
        "b.zip", "d.zip", "i.bz2", "i.xz", "in.txt", "l.zip", "s.zip", "t.", "t.bz2", "t.gz",
        "t.xz",
    ];
    assert_eq!((paths, run.lines("problem").len()), (wanted.to_vec(), 0), "{run:#?}");
}
