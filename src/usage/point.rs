//! Rotation points: one secret, and everything that has to go on working after it is changed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Scope, Usage};

/// One secret in its store, and where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point<'a> {
    pub scope: Scope,
    pub name: &'a str,
    pub within: Option<&'a str>,
    /// Whose store it is: the organization, the repository; empty where the store is of none.
    pub owner: String,
    pub usages: Vec<&'a Usage>,
}

/// All rotation points, those with most jobs first.
pub fn points(usages: &[Usage]) -> Vec<Point<'_>> {
    let mut all: BTreeMap<(Scope, &str, Option<&str>, String), Vec<&Usage>> = BTreeMap::new();
    for usage in usages {
        let key = (usage.scope, usage.name.as_str(), usage.within.as_deref(), owner(usage));
        all.entry(key).or_default().push(usage);
    }
    let point =
        |((scope, name, within, owner), usages)| Point { scope, name, within, owner, usages };
    let mut points: Vec<Point<'_>> = all.into_iter().map(point).collect();
    // What is shared comes before what each keeps for itself.
    let own = |point: &Point<'_>| matches!(point.scope, Scope::Environment | Scope::Caller);
    points.sort_by_key(|point| (own(point), Reverse((point.jobs(), point.usages.len()))));
    points
}

/// Whose store keeps it. What an organization shares is one point for all of its repositories; what
/// stands in a file, or comes from who runs it, is one for each.
pub fn owner(usage: &Usage) -> String {
    match usage.scope {
        Scope::Secret
        | Scope::Variable
        | Scope::Context
        | Scope::Connection
        | Scope::Group
        | Scope::Vault => {
            let organization = usage.repository.rsplit_once('/');
            organization.map_or(usage.repository.as_str(), |(owner, _)| owner).to_owned()
        }
        Scope::Credential | Scope::Installation | Scope::Cluster => String::new(),
        Scope::Encrypted | Scope::Environment | Scope::Caller => usage.repository.clone(),
    }
}

impl Point<'_> {
    /// How many jobs fail without it. A place without a job counts by its file.
    pub fn jobs(&self) -> usize {
        let uses = self.usages.iter().filter(|usage| !usage.stores);
        let job =
            |usage: &&Usage| (usage.repository.clone(), usage.path.clone(), usage.job.clone());
        uses.map(job).collect::<BTreeSet<_>>().len()
    }

    /// The repositories in which it is used.
    pub fn repositories(&self) -> BTreeSet<&str> {
        self.usages.iter().map(|usage| usage.repository.as_str()).collect()
    }
}
