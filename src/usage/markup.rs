//! XML of builds: Maven's `pom.xml` and `settings.xml`, and `SonarQube.Analysis.xml` of .NET.

use quick_xml::events::BytesStart;

use super::event::{Sink, What};
use super::reference::shell_names;
use crate::xml::{Edge, walk};

pub(super) const NAME: &str = "Maven";
pub(super) const DOTNET: &str = ".NET";

/// Reads elements whose name, or whose attribute `Name`, is a key. An error is where it is broken.
pub(super) fn read(sink: &mut Sink<'_>, text: &str) -> Result<(), String> {
    let mut named: Vec<Option<String>> = Vec::new();
    let broken = walk(text, |path, edge, line| match edge {
        Edge::Start(start) => {
            named.truncate(path.len() - 1);
            named.push(attribute(start));
        }
        Edge::End(value) => {
            let key = named.get(path.len() - 1).cloned().flatten();
            let key = key.as_deref().or(path.last().copied()).unwrap_or_default();
            element(sink, line, key, value.as_deref().unwrap_or_default());
        }
    });
    broken.map_or(Ok(()), Err)
}

/// What an element is called by its attribute.
fn attribute(start: &BytesStart<'_>) -> Option<String> {
    let mut all = start.attributes().flatten();
    let named = all.find(|it| it.key.as_ref().eq_ignore_ascii_case("name"))?;
    Some(named.value.into_owned())
}

fn element(sink: &mut Sink<'_>, line: u64, key: &str, value: &str) {
    sink.about(line, &[], key, value);
    if sink.is_name(key) {
        for name in shell_names(value) {
            sink.add(line, &[], What::Variable { name, held_by: Some(key.to_owned()) });
        }
    }
}
