//! How literal texts are dealt to the packed searches, so that few passes find all of them.
//!
//! Teddy asks of each byte which of 16 buckets could begin there, by the halves of it and of the three
//! that follow, and compares the texts of a bucket where all four halves fit. Texts that have
//! little in common make a bucket that fits everywhere: 127 beginnings of tokens, dealt in the order
//! of the alphabet, are found in two passes at 1.0 GB/s and in three at 1.9. Dealt as here two
//! passes find them at 3.6, in C and in JavaScript: in a pass, of a hundred blocks of 16 bytes a bucket
//! fits in one or two.

use aho_corasick::packed::{Config, Searcher};
use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, Span};

/// About the most texts of one pass. In C one pass for twice as many took longer than two, by a
/// thirtieth of the whole scan; elsewhere they were alike.
const PACKED: usize = 64;
/// So many texts or fewer are searched with eight buckets of twice the speed.
const FEW: usize = 32;
/// By how many bytes of a text its bucket is told.
const TOLD_BY: usize = 4;

/// How often bytes are in text and in code, of a thousand; any other is so once.
const OFTEN: [(&[u8], u64); 11] = [
    (b" ", 150),
    (b"e", 70),
    (b"t", 60),
    (b"aoinsr", 50),
    (b"\n", 30),
    (b"dluc", 25),
    (b"hmpfg\t", 18),
    (b"bywv_", 12),
    (b"kx.-()=,\";/*01", 10),
    (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789:{}'<>", 4),
    (b"jqz", 3),
];

/// Which lower and upper halves of bytes fit, a bit each, at each of the first bytes.
type Fits = [(u16, u16); TOLD_BY];

/// Texts of one bucket.
#[derive(Clone, Default)]
struct Bucket<'a> {
    fits: Fits,
    /// Those that begin with the same lower halves together: Teddy puts them into one bucket,
    /// whichever it would be their turn for.
    texts: Vec<Vec<&'a [u8]>>,
}

/// One search for some of the texts.
#[derive(Debug)]
pub(super) enum Pass {
    Packed(Searcher),
    /// Where the machine has no instructions for that: a fifth as fast, and it finds the same.
    Automaton(AhoCorasick),
}

impl Pass {
    /// Where the first of its texts begins in a part of `bytes`.
    pub(super) fn first(&self, bytes: &[u8], part: Span) -> Option<usize> {
        let found = match self {
            Self::Packed(searcher) => searcher.find_in(bytes, part),
            Self::Automaton(automaton) => {
                let input = Input::new(bytes).span(part).anchored(Anchored::No);
                automaton.try_find(input).ok().flatten()
            }
        };
        found.map(|found| found.start())
    }

    fn automaton(texts: &[&[u8]]) -> Option<Self> {
        let build = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(texts);
        build.ok().map(Self::Automaton)
    }
}

/// The searches that find all of the texts, none of which may begin with another one.
pub(super) fn packed(texts: &[&[u8]]) -> Vec<Pass> {
    let passes = texts.len().div_ceil(PACKED);
    let buckets = if texts.len() > FEW { 16 } else { 8 };
    let dealt = deal(texts, passes * buckets, texts.len().div_ceil((passes * buckets).max(1)));
    let pass = |texts: Vec<&[u8]>| {
        // A bucket takes what begins with the same lower halves besides: a pass may get a few more
        // texts than the heuristic allows, which knows nothing of how they were dealt.
        Config::new().heuristic_pattern_limits(false).builder().extend(texts).build()
    };
    let all: Option<Vec<Searcher>> = dealt.chunks(buckets).map(|it| pass(in_turn(it))).collect();
    let few = || texts.chunks(FEW).map(|it| pass(it.to_vec())).collect::<Option<Vec<_>>>();
    match all.or_else(few) {
        Some(all) => all.into_iter().map(Pass::Packed).collect(),
        None => Pass::automaton(texts).into_iter().collect(),
    }
}

/// Deals the texts, those that fit most often first, each to the bucket that fits little more often
/// with it than without.
fn deal<'a>(texts: &[&'a [u8]], buckets: usize, most: usize) -> Vec<Bucket<'a>> {
    let often = often();
    let mut alike: Vec<Vec<&[u8]>> = Vec::new();
    for text in texts {
        match alike.iter_mut().find(|own| lower_halves(own[0]).eq(lower_halves(text))) {
            Some(own) => own.push(text),
            None => alike.push(vec![text]),
        }
    }
    let fits = |texts: &Vec<&[u8]>| {
        texts.iter().fold(Fits::default(), |all, text| both(&all, &fits_of(text)))
    };
    let mut alike: Vec<(Fits, Vec<&[u8]>)> =
        alike.into_iter().map(|texts| (fits(&texts), texts)).collect();
    alike.sort_by_key(|(fits, _)| std::cmp::Reverse(rate(&often, fits)));
    let mut dealt = vec![Bucket::default(); buckets];
    for (fits, texts) in alike {
        let more = |bucket: &Bucket<'_>| {
            rate(&often, &both(&bucket.fits, &fits)) - rate(&often, &bucket.fits)
        };
        let free = dealt.iter_mut().filter(|bucket| bucket.texts.len() < most);
        if let Some(bucket) = free.min_by_key(|bucket| more(bucket)) {
            bucket.fits = both(&bucket.fits, &fits);
            bucket.texts.push(texts);
        }
    }
    // What is left over in the last round is then at its end.
    dealt.sort_by_key(|bucket| std::cmp::Reverse(bucket.texts.len()));
    dealt
}

/// The texts of the buckets in the order in which Teddy deals them out to its own, one by one. Where
/// a bucket has none left, one comes in whose bucket is settled.
fn in_turn<'a>(buckets: &[Bucket<'a>]) -> Vec<&'a [u8]> {
    let rounds = buckets.iter().map(|bucket| bucket.texts.len()).max().unwrap_or(0);
    let (mut order, mut settled) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        for bucket in buckets {
            match bucket.texts.get(round).and_then(|texts| texts.split_first()) {
                Some((first, more)) => {
                    order.push(*first);
                    settled.extend_from_slice(more);
                }
                None => order.extend(settled.pop()),
            }
        }
    }
    order.extend(settled);
    order
}

fn lower_halves(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    text.iter().take(TOLD_BY).map(|byte| byte & 0xf)
}

fn fits_of(text: &[u8]) -> Fits {
    let mut fits = Fits::default();
    for (own, byte) in fits.iter_mut().zip(text) {
        *own = (1 << (byte & 0xf), 1 << (byte >> 4));
    }
    fits
}

fn both(one: &Fits, other: &Fits) -> Fits {
    std::array::from_fn(|at| (one[at].0 | other[at].0, one[at].1 | other[at].1))
}

/// How often bytes are, by their upper and their lower half.
fn often() -> [[u64; 16]; 16] {
    let mut often = [[1; 16]; 16];
    for (bytes, weight) in OFTEN {
        for byte in bytes {
            often[usize::from(byte >> 4)][usize::from(byte & 0xf)] = weight;
        }
    }
    often
}

/// How often all of it fits, in no unit. A place that nothing is told by does not count.
fn rate(often: &[[u64; 16]; 16], fits: &Fits) -> u64 {
    let bits = |halves: u16| (0..16_usize).filter(move |half| halves >> half & 1 == 1);
    let of = |(lower, upper): &(u16, u16)| {
        bits(*upper).flat_map(|up| bits(*lower).map(move |low| often[up][low])).sum::<u64>()
    };
    let told = fits.iter().filter(|fits| fits.0 != 0).map(of);
    if fits[0].0 == 0 { 0 } else { told.product() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each text has its turn once, and texts that look alike are in one bucket.
    #[test]
    fn all_are_dealt() {
        let texts: Vec<String> = (0..500).map(|n| format!("{:x}{n}-text", n % 7)).collect();
        for len in [0, 1, 7, 32, 33, 100, 128, 129, 500] {
            let texts: Vec<&[u8]> = texts[..len].iter().map(String::as_bytes).collect();
            let mut turns: Vec<&[u8]> = Vec::new();
            let passes = packed(&texts);
            assert_eq!(passes.len(), len.div_ceil(PACKED));
            let most = len.div_ceil(16 * passes.len().max(1));
            for pass in deal(&texts, 16 * passes.len(), most).chunks(16) {
                turns.extend(in_turn(pass));
            }
            turns.sort_unstable();
            let mut all = texts.clone();
            all.sort_unstable();
            assert_eq!(turns, all);
        }
    }

    /// Where nothing can be packed the same is found.
    #[test]
    fn an_automaton_finds_what_packed_searches_find() {
        let texts = ["ghp_", "squ_", "qu_x"].map(str::as_bytes);
        let bytes = b"-- squ_x ghp_ squ_ -- ghp_";
        let automaton = [Pass::automaton(&texts).expect("built")];
        let packed = packed(&texts);
        for from in 0..bytes.len() {
            let part = Span { start: from, end: bytes.len() };
            let first =
                |passes: &[Pass]| passes.iter().filter_map(|it| it.first(bytes, part)).min();
            assert_eq!(first(&automaton), first(&packed), "{from}");
        }
    }

    #[test]
    fn like_goes_with_like() {
        let texts = ["ghp_", "JIRA", "gho_", "jira", "jars"].map(str::as_bytes);
        let dealt = deal(&texts, 2, 3);
        let has =
            |bucket: &Bucket<'_>, text: &[u8]| bucket.texts.iter().flatten().any(|it| *it == text);
        for bucket in &dealt {
            assert_eq!(has(bucket, b"ghp_"), has(bucket, b"gho_"));
            assert_eq!(has(bucket, b"jira"), has(bucket, b"JIRA"));
            assert!(has(bucket, b"jira") != has(bucket, b"ghp_"));
        }
    }
}
