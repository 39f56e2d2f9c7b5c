//! Which rules the keys and the form of a value speak of, without a question to each rule.
//!
//! Of two hundred rules with two thousand key patterns next to none speaks of a given key. So each
//! pattern is filed under the beginning of its rarest word, and only those are compared that are
//! filed under a word of the key: none for `sha`, `integrity` and `version`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::rule::key::{Key, KeyPattern};
use crate::rule::{Form, Place, Rule};

/// How much of a word patterns are filed under.
const STEM: usize = 4;

/// The beginning of a word, filled up with zeros.
type Stem = [u8; STEM];

/// The rules that can be spoken of.
#[derive(Debug, Default)]
pub(super) struct Keyed {
    /// Patterns under the beginning of a word that each key with them holds.
    filed: HashMap<Stem, Vec<(KeyPattern, usize)>>,
    /// Patterns without such a word: flags, and words that begin with anything.
    others: Vec<(KeyPattern, usize)>,
    /// Rules that take any key: all keys speak of them, whichever they are.
    any: Vec<usize>,
    /// Rules with a place that asks for a form and no key.
    formed: Vec<(Form, usize)>,
}

impl Keyed {
    pub(super) fn new(rules: &[Arc<Rule>]) -> Self {
        let mut keyed = Self::default();
        let mut patterns = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            for Place { keys, form, .. } in &rule.places {
                patterns.extend(keys.iter().map(|pattern| (pattern, index)));
                let form = form.filter(|_| keys.is_empty());
                keyed.formed.extend(form.map(|form| (form, index)));
            }
        }
        let mut often: HashMap<Stem, usize> = HashMap::new();
        for stem in patterns.iter().flat_map(|(pattern, _)| stems(pattern)) {
            *often.entry(stem).or_default() += 1;
        }
        for (pattern, rule) in patterns {
            if matches!(pattern, KeyPattern::Words(words) if *words == ["*"]) {
                keyed.any.push(rule);
                continue;
            }
            let own = (pattern.clone(), rule);
            match stems(pattern).into_iter().min_by_key(|stem| often[stem]) {
                Some(stem) => keyed.filed.entry(stem).or_default().push(own),
                None => keyed.others.push(own),
            }
        }
        keyed
    }

    /// Whether the rule takes any key.
    pub(super) fn takes_any(&self, rule: usize) -> bool {
        self.any.contains(&rule)
    }

    /// The rules that one of the keys or the form speaks of, without those that take any key.
    pub(super) fn rules(&self, keys: &[Key], form: Option<Form>) -> Vec<usize> {
        let formed = self.formed.iter().filter(|(own, _)| Some(*own) == form);
        let mut rules: Vec<usize> = formed.map(|(_, rule)| *rule).collect();
        for key in keys {
            let filed = key.words.iter().filter_map(|word| self.filed.get(&stem(word)));
            let asked = filed.flatten().chain(&self.others);
            rules.extend(asked.filter(|(own, _)| own.matches(key)).map(|(_, rule)| *rule));
        }
        rules
    }
}

/// The beginnings of words that each key with a pattern holds.
fn stems(pattern: &KeyPattern) -> Vec<Stem> {
    let (KeyPattern::Whole(words) | KeyPattern::Words(words)) = pattern else { return Vec::new() };
    let sure = |word: &&String| word.find('*').is_none_or(|at| at >= STEM);
    words.iter().filter(sure).map(|word| stem(word)).collect()
}

fn stem(word: &str) -> Stem {
    let mut stem = Stem::default();
    stem.iter_mut().zip(word.bytes()).for_each(|(own, byte)| *own = byte);
    stem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;

    /// Every pattern is compared with keys that have it, and with those of all others.
    #[test]
    fn the_rules_are_those_that_comparing_all_patterns_finds() {
        let rules = Rules::builtin().expect("they compile").rules;
        let keyed = Keyed::new(&rules);
        let patterns = |rule: &Arc<Rule>| {
            rule.places.iter().flat_map(|place| place.keys.clone()).collect::<Vec<_>>()
        };
        let mut spoken_of = 0;
        for pattern in rules.iter().flat_map(patterns) {
            let text = match &pattern {
                KeyPattern::Flag(flag) => flag.clone(),
                KeyPattern::Whole(words) | KeyPattern::Words(words) => words.join("_"),
            };
            for text in [text.replace('*', "x"), format!("my.{text}.x")] {
                let key = Key::new(&text);
                let has = |rule: &Arc<Rule>| patterns(rule).iter().any(|it| it.matches(&key));
                let all = rules.iter().enumerate().filter(|(_, rule)| has(rule));
                let mut found = keyed.rules(std::slice::from_ref(&key), None);
                found.extend(keyed.any.iter());
                found.sort_unstable();
                found.dedup();
                assert_eq!(found, all.map(|(index, _)| index).collect::<Vec<_>>(), "{text}");
                spoken_of += found.len();
            }
        }
        assert!(spoken_of > 1000, "{spoken_of}");
        let ids = ["integrity", "sha", "commit"].map(Key::new);
        assert!(keyed.rules(&ids, None).is_empty(), "{:?}", keyed.rules(&ids, None));
    }
}
