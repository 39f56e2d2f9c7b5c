//! Texts with slots: samples, whose `{{slots}}` are minted, and commands, whose `{slots}` are
//! filled with what stands near a leak.

use std::fmt::Write;

use crate::leak::Companion;
use crate::rule::mint::Mint;

/// One stretch of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The token of the rule.
    Token,
    /// The token in upper case.
    TokenUpper,
    /// This many characters of this alphabet.
    Random(&'static [u8], usize),
    Uuid,
}

const HEX: &[u8] = b"0123456789abcdef";
const HEX_UPPER: &[u8] = b"0123456789ABCDEF";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/";
const LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Without 0, O, I and l.
const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A text in which tokens are written as slots, so that no file holds a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pieces: Vec<Piece>,
}

impl Sample {
    /// Reads `{{token}}`, `{{hex:40}}`, `{{uuid}}` and their like. Braces around anything that
    /// is not a bare word are text: CI files are full of `${{ secrets.X }}`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, slot, after)) = next_slot(rest) {
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(piece(slot)?);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }

    /// Whether it holds the token.
    pub fn has_token(&self) -> bool {
        self.pieces.contains(&Piece::Token)
    }

    /// The text with `token` in its slots, everything else minted.
    pub fn render(&self, token: &[u8], mint: &mut Mint) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Token => out.extend_from_slice(token),
                Piece::TokenUpper => out.extend_from_slice(&token.to_ascii_uppercase()),
                Piece::Random(alphabet, len) => out.extend(mint.random(alphabet, *len)),
                Piece::Uuid => out.extend(mint.uuid()),
            }
        }
        out
    }
}

fn next_slot(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices("{{").find_map(|(open, _)| {
        let (slot, after) = text[open + 2..].split_once("}}")?;
        let bare = |c: char| c.is_ascii_alphanumeric() || c == ':';
        (!slot.is_empty() && slot.chars().all(bare)).then(|| (&text[..open], slot, after))
    })
}

fn piece(slot: &str) -> Result<Piece, String> {
    let (name, len) = slot.split_once(':').unwrap_or((slot, ""));
    let random = |alphabet| match len.parse() {
        Ok(len) if (1..=512).contains(&len) => Ok(Piece::Random(alphabet, len)),
        _ => Err(format!("`{{{{{slot}}}}}` needs a length of 1 to 512")),
    };
    match (name, len) {
        ("token", "") => Ok(Piece::Token),
        ("token", "upper") => Ok(Piece::TokenUpper),
        ("uuid", "") => Ok(Piece::Uuid),
        ("hex", _) => random(HEX),
        ("HEX", _) => random(HEX_UPPER),
        ("alnum", _) => random(ALNUM),
        ("base58", _) => random(BASE58),
        ("base64", _) => random(BASE64),
        ("lower", _) => random(LOWER),
        _ => Err(format!("nobody fills the slot `{{{{{slot}}}}}`")),
    }
}

/// Slots that every command may hold because a later stage, or the reader, knows them: the
/// owner's login, the token's name at the service, and its id there.
pub const COMMON_SLOTS: [&str; 3] = ["user", "name", "uuid"];

/// The names of the slots in `text`. `%{http_code}` is curl's and no slot.
pub fn slots(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, name, after)) = next_word_slot(rest) {
        names.push(name);
        rest = after;
    }
    names
}

/// `text` with each slot filled with the first companion of its name, else with its default,
/// else shown as `<name>`.
pub fn fill(text: &str, companions: &[Companion], defaults: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_word_slot(rest) {
        out.push_str(before);
        let found = companions.iter().find(|companion| companion.name == name);
        let default = defaults.iter().find(|(slot, _)| slot == name);
        match (found, default) {
            (Some(companion), _) => out.push_str(&companion.value),
            (None, Some((_, value))) => out.push_str(value),
            (None, None) => out.extend(["<", name, ">"]),
        }
        rest = after;
    }
    out + rest
}

/// A companion as it stands in the path of an address: a server is one itself.
pub fn in_address(companion: &Companion) -> Companion {
    let Companion { name, value } = companion;
    let value = if name == "server" { value.clone() } else { percent_encoded(value) };
    Companion { name: name.clone(), value }
}

/// Text as one part of a path, or one value of a form. No dots stay that could climb.
pub fn percent_encoded(text: &str) -> String {
    let climbs = text.starts_with('.') || text.contains("..");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) || (byte == b'.' && !climbs) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn next_word_slot(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(open, _)| {
        if text[..open].ends_with('%') {
            return None;
        }
        let (name, after) = text[open + 1..].split_once('}')?;
        let word = |c: char| c.is_ascii_lowercase() || c == '_';
        (!name.is_empty() && name.chars().all(word)).then(|| (&text[..open], name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_foreign_braces_and_refuse_unknown_slots() {
        let sample = Sample::parse("K={{token}} ${{ secrets.K }} {{hex:4}}").expect("a sample");
        let text = sample.render(b"T", &mut Mint::new(1));
        let text = String::from_utf8(text).expect("ASCII");
        assert!(text.starts_with("K=T ${{ secrets.K }} "), "{text}");
        assert_eq!(text.len(), "K=T ${{ secrets.K }} 0000".len());
        assert!(Sample::parse("{{tokne}}").is_err());
        assert!(Sample::parse("{{hex}}").is_err());
    }

    #[test]
    fn commands_are_filled_and_curl_keeps_its_own_braces() {
        let companions = [Companion { name: "user".to_owned(), value: "ada".to_owned() }];
        let defaults = [("server".to_owned(), "$HOST".to_owned())];
        let text = "%{http_code} {server}/u/{user}?{name}";
        assert_eq!(slots(text), ["server", "user", "name"]);
        assert_eq!(fill(text, &companions, &defaults), "%{http_code} $HOST/u/ada?<name>");
        assert_eq!(percent_encoded("grace.hopper a/b"), "grace.hopper%20a%2Fb");
        assert_eq!(percent_encoded("../x") + &percent_encoded("."), "%2E%2E%2Fx%2E");
    }
}
