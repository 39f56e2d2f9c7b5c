//! Going through the list of an organisation, page by page, to its end or to where it breaks.

use std::collections::HashSet;

use http::Uri;
use jiff::Timestamp;
use serde_json::Value;

use super::{CloneBy, Listed, Organisation, Repository, Settings, address};
use crate::api::json::text;
use crate::api::session::Session;
use crate::api::{Told, Unread};
use crate::door::permit::Endpoint;
use crate::problem::{Problem, ProblemCode};

/// The most pages of one list: with fifty rows each, the fewest that a provider has, more than the
/// hundred thousand repositories of the largest organisations.
const PAGES: usize = 4000;

/// What the row of a list says.
#[derive(Default)]
pub(super) struct Row<'a> {
    /// By what name people know the repository.
    pub(super) name: Option<&'a str>,
    pub(super) https: Option<&'a str>,
    pub(super) ssh: Option<&'a str>,
    /// In bytes.
    pub(super) size: Option<u64>,
    pub(super) archived: Option<bool>,
    pub(super) fork: Option<bool>,
    pub(super) private: Option<bool>,
    pub(super) last_activity: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// As GitHub writes it, and Gitea after it, but for when something last happened there.
    pub(super) fn of_github(row: &'a Value) -> Self {
        let flag = |key: &str| row.get(key).and_then(Value::as_bool);
        Self {
            name: text(row, "full_name"),
            https: text(row, "clone_url"),
            ssh: text(row, "ssh_url"),
            size: row.get("size").and_then(Value::as_u64).map(|size| size.saturating_mul(1024)),
            archived: flag("archived"),
            fork: flag("fork"),
            private: flag("private"),
            last_activity: None,
        }
    }
}

/// How a provider writes its lists.
pub(super) struct Form {
    /// The rows of an answer.
    pub(super) rows: fn(&Told) -> Option<&[Value]>,
    /// The address of the page after it.
    pub(super) next: fn(&Told) -> Option<String>,
    pub(super) row: fn(&Value) -> Row<'_>,
}

/// A list as far as it was read.
pub(super) struct Listing<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) session: &'a Session<'a>,
    settings: &'a Settings,
    /// How many repositories there were, also those that are not wanted.
    seen: usize,
    listed: Listed,
}

impl<'a> Listing<'a> {
    pub(super) fn new(
        organisation: &'a Organisation,
        session: &'a Session<'a>,
        settings: &'a Settings,
    ) -> Self {
        Self { organisation, session, settings, seen: 0, listed: Listed::default() }
    }

    /// The names of the organisation.
    pub(super) fn names(&self) -> &'a [String] {
        &self.organisation.place.names
    }

    /// Whether nothing was listed yet.
    pub(super) fn is_new(&self) -> bool {
        self.seen == 0
    }

    /// Whether somebody is asking whom the provider knows.
    pub(super) fn is_known(&self) -> bool {
        self.settings.access.token.is_some()
    }

    /// Reads all pages of a list. The first one's query is given; of the others the query is taken,
    /// from addresses at the same host.
    pub(super) fn pages(&mut self, path: &str, query: &str, form: &Form) -> Result<(), Unread> {
        let mut query = query.to_owned();
        let mut asked = HashSet::new();
        while asked.insert(query.clone()) {
            if asked.len() > PAGES {
                let why = format!("it has more than the {PAGES} pages that are read of one");
                return Err(Unread::new(ProblemCode::TooMany, why));
            }
            let told = self.session.json(&format!("{path}?{query}"))?;
            let rows = (form.rows)(&told).ok_or_else(Unread::shapeless)?;
            for row in rows {
                self.offer(&(form.row)(row));
            }
            // A page can be empty though more follow: what may not be seen is taken out of it.
            match (form.next)(&told) {
                Some(address) => query = self.query_of(&address)?,
                None => return Ok(()),
            }
        }
        let why = "it goes in circles: the page that it names as the next one was read before";
        Err(Unread::new(ProblemCode::Unanswered, why))
    }

    /// The query of the next page. A host that is not the API's is not asked.
    fn query_of(&self, address: &str) -> Result<String, Unread> {
        let no = |why: String| Err(Unread::new(ProblemCode::Unanswered, why));
        let Ok(uri) = address.parse::<Uri>() else {
            return no("it says that there is more, and not where".to_owned());
        };
        if let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) {
            let server = Endpoint::parse(&format!("{scheme}://{authority}"), true);
            let own = self.organisation.place.api.authority();
            if server.is_ok_and(|server| server.authority() != own) {
                let host = authority.host();
                return no(format!("its next page is at another host, {host:?}, not at {own}"));
            }
        }
        match uri.query() {
            Some(query) => Ok(query.to_owned()),
            None => no("it says that there is more, and not where".to_owned()),
        }
    }

    /// Takes a repository, unless it is not wanted or its address is none that git may be sent to.
    fn offer(&mut self, row: &Row<'_>) {
        self.seen += 1;
        let Settings { skip_forks, skip_archived, clone_by, .. } = self.settings;
        if *skip_forks && row.fork == Some(true) || *skip_archived && row.archived == Some(true) {
            return;
        }
        let given = match clone_by {
            CloneBy::Https => row.https,
            CloneBy::Ssh => row.ssh,
        };
        let target = given
            .ok_or_else(|| "the list has no address to clone it".to_owned())
            .and_then(|text| address::checked(text, *clone_by, &self.organisation.place));
        match target {
            Ok(target) => self.listed.repositories.push(Repository {
                target,
                size: row.size,
                archived: row.archived,
                fork: row.fork,
                private: row.private,
                last_activity: row.last_activity.and_then(time),
            }),
            Err(why) => {
                let name = row.name.unwrap_or("without a name").chars();
                let name: String = name.filter(|c| !c.is_control()).take(200).collect();
                let place = format!("{}: {name}", self.organisation.page);
                let hint = "it is not cloned; if it is right, write its address into a list";
                let problem = Problem::new(ProblemCode::Repository, place, why).hinted(hint);
                self.listed.problems.push(problem);
            }
        }
    }

    /// What it came to.
    pub(super) fn end(mut self, end: Result<(), Unread>) -> Listed {
        let (page, scope) = (&self.organisation.page, self.organisation.provider.scope);
        let name = self.organisation.name();
        match end {
            Err(unread) => {
                let denied = unread.code == ProblemCode::Denied;
                let mut problem = unread.at(page);
                let part = match self.seen {
                    0 => format!("{name} cannot be listed"),
                    seen => format!("the list of {name} is not whole, it broke off after {seen}"),
                };
                problem.why = format!("{part}: {}", problem.why);
                problem.hint = Some(match problem.hint {
                    Some(hint) if denied => format!("{hint}; {scope}"),
                    Some(hint) => hint,
                    None => format!("ask again; if it stays so, check the address; {scope}"),
                });
                self.listed.problems.push(problem);
            }
            Ok(()) if self.seen == 0 => {
                let why = format!("{name} is empty: no repository that who asks so may see");
                let problem = Problem::new(ProblemCode::Denied, page, why).hinted(scope);
                self.listed.problems.push(problem);
            }
            Ok(()) => {}
        }
        self.listed.repositories.sort();
        self.listed.repositories.dedup_by(|one, other| one.target == other.target);
        self.listed
    }
}

/// A time in UTC, if it is one.
fn time(text: &str) -> Option<String> {
    let time: Timestamp = text.parse().ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
