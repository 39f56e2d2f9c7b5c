//! The search against one without a prefilter.

use super::*;
use crate::fixture::lone_rule;
use crate::rule::mint::{Mint, Size};
use crate::rule::{RuleFile, Rules};
use crate::selftest::mint_token;

/// One rule that only anchors find, beside the built-in ones.
fn rules() -> Rules {
    let text = lone_rule("xkey~[0-9a-f]{20}~x", &["xkey~"]);
    Rules::with(&[RuleFile { path: "x.toml", id: "x", text: &text }]).expect("rules compile")
}

/// Every rule at every place, without a prefilter.
fn everywhere(rules: &Rules, plan: &Plan, bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut search = Search::new(&rules.rules, plan, bytes, false);
    for start in 0..bytes.len() {
        for (index, rule) in rules.rules.iter().enumerate() {
            if let Some(end) = rule.shape.match_at(bytes, start) {
                search.around = Around::new(&plan.words, bytes);
                search.consider(index, start, end, start);
            }
        }
    }
    spans(resolve(search.hits, &rules.rules))
}

fn spans(hits: Vec<Hit>) -> Vec<(usize, usize, usize)> {
    let kept = hits.into_iter().filter(|hit| hit.dismissal.is_none());
    kept.map(|hit| (hit.start, hit.end, hit.rule)).collect()
}

/// A text of tokens, keys and glue in random order.
fn soup(rules: &Rules, mint: &mut Mint) -> Vec<u8> {
    let glue =
        ["=", "\n", "-", " ", ": \"", "\"", "_", "\\n", "%3D", "\x1b[31m", "x", ".", "/", "@"];
    let keys = [
        "SONAR_TOKEN",
        "sonar.login",
        "JENKINS_TOKEN",
        "-u ada:",
        "circle-token",
        "snyk",
        "repo_token",
    ];
    let mut text = Vec::new();
    for _ in 0..40 {
        match mint.below(4) {
            0 => {
                let rule = &rules.rules[mint.below(rules.rules.len())];
                text.extend(mint_token(rule, mint, Size::Any));
            }
            1 => text.extend_from_slice(keys[mint.below(keys.len())].as_bytes()),
            _ => text.extend_from_slice(glue[mint.below(glue.len())].as_bytes()),
        }
    }
    text
}

#[test]
fn the_prefilter_loses_nothing() {
    let rules = rules();
    let plan = Plan::new(&rules.rules, false);
    let mut mint = Mint::new(17);
    let mut found = 0;
    for _ in 0..120 {
        let text = soup(&rules, &mut mint);
        let outcome = Search::new(&rules.rules, &plan, &text, false).run_all(None, true);
        let hits = spans(outcome.hits);
        assert_eq!(hits, everywhere(&rules, &plan, &text), "{}", String::from_utf8_lossy(&text));
        assert!(!outcome.capped);
        found += hits.len();
    }
    assert!(found > 120, "only {found} tokens in all texts");
}

#[test]
fn a_column_of_ids_is_dismissed_and_a_repeated_value_is_not() {
    let rules = rules();
    let plan = Plan::new(&rules.rules, false);
    let mut mint = Mint::new(1);
    let mut line = || [b"sonar.login=", &mint.random(b"0123456789abcdef", 40)[..], b"\n"].concat();
    let ids: Vec<u8> = (0..30).flat_map(|_| line()).collect();
    let repeated = line().repeat(30);
    let count = |text: &[u8]| {
        spans(Search::new(&rules.rules, &plan, text, false).run_all(None, true).hits).len()
    };
    assert_eq!((count(&ids), count(&repeated)), (0, 30));
}
