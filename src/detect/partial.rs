//! Tokens of which a log shows only a part: the rest is masked.
//!
//! A value that is masked altogether says nothing. But `squ_0123****`, `****67b8` and CircleCI's
//! `xxxx67b8` tell a reader who holds a list of tokens which one it is.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::place::Surroundings;
use super::plan::Plan;
use super::search::Hit;
use super::words::Words;
use crate::rule::{Place, Rule};

/// What stands for the masked part. Facts: GitHub and Azure `***`, Jenkins and CircleCI `****`,
/// Drone and TeamCity more of them, CircleCI's API `xxxx`, and what programs print themselves.
const MASKS: [&[u8]; 7] =
    [b"***", b"xxxx", b"...", "…".as_bytes(), b"[MASKED]", b"[REDACTED]", b"[secure]"];
/// More visible characters than this on one side are no part of a mask's print.
const VISIBLE: usize = 8;
/// So many stars are a line of them.
const LONGEST_MASK: usize = 64;
/// How many partly masked values of one text are collected.
const MOST: usize = 1000;

/// The masks, to search for.
pub(super) fn masks() -> Words {
    Words::exact(&MASKS.map(<[u8]>::to_vec))
}

/// The partly masked tokens of a log.
pub(super) fn partials(plan: &Plan, rules: &[Arc<Rule>], bytes: &[u8]) -> Vec<Hit> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in plan.masks.places(bytes, 0, bytes.len()) {
        if at < from {
            continue;
        }
        let mask = mask(bytes, at);
        from = mask.end;
        found.extend(partial(plan, rules, bytes, mask));
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// The whole mask that begins at `at`.
fn mask(bytes: &[u8], at: usize) -> Range<usize> {
    let first = bytes[at];
    if matches!(first, b'*' | b'x' | b'.') {
        let more = bytes[at..].iter().take_while(|byte| **byte == first).count();
        return at..at + more;
    }
    let word = MASKS.iter().find(|mask| bytes[at..].starts_with(mask));
    at..at + word.map_or(1, |mask| mask.len())
}

fn partial(plan: &Plan, rules: &[Arc<Rule>], bytes: &[u8], mask: Range<usize>) -> Option<Hit> {
    if mask.len() > LONGEST_MASK {
        return None;
    }
    let visible = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let right = bytes[mask.end..].iter().take(VISIBLE + 1).take_while(visible).count();
    let left = bytes[..mask.start].iter().rev().take(4 * VISIBLE).take_while(visible).count();
    let end = mask.end + right;
    if right > VISIBLE {
        return None;
    }
    if left > 0 {
        return headed(plan, rules, bytes, mask.start - left..mask.start, end);
    }
    // Three dots and brackets stand after and before many a word.
    let tailed = matches!(bytes[mask.start], b'*') || &bytes[mask.clone()] == b"xxxx";
    if right == 0 || !tailed {
        return None;
    }
    let around = Surroundings::new(bytes, mask.start, end, &Rc::default());
    let keyed = |place: &Place| place.form.is_none() && !place.keys.is_empty();
    let holds = |rule: &Arc<Rule>| {
        let places: Vec<Place> = rule.places.iter().filter(|it| keyed(it)).cloned().collect();
        around.best(&places).is_some()
    };
    let shown = &bytes[mask.end..end];
    let sought = || {
        plan.wanted.as_ref().filter(|wanted| wanted.shows(shown))?;
        let tail = |rule: &Arc<Rule>| {
            let last = rule.shape.atoms().last();
            last.is_some_and(|atom| shown.iter().all(|byte| atom.set.has(*byte)))
        };
        rules.iter().position(tail)
    };
    let rule = rules.iter().position(holds).or_else(sought)?;
    Some(Hit::partial(rule, mask.start, end))
}

/// A print that shows the beginning of a token with a prefix.
fn headed(
    plan: &Plan,
    rules: &[Arc<Rule>],
    bytes: &[u8],
    left: Range<usize>,
    end: usize,
) -> Option<Hit> {
    let text = &bytes[left.clone()];
    let head = plan.heads.iter().find(|head| text.starts_with(head))?;
    let shown = text.len() - head.len() + (end - left.end);
    let first = text.get(head.len());
    let body = first.is_none_or(u8::is_ascii_alphanumeric);
    if text.len() - head.len() > VISIBLE || shown <= usize::from(first.is_none()) || !body {
        return None;
    }
    let rule = rules.iter().position(|rule| rule.shape.prefix() == *head)?;
    Some(Hit::partial(rule, left.start, end))
}
