//! The search behind what hides tokens: other readings of a blob, and readings of those.
//!
//! A reading is made only where the search through the bytes as they are met a sign of it
//! (`hints`, `spots`), so that a blob without one costs nothing more. A text in base64 or in
//! escapes is read in its place, with what stands around it, so that the key before a header
//! is still the key of the token in it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::allow;
use super::companions::Halves;
use super::hints::Hints;
use super::partial::partials;
use super::runs::Runs;
use super::search::{Hit, Outcome, Search};
use super::spots::Spots;
use super::{Detector, Readings, companions};
use crate::leak::{Candidate, Half, HalfPlace};
use crate::rule::{CompanionRule, Rule};
use crate::secret::{Fingerprint, Secret};
use crate::span::{Position, Span};
use crate::view::{Layer, Layers, View, base64, escapes, hex, logs, wide, wrap};
use crate::wanted::Wanted;

/// How many layers are taken off one after the other: base64 in base64 in a JSON string in a
/// log, and one more.
pub(super) const DEPTH: usize = 5;
/// How much text around a place is read with it: what a judgement can depend on.
const AROUND: usize = 3072;
/// A file with zeros in its head is a binary; codes in it are no terminal's.
const HEAD: usize = 8000;

/// A reading to search.
pub(super) struct Reading {
    layer: Layer,
    view: View,
    /// Only what is not in the blob as it is counts: the rest was searched before.
    local: bool,
}

/// What was left out of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// Candidates beyond the cap.
    pub(super) capped: bool,
    /// What more layers hide than are taken off.
    pub(super) deeper: bool,
    /// Nothing; but it is read in other ways than as it stands, so its words do not say what it holds.
    pub(super) hides: bool,
}

impl Left {
    fn add(&mut self, other: Self) {
        self.capped |= other.capped;
        self.deeper |= other.deeper;
        self.hides |= other.hides;
    }
}

/// A hit with the bytes of the blob that it stands for.
pub(super) struct Placed {
    pub(super) candidate: Candidate,
    pub(super) range: Range<usize>,
    /// The same of its other halves.
    pub(super) halves: Vec<Range<usize>>,
}

impl Detector {
    /// Everything in `bytes`, whatever hides it, in order of position. `outer` is the reading that
    /// they are: what stands in the blob as it is was searched there.
    pub(super) fn deep(
        &self,
        bytes: &[u8],
        outcome: Outcome,
        outer: Option<&Reading>,
        depth: usize,
    ) -> (Vec<Placed>, Left) {
        let Outcome { hits, capped, marks, mut spots, heads } = outcome;
        let mut left = Left { capped, ..Left::default() };
        let mut hidden = Vec::new();
        if self.readings != Readings::Raw {
            spots.complete(bytes, marks.hints, &heads, &starts(&hits));
            if let Some(Reading { view, .. }) = outer {
                spots.retain(|spot| !view.is_verbatim(around(&spot, bytes.len())));
            }
            let readings = self.readings(bytes, marks.hints, &spots, outer);
            left.hides = !(readings.is_empty() && spots.is_empty());
            for reading in readings {
                if depth == DEPTH {
                    // Escapes of data that is no text make more escapes for ever; base64 and hex
                    // are read only where they spell what can be a token.
                    left.deeper |= matches!(reading.layer, Layer::Base64 | Layer::Hex);
                    continue;
                }
                left.add(self.read(&reading, depth + 1, &mut hidden));
            }
        }
        hidden.sort_by_key(|placed| placed.range.start);
        let mut ranges: Vec<Range<usize>> = hidden.iter().map(|it| it.range.clone()).collect();
        // What only a foreign rule takes for a secret has no shape by which a line is masked.
        let foreign = hits.iter().filter(|hit| self.rules[hit.rule].foreign.is_some());
        ranges.extend(foreign.map(|hit| hit.start..hit.end));
        // Nor has the other half of a pair, which no line may show.
        let halves: Vec<Halves<'_>> = hits
            .iter()
            .map(|hit| companions::halves(&self.rules[hit.rule], bytes, &(hit.start..hit.end)))
            .collect();
        let secret = halves.iter().flatten().filter(|(half, _)| half.is_secret());
        ranges.extend(secret.map(|(_, range)| range.clone()));
        ranges.sort_by_key(|range| range.start);
        let log = outer.is_some_and(|outer| outer.layer == Layer::Terminal);
        let sought = self.plan.wanted.as_ref().is_some_and(Wanted::has_endings);
        let partials =
            if log || sought { partials(&self.plan, &self.rules, bytes) } else { Vec::new() };
        let alone = partials.into_iter().map(|hit| (hit, Vec::new()));
        let plain = hits.into_iter().zip(halves).chain(alone);
        let plain = plain.map(|(hit, halves)| self.placed(bytes, hit, halves, &ranges)).collect();
        (merge(plain, hidden), left)
    }

    /// Searches one reading and adds what is new in it.
    fn read(&self, reading: &Reading, depth: usize, found: &mut Vec<Placed>) -> Left {
        let view = &reading.view;
        let search = Search::new(&self.rules, &self.plan, &view.bytes, self.explain);
        let (inner, left) =
            self.deep(&view.bytes, search.run_all(None, true), Some(reading), depth);
        for mut placed in inner {
            let known = placed.candidate.layers.0.is_empty()
                && view.is_verbatim(around(&placed.range, view.bytes.len()));
            if reading.local && known {
                continue;
            }
            placed.range = view.back(placed.range.clone());
            placed.halves.iter_mut().for_each(|half| *half = view.back(half.clone()));
            placed.candidate.layers.0.insert(0, reading.layer);
            found.push(placed);
        }
        left
    }

    /// The readings that signs call for.
    fn readings(
        &self,
        bytes: &[u8],
        hints: Hints,
        spots: &Spots,
        outer: Option<&Reading>,
    ) -> Vec<Reading> {
        let mut all = Vec::new();
        if hints.control && memchr::memchr(0, bytes).is_some() {
            all.extend(wide::stretches(bytes).into_iter().map(|view| whole(Layer::Wide, view)));
        }
        self.logs(bytes, hints, outer.map(|outer| outer.layer), &mut all);
        self.in_base64(bytes, &spots.base64, &mut all);
        for run in &spots.hex {
            let view = hex::spelled(bytes, run.clone()).filter(|view| self.may_hold(&view.bytes));
            all.extend(view.map(|view| inside(Layer::Hex, bytes, run.clone(), &view)));
        }
        all.extend(in_escapes(bytes, spots.escaped.clone()));
        if hints.dump {
            all.extend(hex::dumps(bytes).into_iter().map(|(_, view)| whole(Layer::Hex, view)));
        }
        for at in &spots.torn {
            let joined = wrap::join(bytes, *at).into_iter();
            let tokens = joined.filter(|(_, view)| self.is_token(&view.bytes));
            all.extend(tokens.map(|(range, view)| inside(Layer::Wrap, bytes, range, &view)));
        }
        all
    }

    /// The readings of a CI log, or of anything that was written for a terminal.
    fn logs(&self, bytes: &[u8], hints: Hints, outer: Option<Layer>, all: &mut Vec<Reading>) {
        let text = || !bytes[..bytes.len().min(HEAD)].contains(&0);
        if outer == Some(Layer::Terminal) {
            // The lines of what was unframed are those that a width may have broken.
            return all.extend(wrap::rejoin(bytes).map(|view| local(Layer::Wrap, view)));
        }
        if let Some(view) = logs::unchunk(bytes) {
            return all.push(whole(Layer::Json, view));
        }
        let coded = hints.control && text();
        let forced = self.readings == Readings::Logs && outer.is_none() && text();
        if coded || forced || outer == Some(Layer::Json) || logs::is_framed(bytes, coded) {
            all.push(whole(Layer::Terminal, logs::unframe(bytes)));
        }
        if coded {
            let notes = logs::jenkins::notes(bytes).into_iter();
            all.extend(notes.map(|(range, payload)| {
                let mut view = View::default();
                view.opaque(&payload, range);
                whole(Layer::Note, view)
            }));
        }
    }

    fn in_base64(&self, bytes: &[u8], spots: &[usize], all: &mut Vec<Reading>) {
        let mut done = 0;
        for at in spots {
            if *at < done {
                continue;
            }
            let Some(decoded) = base64::decode(bytes, *at) else { continue };
            done = decoded.range.end;
            if self.may_hold(&decoded.view.bytes) {
                let view = splice(bytes, decoded.range, &decoded.view, decoded.more);
                all.push(local(Layer::Base64, view));
            }
        }
    }

    /// Whether the whole of `word`, which begins as a token does, is one by its shape. Shapes without
    /// a fixed start would take any long word, and so would some with one take lines that each begin
    /// as a token does.
    fn is_token(&self, word: &[u8]) -> bool {
        let begins = |rule: &Rule| rule.prefix > 0;
        let fits = |rule: &Rule| rule.shape.match_at(word, 0) == Some(word.len());
        let mut more = self.plan.starts.places(word, 1, word.len());
        self.rules.iter().any(|rule| begins(rule) && fits(rule))
            && !more.any(|(_, words)| words.meets(self.plan.is_head))
    }

    /// Whether a token can stand in `text`, or something that hides one: there is a run in it,
    /// or something that tokens begin with.
    fn may_hold(&self, text: &[u8]) -> bool {
        Runs::new(text).next().is_some() || self.plan.starts.any(text)
    }

    /// `hidden` are the places of what other readings found: nothing of it is shown.
    fn placed(
        &self,
        bytes: &[u8],
        hit: Hit,
        halves: Halves<'_>,
        hidden: &[Range<usize>],
    ) -> Placed {
        let rule = &self.rules[hit.rule];
        let range = hit.start..hit.end;
        let shown = (!hit.partial).then_some(rule.prefix);
        let halves = if hit.dismissal.is_some() { Vec::new() } else { halves };
        let (places, halves) = self.halves(bytes, halves, hidden);
        let candidate = Candidate {
            rule: hit.rule,
            secret: Secret::new(&bytes[range.clone()]),
            span: Span { start: 0, end: 0 },
            position: Position::default(),
            line: self.masker.line(bytes, hit.start, hit.end, shown, hidden),
            confidence: hit.confidence,
            companions: self.companions(rule, bytes, &hit),
            halves,
            layers: Layers::default(),
            partial: hit.partial,
            proved: hit.proved,
            placed: hit.placed,
            allowed: allow::allows(bytes, &range),
            pending: hit.pending,
            dismissal: hit.dismissal,
        };
        Placed { candidate, range, halves: places }
    }

    /// The other halves of a pair, and where they stand.
    fn halves(
        &self,
        bytes: &[u8],
        halves: Halves<'_>,
        hidden: &[Range<usize>],
    ) -> (Vec<Range<usize>>, Vec<Half>) {
        let half = |(half, range): (&CompanionRule, Range<usize>)| {
            let (value, name) = (&bytes[range.clone()], half.name.clone());
            let secret = half.is_secret().then(|| Arc::new(Secret::new(value)));
            let plain = || String::from_utf8_lossy(value).into_owned();
            let shown = secret.as_ref().map_or_else(plain, |secret| secret.redacted(0));
            let masked = secret.is_some().then_some(0);
            let line = self.masker.line(bytes, range.start, range.end, masked, hidden);
            let place = HalfPlace { name, shown, position: Position::default(), line };
            (range, Half { secret, place })
        };
        halves.into_iter().map(half).unzip()
    }

    fn companions(&self, rule: &Rule, bytes: &[u8], hit: &Hit) -> Vec<crate::leak::Companion> {
        if hit.dismissal.is_some() {
            return Vec::new();
        }
        companions::near(rule, &self.masker, bytes, &(hit.start..hit.end), hit.user.as_deref())
    }
}

/// Joins what was found in the bytes as they are and what readings found, in order of position.
/// Of one token at one place only the sighting with the fewest layers stays, unless only another
/// one is accepted: without the framing, a line above can make a token of what was dismissed.
fn merge(plain: Vec<Placed>, hidden: Vec<Placed>) -> Vec<Placed> {
    let mut all = plain;
    all.extend(hidden);
    all.sort_by_key(|placed| {
        let candidate = &placed.candidate;
        (placed.range.start, candidate.dismissal.is_some(), candidate.layers.0.len())
    });
    let mut kept: Vec<Placed> = Vec::with_capacity(all.len());
    // Where the places of each token end that were kept last.
    let mut ends: HashMap<Fingerprint, (usize, usize)> = HashMap::new();
    for placed in all {
        let print = placed.candidate.secret.fingerprint();
        let at = ends.get(&print).filter(|(end, _)| placed.range.start < *end).map(|(_, at)| *at);
        if let Some(at) = at {
            let known = &kept[at].candidate;
            if known.dismissal.is_some() && placed.candidate.dismissal.is_none() {
                kept[at] = placed;
            }
        } else {
            ends.insert(print, (placed.range.end, kept.len()));
            kept.push(placed);
        }
    }
    kept
}

/// A place and the byte on either side of it, which say whether it stands alone.
fn around(place: &Range<usize>, len: usize) -> Range<usize> {
    place.start.saturating_sub(1)..len.min(place.end + 1)
}

/// Where tokens begin that are known.
fn starts(hits: &[Hit]) -> HashSet<usize> {
    hits.iter().filter(|hit| hit.dismissal.is_none()).map(|hit| hit.start).collect()
}

fn whole(layer: Layer, view: View) -> Reading {
    Reading { layer, view, local: false }
}

fn local(layer: Layer, view: View) -> Reading {
    Reading { layer, view, local: true }
}

/// `bytes` with `view` in the place of `range`.
fn inside(layer: Layer, bytes: &[u8], range: Range<usize>, view: &View) -> Reading {
    local(layer, splice(bytes, range, view, (false, false)))
}

/// The neighbourhoods of escapes, joined where they overlap.
fn in_escapes(bytes: &[u8], mut spots: Vec<Range<usize>>) -> Vec<Reading> {
    spots.sort_by_key(|spot| spot.start);
    let mut windows: Vec<Range<usize>> = Vec::new();
    for spot in spots {
        let window = spot.start.saturating_sub(AROUND)..bytes.len().min(spot.end + AROUND);
        match windows.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            _ => windows.push(window),
        }
    }
    let views = windows.into_iter().filter_map(|window| escapes::unescape(bytes, window));
    views.map(|view| local(Layer::Escapes, view)).collect()
}

/// `bytes` around `range` with `inner` in its place; a space keeps apart what is no part of it.
fn splice(bytes: &[u8], range: Range<usize>, inner: &View, apart: (bool, bool)) -> View {
    let mut view = View::default();
    view.copy(bytes, range.start.saturating_sub(AROUND)..range.start);
    if apart.0 {
        view.put(b' ', range.start..range.start);
    }
    view.append(inner);
    if apart.1 {
        view.put(b' ', range.end..range.end);
    }
    view.copy(bytes, range.end..bytes.len().min(range.end + AROUND));
    view
}
