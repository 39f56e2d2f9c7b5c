//! What a token looks like: a sequence of byte classes, each repeated a bounded number of times.
//!
//! A pattern is written as a regular expression, but only what such a sequence can say is
//! allowed: no alternatives, no unbounded repeats, no boundaries. In return its length, its
//! fixed start and the run of letters and digits in it are known before any text is read, matching
//! needs no engine and no cache, and a random instance can be minted.

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind};

/// The shortest run that the run search looks for: the shortest body of any token.
pub const RUN: usize = 32;

/// The shortest fixed start that is looked for by itself.
pub const HEAD: usize = 4;

/// Longer patterns than this are refused: masking and chunk overlap count on it. Signed claims
/// (JWT) with a dozen roles in them have about 1,500 characters.
pub const LONGEST: usize = 2048;

/// More ways to split a text between repeats than this are refused, which bounds backtracking.
const WAYS: usize = 64;

/// A set of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteSet([bool; 256]);

impl ByteSet {
    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = [false; 256];
        bytes.into_iter().for_each(|byte| set[usize::from(byte)] = true);
        Self(set)
    }

    /// Whether the set holds `byte`.
    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    /// The bytes in order.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|byte| self.has(*byte))
    }
}

/// Whether `byte` belongs to the runs that the run search finds: letters, digits, and the dash
/// of a UUID. The underscore is left out, so that a run ends where a prefix does.
#[expect(clippy::needless_bitwise_bool, reason = "a branch would keep it from being vectorised")]
pub const fn in_run(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'-')
}

/// One class of bytes, `min` to `max` times.
#[derive(Clone, Debug)]
pub struct Atom {
    pub set: ByteSet,
    pub min: usize,
    pub max: usize,
}

/// How far before the long run in it a token begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    pub min: usize,
    pub max: usize,
}

/// A token's shape.
#[derive(Clone, Debug)]
pub struct Shape {
    atoms: Vec<Atom>,
    /// The bytes that any of them takes.
    any: ByteSet,
    min_len: usize,
}

impl Shape {
    /// Reads a pattern, or says what a shape cannot hold.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
        let hir = parser.parse(pattern).map_err(|error| brief(&error.to_string()))?;
        let mut atoms = Vec::new();
        push(&hir, &mut atoms)?;
        let any = ByteSet::of(atoms.iter().flat_map(|atom| atom.set.bytes()));
        let min_len = atoms.iter().map(|atom: &Atom| atom.min).sum();
        let shape = Self { atoms, any, min_len };
        shape.check()?;
        Ok(shape)
    }

    /// The shape that nothing has: of rules that find in another way.
    pub(super) fn none() -> Self {
        let atoms = vec![Atom { set: ByteSet::of([]), min: 1, max: 1 }];
        Self { atoms, any: ByteSet::of([]), min_len: 1 }
    }

    fn check(&self) -> Result<(), String> {
        let ways = self.ways();
        if self.min_len() < 16 {
            return Err("shorter than 16 characters: too short to be told from text".to_owned());
        }
        if self.max_len() > LONGEST {
            return Err(format!("longer than {LONGEST} characters"));
        }
        if ways > WAYS {
            return Err(format!("more than {WAYS} ways to repeat its parts"));
        }
        Ok(())
    }

    /// In how many ways a text may be split between its parts. The last part takes all it can, and
    /// so does one that has no byte in common with what can follow it: there is one way for them.
    fn ways(&self) -> usize {
        let forks = |at: usize, atom: &Atom| {
            let rest = &self.atoms[at + 1..];
            let next = rest.iter().position(|atom| atom.min > 0).map_or(rest.len(), |it| it + 1);
            let shares = |other: &Atom| other.set.bytes().any(|byte| atom.set.has(byte));
            rest[..next].iter().any(shares)
        };
        let forks = self.atoms.iter().enumerate().filter(|(at, atom)| forks(*at, atom));
        forks.fold(1, |ways: usize, (_, atom)| ways.saturating_mul(atom.max - atom.min + 1))
    }

    /// Its parts.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// The length of its shortest instance.
    pub fn min_len(&self) -> usize {
        self.min_len
    }

    /// The length of its longest instance.
    pub fn max_len(&self) -> usize {
        self.atoms.iter().map(|atom| atom.max).sum()
    }

    /// The bytes that every instance begins with.
    pub fn prefix(&self) -> Vec<u8> {
        let fixed = |atom: &Atom| (atom.min, atom.max) == (1, 1) && atom.set.bytes().count() == 1;
        let lead = self.atoms.iter().take_while(|atom| fixed(atom));
        lead.filter_map(|atom| atom.set.bytes().next()).collect()
    }

    /// The end of the longest instance that begins at `at`, boundaries not considered.
    pub fn match_at(&self, bytes: &[u8], at: usize) -> Option<usize> {
        match_atoms(&self.atoms, bytes, at)
    }

    /// The next places in `range` where instances may begin, side by side: from each on, as many
    /// bytes as the shortest has are of those that instances hold. Words of text are shorter:
    /// they are stepped over from their end, so that few bytes are looked at.
    pub fn stretch(&self, bytes: &[u8], range: Range<usize>) -> Option<Range<usize>> {
        let outside = |byte: &u8| !self.any.has(*byte);
        let mut at = range.start;
        while at < range.end {
            let shortest = bytes.get(at..at + self.min_len)?;
            if let Some(last) = shortest.iter().rposition(outside) {
                at += last + 1;
                continue;
            }
            let rest = &bytes[at + self.min_len..];
            let more = rest.iter().take(range.end - at - 1).take_while(|byte| !outside(byte));
            return Some(at..at + more.count() + 1);
        }
        None
    }

    /// Where a token begins relative to the run of at least [`RUN`] bytes that each
    /// instance holds, if each does and the run's start cannot lie further left than it.
    pub fn lead(&self) -> Option<Lead> {
        let inside = |atom: &Atom| atom.set.bytes().all(in_run);
        let mut at = 0;
        while at < self.atoms.len() {
            let len = self.atoms[at..].iter().take_while(|atom| inside(atom)).count();
            let run: usize = self.atoms[at..at + len].iter().map(|atom| atom.min).sum();
            let (before, _) = self.atoms.split_at(at);
            let closed = before.last().is_none_or(|atom| !atom.set.bytes().any(in_run));
            if run >= RUN && closed {
                let min = before.iter().map(|atom| atom.min).sum();
                let max = before.iter().map(|atom| atom.max).sum();
                return Some(Lead { min, max });
            }
            at += len + 1;
        }
        None
    }

    /// Whether its instances may hold a dash, so that a run must not be cut at dashes for it.
    pub fn jointed(&self) -> bool {
        self.atoms.iter().any(|atom| atom.set.has(b'-'))
    }
}

fn match_atoms(atoms: &[Atom], bytes: &[u8], at: usize) -> Option<usize> {
    let Some((atom, rest)) = atoms.split_first() else { return Some(at) };
    let here = bytes.get(at..)?;
    let run = here.iter().take(atom.max).take_while(|byte| atom.set.has(**byte)).count();
    (atom.min..=run).rev().find_map(|len| match_atoms(rest, bytes, at + len))
}

fn push(hir: &Hir, atoms: &mut Vec<Atom>) -> Result<(), String> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            let one = |byte: &u8| Atom { set: ByteSet::of([*byte]), min: 1, max: 1 };
            atoms.extend(literal.0.iter().map(one));
        }
        HirKind::Class(class) => atoms.push(Atom { set: set_of(class)?, min: 1, max: 1 }),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| push(part, atoms))?,
        HirKind::Capture(capture) => push(&capture.sub, atoms)?,
        HirKind::Repetition(repeat) => {
            let Some(max) = repeat.max else {
                return Err("unbounded: say how often at most, as in {40}".to_owned());
            };
            push_repeat(&repeat.sub, repeat.min as usize, max as usize, atoms)?;
        }
        HirKind::Alternation(_) => {
            return Err("alternatives: write one [[token]] for each".to_owned());
        }
        HirKind::Look(_) => {
            return Err("a boundary: squelch looks at both sides of every token itself".to_owned());
        }
    }
    Ok(())
}

fn push_repeat(sub: &Hir, min: usize, max: usize, atoms: &mut Vec<Atom>) -> Result<(), String> {
    let mut inner = Vec::new();
    push(sub, &mut inner)?;
    match inner.as_slice() {
        [atom] if (atom.min, atom.max) == (1, 1) => {
            atoms.push(Atom { set: atom.set.clone(), min, max });
        }
        _ if min == max && min * inner.len() <= LONGEST => {
            (0..min).for_each(|_| atoms.extend(inner.iter().cloned()));
        }
        _ => return Err("a group that repeats a varying number of times".to_owned()),
    }
    Ok(())
}

fn set_of(class: &Class) -> Result<ByteSet, String> {
    let bytes = match class {
        Class::Bytes(bytes) => bytes.clone(),
        Class::Unicode(chars) => chars.to_byte_class().ok_or("characters beyond ASCII")?,
    };
    Ok(ByteSet::of(bytes.ranges().iter().flat_map(|range| range.start()..=range.end())))
}

/// The last line of a regex error says what is wrong; the lines above draw a picture of where.
fn brief(error: &str) -> String {
    error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_length_prefix_and_lead() {
        let shape = Shape::parse("ab_[x-z]{2,3}_[0-9a-f]{40}").expect("a sequence of classes");
        assert_eq!((shape.min_len(), shape.max_len()), (46, 47));
        assert_eq!(shape.prefix(), b"ab_");
        assert_eq!(shape.lead(), Some(Lead { min: 6, max: 7 }));
        let uuid = Shape::parse("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a UUID");
        assert_eq!(uuid.lead(), Some(Lead { min: 0, max: 0 }));
        assert!(uuid.jointed());
    }

    #[test]
    fn a_class_wider_than_a_run_hides_its_start() {
        let shape = Shape::parse("[0-9a-z_]{4}[0-9a-f]{40}").expect("a sequence of classes");
        assert_eq!(shape.lead(), None);
    }

    #[test]
    fn matches_the_longest_and_gives_back() {
        let shape = Shape::parse("[a-c]{8,10}c[0-9]{10}").expect("a sequence of classes");
        assert_eq!(shape.match_at(b"aaaaaaaac0123456789", 0), Some(19));
        assert_eq!(shape.match_at(b"aaaaaaaab0123456789", 0), None);
    }

    #[test]
    fn a_stretch_holds_each_place_where_a_match_begins() {
        let shape = Shape::parse("[xy][a-c]{2}[0-9]{13,14}").expect("a sequence of classes");
        let text = b"word xab0123456789012 yyxcc01234567890123zxbb012345678901234 xab012345";
        let mut found = Vec::new();
        let mut range = 0..text.len();
        while let Some(stretch) = shape.stretch(text, range.clone()) {
            range.start = stretch.end;
            found.extend(stretch);
        }
        let matches = |at: &usize| shape.match_at(text, *at).is_some();
        let all: Vec<usize> = (0..text.len()).filter(matches).collect();
        assert_eq!(all, [5, 24, 42]);
        assert!(all.iter().all(|at| found.contains(at)) && found.len() < 10, "{found:?}");
        assert_eq!(shape.stretch(text, 0..5), None);
        assert_eq!(shape.stretch(text, 22..24), Some(22..24));
    }

    #[test]
    fn refuses_what_it_cannot_bound() {
        let why = |pattern: &str| Shape::parse(pattern).expect_err(pattern);
        assert!(why("ab[0-9]+").starts_with("unbounded"));
        assert!(why("(?:abc|de)[0-9]{40}").starts_with("alternatives"));
        assert!(why(r"\b[0-9]{40}").starts_with("a boundary"));
        assert!(why("[0-9]{4}").starts_with("shorter"));
        assert!(why("[0-9]{4000}").starts_with("longer"));
        assert!(why("[0-9a-f]{16,90}[0-9]{4}").starts_with("more than 64 ways"));
        assert!(Shape::parse(r"ab_[0-9a-f]{16,900}={0,2}\.[0-9]{4,800}").is_ok(), "one way each");
        assert!(why("[0-9a-f]{16,900}={0,2}[0-9]{4}").starts_with("more than 64 ways"));
        assert!(why("a[").contains("unclosed"));
    }
}
