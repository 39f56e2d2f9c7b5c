//! Where a token's name is referred to: what breaks when it goes.
//!
//! ```text
//! files of CI systems and builds ─▶ one reader a format ─▶ events (a reference, a call, a server …)
//!   ─▶ followed to who hands them on ─▶ usages ─▶ rotation points
//! ```
//!
//! Only names are read, and only files of the work tree: what a pipeline runs today.

mod attach;
mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod cirrus;
mod code;
mod command;
mod docker;
mod drone;
mod event;
mod fields;
mod files;
mod follow;
mod github;
mod gitlab;
mod gradle;
mod jenkins_home;
mod jenkinsfile;
mod join;
mod kind;
mod kubernetes;
mod markup;
mod package;
mod point;
mod properties;
mod reference;
mod script;
mod terraform;
mod travis;

use serde::{Deserialize, Serialize};

use crate::identity::Sure;

pub use self::attach::{Hints, of};
pub use self::files::{Map, read};
pub use self::jenkins_home::{Installation, installations};
pub use self::point::{Point, owner, points};

/// A place that refers to a token by its name, and fails once the token is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Usage {
    /// The ids of the services whose token it may be.
    pub services: Vec<String>,
    /// What keeps the token there, or under which name.
    pub scope: Scope,
    /// The name of the secret, variable, credential or connection.
    pub name: String,
    /// In what it is kept, where that has a name of its own: a context, a group, a cluster's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// As people write it: `GitHub Actions`.
    pub system: String,
    /// Its origin without scheme and host (`acme/shop`), or its path.
    pub repository: String,
    pub path: String,
    /// 1-based.
    pub line: u64,
    /// The variable in which the token reaches what uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The job or stage that fails, as its file calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What uses it there: an action, a command, a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Whether nothing there names it: a program reads it from the environment.
    pub implicit: bool,
    /// Whether the token is put into a store there, rather than used.
    pub stores: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// How sure it is that this is of the token in question; nothing where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sure: Option<Sure>,
}

/// What keeps a token, as far as the file that refers to it can tell.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// A secret of the repository, of one of its environments, or of its organization.
    #[default]
    Secret,
    /// A variable that is set at the CI system, for the project or for a group of them.
    Variable,
    /// A context, which many projects share.
    Context,
    /// A service connection.
    Connection,
    /// A group of variables.
    Group,
    /// A credential in Jenkins' store.
    Credential,
    /// A server in Jenkins' configuration, which names a credential.
    Installation,
    /// A secret of a cluster.
    Cluster,
    /// A vault that the pipeline reads.
    Vault,
    /// A value that only the CI system can decrypt, in the file itself.
    Encrypted,
    /// The environment of whoever runs it.
    Environment,
    /// Whoever calls it hands it on.
    Caller,
}

impl Scope {
    /// In words, for a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Secret => "secret of the repository or its organization",
            Self::Variable => "variable of the project or its group",
            Self::Context => "context",
            Self::Connection => "service connection",
            Self::Group => "variable group",
            Self::Credential => "credential",
            Self::Installation => "server in Jenkins' configuration",
            Self::Cluster => "secret of the cluster",
            Self::Vault => "secret of a vault",
            Self::Encrypted => "encrypted value in the file",
            Self::Environment => "environment of whoever runs it",
            Self::Caller => "handed on by whoever calls it",
        }
    }
}
