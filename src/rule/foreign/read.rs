//! Files of other scanners, read with what they extend, and put together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;

use super::NotRun;
use super::allow::Allow;
use super::syntax::{Allowlist, Extend, File, Rule as Said};
use super::{compile, filter};
use crate::rule::compile::digest;
use crate::rule::{Rule, RuleError, RuleFile};

/// How deep files may extend each other: what gitleaks allows (`maxExtendDepth`).
const DEEPEST: usize = 2;

/// Opens a file that another one extends: its text, or why not.
pub type Open<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// A rule as its file says it, and where.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    pub(super) said: Said,
    /// The file's id, as `gitleaks`, and what errors call the rule.
    pub(super) file: String,
    pub(super) place: String,
}

/// One file with all that it extends.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    pub(super) title: String,
    pub(super) rules: Vec<Stated>,
    /// What is let pass whatever the rule.
    pub(super) allows: Vec<Arc<Allow>>,
    /// What is let pass of one rule.
    targeted: Vec<(String, Allowlist, String)>,
}

/// Whether a rule file is one of another scanner: it has rules and no tokens.
pub fn is_foreign(text: &str) -> bool {
    let Ok(table) = text.parse::<toml::Table>() else { return false };
    let has = |key: &&str| table.contains_key(*key);
    !["service", "token"].iter().any(has)
        && ["rules", "extend", "allowlist", "allowlists"].iter().any(has)
}

/// Reads all files. One that extends the default rules of its scanner extends the file before it,
/// which has to be those: they are no part of squelch.
pub(in crate::rule) fn read(
    files: &[RuleFile<'_>],
    open: Open<'_>,
) -> Result<(Vec<Rule>, Vec<NotRun>, String), RuleError> {
    let mut reader = Reader { open, not_run: Vec::new(), texts: Vec::new() };
    let mut configs: Vec<Config> = Vec::new();
    for file in files {
        let config = reader.config(*file, &mut configs, 0)?;
        configs.push(config);
    }
    let Reader { mut not_run, texts, .. } = reader;
    let digest =
        if texts.is_empty() { String::new() } else { digest(texts.iter().map(|it| &**it)) };
    let rules = configs.iter().flat_map(|config| compile::compile(config, &mut not_run));
    Ok((rules.collect(), not_run, digest))
}

struct Reader<'a> {
    open: Open<'a>,
    not_run: Vec<NotRun>,
    /// All that was read.
    texts: Vec<String>,
}

impl Reader<'_> {
    fn config(
        &mut self,
        file: RuleFile<'_>,
        before: &mut Vec<Config>,
        depth: usize,
    ) -> Result<Config, RuleError> {
        let said: File = toml::from_str(file.text).map_err(|error| RuleError {
            path: file.path.to_owned(),
            line: line(file.text, error.span().map_or(0, |span| span.start)),
            key: String::new(),
            why: error.message().trim_end().replace('\n', ", "),
        })?;
        self.texts.push(file.text.to_owned());
        let base = self.base(&said.extend, file, before, depth)?;
        let mut config = Config {
            title: said.title.clone().unwrap_or_else(|| file.path.to_owned()),
            ..Config::default()
        };
        for rule in &said.rules {
            config.rules.push(stated(rule, file));
        }
        for list in said.allowlists.all().into_iter().chain(said.allowlist.all()) {
            self.allow(&mut config, &list, file);
        }
        for (text, key) in [(&said.filter, "filter"), (&said.prefilter, "prefilter")] {
            let Some(text) = text else { continue };
            match filter::parse(text.get_ref()) {
                Ok(checks) => config.allows.push(Arc::new(Allow::any(checks))),
                Err(why) => self.skip(file, text.span().start, key, why),
            }
        }
        if let Some(base) = base {
            merge(&mut config, base, &said.extend.disabled_rules);
        }
        if depth == 0 {
            self.target(&mut config);
        }
        Ok(config)
    }

    /// What a file extends.
    fn base(
        &mut self,
        extend: &Extend,
        file: RuleFile<'_>,
        before: &mut Vec<Config>,
        depth: usize,
    ) -> Result<Option<Config>, RuleError> {
        if let Some(url) = &extend.url {
            let why = "squelch fetches no rules: save them, and name the file in `path`";
            self.skip(file, url.span().start, "extend.url", why.to_owned());
        }
        if let Some(wanted) = extend.use_default.as_ref().filter(|wanted| *wanted.get_ref()) {
            let base = before.pop();
            if base.is_none() {
                let why = "the default rules of its scanner are no part of squelch: name their file \
                           before this one, --rules gitleaks.toml --rules FILE";
                self.skip(file, wanted.span().start, "extend.useDefault", why.to_owned());
            }
            return Ok(base);
        }
        let Some(path) = &extend.path else { return Ok(None) };
        let at = path.span().start;
        let wrong = |why: String| RuleError {
            path: file.path.to_owned(),
            line: line(file.text, at),
            key: "extend.path".to_owned(),
            why,
        };
        if depth == DEEPEST {
            return Err(wrong(format!("more than {DEEPEST} files extend each other")));
        }
        let (found, text) = self
            .opened(file.path, path.get_ref())
            .map_err(|error| wrong(format!("cannot read {}: {error}", path.get_ref())))?;
        let name = found.display().to_string();
        let id = found.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let base = RuleFile { path: &name, id: &id, text: &text };
        self.config(base, before, depth + 1).map(Some)
    }

    /// A file beside the one that names it; else, as gitleaks has it, where squelch runs.
    fn opened(&self, from: &str, path: &str) -> io::Result<(PathBuf, String)> {
        let beside = Path::new(from).parent().unwrap_or(Path::new("")).join(path);
        match (self.open)(&beside) {
            Ok(text) => Ok((beside, text)),
            Err(_) => (self.open)(Path::new(path)).map(|text| (PathBuf::from(path), text)),
        }
    }

    fn allow(&mut self, config: &mut Config, list: &Allowlist, file: RuleFile<'_>) {
        if !list.target_rules.is_empty() {
            let targets = list.target_rules.clone();
            let all = targets.into_iter().map(|rule| (rule, list.clone(), file.path.to_owned()));
            return config.targeted.extend(all);
        }
        match compile::allow(list) {
            Ok(allow) => config.allows.push(Arc::new(allow)),
            Err(why) => self.skip(file, 0, "allowlist", why),
        }
    }

    /// Gives what is let pass of single rules to them.
    fn target(&mut self, config: &mut Config) {
        for (id, list, path) in std::mem::take(&mut config.targeted) {
            match config.rules.iter_mut().find(|rule| rule.said.id == id) {
                Some(rule) => rule.said.add(list),
                None => self.not_run.push(NotRun {
                    place: format!("{path}: allowlists.targetRules"),
                    why: format!("there is no rule {id}"),
                }),
            }
        }
    }

    fn skip(&mut self, file: RuleFile<'_>, at: usize, key: &str, why: String) {
        let place = format!("{}:{}: {key}", file.path, line(file.text, at));
        self.not_run.push(NotRun { place, why });
    }
}

fn stated(rule: &Spanned<Said>, file: RuleFile<'_>) -> Stated {
    let said = rule.get_ref().clone();
    let place = format!("{}:{}: rule {}", file.path, line(file.text, rule.span().start), said.id);
    Stated { said, file: file.id.to_owned(), place }
}

fn line(text: &str, at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count()
}

/// Adds what a file extends. A rule that both have keeps what it says itself (`extend` in
/// config/config.go of gitleaks/gitleaks).
fn merge(config: &mut Config, base: Config, disabled: &[String]) {
    for Stated { said, file, place } in base.rules {
        if disabled.contains(&said.id) {
            continue;
        }
        match config.rules.iter_mut().find(|rule| rule.said.id == said.id) {
            Some(own) => own.said.inherit(said),
            None => config.rules.push(Stated { said, file, place }),
        }
    }
    config.allows.extend(base.allows);
    config.targeted.extend(base.targeted);
}
