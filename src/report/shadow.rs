//! A tree of masked lines for viewers that read source files themselves.
//!
//! `sarif-fmt` shows the lines that a location names by reading the file anew, token and all.
//! So it is given a tree that holds nothing but the masked lines of the report, each at its own
//! line number, and a report whose columns fit them. Source files are never read.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::escape::shown;
use super::paths::normal;
use super::sarif::read::{Location, Log, Outcome};

/// A line further down than this is named but not quoted: the file above it is empty lines.
const LAST_LINE: u64 = 1_000_000;
/// A token further right than this is quoted without what comes before, as in minified files.
const LAST_COLUMN: u64 = 240;
/// Locations of one result that are quoted.
const LOCATIONS: usize = 5;

/// Masked lines by path and number.
#[derive(Debug, Default)]
pub(crate) struct Shadow {
    files: BTreeMap<String, BTreeMap<u64, String>>,
}

/// A masked line with the masked token's columns, counted in characters from 1.
struct ShadowLine {
    text: String,
    columns: (usize, usize),
}

impl Shadow {
    /// Takes the lines of `log` and returns the report that fits them.
    pub(crate) fn of(log: &Log) -> (Self, Value) {
        let mut shadow = Self::default();
        let outcomes = log.runs.iter().flat_map(|run| &run.results);
        let results: Vec<_> = outcomes.map(|outcome| shadow.outcome(outcome)).collect();
        let tool = json!({ "driver": { "name": super::sarif::TOOL_NAME } });
        let run = json!({ "tool": tool, "results": results });
        (shadow, json!({ "version": "2.1.0", "runs": [run] }))
    }

    fn outcome(&mut self, outcome: &Outcome) -> Value {
        let all = || outcome.locations.iter().chain(&outcome.related_locations);
        let mut unquoted = Vec::new();
        let mut locations = Vec::new();
        for location in all().take(LOCATIONS) {
            match self.location(location, &outcome.properties.origin) {
                Some(location) => locations.push(location),
                None => unquoted.push(format!(" At {}.", place(location))),
            }
        }
        if all().count() > LOCATIONS {
            unquoted.push(format!(" And {} more places.", all().count() - LOCATIONS));
        }
        let text = shown(&outcome.message.text, true) + &unquoted.concat();
        json!({
            "ruleId": outcome.rule_id,
            "level": outcome.level.word(),
            "message": { "text": text },
            "locations": locations,
        })
    }

    /// Puts a location's line into its file, and says where it stands there.
    fn location(&mut self, location: &Location, origin: &str) -> Option<Value> {
        let number = location.region().start_line;
        let line = shadow_line(location).filter(|_| (1..=LAST_LINE).contains(&number))?;
        let name = self.name(location, origin, number, &line.text);
        self.files.entry(name.clone()).or_default().insert(number, line.text);
        Some(json!({ "physicalLocation": {
            "artifactLocation": { "uri": name },
            "region": {
                "startLine": number,
                "startColumn": line.columns.0,
                "endLine": number,
                "endColumn": line.columns.1,
            },
        }}))
    }

    /// The file's name. Places of other commits, and other cuts of the same line, get a folder
    /// of their own, since a file has each line once.
    fn name(&self, location: &Location, origin: &str, number: u64, text: &str) -> String {
        let path = normal(&shown(&location.path(), true));
        let folder = location.commit().unwrap_or(if origin == "index" { "staged" } else { "" });
        let base = normal(&format!("{}/{path}", shown(folder, true)));
        let taken = |name: &String| {
            let lines = self.files.get(name);
            lines.and_then(|lines| lines.get(&number)).is_some_and(|known| known != text)
        };
        let others = (2..).map(|copy| format!("{copy}/{base}"));
        let mut names = std::iter::once(base.clone()).chain(others);
        names.find(|name| !taken(name)).expect("there is always a next number")
    }

    /// Writes the tree below `root`. A file that cannot be, such as one whose name is another's
    /// folder, is left out: the viewer then shows the message alone.
    pub(crate) fn write(&self, root: &Path) -> io::Result<()> {
        fs::create_dir_all(root)?;
        for (name, lines) in &self.files {
            let path = root.join(name);
            let folder = path.parent().expect("a name has a folder: the root");
            if fs::create_dir_all(folder).is_ok() {
                let _ = fs::write(&path, file_text(lines));
            }
        }
        Ok(())
    }
}

fn file_text(lines: &BTreeMap<u64, String>) -> String {
    let mut text = String::new();
    let mut at = 1;
    for (number, line) in lines {
        let gap = (number - at) as usize;
        text.push_str(&"\n".repeat(gap));
        text.push_str(line);
        text.push('\n');
        at = number + 1;
    }
    text
}

/// The masked line with its token in the column where it stands in the source, so that the
/// viewer says the right one.
fn shadow_line(location: &Location) -> Option<ShadowLine> {
    let line = location.line();
    let (start, end) = line.token;
    let (before, token) = (line.text.get(..start)?, line.text.get(start..end)?);
    if token.is_empty() {
        return None;
    }
    let [before, token, after] =
        [before, token, line.text.get(end..)?].map(|text| shown(&text.replace('\t', " "), true));
    let wanted = location.region().start_column.saturating_sub(1);
    let wanted = if wanted > LAST_COLUMN { before.chars().count() } else { wanted as usize };
    let surplus = before.chars().count().saturating_sub(wanted);
    let kept: String = before.chars().skip(surplus).collect();
    let text = format!("{kept:>wanted$}{token}{after} ");
    Some(ShadowLine { columns: (wanted + 1, wanted + 1 + token.chars().count()), text })
}

/// `path:line:column`, and the commit.
pub(crate) fn place(location: &Location) -> String {
    let region = location.region();
    let at = format!("{}:{}:{}", location.path(), region.start_line, region.start_column);
    match location.commit() {
        Some(commit) => shown(&format!("{at} in {commit}"), true),
        None => shown(&at, true),
    }
}
