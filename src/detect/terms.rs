//! By what each rule of a search is found, and what tells it from another rule.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::plan::Plan;
use crate::hex::hex;
use crate::rule::Rule;
use crate::rule::shape::HEAD;
use crate::terms::{FoundBy, Terms};

/// What a search with these rules looks for.
pub(super) fn of(rules: &[Arc<Rule>], plan: &Plan) -> Terms {
    let mut starts: Vec<String> = plan.starts.texts().map(text).collect();
    let anchors = starts.split_off(plan.heads.len());
    Terms {
        heads: starts,
        anchors,
        words: plan.foreign.words().cloned().collect(),
        rules: rules.iter().map(|rule| digest(rule)).collect(),
        found_by: rules.iter().map(|rule| found_by(rule)).collect(),
    }
}

/// By what a rule is found. What its tokens begin with stands in the text, whichever way they are
/// looked for.
fn found_by(rule: &Rule) -> FoundBy {
    if let Some(foreign) = &rule.foreign {
        let none = foreign.keywords.is_empty();
        return if none { FoundBy::Nothing } else { FoundBy::Words(foreign.keywords.clone()) };
    }
    let prefix = rule.shape.prefix();
    if prefix.len() >= HEAD {
        FoundBy::Head(text(&prefix))
    } else if rule.shape.lead().is_some() {
        FoundBy::Run
    } else {
        FoundBy::Anchors(rule.anchors.iter().map(|anchor| text(anchor)).collect())
    }
}

fn text(word: &[u8]) -> String {
    word.escape_ascii().to_string()
}

/// A digest of all that tells what a rule finds. What it says of what it found is no part of that,
/// nor is what it looks for beside it.
fn digest(rule: &Rule) -> String {
    let Rule {
        id,
        prefix,
        bare,
        pattern,
        checksum,
        claims,
        dead,
        anchors,
        places,
        known_examples,
        foreign,
        // The pattern says it.
        shape: _,
        // What is only looked at where something was found.
        service: _,
        name: _,
        kind: _,
        severity: _,
        why: _,
        remedy: _,
        companions: _,
        examples: _,
        counters: _,
        verify: _,
        listed_as: _,
        stored: _,
        revoke: _,
    } = rule;
    let finds = (id, prefix, bare, pattern, checksum, claims, dead, anchors, places);
    let all = format!("{finds:?} {known_examples:?} {foreign:?}");
    hex(&Sha256::digest(all)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Detector;
    use crate::rule::{RuleFile, Rules};

    /// The rules that come with squelch: next to all are found by more than a run.
    #[test]
    fn most_rules_are_found_by_words() {
        let rules = Rules::builtin().expect("they compile");
        let terms = Detector::new(&rules, false).terms();
        assert_eq!(
            (terms.rules.len(), terms.found_by.len()),
            (rules.rules.len(), rules.rules.len())
        );
        let runs = terms.found_by.iter().filter(|by| **by == FoundBy::Run).count();
        assert!(runs * 3 < terms.rules.len(), "{runs} of {}", terms.rules.len());
        let mut digests = terms.rules.clone();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), terms.rules.len());
        assert_eq!(Detector::new(&rules, false).terms(), terms);
    }

    /// Of a rule of another scanner all that its file says of it, and what its file says of all.
    #[test]
    fn a_rule_is_another_one_when_anything_in_it_is() {
        let digests = |text: &str| {
            let file = RuleFile { path: "team.toml", id: "team", text };
            let rules = Rules::with_all(&[file], &|_| unreachable!("it extends nothing"));
            let rules = rules.expect("a file of another scanner");
            let digest = |id: &str| digest(rules.get(id).expect("a rule"));
            [digest("team-one"), digest("team-two")]
        };
        let one = "[[rules]]\nid = 'one'\nregex = 'one_[0-9]{9}'\nkeywords = ['one_']\n";
        let two = "[[rules]]\nid = 'two'\nregex = 'two_[0-9]{9}'\nkeywords = ['two_']\n";
        let stop = |word: &str| format!("[[rules.allowlists]]\nstopwords = ['{word}']\n");
        let plain = digests(&[one, two].concat());
        assert_eq!(digests(&[two, "# a comment\n", one].concat()), plain, "in another order");
        let mut seen = vec![plain[1].clone()];
        for end in [
            "path = 'x'\n",
            "entropy = 3.5\n",
            "secretGroup = 0\nskipReport = true\n",
            &stop("a"),
            &stop("b"),
            "[[rules.allowlists]]\nregexes = ['a']\n",
            "[[rules.allowlists]]\nregexes = ['a']\nregexTarget = 'line'\n",
            "[[rules.allowlists]]\npaths = ['a']\n",
            "[[rules.allowlists]]\ncommits = ['a']\n",
            "[[rules.required]]\nid = 'one'\n",
            "[[rules.required]]\nid = 'one'\nwithinLines = 3\n",
        ] {
            let [first, second] = digests(&[one, two, end].concat());
            assert_eq!(first, plain[0], "{end}");
            assert!(!seen.contains(&second), "{end}");
            seen.push(second);
        }
        let all = digests(&[one, two, "[allowlist]\nstopwords = ['c']\n"].concat());
        assert!(all[0] != plain[0] && !seen.contains(&all[1]));
    }
}
