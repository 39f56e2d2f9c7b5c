//! Limits: what reaches one is told once, and the rest is left.

use std::time::Duration;

use super::*;

#[test]
fn archives_inside_of_archives_to_a_depth() {
    let nest = |levels| {
        let first = zipped(&[Entry::stored("x", b"text")]);
        (1..levels).fold(first, |inner, _| zipped(&[Entry::deflated("y", &inner)]))
    };
    assert_eq!(found(&nest(10)), [format!("{}x: text", "y!/".repeat(9))]);
    let told = found(&nest(12));
    assert_eq!(told.len(), 2, "{told:?}");
    let deep =
        "y!/y!/y!/y!/y!/y!/y!/y!/y!/y: <too-large> more than 10 archives inside of each other";
    assert_eq!(told[0], deep);
    assert!(told[1].contains("PK\u{3}\u{4}"), "what is not opened is still read");
}

#[test]
fn every_limit_is_told_once() {
    let usual = Limits::USUAL;
    let entries: Vec<Entry> = (0..50).map(|n| Entry::stored(&n.to_string(), b"text")).collect();
    let many = found_within(&zipped(&entries), Limits { entries: 20, ..usual });
    assert_eq!(many.len(), 21);
    let rest = "the rest was not read";
    assert_eq!(
        many[20],
        format!("<too-large> it has more than the 20 members that are read: {rest}")
    );

    let zeros = gzip(&vec![b'0'; 4 << 20]);
    let told = |limits| found_within(&zeros, limits).pop().unwrap_or_default();
    let bomb = told(Limits { free: 1 << 20, ratio: 100, ..usual });
    let ratio = "it unpacks to more than 100 times its size, as a bomb does";
    assert_eq!(bomb, format!("<too-large> {ratio}: {rest}"));
    let large = told(Limits { bytes: 1 << 20, ..usual });
    assert_eq!(
        large,
        format!("<too-large> it unpacks to more than the 1 MiB that are read: {rest}")
    );
    let slow = told(Limits { time: Duration::ZERO, ..usual });
    assert_eq!(slow, format!("<too-large> it took longer than 0 s: {rest}"));
    assert_eq!(found_within(&zeros, usual).len(), 1, "and none where none is reached");

    let inner = seven("x", &[b'x'; 3000], None);
    let held = zipped(&[Entry::stored("big.7z", &inner)]);
    let told = found_within(&held, Limits { memory: 16, ..usual });
    assert_eq!(told, ["big.7z: <too-large> larger than the 0 MiB that are held of it"]);

    let locked: Vec<Entry> =
        entries.iter().map(|entry| Entry { flags: 1, ..entry.clone() }).collect();
    let told = found_within(&zipped(&locked), Limits { troubles: 3, ..usual });
    assert_eq!(told.len(), 4);
    assert_eq!(told[3], "<too-many> more of its members could not be read than are told");
}

#[test]
fn a_nested_bomb_is_held_against_the_outermost() {
    let bomb = gzip(&vec![b'0'; 2 << 20]);
    let all: Vec<Entry> = (0..8).map(|n| Entry::stored(&format!("{n}.gz"), &bomb)).collect();
    let limits = Limits { free: 4 << 20, ratio: 50, ..Limits::USUAL };
    let told = found_within(&zipped(&all), limits);
    assert!(told.len() < 8 && told.last().is_some_and(|it| it.contains("as a bomb does")));
}
