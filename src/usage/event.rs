//! What a reader of one format sees, before anybody knows what belongs together.

use super::Scope;
use crate::rule::usage::{Call, Usage as Rule};

/// Where something stands in a pipeline, from the outside: job, then step. Of a whole file it is
/// empty. What stands in a unit holds for all units in it.
pub(super) type Unit = Vec<String>;

/// One thing that was seen.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// 1-based.
    pub(super) line: u64,
    pub(super) unit: Unit,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// Something takes its value from a store.
    Reference(Reference),
    /// A variable is read by its name, by what holds it then.
    Variable { name: String, held_by: Option<String> },
    /// Something runs that uses tokens.
    Called(Called),
    /// The address of a server, or an expression for it.
    Server(Said),
    /// The key of a project.
    Project(Said),
    /// Values are handed on to another file.
    Handed(Handed),
}

/// What is said of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) value: String,
    /// The services that it may be of.
    pub(super) services: Vec<String>,
}

/// A value from a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) within: Option<String>,
    pub(super) scope: Option<Scope>,
    /// What takes it: a variable, a property, a field.
    pub(super) variable: Option<String>,
    /// Whether it is put into a store here.
    pub(super) stores: bool,
}

/// Something that runs.
#[derive(Clone, Debug)]
pub(super) struct Called {
    /// As the file has it.
    pub(super) shown: String,
    /// The services that it may be of.
    pub(super) services: Vec<String>,
    /// The variables that it reads on its own.
    pub(super) reads: Vec<String>,
    /// Its fields that take a token.
    pub(super) inputs: Vec<String>,
}

/// Values that are handed on.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    /// The file, below the repository: `.github/workflows/scan.yml`; or with `owner/repository` before
    /// it and an `@` behind it.
    pub(super) to: String,
    pub(super) given: Vec<Given>,
    /// Whether all that there is goes with it.
    pub(super) all: bool,
}

/// One value that is handed on.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// What it is called there.
    pub(super) key: String,
    /// Where it stands here.
    pub(super) line: u64,
    pub(super) references: Vec<Reference>,
}

/// What is looked for, and what was seen so far.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    pub(super) rules: &'a [Rule],
    pub(super) events: Vec<Event>,
    /// What lies elsewhere, in words.
    pub(super) unread: Vec<String>,
    /// Files of the same repository that belong to this one, by their paths below it.
    pub(super) included: Vec<String>,
}

impl Said {
    /// Whether it may be of one of these services.
    pub(super) fn is_of(&self, services: &[String]) -> bool {
        services.iter().any(|service| self.services.contains(service))
    }
}

impl<'a> Sink<'a> {
    pub(super) fn new(rules: &'a [Rule]) -> Self {
        Self { rules, events: Vec::new(), unread: Vec::new(), included: Vec::new() }
    }

    pub(super) fn add(&mut self, line: u64, unit: &[String], what: What) {
        self.events.push(Event { line, unit: unit.to_vec(), what });
    }

    /// Whether a token of some service is kept under this name.
    pub(super) fn is_name(&self, name: &str) -> bool {
        self.rules.iter().any(|rule| rule.is_name(name))
    }

    /// A value of a name that a server or a project has.
    pub(super) fn about(&mut self, line: u64, unit: &[String], name: &str, value: &str) {
        let value = value.trim();
        let begins = |signs: &[&str]| signs.iter().any(|sign| value.starts_with(sign));
        let address = begins(&["http://", "https://", "$", "%", "secret "]);
        let key = !value.is_empty()
            && value.chars().all(|c| c.is_alphanumeric() || "-_.:${}() /%".contains(c));
        let said = |is: fn(&Rule, &str) -> bool| {
            let of = self.rules.iter().filter(|rule| is(rule, name));
            let services: Vec<String> = of.map(|rule| rule.service.clone()).collect();
            (!services.is_empty()).then(|| Said { value: value.to_owned(), services })
        };
        let server = said(Rule::is_server).filter(|_| address).map(What::Server);
        let project = said(Rule::is_project).filter(|_| key).map(What::Project);
        if let Some(what) = server.or(project) {
            self.add(line, unit, what);
        }
    }

    /// Adds a call, if some service has one that `is` it.
    pub(super) fn call(
        &mut self,
        line: u64,
        unit: &[String],
        shown: &str,
        is: impl Fn(&Call) -> bool,
    ) {
        let mut called = Called {
            shown: shown.to_owned(),
            services: Vec::new(),
            reads: Vec::new(),
            inputs: Vec::new(),
        };
        for rule in self.rules {
            for call in rule.calls.iter().filter(|call| is(call)) {
                if !called.services.contains(&rule.service) {
                    called.services.push(rule.service.clone());
                }
                called.reads.extend(call.reads.iter().cloned());
                called.inputs.extend(call.inputs.iter().cloned());
            }
        }
        if !called.services.is_empty() {
            self.add(line, unit, What::Called(called));
        }
    }

    /// Adds a call by its name: an action, an image, a task.
    pub(super) fn named(&mut self, line: u64, unit: &[String], name: &str) {
        self.call(line, unit, name.trim(), |call| call.is_named(name));
    }

    /// Whether one of a name's calls takes a token in this field.
    pub(super) fn takes(&self, name: &str, field: &str) -> bool {
        let calls = self.rules.iter().flat_map(|rule| &rule.calls);
        calls.into_iter().any(|call| call.is_named(name) && call.takes(field))
    }
}
