//! From events to usages: which reference reaches which call, and for which server and project.

use std::collections::BTreeSet;

use super::event::{Called, Event, Reference, Said, What};
use super::{Scope, Usage};
use crate::rule::usage::Usage as Rule;

/// What is the same for all usages of one file.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) system: &'a str,
    pub(super) repository: &'a str,
    pub(super) path: &'a str,
    /// What keeps a variable that nothing in the file sets.
    pub(super) unset: Scope,
}

/// The usages of one file.
pub(super) fn join(events: &[Event], rules: &[Rule], place: &Place<'_>) -> Vec<Usage> {
    let join = Join { events, rules, place };
    let mut usages = Vec::new();
    for event in events {
        match &event.what {
            What::Reference(reference) => usages.extend(join.reference(event, reference)),
            What::Variable { name, held_by } => {
                usages.extend(join.variable(event, name, held_by.as_deref()));
            }
            What::Called(called) => usages.extend(join.implicit(event, called)),
            What::Server(_) | What::Project(_) | What::Handed(_) => {}
        }
    }
    usages.sort();
    usages.dedup();
    usages
}

struct Join<'a> {
    events: &'a [Event],
    rules: &'a [Rule],
    place: &'a Place<'a>,
}

impl Join<'_> {
    /// A reference, once for each call that it reaches, or once if there is none.
    fn reference(&self, event: &Event, reference: &Reference) -> Vec<Usage> {
        let variable = reference.variable.as_deref();
        let reached = self.calls(event, variable);
        let services = self.services(variable, Some(&reference.name));
        let usage = |called: Option<(&Event, &Called)>| {
            let services = match (called, services.is_empty()) {
                (Some((_, called)), true) => called.services.clone(),
                (Some((_, called)), false) => narrowed(&services, &called.services),
                (None, _) => services.clone(),
            };
            let mut usage = self.usage(event, called, services);
            usage.name.clone_from(&reference.name);
            usage.within.clone_from(&reference.within);
            usage.scope = reference.scope.unwrap_or(self.place.unset);
            usage.variable.clone_from(&reference.variable);
            usage.stores = reference.stores;
            usage
        };
        if reached.is_empty() {
            return vec![usage(None)];
        }
        reached.into_iter().map(|it| usage(Some(it))).collect()
    }

    /// A variable that is read, unless it is set in the file: then that is the reference.
    fn variable(&self, event: &Event, name: &str, held_by: Option<&str>) -> Option<Usage> {
        if self.is_set(event, name) {
            return None;
        }
        let called = self.calls(event, None).into_iter().find(|(it, _)| it.unit == event.unit);
        let services = self.services(held_by, Some(name));
        let services = called.map_or(services.clone(), |(_, it)| narrowed(&services, &it.services));
        let mut usage = self.usage(event, called, services);
        name.clone_into(&mut usage.name);
        usage.variable = Some(held_by.unwrap_or(name).to_owned());
        Some(usage)
    }

    /// A call that reads a variable of which nothing else speaks.
    fn implicit(&self, event: &Event, called: &Called) -> Option<Usage> {
        let first = called.reads.first()?;
        let is_told = |other: &Event| match &other.what {
            What::Reference(reference) => {
                let reads = reference.variable.as_ref().is_some_and(|it| called.reads.contains(it));
                let beside = other.unit == event.unit && !reference.stores;
                (reads || beside) && event.unit.starts_with(&other.unit)
            }
            What::Variable { name, held_by } => {
                let reads = called.reads.contains(name) || held_by.is_some();
                reads && event.unit == other.unit
            }
            _ => false,
        };
        if self.events.iter().any(is_told) {
            return None;
        }
        let mut usage = self.usage(event, Some((event, called)), called.services.clone());
        usage.name.clone_from(first);
        usage.variable = Some(first.clone());
        usage.implicit = true;
        Some(usage)
    }

    /// Whether a variable gets its value in this file, for this place.
    fn is_set(&self, event: &Event, name: &str) -> bool {
        let sets = |other: &Event| match &other.what {
            What::Reference(reference) => {
                reference.variable.as_deref() == Some(name) && event.unit.starts_with(&other.unit)
            }
            _ => false,
        };
        self.events.iter().any(sets)
    }

    /// The calls that a reference reaches: in its own step, else in all steps and jobs that it
    /// stands around and that read what it sets.
    fn calls(&self, event: &Event, variable: Option<&str>) -> Vec<(&Event, &Called)> {
        let all = self.events.iter().filter_map(|other| match &other.what {
            What::Called(called) if other.unit.starts_with(&event.unit) => Some((other, called)),
            _ => None,
        });
        let all: Vec<(&Event, &Called)> = all.collect();
        let own = |(other, _): &&(&Event, &Called)| other.unit == event.unit;
        let same_line = all.iter().filter(own).find(|(other, _)| other.line == event.line);
        // In a file without jobs and steps only the same line is the same command.
        let first = all.iter().find(own).filter(|_| !event.unit.is_empty());
        if let Some(own) = same_line.or(first) {
            return vec![*own];
        }
        let reads = |(_, called): &(&Event, &Called)| {
            variable.is_some_and(|it| called.reads.iter().any(|read| read == it))
        };
        let mut units = BTreeSet::new();
        all.into_iter().filter(reads).filter(|(other, _)| units.insert(&other.unit)).collect()
    }

    /// The services that keep tokens under one of these names.
    fn services(&self, variable: Option<&str>, name: Option<&str>) -> Vec<String> {
        let of = |text: Option<&str>| -> Vec<String> {
            let is = |rule: &&Rule| text.is_some_and(|text| rule.is_name(text));
            self.rules.iter().filter(is).map(|rule| rule.service.clone()).collect()
        };
        let first = of(variable);
        if first.is_empty() { of(name) } else { first }
    }

    fn usage(
        &self,
        event: &Event,
        called: Option<(&Event, &Called)>,
        services: Vec<String>,
    ) -> Usage {
        let at = called.map_or(event, |(other, _)| other);
        let Place { system, repository, path, unset } = self.place;
        let server = self.nearest(at, &services, |what| match what {
            What::Server(said) => Some(said),
            _ => None,
        });
        let project = self.nearest(at, &services, |what| match what {
            What::Project(said) => Some(said),
            _ => None,
        });
        Usage {
            services,
            scope: *unset,
            name: String::new(),
            within: None,
            system: (*system).to_owned(),
            repository: (*repository).to_owned(),
            path: (*path).to_owned(),
            line: event.line,
            variable: None,
            job: at.unit.first().cloned(),
            step: at.unit.get(1).cloned(),
            call: called.map(|(_, called)| called.shown.clone()),
            implicit: false,
            stores: false,
            server,
            project,
            sure: None,
        }
    }

    /// What is said of a place: in its own unit, else in the nearest one around it.
    fn nearest(
        &self,
        at: &Event,
        services: &[String],
        of: impl Fn(&What) -> Option<&Said>,
    ) -> Option<String> {
        let around = self.events.iter().filter(|other| at.unit.starts_with(&other.unit));
        let said = around.filter_map(|other| Some((other.unit.len(), of(&other.what)?)));
        let said = said.filter(|(_, said)| said.is_of(services));
        said.max_by_key(|(depth, _)| *depth).map(|(_, said)| said.value.clone())
    }
}

/// Of the services of a name those that its call is of, too; if none is, those of the call.
fn narrowed(services: &[String], called: &[String]) -> Vec<String> {
    let both: Vec<String> = services.iter().filter(|it| called.contains(it)).cloned().collect();
    match (both.is_empty(), called.is_empty()) {
        (false, _) => both,
        (true, false) => called.to_vec(),
        (true, true) => services.to_vec(),
    }
}
