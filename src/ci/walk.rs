//! Going through what a provider has, page by page.

use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::log::Log;
use super::{Filter, Target};
use crate::api::json::{next, rows};
use crate::api::session::{At, Session};
use crate::api::{Told, Unread};
use crate::problem::{Problem, ProblemCode};

/// The most pages of one list: a hundred rows each are more runs than any provider keeps, so a list
/// that is longer goes in circles.
const PAGES: usize = 1000;

/// What is done with each log.
pub(super) type Take<'a> = dyn FnMut(&Session<'_>, Log, At) -> Result<ControlFlow<()>, Unread> + 'a;

/// What is done with the rows of a page. It says whether the pages after it are wanted.
type OfPage<'a> = dyn FnMut(&mut Walk<'_>, &[Value]) -> Result<ControlFlow<()>, End> + 'a;

/// The same with an answer that is not only rows. It returns the address of the one after.
type OfAnswer<'a> = dyn FnMut(&mut Walk<'_>, &Told) -> Result<Option<String>, End> + 'a;

/// Why a walk ends before its end.
#[derive(Debug)]
pub(super) enum End {
    /// As many logs as were wanted, or as their taker wanted.
    Enough,
    /// Something without which it cannot go on.
    Unread(Unread),
}

impl From<Unread> for End {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

/// A walk through the logs of a target.
pub(super) struct Walk<'a> {
    pub(super) target: &'a Target,
    pub(super) session: &'a Session<'a>,
    filter: &'a Filter,
    take: &'a mut Take<'a>,
    left: usize,
    problems: Vec<Problem>,
}

/// Walks, and returns what could not be looked at.
pub(super) fn run<'a>(
    target: &'a Target,
    session: &'a Session<'a>,
    filter: &'a Filter,
    take: &'a mut Take<'_>,
) -> Vec<Problem> {
    let left = filter.limit.unwrap_or(usize::MAX);
    let mut walk = Walk { target, session, filter, take, left, problems: Vec::new() };
    if let Err(End::Unread(unread)) = (target.provider.walk)(&mut walk) {
        walk.problems.push(unread.at(&target.page));
    }
    walk.problems
}

impl Walk<'_> {
    pub(super) fn filter(&self) -> &Filter {
        self.filter
    }

    /// Offers a log. Where it cannot be read, that is noted, and the walk goes on.
    pub(super) fn offer(&mut self, log: Log, at: At) -> Result<(), End> {
        if self.left == 0 {
            return Err(End::Enough);
        }
        self.left -= 1;
        let (place, running) = (log.path(), log.running);
        match (self.take)(self.session, log, at) {
            Ok(flow) => {
                if running {
                    self.problems.push(still_running(&place));
                }
                if flow.is_break() || self.left == 0 { Err(End::Enough) } else { Ok(()) }
            }
            Err(unread) if running && !unread.ends => {
                self.problems.push(still_running(&place));
                Ok(())
            }
            Err(unread) => self.note(&place, unread),
        }
    }

    /// Notes that something could not be looked at. An error where nothing more can be.
    pub(super) fn note(&mut self, place: &str, unread: Unread) -> Result<(), End> {
        if unread.ends {
            return Err(End::Unread(unread));
        }
        self.problems.push(unread.at(place));
        Ok(())
    }

    /// Goes on with the rest where a part of the listing failed.
    pub(super) fn part(&mut self, place: &str, outcome: Result<(), End>) -> Result<(), End> {
        match outcome {
            Err(End::Unread(unread)) => self.note(place, unread),
            other => other,
        }
    }

    /// All pages of a list, as the header `Link` leads from one to the next.
    pub(super) fn pages(
        &mut self,
        path: &str,
        query: &str,
        key: Option<&str>,
        each: &mut OfPage<'_>,
    ) -> Result<(), End> {
        let mut query = query.to_owned();
        for _ in 0..PAGES {
            let told = self.session.json(&format!("{path}?{query}"))?;
            let all = rows(&told, key).ok_or_else(Unread::shapeless)?;
            if each(self, all)?.is_break() {
                return Ok(());
            }
            match next(&told.head) {
                Some(more) if !all.is_empty() => query = more,
                _ => return Ok(()),
            }
        }
        Err(too_many().into())
    }

    /// Pages that are counted, or go on by what an answer says.
    pub(super) fn counted(&mut self, first: String, each: &mut OfAnswer<'_>) -> Result<(), End> {
        let mut path = first;
        for _ in 0..PAGES {
            let told = self.session.json(&path)?;
            match each(self, &told)? {
                Some(more) => path = more,
                None => return Ok(()),
            }
        }
        Err(too_many().into())
    }

    /// Whether something that began then is wanted. What says no time is.
    pub(super) fn is_recent(&self, when: Option<&str>) -> bool {
        self.is_within(when, SignedDuration::ZERO)
    }

    /// The same with so much time before.
    pub(super) fn is_within(&self, when: Option<&str>, before: SignedDuration) -> bool {
        let Some(since) = self.filter().since else { return true };
        let when = when.and_then(|when| when.parse::<Timestamp>().ok());
        when.is_none_or(|when| since.duration_since(when) <= before)
    }

    /// Whether something of one of these names is wanted.
    pub(super) fn is_workflow(&self, names: &[Option<&str>]) -> bool {
        let wanted = self.filter().workflow.as_deref();
        wanted.is_none_or(|wanted| names.contains(&Some(wanted)))
    }

    pub(super) fn is_branch(&self, name: Option<&str>) -> bool {
        self.filter().branch.as_deref().is_none_or(|wanted| name == Some(wanted))
    }
}

fn still_running(place: &str) -> Problem {
    let why = "the job was still running: what it prints from now on is not read";
    Problem::new(ProblemCode::Unreadable, place, why).hinted("ask again when it is over")
}

fn too_many() -> Unread {
    let why = format!("the list has more than the {PAGES} pages that are read of one");
    Unread::new(ProblemCode::TooMany, why).hinted("--since, --workflow and --branch ask for less")
}
