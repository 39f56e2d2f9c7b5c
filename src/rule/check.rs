//! What single values of a rule file have to be. The error is what is wrong with one.

use super::CompanionRule;
use super::template;

/// Words shorter than this are too common for a rule's context to hang on.
pub(super) const SHORTEST_WORD: usize = 4;

/// Lower-case letters, digits and dashes.
pub(super) fn check_id(id: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        return Err(format!("`{id}`: an id is lower-case letters, digits and dashes"));
    }
    Ok(())
}

pub(super) fn check_digest(digest: &str) -> Result<(), String> {
    let hex = digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if digest.len() != 64 || !hex {
        return Err("not a SHA-256 in lower-case hex".to_owned());
    }
    Ok(())
}

pub(super) fn check_word(word: &str) -> Result<(), String> {
    if word.len() < SHORTEST_WORD {
        return Err(format!("`{word}` is shorter than {SHORTEST_WORD} characters"));
    }
    if word.chars().any(|c| c.is_ascii_uppercase() || !c.is_ascii()) {
        return Err(format!("`{word}`: lower-case ASCII, every spelling is found"));
    }
    Ok(())
}

/// Each slot must be one that somebody fills: a companion, a common one, or one of `more`.
pub(super) fn check_slots(
    text: &str,
    companions: &[CompanionRule],
    more: &[&str],
) -> Result<(), String> {
    let filled = |slot: &str| {
        template::COMMON_SLOTS.contains(&slot)
            || more.contains(&slot)
            || companions.iter().any(|rule| rule.name == slot && !rule.is_secret())
    };
    for slot in template::slots(text) {
        if slot == "token" {
            return Err("`{token}`: a command never holds the token; use $NAME".to_owned());
        }
        if !filled(slot) {
            return Err(format!("nobody fills the slot `{{{slot}}}`"));
        }
    }
    Ok(())
}

/// Every literal scheme must be https; a slot in front of the path is not literal.
pub(super) fn https_only(text: &str) -> Result<(), String> {
    let schemes = text.match_indices("://").map(|(at, _)| &text[..at]);
    if schemes.into_iter().any(|before| !before.ends_with("https")) {
        return Err("only https is written to".to_owned());
    }
    Ok(())
}
