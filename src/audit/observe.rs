//! What an answer shows: open, closed, or neither, and in words that hold names and counts only.

use serde_json::Value;

use super::State;
use crate::door::transport::Reply;
use crate::rule::exposure::{Audit, ExposureRule, Open, Rows};
use crate::verify::answer::has_shape;

/// Names that are shown; the rest is counted.
const NAMES: usize = 5;
/// Letters of a name that are shown: keys of settings are shorter.
const NAME: usize = 80;

/// What one answer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) state: State,
    pub(super) words: String,
    pub(super) count: Option<u64>,
}

impl Observed {
    pub(super) fn open(words: String, count: Option<u64>) -> Self {
        Self { state: State::Open, words, count }
    }

    pub(super) fn closed(words: String) -> Self {
        Self { state: State::Closed, words, count: None }
    }

    pub(super) fn unknown(words: String) -> Self {
        Self { state: State::Unknown, words, count: None }
    }

    /// An answer that does not say what the next question needs.
    pub(super) fn nothing_to_ask(audit: &Audit, reply: &Reply, what: &str) -> Self {
        let json = reply.json();
        let closes = audit.closed.iter().any(|it| has_shape(it, reply, json.as_ref(), None));
        if closes {
            return Self::closed(refusal(reply));
        }
        if reply.status == 200 && json.is_some() {
            return Self::closed(format!("no {what} is named to ask about"));
        }
        Self::unknown(reply.words())
    }
}

/// Reads an answer as the rule says. What shows it is looked for first.
pub(super) fn observe(
    exposure: &ExposureRule,
    audit: &Audit,
    reply: &Reply,
    version: Option<&str>,
) -> Observed {
    let json = reply.json();
    let shown = exposure.open.iter().find_map(|open| seen(open, reply, json.as_ref(), version));
    if let Some((words, count)) = shown {
        return Observed::open(words, count);
    }
    let mut closed = exposure.closed.iter().chain(&audit.closed);
    if closed.any(|shape| has_shape(shape, reply, json.as_ref(), None)) {
        return Observed::closed(refusal(reply));
    }
    Observed::unknown(reply.words())
}

/// An answer that shows nothing, in words.
fn refusal(reply: &Reply) -> String {
    match reply.status {
        401 => "401: it wants a credential".to_owned(),
        403 => "403: it refuses".to_owned(),
        404 => "404: it has no such thing".to_owned(),
        status => format!("{status}: none of it"),
    }
}

/// What is seen of an answer that shows something, and how many there are.
fn seen(
    open: &Open,
    reply: &Reply,
    json: Option<&Value>,
    version: Option<&str>,
) -> Option<(String, Option<u64>)> {
    if !has_shape(&open.answer, reply, json, None) {
        return None;
    }
    let (mut names, mut count) = (Vec::new(), None);
    if let Some(rows) = &open.rows {
        names = json.map(|json| counted(rows, json)).filter(|names| !names.is_empty())?;
        count = Some(names.len() as u64);
    }
    let total = open.total.iter().find_map(|at| json?.pointer(at)?.as_u64());
    if !open.total.is_empty() {
        // A page of one row says how many there are elsewhere.
        count = total.or(count);
        count.filter(|count| *count > 0)?;
    }
    let words = open
        .seen
        .replace("{count}", &count.unwrap_or_default().to_string())
        .replace("{version}", version.unwrap_or("unknown"))
        .replace("{names}", &listed(&names));
    Some((format!("{}: {words}", reply.status), count))
}

/// The names of the rows that count; one without a name is an empty one.
fn counted(rows: &Rows, json: &Value) -> Vec<String> {
    let all = json.pointer(&rows.at).and_then(Value::as_array);
    let is_there = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    };
    let counts = |row: &&Value| {
        let holds = |at: &String| row.pointer(at).is_some_and(is_there);
        let unless = rows.unless.as_ref().and_then(|at| row.pointer(at)?.as_bool());
        (rows.holds.is_empty() || rows.holds.iter().any(holds)) && unless != Some(true)
    };
    let name = |row: &Value| {
        let name = rows.name.as_ref().map_or(Some(row), |at| row.pointer(at));
        name.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let rows_that_count = all.into_iter().flatten().filter(counts).map(name);
    rows_that_count.filter(|name| rows.counts(name)).collect()
}

/// `a, b and 3 more`, each cut to a length that names have.
fn listed(names: &[String]) -> String {
    let cut = |name: &String| match name.char_indices().nth(NAME) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.clone(),
    };
    let first: Vec<String> = names.iter().take(NAMES).map(cut).collect();
    let more = names.len().saturating_sub(NAMES);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", first.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;

    fn reply(status: u16, body: &str) -> Reply {
        let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Reply { status, headers, body: body.as_bytes().to_vec() }
    }

    fn of(id: &str, status: u16, body: &str) -> Observed {
        let rules = Rules::builtin().expect("built-in rules compile");
        let audit = rules.audits.iter().find(|it| it.get(id).is_some()).expect("an exposure");
        let exposure = audit.get(id).expect("there it is");
        observe(exposure, &audit.audit, &reply(status, body), Some("8.4.2"))
    }

    #[test]
    fn rows_count_by_name_and_value_and_only_names_are_kept() {
        let body = r#"{"settings":[
            {"key":"a.secured","value":"hunter2","inherited":false},
            {"key":"b.secured","values":["x"]},
            {"key":"c.secured","value":"default","inherited":true},
            {"key":"d.secured","value":""},
            {"key":"e","value":"plain"},
            {"key":7,"value":"odd"}]}"#;
        let seen = of("sonarqube-secured-settings", 200, body);
        assert_eq!(seen.words, "200: secured settings with their values: 2 (a.secured, b.secured)");
        assert_eq!((seen.state, seen.count), (State::Open, Some(2)));
        let none = of("sonarqube-secured-settings", 200, r#"{"settings":[]}"#);
        assert_eq!((none.state, none.count), (State::Closed, None));
    }

    #[test]
    fn a_page_of_one_row_counts_all() {
        let body = r#"{"paging":{"total":41},"users":[{"login":"a"}]}"#;
        assert_eq!(of("sonarqube-users", 200, body).words, "200: users: 41");
        let old = r#"{"p":1,"ps":1,"total":3,"users":[{"login":"a"}]}"#;
        assert_eq!(of("sonarqube-users", 200, old).count, Some(3));
        let none = r#"{"paging":{"total":0},"users":[]}"#;
        assert_eq!(of("sonarqube-users", 200, none).state, State::Closed);
    }

    #[test]
    fn what_proves_nothing_is_unknown() {
        let id = "sonarqube-users";
        let errors = r#"{"errors":[{"msg":"Insufficient privileges"}]}"#;
        assert_eq!(of(id, 401, "").state, State::Closed);
        assert_eq!(of(id, 403, errors).state, State::Closed);
        assert_eq!(of(id, 404, errors).state, State::Closed);
        let others = [
            (200, "<html>Sign in</html>"),
            (403, "<html>Blocked</html>"),
            (404, "<html>Not here</html>"),
            (302, ""),
            (500, errors),
            (200, "[]"),
            (200, r#"{"users":{}}"#),
            (200, r#"{"users":[],"users":[{"login":"a"}]}"#),
        ];
        for (status, body) in others {
            assert_eq!(of(id, status, body).state, State::Unknown, "{status} {body}");
        }
    }

    #[test]
    fn names_are_few_and_short() {
        let names: Vec<String> = (0..7).map(|at| format!("{at}{}", "x".repeat(90))).collect();
        let text = listed(&names);
        assert!(text.ends_with(" and 2 more") && text.chars().count() < 5 * 84 + 12, "{text}");
        assert_eq!(listed(&names[..0]), "");
    }
}
