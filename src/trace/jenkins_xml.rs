//! The files that Jenkins keeps of a user: `config.xml` with the digests of the API tokens, and
//! `apiTokenStats.xml` with their use.

use crate::xml::{Edge, walk};

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

/// Reads a `config.xml`, and says what is broken in it.
pub(super) fn user(xml: &str) -> (User, Option<String>) {
    let mut user = User::default();
    let mut token = Token::default();
    let broken = walk(xml, |path, edge, _| match (path, edge) {
        // Also forgets what another one left that never ended.
        ([.., list], Edge::Start(_)) if is_token(list) => token = Token::default(),
        ([root], Edge::Start(_)) => (*root).clone_into(&mut user.root),
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
    let broken = walk(xml, |path, edge, _| match (path, edge) {
        ([.., list], Edge::Start(_)) if is_use(list) => one = Use::default(),
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
