use super::*;

/// What a log shows, and that each letter of it stands where the view says.
fn shown(log: &str) -> String {
    let view = unframe(log.as_bytes());
    for (at, byte) in view.bytes.iter().enumerate().filter(|(_, byte)| byte.is_ascii_graphic()) {
        let back = view.back(at..at + 1);
        let raw = log.as_bytes()[back.start];
        assert!(raw == *byte || raw == b'|', "{at} of {:?}", view.bytes.escape_ascii());
    }
    String::from_utf8(view.bytes).expect("text")
}

#[test]
fn times_and_marks_go() {
    let log = "\u{feff}2025-07-04T14:32:09.5024381Z one\n2025-07-04T14:32:09.5024382Z   two\n\
               still two\n\u{feff}2025-07-04T14:32:09.5024383Z three\r\n\
               build\tRun x\t2025-07-04T14:32:09.5024383Z four\n\
               [2026-08-21T15:30:00.123Z] five\n[12:34:56]W:\t [Step 2/4] six\n[x] seven";
    assert_eq!(shown(log), "one\n  two\nstill two\nthree\nfour\nfive\n[Step 2/4] six\n[x] seven\n");
}

#[test]
fn lines_that_were_cut_go_on() {
    let log = "2025-03-01T10:00:00.020010Z 00O section_start:1740823200:prepare\n\
               2025-03-01T10:00:00.120020Z 00O+\x1b[0K\x1b[36;1mPreparing\x1b[0;m\n\
               2025-03-01T10:00:06.000000Z 01E ...abc\n\
               2025-03-01T10:00:06.000100Z 01O other\n\
               2025-03-01T10:00:06.000400Z 01E+def rest\n\
               2025-03-01T10:00:07.000400Z 01O+ stream\n\
               2025-03-01T10:00:07.000400Z 01E next\n";
    let text = shown(log);
    for line in ["section_start:1740823200:preparePreparing", "...abcdef rest", "other stream"] {
        assert!(text.lines().any(|it| it == line), "{line} in {text:?}");
    }
}

#[test]
fn notes_are_cut_before_other_codes() {
    let note = format!("\x1b[8mha:////4{}==\x1b[0m", "AbC3".repeat(20));
    assert_eq!(shown(&format!("Started by {note}alice\nab{note}cd")), "Started by alice\nabcd\n");
}

#[test]
fn messages_to_teamcity_are_read() {
    let log = "[12:34:57]\t##teamcity[message text='it|'s |[x|]|nnew |0x005fy' status='W']\n";
    assert_eq!(shown(log), "##teamcity[message text='it's [x]\nnew _y' status='W']\n");
}

#[test]
fn logs_are_told_from_other_texts() {
    let framed = |text: &str| is_framed(text.as_bytes(), false);
    assert!(framed("2025-07-04T14:32:09.5024381Z x") && framed("x\n[12:34:56]W:\t x"));
    assert!(framed("Started by user alice\n") && framed("travis_fold:start:x\r\x1b[0K"));
    for text in ["# Title\n[link](x)\n", "fn main() {}\n", "[section]\nx=1\n", "S\n", "{}", ""] {
        assert!(!framed(text), "{text}");
    }
}

#[test]
fn a_trail_is_the_same_however_the_log_is_cut() {
    let log = "2025-07-04T14:32:09.5024381Z Current runner version: '2.323.0'\n\
               2025-07-04T14:32:09.5025326Z ##[group]Run sonar-scanner\n\
               2025-07-04T14:32:09.5025326Z   GITHUB_REPOSITORY: acme/web\n\
               2025-07-04T14:32:09.5025326Z   GITHUB_RUN_ID: 12\nx";
    for cut in 0..log.len() {
        let mut trail = Trail::default();
        trail.feed(&log.as_bytes()[..cut]);
        trail.feed(&log.as_bytes()[cut..]);
        let place = trail.place(false).expect("it is a log");
        assert_eq!(place.provider, "GitHub Actions", "{cut}");
        assert_eq!(place.step.as_deref(), Some("Run sonar-scanner"), "{cut}");
        let link = "https://github.com/acme/web/actions/runs/12";
        assert_eq!(place.link.as_deref(), Some(link), "{cut}");
    }
}
