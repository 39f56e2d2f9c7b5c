//! What the user typed: an address, and the provider that it is of.

use super::{PROVIDERS, Place, Provider};
use crate::api::Unread;
use crate::door::permit::Endpoint;
use crate::problem::Problem;

/// Whose logs, and where they are asked for. That the user typed the address is the leave to ask its
/// host, and the host where its provider has the API.
#[derive(Debug)]
pub struct Target {
    pub provider: &'static Provider,
    /// As it was typed, without a slash at the end.
    pub page: String,
    /// Scheme, host and port of the page.
    pub(super) site: Endpoint,
    pub(super) place: Place,
}

impl Target {
    /// Reads an address, of the provider that is named or that the address itself tells.
    pub fn parse(text: &str, provider: Option<&str>, allow_http: bool) -> Result<Self, String> {
        let page = Endpoint::parse(text, allow_http)?;
        let provider = match provider {
            Some(id) => named(id).map_err(|why| format!("--provider {id}: {why}"))?,
            None => PROVIDERS.into_iter().find(|it| it.is_of(&page)).ok_or_else(|| {
                format!(
                    "{page} does not tell whose logs it has: add --provider, one of {}",
                    known()
                )
            })?,
        };
        Self::at(&page, provider)
    }

    /// What a page is of a provider.
    pub(super) fn at(page: &Endpoint, provider: &'static Provider) -> Result<Self, String> {
        let place = (provider.place)(page)?;
        Ok(Self { provider, page: page.to_string(), site: page.at_path(""), place })
    }

    /// The address of the API that is asked.
    pub fn api(&self) -> String {
        self.place.api.to_string()
    }

    pub(super) fn problem(&self, why: String) -> Problem {
        Unread::unreached(why).at(&self.page)
    }
}

/// The provider of this name.
pub(super) fn named(id: &str) -> Result<&'static Provider, String> {
    let found = PROVIDERS.into_iter().find(|it| it.service.id == id);
    found.ok_or_else(|| format!("one of {}", known()))
}

/// The names of all providers.
pub(super) fn known() -> String {
    PROVIDERS.map(|it| it.service.id).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match Target::parse(text, None, false) {
            Ok(Target { provider, place, .. }) => {
                let Place { api, project, run, job } = place;
                let inner: Vec<String> = [run, job].into_iter().flatten().collect();
                format!("{} {api} {} {}", provider.service.id, project.join("|"), inner.join("/"))
            }
            Err(why) => why,
        }
    }

    #[test]
    fn addresses_tell_whose_they_are() {
        assert_eq!(
            told("https://github.com/acme/shop"),
            "github https://api.github.com acme|shop "
        );
        assert_eq!(
            told("https://github.com/acme/shop/actions/runs/7/job/9"),
            "github https://api.github.com acme|shop 7/9"
        );
        assert_eq!(
            told("https://gitlab.com/acme/web/shop/-/jobs/9"),
            "gitlab https://gitlab.com/api/v4 acme|web|shop 9"
        );
        assert_eq!(
            told("https://ci.example.com/jenkins/job/a/job/b%20c/12/"),
            "jenkins https://ci.example.com/jenkins job|a|job|b%20c 12"
        );
        assert_eq!(
            told("https://app.circleci.com/pipelines/github/acme/shop"),
            "circleci https://circleci.com github|acme|shop "
        );
        assert_eq!(
            told("https://dev.azure.com/acme/shop"),
            "azure-devops https://dev.azure.com acme|shop "
        );
        assert_eq!(
            told("https://buildkite.com/acme/shop/builds/4"),
            "buildkite https://api.buildkite.com acme|shop 4"
        );
        assert_eq!(
            told("https://app.travis-ci.com/github/acme/shop"),
            "travis https://api.travis-ci.com acme|shop "
        );
        assert_eq!(
            told("https://acme.teamcity.com/buildConfiguration/Shop_Build/7"),
            "teamcity https://acme.teamcity.com buildConfiguration|Shop_Build 7"
        );
        assert_eq!(
            told("https://bitbucket.org/acme/shop"),
            "bitbucket https://api.bitbucket.org acme|shop "
        );
        assert!(told("https://ci.example.com/x").contains("--provider"));
        assert!(told("https://github.com/acme").contains("OWNER/REPOSITORY"));
        assert!(told("https://github.com.evil.example/acme/shop").contains("--provider"));
    }
}
