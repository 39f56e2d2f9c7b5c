//! Which of all usages may be of one token.

use super::Usage;
use crate::identity::Sure;

/// What is known of a token, as far as it tells where it is used.
#[derive(Clone, Debug, Default)]
pub struct Hints<'a> {
    /// The id of its service.
    pub service: &'a str,
    /// The names under which stores keep it: of some of them that is certain.
    pub names: Vec<(&'a str, Sure)>,
    /// Addresses of its server.
    pub servers: Vec<&'a str>,
    /// Keys of its project, where it is for one project only.
    pub projects: Vec<&'a str>,
}

/// The usages that may be of this token, with how sure that is. Where a store is known that keeps it,
/// only those of that name.
pub fn of(hints: &Hints<'_>, all: &[Usage]) -> Vec<Usage> {
    let fits = |usage: &&Usage| {
        usage.services.iter().any(|id| id == hints.service)
            && agrees(usage.server.as_deref(), &hints.servers, same_host)
            && agrees(usage.project.as_deref(), &hints.projects, |a, b| a == b)
    };
    let fitting: Vec<&Usage> = all.iter().filter(fits).collect();
    let named = |usage: &&&Usage| sure_of(usage, hints).is_some();
    let is_named = fitting.iter().any(|usage| named(&usage));
    let chosen = fitting.into_iter().filter(|usage| !is_named || named(&usage));
    let marked = |usage: &Usage| {
        let sure = sure_of(usage, hints).unwrap_or(Sure::Consistent);
        Usage { sure: Some(sure), ..usage.clone() }
    };
    chosen.map(marked).collect()
}

/// How sure a usage's name makes it. The same name in another store may hold another token.
fn sure_of(usage: &Usage, hints: &Hints<'_>) -> Option<Sure> {
    let same = |name: &str| usage.name == name || usage.variable.as_deref() == Some(name);
    let named = hints.names.iter().find(|(name, _)| same(name))?;
    Some(if named.1 == Sure::Certain { Sure::Likely } else { Sure::Consistent })
}

/// Whether what a usage says may be what is known: expressions say nothing.
fn agrees(said: Option<&str>, known: &[&str], same: impl Fn(&str, &str) -> bool) -> bool {
    let Some(said) =
        said.filter(|said| !said.contains(['$', '%', '{']) && !said.starts_with("secret "))
    else {
        return true;
    };
    known.is_empty() || known.iter().any(|known| same(known, said))
}

fn same_host(a: &str, b: &str) -> bool {
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default().to_lowercase()
    };
    host(a) == host(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::Scope;

    fn usage(name: &str, server: Option<&str>, project: Option<&str>) -> Usage {
        Usage {
            services: vec!["s".to_owned()],
            scope: Scope::Secret,
            name: name.to_owned(),
            server: server.map(str::to_owned),
            project: project.map(str::to_owned),
            ..Usage::default()
        }
    }

    #[test]
    fn another_server_or_project_is_another_token_and_a_known_name_decides() {
        let all = [
            usage("A", Some("https://s.example/x"), None),
            usage("B", Some("https://other.example"), None),
            usage("C", Some("$URL"), Some("shop")),
            usage("D", None, Some("web")),
        ];
        let names = |hints: &Hints<'_>| -> Vec<String> {
            of(hints, &all).into_iter().map(|it| it.name).collect()
        };
        let server = Hints { service: "s", servers: vec!["https://s.example"], ..Hints::default() };
        assert_eq!(names(&server), ["A", "C", "D"]);
        let project = Hints { projects: vec!["shop"], ..server.clone() };
        assert_eq!(names(&project), ["A", "C"]);
        let stored = Hints { names: vec![("D", Sure::Certain)], ..server.clone() };
        assert_eq!(names(&stored), ["D"]);
        assert_eq!(of(&stored, &all)[0].sure, Some(Sure::Likely));
        assert_eq!(names(&Hints { service: "t", ..server }), Vec::<String>::new());
    }
}
