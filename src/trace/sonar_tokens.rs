//! `SonarQube`'s table of tokens: who owns which, by the SHA-384 that the server itself compares.

use anyhow::{Context as _, bail};
use jiff::Timestamp;

use super::table::{Row, rows};
use super::{Digest, Ledger, Read, Record, file};
use crate::identity::{About, Known, Sure};
use crate::problem::{Problem, ProblemCode};

/// Exports the table from the database of `SonarQube` 10.1 or later. Before that, the project is
/// `t.project_key` (from 9.5), and `t.type` and `t.expiration_date` may be missing.
pub const QUERY: &str = "\
SELECT t.token_hash AS token_hash, u.login, u.name, u.email, u.active, t.name AS token_name, t.type,
       t.created_at, t.last_connection_date, t.expiration_date, p.kee AS project_key
FROM user_tokens t LEFT JOIN users u ON u.uuid = t.user_uuid
LEFT JOIN projects p ON p.uuid = t.project_uuid";

/// The column that all depends on.
const HASH: &str = "token_hash";

/// The digits of a SHA-384.
const HASH_DIGITS: usize = 96;

/// Reads an export.
pub(super) fn read(what: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    let text = file::named(what)?;
    let Some(rows) = rows(&text, HASH).with_context(|| format!("cannot read {what}"))? else {
        bail!(
            "{what} has no column {HASH}: export the answer to this as CSV with a header line, or \
             as JSON:\n{QUERY}"
        );
    };
    add(&rows, what, ledger);
    Ok(())
}

/// Adds the rows of a table.
pub(super) fn add(rows: &[Row], source: &str, ledger: &mut Ledger) {
    let before = ledger.records.len();
    let how = format!("its SHA-384 in {source}");
    let mut broken = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let hash = row.get(HASH).map(|hash| hash.trim()).filter(|hash| hash.len() == HASH_DIGITS);
        match hash.and_then(Digest::from_hex) {
            Some(digest) => ledger.records.push(Record { digest, known: known(row, &how) }),
            None => broken.push(at + 1),
        }
    }
    if let Some(first) = broken.first() {
        let (all, broken) = (rows.len(), broken.len());
        let why = format!(
            "{broken} of {all} rows have no SHA-384 in {HASH}, which is {HASH_DIGITS} hex digits; \
             the first is row {first}"
        );
        let problem = Problem::new(ProblemCode::Damaged, source, why);
        ledger.problems.push(problem.hinted("export the column as it is in the table"));
    }
    let nameless = rows.iter().any(|row| value(row, "login").is_none());
    let note = "some owners are known by uuid alone, since their rows have no login: see the table \
                `users`";
    ledger.read.push(Read {
        source: format!("SonarQube tokens of {source}"),
        entries: ledger.records.len() - before,
        notes: nameless.then(|| note.to_owned()).into_iter().collect(),
    });
}

/// What a row says of its token.
fn known(row: &Row, how: &str) -> Vec<Known> {
    let time_of = |column| value(row, column).map(time);
    let text = |column| value(row, column).map(str::to_owned);
    // In the table itself `name` is the token's; in an answer that has both, it is the owner's.
    let (token_name, owner_name) = match row.get("token_name") {
        Some(name) => (Some(name.clone()), text("name")),
        None => (row.get("name").cloned(), None),
    };
    let certain = [
        (About::Owner, text("login")),
        (About::OwnerName, owner_name),
        (About::Email, text("email")),
        (About::OwnerActive, value(row, "active").and_then(truth)),
        (About::TokenName, token_name),
        (About::TokenKind, text("type")),
        (About::Created, time_of("created_at")),
        (About::LastUsed, time_of("last_connection_date")),
        (About::Expires, time_of("expiration_date")),
    ];
    let mut known: Vec<Known> = certain
        .into_iter()
        .filter_map(|(about, value)| Some(Known::certain(about, value?, how)))
        .collect();
    let mut likely = |about, value: String| {
        known.push(Known { about, value, sure: Sure::Likely, how: how.to_owned() });
    };
    // A uuid is no login, by which a token is revoked, and no key of a project.
    if let (None, Some(uuid)) = (value(row, "login"), value(row, "user_uuid")) {
        likely(About::Owner, format!("the user with the uuid {uuid}"));
    }
    match (value(row, "project_key"), value(row, "project_uuid")) {
        // From 10.1 on the table's own key is no longer kept: the project may have another by now.
        (Some(key), Some(_)) => likely(About::Project, key.to_owned()),
        (Some(key), None) => known.push(Known::certain(About::Project, key, how)),
        (None, Some(uuid)) => {
            likely(About::Project, format!("the project with the uuid {uuid}"));
        }
        (None, None) => {}
    }
    known
}

/// The value of a column, if there is one. Some clients write out what NULL is.
fn value<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    let value = row.get(column)?.trim();
    (!matches!(value, "" | "NULL" | "null" | "\\N" | "(null)")).then_some(value)
}

/// Milliseconds since 1970 as a time; what is none stays as it is.
fn time(text: &str) -> String {
    let time = text.parse().ok().and_then(|since| Timestamp::from_millisecond(since).ok());
    time.map_or_else(|| text.to_owned(), |time| time.to_string())
}

/// A truth value as the databases write it.
fn truth(text: &str) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Some("true".to_owned()),
        "f" | "false" | "0" => Some("false".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {

    use sha2::{Digest as _, Sha384};

    use super::*;
    use crate::fixture::mint;
    use crate::hex::hex;
    use crate::trace::{SourceKind, read_text};

    fn sha384(text: &str) -> String {
        hex(&Sha384::digest(text))
    }

    fn ledger(text: &str) -> anyhow::Result<Ledger> {
        read_text(SourceKind::SonarTokens, "tokens", text)
    }

    #[test]
    fn an_answer_to_the_query_tells_owner_and_token() {
        let (token, other) = (mint("squ_", 1), mint("sqp_", 2));
        let csv = format!(
            "token_hash,login,name,email,active,token_name,type,created_at,last_connection_date,\
             expiration_date,project_key\n\
             {},ada,\"L., Ada\",ada@example.org,t,ci,USER_TOKEN,1700000000123,,1800000000000,\n\
             {},bob,Bob,NULL,f,NULL,PROJECT_ANALYSIS_TOKEN,1700000000000,1700000001000,,web\n",
            sha384(&token).to_uppercase(),
            sha384(&other)
        );
        let ledger = ledger(&csv).expect("a table");
        let identity = ledger.by_digest(&[sha384(&token)]);
        let all: Vec<_> = identity.known.iter().map(|it| (it.about, it.value.as_str())).collect();
        assert_eq!(
            all,
            [
                (About::Owner, "ada"),
                (About::OwnerName, "L., Ada"),
                (About::Email, "ada@example.org"),
                (About::OwnerActive, "true"),
                (About::TokenName, "ci"),
                (About::TokenKind, "USER_TOKEN"),
                (About::Created, "2023-11-14T22:13:20.123Z"),
                (About::Expires, "2027-01-15T08:00:00Z"),
            ]
        );
        assert!(identity.known.iter().all(|known| known.sure == Sure::Certain));
        let identity = ledger.by_digest(&[sha384(&other)]);
        assert_eq!(identity.certain(About::Project), Some("web"));
        assert_eq!(identity.certain(About::TokenName), Some("NULL"), "a name may be any");
        assert_eq!(identity.certain(About::Email), None);
        assert_eq!(identity.certain(About::LastUsed), Some("2023-11-14T22:13:21Z"));
        assert!(ledger.problems.is_empty() && ledger.read[0].notes.is_empty());
        assert_eq!(ledger.read[0].entries, 2);
    }

    #[test]
    fn the_bare_table_tells_the_token_and_the_uuid_of_its_owner() {
        let token = mint("sqp_", 3);
        let rows = format!(
            r#"{{"results":[{{"UUID":"1","USER_UUID":"AX1","NAME":"ci","TOKEN_HASH":"{}",
            "CREATED_AT":1700000000000,"PROJECT_KEY":"old","PROJECT_UUID":"AY2"}}]}}"#,
            sha384(&token)
        );
        let ledger = ledger(&rows).expect("a table");
        let identity = ledger.by_digest(&[sha384(&token)]);
        assert_eq!(identity.certain(About::TokenName), Some("ci"));
        assert_eq!(
            (identity.certain(About::Owner), identity.certain(About::Project)),
            (None, None)
        );
        let owner = identity.best(About::Owner).expect("an owner");
        assert_eq!(owner.value, "the user with the uuid AX1");
        assert_eq!(identity.best(About::Project).expect("a project").value, "old");
        assert!(ledger.read[0].notes[0].contains("uuid"));
    }

    #[test]
    fn without_hashes_it_says_what_to_run() {
        let error = ledger("login,name\nada,ci\n").expect_err("no hash").to_string();
        assert!(error.contains("no column token_hash") && error.contains(QUERY), "{error}");
        let (cut, whole) = ("ab".repeat(32), sha384(&mint("squ_", 4)));
        let ledger = ledger(&format!("token_hash,login\n{cut},ada\n{whole},bob\n")).expect("some");
        assert_eq!(ledger.records.len(), 1, "the SHA-256 is another digest");
        assert!(ledger.problems[0].why.starts_with("1 of 2 rows"), "{:?}", ledger.problems);
    }
}
