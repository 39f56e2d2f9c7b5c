//! The repositories of an organisation at a git host, by its API.
//!
//! ```text
//! address that the user typed ─▶ Organisation ─▶ Listing (one file a provider: rows) ─▶ Repository
//! ```
//!
//! One request after the other, by GET, from the providers' documents. What an answer names is cloned
//! only from the organisation's own host: see `address`. A list that breaks off is a [`Problem`];
//! what was listed before counts.

mod address;
mod azure;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;
mod listing;

use std::fmt;

use serde::Serialize;

use self::listing::Listing;
use crate::api::session::Session;
use crate::api::{Access, Service, Unread};
use crate::door::permit::Endpoint;
use crate::problem::Problem;

/// A git host whose repositories can be listed.
pub struct Provider {
    /// Whose API is asked.
    pub service: Service,
    /// Its name in messages.
    pub name: &'static str,
    /// What a token has to be allowed, as the provider calls it.
    scope: &'static str,
    /// Whether an address is one of its own: hosts that nobody else has.
    tells: fn(&Endpoint) -> bool,
    /// What an address names, and where the API for it is.
    place: fn(&Endpoint) -> Result<Place, String>,
    /// Offers all repositories of the organisation.
    list: fn(&mut Listing<'_>) -> Result<(), Unread>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.service.id)
    }
}

/// What an address names.
#[derive(Debug)]
struct Place {
    /// Where the API is.
    api: Endpoint,
    /// The names of the organisation, from the outermost on, as they were typed.
    names: Vec<String>,
    /// From which servers (host and port) its repositories are cloned by https.
    https: Vec<String>,
    /// From which hosts they are cloned by ssh.
    ssh: Vec<String>,
}

impl Place {
    /// One whose repositories are cloned from the host of its page.
    fn at(page: &Endpoint, api: Endpoint, names: &[&str]) -> Self {
        Self {
            api,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            https: vec![page.authority().to_owned()],
            ssh: vec![page.host().to_owned()],
        }
    }
}

/// All providers.
pub const PROVIDERS: [&Provider; 5] = [
    &github::PROVIDER,
    &gitlab::PROVIDER,
    &bitbucket::PROVIDER,
    &azure::PROVIDER,
    &gitea::PROVIDER,
];

/// An organisation, a group, a workspace, a project or a user. That the user typed its address is the
/// leave to ask its host, and the host where its provider has the API.
#[derive(Debug)]
pub struct Organisation {
    pub provider: &'static Provider,
    /// As it was typed, without a slash at the end.
    pub page: String,
    place: Place,
}

impl Organisation {
    /// Reads `https://github.com/acme`, or, of a server of one's own, the provider before it:
    /// `gitlab+https://git.example.com/acme`.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, String> {
        let (id, url) = match text.split_once('+') {
            Some((id, url)) if !id.contains(':') => (Some(id), url),
            _ => (None, text),
        };
        let page = Endpoint::parse(url, allow_http)?;
        let known = || PROVIDERS.map(|it| it.service.id).join(", ");
        let provider = match id {
            // Forgejo keeps the API of Gitea, of which it is a fork.
            Some(id) => PROVIDERS
                .into_iter()
                .find(|it| it.service.id == if id == "forgejo" { "gitea" } else { id })
                .ok_or_else(|| format!("{id}+{page}: {id:?} is none of {}", known()))?,
            None => PROVIDERS.into_iter().find(|it| (it.tells)(&page)).ok_or_else(|| {
                format!(
                    "{page} does not tell what serves it: write gitlab+{page}, or another one of {}",
                    known()
                )
            })?,
        };
        let place = (provider.place)(&page)?;
        let page = id.map_or_else(|| page.to_string(), |id| format!("{id}+{page}"));
        Ok(Self { provider, page, place })
    }

    /// The address of the API that is asked.
    pub fn api(&self) -> String {
        self.place.api.to_string()
    }

    /// Host and port of the API.
    pub fn server(&self) -> String {
        self.place.api.authority().to_owned()
    }

    /// Its name, for people.
    fn name(&self) -> String {
        self.place.names.join("/")
    }
}

/// How git is to reach a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CloneBy {
    #[default]
    Https,
    Ssh,
}

/// Which repositories are wanted, and how they are asked for.
#[derive(Debug)]
pub struct Settings {
    pub access: Access,
    pub skip_forks: bool,
    pub skip_archived: bool,
    pub clone_by: CloneBy,
}

/// A repository: what the list says of it, where it says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Repository {
    /// Its address for git, without any credential.
    pub target: String,
    /// In bytes.
    pub size: Option<u64>,
    pub archived: Option<bool>,
    pub fork: Option<bool>,
    pub private: Option<bool>,
    /// The last push, or what else the provider takes for activity: a time in UTC.
    pub last_activity: Option<String>,
}

/// What came of asking for a list.
#[derive(Debug, Default)]
pub struct Listed {
    /// In the order of their addresses.
    pub repositories: Vec<Repository>,
    pub problems: Vec<Problem>,
}

/// Lists the repositories of an organisation.
pub fn list(organisation: &Organisation, settings: &Settings) -> Listed {
    let Organisation { provider, page, place } = organisation;
    let session = match Session::new(&provider.service, &place.api, &settings.access) {
        Ok(session) => session,
        Err(why) => {
            let problem = Unread::unreached(why).at(page);
            return Listed { problems: vec![problem], ..Listed::default() };
        }
    };
    let mut listing = Listing::new(organisation, &session, settings);
    let end = (provider.list)(&mut listing);
    listing.end(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match Organisation::parse(text, false) {
            Ok(Organisation { provider, place: Place { api, names, https, ssh }, .. }) => {
                let hosts = format!("{} {}", https.join("|"), ssh.join("|"));
                format!("{} {api} {} {hosts}", provider.service.id, names.join("|"))
            }
            Err(why) => why,
        }
    }

    #[test]
    fn addresses_tell_whose_they_are() {
        for (text, want) in [
            (
                "https://github.com/acme/",
                "github https://api.github.com acme github.com github.com",
            ),
            (
                "https://github.com/orgs/acme/repositories",
                "github https://api.github.com acme github.com github.com",
            ),
            (
                "github+https://git.example.com/acme",
                "github https://git.example.com/api/v3 acme git.example.com git.example.com",
            ),
            (
                "https://gitlab.com/groups/acme/web/-/shared",
                "gitlab https://gitlab.com/api/v4 acme|web gitlab.com gitlab.com",
            ),
            (
                "gitlab+https://git.example.com:8443/acme",
                "gitlab https://git.example.com:8443/api/v4 acme git.example.com:8443 git.example.com",
            ),
            (
                "https://bitbucket.org/acme/workspace/repositories/",
                "bitbucket https://api.bitbucket.org acme bitbucket.org bitbucket.org",
            ),
            (
                "https://dev.azure.com/acme/My%20Shop/_git/x",
                "azure-devops https://dev.azure.com acme|My%20Shop \
                 dev.azure.com|acme.visualstudio.com ssh.dev.azure.com|vs-ssh.visualstudio.com",
            ),
            (
                "https://acme.visualstudio.com/shop",
                "azure-devops https://acme.visualstudio.com shop \
                 acme.visualstudio.com|dev.azure.com ssh.dev.azure.com|vs-ssh.visualstudio.com",
            ),
            (
                "https://codeberg.org/acme",
                "gitea https://codeberg.org/api/v1 acme codeberg.org codeberg.org",
            ),
            (
                "forgejo+https://example.com/git/acme",
                "gitea https://example.com/git/api/v1 acme example.com example.com",
            ),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }

    #[test]
    fn what_does_not_tell_is_refused_with_what_to_write() {
        assert!(told("https://git.example.com/acme").contains("write gitlab+https://git.example"));
        assert!(told("https://github.com.evil.example/acme").contains("write gitlab+"));
        assert!(told("hub+https://git.example.com/acme").contains("none of github, gitlab"));
        for text in [
            "https://github.com",
            "https://gitlab.com/",
            "https://bitbucket.org",
            "https://dev.azure.com",
            "https://codeberg.org",
        ] {
            assert!(told(text).contains(&format!("{}/", text.trim_end_matches('/'))), "{text}");
        }
        assert!(told("gitlab+http://git.example.com/acme").contains("--allow-http"));
        assert!(told("https://user:secret@github.com/acme").contains("no user and password"));
        assert!(!told("https://user:secret@github.com/acme").contains("secret"));
    }
}
