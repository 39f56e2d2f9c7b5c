//! The inputs of pipeline steps: a step names whose action, orb, component, task or pipe it runs,
//! and so whose token it is handed, though no line with the token does.

use std::cell::OnceCell;

use crate::rule::key::Key;
use crate::yaml::{self, Node, Value};

/// A larger file is no pipeline.
const LARGEST: usize = 1 << 20;
/// Deeper than people nest.
const DEEPEST: usize = 60;
/// Keys whose text names what a step runs: GitHub Actions, GitLab, Azure, Bitbucket.
const NAMED_BY: [&str; 4] = ["uses", "component", "task", "pipe"];
/// Keys that hold its inputs.
const INPUTS: [&str; 4] = ["with", "env", "inputs", "variables"];

/// The steps of one text, read when the first value asks.
#[derive(Debug, Default)]
pub(super) struct Steps(OnceCell<Vec<Input>>);

/// One input of one step.
#[derive(Debug)]
struct Input {
    /// What it runs, in lower case and without its version: `codecov/codecov-action`.
    step: String,
    key: Key,
    text: String,
}

impl Steps {
    /// The key of an input that holds `value`, of one of the `wanted` steps, that `is_key` takes.
    pub(super) fn key_of(
        &self,
        bytes: &[u8],
        value: &[u8],
        wanted: &[String],
        is_key: impl Fn(&Key) -> bool,
    ) -> Option<Key> {
        let inputs = self.0.get_or_init(|| read(bytes, value));
        let holds = |input: &&Input| {
            memchr::memmem::find(input.text.as_bytes(), value).is_some()
                && wanted.iter().any(|step| is(step, &input.step))
                && is_key(&input.key)
        };
        inputs.iter().find(holds).map(|input| input.key.clone())
    }
}

/// Whether a step is the one that a rule names, or below it.
fn is(wanted: &str, step: &str) -> bool {
    if wanted.ends_with('/') { step.starts_with(wanted) } else { step == wanted }
}

/// The inputs in a text. Of one that is no YAML altogether, such as a page of documentation, the
/// fenced block around the value is read.
fn read(bytes: &[u8], value: &[u8]) -> Vec<Input> {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= LARGEST) else {
        return Vec::new();
    };
    let block = || {
        let at = memchr::memmem::find(bytes, value)?;
        let before = text[..at].rfind("```")?;
        let start = before + text[before..at].find('\n')?;
        let end = at + text[at..].find("```")?;
        yaml::documents(&text[start..end], false).ok()
    };
    let mut inputs = Vec::new();
    for document in yaml::documents(text, false).ok().or_else(block).unwrap_or_default() {
        walk(&document, 0, &mut inputs);
    }
    inputs
}

fn walk(node: &Node, depth: usize, inputs: &mut Vec<Input>) {
    if depth > DEEPEST {
        return;
    }
    match &node.value {
        Value::Text(_) => {}
        Value::List(elements) => elements.iter().for_each(|it| walk(it, depth + 1, inputs)),
        Value::Map(entries) => {
            let name = NAMED_BY.iter().find_map(|key| node.text_of(key));
            if let Some(name) = name {
                let fields = INPUTS.iter().filter_map(|key| node.get(key));
                fields.for_each(|fields| add(name, fields, inputs));
            }
            for (key, _, value) in entries {
                // A step of an orb is a key itself: `codecov/upload:`.
                if key.contains('/') {
                    add(key, value, inputs);
                }
                walk(value, depth + 1, inputs);
            }
        }
    }
}

fn add(name: &str, fields: &Node, inputs: &mut Vec<Input>) {
    let step = name.split(['@', ':']).next().unwrap_or_default().to_ascii_lowercase();
    for (key, _, value) in fields.entries() {
        if let Some(text) = value.text() {
            inputs.push(Input { step: step.clone(), key: Key::new(key), text: text.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str, step: &str) -> Option<String> {
        let key = Steps::default().key_of(text.as_bytes(), b"VALUE", &[step.to_owned()], |_| true);
        key.map(|key| key.words.join(" "))
    }

    #[test]
    fn each_system_names_what_a_step_runs() {
        for (text, step) in [
            (
                "jobs:\n  a:\n    steps:\n      - uses: codecov/codecov-action@v4\n        with:\n          token: VALUE\n",
                "codecov/codecov-action",
            ),
            (
                "- with: { token: 'VALUE' }\n  uses: Codecov/codecov-action@0123 # v4\n",
                "codecov/codecov-action",
            ),
            ("- uses: snyk/actions/node@master\n  env:\n    TOKEN: VALUE\n", "snyk/actions/"),
            ("steps:\n  - codecov/upload:\n      token: VALUE\n", "codecov/upload"),
            (
                "include:\n  - component: gitlab.com/acme/scan@1.0\n    inputs:\n      token: VALUE\n",
                "gitlab.com/acme/scan",
            ),
            (
                "steps:\n- task: SonarQubePrepare@5\n  inputs:\n    token: VALUE\n",
                "sonarqubeprepare",
            ),
            (
                "- pipe: sonarsource/sonarcloud-scan:1.4.0\n  variables:\n    TOKEN: \"VALUE\"\n",
                "sonarsource/sonarcloud-scan",
            ),
            (
                "# How to\n\n```yaml\n- uses: codecov/codecov-action@v4\n  with:\n    token: VALUE\n```\nIt's *so* easy: [see\n",
                "codecov/codecov-action",
            ),
        ] {
            assert_eq!(key(text, step).as_deref(), Some("token"), "{text}");
        }
    }

    #[test]
    fn other_steps_and_other_blocks_are_not_it() {
        for text in [
            "- uses: codecov/codecov-action@v4\n- uses: other/action\n  with:\n    token: VALUE\n",
            "- uses: codecov/codecov-action-x@v4\n  with:\n    token: VALUE\n",
            "uses: codecov/codecov-action@v4\ntoken: VALUE\n",
            "uses: codecov/codecov-action@v4\nwith: [VALUE\n",
        ] {
            assert_eq!(key(text, "codecov/codecov-action"), None, "{text}");
        }
    }
}
