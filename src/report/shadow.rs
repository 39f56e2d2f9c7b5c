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

#[cfg(test)]
mod tests {
    use super::*;

    fn location(uri: &str, line: u64, column: u64, text: &str) -> Value {
        json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": { "startLine": line, "startColumn": column, "snippet": { "text": "x…1" } },
            "contextRegion": { "snippet": { "text": text } },
        }})
    }

    fn shadow(locations: &[Value]) -> (Shadow, Value) {
        let result = json!({ "message": { "text": "Found." }, "locations": locations });
        let log = json!({ "runs": [{
            "tool": { "driver": { "name": "squelch" } },
            "results": [result],
        }]});
        Shadow::of(&serde_json::from_value(log).expect("a report"))
    }

    #[test]
    fn a_line_stands_where_it_stood_in_the_source() {
        // Cut off before: the token was in column 8, of which three are left.
        let (shadow, fitted) = shadow(&[location("a", 3, 8, "\tb=x…1;")]);
        assert_eq!(file_text(&shadow.files["a"]), "\n\n     b=x…1; \n");
        let region = &fitted["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
        assert_eq!((&region["startColumn"], &region["endColumn"]), (&json!(8), &json!(11)));
    }

    #[test]
    fn a_far_token_is_quoted_without_the_columns_before_it() {
        let (shadow, _) = shadow(&[location("a", 1, 90_000, "b=x…1")]);
        assert_eq!(shadow.files["a"][&1], "b=x…1 ");
    }

    #[test]
    fn two_versions_of_a_line_do_not_mix() {
        let (shadow, _) = shadow(&[location("a", 1, 3, "b=x…1"), location("a", 1, 3, "c=x…1")]);
        assert_eq!(shadow.files.keys().collect::<Vec<_>>(), ["2/a", "a"]);
    }

    #[test]
    fn a_line_too_far_down_is_named_but_not_quoted() {
        let (shadow, fitted) = shadow(&[location("a", u64::MAX, 3, "b=x…1")]);
        assert!(shadow.files.is_empty());
        let message = &fitted["runs"][0]["results"][0]["message"]["text"];
        assert_eq!(message, "Found. At a:18446744073709551615:3.");
    }

    #[test]
    fn names_stay_in_the_tree_and_do_no_harm_to_each_other() {
        let names = ["../../up", "/etc/up", "a", "a/b", "%2e%2e/up2", "\u{1b}"];
        let locations: Vec<_> = names.iter().map(|name| location(name, 1, 3, "b=x…1")).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("tree");
        for pair in locations.chunks(LOCATIONS) {
            shadow(pair).0.write(&root).expect("what cannot be written is left out");
        }
        let beside = fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!(beside, 1, "nothing is written beside the tree");
        assert!(root.join("up").is_file() && root.join("etc/up").is_file());
        assert!(root.join("up2").is_file(), "percent-encoded dots are dots, too");
    }
}
