//! Whether one of a rule's places holds for a value.

use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

use crate::detect::context;
use crate::detect::form::{self, Formed};
use crate::detect::keyed::Keyed;
use crate::detect::statement::{headers, holds, statement, vicinity};
use crate::detect::steps::Steps;
use crate::leak::Confidence;
use crate::rule::Place;
use crate::rule::key::Key;

/// All that is known of the surroundings of one value, read once for all rules that want it.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    bytes: &'a [u8],
    statement: OnceCell<Range<usize>>,
    /// Looked for when the statement does not say enough, which is seldom.
    headers: OnceCell<Vec<Range<usize>>>,
    pub(super) keys: Vec<Key>,
    /// The rules that one of the keys or the form speaks of.
    spoken_of: OnceCell<Vec<usize>>,
    pub(super) formed: Option<Formed>,
    value: Range<usize>,
    steps: Rc<Steps>,
}

/// A place that holds, and the key that made it hold.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) confidence: Confidence,
    pub(super) key: Option<Key>,
    /// Whether the rule names the last word of the key itself: `reporter id`.
    pub(super) named: bool,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(bytes: &'a [u8], start: usize, end: usize, steps: &Rc<Steps>) -> Self {
        Self {
            statement: OnceCell::new(),
            headers: OnceCell::new(),
            spoken_of: OnceCell::new(),
            keys: context::keys(bytes, start),
            formed: form::form(bytes, start, end),
            value: start..end,
            steps: Rc::clone(steps),
            bytes,
        }
    }

    /// Whether a place of the rule can hold that asks for a key or a form: most values that look
    /// like tokens are ids, and the key of an id speaks of no rule.
    pub(super) fn may_hold(&self, rule: usize, keyed: &Keyed) -> bool {
        self.spoken_of(keyed).contains(&rule) || keyed.takes_any(rule)
    }

    /// Whether it speaks of any rule, those left out that take any key.
    pub(super) fn is_spoken_of(&self, keyed: &Keyed) -> bool {
        !self.spoken_of(keyed).is_empty()
    }

    fn spoken_of(&self, keyed: &Keyed) -> &[usize] {
        let form = self.formed.as_ref().map(|formed| formed.form);
        self.spoken_of.get_or_init(|| keyed.rules(&self.keys, form))
    }

    fn statement(&self) -> &Range<usize> {
        self.statement.get_or_init(|| statement(self.bytes, self.value.start, self.value.end))
    }

    /// The place with the highest confidence that holds.
    pub(super) fn best(&self, places: &[Place]) -> Option<Held> {
        places.iter().filter_map(|place| self.held(place)).max_by_key(|held| held.confidence)
    }

    fn held(&self, place: &Place) -> Option<Held> {
        let is_key = |key: &Key| place.keys.iter().any(|pattern| pattern.matches(key));
        let key = if place.steps.is_empty() {
            self.keys.iter().find(|key| is_key(key)).cloned()
        } else {
            self.keys.iter().find(|key| is_key(key))?;
            let value = &self.bytes[self.value.clone()];
            Some(self.steps.key_of(self.bytes, value, &place.steps, is_key)?)
        };
        let keyed = place.keys.is_empty() || key.is_some();
        let formed = place.form.is_none() || self.formed.as_ref().map(|it| it.form) == place.form;
        let held = keyed && formed && self.beside(&place.beside) && self.near(&place.near);
        let last = key.as_ref().and_then(|key| key.words.last());
        let named = last.is_some_and(|last| place.keys.iter().any(|pattern| pattern.names(last)));
        held.then_some(Held { confidence: place.confidence, key, named })
    }

    fn beside(&self, words: &[String]) -> bool {
        let any =
            |range: &Range<usize>| words.iter().any(|word| holds(&self.bytes[range.clone()], word));
        let headers = || self.headers.get_or_init(|| headers(self.bytes, self.statement()));
        words.is_empty() || any(self.statement()) || headers().iter().any(any)
    }

    fn near(&self, words: &[String]) -> bool {
        if words.is_empty() {
            return true;
        }
        let around = &self.bytes[vicinity(self.bytes, self.statement())];
        words.iter().any(|word| holds(around, word))
    }

    /// What stands before and after a value on its line, 256 bytes at most.
    pub(super) fn line(&self, start: usize, end: usize) -> (&'a [u8], &'a [u8]) {
        use crate::detect::statement::{line_end, line_start};
        let from = line_start(self.bytes, start.saturating_sub(256), start);
        let to = line_end(self.bytes, self.bytes.len().min(end + 256), end);
        (&self.bytes[from..start], &self.bytes[end..to])
    }
}
