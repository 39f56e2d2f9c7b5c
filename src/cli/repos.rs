//! `squelch repos`, and the organisations that the lists of sweeps name.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Result, bail};

use super::args::repos::{OrgArgs, ReposArgs, ReposFormat};
use super::args::{MeansArgs, When};
use super::exit::Exit;
use super::systems::Systems;
use super::{deliver, dumps, print, settings};
use crate::api::Token;
use crate::forge::{self, Listed, Organisation, Repository, Settings};
use crate::problem::{Problem, ProblemCode};
use crate::report::{self, escape::shown};
use crate::rule::Rules;
use crate::scan::mask;
use crate::sweep::Listing;
use crate::sweep::manifest::{self, List, ORGANISATION, Target};

/// Prints which repositories there are.
pub(crate) fn run(args: &ReposArgs) -> Result<Exit> {
    let rules = settings::rules(&[])?;
    let asking = Asking {
        organisations: &args.organisations,
        means: &args.means,
        max_wait: Duration::from_secs(args.max_wait),
        token_env: args.token_env.as_deref(),
        quiet: args.quiet,
    };
    let urls: Vec<&str> =
        args.urls.iter().map(|url| url.strip_prefix(ORGANISATION).unwrap_or(url)).collect();
    let (all, listings) = asking.list(&urls, &rules)?;
    let mut text = Vec::new();
    match args.format {
        ReposFormat::Csv => report::write_repositories_csv(&all, &mut text)?,
        ReposFormat::Json => report::write_repositories_json(&all, &mut text)?,
    }
    print(&text)?;
    let problems: Vec<Problem> = listings.into_iter().flat_map(|it| it.problems).collect();
    Ok(deliver::closing(&problems, &settings::style(When::Auto, false), &rules))
}

/// How organisations are asked for.
pub(super) struct Asking<'a> {
    pub(super) organisations: &'a OrgArgs,
    pub(super) means: &'a MeansArgs,
    pub(super) max_wait: Duration,
    /// The variable of the token, where it is not the usual one.
    pub(super) token_env: Option<&'a str>,
    pub(super) quiet: bool,
}

impl Asking<'_> {
    /// All targets of lists, those that only an API knows among them; and what it did not say.
    pub(super) fn targets(&self, list: List, rules: &Rules) -> Result<(Vec<Target>, Vec<Listing>)> {
        let urls: Vec<&str> = list.organisations.iter().map(String::as_str).collect();
        let (all, listings) = self.list(&urls, rules)?;
        let mut targets = list.targets;
        for repository in all {
            targets.push(Target { size: repository.size, ..manifest::named(&repository.target)? });
        }
        Ok((manifest::once(targets), listings))
    }

    fn list(&self, urls: &[&str], rules: &Rules) -> Result<(Vec<Repository>, Vec<Listing>)> {
        if urls.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        dumps::forbid();
        let mut asked = Vec::new();
        for url in urls {
            let organisation = Organisation::parse(url, self.means.allow_http);
            let organisation = organisation.map_err(anyhow::Error::msg)?;
            asked.push((self.settings(&organisation, rules)?, organisation));
        }
        one_server_a_token(&asked)?;
        let (mut repositories, mut listings) = (Vec::new(), Vec::new());
        for (settings, organisation) in &asked {
            self.announce(organisation, settings);
            let listed = speakable(forge::list(organisation, settings), organisation, rules);
            repositories.extend(listed.repositories);
            let name = format!("{ORGANISATION}{}", organisation.page);
            listings.push(Listing { name, problems: listed.problems });
        }
        repositories.sort();
        repositories.dedup_by(|one, other| one.target == other.target);
        Ok((repositories, listings))
    }

    fn settings(&self, organisation: &Organisation, rules: &Rules) -> Result<Settings> {
        let OrgArgs { skip_forks, skip_archived, clone_by } = *self.organisations;
        let token = Token::named(self.token_env, &organisation.provider.service);
        let systems = Systems::new(self.means, self.max_wait, rules)?;
        let access = systems.access(token.map_err(anyhow::Error::msg)?);
        Ok(Settings { access, skip_forks, skip_archived, clone_by })
    }

    /// Says on standard error whom it asks, and as whom.
    fn announce(&self, organisation: &Organisation, settings: &Settings) {
        if self.quiet {
            return;
        }
        let provider = organisation.provider;
        let (api, who) = (organisation.api(), settings.access.whom(&provider.service));
        let less = if settings.access.token.is_some() { "" } else { ": what is public is listed" };
        let text = format!("Asking {} at {api} {who}, by GET only{less}", provider.name);
        let _ = writeln!(io::stderr().lock(), "{}", shown(&text, true));
    }
}

/// A token is for one server: a list that names two of a kind would show it to both.
fn one_server_a_token(asked: &[(Settings, Organisation)]) -> Result<()> {
    let mut servers: BTreeMap<&str, String> = BTreeMap::new();
    for (settings, organisation) in asked {
        let Some(token) = &settings.access.token else { continue };
        let api = organisation.server();
        let known = servers.entry(token.variable()).or_insert_with(|| api.clone());
        if *known != api {
            bail!(
                "the token of ${} would go to {known} and to {api}: list each by itself with squelch \
                 repos, with its own token, and sweep those lists",
                token.variable()
            );
        }
    }
    Ok(())
}

/// Without what is no target of a list, and what cannot be named: a repository can have a token for a
/// name.
fn speakable(listed: Listed, organisation: &Organisation, rules: &Rules) -> Listed {
    let Listed { repositories, mut problems } = listed;
    let names: Vec<&str> = repositories.iter().map(|it| it.target.as_str()).collect();
    let masked = mask(&names.join("\n"), rules);
    let mut masked = masked.lines();
    let mut kept = Vec::new();
    for repository in repositories {
        let name = masked.next().unwrap_or(&organisation.page);
        let (why, hint) = if name != repository.target {
            let why = "a token is in its name, and would be in every report: it is not cloned";
            (why.to_owned(), "revoke the token, rename the repository, and ask again")
        } else if let Err(why) = manifest::named(&repository.target) {
            (format!("{why:#}"), "it is not cloned")
        } else {
            kept.push(repository);
            continue;
        };
        problems.push(Problem::new(ProblemCode::Repository, name, why).hinted(hint));
    }
    let places: Vec<&str> = problems.iter().map(|it| it.place.as_str()).collect();
    let masked = mask(&places.join("\n"), rules);
    for (problem, place) in problems.iter_mut().zip(masked.lines()) {
        place.clone_into(&mut problem.place);
    }
    Listed { repositories: kept, problems }
}
