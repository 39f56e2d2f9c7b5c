//! Text spelled in hex digits: one long number, or the lines of a dump.

use std::ops::Range;

use super::View;

/// The shortest token, in digits.
const SHORTEST: usize = 64;
/// How far around a place a dump is read: 128 lines of 16 bytes each way.
const AROUND: usize = 128 * 80;

/// The text that a run of hex digits spells, if it does: it leads back to pairs of digits.
pub fn spelled(bytes: &[u8], run: Range<usize>) -> Option<View> {
    if run.len() < SHORTEST {
        return None;
    }
    let marked = bytes[run.clone()].starts_with(b"0x") || bytes[run.clone()].starts_with(b"0X");
    let run = run.start + if marked { 2 } else { 0 }..run.end;
    let digits = &bytes[run.clone()];
    if digits.len() < SHORTEST {
        return None;
    }
    let pairs = || digits.chunks_exact(2).map(pair);
    let printable = |byte: Option<u8>| byte.is_some_and(|byte| (0x20..0x7f).contains(&byte));
    if !pairs().take(SHORTEST / 2).all(printable) {
        return None;
    }
    let mut view = View::default();
    for (index, byte) in pairs().map_while(|byte| byte).enumerate() {
        let at = run.start + 2 * index;
        view.put(byte, at..at + 2);
    }
    Some(view)
}

/// The byte that two digits spell, if they are digits.
fn pair(digits: &[u8]) -> Option<u8> {
    let value = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(value(digits[0])? * 16 + value(digits[1])?).ok()
}

/// Whether a block of a file can be part of a dump: digits in groups, apart by one space.
#[expect(clippy::needless_bitwise_bool, reason = "a branch would keep it from being vectorised")]
fn is_dump(block: &[u8; 16]) -> bool {
    let digit = |byte: u8| byte.wrapping_sub(b'0') < 10 || (byte | 0x20).wrapping_sub(b'a') < 6;
    let spaces: u8 = block.iter().map(|byte| u8::from(*byte == b' ')).sum();
    let all = block.iter().fold(true, |all, byte| all & (digit(*byte) | (*byte == b' ')));
    all & (2..=6).contains(&spaces)
}

/// The dumps of `hexdump -C`, `xxd` and `od -tx1` in `bytes`, each as the text it shows.
pub fn dumps(bytes: &[u8]) -> Vec<(Range<usize>, View)> {
    let mut found = Vec::new();
    let mut done = 0;
    for (index, block) in bytes.as_chunks::<16>().0.iter().enumerate() {
        let at = index * 16;
        if at >= done && is_dump(block) {
            let (range, view) = dump(bytes, at, done);
            done = range.end.max(at + 16);
            if view.bytes.len() >= SHORTEST / 2 {
                found.push((range, view));
            }
        }
    }
    found
}

fn dump(bytes: &[u8], at: usize, floor: usize) -> (Range<usize>, View) {
    let floor = floor.max(at.saturating_sub(AROUND));
    let roof = bytes.len().min(at + AROUND);
    let line_start = |at: usize| {
        memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |found| floor + found + 1)
    };
    let mut start = line_start(at);
    while start > floor {
        let above = line_start(start - 1);
        if row(bytes, above, &mut View::default()) == 0 {
            break;
        }
        start = above;
    }
    let mut view = View::default();
    let mut end = start;
    while end < roof && row(bytes, end, &mut view) > 0 {
        end = memchr::memchr(b'\n', &bytes[end..roof]).map_or(roof, |found| end + found + 1);
    }
    (start..end, view)
}

/// Reads one line of a dump: an offset, groups of digits, and something else. Returns how many
/// bytes it shows.
fn row(bytes: &[u8], start: usize, view: &mut View) -> usize {
    let rest = &bytes[start..];
    let offset = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let mut at = match offset {
        6..=16 if rest.get(offset) == Some(&b':') => start + offset + 1,
        6..=16 => start + offset,
        _ => start,
    };
    let before = view.bytes.len();
    loop {
        let gap = bytes[at..].iter().take_while(|byte| **byte == b' ').count();
        let group = bytes[at + gap..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let first = view.bytes.len() == before;
        let apart = (1..=2).contains(&gap) || first;
        if !apart || !matches!(group, 2 | 4 | 8) {
            break;
        }
        at += gap;
        for digits in (at..at + group).step_by(2) {
            let Some(byte) = pair(&bytes[digits..digits + 2]) else { break };
            view.put(byte, digits..digits + 2);
        }
        at += group;
        if view.bytes.len() - before >= 32 {
            break;
        }
    }
    view.bytes.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"SONAR_TOKEN=the value is somewhere in here\n";

    #[test]
    fn one_number_is_read() {
        let number = TEXT.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let blob = format!("x={number};");
        let view = spelled(blob.as_bytes(), 2..blob.len() - 1).expect("it spells text");
        assert_eq!(view.bytes, TEXT);
        assert_eq!(view.back(1..3), 4..8);
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(spelled(digest.as_bytes(), 0..64), None);
    }

    /// Shows one row of a dump: its offset and its bytes.
    type Row = fn(usize, &[String]) -> String;

    #[test]
    fn dumps_of_three_programs_are_read() {
        let byte = |byte: &u8| format!("{byte:02x}");
        let rows: [Row; 3] = [
            |at, row| {
                format!(
                    "{at:08x}  {}  {}  |......|",
                    row[..row.len().min(8)].join(" "),
                    row[row.len().min(8)..].join(" ")
                )
            },
            |at, row| {
                format!(
                    "{at:08x}: {}  ......",
                    row.chunks(2).map(<[String]>::concat).collect::<Vec<_>>().join(" ")
                )
            },
            |at, row| format!("{at:07o} {}", row.join(" ")),
        ];
        for show in rows {
            let lines: Vec<String> = TEXT
                .chunks(16)
                .enumerate()
                .map(|(index, row)| show(index * 16, &row.iter().map(byte).collect::<Vec<_>>()))
                .collect();
            let blob = format!("before\n{}\nafter\n", lines.join("\n"));
            let found = dumps(blob.as_bytes());
            assert_eq!(found.len(), 1, "{blob}");
            assert!(found[0].1.bytes.starts_with(&TEXT[..42]), "{blob}");
        }
    }
}
