//! What stands near a token and makes it usable.

use crate::detect::mask::Masker;
use crate::leak::Companion;
use crate::rule::Rule;

/// How far from a token its companions are looked for, to either side.
const REACH: usize = 4096;

/// The nearest value for each of the rule's companions, and `user` if the form told one.
pub(super) fn near(
    rule: &Rule,
    masker: &Masker,
    bytes: &[u8],
    start: usize,
    user: Option<&str>,
) -> Vec<Companion> {
    let from = start.saturating_sub(REACH);
    let window = &bytes[from..bytes.len().min(start + REACH)];
    let mut found: Vec<Companion> = Vec::new();
    if let Some(user) = user {
        found.push(Companion { name: "user".to_owned(), value: user.to_owned() });
    }
    for companion in &rule.companions {
        if found.iter().any(|it| it.name == companion.name) {
            continue;
        }
        let usable = companion.values(window).filter(|(at, value)| {
            is_usable(value) && window.get(at + value.len()) != Some(&b'@') && !masker.any(value)
        });
        let nearest = usable.min_by_key(|(at, _)| start.abs_diff(from + at));
        found.extend(nearest.map(|(_, value)| Companion {
            name: companion.name.clone(),
            value: String::from_utf8_lossy(value).into_owned(),
        }));
    }
    found
}

/// Whether a value is one and no expression. `$` matters beyond that: commands are built from
/// companions, and scanned text must not name a variable of the reader's shell in them.
fn is_usable(value: &[u8]) -> bool {
    let odd = |byte: &u8| byte.is_ascii_control() || b"${}<>`\"'%*\\".contains(byte);
    !value.is_empty() && !value.iter().any(odd)
}
