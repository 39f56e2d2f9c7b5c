//! UTF-16, with or without a byte order mark, as a whole file or a stretch of another.

use super::View;

/// A shorter stretch holds no token: they have 32 characters or more.
const SHORTEST: usize = 32;
const BLOCK: usize = 16;

/// Every stretch of UTF-16 text in `bytes`, in order, as the characters it spells. Those beyond
/// ASCII are shown as `?`: no token holds one.
pub fn stretches(bytes: &[u8]) -> Vec<View> {
    let mut found = Vec::new();
    let mut at = 0;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    for (index, block) in blocks.iter().enumerate() {
        let start = index * BLOCK;
        if start < at || !(alternates(block, 0) | alternates(block, 1)) {
            continue;
        }
        // Read a byte off, one order looks like the other, but not as far.
        let zeros_at_even = block[0] == 0;
        let stretch = |order: Order| {
            let phase = usize::from(zeros_at_even == (order == Order::Little));
            grow(bytes, start + phase, at, order)
        };
        let (little, big) = (stretch(Order::Little), stretch(Order::Big));
        // Of two that go equally far the one is right whose text ends with its line.
        let ends = |range: &std::ops::Range<usize>, at: usize| bytes[range.end - at] == b'\n';
        let tie = little.len() == big.len() && !little.is_empty();
        let order = if little.len() < big.len() || tie && ends(&big, 1) && !ends(&little, 2) {
            Order::Big
        } else {
            Order::Little
        };
        let stretch = if order == Order::Little { little } else { big };
        if stretch.len() >= 2 * SHORTEST {
            at = stretch.end;
            found.push(narrow(bytes, stretch, order));
        }
    }
    found
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    /// The high and the low byte of the unit at `at`.
    fn unit(self, bytes: &[u8], at: usize) -> Option<(u8, u8)> {
        let unit = bytes.get(at..at + 2)?;
        Some(if self == Self::Little { (unit[1], unit[0]) } else { (unit[0], unit[1]) })
    }

    fn is_text(self, bytes: &[u8], at: usize) -> bool {
        let printable = |low: u8| low >= 0x20 || matches!(low, b'\t' | b'\n' | b'\r');
        self.unit(bytes, at).is_some_and(|(high, low)| high == 0 && printable(low))
    }

    /// A character beyond Latin-1 is part of the text if text follows it.
    fn goes_on(self, bytes: &[u8], at: usize) -> bool {
        let foreign = self.unit(bytes, at).is_some_and(|(high, _)| high != 0);
        self.is_text(bytes, at) || foreign && self.is_text(bytes, at + 2)
    }
}

/// Whether every second byte of a block, from `zero` on, is zero and the others are ASCII.
fn alternates(block: &[u8; BLOCK], zero: usize) -> bool {
    let text = |byte: u8| (0x09..0x7f).contains(&byte);
    block
        .iter()
        .enumerate()
        .fold(true, |all, (at, byte)| all & if at % 2 == zero { *byte == 0 } else { text(*byte) })
}

/// The whole text around the unit at `at`, not before `floor`.
fn grow(bytes: &[u8], at: usize, floor: usize, order: Order) -> std::ops::Range<usize> {
    let mut start = at;
    while start >= floor + 2 && order.goes_on(bytes, start - 2) {
        start -= 2;
    }
    let mut end = at;
    while order.goes_on(bytes, end) {
        end += 2;
    }
    start..end
}

fn narrow(bytes: &[u8], range: std::ops::Range<usize>, order: Order) -> View {
    let ascii = |at: usize| match order.unit(bytes, at) {
        Some((0, low)) if low.is_ascii() => low,
        _ => b'?',
    };
    let text: Vec<u8> = range.clone().step_by(2).map(ascii).collect();
    let mut view = View::default();
    view.narrow(&text, range.start);
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, big: bool) -> Vec<u8> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn finds_text_in_both_orders_wherever_it_begins() {
        let text = "SONAR_TOKEN = 'the value of it', größer ─ and more of the same text";
        for big in [false, true] {
            for before in 0..40 {
                let lead = vec![b'x'; before];
                let blob = [&lead[..], &[0xff, 0xfe], &wide(text, big), b"\nplain text\n"].concat();
                let found = stretches(&blob);
                assert_eq!(found.len(), 1, "{big} {before}");
                let spelled = String::from_utf8_lossy(&found[0].bytes).into_owned();
                assert!(spelled.contains("the value of it', gr??er ? and more"), "{spelled}");
                let at = spelled.find("value").expect("it is there");
                let back = found[0].back(at..at + 5);
                assert_eq!(blob[back], wide("value", big)[..], "{big} {before}");
            }
        }
    }

    #[test]
    fn plain_text_and_zeros_are_none() {
        assert!(stretches(&[0; 500]).is_empty());
        assert!(stretches("plain text that is long enough to be looked at".as_bytes()).is_empty());
        assert!(stretches(&wide("too short", false)).is_empty());
    }
}
