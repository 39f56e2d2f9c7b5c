//! Gradle: properties of the plug-in, and where they come from.

use super::code;
use super::event::{Sink, What};

pub(super) const NAME: &str = "Gradle";

pub(super) fn read(sink: &mut Sink<'_>, source: &str) {
    for statement in code::statements(source, &["//"]) {
        let texts = code::texts(&statement.text);
        let (Some(key), true) = (texts.first(), statement.text.contains("property")) else {
            continue;
        };
        if let Some(value) = texts.get(1).filter(|_| texts.len() == 2) {
            sink.about(statement.line, &[], key, value);
        }
        if !sink.is_name(key) {
            continue;
        }
        // `System.getenv("X")`, `project.property("x")`, `findProperty("x")`.
        let reads =
            ["getenv", "property(\"", "findProperty", "environmentVariable", "gradleProperty"];
        let from = statement.text.split_once(',').map_or("", |(_, value)| value);
        if reads.iter().any(|read| from.contains(read))
            && let Some(name) = texts.get(1)
        {
            let what =
                What::Variable { name: (*name).to_owned(), held_by: Some((*key).to_owned()) };
            sink.add(statement.line, &[], what);
        }
    }
}
