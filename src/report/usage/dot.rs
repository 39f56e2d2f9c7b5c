//! A graph for Graphviz: secrets, the jobs that need them, and the servers and projects they feed.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::{job, kept};
use crate::report::escape::shown;
use crate::usage::{Map, points};

/// Writes the graph, from left to right.
pub fn write_usage_dot(map: &Map, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph usages {{\n  rankdir=LR;")?;
    writeln!(out, "  node [shape=box, fontname=\"sans-serif\", fontsize=11];")?;
    let mut nodes: BTreeSet<String> = BTreeSet::new();
    let mut edges: BTreeSet<String> = BTreeSet::new();
    for point in points(&map.usages) {
        let secret =
            format!("{}\n{}", kept(point.scope, point.name, point.within), point.scope.words());
        let secret_id = quoted(&format!("secret {:?} {secret} {}", point.scope, point.owner));
        nodes.insert(format!(
            "  {secret_id} [label={}, shape=ellipse, style=bold];",
            quoted(&secret)
        ));
        for usage in point.usages {
            let place = format!("{}\n{}", usage.path, job(usage));
            let place_id = quoted(&format!("job {} {place}", usage.repository));
            nodes.insert(format!("  {place_id} [label={}];", quoted(place.trim_end())));
            let style = if usage.implicit { " [style=dashed]" } else { "" };
            edges.insert(if usage.stores {
                format!("  {place_id} -> {secret_id} [label=\"stores\"];")
            } else {
                format!("  {secret_id} -> {place_id}{style};")
            });
            let feeds = [usage.server.as_ref(), usage.project.as_ref()];
            let feeds: Vec<&str> = feeds.into_iter().flatten().map(String::as_str).collect();
            if !feeds.is_empty() && !usage.stores {
                let target = feeds.join("\n");
                let target_id = quoted(&format!("feeds {target}"));
                nodes.insert(format!("  {target_id} [label={}, style=rounded];", quoted(&target)));
                edges.insert(format!("  {place_id} -> {target_id};"));
            }
        }
    }
    nodes.iter().chain(&edges).try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "}}")
}

/// A text in quotes of the language, its line feeds as the language writes them.
fn quoted(text: &str) -> String {
    let lines =
        text.lines().map(|line| shown(line, true).replace('\\', "\\\\").replace('"', "\\\""));
    format!("\"{}\"", lines.collect::<Vec<_>>().join("\\n"))
}
