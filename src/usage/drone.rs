//! Drone and Woodpecker: steps whose values come from secrets of the repository or its organization.
//! <https://docs.drone.io/pipeline/docker/syntax/steps/>

use super::Scope;
use super::event::{Reference, Sink, What};
use super::fields::{commands, named, values};
use super::reference::Syntax;
use crate::yaml::Node;

pub(super) const NAME: &str = "Drone";

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        let pipeline = document.text_of("name").unwrap_or("default").to_owned();
        for part in ["steps", "pipeline"] {
            let Some(steps) = document.get(part) else { continue };
            for step in steps.elements() {
                let name = step.text_of("name").unwrap_or_default().to_owned();
                read_step(sink, &[pipeline.clone(), name], step);
            }
            // The old form has them by their names.
            for (name, _, step) in steps.entries() {
                read_step(sink, &[pipeline.clone(), name.clone()], step);
            }
        }
    }
}

fn read_step(sink: &mut Sink<'_>, unit: &[String], step: &Node) {
    named(sink, unit, step.get("image"));
    commands(sink, unit, step.get("commands"), Syntax::Dollar);
    for part in ["settings", "environment"] {
        values(sink, unit, step.get(part), Syntax::Dollar);
        for (key, line, value) in step.get(part).map(Node::entries).unwrap_or_default() {
            let Some(secret) = value.text_of("from_secret") else { continue };
            if sink.is_name(key) || sink.is_name(secret) {
                let reference = Reference {
                    name: secret.to_owned(),
                    scope: Some(Scope::Secret),
                    variable: Some(key.clone()),
                    ..Reference::default()
                };
                sink.add(*line, unit, What::Reference(reference));
            } else {
                sink.about(*line, unit, key, &format!("secret {secret}"));
            }
        }
    }
    for secret in step.get("secrets").map(Node::elements).unwrap_or_default() {
        let name = secret.text().or(secret.text_of("source")).unwrap_or_default();
        if sink.is_name(name) {
            let reference = Reference {
                name: name.to_owned(),
                scope: Some(Scope::Secret),
                variable: Some(secret.text_of("target").unwrap_or(name).to_uppercase()),
                ..Reference::default()
            };
            sink.add(secret.line, unit, What::Reference(reference));
        }
    }
}
