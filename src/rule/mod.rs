//! Rules: one kind of token each, read from `rules/<service>.toml`, existing only compiled and
//! checked.

use std::sync::Arc;

use crate::leak::{Companion, Confidence};
use crate::remedy::{Remedy, Script, Way};
use crate::severity::Severity;
use checksum::Checksum;
use claims::{Claims, Said};
use exposure::AuditRule;
use key::KeyPattern;
use mint::{Mint, Size};
use shape::Shape;

mod builtin;
mod check;
pub mod checksum;
pub mod claims;
mod companion;
mod compile;
pub mod exposure;
pub mod foreign;
pub mod gate;
pub mod key;
pub mod mint;
pub mod pointer;
pub mod revoke;
pub mod sent;
pub mod shape;
pub mod stored;
mod syntax;
pub mod template;
pub mod usage;
pub mod verify;

pub use companion::{CompanionRule, Half};
pub use compile::RuleError;
pub use syntax::Form;

/// All rules of a run, compiled.
#[derive(Debug)]
pub struct Rules {
    /// In the order of their ids, so that SARIF's rule index is stable.
    pub rules: Vec<Arc<Rule>>,
    /// How the tokens of services are used, in the order of their ids.
    pub usages: Vec<usage::Usage>,
    /// What is looked at on servers, in the order of the files.
    pub audits: Vec<Arc<AuditRule>>,
    /// The digest of all files that they were read from.
    pub digest: String,
    /// What is not run of the files of other scanners.
    pub not_run: Vec<foreign::NotRun>,
}

/// One rule file: what errors call it, the service's id, and its text.
#[derive(Clone, Copy, Debug)]
pub struct RuleFile<'a> {
    /// As shown in errors: `rules/x.toml`.
    pub path: &'a str,
    /// The id of its service: the file's name without `.toml`.
    pub id: &'a str,
    pub text: &'a str,
}

impl Rules {
    /// The rules that come with squelch.
    pub fn builtin() -> Result<Self, RuleError> {
        Self::with(&[])
    }

    /// The rules that come with squelch and those of the reader's own files, also of files that were
    /// written for other scanners. `open` reads a file that such a one extends.
    pub fn with_all(own: &[RuleFile<'_>], open: foreign::Open<'_>) -> Result<Self, RuleError> {
        let (theirs, ours): (Vec<_>, Vec<_>) =
            own.iter().partition(|file| foreign::is_foreign(file.text));
        let mut rules = Self::with(&ours)?;
        let (more, not_run, digest) = foreign::read(&theirs, open)?;
        rules.not_run = not_run;
        rules.digest.push_str(&digest);
        for rule in more {
            if rules.get(&rule.id).is_some() {
                let (place, why) = (rule.id, "another rule has this id".to_owned());
                rules.not_run.push(foreign::NotRun { place, why });
            } else {
                rules.rules.push(Arc::new(rule));
            }
        }
        rules.rules.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(rules)
    }

    /// The rules that come with squelch and those of the reader's own files.
    pub fn with(own: &[RuleFile<'_>]) -> Result<Self, RuleError> {
        let paths: Vec<String> =
            builtin::FILES.iter().map(|(id, _)| format!("rules/{id}.toml")).collect();
        let files = builtin::FILES.iter().zip(&paths);
        let mut all: Vec<RuleFile<'_>> =
            files.map(|(&(id, text), path)| RuleFile { path, id, text }).collect();
        all.extend_from_slice(own);
        Self::compile(&all)
    }

    /// Only the rules of these files.
    pub fn compile(files: &[RuleFile<'_>]) -> Result<Self, RuleError> {
        compile::compile(files)
    }

    /// The rule with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// The service that a token belongs to.
#[derive(Debug)]
pub struct Service {
    /// The file's name without `.toml`: `sonarqube-server`.
    pub id: String,
    /// As people write it: `SonarQube Server`.
    pub name: String,
    /// Vendor documents on its tokens.
    pub documents: Vec<String>,
}

/// One kind of token: what it looks like, why it matters, how to revoke it.
#[derive(Debug)]
pub struct Rule {
    /// Unique among all rules: `sonarqube-user-token`.
    pub id: String,
    pub service: Arc<Service>,
    /// As people say it: `SonarQube user token`.
    pub name: String,
    /// What it is at the service: `user`, `project`, `agent`.
    pub kind: String,
    pub severity: Severity,
    /// What its finder can do with it, one or two sentences.
    pub why: String,
    /// How many leading characters are fixed and may be shown (4 for `squ_`, 0 for bare hex).
    pub prefix: usize,
    /// Whether the shape alone proves nothing, so that its context had to (bare hex).
    pub bare: bool,
    /// The remedy with its slots unfilled, for rule help.
    pub remedy: Remedy,
    /// The token and nothing else.
    pub shape: Shape,
    /// The pattern as the file has it.
    pub pattern: String,
    /// The checksum that it carries: without it a value of its shape is none.
    pub checksum: Option<Checksum>,
    /// What it says of itself: a value that does not is none.
    pub claims: Option<Claims>,
    /// The day since which no token of this kind is taken any more.
    pub dead: Option<jiff::civil::Date>,
    /// Literal bytes in it or beside it, where it holds no run of 32 letters and digits to look for.
    pub anchors: Vec<Vec<u8>>,
    /// One of them must hold; empty when the shape is enough.
    pub places: Vec<Place>,
    /// SHA-256 of values that vendors print, in lower-case hex.
    pub known_examples: Vec<String>,
    pub companions: Vec<CompanionRule>,
    pub examples: Vec<Sample>,
    pub counters: Vec<Sample>,
    /// How its service is asked about it: none where it cannot be. One yes is enough; it is dead
    /// only if all say so.
    pub verify: Vec<Arc<verify::Verify>>,
    /// What its service calls its kind in lists of tokens: `USER_TOKEN`.
    pub listed_as: Option<String>,
    /// How its service keeps it.
    pub stored: Vec<stored::Stored>,
    /// How it is revoked.
    pub revoke: Arc<revoke::Revoke>,
    /// How it finds, where it is a rule of another scanner: then `shape` is one that nothing has.
    pub foreign: Option<Arc<foreign::Foreign>>,
}

/// What stands in each file in which a step names what it runs; the names themselves are written in
/// any case.
const STEPS: [&str; 5] = ["uses:", "task:", "pipe:", "component:", "orbs:"];

/// One context that makes a value a token: everything in it must hold.
#[derive(Clone, Debug)]
pub struct Place {
    /// One of them must be the key that holds the value.
    pub keys: Vec<KeyPattern>,
    /// One of them must stand in the same statement or in the header of a block around it.
    pub beside: Vec<String>,
    /// One of them must stand within a few lines.
    pub near: Vec<String>,
    /// The value must be an input of one of these steps: `codecov/codecov-action`; with a slash at
    /// the end of any below it.
    pub steps: Vec<String>,
    pub form: Option<Form>,
    pub confidence: Confidence,
}

/// An example or counter-example.
#[derive(Clone, Debug)]
pub struct Sample {
    pub text: template::Sample,
    /// Why it is one.
    pub why: String,
    /// Where it stands: `rules/x.toml:12`.
    pub at: String,
}

impl Place {
    /// Texts in lower case of which one must be around wherever this place holds; none when
    /// only its form is asked for.
    pub fn words(&self) -> Vec<String> {
        if !self.steps.is_empty() {
            return STEPS.map(str::to_owned).to_vec();
        }
        if let Some(words) = [&self.beside, &self.near].into_iter().find(|it| !it.is_empty()) {
            return words.clone();
        }
        let literals: Vec<Vec<String>> = self.keys.iter().map(KeyPattern::literals).collect();
        let all = !literals.is_empty() && literals.iter().all(|texts| !texts.is_empty());
        if all { literals.concat() } else { Vec::new() }
    }
}

impl Rule {
    /// A random token of its shape that `accept` takes, with the right checksum and claims.
    pub fn mint(&self, mint: &mut Mint, size: Size, accept: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut token = mint.token(&self.shape, size, accept);
        if let Some(claims) = &self.claims {
            claims.seal(&mut token, &self.shape);
        }
        if let Some(checksum) = self.checksum {
            checksum.seal(&mut token, self.prefix);
        }
        token
    }

    /// What a token says of itself; nothing where it says nothing that can be read.
    pub fn said(&self, token: &[u8]) -> Said {
        let read = |claims: &Claims| claims.read(token, self.prefix);
        self.claims.as_ref().and_then(read).unwrap_or_default()
    }

    /// The remedy with its slots filled from what stands near a leak.
    pub fn remedy(&self, companions: &[Companion]) -> Remedy {
        let defaults: Vec<(String, String)> = self
            .companions
            .iter()
            .filter_map(|rule| Some((rule.name.clone(), rule.default.clone()?)))
            .collect();
        // A `$` would be a variable in a command: what was scanned, or what a service said, names
        // none.
        let plain = |it: &&Companion| !it.value.contains(['$', '`', '\\', '\n', '\r']);
        let companions: Vec<Companion> = companions.iter().filter(plain).cloned().collect();
        let encoded: Vec<Companion> = companions.iter().map(template::in_address).collect();
        let fill = |text: &String| {
            let address = text.starts_with("{server}") || text.starts_with("https://");
            template::fill(text, if address { &encoded } else { &companions }, &defaults)
        };
        let all = |texts: &[String]| texts.iter().map(fill).collect::<Vec<_>>();
        let way = |way: &Way| Way { who: way.who, command: all(&way.command) };
        // In a program any quote could end a text: only what is a plain word gets there.
        let word =
            |it: &&Companion| it.value.chars().all(|c| c.is_alphanumeric() || "._@+-".contains(c));
        let words: Vec<Companion> = companions.iter().filter(word).cloned().collect();
        let script = |script: &Script| Script {
            text: template::fill(&script.text, &words, &defaults),
            ..script.clone()
        };
        let Remedy {
            page,
            steps,
            command,
            prove,
            proved_by,
            replace,
            ways,
            message,
            levers,
            scripts,
        } = &self.revoke.remedy;
        Remedy {
            page: page.as_ref().map(fill),
            steps: all(steps),
            command: all(command),
            prove: all(prove),
            proved_by: proved_by.clone(),
            replace: all(replace),
            ways: ways.iter().map(way).collect(),
            message: message.as_ref().map(fill),
            levers: all(levers),
            scripts: scripts.iter().map(script).collect(),
        }
    }
}
