//! Which of an owner's tokens it is, by leaving out what it cannot be.
//!
//! A token that has just been used is in its owner's list, its last use written down as of now or,
//! where a service writes that once an hour only, of at most an hour ago. Every row that says
//! something else is another token. One row left is proof; several are a short list.

use jiff::Timestamp;

use crate::identity::{Contender, Listed};

/// Clocks of one service's machines, and the rounding to whole seconds, differ by no more.
pub(super) const SLACK: i64 = 2;

/// So many tokens are named in a note.
const NAMED: usize = 5;

/// One token of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) project: Option<String>,
    pub(super) created: Option<String>,
    pub(super) last_used: Option<String>,
    /// As the service writes it, to be compared as text.
    pub(super) expires: Option<String>,
    pub(super) expired: bool,
    pub(super) uses: Option<u64>,
}

impl Row {
    /// What others may know of it.
    pub(super) fn listed(&self) -> Listed {
        let Self { name, id, created, last_used, .. } = self.clone();
        Listed { name, id, created, last_used }
    }
}

/// What is known of the token that is looked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked<'a> {
    /// What its service calls its kind.
    pub(super) kind: Option<&'a str>,
    /// When it expires, as the service said while it answered.
    pub(super) expires: Option<&'a str>,
    /// Whether the service says so of every token that expires.
    pub(super) expiry_told: bool,
    /// When it was used, by the service's clock.
    pub(super) used: Option<Timestamp>,
    /// Whether the list says of every token that was used when that was.
    pub(super) use_told: bool,
    /// How old the written last use may be, in seconds.
    pub(super) window: i64,
    /// Projects that stand beside the token.
    pub(super) projects: Vec<&'a str>,
    /// Its oldest place.
    pub(super) first_seen: Option<Timestamp>,
}

/// What is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Left {
    One(Box<Row>),
    /// The likeliest first.
    Several(Vec<Row>),
    None,
}

/// Leaves out every row that is another token for certain.
pub(super) fn eliminate(rows: Vec<Row>, asked: &Asked<'_>) -> Left {
    let has_expiry = rows.iter().any(|row| row.expires.is_some());
    let has_last_use = asked.use_told || rows.iter().any(|row| row.last_used.is_some());
    let fits = |row: &Row| {
        let kind = match (&row.kind, asked.kind) {
            (Some(kind), Some(wanted)) => kind == wanted,
            _ => true,
        };
        let expiry = match asked.expires {
            Some(told) if has_expiry => row.expires.as_deref() == Some(told),
            None if asked.expiry_told => row.expires.is_none(),
            _ => true,
        };
        kind && expiry && !row.expired && (!has_last_use || just_used(row, asked))
    };
    let mut left: Vec<Row> = rows.into_iter().filter(fits).collect();
    match left.len() {
        0 => Left::None,
        1 => left.pop().map_or(Left::None, |row| Left::One(Box::new(row))),
        _ => {
            left.sort_by_cached_key(|row| {
                (-score(row, asked), row.created.clone(), row.name.clone())
            });
            Left::Several(left)
        }
    }
}

/// Whether a row's last use can be the one that was just made.
fn just_used(row: &Row, asked: &Asked<'_>) -> bool {
    let Some(last) = row.last_used.as_deref() else { return false };
    let Some(used) = asked.used else { return true };
    // A time that cannot be read proves nothing.
    moment(last).is_none_or(|last| last.as_second() >= used.as_second() - asked.window - SLACK)
}

/// Of several rows the one whose last use was written at `used`, if it is the only one: all of
/// them were older than the window, so that the use had to be written down.
pub(super) fn used_at(rows: Vec<Row>, used: Timestamp) -> Left {
    let now = |row: &Row| {
        row.last_used
            .as_deref()
            .and_then(moment)
            .is_some_and(|last| (last.as_second() - used.as_second()).abs() <= SLACK)
    };
    let mut left: Vec<Row> = rows.into_iter().filter(now).collect();
    match left.len() {
        0 => Left::None,
        1 => left.pop().map_or(Left::None, |row| Left::One(Box::new(row))),
        _ => Left::Several(left),
    }
}

/// The only row whose counter grew from one reading to the next.
pub(super) fn grew(before: &[Row], after: Vec<Row>) -> Left {
    let more = |row: &Row| {
        let was = before.iter().find(|old| old.id.is_some() && old.id == row.id);
        was.is_some_and(|old| row.uses > old.uses)
    };
    let mut left: Vec<Row> = after.into_iter().filter(more).collect();
    match left.len() {
        0 => Left::None,
        1 => left.pop().map_or(Left::None, |row| Left::One(Box::new(row))),
        _ => Left::Several(left),
    }
}

/// When all of these rows will be older than the window, so that another use tells them apart.
pub(super) fn apart_at(rows: &[Row], window: i64) -> Option<Timestamp> {
    let last = rows.iter().filter_map(|row| moment(row.last_used.as_deref()?)).max()?;
    Timestamp::from_second(last.as_second() + window + SLACK).ok()
}

/// How much speaks for a row beyond what is proof.
fn score(row: &Row, asked: &Asked<'_>) -> i32 {
    let beside =
        |project: &&&str| row.project.as_deref() == Some(**project) || row.name.contains(**project);
    let project = asked.projects.iter().any(|project| beside(&project));
    i32::from(project) - 2 * i32::from(is_younger(row, asked))
}

/// Whether a row was made after the token was first seen.
fn is_younger(row: &Row, asked: &Asked<'_>) -> bool {
    let made = row.created.as_deref().and_then(moment);
    made.zip(asked.first_seen).is_some_and(|(made, seen)| made > seen)
}

/// The tokens that were made since this one was first seen: whoever had it may have made them.
pub(super) fn made_since(rows: &[Row], asked: &Asked<'_>) -> Option<String> {
    let young: Vec<&Row> = rows.iter().filter(|row| is_younger(row, asked)).collect();
    let made =
        |row: &&Row| format!("{} ({})", row.name, row.created.as_deref().unwrap_or_default());
    let names: Vec<String> = young.iter().take(NAMED).map(made).collect();
    let more = match young.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let seen = asked.first_seen?.strftime("%Y-%m-%d").to_string();
    (!names.is_empty()).then(|| {
        format!(
            "Since it was first seen ({seen}), these tokens of its owner were made, by them or by \
             whoever had it: {}{more}.",
            names.join(", ")
        )
    })
}

/// A row of a short list, in words.
pub(super) fn contender(row: &Row, asked: &Asked<'_>) -> Contender {
    let mut why = Vec::new();
    match row.created.as_deref() {
        Some(made) if is_younger(row, asked) => {
            why.push(format!("made {made}, after the token was first seen: hardly"));
        }
        Some(made) => why.push(format!("made {made}")),
        None => {}
    }
    why.extend(row.last_used.as_deref().map(|last| format!("last used {last}")));
    if let Some(project) = &row.project {
        let seen = asked.projects.contains(&project.as_str());
        let seen = if seen { ", which stands beside the token" } else { "" };
        why.push(format!("for project {project}{seen}"));
    }
    why.extend(row.uses.map(|uses| format!("used {uses} times")));
    Contender { name: row.name.clone(), why: why.join("; ") }
}

/// A time as services write it: RFC 3339, or with an offset without colon.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let offset = || jiff::Zoned::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok();
    text.parse().ok().or_else(|| offset().map(|zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, last_used: &str) -> Row {
        let last_used = (!last_used.is_empty()).then(|| last_used.to_owned());
        Row { name: name.to_owned(), last_used, ..Row::default() }
    }

    fn asked() -> Asked<'static> {
        let used = moment("2026-11-25T12:00:00+0000");
        Asked { used, window: 3600, ..Asked::default() }
    }

    fn names(left: Left) -> Vec<String> {
        match left {
            Left::One(row) => vec![row.name],
            Left::Several(rows) => rows.into_iter().map(|row| row.name).collect(),
            Left::None => Vec::new(),
        }
    }

    #[test]
    fn last_use_leaves_out_what_was_not_just_used() {
        let rows = vec![
            row("never", ""),
            row("long ago", "2026-11-25T10:59:57+0000"),
            row("on the edge", "2026-11-25T13:59:58+0300"),
            row("unreadable", "yesterday"),
        ];
        assert_eq!(names(eliminate(rows, &asked())), ["on the edge", "unreadable"]);
        // A server too old to write last uses leaves nothing out.
        let old = vec![row("a", ""), row("b", "")];
        assert_eq!(names(eliminate(old.clone(), &asked())), ["a", "b"]);
        // One that does write them would have written this one.
        let told = Asked { use_told: true, ..asked() };
        assert_eq!(names(eliminate(old, &told)), Vec::<String>::new());
    }

    #[test]
    fn kind_and_expiry_leave_out_only_what_is_told() {
        let with = |name: &str, kind: &str, expires: Option<&str>| Row {
            kind: Some(kind.to_owned()),
            expires: expires.map(str::to_owned),
            ..row(name, "2026-11-25T12:00:00+0000")
        };
        let day = "2027-01-01T00:00:00+0000";
        let rows = || {
            vec![
                with("user", "USER_TOKEN", None),
                with("user until", "USER_TOKEN", Some(day)),
                with("project", "PROJECT_ANALYSIS_TOKEN", Some(day)),
                Row { expired: true, ..with("gone", "USER_TOKEN", None) },
            ]
        };
        let kind = Asked { kind: Some("USER_TOKEN"), ..asked() };
        let left = |asked: Asked<'_>| names(eliminate(rows(), &asked));
        assert_eq!(left(kind.clone()), ["user", "user until"], "no expiry told: nothing follows");
        assert_eq!(left(Asked { expiry_told: true, ..kind.clone() }), ["user"]);
        assert_eq!(left(Asked { expires: Some(day), ..kind.clone() }), ["user until"]);
        assert_eq!(left(Asked { expires: Some("other"), ..kind }), Vec::<String>::new());
    }

    #[test]
    fn a_tie_stays_open_until_a_use_of_its_own() {
        let tie = vec![row("a", "2026-11-25T11:30:00+0000"), row("b", "2026-11-25T11:40:00+0000")];
        assert_eq!(names(eliminate(tie.clone(), &asked())), ["a", "b"]);
        let apart = apart_at(&tie, 3600).expect("a time");
        assert_eq!(apart, moment("2026-11-25T12:40:02+0000").expect("a time"));
        let later = vec![row("a", "2026-11-25T12:40:03+0000"), tie[1].clone()];
        assert_eq!(names(used_at(later.clone(), apart)), ["a"]);
        let both = vec![later[0].clone(), row("b", "2026-11-25T12:40:01+0000")];
        assert_eq!(names(used_at(both, apart)), ["a", "b"], "used in the same second: open");
    }

    #[test]
    fn what_stands_around_the_token_only_ranks() {
        let first_seen = moment("2026-01-01T00:00:00Z");
        let made = |name: &str, created: &str| Row {
            created: Some(created.to_owned()),
            ..row(name, "2026-11-25T12:00:00+0000")
        };
        let rows = vec![
            made("young", "2026-02-01T00:00:00+0000"),
            made("plain", "2025-02-01T00:00:00+0000"),
            Row { project: Some("shop".to_owned()), ..made("shop's", "2025-03-01T00:00:00+0000") },
        ];
        let asked = Asked { first_seen, projects: vec!["shop"], ..asked() };
        assert_eq!(names(eliminate(rows.clone(), &asked)), ["shop's", "plain", "young"]);
        assert!(contender(&rows[0], &asked).why.contains("hardly"));
    }

    #[test]
    fn a_counter_that_grew_alone_is_the_one() {
        let uses =
            |id: &str, uses| Row { id: Some(id.to_owned()), uses: Some(uses), ..row(id, "") };
        let before = [uses("a", 4), uses("b", 9)];
        assert_eq!(names(grew(&before, vec![uses("a", 5), uses("b", 9)])), ["a"]);
        assert_eq!(names(grew(&before, vec![uses("a", 5), uses("b", 10)])), ["a", "b"]);
        assert_eq!(names(grew(&before, vec![uses("a", 4), uses("b", 9)])), Vec::<String>::new());
    }
}
