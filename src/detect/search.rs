//! One search through one blob: from runs and anchors to judged hits.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::detect::boundary::{stands_alone, stands_free};
use crate::detect::hints::Hints;
use crate::detect::marks::{Marks, Start, WORTH};
use crate::detect::place::{Held, Surroundings};
use crate::detect::plan::Plan;
use crate::detect::spots::Spots;
use crate::detect::steps::Steps;
use crate::detect::words::{Around, WordSet};
use crate::judge;
use crate::leak::{Confidence, Dismissal, DismissalKind};
use crate::rule::Rule;
use crate::rule::key::Key;
use crate::rule::shape::LONGEST;
use crate::secret::Secret;
use crate::span::Copied;
use crate::terms::TermSet;
use crate::wanted::{Sought, Wanted};

/// More hits than this are not collected: a blob with so many holds test data or an attack,
/// and the first ten thousand say so.
pub(super) const MOST: usize = 10_000;
/// How far before and after a value words can matter: statement, then headers above it (1 KiB
/// and 2 KiB); statement, then lines below it (1 KiB each).
const BEFORE: usize = 3072;
const AFTER: usize = 2048;
/// How far from an anchor its token may begin at least: a key, a gap and a token.
const ANCHOR_REACH: usize = 384;
/// How far from an anchor a longer token may begin besides its own length.
const ANCHOR_GAP: usize = 128;
/// More distinct values than this under one key of one blob are ids.
const SAME_KEY: usize = 20;

/// One value that a rule claims.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) rule: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) confidence: Confidence,
    pub(super) user: Option<String>,
    /// Whether the rest of the token is masked.
    pub(super) partial: bool,
    /// Whether a digest that was looked for is its own: nothing can say that it is no token.
    pub(super) proved: bool,
    /// Whether its form or its context says of which kind it is: else it is here because it was
    /// looked for, and its rule is any of those whose form it has.
    pub(super) placed: bool,
    pub(super) dismissal: Option<Dismissal>,
    /// Which allowlists of a foreign rule let it pass if it stands where they say.
    pub(super) pending: Vec<usize>,
    /// The words of the key that made a bare value a token.
    pub(super) key: Option<Key>,
}

impl Hit {
    /// A value whose rest is masked.
    pub(super) fn partial(rule: usize, start: usize, end: usize) -> Self {
        let confidence = Confidence::Low;
        Self { partial: true, ..Self::new(rule, start, end, confidence) }
    }

    /// A value that its form or its context places, and of which nothing else is known.
    pub(super) fn new(rule: usize, start: usize, end: usize, confidence: Confidence) -> Self {
        let (user, dismissal, key) = (None, None, None);
        let (partial, proved, placed, pending) = (false, false, true, Vec::new());
        Self {
            rule,
            start,
            end,
            confidence,
            user,
            partial,
            proved,
            placed,
            dismissal,
            pending,
            key,
        }
    }
}

/// The state of one search.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) rules: &'a [Arc<Rule>],
    pub(super) plan: &'a Plan,
    pub(super) bytes: &'a [u8],
    pub(super) explain: bool,
    hits: Vec<Hit>,
    around: Around<'a>,
    surroundings: Option<(usize, usize, Surroundings<'a>)>,
    steps: Rc<Steps>,
}

/// What a search leaves.
#[derive(Debug)]
pub(super) struct Outcome {
    /// In order of position, one for each place.
    pub(super) hits: Vec<Hit>,
    /// Whether the cap was reached.
    pub(super) capped: bool,
    pub(super) marks: Marks,
    pub(super) spots: Spots,
    /// Where something stands that tokens begin with.
    pub(super) heads: Vec<usize>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        rules: &'a [Arc<Rule>],
        plan: &'a Plan,
        bytes: &'a [u8],
        explain: bool,
    ) -> Self {
        let around = Around::new(&plan.words, bytes);
        Self {
            rules,
            plan,
            bytes,
            explain,
            hits: Vec::new(),
            around,
            surroundings: None,
            steps: Rc::default(),
        }
    }

    /// Searches, as far as `base` does not already say what comes out. With `signs`, notes what
    /// else the bytes may hide.
    pub(super) fn run_all(mut self, base: Option<(&Marks, &[Copied])>, signs: bool) -> Outcome {
        let had = base.map(|(marks, copies)| (marks.hints, copies));
        let look = || Hints::of(self.bytes, had, WORTH);
        let hints = if signs { look() } else { Hints::default() };
        let mut spots = Spots::default();
        let mut runs = Marks::runs(self.bytes, base);
        for run in runs.iter_mut().filter(|run| !run.quiet) {
            let known = self.hits.len();
            self.run(run.start, run.end);
            let found = self.hits.len() > known;
            let range = run.start..run.end;
            let hides = signs && spots.note(self.bytes, range, found, &self.plan.heads);
            run.quiet = !found && !hides;
            if self.hits.len() >= MOST {
                break;
            }
        }
        // Where the search ended early, not every run was looked at.
        let whole = self.hits.len() < MOST;
        let starts = Marks::starts(self.bytes, base, &self.plan.starts);
        // The words around move forward only, so the second pass needs its own.
        self.around = Around::new(&self.plan.words, self.bytes);
        let heads = self.starts(&starts);
        let mut marks = Marks::new(whole.then_some(runs), self.bytes.len(), starts, hints);
        let (foreign, words) = self.plan.foreign.hits(self.rules, self.bytes, self.explain);
        self.hits.extend(foreign);
        marks.terms = marks.terms.or(words);
        // What one rule finds can be the reason that what another one finds is not taken.
        if !self.hits.is_empty() {
            marks.terms = marks.terms.or(TermSet::HIDDEN);
        }
        let capped = self.hits.len() >= MOST;
        let mut kept = resolve(self.hits, self.rules);
        kept.truncate(MOST);
        dismiss_columns(&mut kept, self.bytes);
        Outcome { hits: kept, capped, marks, spots, heads }
    }

    fn run(&mut self, start: usize, end: usize) {
        let plan = self.plan;
        if start > 0 && plan.led_byte[usize::from(self.bytes[start - 1])] {
            for (rule, lead) in &plan.led {
                let begins = (lead.min..=lead.max).filter_map(|lead| start.checked_sub(lead));
                for at in begins {
                    if let Some(to) = self.rules[*rule].shape.match_at(self.bytes, at) {
                        self.consider(*rule, at, to, start);
                    }
                }
            }
        }
        self.pieces(start, end);
    }

    /// Finds the tokens that hold no run: where something stands that they begin with, and around
    /// each anchor. Each byte is looked at once a rule, however close the anchors stand. Returns
    /// where the beginnings stand.
    fn starts(&mut self, starts: &[Start]) -> Vec<usize> {
        let plan = self.plan;
        let mut done = vec![0; plan.anchored.len()];
        let mut heads = Vec::new();
        for &(at, words) in starts {
            if words.meets(plan.is_head) {
                heads.push(at);
            }
            let order = at.saturating_sub(LONGEST + ANCHOR_GAP);
            for headed in plan.headed.iter().filter(|it| it.by.meets(words)) {
                self.begins_at(headed.rule, at, order);
            }
            for (anchored, done) in plan.anchored.iter().zip(&mut done) {
                if anchored.by.meets(words) {
                    let longest = self.rules[anchored.rule].shape.max_len();
                    let reach = ANCHOR_REACH.max(longest + ANCHOR_GAP);
                    let to = self.bytes.len().min(at + reach);
                    self.anchored(anchored.rule, at.saturating_sub(reach).max(*done)..to, order);
                    *done = to.max(*done);
                }
            }
            if self.hits.len() >= MOST {
                break;
            }
        }
        heads
    }

    /// Finds the tokens of one rule that begin in `range`.
    fn anchored(&mut self, rule: usize, mut range: Range<usize>, order: usize) {
        while let Some(stretch) = self.rules[rule].shape.stretch(self.bytes, range.clone()) {
            range.start = stretch.end;
            for start in stretch {
                // Inside a word no token begins, and most bytes are inside one.
                let inside = start > 0 && self.bytes[start - 1].is_ascii_lowercase();
                if !inside || stands_free(self.bytes, start, self.bytes.len()) {
                    self.begins_at(rule, start, order);
                }
            }
        }
    }

    fn begins_at(&mut self, rule: usize, start: usize, order: usize) {
        if let Some(end) = self.rules[rule].shape.match_at(self.bytes, start) {
            self.consider(rule, start, end, order);
        }
    }

    /// Judges one value that has the shape of one rule. `order` moves forward only.
    fn consider(&mut self, index: usize, start: usize, end: usize, order: usize) {
        if self.stands(self.rules[index].bare, start, end) {
            self.judge(index, start, end, order);
        }
    }

    /// Whether a value stands as a token does, a bare one or one with a fixed start.
    fn stands(&self, bare: bool, start: usize, end: usize) -> bool {
        // Long names are 32 letters now and then; random values of 32 hold no digit once in 280.
        let digit = || self.bytes[start..end].iter().any(u8::is_ascii_digit);
        let alone = || stands_alone(self.bytes, start, end) && !self.is_linked(start) && digit();
        stands_free(self.bytes, start, end) && (!bare || alone())
    }

    /// Judges one value that stands as a token of one rule does. `order` moves forward only.
    fn judge(&mut self, index: usize, start: usize, end: usize, order: usize) {
        let rule = &self.rules[index];
        let value = &self.bytes[start..end];
        let seeks = |wanted: &Wanted| wanted.seeks(rule, &Secret::new(value));
        let sought = self.plan.wanted.as_ref().and_then(seeks);
        if rule.bare && sought.is_none() && !self.may_hold(index, start, end, order) {
            return;
        }
        let (bytes, explain) = (self.bytes, self.explain);
        let around = self.surroundings(start, end);
        let held = around.best(&rule.places);
        let seen_by_context = judge_context(around, rule, held.as_ref(), start, end);
        let unproved = rule.bare && held.is_none();
        if unproved && sought.is_none() && !(explain && seen_by_context.is_some()) {
            return;
        }
        let judged = || seen_by_context.or_else(|| judge::value(rule, &bytes[start..end]));
        // A digest is proof, whatever stands around the token.
        let is_it = sought == Some(Sought::Digest);
        let dismissal = if is_it { None } else { judged() };
        let user = around.formed.as_ref().and_then(|formed| formed.user.clone());
        let alone = if unproved && !is_it { Confidence::Low } else { Confidence::High };
        let (confidence, key) = held.map_or((alone, None), |it| (it.confidence, it.key));
        if dismissal.is_none() || explain {
            let placed = !unproved;
            let hit = Hit::new(index, start, end, confidence);
            self.hits.push(Hit { user, proved: is_it, placed, dismissal, key, ..hit });
        }
    }

    /// Whether a place of a rule can hold for a value: its key or its form says so, or a word of
    /// the service is around where neither is asked for. Who explains also wants to know of what
    /// no place holds for. `order` moves forward only.
    fn may_hold(&mut self, index: usize, start: usize, end: usize, order: usize) -> bool {
        let plan = self.plan;
        if !self.explain && self.surroundings(start, end).may_hold(index, &plan.keyed) {
            return true;
        }
        let needed = plan.needed[index];
        needed == WordSet::ALL
            || needed != WordSet::default() && self.words_around(order, end).meets(needed)
    }

    /// The words of services around a value. `order` moves forward only.
    fn words_around(&mut self, order: usize, end: usize) -> WordSet {
        self.around.within(order.saturating_sub(BEFORE), end + AFTER)
    }

    /// Whether a bare value at `start` need not be looked at: no one wants to know why.
    fn is_linked(&self, start: usize) -> bool {
        let proved = self.plan.wanted.as_ref().is_some_and(Wanted::has_digests);
        !self.explain && !proved && judge::linked(&self.bytes[..start]).is_some()
    }

    fn surroundings(&mut self, start: usize, end: usize) -> &Surroundings<'a> {
        let known = |(from, to, _): &(usize, usize, _)| (*from, *to) == (start, end);
        if !self.surroundings.as_ref().is_some_and(known) {
            self.surroundings = None;
        }
        let new = || Surroundings::new(self.bytes, start, end, &self.steps);
        &self.surroundings.get_or_insert_with(|| (start, end, new())).2
    }
}

/// What the line and the keys say of a value: all of it for a bare one, only whether its key
/// calls it an example where the shape proves itself.
fn judge_context(
    around: &Surroundings<'_>,
    rule: &Rule,
    held: Option<&Held>,
    start: usize,
    end: usize,
) -> Option<Dismissal> {
    let own = held.and_then(|held| held.key.as_ref());
    // A key that the rule itself calls by its last word names nothing else.
    let named = |key: &Key| held.is_some_and(|held| held.named) && own == Some(key);
    let mut keys = around.keys.first().into_iter().chain(own);
    let by_key = keys.find_map(|key| judge::key(key, rule.bare && !named(key)));
    if by_key.is_some() || !rule.bare {
        return by_key;
    }
    let (before, after) = around.line(start, end);
    judge::line(before, after)
}

/// Of hits that overlap the best stays: accepted, then of a rule of ours, which knows more of it, then of
/// a kind that is known, then surer, then with a prefix, then longer, then by the rules' order.
fn resolve(mut hits: Vec<Hit>, rules: &[Arc<Rule>]) -> Vec<Hit> {
    let rank = |hit: &Hit| {
        let (accepted, rule) = (hit.dismissal.is_none(), &rules[hit.rule]);
        let own = rule.foreign.is_none();
        (accepted, own, hit.placed, hit.confidence, !rule.bare, hit.end - hit.start)
    };
    hits.sort_by_key(|hit| (hit.start, hit.rule));
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match kept.last_mut() {
            Some(last) if hit.start < last.end => {
                if rank(&hit) > rank(last) {
                    *last = hit;
                }
            }
            _ => kept.push(hit),
        }
    }
    kept
}

/// More than twenty distinct values of one length under one key of one blob are a column of
/// ids: real leaks come one to three in a file, or one value many times.
fn dismiss_columns(hits: &mut [Hit], bytes: &[u8]) {
    let mut columns: BTreeMap<(usize, Vec<String>), BTreeSet<&[u8]>> = BTreeMap::new();
    let column = |hit: &Hit| Some((hit.end - hit.start, hit.key.as_ref()?.words.clone()));
    for hit in hits.iter() {
        if let Some(column) = column(hit) {
            columns.entry(column).or_default().insert(&bytes[hit.start..hit.end]);
        }
    }
    for hit in hits.iter_mut().filter(|hit| hit.dismissal.is_none()) {
        let values = column(hit).and_then(|column| columns.get(&column)).map_or(0, BTreeSet::len);
        if values > SAME_KEY {
            let why = format!("{values} different values under this key in one place: ids");
            hit.dismissal = Some(Dismissal::new(DismissalKind::Statistics, why));
        }
    }
}

mod pieces;
#[cfg(test)]
mod tests;
