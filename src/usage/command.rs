//! Commands of a shell: what they call, and what they give to it.

use super::event::{Sink, What};
use super::reference::{Syntax, references, shell_names};

/// Reads the lines of a script. `line` is that of its first one.
pub(super) fn read(sink: &mut Sink<'_>, unit: &[String], line: u64, text: &str, syntax: Syntax) {
    for (offset, command) in lines(text) {
        let line = line + offset;
        for part in parts(&whole_expressions(&command)) {
            one(sink, unit, line, &part, syntax);
        }
    }
}

/// Expressions of GitHub without what would end a word or a command in them.
fn whole_expressions(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (inside, behind) = after.split_once("}}").unwrap_or((after, ""));
        let tight = |c: char| if "|&;'\"".contains(c) { ',' } else { c };
        let inside: String = inside.chars().filter(|c| !c.is_whitespace()).map(tight).collect();
        out.extend([before, "${{", &inside, "}}"]);
        rest = behind;
    }
    out + rest
}

/// Logical lines with the offset of each: those that are continued are one.
fn lines(text: &str) -> Vec<(u64, String)> {
    let mut all = Vec::new();
    let mut open: Option<(u64, String)> = None;
    for (offset, raw) in text.lines().enumerate() {
        let trimmed = raw.trim();
        let comment = ["#", "::", "//"].iter().any(|sign| trimmed.starts_with(sign))
            || trimmed.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("rem "));
        let (begin, mut command) = open.take().unwrap_or((offset as u64, String::new()));
        if !comment {
            command.push_str(trimmed.trim_end_matches(['\\', '`', '^']));
            command.push(' ');
        }
        if trimmed.ends_with(['\\', '`', '^']) && !comment {
            open = Some((begin, command));
        } else if !command.trim().is_empty() {
            all.push((begin, command));
        }
    }
    all.extend(open);
    all
}

/// The simple commands of a line, each as its words: cut at `;`, `&&`, `||` and `|` outside of quotes.
fn parts(command: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word = String::new();
    let mut quote: Option<char> = None;
    // Of `$( … )`, whose output is one word at most here.
    let mut depth = 0_usize;
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '$') if chars.peek() == Some(&'(') => {
                depth += 1;
                word.push(c);
            }
            (None, ')') if depth > 0 => {
                depth -= 1;
                word.push(c);
            }
            (None, c) if depth > 0 => word.push(c),
            (Some(open), _) if c == open => quote = None,
            (Some('"'), '\\') => {
                word.extend(chars.next_if(|it| "\"\\".contains(*it)).or(Some('\\')));
            }
            (Some(_), _) => word.push(c),
            (None, '"' | '\'') => quote = Some(c),
            (None, ';' | '|' | '&' | '\n') => {
                end(&mut word, all.last_mut());
                all.push(Vec::new());
            }
            (None, c) if c.is_whitespace() => end(&mut word, all.last_mut()),
            (None, c) => word.push(c),
        }
    }
    end(&mut word, all.last_mut());
    all.retain(|words| !words.is_empty());
    all
}

fn end(word: &mut String, words: Option<&mut Vec<String>>) {
    if let Some(words) = words.filter(|_| !word.is_empty()) {
        words.push(std::mem::take(word));
    }
}

/// Words before a program that are none themselves.
const BEFORE: [&str; 20] = [
    "sudo", "env", "time", "exec", "npx", "yarn", "pnpm", "bunx", "if", "then", "else", "do", "!",
    "call", "&", "nohup", "xvfb-run", "start", "run", "-y",
];
/// Programs that run the image that they are given.
const CONTAINERS: [&str; 3] = ["docker", "podman", "nerdctl"];

/// One simple command.
fn one(sink: &mut Sink<'_>, unit: &[String], line: u64, words: &[String], syntax: Syntax) {
    if let Some((program, arguments)) = program(words) {
        let image = CONTAINERS.contains(&program.as_str());
        let asks = ["--help", "--version"].iter().any(|it| arguments.iter().any(|word| word == it));
        sink.call(line, unit, &shown(words), |call| {
            let in_image = image && arguments.iter().any(|word| call.is_named(word));
            !asks && (in_image || call.is_command(&program, &arguments))
        });
    }
    let mut after: Option<&str> = None;
    for word in words {
        argument(sink, unit, line, (word, after), syntax);
        after = word.starts_with('-').then_some(word.as_str());
    }
}

/// The program of a command, without folders and endings, and what it is given; in lower case.
fn program(words: &[String]) -> Option<(String, Vec<String>)> {
    let is_set = |word: &str| {
        let name = word.split_once('=').map(|(name, _)| name);
        name.is_some_and(|it| it.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    let before = |word: &&String| BEFORE.contains(&word.as_str()) || is_set(word);
    let at = words.iter().take_while(before).count();
    let word = words.get(at)?.to_lowercase();
    let name = word.rsplit(['/', '\\']).next().unwrap_or(&word);
    let name = [".bat", ".cmd", ".exe", ".sh"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    let lower = words[at + 1..].iter().map(|word| word.to_lowercase());
    Some((name.to_owned(), lower.collect()))
}

/// A word of a command, and the flag before it.
fn argument(
    sink: &mut Sink<'_>,
    unit: &[String],
    line: u64,
    (word, flag): (&str, Option<&str>),
    syntax: Syntax,
) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-/:$@".contains(c);
    let pair = word.split_once('=').filter(|(key, _)| !key.is_empty() && key.chars().all(plain));
    let (key, value) = match (pair, flag) {
        (Some((key, value)), _) => {
            (key.trim_start_matches("/d:").trim_start_matches("$env:"), value)
        }
        // `docker run -e NAME`: handed through.
        (None, Some("-e" | "--env" | "--build-arg")) if sink.is_name(word) => {
            return sink.add(line, unit, variable(word, None));
        }
        (None, _) if word.starts_with("/k:") => ("/k:", &word[3..]),
        (None, Some(flag)) => (flag.trim_start_matches('-'), word),
        (None, None) => ("", word),
    };
    sink.about(line, unit, key, value);
    let held = sink.is_name(key);
    for mut reference in references(value, syntax) {
        if held || sink.is_name(&reference.name) {
            if syntax == Syntax::Dollar {
                let held_by = held.then_some(key);
                sink.add(line, unit, variable(&reference.name, held_by));
            } else {
                reference.variable = held.then(|| key.to_owned());
                sink.add(line, unit, What::Reference(reference));
            }
        }
    }
    if syntax != Syntax::Dollar {
        for name in shell_names(value) {
            if (held || sink.is_name(&name)) && !value.contains(&format!("secrets.{name}")) {
                sink.add(line, unit, variable(&name, held.then_some(key)));
            }
        }
    }
}

fn variable(name: &str, held_by: Option<&str>) -> What {
    What::Variable { name: name.to_owned(), held_by: held_by.map(str::to_owned) }
}

/// So much of a command is shown.
const SHOWN: usize = 60;

/// A command as it is shown: its beginning, without what is given to it by `=` or by a flag.
fn shown(words: &[String]) -> String {
    let dropped = |word: &str| word.contains('=') || word.contains("://") || word.starts_with('-');
    let named = words.iter().filter(|word| !dropped(word));
    let text = named.take(6).cloned().collect::<Vec<_>>().join(" ");
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;

    fn seen(text: &str) -> Vec<String> {
        let rules = Rules::builtin().expect("built-in rules compile");
        let mut sink = Sink::new(&rules.usages);
        read(&mut sink, &[], 1, text, Syntax::Dollar);
        let word = |it: &super::super::event::Event| match &it.what {
            What::Called(called) => format!("{}: {}", it.line, called.shown),
            What::Variable { name, held_by } => {
                format!("{}: ${name} {}", it.line, held_by.clone().unwrap_or_default())
            }
            What::Server(said) | What::Project(said) => format!("{}: = {}", it.line, said.value),
            other => format!("{other:?}"),
        };
        sink.events.iter().map(word).collect()
    }

    #[test]
    fn calls_and_what_they_are_given_are_seen() {
        let text = "cd x\n# sonar-scanner\nmvn -B verify sonar:sonar \\\n  -Dsonar.login=\"$TOKEN_OF_CI\" -Dsonar.host.url=https://s.example && echo sonar-scanner\n";
        assert_eq!(
            seen(text),
            [
                "3: mvn verify sonar:sonar",
                "3: $TOKEN_OF_CI -Dsonar.login",
                "3: = https://s.example"
            ]
        );
    }

    #[test]
    fn dotnet_docker_and_assignments_are_seen() {
        assert_eq!(
            seen("dotnet sonarscanner begin /k:\"shop\" /d:sonar.token=\"%SONAR_TOKEN%\""),
            ["1: dotnet sonarscanner begin /k:shop", "1: = shop", "1: $SONAR_TOKEN sonar.token"]
        );
        assert_eq!(
            seen("docker run -e SONAR_TOKEN -e SONAR_HOST_URL=$U sonarsource/sonar-scanner-cli")[0],
            "1: docker run SONAR_TOKEN sonarsource/sonar-scanner-cli"
        );
        assert_eq!(seen("SONAR_TOKEN=$PROD npx sonarqube-scanner").len(), 2);
        for idle in [
            "export SONAR_TOKEN=squ_abc",
            "command -v sonar-scanner",
            "grep sonar-scanner x",
            "sonar-scanner --help",
            "npm i sonar-scanner",
        ] {
            assert_eq!(seen(idle), Vec::<String>::new(), "{idle}");
        }
        assert_eq!(
            seen("if ! sudo /opt/bin/sonar-scanner.bat"),
            ["1: if ! sudo /opt/bin/sonar-scanner.bat"]
        );
    }
}
