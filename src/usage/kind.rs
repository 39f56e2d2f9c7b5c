//! What a file is, by its path: this is the list of all systems.

use super::event::Sink;
use super::{
    Scope, azure, bitbucket, buildkite, circleci, cirrus, docker, drone, github, gitlab, gradle,
    jenkins_home, jenkinsfile, kubernetes, markup, package, properties, script, terraform, travis,
};
use crate::yaml::Node;

/// The formats, by what is common to them.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Yaml(fn(&mut Sink<'_>, &[Node])),
    Text(fn(&mut Sink<'_>, &str)),
    Checked(fn(&mut Sink<'_>, &str) -> Result<(), String>),
}

/// What a file is.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) system: &'static str,
    pub(super) format: Format,
    /// What keeps a variable that nothing in the file sets.
    pub(super) unset: Scope,
    /// Whether a file that does not parse is a problem: of what may be a template it is none.
    pub(super) strict: bool,
}

const fn yaml(system: &'static str, reader: fn(&mut Sink<'_>, &[Node]), unset: Scope) -> Kind {
    Kind { system, format: Format::Yaml(reader), unset, strict: true }
}

const fn plain(system: &'static str, reader: fn(&mut Sink<'_>, &str)) -> Kind {
    Kind { system, format: Format::Text(reader), unset: Scope::Environment, strict: false }
}

const fn checked(
    system: &'static str,
    reader: fn(&mut Sink<'_>, &str) -> Result<(), String>,
    unset: Scope,
) -> Kind {
    Kind { system, format: Format::Checked(reader), unset, strict: true }
}

pub(super) const GITLAB: Kind = yaml(gitlab::NAME, gitlab::read, Scope::Variable);

/// What a file is, by its path.
pub(super) fn kind(path: &str) -> Option<Kind> {
    let path = path.replace('\\', "/");
    let name = path.rsplit('/').next().unwrap_or(&path).to_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_yaml = matches!(extension, "yml" | "yaml");
    let under = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
    Some(match name.as_str() {
        _ if is_yaml && (under(".github/workflows/") || name.starts_with("action.")) => {
            yaml(github::NAME, github::read, Scope::Environment)
        }
        _ if is_yaml && (name.starts_with(".gitlab-ci") || under(".gitlab/ci/")) => GITLAB,
        _ if is_yaml && under(".circleci/") => {
            yaml(circleci::NAME, circleci::read, Scope::Variable)
        }
        _ if is_yaml
            && (name.starts_with("azure-pipeline")
                || under(".azure-pipelines/")
                || under("azure-pipelines/")) =>
        {
            yaml(azure::NAME, azure::read, Scope::Variable)
        }
        ".travis.yml" => yaml(travis::NAME, travis::read, Scope::Variable),
        "bitbucket-pipelines.yml" => yaml(bitbucket::NAME, bitbucket::read, Scope::Variable),
        ".drone.yml" | ".woodpecker.yml" => yaml(drone::NAME, drone::read, Scope::Secret),
        _ if is_yaml && under(".woodpecker/") => yaml(drone::NAME, drone::read, Scope::Secret),
        _ if is_yaml && (under(".buildkite/") || name.starts_with("buildkite")) => {
            yaml(buildkite::NAME, buildkite::read, Scope::Environment)
        }
        ".cirrus.yml" => yaml(cirrus::NAME, cirrus::read, Scope::Variable),
        _ if is_yaml && (name.starts_with("docker-compose") || name.starts_with("compose.")) => {
            yaml(kubernetes::COMPOSE, kubernetes::read_compose, Scope::Environment)
        }
        _ if is_yaml => {
            Kind { strict: false, ..yaml(kubernetes::NAME, kubernetes::read, Scope::Environment) }
        }
        "main.workflow" => {
            Kind { unset: Scope::Secret, ..plain(github::NAME, github::read_blocks) }
        }
        "package.json" => checked(package::NAME, package::read, Scope::Environment),
        "pom.xml" | "settings.xml" => checked(markup::NAME, markup::read, Scope::Environment),
        "sonarqube.analysis.xml" => checked(markup::DOTNET, markup::read, Scope::Environment),
        "sonar-project.properties" | "gradle.properties" | ".env" => {
            plain(properties::NAME, properties::read)
        }
        "makefile" | "gnumakefile" => plain(script::NAME, script::read),
        _ if name.starts_with("dockerfile") || extension == "dockerfile" => {
            plain(docker::NAME, docker::read)
        }
        _ if name.starts_with("jenkinsfile") || extension == "jenkinsfile" => jenkins(),
        _ => return by_extension(extension, &name, &path),
    })
}

fn jenkins() -> Kind {
    plain(jenkinsfile::NAME, |sink, text| jenkinsfile::read(sink, text, 0))
}

fn by_extension(extension: &str, name: &str, path: &str) -> Option<Kind> {
    Some(match extension {
        "groovy" if !path.contains("/src/") => jenkins(),
        "gradle" => plain(gradle::NAME, gradle::read),
        "kts" if name.ends_with(".gradle.kts") => plain(gradle::NAME, gradle::read),
        "tf" => plain(terraform::NAME, terraform::read),
        "sh" | "bash" | "ps1" | "bat" | "cmd" | "mk" => plain(script::NAME, script::read),
        "xml" if name == "config.xml" && path.contains("jobs/") => {
            checked(jenkinsfile::NAME, jenkins_home::read_job, Scope::Credential)
        }
        _ => return None,
    })
}
