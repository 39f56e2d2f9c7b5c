//! Which hosts are asked for logs where a list or a job names the projects.
//!
//! Whoever fills a queue of jobs is not who holds the credentials: an address gives no leave there.
//! The hosts that a provider has to itself may be asked, and those that the user named. Scheme, host
//! and port decide, and nothing of the path, since what a proxy makes of `/a/../b` is its own affair.
//! Each host is of one provider, as each provider gets another credential.

use super::target::{known, named};
use super::{PROVIDERS, Provider, Target};
use crate::door::permit::Endpoint;

/// CI systems that the user named, with their hosts.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<(&'static Provider, Endpoint)>);

impl Hosts {
    /// Reads `PROVIDER=https://HOST` of each.
    pub fn parse(texts: &[String], allow_http: bool) -> Result<Self, String> {
        let one = |text: &String| host(text, allow_http).map_err(|why| format!("{text}: {why}"));
        texts.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// What an address names: of the provider that the user named for its host, else of the one that
    /// the address itself tells.
    pub fn target(&self, text: &str, allow_http: bool) -> Result<Target, String> {
        let page = Endpoint::parse(text, allow_http)?;
        let site = page.at_path("");
        let here: Vec<_> = self.0.iter().filter(|it| it.1 == site).map(|it| it.0).collect();
        let told = |all: &[&'static Provider]| all.iter().copied().find(|it| it.is_of(&page));
        let provider = match here[..] {
            [] => told(&PROVIDERS).ok_or_else(|| format!("{page} does not tell whose logs it has")),
            [one] => Ok(one),
            _ => told(&here).ok_or_else(|| format!("{page} does not tell which of them it is of")),
        };
        Target::at(&page, provider?)
    }

    /// Whether a target may be asked although not the user, but a job names it. Hosts that the user
    /// named stand for the provider's own: the credential is theirs.
    pub fn permit(&self, target: &Target) -> bool {
        let (provider, site) = (target.provider, &target.site);
        let mut own = self.0.iter().filter(|it| it.0.service.id == provider.service.id).peekable();
        if own.peek().is_some() {
            return own.any(|it| it.1 == *site);
        }
        site.is_secure() && provider.hosts.contains(&site.authority())
    }

    /// What `--logs-host` has to say of a target's host.
    pub fn wanted(target: &Target) -> String {
        format!("{}={}", target.provider.service.id, target.site)
    }
}

fn host(text: &str, allow_http: bool) -> Result<(&'static Provider, Endpoint), String> {
    let (id, url) = text
        .split_once('=')
        .ok_or_else(|| format!("write PROVIDER=https://HOST, a provider of {}", known()))?;
    let site = Endpoint::parse(url, allow_http)?;
    if !site.path().is_empty() {
        let whole = site.at_path("");
        return Err(format!("a host is permitted as a whole: write {id}={whole}"));
    }
    Ok((named(id)?, site))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(texts: &[&str]) -> Hosts {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Hosts::parse(&texts, true).expect("hosts")
    }

    /// The provider that is asked, or nothing where a job is no leave.
    fn asked(hosts: &Hosts, url: &str) -> Option<&'static str> {
        let target = hosts.target(url, true).expect(url);
        hosts.permit(&target).then_some(target.provider.service.id)
    }

    #[test]
    fn a_job_alone_gives_leave_for_what_is_a_providers_own() {
        let none = Hosts::default();
        for (url, provider) in [
            ("https://github.com/acme/shop", "github"),
            ("https://www.github.com/acme/shop", "github"),
            ("https://gitlab.com/acme/shop", "gitlab"),
            ("https://app.circleci.com/pipelines/github/acme/shop", "circleci"),
            ("https://dev.azure.com/acme/shop", "azure-devops"),
            ("https://buildkite.com/acme/shop", "buildkite"),
            ("https://travis-ci.com/acme/shop", "travis"),
            ("https://bitbucket.org/acme/shop", "bitbucket"),
            ("https://cloud.drone.io/acme/shop", "drone"),
        ] {
            assert_eq!(asked(&none, url), Some(provider), "{url}");
        }
        for url in [
            "http://github.com/acme/shop",
            "https://github.com:8443/acme/shop",
            "http://gitlab.com/acme/shop",
            "https://gitlab.com:1/acme/shop",
            // Whoever wants one gets such a host.
            "https://evil.teamcity.com/project/Shop",
            "https://evil.visualstudio.com/shop",
            // Another provider's credential, at a host that is a provider's own.
            "https://dev.azure.com/acme/job/shop",
            "https://bitbucket.org/acme/shop/-/jobs/1",
            "https://ci.example.com/job/shop",
            "https://git.example.com/a/b/-/jobs/1",
            "http://127.0.0.1:8080/job/shop",
        ] {
            assert_eq!(asked(&none, url), None, "{url}");
        }
    }

    #[test]
    fn a_named_host_is_of_its_provider_and_of_no_other() {
        let named = hosts(&["jenkins=https://ci.example.com", "gitlab=https://git.example.com"]);
        for (url, provider) in [
            ("https://ci.example.com/job/shop", Some("jenkins")),
            ("https://CI.example.com:443/jenkins/job/shop", Some("jenkins")),
            // By its form an address of GitLab, and by its host none.
            ("https://ci.example.com/a/b/-/jobs/1", Some("jenkins")),
            ("https://git.example.com/acme/shop", Some("gitlab")),
            ("http://ci.example.com/job/shop", None),
            ("https://ci.example.com:8443/job/shop", None),
            ("https://ci.example.com.evil.example/job/shop", None),
            ("https://other.example.com/job/shop", None),
            // The token is one of git.example.com now.
            ("https://gitlab.com/acme/shop", None),
            ("https://github.com/acme/shop", Some("github")),
        ] {
            assert_eq!(asked(&named, url), provider, "{url}");
        }
        let both = hosts(&["gitlab=https://a.example", "jenkins=https://a.example"]);
        assert_eq!(asked(&both, "https://a.example/job/shop"), Some("jenkins"));
        assert!(both.target("https://a.example/acme/shop", false).is_err());
        assert!(
            both.target("https://a.example/a/-/jobs", false)
                .is_err_and(|it| it.contains("name a project"))
        );
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let refused = |text: &str| Hosts::parse(&[text.to_owned()], false).expect_err(text);
        assert!(refused("ci.example.com").contains("PROVIDER=https://HOST"));
        assert!(refused("hudson=https://ci.example.com").contains("one of github"));
        assert!(refused("jenkins=ci.example.com").contains("https://"));
        assert!(refused("jenkins=http://ci.example.com").contains("--allow-http"));
        let whole = refused("jenkins=https://ci.example.com/jenkins");
        assert!(whole.ends_with("write jenkins=https://ci.example.com"), "{whole}");
    }
}
