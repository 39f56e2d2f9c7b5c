//! Bitbucket Pipelines: steps, and pipes, which read their token from a variable of the repository.
//! <https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/>

use super::command;
use super::event::Sink;
use super::fields::{named, values};
use super::reference::Syntax;
use crate::yaml::{Node, Value};

pub(super) const NAME: &str = "Bitbucket Pipelines";

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        named(sink, &[], document.get("image"));
        for (kind, _, pipelines) in document.get("pipelines").map(Node::entries).unwrap_or_default()
        {
            walk(sink, std::slice::from_ref(kind), pipelines);
        }
    }
}

/// Steps, however deep in branches, stages and parallel groups: each is a job.
fn walk(sink: &mut Sink<'_>, around: &[String], node: &Node) {
    match &node.value {
        Value::List(elements) => elements.iter().for_each(|it| walk(sink, around, it)),
        Value::Map(entries) => {
            for (key, _, value) in entries {
                if key == "step" {
                    read_step(sink, around, value);
                } else if value.text().is_none() {
                    let fixed = ["parallel", "stage", "steps"].contains(&key.as_str());
                    let mut inner = around.to_vec();
                    inner.extend((!fixed).then(|| key.clone()));
                    walk(sink, &inner, value);
                }
            }
        }
        Value::Text(_) => {}
    }
}

fn read_step(sink: &mut Sink<'_>, around: &[String], step: &Node) {
    let name = step.text_of("name").map_or_else(|| around.join("/"), str::to_owned);
    let unit = [name];
    named(sink, &unit, step.get("image"));
    for part in ["script", "after-script"] {
        for one in step.get(part).map(Node::elements).unwrap_or_default() {
            if let Some(text) = one.text() {
                command::read(sink, &unit, one.line, text, Syntax::Dollar);
                continue;
            }
            let Some(pipe) = one.text_of("pipe") else { continue };
            let unit = [unit[0].clone(), pipe.to_owned()];
            sink.named(one.line, &unit, pipe);
            values(sink, &unit, one.get("variables"), Syntax::Dollar);
        }
    }
}
