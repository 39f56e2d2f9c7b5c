//! Whose token it is and which one, each answer with how sure we are and how we know.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How sure an answer is, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// Nothing speaks against it, and chance alone may be for it: the same last characters.
    Consistent,
    /// Probable, by a rule of thumb.
    Likely,
    /// The service said so, or a digest of the whole token is the same.
    Certain,
}

/// What an answer is about. The names are those of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The login of its owner.
    Owner,
    /// The owner's name as people know it.
    OwnerName,
    Email,
    /// Whether the owner's account is active: `true` or `false`.
    OwnerActive,
    /// A group or role of its owner.
    Group,
    /// Something it may do at the whole service.
    Permission,
    /// An organization it reaches.
    Organization,
    /// The project it is bound to.
    Project,
    /// Its name at the service, by which it is revoked.
    TokenName,
    /// Its id at the service, where that is what revokes it.
    TokenId,
    /// Its kind at the service.
    TokenKind,
    Created,
    LastUsed,
    /// How often it was used, as the service counts.
    Uses,
    Expires,
    /// The variable of a CI system that holds it.
    StoredIn,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Known {
    pub about: About,
    pub value: String,
    pub sure: Sure,
    /// How we know: the request that was made, or the file that was read. No full stop.
    pub how: String,
}

/// A token of the service that this one may be, and why it may.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contender {
    /// Its name at the service.
    pub name: String,
    /// What speaks for it or against it, in words.
    pub why: String,
}

/// A token in the list that a service has of its owner's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub name: String,
    /// What revokes it, where that is not its name.
    pub id: Option<String>,
    /// As the service writes it.
    pub created: Option<String>,
    pub last_used: Option<String>,
}

/// All answers to whose token it is and which one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Identity {
    /// In the order of what they are about, the surest first.
    pub known: Vec<Known>,
    /// Which of the owner's tokens it may be, the likeliest first: empty where one is certain.
    pub contenders: Vec<Contender>,
}

/// An identity as reports write it: what is said of each thing under its name.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(flatten)]
    known: BTreeMap<About, Vec<Said>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contenders: Vec<Contender>,
}

#[derive(Serialize, Deserialize)]
struct Said {
    value: String,
    sure: Sure,
    how: String,
}

impl From<Identity> for Written {
    fn from(identity: Identity) -> Self {
        let mut known: BTreeMap<About, Vec<Said>> = BTreeMap::new();
        for Known { about, value, sure, how } in identity.known {
            known.entry(about).or_default().push(Said { value, sure, how });
        }
        Self { known, contenders: identity.contenders }
    }
}

impl From<Written> for Identity {
    fn from(written: Written) -> Self {
        let known = written.known.into_iter().flat_map(|(about, all)| {
            let known = move |Said { value, sure, how }| Known { about, value, sure, how };
            all.into_iter().map(known)
        });
        Self { known: known.collect(), contenders: written.contenders }
    }
}

impl Identity {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.contenders.is_empty()
    }

    /// Adds an answer. What is known already is kept as sure as the surest says.
    pub fn add(&mut self, known: Known) {
        let same = |old: &&mut Known| old.about == known.about && old.value == known.value;
        match self.known.iter_mut().find(same) {
            Some(old) if old.sure >= known.sure => {}
            Some(old) => *old = known,
            None => self.known.push(known),
        }
        self.known.sort_by(|a, b| {
            (a.about, std::cmp::Reverse(a.sure)).cmp(&(b.about, std::cmp::Reverse(b.sure)))
        });
    }

    /// Adds all answers of another source. A certain name leaves no contenders.
    pub fn merge(&mut self, other: Self) {
        other.known.into_iter().for_each(|known| self.add(known));
        self.contenders.extend(other.contenders);
        if self.certain(About::TokenName).is_some() {
            self.contenders.clear();
        }
    }

    /// The surest answer about something.
    pub fn best(&self, about: About) -> Option<&Known> {
        self.known.iter().find(|known| known.about == about)
    }

    /// The answer about something, if it is certain and the only certain one.
    pub fn certain(&self, about: About) -> Option<&str> {
        let mut certain =
            self.known.iter().filter(|known| known.about == about && known.sure == Sure::Certain);
        let first = certain.next()?;
        certain.next().is_none().then_some(first.value.as_str())
    }

    /// All answers about something, the surest first.
    pub fn all(&self, about: About) -> impl Iterator<Item = &Known> {
        self.known.iter().filter(move |known| known.about == about)
    }
}

impl Known {
    /// An answer that is certain.
    pub fn certain(about: About, value: impl Into<String>, how: impl Into<String>) -> Self {
        Self { about, value: value.into(), sure: Sure::Certain, how: how.into() }
    }
}

impl fmt::Display for Sure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Consistent => "consistent",
            Self::Likely => "likely",
            Self::Certain => "certain",
        })
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "owner",
            Self::OwnerName => "owner's name",
            Self::Email => "e-mail",
            Self::OwnerActive => "owner active",
            Self::Group => "groups",
            Self::Permission => "permissions",
            Self::Organization => "organizations",
            Self::Project => "project",
            Self::TokenName => "token name",
            Self::TokenId => "token id",
            Self::TokenKind => "token kind",
            Self::Created => "created",
            Self::LastUsed => "last used",
            Self::Uses => "uses",
            Self::Expires => "expires",
            Self::StoredIn => "stored in",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_answer_wins_and_a_contradiction_is_not_certain() {
        let mut identity = Identity::default();
        let likely = Known { sure: Sure::Likely, ..Known::certain(About::Owner, "ada", "guess") };
        identity.add(likely);
        identity.contenders.push(Contender { name: "ci".to_owned(), why: "young".to_owned() });
        assert_eq!(identity.certain(About::Owner), None);
        identity.add(Known::certain(About::Owner, "ada", "the service"));
        assert_eq!(identity.certain(About::Owner), Some("ada"));
        assert_eq!(identity.known.len(), 1);
        let mut named = Identity::default();
        named.add(Known::certain(About::TokenName, "ci", "a digest"));
        identity.merge(named);
        assert!(identity.contenders.is_empty());
        identity.add(Known::certain(About::Owner, "bob", "a digest"));
        assert_eq!(identity.certain(About::Owner), None, "two certain answers are none");
    }

    #[test]
    fn is_written_by_name_and_read_back() {
        let mut identity = Identity::default();
        identity.add(Known::certain(About::TokenName, "ci", "a digest"));
        identity.add(Known::certain(About::Owner, "ada", "the service"));
        let written = serde_json::to_string(&identity).expect("JSON");
        let want = r#"{"owner":[{"value":"ada","sure":"certain","how":"the service"}],"token_name":[{"value":"ci","sure":"certain","how":"a digest"}]}"#;
        assert_eq!(written, want);
        assert_eq!(serde_json::from_str::<Identity>(&written).expect("an identity"), identity);
        assert_eq!(serde_json::to_string(&Identity::default()).expect("JSON"), "{}");
    }
}
