//! GitHub's `primaryLocationLineHash`, computed from a blob's bytes.
//!
//! Code scanning recognises an alert across commits by this hash. The upload action fills it in
//! only for files that it finds on disk, so a place in history has one only if we say it.
//!
//! The algorithm (codeql-action, `src/fingerprints.ts`) is a rolling hash over UTF-16 units: a
//! window of 100 begins at a line's first unit that is neither space nor tab, CR and CR LF count
//! as LF, and the end of the file is the unit 65535 and then zeros. The number after the colon
//! tells equal lines apart, so every line up to the last wanted one has to be hashed.

use std::collections::HashMap;

use bstr::ByteSlice;

/// Units in the window.
const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// What the end of the file is hashed as.
const END: u16 = 65535;
const SPACE: u16 = 0x20;
const TAB: u16 = 0x09;
const LF: u16 = 0x0a;
const CR: u16 = 0x0d;

/// The hashes of these 1-based `lines`, in their order, in one pass over `bytes`.
///
/// Lines end at LF, CR LF or CR, as [`crate::span`] counts them. A line that is not there gets
/// an empty string.
pub fn line_hashes(bytes: &[u8], lines: &[u64]) -> Vec<String> {
    let mut rolling = Rolling::new(lines);
    let mut after_cr = false;
    for unit in units(bytes) {
        let skipped = unit == SPACE || unit == TAB || (after_cr && unit == LF);
        after_cr = unit == CR;
        if skipped {
            continue;
        }
        rolling.push(if unit == CR { LF } else { unit });
        if rolling.done() {
            break;
        }
    }
    rolling.finish();
    lines.iter().map(|line| rolling.wanted.get(line).cloned().unwrap_or_default()).collect()
}

/// Lossy UTF-16 of `bytes`, as Node reads a file.
fn units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chars().flat_map(|c| {
        let mut buffer = [0; 2];
        let len = c.encode_utf16(&mut buffer).len();
        buffer.into_iter().take(len)
    })
}

struct Rolling {
    window: [u16; WINDOW],
    /// The line that begins in this slot of the window, 0 for none.
    begins: [u64; WINDOW],
    slot: usize,
    hash: u64,
    /// 37^100: the weight with which a unit leaves the window.
    leaving: u64,
    line: u64,
    at_line_start: bool,
    wanted: HashMap<u64, String>,
    last: u64,
    seen: HashMap<u64, u64>,
    /// The last line whose hash is complete.
    hashed: u64,
}

impl Rolling {
    fn new(lines: &[u64]) -> Self {
        Self {
            window: [0; WINDOW],
            begins: [0; WINDOW],
            slot: 0,
            hash: 0,
            leaving: (0..WINDOW).fold(1, |power, _| FACTOR.wrapping_mul(power)),
            line: 0,
            at_line_start: true,
            wanted: lines.iter().map(|line| (*line, String::new())).collect(),
            last: lines.iter().copied().max().unwrap_or(0),
            seen: HashMap::new(),
            hashed: 0,
        }
    }

    fn done(&self) -> bool {
        self.hashed >= self.last
    }

    fn push(&mut self, unit: u16) {
        self.emit();
        if self.at_line_start {
            self.line += 1;
            self.begins[self.slot] = self.line;
        }
        self.at_line_start = unit == LF;
        self.roll(unit);
    }

    /// The window has come round to where a line began: it now holds that line's 100 units.
    fn emit(&mut self) {
        let line = std::mem::take(&mut self.begins[self.slot]);
        if line == 0 {
            return;
        }
        let count = self.seen.entry(self.hash).or_insert(0);
        *count += 1;
        if let Some(hash) = self.wanted.get_mut(&line) {
            *hash = format!("{:x}:{count}", self.hash);
        }
        self.hashed = line;
    }

    fn roll(&mut self, unit: u16) {
        let oldest = u64::from(std::mem::replace(&mut self.window[self.slot], unit));
        self.hash = FACTOR
            .wrapping_mul(self.hash)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.leaving.wrapping_mul(oldest));
        self.slot = (self.slot + 1) % WINDOW;
    }

    fn finish(&mut self) {
        if self.done() {
            return;
        }
        self.push(END);
        for _ in 0..WINDOW {
            self.emit();
            self.roll(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let lines = text.replace("\r\n", "\n").replace('\r', "\n").split('\n').count() as u64;
        line_hashes(text.as_bytes(), &(1..=lines).collect::<Vec<_>>())
    }

    #[test]
    fn equals_github_on_its_own_vectors() {
        assert_eq!(all(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            all(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        let ended = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        ] {
            assert_eq!(all(text), ended, "{text:?}");
        }
    }

    #[test]
    fn numbers_equal_lines() {
        let want = [
            "a7f2ff13bc495cf2:1",
            "a7f2ff13bc495cf2:2",
            "a7f2ff13bc495cf2:3",
            "a7f2ff13bc495cf2:4",
            "a7f2ff13bc495cf2:5",
            "a7f2ff13bc495cf2:6",
            "a7f2ff1481e87703:1",
            "a9cf91f7bbf1862b:1",
            "55ec222b86bcae53:1",
            "cc97dc7b1d7d8f7b:1",
            "c129715d7a2bc9a3:1",
        ];
        let text = "Lorem ipsum dolor sit amet.\n".repeat(10);
        assert_eq!(all(&text), want);
        // Asked for alone, in any order, a line still gets its number in the whole file.
        assert_eq!(
            line_hashes(text.as_bytes(), &[4, 2, 99, 4]),
            [want[3], want[1], "", want[3]],
            "a line that is not there has no hash"
        );
    }
}
