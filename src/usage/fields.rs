//! Names with values, as all systems that are written in YAML have them.

use super::command;
use super::event::{Reference, Sink, What};
use super::reference::{Syntax, references};
use crate::yaml::{Node, Value};

/// Names and their values, however deep. A list of `NAME=value` is one, too.
pub(super) fn values(sink: &mut Sink<'_>, unit: &[String], node: Option<&Node>, syntax: Syntax) {
    let Some(node) = node else { return };
    match &node.value {
        Value::Map(entries) => {
            for (key, line, value) in entries {
                pair(sink, unit, key, *line, value, syntax);
                values(sink, unit, Some(value), syntax);
            }
        }
        Value::List(elements) => {
            for element in elements {
                match element.text().and_then(|text| text.split_once('=')) {
                    Some((key, value)) => {
                        let node =
                            Node { line: element.line, value: Value::Text(value.to_owned()) };
                        pair(sink, unit, key, element.line, &node, syntax);
                    }
                    None => values(sink, unit, Some(element), syntax),
                }
            }
        }
        Value::Text(_) => {}
    }
}

/// One name and its value.
pub(super) fn pair(
    sink: &mut Sink<'_>,
    unit: &[String],
    key: &str,
    line: u64,
    value: &Node,
    syntax: Syntax,
) {
    let Some(text) = value.text() else { return };
    sink.about(line, unit, key, text);
    let held = sink.is_name(key);
    for reference in references(text, syntax) {
        if held || sink.is_name(&reference.name) {
            let reference = Reference { variable: Some(key.to_owned()), ..reference };
            sink.add(line, unit, What::Reference(reference));
        }
    }
}

/// Commands: one text, or a list of them.
pub(super) fn commands(sink: &mut Sink<'_>, unit: &[String], node: Option<&Node>, syntax: Syntax) {
    for (line, text) in node.map(Node::texts).unwrap_or_default() {
        command::read(sink, unit, line, text, syntax);
    }
}

/// Names of actions, images, tasks: whatever text stands there.
pub(super) fn named(sink: &mut Sink<'_>, unit: &[String], node: Option<&Node>) {
    for (line, text) in node.map(Node::texts).unwrap_or_default() {
        sink.named(line, unit, text);
    }
}
