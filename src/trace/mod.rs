//! What an administrator's own data say of a token: whose it is, and which one.
//!
//! No secret comes here. A source knows a token by the digest of its value, which proves that it
//! is the same one, or shows its last characters, which chance alone may repeat. Nothing here
//! speaks to a network but `database`, and that only to a database which the user named.

mod database;
mod digest;
mod endings;
mod env_inspector;
mod file;
mod hashes;
mod jenkins_home;
mod jenkins_xml;
mod mask;
mod sonar_tokens;
mod table;
mod terraform;

use std::cmp::Reverse;

use crate::identity::{About, Identity, Known, Sure};
use crate::problem::Problem;

pub use digest::Digest;
pub use sonar_tokens::QUERY;

/// What was read of one or more sources.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The tokens that a source knows by digest.
    pub records: Vec<Record>,
    /// The variables of which a source shows the last characters.
    pub masked: Vec<Masked>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was read, in the order of reading.
    pub read: Vec<Read>,
}

/// One source that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it is, in words: `JENKINS_HOME backup/users`.
    pub source: String,
    /// How many tokens or variables of it can be recognized.
    pub entries: usize,
    /// What else a reader has to know of it, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// One token that a source knows by the digest of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The digest.
    pub digest: Digest,
    /// What the source says of the token.
    pub known: Vec<Known>,
}

/// One variable of which a source shows only the last characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The last characters.
    pub ending: String,
    /// Its name, empty if the source has none.
    pub variable: String,
    /// Where it is set: `CircleCI project gh/acme/web`.
    pub place: String,
    /// The file that says so.
    pub source: String,
    /// The page to look at it.
    pub url: Option<String>,
    /// When it was last set, as far as the source knows.
    pub updated: Option<String>,
}

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A Jenkins home, its folder `users`, a copy of either, or one user's `config.xml`.
    JenkinsHome,
    /// `SonarQube`'s table of tokens: an export, or a `postgres://` URL of its database.
    SonarTokens,
    /// The report of `CircleCI`'s Env-Inspector.
    EnvInspector,
    /// A list of variables with the last characters of their values.
    Endings,
    /// A list of digests.
    Hashes,
    /// A state file of Terraform.
    TerraformState,
}

/// Reads one source into the ledger.
///
/// An error is wrong use: the source cannot be opened, or is nothing of its kind. What only a part
/// of it fails by is a problem in the ledger.
pub fn read(kind: SourceKind, what: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    match kind {
        SourceKind::JenkinsHome => jenkins_home::read(what, ledger),
        SourceKind::SonarTokens if database::is_url(what) => database::read(what, ledger),
        SourceKind::SonarTokens => sonar_tokens::read(what, ledger),
        SourceKind::EnvInspector => env_inspector::read(what, ledger),
        SourceKind::Endings => endings::read(what, ledger),
        SourceKind::Hashes => hashes::read(what, ledger),
        SourceKind::TerraformState => terraform::read(what, ledger),
    }
}

impl Ledger {
    /// All that the records say of the token that has one of these digests: a digest of all of its
    /// characters is no chance.
    pub fn by_digest(&self, digests: &[String]) -> Identity {
        let mut identity = Identity::default();
        let records = self.records.iter().filter(|record| record.digest.is_among(digests));
        records.flat_map(|record| &record.known).for_each(|known| identity.add(known.clone()));
        identity
    }

    /// Whether one of these digests is in a source.
    pub fn holds(&self, digests: &[String]) -> bool {
        self.records.iter().any(|record| record.digest.is_among(digests))
    }

    /// The variables whose last characters are those of the token. They come first whose names
    /// have most of `words` in them, the words of the service's name in lower case: a token ends
    /// like a variable of another service now and then.
    pub fn by_ending(
        &self,
        token_ending_matches: impl Fn(&str) -> bool,
        words: &[&str],
    ) -> Vec<Known> {
        let same = |it: &&Masked| token_ending_matches(&it.ending);
        let mut masked: Vec<_> = self.masked.iter().filter(same).collect();
        masked.sort_by_cached_key(|it| {
            let fit = (count(&it.variable, words), count(&it.place, words), it.ending.len());
            (Reverse(fit), &it.place, &it.variable)
        });
        masked.into_iter().map(Masked::known).collect()
    }

    /// How many of the variables one token is expected to end like by chance, if its last
    /// characters are random ones of an alphabet of so many letters.
    pub fn chance(&self, alphabet: usize) -> f64 {
        let ends = self.masked.iter().map(|it| it.ending.chars().count());
        ends.map(|length| (alphabet as f64).powf(-(length as f64))).sum()
    }
}

/// How many of the words are in a name.
fn count(name: &str, words: &[&str]) -> usize {
    let name = name.to_ascii_lowercase();
    words.iter().filter(|word| name.contains(&word.to_ascii_lowercase())).count()
}

impl Masked {
    /// What it says of a token that ends alike.
    fn known(&self) -> Known {
        let length = self.ending.chars().count();
        let ending = match length {
            1 => "last character".to_owned(),
            _ => format!("last {length} characters"),
        };
        let updated = self.updated.as_ref().map(|at| format!(", last set {at}"));
        Known {
            about: About::StoredIn,
            value: match self.variable.as_str() {
                "" => self.place.clone(),
                variable => format!("{variable} in {}", self.place),
            },
            sure: Sure::Consistent,
            how: format!("its {ending}, in {}{}", self.source, updated.unwrap_or_default()),
        }
    }
}

/// Reads a text as a source of a kind, for tests.
#[cfg(test)]
fn read_text(kind: SourceKind, name: &str, text: &str) -> anyhow::Result<Ledger> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("written");
    let mut ledger = Ledger::default();
    read(kind, &file.to_string_lossy(), &mut ledger)?;
    Ok(ledger)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(ending: &str, variable: &str, place: &str) -> Masked {
        Masked {
            ending: ending.to_owned(),
            variable: variable.to_owned(),
            place: place.to_owned(),
            source: "a.json".to_owned(),
            url: None,
            updated: None,
        }
    }

    fn record(digest: &str, known: &[(About, &str)]) -> Record {
        let known = known.iter().map(|(about, value)| Known::certain(*about, *value, "a test"));
        Record { digest: Digest::parse(digest).expect("a digest"), known: known.collect() }
    }

    #[test]
    fn a_digest_tells_the_one_token_and_two_owners_are_none() {
        let (one, two) = ("ab".repeat(32), "cd".repeat(48));
        let records = vec![
            record(&one, &[(About::Owner, "ada"), (About::TokenName, "ci")]),
            record(&two, &[(About::Owner, "bob")]),
        ];
        let mut ledger = Ledger { records, ..Ledger::default() };
        let identity = ledger.by_digest(&["00".repeat(32), one.to_uppercase()]);
        assert_eq!(identity.certain(About::Owner), Some("ada"));
        assert_eq!(identity.certain(About::TokenName), Some("ci"));
        assert_eq!(ledger.by_digest(&[two]).certain(About::Owner), Some("bob"));
        assert!(ledger.by_digest(&["00".repeat(32)]).is_empty());
        assert!(ledger.holds(std::slice::from_ref(&one)) && !ledger.holds(&["00".repeat(32)]));
        ledger.records.push(record(&one, &[(About::Owner, "eve")]));
        assert_eq!(ledger.by_digest(&[one]).certain(About::Owner), None);
    }

    #[test]
    fn variables_that_end_alike_come_by_the_fit_of_their_names() {
        let masked = vec![
            masked("67b8", "AWS_KEY", "project a"),
            masked("67b8", "SONAR_TOKEN", "project b"),
            masked("b8", "KEY", "context sonarcloud of acme"),
            masked("0000", "SONAR_TOKEN", "project c"),
            masked("67b8", "", "line 1 of a.txt"),
        ];
        let ledger = Ledger { masked, ..Ledger::default() };
        let known = ledger.by_ending(|ending| "…67b8".ends_with(ending), &["sonar"]);
        let values: Vec<_> = known.iter().map(|known| known.value.as_str()).collect();
        assert_eq!(
            values,
            [
                "SONAR_TOKEN in project b",
                "KEY in context sonarcloud of acme",
                "line 1 of a.txt",
                "AWS_KEY in project a",
            ]
        );
        assert!(known.iter().all(|it| it.sure == Sure::Consistent && it.about == About::StoredIn));
        assert_eq!(known[1].how, "its last 2 characters, in a.json");
        let expected = 4.0 / 65_536.0 + 1.0 / 256.0;
        assert!((ledger.chance(16) - expected).abs() < 1e-12);
    }
}
