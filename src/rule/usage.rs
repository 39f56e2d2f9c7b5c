//! By which names a service's tokens are used, and what reads them: `[usage]` of a rule file.

use serde::Deserialize;
use toml::Spanned;

use super::key::{Key, KeyPattern};

/// What a rule file says, word for word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Syntax {
    names: Vec<Spanned<String>>,
    #[serde(default)]
    server: Vec<Spanned<String>>,
    #[serde(default)]
    project: Vec<Spanned<String>>,
    #[serde(default)]
    call: Vec<CallSyntax>,
    jenkins: Option<JenkinsPlugin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallSyntax {
    words: Vec<Spanned<String>>,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    inputs: Vec<String>,
}

/// How the tokens of one service are used.
#[derive(Clone, Debug)]
pub struct Usage {
    /// The service's id.
    pub service: String,
    /// Names of variables, secrets and properties that hold a token.
    pub names: Vec<KeyPattern>,
    /// Names of what holds the server's address.
    pub server: Vec<KeyPattern>,
    /// Names of what holds a project's key.
    pub project: Vec<KeyPattern>,
    pub calls: Vec<Call>,
    /// What its plug-in leaves in a `JENKINS_HOME`.
    pub jenkins: Option<JenkinsPlugin>,
}

/// What a plug-in of Jenkins leaves in a `JENKINS_HOME`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JenkinsPlugin {
    /// The file with its servers.
    pub configuration: String,
    /// The element that is one of them, with `name`, `serverUrl` and `credentialsId` in it.
    pub installation: String,
    /// Elements of a job that use one.
    pub builders: Vec<String>,
    /// The step of a pipeline that does the same.
    pub step: String,
}

/// Something that uses a token: a program, an action, an orb, a task, an image, a step.
#[derive(Clone, Debug)]
pub struct Call {
    /// In lower case. In a command the first word is the program, the others stand behind it in this
    /// order, with others between.
    pub words: Vec<String>,
    /// The variables of the environment that it reads on its own, the first being the usual one.
    pub reads: Vec<String>,
    /// Its fields that take a token, or name where one is kept.
    pub inputs: Vec<String>,
}

/// The shortest name of a call: `mvn` stands in many words.
const SHORTEST: usize = 4;

impl Usage {
    /// Compiles it. The error is what is wrong, with the place and the key.
    pub(super) fn compile(
        service: &str,
        syntax: &Syntax,
    ) -> Result<Self, (std::ops::Range<usize>, &'static str, String)> {
        let keys = |key: &'static str, texts: &[Spanned<String>]| {
            let read = |text: &Spanned<String>| {
                KeyPattern::parse(text.get_ref()).map_err(|why| (text.span(), key, why))
            };
            texts.iter().map(read).collect::<Result<Vec<_>, _>>()
        };
        let mut calls = Vec::new();
        for call in &syntax.call {
            for word in &call.words {
                let text = word.get_ref();
                if text.len() < SHORTEST || *text != text.to_lowercase() {
                    let why = format!("`{text}`: {SHORTEST} characters or more, in lower case");
                    return Err((word.span(), "usage.call.words", why));
                }
            }
            calls.push(Call {
                words: call.words.iter().map(|word| word.get_ref().clone()).collect(),
                reads: call.reads.clone(),
                inputs: call.inputs.clone(),
            });
        }
        Ok(Self {
            service: service.to_owned(),
            names: keys("usage.names", &syntax.names)?,
            server: keys("usage.server", &syntax.server)?,
            project: keys("usage.project", &syntax.project)?,
            calls,
            jenkins: syntax.jenkins.clone(),
        })
    }

    /// Whether a token is kept under this name.
    pub fn is_name(&self, name: &str) -> bool {
        is_one(&self.names, name) || self.calls.iter().any(|call| call.reads_variable(name))
    }

    pub fn is_server(&self, name: &str) -> bool {
        is_one(&self.server, name)
    }

    pub fn is_project(&self, name: &str) -> bool {
        is_one(&self.project, name)
    }
}

fn is_one(patterns: &[KeyPattern], name: &str) -> bool {
    let key = Key::new(name);
    patterns.iter().any(|pattern| pattern.matches(&key))
}

impl Call {
    /// Whether it reads this variable on its own.
    pub fn reads_variable(&self, name: &str) -> bool {
        self.reads.iter().any(|read| read == name)
    }

    /// Whether this is one of its fields that take a token.
    pub fn takes(&self, field: &str) -> bool {
        self.inputs.iter().any(|input| input.eq_ignore_ascii_case(field))
    }

    /// Whether a command is it: the program, and the words behind it, all in lower case.
    pub fn is_command(&self, program: &str, arguments: &[String]) -> bool {
        self.words.iter().any(|name| {
            let mut parts = name.split(' ');
            let mut rest = arguments.iter();
            parts.next() == Some(program) && parts.all(|part| rest.any(|word| holds(word, part)))
        })
    }

    /// Whether a name of an action, an image or a task is its: `SonarSource/x-action@v1`.
    pub fn is_named(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.words.iter().any(|word| !word.contains(' ') && holds(&name, word))
    }
}

/// Whether a word stands in a text and is not a part of a longer one.
fn holds(text: &str, word: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(inner) && !after.is_some_and(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_commands_may_have_others_between() {
        let call = |word: &str| Call {
            words: vec![word.to_owned()],
            reads: Vec::new(),
            inputs: Vec::new(),
        };
        assert!(call("sonar-scanner").is_named("/opt/bin/sonar-scanner.bat"));
        assert!(!call("sonar-scanner").is_named("sonarsource/sonar-scanner-cli"));
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(call("gradlew sonar").is_command("gradlew", &words("build sonar --info")));
        assert!(!call("gradlew sonar").is_command("gradlew", &words("sonarless")));
        assert!(!call("gradlew sonar").is_command("grep", &words("gradlew sonar")));
    }
}
