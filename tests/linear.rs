//! Twice the text takes about twice the time, also on the texts that hurt most.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use squelch::detect::Detector;
use squelch::rule::Rules;
use squelch::rule::mint::Mint;

/// Rules take longer to compile than most of these texts to search.
static DETECTOR: LazyLock<Detector> =
    LazyLock::new(|| Detector::new(&Rules::builtin().expect("built-in rules compile"), false));

const HEX: &[u8] = b"0123456789abcdef";

fn quickest(detector: &Detector, text: &[u8]) -> Duration {
    let time = |_| {
        let start = Instant::now();
        detector.search(text);
        start.elapsed()
    };
    (0..2).map(time).min().unwrap_or_default()
}

/// Asserts that the time for twice the text is below three times that for the text.
fn is_linear(name: &str, text: &[u8]) {
    let detector = &*DETECTOR;
    let mut times = Vec::new();
    // Other programs share the machine, so one quiet moment of four is enough; what is
    // quadratic fails in each of them.
    for _ in 0..4 {
        let half = quickest(detector, &text[..text.len() / 2]);
        let whole = quickest(detector, text);
        if whole < half * 3 + Duration::from_millis(2) {
            return;
        }
        times.push((half, whole));
    }
    panic!("{name}: half the text and all of it took {times:?}");
}

fn repeat(size: usize, mut piece: impl FnMut(&mut Mint) -> Vec<u8>) -> Vec<u8> {
    let mut mint = Mint::new(9);
    let mut text = Vec::new();
    while text.len() < size {
        text.extend(piece(&mut mint));
    }
    text
}

/// One test, because tests run side by side and would disturb each other's clocks.
#[test]
fn the_worst_texts_take_linear_time() {
    one_endless_run();
    keys_without_values();
    values_without_keys();
    tokens_on_one_line();
    words_that_lines_break();
    texts_in_other_forms();
    logs_and_terminals();
}

fn words_that_lines_break() {
    is_linear("heads", &repeat(60_000, |_| b"squ_\n".to_vec()));
    // What follows this start may itself be such starts.
    is_linear("wide heads", &repeat(60_000, |_| b"bktr_\n".to_vec()));
    let torn = |mint: &mut Mint| [b"squ_", &mint.random(HEX, 20)[..], b"\n"].concat();
    is_linear("torn", &repeat(60_000, torn));
    is_linear("tags", &repeat(60_000, |_| b"squ_0<b>".to_vec()));
}

fn texts_in_other_forms() {
    let spelled = b"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB";
    is_linear("base64, one line", &repeat(100_000, |_| spelled.to_vec()));
    is_linear("base64, many lines", &repeat(60_000, |_| [&spelled[..], b"\n"].concat()));
    is_linear("base64, apart", &repeat(40_000, |_| [&spelled[..], b"\n\n"].concat()));
    for row in ["%41", "\\u0041", "&#65;", "\\x41"] {
        is_linear(row, &repeat(60_000, |_| row.as_bytes().to_vec()));
    }
    is_linear(
        "a dump",
        &repeat(60_000, |_| b"00000000  41 41 41 41 41 41 41 41  41 41 |A|\n".to_vec()),
    );
    is_linear("digits", &repeat(60_000, |_| b"4141414141414141".to_vec()));
    is_linear("UTF-16", &repeat(200_000, |_| b"a\0b\0".to_vec()));
    is_linear("zeros", &repeat(200_000, |_| b"\0\0a".to_vec()));
}

fn logs_and_terminals() {
    is_linear("codes", &repeat(200_000, |_| b"\x1b[0mx".to_vec()));
    is_linear("open codes", &repeat(200_000, |_| b"\x1b]8;;".to_vec()));
    is_linear("notes", &repeat(100_000, |_| b"\x1b[8mha:AAAA".to_vec()));
    is_linear("progress", &repeat(100_000, |_| b"\x1b[K10%\r".to_vec()));
    is_linear("overstruck", &repeat(100_000, |_| b"a\x08".to_vec()));
    let went_on = b"2025-03-01T10:00:06.000400Z 01E+a\n";
    is_linear("lines that go on", &repeat(200_000, |_| went_on.to_vec()));
    let masked = b"2025-07-04T14:32:09.5024381Z SONAR_TOKEN=****ab\n";
    is_linear("masks", &repeat(60_000, |_| masked.to_vec()));
    is_linear(
        "chunks",
        &repeat(100_000, |_| b"[{\"message\":\"\\u001b\",\"type\":\"out\"},".to_vec()),
    );
}

fn one_endless_run() {
    is_linear("hex", &repeat(2_000_000, |mint| mint.random(HEX, 1000)));
    is_linear("hex and dashes", &repeat(200_000, |mint| mint.random(b"0123456789abcdef-", 1000)));
}

fn keys_without_values() {
    is_linear("sonar", &repeat(1_000_000, |_| b"sonar.login=".to_vec()));
    is_linear("coveralls", &repeat(1_000_000, |_| b"COVERALLS_REPO_TOKEN=".to_vec()));
}

fn values_without_keys() {
    let piece = |mint: &mut Mint| [&mint.random(HEX, 40)[..], b"\n"].concat();
    is_linear("lines", &repeat(200_000, piece));
    let beside = |mint: &mut Mint| [b"sonar ", &mint.random(HEX, 40)[..]].concat();
    is_linear("one line", &repeat(80_000, beside));
}

fn tokens_on_one_line() {
    let keyed = |mint: &mut Mint| [b"sonar.login=", &mint.random(HEX, 40)[..], b" "].concat();
    is_linear("keyed", &repeat(80_000, keyed));
    let sure = |mint: &mut Mint| [b"squ_", &mint.random(HEX, 40)[..], b" "].concat();
    is_linear("prefixed", &repeat(20_000, sure));
}
