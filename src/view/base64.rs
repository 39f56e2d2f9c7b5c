//! Base64 and base64url that spell text, at any alignment, wrapped or not, padded or not.
//!
//! Six bits of text are not just any six bits: of four characters that spell three printable
//! ones the first is one of 27, the second one of 28, and the third one of 32. Random base64
//! passes that for sixteen characters once in 2,000 times; text in base64 always does. So a
//! look at sixteen characters tells whether decoding is worth it. And text without `>`, `?` and
//! `~` needs neither `+` nor `/`: encoded tokens are runs of letters and digits themselves.

use std::ops::Range;

use super::View;

/// How many characters are looked at to tell text.
const BLOCK: usize = 16;
/// How much is decoded on either side of such a block, in characters: a key some lines above
/// the token is still in it.
const AROUND: usize = 8192;

/// For each byte, bit `p` is set where it can be the `p`th of four characters that spell text.
const CAN_BE: [u8; 256] = can_be();
const NO_VALUE: u8 = 0xff;
const VALUE: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut table = [NO_VALUE; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        table[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
}

const fn can_be() -> [u8; 256] {
    let values = values();
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = values[byte];
        if value != NO_VALUE {
            // Tab, line feed and carriage return, or 0x20 to 0x7f: the top bit is never set.
            let first = value == 2 || value == 3 || (value >= 8 && value < 32);
            let second = value & 8 == 0;
            let third = value & 2 == 0;
            table[byte] = first as u8 | (second as u8) << 1 | (third as u8) << 2 | 1 << 3;
        }
        byte += 1;
    }
    table
}

/// Where text in base64 shows in a run of letters and digits: a place in it at which four
/// characters begin that spell three.
pub fn shows(run: &[u8]) -> Option<usize> {
    let (blocks, _) = run.as_chunks::<BLOCK>();
    blocks.iter().enumerate().find_map(|(index, block)| {
        let phase = phase(block)?;
        Some(index * BLOCK + phase)
    })
}

/// At which of its first four characters a block begins to spell text.
fn phase(block: &[u8; BLOCK]) -> Option<usize> {
    let mut alive = 0b1111_u8;
    for (at, byte) in block.iter().enumerate() {
        // Bit `p` of `alive`: the block's first character is the `p`th of four.
        let can = CAN_BE[usize::from(*byte)];
        let turned = (can | can << 4) >> (at % 4);
        alive &= turned & 0b1111;
        if alive == 0 {
            return None;
        }
    }
    let first_is = alive.trailing_zeros() as usize;
    Some((4 - first_is) % 4)
}

/// Text in base64, decoded.
#[derive(Debug)]
pub struct Decoded {
    /// The characters that spelled it, whatever wrapped them included.
    pub range: Range<usize>,
    /// The text; it leads back to single characters.
    pub view: View,
    /// Whether characters of base64 stand right before and after that spell no text.
    pub more: (bool, bool),
}

/// Decodes the text around `at`, where four characters begin that spell three.
pub fn decode(bytes: &[u8], at: usize) -> Option<Decoded> {
    let left = characters_before(bytes, at);
    let right = characters_from(bytes, at);
    let (quads, rest) = right.as_chunks::<4>();
    let spelling = quads.iter().take_while(|quad| is_text(bytes, quad)).count();
    let (_, before) = left.as_rchunks::<4>();
    let earlier = before.iter().rev().take_while(|quad| is_text(bytes, quad)).count();
    let begun = &before[before.len() - earlier..];
    let mut view = View::default();
    for quad in begun.iter().chain(&quads[..spelling]) {
        spell(bytes, quad, &mut view);
    }
    // The last characters of unpadded base64 are two or three.
    let ends = spelling == quads.len();
    if ends && rest.len() >= 2 {
        spell(bytes, rest, &mut view);
    }
    let first = begun.first().or(quads.first())?[0];
    let last = if ends && rest.len() >= 2 { rest.last() } else { quads[..spelling].last()?.last() };
    let range = first..last? + 1;
    let glued = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_some_and(|byte| VALUE[usize::from(*byte)] != NO_VALUE)
    };
    let more = (glued(range.start.checked_sub(1)), glued(Some(range.end)));
    Some(Decoded { range, view, more })
}

/// The bytes that `text` spells, text or not, up to its padding. `None` where it is not base64.
pub fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    let characters: Vec<usize> = (0..end).collect();
    let all = text[..end].iter().all(|byte| VALUE[usize::from(*byte)] != NO_VALUE);
    let spelled = characters.chunks(4).filter(|some| some.len() > 1);
    let bytes = |some| {
        let (spelled, len) = decoded(text, some);
        spelled.into_iter().take(len)
    };
    all.then(|| spelled.flat_map(bytes).collect())
}

fn is_text(bytes: &[u8], quad: &[usize; 4]) -> bool {
    decoded(bytes, quad)
        .0
        .iter()
        .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}

/// The one to three bytes that two to four characters spell, and how many they are.
fn decoded(bytes: &[u8], characters: &[usize]) -> ([u8; 3], usize) {
    let value = |at: &usize| u32::from(VALUE[usize::from(bytes[*at])]);
    let bits = characters.iter().fold(0, |bits, at| bits << 6 | value(at));
    let [_, spelled @ ..] = (bits << (6 * (4 - characters.len()))).to_be_bytes();
    (spelled, characters.len() - 1)
}

fn spell(bytes: &[u8], characters: &[usize], view: &mut View) {
    let (spelled, len) = decoded(bytes, characters);
    for (index, byte) in spelled[..len].iter().enumerate() {
        view.put(*byte, characters[index]..characters[index + 1] + 1);
    }
}

/// The places of the characters from `at` on, over line breaks, up to padding or an end.
fn characters_from(bytes: &[u8], mut at: usize) -> Vec<usize> {
    let mut found = Vec::new();
    while found.len() < AROUND {
        let Some(byte) = bytes.get(at) else { break };
        if VALUE[usize::from(*byte)] != NO_VALUE {
            found.push(at);
            at += 1;
            continue;
        }
        let width = line_break(&bytes[at..]);
        if width == 0 || !goes_on(bytes, &found, at + width) {
            break;
        }
        at += width;
    }
    found
}

/// Whether the line at `next` goes on with the text that `found` spells: for its first sixteen
/// characters it spells ASCII in step with it.
fn goes_on(bytes: &[u8], found: &[usize], next: usize) -> bool {
    let is_character =
        |at: &usize| bytes.get(*at).is_some_and(|b| VALUE[usize::from(*b)] != NO_VALUE);
    let begun = &found[found.len() - found.len() % 4..];
    let first: Vec<usize> =
        begun.iter().copied().chain((next..next + BLOCK).take_while(is_character)).collect();
    let (quads, rest) = first.as_chunks::<4>();
    let ascii = |quad: &[usize; 4]| {
        let (spelled, _) = decoded(bytes, quad);
        spelled.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
    };
    // The last line may hold less than four.
    is_character(&next) && quads.iter().all(ascii) && (!quads.is_empty() || rest.len() > 1)
}

/// The places of the characters before `at`, in order.
fn characters_before(bytes: &[u8], mut at: usize) -> Vec<usize> {
    let mut found = Vec::new();
    while at > 0 && found.len() < AROUND {
        if VALUE[usize::from(bytes[at - 1])] != NO_VALUE {
            at -= 1;
            found.push(at);
            continue;
        }
        let width = break_before(&bytes[..at]);
        let over = at - width;
        if width == 0 || over == 0 || VALUE[usize::from(bytes[over - 1])] == NO_VALUE {
            break;
        }
        at = over;
    }
    found.reverse();
    found
}

/// How many bytes of a line break with indentation `text` begins with.
fn line_break(text: &[u8]) -> usize {
    let cr = usize::from(text.first() == Some(&b'\r'));
    if text.get(cr) == Some(&b'\n') {
        let indent = text[cr + 1..].iter().take(64).take_while(|b| matches!(b, b' ' | b'\t'));
        return cr + 1 + indent.count();
    }
    0
}

fn break_before(text: &[u8]) -> usize {
    let indent = text.iter().rev().take(64).take_while(|b| matches!(b, b' ' | b'\t')).count();
    match &text[..text.len() - indent] {
        [.., b'\r', b'\n'] => indent + 2,
        [.., b'\n'] => indent + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::mint::Mint;

    /// Plain encoding, written down once more so that the test has a second opinion.
    fn encode(text: &[u8]) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: Vec<u8> =
            text.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let sextet = |six: &[u8]| {
            let value = (0..6).fold(0, |v, at| v << 1 | six.get(at).copied().unwrap_or(0));
            char::from(ALPHABET[usize::from(value)])
        };
        bits.chunks(6).map(sextet).collect()
    }

    #[test]
    fn text_is_found_at_every_alignment_and_width() {
        let mut mint = Mint::new(21);
        for round in 0..300 {
            let token = mint.random(b"0123456789abcdef", 40);
            let lead = mint.below(9);
            let before = mint.random(b"abc:\n\"{ ", lead);
            let text = [&before[..], &token, b":\n"].concat();
            let coded = encode(&text);
            let width = [1000, 64, 76, 75][round % 4];
            let lines: Vec<&str> = coded
                .as_bytes()
                .chunks(width)
                .map(|l| std::str::from_utf8(l).unwrap_or(""))
                .collect();
            let blob = format!("k: {}==\nnext", lines.join("\r\n  "));
            let at = 3 + shows(&blob.as_bytes()[3..3 + width.min(coded.len())]).expect("it shows");
            let decoded = decode(blob.as_bytes(), at).expect("it is decoded");
            assert_eq!(decoded.view.bytes, text, "{blob}");
            assert_eq!((decoded.range.start, decoded.more), (3, (false, false)), "{blob}");
            let back = decoded.view.back(before.len()..before.len() + 40);
            assert!(back.start >= 3 && back.len() >= 53, "{back:?}");
        }
    }

    #[test]
    fn random_values_and_digests_show_seldom() {
        let mut mint = Mint::new(22);
        let alphabets: [(&[u8], usize); 2] = [
            (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 30),
            (b"0123456789abcdef", 1),
        ];
        for (alphabet, most) in alphabets {
            let shown = (0..10_000).filter(|_| shows(&mint.random(alphabet, 64)).is_some()).count();
            assert!(shown <= most, "{shown} of 10,000");
        }
    }
}
