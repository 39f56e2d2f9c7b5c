//! Keys that say what a bare value is: a revision, a digest, an id, an example.

use crate::leak::{Dismissal, DismissalKind};
use crate::rule::key::Key;

/// Words that make a key name something else than a token, wherever they stand in it.
const ELSE: [&str; 22] = [
    "rev",
    "ref",
    "refs",
    "revision",
    "commit",
    "committish",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "oid",
    "digest",
    "checksum",
    "integrity",
    "etag",
    "fingerprint",
    "thumbprint",
    "hash",
    "guid",
    "uuid",
    "crumb",
];

/// Words that do so only as the last one: `TOKEN_ID` is an id, `ID_TOKEN` is a token.
const ELSE_LAST: [&str; 5] = ["id", "tree", "blob", "build", "version"];

/// Words that make a value an example.
const EXAMPLE: [&str; 6] = ["example", "dummy", "fake", "placeholder", "xxxx", "invalid"];

/// Judges a value by the key that holds it; `bare` is whether its shape proves nothing.
pub fn key(key: &Key, bare: bool) -> Option<Dismissal> {
    let name = || key.words.join(" ");
    if let Some(word) = EXAMPLE.iter().find(|word| key.has(word)) {
        let why = format!("the key `{}` says {word}", name());
        return Some(Dismissal::new(DismissalKind::Placeholder, why));
    }
    let last = key.words.last().map_or("", String::as_str);
    let names_else = ELSE.iter().any(|word| key.has(word)) || ELSE_LAST.contains(&last);
    (bare && names_else).then(|| {
        Dismissal::new(DismissalKind::Key, format!("the key `{}` names something else", name()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_revisions_and_examples() {
        for name in ["scmRevision", "report_hash", "implementationBuild", "guid", "SONAR_TOKEN_ID"]
        {
            let dismissal = key(&Key::new(name), true).expect(name);
            assert_eq!(dismissal.kind, DismissalKind::Key);
            assert!(key(&Key::new(name), false).is_none(), "a prefix outweighs {name}");
        }
        assert!(key(&Key::new("FAKE_SONAR_TOKEN"), false).is_some());
        assert!(key(&Key::new("SONAR_ID_TOKEN"), true).is_none());
    }
}
