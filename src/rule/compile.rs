//! From what a rule file says to a rule: refuses whatever is ambiguous, with file, line and key.

mod revoke;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::Spanned;

use self::revoke::Recipes;
use crate::hex::hex;
use crate::remedy::Remedy;
use crate::rule::check::{SHORTEST_WORD, check_digest, check_id, check_word, https_only};
use crate::rule::checksum::Checksum;
use crate::rule::claims::Claims;
use crate::rule::exposure::AuditRule;
use crate::rule::key::KeyPattern;
use crate::rule::shape::{HEAD, Shape};
use crate::rule::stored::Stored;
use crate::rule::usage::Usage;
use crate::rule::verify::Verify;
use crate::rule::{
    CompanionRule, Place, Rule, RuleFile, Rules, Sample, Service, exposure, syntax, template,
};

/// What is wrong with a rule file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The file as the reader named it.
    pub path: String,
    /// The 1-based line.
    pub line: usize,
    /// The key concerned, such as `token.pattern`; empty when the file is no TOML.
    pub key: String,
    pub why: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, key, why } = self;
        if key.is_empty() {
            return write!(f, "{path}:{line}: {why}");
        }
        write!(f, "{path}:{line}: {key}: {why}")
    }
}

impl std::error::Error for RuleError {}

/// Compiles all files together: ids are unique among all of them.
pub(super) fn compile(files: &[RuleFile<'_>]) -> Result<Rules, RuleError> {
    let (mut rules, mut audits, mut usages) = (Vec::new(), Vec::new(), Vec::new());
    let mut taken = BTreeMap::new();
    for file in files {
        let source = Source { file: *file };
        let mut take = |id: &str, key: &str, at: &Range<usize>| match taken
            .insert(id.to_owned(), source.at(at.clone()))
        {
            Some(first) => Err(source.error(at, key, format!("already taken at {first}"))),
            None => Ok(()),
        };
        let compiled = source.compiled()?;
        for (rule, at) in compiled.rules {
            take(&rule.id, "token.id", &at)?;
            rules.push(Arc::new(rule));
        }
        for (id, at) in &compiled.exposures {
            take(id, "exposure.id", at)?;
        }
        audits.extend(compiled.audit.map(Arc::new));
        usages.extend(compiled.usage);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    usages.sort_by(|a, b| a.service.cmp(&b.service));
    let digest = digest(files.iter().flat_map(|file| [file.id, file.text]));
    Ok(Rules { rules, usages, audits, digest, not_run: Vec::new() })
}

/// The SHA-256 of some texts, each told from the next.
pub(super) fn digest<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut all = Sha256::new();
    for text in texts {
        all.update((text.len() as u64).to_be_bytes());
        all.update(text);
    }
    hex(&all.finalize())
}

/// Ways to ask as a file has them, and checked with where they stand.
type Ways = BTreeMap<String, Spanned<Verify>>;
type CompiledWays = BTreeMap<String, (Range<usize>, Arc<Verify>)>;

struct Source<'a> {
    file: RuleFile<'a>,
}

/// What one file comes to. Ids with where they stand.
struct Compiled {
    rules: Vec<(Rule, Range<usize>)>,
    audit: Option<AuditRule>,
    exposures: Vec<(String, Range<usize>)>,
    usage: Option<Usage>,
}

impl Source<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = &self.file.text.as_bytes()[..span.start.min(self.file.text.len())];
        1 + memchr::memchr_iter(b'\n', before).count()
    }

    fn at(&self, span: Range<usize>) -> String {
        format!("{}:{}", self.file.path, self.line(&span))
    }

    fn error(&self, span: &Range<usize>, key: &str, why: impl Into<String>) -> RuleError {
        RuleError {
            path: self.file.path.to_owned(),
            line: self.line(span),
            key: key.to_owned(),
            why: why.into(),
        }
    }

    fn compiled(&self) -> Result<Compiled, RuleError> {
        let file: syntax::File = toml::from_str(self.file.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.error(&span, "", error.message().trim_end().replace('\n', ", "))
        })?;
        self.each(&file.documents, "documents", |url| https_only(url))?;
        let service = Arc::new(Service {
            id: self.file.id.to_owned(),
            name: file.service.get_ref().clone(),
            documents: file.documents.iter().map(|url| url.get_ref().clone()).collect(),
        });
        if let Err(why) = check_id(self.file.id) {
            return Err(self.error(&file.service.span(), "service", why));
        }
        let ways = self.ways(file.verify, &file.token)?;
        let recipes = file.revoke;
        let named = file.token.iter().filter_map(|token| token.revoked_by.as_ref());
        let named: Vec<String> = named.map(|name| name.get_ref().clone()).collect();
        let compiled = file.token.into_iter().map(|token| {
            let at = token.id.span();
            Ok((self.rule(token, Arc::clone(&service), &ways, &recipes)?, at))
        });
        let rules = compiled.collect::<Result<Vec<_>, _>>()?;
        self.check_recipes(&recipes, &named)?;
        let exposures = file.exposure.iter().map(|it| (it.get_ref().id.clone(), it.span()));
        let exposures = exposures.collect();
        let audit = exposure::compile(file.audit, file.exposure, service)
            .map_err(|(at, key, why)| self.error(&at, &key, why))?;
        let usage = file.usage.map(|usage| Usage::compile(self.file.id, &usage));
        let usage = usage
            .transpose()
            .map_err(|(at, key, why): (Range<usize>, _, _)| self.error(&at, key, why))?;
        Ok(Compiled { rules, audit, exposures, usage })
    }

    /// The ways to ask of this file. One that no token names is a mistake.
    fn ways(&self, ways: Ways, tokens: &[syntax::Token]) -> Result<CompiledWays, RuleError> {
        let named = |token: &syntax::Token, name: &str| {
            token.verify.iter().any(|verify| verify.get_ref() == name)
        };
        let compile = |(name, verify): (String, Spanned<Verify>)| {
            if !tokens.iter().any(|token| named(token, &name)) {
                return Err(self.error(
                    &verify.span(),
                    &format!("verify.{name}"),
                    "no token names it",
                ));
            }
            Ok((name, (verify.span(), Arc::new(verify.into_inner().written_out()))))
        };
        ways.into_iter().map(compile).collect()
    }

    fn verify(
        &self,
        token: &syntax::Token,
        companions: &[CompanionRule],
        ways: &CompiledWays,
    ) -> Result<Vec<Arc<Verify>>, RuleError> {
        // An address and a command never hold a secret.
        let plain = companions.iter().filter(|rule| !rule.is_secret());
        let mut slots: Vec<&str> = plain.map(|rule| rule.name.as_str()).collect();
        if token.claims.is_some() {
            // What it says of itself fills them, too.
            slots.extend(["organization", "project"]);
        }
        let way = |name: &Spanned<String>| {
            let Some((span, verify)) = ways.get(name.get_ref()) else {
                let why = format!("there is no [verify.{}]", name.get_ref());
                return Err(self.error(&name.span(), "token.verify", why));
            };
            let wrong = |(key, why): (&str, String)| {
                self.error(span, &format!("verify.{}.{key}", name.get_ref()), why)
            };
            verify.check(&slots).map_err(wrong)?;
            Ok(Arc::clone(verify))
        };
        token.verify.iter().map(way).collect()
    }

    fn rule(
        &self,
        token: syntax::Token,
        service: Arc<Service>,
        ways: &CompiledWays,
        recipes: &Recipes,
    ) -> Result<Rule, RuleError> {
        self.value(&token.id, "token.id", |id| check_id(id))?;
        let shape = self.value(&token.pattern, "token.pattern", |text| Shape::parse(text))?;
        let places = self.places(&token)?;
        let checksum = self.checksum(&token)?;
        self.check_search(&token, &shape, checksum, &places)?;
        let (claims, dead) = (self.claims(&token)?, self.dead(&token)?);
        let companions = self.companions(&token)?;
        let verify = self.verify(&token, &companions, ways)?;
        let revoke = self.revoke(&token, &companions, &verify, recipes)?;
        let stored = token
            .stored
            .iter()
            .map(|stored| self.value(stored, "token.stored", |text| Stored::parse(text)))
            .collect::<Result<Vec<_>, _>>()?;
        let examples = self.samples(&token, &token.example, "token.example")?;
        let counters = self.samples(&token, &token.counter, "token.counter")?;
        self.each(&token.known_examples, "token.known_examples", |digest| check_digest(digest))?;
        let mut rule = Rule {
            prefix: shape.prefix().len(),
            bare: !places.is_empty(),
            anchors: texts(&token.anchors).map(|text| text.as_bytes().to_vec()).collect(),
            known_examples: texts(&token.known_examples).cloned().collect(),
            revoke,
            remedy: Remedy::default(),
            id: token.id.into_inner(),
            name: token.name,
            kind: token.kind,
            severity: token.severity,
            why: token.why,
            pattern: token.pattern.into_inner(),
            service,
            shape,
            checksum,
            claims,
            dead,
            places,
            companions,
            examples,
            counters,
            verify,
            listed_as: token.listed_as,
            stored,
            foreign: None,
        };
        rule.remedy = rule.remedy(&[]);
        Ok(rule)
    }

    fn checksum(&self, token: &syntax::Token) -> Result<Option<Checksum>, RuleError> {
        let read = |name| self.value(name, "token.checksum", |name| Checksum::parse(name));
        token.checksum.as_ref().map(read).transpose()
    }

    fn claims(&self, token: &syntax::Token) -> Result<Option<Claims>, RuleError> {
        let Some(claims) = &token.claims else { return Ok(None) };
        let wrong = |why| self.error(&claims.span(), "token.claims", why);
        claims.get_ref().check().map_err(wrong)?;
        Ok(Some(claims.get_ref().clone()))
    }

    fn dead(&self, token: &syntax::Token) -> Result<Option<jiff::civil::Date>, RuleError> {
        let read = |day: &String| day.parse().map_err(|_| format!("{day:?}: a day, as 2025-07-18"));
        token.dead.as_ref().map(|day| self.value(day, "token.dead", read)).transpose()
    }

    /// The search must be able to find it: by a long run or by anchors, and a place
    /// must say something.
    fn check_search(
        &self,
        token: &syntax::Token,
        shape: &Shape,
        checksum: Option<Checksum>,
        places: &[Place],
    ) -> Result<(), RuleError> {
        let keyed = places.iter().any(|place| !place.keys.is_empty() || place.form.is_some());
        let span = token.pattern.span();
        // A checksum that random text does not have by chance says as much as a fixed start.
        let proves = checksum.is_some_and(Checksum::proves) || !shape.prefix().is_empty();
        if !proves && places.is_empty() {
            return Err(self.error(
                &span,
                "token.pattern",
                "no fixed start and no [[token.place]]",
            ));
        }
        let found = shape.lead().is_some() || shape.prefix().len() >= HEAD;
        if !found && token.anchors.is_empty() {
            let why = "no fixed start of 4 characters and no run of 32 letters, digits and dashes to search \
                       for: name `anchors`, literal text in the token or in its key";
            return Err(self.error(&span, "token.pattern", why));
        }
        if !proves && !keyed {
            let why = "no place with `keys` or a `form`: the words around alone prove nothing";
            return Err(self.error(&span, "token.place", why));
        }
        self.each(&token.anchors, "token.anchors", |anchor| match anchor.len() {
            SHORTEST_WORD.. => Ok(()),
            _ => Err(format!("shorter than {SHORTEST_WORD} characters")),
        })
    }

    fn places(&self, token: &syntax::Token) -> Result<Vec<Place>, RuleError> {
        token.place.iter().map(|place| self.place(place)).collect()
    }

    fn place(&self, spanned: &Spanned<syntax::Place>) -> Result<Place, RuleError> {
        let syntax::Place { keys, beside, near, steps, form, confidence } = spanned.get_ref();
        let keys = keys
            .iter()
            .map(|key| self.value(key, "token.place.keys", |text| KeyPattern::parse(text)))
            .collect::<Result<Vec<_>, _>>()?;
        self.each(beside, "token.place.beside", |word| check_word(word))?;
        self.each(near, "token.place.near", |word| check_word(word))?;
        self.each(steps, "token.place.steps", |step| check_word(step))?;
        let place = Place {
            beside: texts(beside).cloned().collect(),
            near: texts(near).cloned().collect(),
            steps: texts(steps).cloned().collect(),
            form: *form,
            confidence: *confidence,
            keys,
        };
        let told = [&place.beside, &place.near, &place.steps].iter().any(|words| !words.is_empty());
        let mute = place.keys.iter().find(|key| key.literals().is_empty());
        match mute {
            Some(key) if !told => {
                let why = format!("{key:?} has no word of {SHORTEST_WORD} letters: add `beside`");
                Err(self.error(&spanned.span(), "token.place.keys", why))
            }
            None if !told && place.keys.is_empty() && form.is_none() => {
                Err(self.error(&spanned.span(), "token.place", "says nothing"))
            }
            _ => Ok(place),
        }
    }

    fn companions(&self, token: &syntax::Token) -> Result<Vec<CompanionRule>, RuleError> {
        let compile = |entry: &syntax::Companion| {
            self.value(&entry.pattern, "token.companion.pattern", |pattern| {
                CompanionRule::new(entry.name.get_ref(), pattern, entry.default.clone(), entry.half)
            })
        };
        token.companion.iter().map(compile).collect()
    }

    fn samples(
        &self,
        token: &syntax::Token,
        samples: &[syntax::Sample],
        key: &str,
    ) -> Result<Vec<Sample>, RuleError> {
        if samples.is_empty() {
            return Err(self.error(&token.id.span(), key, "none: a rule proves itself"));
        }
        let compile = |entry: &syntax::Sample| {
            let text = self.value(&entry.text, key, |text| template::Sample::parse(text))?;
            if key == "token.example" && !text.has_token() {
                return Err(self.error(&entry.text.span(), key, "no {{token}} in it"));
            }
            Ok(Sample { text, why: entry.why.clone(), at: self.at(entry.text.span()) })
        };
        samples.iter().map(compile).collect()
    }

    fn value<T>(
        &self,
        text: &Spanned<String>,
        key: &str,
        read: impl Fn(&String) -> Result<T, String>,
    ) -> Result<T, RuleError> {
        read(text.get_ref()).map_err(|why| self.error(&text.span(), key, why))
    }

    fn each(
        &self,
        texts: &[Spanned<String>],
        key: &str,
        check: impl Fn(&String) -> Result<(), String>,
    ) -> Result<(), RuleError> {
        texts.iter().try_for_each(|text| self.value(text, key, &check))
    }
}

fn texts(spanned: &[Spanned<String>]) -> impl Iterator<Item = &String> {
    spanned.iter().map(Spanned::get_ref)
}
