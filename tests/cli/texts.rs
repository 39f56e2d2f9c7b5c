//! Texts as they come: marks, odd bytes, odd line breaks, endless lines, too much of everything.

use crate::places::base64;
use crate::support::{Fixture, Run};

/// Scans one file; the token must be there once, without a problem.
#[track_caller]
fn scanned(content: &[u8], token: &str) -> Run {
    let fixture = Fixture::new();
    fixture.write("text", content);
    let run = fixture.scan(&["--no-history"]);
    assert_eq!((run.lines("finding").len(), run.lines("problem").len()), (1, 0), "{run:#?}");
    let _ = run.finding(token);
    run
}

#[track_caller]
fn at(content: &[u8], token: &str) -> (u64, u64) {
    let place = scanned(content, token).place(token);
    (place["line"].as_u64().expect("a line"), place["column"].as_u64().expect("a column"))
}

#[test]
fn marks_and_odd_bytes_do_not_matter() {
    let token = Fixture::new().token();
    let bytes = token.as_bytes();
    assert_eq!(at(&[b"\xef\xbb\xbf", bytes, b"\n"].concat(), &token), (1, 2));
    assert_eq!(at(&[b"\xff\xc3 \xf0\x9f", bytes, b"\xff\n"].concat(), &token).0, 1);
    assert_eq!(at(&[b"\0\n", bytes, b"\n"].concat(), &token).0, 2);
    assert_eq!(at(&[&b"x\n".repeat(40_000)[..], b"\0\0 ", bytes].concat(), &token).0, 40_001);
}

#[test]
fn every_line_break_counts_as_viewers_count_it() {
    let token = Fixture::new().token();
    for (text, line) in [
        (format!("a\rb\r{token}\r"), 3),
        (format!("a\r\nb\n{token}\r\n"), 3),
        (format!("a\n\r\n\r{token}"), 4),
        (format!("a\u{2028}b\x0bc\x0c{token}"), 1),
    ] {
        assert_eq!(at(text.as_bytes(), &token).0, line, "{text:?}");
    }
}

#[test]
fn an_endless_line_is_cut_to_be_shown() {
    let token = Fixture::new().token();
    let text = format!("{}{token}{}", "x ".repeat(6 << 20), " y".repeat(4 << 20));
    let run = scanned(text.as_bytes(), &token);
    assert_eq!(run.place(&token)["column"], (12 << 20) + 1);
    assert!(run.stdout.len() < 8000, "{} bytes of report", run.stdout.len());
}

#[test]
fn the_end_of_a_long_log_is_read() {
    let token = Fixture::new().token();
    let line = "2025-07-04T14:32:09.5024381Z some words of a log that say nothing at all\n";
    let text = format!("{}last {token}", line.repeat(200_000));
    assert_eq!(at(text.as_bytes(), &token), (200_001, 6));
}

#[test]
fn more_matches_than_are_taken_make_the_scan_incomplete() {
    let fixture = Fixture::new();
    let line = format!("sonar.token={}\n", fixture.token());
    fixture.write("many", line.repeat(10_001));
    let run = fixture.scan(&["--no-history"]);
    assert_eq!((run.problems(), run.code), (vec!["too-many".to_owned()], Some(1)));
    assert_eq!(run.lines("finding").len(), 1);
    assert_eq!(run.lines("problem")[0]["place"], "many");
}

#[test]
fn layers_are_taken_off_to_a_depth() {
    let token = Fixture::new().token();
    let nested =
        |times: usize| (0..times).fold(format!("x:{token}:x"), |text, _| base64(text.as_bytes()));
    assert_eq!(
        scanned(nested(5).as_bytes(), &token).place(&token)["view"],
        ["base64"; 5].join("+")
    );
    let fixture = Fixture::new();
    fixture.write("text", nested(12));
    let run = fixture.scan(&["--no-history"]);
    assert_eq!((run.problems(), run.code), (vec!["too-large".to_owned()], Some(3)), "{run:#?}");
}
