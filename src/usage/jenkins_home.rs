//! A `JENKINS_HOME`: which credential a server of the configuration has, and jobs that use one.
//!
//! A rule file says what its service's plug-in is called there; `script` is of Pipeline's
//! `CpsFlowDefinition`.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::event::{Reference, Sink, What};
use super::{Scope, Usage, jenkinsfile};
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;
use crate::rule::usage::JenkinsPlugin;
use crate::xml::{Edge, walk};

/// A server in Jenkins' configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    pub name: String,
    pub server: Option<String>,
    pub credential: Option<String>,
}

/// The servers of a home, of all plug-ins whose rules say where they are. What cannot be read is a
/// problem; a home without a plug-in has no file of it.
pub fn installations(home: &Path, rules: &Rules) -> Result<Vec<Installation>, Problem> {
    let mut all = Vec::new();
    for plugin in rules.usages.iter().filter_map(|usage| usage.jenkins.as_ref()) {
        let path = home.join(&plugin.configuration);
        let wrong =
            |why: String| Problem::new(ProblemCode::Unreadable, path.to_string_lossy(), why);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(wrong(error.to_string())),
        };
        let (found, broken) = servers(&text, &plugin.installation);
        if let Some(why) = broken {
            return Err(wrong(why));
        }
        all.extend(found);
    }
    Ok(all)
}

/// The servers in a configuration, and what is broken in it.
fn servers(text: &str, element: &str) -> (Vec<Installation>, Option<String>) {
    let mut all: Vec<Installation> = Vec::new();
    let broken = walk(text, |path, edge, _| {
        let ([.., parent, leaf], Edge::End(value)) = (path, edge) else { return };
        if !parent.ends_with(element) {
            return;
        }
        // A name begins the next one.
        if *leaf == "name" {
            let name = value.clone().unwrap_or_default();
            all.push(Installation { name, ..Installation::default() });
        }
        let Some(last) = all.last_mut() else { return };
        match *leaf {
            "serverUrl" => last.server = value,
            "credentialsId" => last.credential = value,
            _ => {}
        }
    });
    (all, broken)
}

/// Reads a job's `config.xml`: a build step, or a pipeline that stands in it.
pub(super) fn read_job(sink: &mut Sink<'_>, text: &str) -> Result<(), String> {
    let plugins: Vec<&JenkinsPlugin> =
        sink.rules.iter().filter_map(|usage| usage.jenkins.as_ref()).collect();
    let broken = walk(text, |path, edge, line| {
        let ([.., parent, leaf], Edge::End(Some(value))) = (path, edge) else { return };
        let uses = |plugin: &&&JenkinsPlugin| plugin.builders.iter().any(|it| parent.ends_with(it));
        let plugin = plugins.iter().find(uses);
        match (*leaf, plugin) {
            ("script", _) => {
                let first = line.saturating_sub(value.matches('\n').count() as u64 + 1);
                jenkinsfile::read(sink, &value, first);
            }
            ("installationName" | "credentialsId", Some(plugin)) => {
                sink.named(line, &[], &plugin.step);
                let own = *leaf == "credentialsId";
                let scope = if own { Scope::Credential } else { Scope::Installation };
                let reference = Reference {
                    name: value,
                    scope: Some(scope),
                    variable: Some((*leaf).to_owned()),
                    ..Reference::default()
                };
                sink.add(line, &[], What::Reference(reference));
            }
            _ => {}
        }
    });
    broken.map_or(Ok(()), Err)
}

/// Puts the credential and the address of the configuration in place of a server's name.
pub(super) fn resolve(usage: &mut Usage, installations: &[Installation]) {
    if usage.scope != Scope::Installation {
        return;
    }
    let Some(found) = installations.iter().find(|it| it.name == usage.name) else { return };
    if let Some(credential) = &found.credential {
        usage.within = Some(format!("for the server {}", usage.name));
        usage.name.clone_from(credential);
        usage.scope = Scope::Credential;
    }
    usage.server = found.server.clone().or(usage.server.take());
}
