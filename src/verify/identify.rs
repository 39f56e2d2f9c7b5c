//! What answers say of a token's owner, and which of the owner's tokens it is.

use std::collections::BTreeMap;

use regex::bytes::Regex;
use serde_json::Value;

use super::eliminate::{Asked, Left, Row, contender};
use crate::door::transport::Reply;
use crate::identity::{About, Identity, Known, Sure};
use crate::rule::pointer;
use crate::rule::verify::{Field, Rows};

/// More values than this of one kind are not taken: a hundred groups are many.
const VALUES: usize = 200;

/// What an answer says, as the rule points at it. `how` is how we know.
pub(super) fn facts(
    pointers: &BTreeMap<About, String>,
    reply: &Reply,
    value: &Value,
    how: &str,
) -> Identity {
    let mut identity = Identity::default();
    for (about, at) in pointers {
        let values = match at.strip_prefix("header:") {
            Some(name) => reply.header(name).map(str::to_owned).into_iter().collect(),
            None => pointer::texts(value, at),
        };
        for value in values.into_iter().take(VALUES) {
            identity.add(Known::certain(*about, value, how));
        }
    }
    identity
}

/// The rows of a list of tokens. `None` where the answer is no such list.
pub(super) fn rows(rows: &Rows, reply: &Reply) -> Option<Vec<Row>> {
    if reply.status != 200 {
        return None;
    }
    match rows {
        Rows::Json { at, fields } => {
            let value = reply.json()?;
            let elements = value.pointer(at)?.as_array()?;
            let field = |element: &Value, field| pointer::texts(element, fields.get(&field)?).pop();
            Some(elements.iter().map(|it| row(|wanted| field(it, wanted))).collect())
        }
        Rows::Page(pattern) => {
            let expression = compiled(pattern)?;
            let found = expression.captures_iter(&reply.body).map(|groups| {
                row(|wanted| {
                    let group = groups.name(group(wanted))?;
                    Some(unescaped(&String::from_utf8_lossy(group.as_bytes())))
                })
            });
            Some(found.collect())
        }
    }
}

fn compiled(pattern: &str) -> Option<Regex> {
    regex::bytes::RegexBuilder::new(pattern).unicode(false).size_limit(1 << 22).build().ok()
}

/// What a page writes for the characters that it cannot.
fn unescaped(text: &str) -> String {
    let names = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&amp;", "&")];
    names.iter().fold(text.trim().to_owned(), |text, (name, sign)| text.replace(name, sign))
}

fn group(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Id => "id",
        Field::Kind => "kind",
        Field::Project => "project",
        Field::Created => "created",
        Field::LastUsed => "last_used",
        Field::Expires => "expires",
        Field::Expired => "expired",
        Field::Uses => "uses",
    }
}

fn row(of: impl Fn(Field) -> Option<String>) -> Row {
    Row {
        name: of(Field::Name).unwrap_or_default(),
        id: of(Field::Id),
        kind: of(Field::Kind),
        project: of(Field::Project),
        created: of(Field::Created),
        last_used: of(Field::LastUsed),
        expires: of(Field::Expires),
        expired: of(Field::Expired).as_deref() == Some("true"),
        uses: of(Field::Uses).and_then(|uses| uses.parse().ok()),
    }
}

/// What is known once a list is cut down to what is left.
pub(super) fn named(left: Left, asked: &Asked<'_>, sure: Sure, how: &str) -> Identity {
    let mut identity = Identity::default();
    let rows = match left {
        Left::None => return identity,
        Left::Several(rows) => rows,
        Left::One(row) => {
            let mut add = |about, value: Option<String>| {
                let known = |value| Known { about, value, sure, how: how.to_owned() };
                value.map(known).into_iter().for_each(|known| identity.add(known));
            };
            add(About::TokenName, Some(row.name));
            add(About::TokenId, row.id);
            add(About::TokenKind, row.kind);
            add(About::Project, row.project);
            add(About::Created, row.created);
            add(About::Expires, row.expires);
            return identity;
        }
    };
    identity.contenders = rows.iter().map(|row| contender(row, asked)).collect();
    identity
}

/// Whether version `of` is `since` or later, compared number by number.
pub(crate) fn is_since(of: Option<&str>, since: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
    };
    of.is_some_and(|of| numbers(of) >= numbers(since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;

    #[test]
    fn versions_are_numbers() {
        assert!(is_since(Some("2.479.1"), "2.468") && is_since(Some("10.0.0.1"), "9.9"));
        assert!(!is_since(Some("2.46"), "2.468") && !is_since(None, "2.468"));
        assert!(is_since(Some("2.541-SNAPSHOT"), "2.541"));
    }

    #[test]
    fn cards_of_a_page_are_rows() {
        let rules = Rules::builtin().expect("built-in rules compile");
        let verify = &rules.get("jenkins-api-token").expect("a rule").verify[0];
        let card = |id: &str, name: &str, uses: u32| {
            format!(
                "<div class=\"token-card \" id=\"{id}\"><div>\n<span class=\"token-name\">{name}\
                 </span></div>\n<span class=\"token-use-counter\">{uses}</span></div>"
            )
        };
        let (a, b) =
            ("d987d752-b057-430e-b701-622872e79196", "d987d752-b057-430e-b701-622872e79197");
        let page = format!("<html>{}<hr>{}", card(a, "ci &amp; cd", 4), card(b, "x", 17));
        let reply = Reply { status: 200, headers: Vec::new(), body: page.into_bytes() };
        let found = rows(&verify.list.as_ref().expect("a list").rows, &reply).expect("rows");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), found[0].uses), ("ci & cd", Some(4)));
        assert_eq!((found[1].id.as_deref(), found[1].uses), (Some(b), Some(17)));
    }
}
