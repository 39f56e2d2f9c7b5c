//! Travis CI: encrypted values, and addons that read the token on their own.
//! <https://docs.travis-ci.com/user/sonarqube/>

use super::Scope;
use super::event::{Reference, Sink, What};
use super::fields::{commands, values};
use super::reference::Syntax;
use crate::yaml::Node;

pub(super) const NAME: &str = "Travis CI";

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        read_job(sink, &[], document);
        for part in ["jobs", "matrix"] {
            let all = document.get(part).and_then(|node| node.get("include"));
            for (at, job) in all.map(Node::elements).unwrap_or_default().into_iter().enumerate() {
                let name = job.text_of("name").or(job.text_of("stage"));
                let name = name.map_or_else(|| format!("job {}", at + 1), str::to_owned);
                read_job(sink, &[name], job);
            }
        }
    }
}

fn read_job(sink: &mut Sink<'_>, unit: &[String], job: &Node) {
    for part in [
        "before_install",
        "install",
        "before_script",
        "script",
        "after_success",
        "after_script",
        "deploy",
    ] {
        commands(sink, unit, job.get(part), Syntax::Dollar);
    }
    values(sink, unit, job.get("env"), Syntax::Dollar);
    for (name, line, addon) in job.get("addons").map(Node::entries).unwrap_or_default() {
        values(sink, unit, Some(addon), Syntax::Dollar);
        for (key, at, value) in addon.entries() {
            if value.get("secure").is_some() && sink.is_name(&format!("{name} {key}")) {
                let reference = Reference {
                    name: format!("{name}.{key}"),
                    scope: Some(Scope::Encrypted),
                    variable: Some(key.clone()),
                    ..Reference::default()
                };
                sink.add(*at, unit, What::Reference(reference));
            }
        }
        let tokens = addon.entries().iter().any(|(key, ..)| key.contains("token"));
        if !tokens && sink.is_name(&format!("{name} token")) {
            sink.named(*line, unit, &format!("addons/{name}"));
        }
    }
}
