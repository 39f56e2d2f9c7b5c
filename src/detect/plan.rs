//! How the rules of a run are searched for: worked out once, so that a byte costs the same
//! however many rules there are.

use std::sync::Arc;

use crate::detect::alike::{self, Alike};
use crate::detect::foreign::Foreigners;
use crate::detect::keyed::Keyed;
use crate::detect::partial;
use crate::detect::words::{WordSet, Words};
use crate::rule::shape::{HEAD, Lead};
use crate::rule::{Place, Rule};
use crate::wanted::Wanted;

/// Which rules a run or an anchor can belong to.
#[derive(Debug)]
pub(super) struct Plan {
    /// Rules whose run follows something else, such as `squ_`.
    pub(super) led: Vec<(usize, Lead)>,
    /// The bytes that can stand before such a run.
    pub(super) led_byte: [bool; 256],
    /// The other rules that a run can belong to, those together that look alike.
    pub(super) alike: Vec<Alike>,
    /// For each length of a piece without dashes, which of them want it.
    pub(super) solid: Vec<Vec<usize>>,
    /// Those whose tokens hold dashes themselves.
    pub(super) jointed: Vec<usize>,
    /// Rules without a run whose tokens begin with one of the heads.
    pub(super) headed: Vec<Sought>,
    /// Rules without either, which are found by anchors.
    pub(super) anchored: Vec<Sought>,
    /// What tokens begin with, where that is fixed and long enough to be looked for.
    pub(super) heads: Vec<Vec<u8>>,
    /// The heads and the anchors, to search for in one pass.
    pub(super) starts: Words,
    /// Which of them are heads.
    pub(super) is_head: WordSet,
    /// What stands for the masked part of a token.
    pub(super) masks: Words,
    /// Which rules a key or a form speaks of.
    pub(super) keyed: Keyed,
    /// Words of which one must be around a value that no key and no form speaks of; where
    /// dismissals are explained, around any.
    pub(super) words: Words,
    /// For each rule its words; all where a place needs none.
    pub(super) needed: Vec<WordSet>,
    /// Rules of other scanners.
    pub(super) foreign: Foreigners,
    /// What alone is looked for, if not everything is.
    pub(super) wanted: Option<Wanted>,
}

/// A rule without a run, and by which of the starts it is found.
#[derive(Debug)]
pub(super) struct Sought {
    pub(super) rule: usize,
    pub(super) by: WordSet,
}

impl Plan {
    pub(super) fn new(rules: &[Arc<Rule>], explain: bool) -> Self {
        let mut plan = Self {
            led: Vec::new(),
            led_byte: [false; 256],
            alike: Vec::new(),
            solid: Vec::new(),
            jointed: Vec::new(),
            headed: Vec::new(),
            anchored: Vec::new(),
            heads: heads(rules),
            starts: Words::exact(&[]),
            is_head: WordSet::default(),
            masks: partial::masks(),
            keyed: Keyed::new(rules),
            words: Words::spelled(&[]),
            needed: Vec::new(),
            foreign: Foreigners::new(rules),
            wanted: None,
        };
        let mut starts = plan.heads.clone();
        plan.is_head = set(&mut starts, &plan.heads);
        let mut words = Vec::new();
        let roots = roots(rules);
        for (index, rule) in rules.iter().enumerate() {
            if rule.foreign.is_some() {
                plan.needed.push(WordSet::default());
                continue;
            }
            let prefix = rule.shape.prefix();
            match rule.shape.lead() {
                // A run that begins with the fixed start itself is found by that: of a hundred such
                // kinds each would have to be tried at each run.
                Some(lead) if lead.max > 0 || prefix.len() < HEAD => {
                    plan.add_run(index, rule, lead);
                }
                _ if prefix.len() >= HEAD => {
                    plan.headed.push(Sought { rule: index, by: set(&mut starts, &[prefix]) });
                }
                _ => {
                    let by = set(&mut starts, &rule.anchors);
                    plan.anchored.push(Sought { rule: index, by });
                }
            }
            let asked = rule.places.iter().filter(|place| explain || is_open(place));
            // What begins with the fixed start is seldom enough to read what stands around it.
            let headed = !explain && rule.prefix > 0 && asked.clone().next().is_some();
            let own = || needed(&mut words, &roots, asked);
            plan.needed.push(if headed { WordSet::ALL } else { own() });
        }
        let speaks =
            |rule: &usize| plan.needed[*rule] != WordSet::default() || plan.keyed.takes_any(*rule);
        for alike in &mut plan.alike {
            alike.silent = alike.bare && !alike.rules.iter().any(speaks);
        }
        plan.starts = Words::exact(&starts);
        plan.words = Words::spelled(&words);
        plan
    }

    fn add_run(&mut self, index: usize, rule: &Arc<Rule>, lead: Lead) {
        if lead.max > 0 {
            self.led.push((index, lead));
            // The last byte before the run is of the last class before it.
            let before = rule.shape.atoms().iter().scan(0, |at, atom| {
                *at += atom.max;
                Some((*at, atom))
            });
            for (_, atom) in before.filter(|(at, _)| *at <= lead.max) {
                atom.set.bytes().for_each(|byte| self.led_byte[usize::from(byte)] = true);
            }
            return;
        }
        let known = self.alike.len();
        let alike = alike::file(&mut self.alike, index, rule);
        if alike < known {
            return;
        }
        if rule.shape.jointed() {
            self.jointed.push(alike);
        } else {
            let longest = rule.shape.max_len();
            self.solid.resize(self.solid.len().max(longest + 1), Vec::new());
            self.solid[rule.shape.min_len()..=longest].iter_mut().for_each(|of| of.push(alike));
        }
    }
}

/// The fixed beginnings of tokens: of four characters or more, else they stand everywhere.
pub(super) fn heads(rules: &[Arc<Rule>]) -> Vec<Vec<u8>> {
    let prefix = |rule: &Arc<Rule>| Some(rule.shape.prefix()).filter(|prefix| prefix.len() >= HEAD);
    let mut heads: Vec<Vec<u8>> = rules.iter().filter_map(prefix).collect();
    heads.sort();
    heads.dedup();
    heads
}

/// The places of `own` among `all`, which grows by what it lacks.
fn set<T: Clone + PartialEq>(all: &mut Vec<T>, own: &[T]) -> WordSet {
    own.iter().fold(WordSet::default(), |set, one| {
        let at = all.iter().position(|it| it == one).unwrap_or_else(|| {
            all.push(one.clone());
            all.len() - 1
        });
        set.or(WordSet::of(at))
    })
}

/// The words of all places without those that hold another one: where `sonarcloud.io` is,
/// `sonar` is. Fewer words search faster.
fn roots(rules: &[Arc<Rule>]) -> Vec<String> {
    let places = rules.iter().flat_map(|rule| &rule.places);
    let mut all: Vec<String> = places.flat_map(Place::words).collect();
    all.sort_by_key(String::len);
    all.into_iter().fold(Vec::new(), |mut roots, word| {
        if !roots.iter().any(|root: &String| word.contains(root.as_str())) {
            roots.push(word);
        }
        roots
    })
}

/// Whether neither a key nor a form tells that a place may hold.
fn is_open(place: &Place) -> bool {
    place.keys.is_empty() && place.form.is_none()
}

fn needed<'a>(
    words: &mut Vec<String>,
    roots: &[String],
    places: impl Iterator<Item = &'a Place>,
) -> WordSet {
    places.fold(WordSet::default(), |needed, place| {
        let root = |word: String| roots.iter().find(|root| word.contains(root.as_str())).cloned();
        let own: Vec<String> = place.words().into_iter().filter_map(root).collect();
        if own.is_empty() { WordSet::ALL } else { needed.or(set(words, &own)) }
    })
}
