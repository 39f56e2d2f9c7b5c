//! Whose token it is and which one, in lines.

use std::fmt::Write;

use crate::identity::{About, Contender, Identity, Known, Sure};

/// More values of one kind than this are counted, not listed.
const LISTED: usize = 12;

/// What is said about each thing, and of which tokens it may be: a name and a text each.
pub(super) fn lines(identity: &Identity) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    let groups =
        identity.known.chunk_by(|a, b| (a.about, a.sure, &a.how) == (b.about, b.sure, &b.how));
    for group in groups {
        let Some(first) = group.first() else { continue };
        lines.push((first.about.to_string(), text(first, group)));
    }
    for Contender { name, why } in &identity.contenders {
        lines.push(("perhaps".to_owned(), format!("{name:?} ({why})")));
    }
    lines
}

fn text(first: &Known, group: &[Known]) -> String {
    let listed = group.iter().take(LISTED).map(|known| known.value.as_str());
    let mut text = listed.collect::<Vec<_>>().join(", ");
    if group.len() > LISTED {
        let _ = write!(text, " and {} more", group.len() - LISTED);
    }
    // What names the token decides what is revoked, so it says how that is known.
    let names = matches!(first.about, About::TokenName | About::TokenId);
    match first.sure {
        Sure::Certain if !names => text,
        Sure::Certain => format!("{text} (certain: {})", first.how),
        sure => format!("{text} ({sure}: {})", first.how),
    }
}
