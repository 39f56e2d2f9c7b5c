//! The files that Jenkins keeps of a user: `config.xml` with the digests of the API tokens, and
//! `apiTokenStats.xml` with their use.
//!
//! Jenkins writes XML 1.1, and people edit it. So it is read by events, whatever its head says, and
//! what is broken is told while the rest counts.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

/// What a `config.xml` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct User {
    /// The name of the outermost element: `user`, if it is a user's file.
    pub(super) root: String,
    pub(super) id: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) tokens: Vec<Token>,
}

/// One token as the file has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) uuid: Option<String>,
    pub(super) name: Option<String>,
    pub(super) created: Option<String>,
    pub(super) expires: Option<String>,
    pub(super) version: Option<String>,
    pub(super) hash: Option<String>,
}

/// How one token was used.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) uuid: Option<String>,
    pub(super) last: Option<String>,
    pub(super) count: Option<String>,
}

/// Where a walk is in an element.
enum Edge {
    Start,
    /// With the element's text, if it has any.
    End(Option<String>),
}

/// Elements in elements, as many as are followed, since each costs time once more. What is read is
/// in the eighth; plugins have their own beside it.
const MAX_DEPTH: usize = 256;

/// Reads a `config.xml`, and says what is broken in it.
pub(super) fn user(xml: &str) -> (User, Option<String>) {
    let mut user = User::default();
    let mut token = Token::default();
    let broken = walk(xml, |path, edge| match (path, edge) {
        // Also forgets what another one left that never ended.
        ([.., list], Edge::Start) if is_token(list) => token = Token::default(),
        ([root], Edge::Start) => (*root).clone_into(&mut user.root),
        ([_, "id"], Edge::End(text)) => user.id = text,
        ([_, "fullName"], Edge::End(text)) => user.full_name = text,
        ([.., list], Edge::End(_)) if is_token(list) => {
            user.tokens.push(std::mem::take(&mut token));
        }
        ([.., list, leaf], Edge::End(text)) if is_token(list) => match *leaf {
            "uuid" => token.uuid = text,
            "name" => token.name = text,
            "creationDate" => token.created = text,
            "expirationDate" => token.expires = text,
            _ => {}
        },
        ([.., list, "value", "version"], Edge::End(text)) if is_token(list) => token.version = text,
        ([.., list, "value", "hash"], Edge::End(text)) if is_token(list) => token.hash = text,
        _ => {}
    });
    (user, broken)
}

/// Reads an `apiTokenStats.xml`, and says what is broken in it.
pub(super) fn uses(xml: &str) -> (Vec<Use>, Option<String>) {
    let mut uses = Vec::new();
    let mut one = Use::default();
    let broken = walk(xml, |path, edge| match (path, edge) {
        ([.., list], Edge::Start) if is_use(list) => one = Use::default(),
        ([.., list, "tokenUuid"], Edge::End(text)) if is_use(list) => one.uuid = text,
        ([.., list, "lastUseDate"], Edge::End(text)) if is_use(list) => one.last = text,
        ([.., list, "useCounter"], Edge::End(text)) if is_use(list) => one.count = text,
        ([.., list], Edge::End(_)) if is_use(list) => uses.push(std::mem::take(&mut one)),
        _ => {}
    });
    (uses, broken)
}

/// Whether an element is one token. Its name is that of a Java class, whose package may move.
fn is_token(element: &str) -> bool {
    element.ends_with("HashedToken")
}

fn is_use(element: &str) -> bool {
    element.ends_with("SingleTokenStats")
}

/// Shows where each element starts and ends, with the names from the root to it. Returns what is
/// broken. The end of an element that never ends is not shown, for what is cut off might tell
/// another story.
fn walk(xml: &str, mut show: impl FnMut(&[&str], Edge)) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut broken = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                open.push(start.name().into_inner().to_owned());
                if open.len() > MAX_DEPTH {
                    return Some(format!("it has more than {MAX_DEPTH} elements in each other"));
                }
                show(&names(&open), Edge::Start);
                text.clear();
            }
            // An element without content says nothing that its absence does not say.
            Ok(Event::Empty(_)) => text.clear(),
            Ok(Event::Text(more)) => text.push_str(&more),
            Ok(Event::CData(more)) => text.push_str(&more),
            Ok(Event::GeneralRef(reference)) => text.push_str(&resolve(&reference)),
            Ok(Event::End(end)) => {
                let name = end.name().into_inner();
                if open.last().is_none_or(|last| last != name) {
                    broken.get_or_insert_with(|| "its tags are not in pairs".to_owned());
                }
                // An end without its start ends nothing; one of an element further out ends all
                // that is in it.
                if let Some(at) = open.iter().rposition(|one| one == name) {
                    open.truncate(at + 1);
                    let own = text.trim();
                    show(&names(&open), Edge::End((!own.is_empty()).then(|| own.to_owned())));
                    open.pop();
                }
                text.clear();
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => return Some(error.to_string()),
        }
    }
    if open.is_empty() { broken } else { Some("it ends in the middle".to_owned()) }
}

fn names(open: &[String]) -> Vec<&str> {
    open.iter().map(String::as_str).collect()
}

/// The character that a reference stands for; as it is written, if it stands for none.
fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name: &str = reference;
    resolve_predefined_entity(name).map_or_else(|| format!("&{name};"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "<jenkins.security.apitoken.ApiTokenStore_-HashedToken>";
    const END: &str = "</jenkins.security.apitoken.ApiTokenStore_-HashedToken>";

    fn name_of(text: &str) -> Option<String> {
        let (user, broken) = user(&format!("<?xml version='1.1'?><user><id>{text}</id></user>"));
        assert_eq!((broken, user.root.as_str()), (None, "user"));
        user.id
    }

    #[test]
    fn text_is_what_xml_1_1_says() {
        assert_eq!(name_of(" a&amp;b&#x41;&#1; ").as_deref(), Some("a&bA\u{1}"));
        assert_eq!(name_of("a<!-- no -->b<![CDATA[<c>]]>").as_deref(), Some("ab<c>"));
        assert_eq!(name_of("a&nbsp;b & c").as_deref(), Some("a&nbsp;b & c"));
        assert_eq!(name_of(""), None);
    }

    #[test]
    fn only_the_users_own_id_is_the_owner() {
        let other = "<p><id>1</id><q><id>2</id></q></p>";
        let (user, _) = user(&format!("<user>{other}<id>ada</id>{other}</user>"));
        assert_eq!(user.id.as_deref(), Some("ada"));
    }

    #[test]
    fn a_token_takes_nothing_from_one_that_is_broken() {
        let hash = "ab".repeat(32);
        let xml = format!(
            "<user><l>{TOKEN}<uuid>1</uuid><expirationDate>2030-01-01</expirationDate>\
             {TOKEN}<uuid>2</uuid><value><version>11</version><hash>{hash}</hash></value>{END}\
             </l></user>"
        );
        let (user, broken) = user(&xml);
        assert_eq!(broken.as_deref(), Some("its tags are not in pairs"));
        let [token] = &user.tokens[..] else { panic!("{:?}", user.tokens) };
        assert_eq!((token.uuid.as_deref(), token.expires.as_deref()), (Some("2"), None));
        assert_eq!(token.hash.as_deref(), Some(hash.as_str()));
    }

    #[test]
    fn what_a_cut_leaves_is_what_the_whole_says() {
        let token = |at| format!("{TOKEN}<uuid>{at}</uuid><value><hash>h{at}</hash></value>{END}");
        let xml = format!("<user><id>a&amp;é</id><l>{}{}</l></user>", token(1), token(2));
        let (whole, broken) = user(&xml);
        assert_eq!((whole.tokens.len(), broken), (2, None));
        for (cut, _) in xml.char_indices().skip(1) {
            let (part, broken) = user(&xml[..cut]);
            assert!(broken.is_some() && whole.tokens.starts_with(&part.tokens), "{}", &xml[..cut]);
            assert!(part.id.is_none() || part.id == whole.id, "{}", &xml[..cut]);
        }
    }

    #[test]
    fn what_is_cut_off_or_hostile_is_told() {
        let cut = format!("<user><id>ada</id><l>{TOKEN}<uuid>1</uuid>");
        let (ada, broken) = user(&cut);
        assert_eq!((ada.id.as_deref(), ada.tokens.len()), (Some("ada"), 0));
        assert_eq!(broken.as_deref(), Some("it ends in the middle"));
        assert!(user(&"<a>".repeat(100_000)).1.expect("deep").contains("256 elements"));
        assert!(user("<user><id").1.is_some());
        assert!(user("</user>").1.is_some());
        assert_eq!(user("").0, User::default());
    }
}
