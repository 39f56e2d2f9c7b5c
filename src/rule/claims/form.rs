//! How what a token says of itself is written into it, by the names that rule files use. All forms
//! are read into JSON.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::rule::checksum::stamped_at;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Form {
    /// The middle one of the last three parts between dots, in base 64: an object (RFC 7519).
    Jwt,
    /// Base 64 of an object: as all objects it begins with `eyJ`; it ends at the next dot, else at
    /// the last underscore, else with the token.
    Base64Json,
    /// All of it is base 64 of fields between colons: an array of texts.
    Base64Fields,
    /// A macaroon of version 2 (`doc/format.txt` of rescrv/libmacaroons): `location`, `identifier`,
    /// and `caveats`, an object in which each caveat `[7, "x"]` is `"7": ["x"]`; one that is an
    /// object itself is `"legacy"`.
    Macaroon,
    /// GitLab's routing text (`lib/authn/token_field/decoders/v1/routable_payload.rb` of
    /// gitlab-org/gitlab): an object of the letters in it, each `"user id 7"` or the like.
    Routable,
    /// The parts between dots: an array of texts.
    Dotted,
    /// What the checksum `dsha256-base58` holds: `created`, in milliseconds.
    Stamped,
}

/// What the letters of a routing text stand for.
const ROUTES: [(&str, &str); 6] = [
    ("c", "cell"),
    ("g", "group"),
    ("o", "organization"),
    ("p", "project"),
    ("t", "top-level group"),
    ("u", "user"),
];
/// The random bytes of a routable payload.
pub(super) const RANDOM: usize = 16;

impl Form {
    /// What a token says, of which `skip` characters are no part of the form.
    pub(super) fn read(self, token: &[u8], skip: usize) -> Option<Value> {
        let body = token.get(skip..)?;
        match self {
            Self::Jwt => object(&decoded(&token[jwt_payload(token)?])?),
            Self::Base64Json => object(&decoded(&token[json_part(token)?])?),
            Self::Base64Fields => {
                let text = decoded(token)?;
                let fields = text.split(|byte| *byte == b':');
                Some(fields.map(|it| String::from_utf8_lossy(it).into_owned()).collect())
            }
            Self::Macaroon => macaroon(&decoded(body)?),
            Self::Routable => routable(body),
            Self::Dotted => {
                let fields = token.split(|byte| *byte == b'.');
                Some(fields.map(|it| String::from_utf8_lossy(it).into_owned()).collect())
            }
            Self::Stamped => Some(json!({ "created": stamped_at(token)? })),
        }
    }
}

/// Base 64 in either alphabet, padded or not.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let plain: Vec<u8> = text
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(plain).ok()
}

fn object(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().filter(Value::is_object)
}

/// Where the payload of a JWT stands in a token that ends with one.
pub(super) fn jwt_payload(token: &[u8]) -> Option<Range<usize>> {
    let end = memchr::memrchr(b'.', token)?;
    let start = memchr::memrchr(b'.', &token[..end])? + 1;
    Some(start..end)
}

/// Where an object in base 64 stands.
pub(super) fn json_part(token: &[u8]) -> Option<Range<usize>> {
    let start = memchr::memmem::find(token, b"eyJ")?;
    let rest = &token[start..];
    let dot = memchr::memchr(b'.', rest);
    let end = dot.or_else(|| memchr::memrchr(b'_', rest)).unwrap_or(rest.len());
    Some(start..start + end)
}

/// A macaroon: its sections end with a zero, a field is a type, a length and as many bytes.
fn macaroon(bytes: &[u8]) -> Option<Value> {
    let mut fields = Fields { rest: bytes.strip_prefix(&[2])? };
    let (mut location, mut identifier) = (Value::Null, Value::Null);
    for (kind, text) in fields.section()? {
        match kind {
            1 => location = text.into(),
            2 => identifier = text.into(),
            _ => {}
        }
    }
    let mut caveats = Map::new();
    loop {
        let caveat = fields.section()?;
        if caveat.is_empty() {
            break;
        }
        for text in caveat.into_iter().filter(|(kind, _)| *kind == 2).map(|(_, text)| text) {
            match serde_json::from_str(&text) {
                Ok(Value::Array(mut parts)) if !parts.is_empty() => {
                    let name = parts.remove(0).to_string();
                    caveats.insert(name, Value::Array(parts));
                }
                Ok(other) => drop(caveats.insert("legacy".to_owned(), other)),
                Err(_) => return None,
            }
        }
    }
    identifier.is_string().then_some(json!({
        "location": location, "identifier": identifier, "caveats": caveats,
    }))
}

struct Fields<'a> {
    rest: &'a [u8],
}

impl Fields<'_> {
    /// The fields up to the next zero.
    fn section(&mut self) -> Option<Vec<(u8, String)>> {
        let mut fields = Vec::new();
        loop {
            let (kind, rest) = self.rest.split_first()?;
            self.rest = rest;
            if *kind == 0 {
                return Some(fields);
            }
            let len = self.length()?;
            let (text, rest) = self.rest.split_at_checked(len)?;
            self.rest = rest;
            fields.push((*kind, String::from_utf8_lossy(text).into_owned()));
        }
    }

    /// Seven bits a byte, the lowest first; the highest bit says that one more follows.
    fn length(&mut self) -> Option<usize> {
        let mut length = 0;
        for shift in [0, 7, 14] {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(length);
            }
        }
        None
    }
}

/// The routing text of a payload: random bytes before or behind it, as the version says, and a byte
/// for the length of the second of both.
fn routable(body: &[u8]) -> Option<Value> {
    let end = memchr::memchr(b'.', body)?;
    let payload = decoded(&body[..end])?;
    let (last, rest) = payload.split_last()?;
    let behind = rest.len().checked_sub(usize::from(*last))?;
    let texts =
        [(behind == RANDOM, behind..rest.len()), (rest.len() - behind == RANDOM, 0..behind)];
    let mut texts = texts.into_iter().filter(|(holds, _)| *holds);
    texts.find_map(|(_, text)| routes(&rest[text]))
}

/// Lines of a letter, a colon and a number in base 36.
fn routes(text: &[u8]) -> Option<Value> {
    let mut routes = Map::new();
    for line in std::str::from_utf8(text).ok()?.lines() {
        let (letter, digits) = line.split_once(':')?;
        let (letter, word) = ROUTES.iter().find(|(own, _)| *own == letter)?;
        let number = u64::from_str_radix(digits, 36).ok()?;
        let lower = digits.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        if !lower {
            return None;
        }
        routes.insert((*letter).to_owned(), format!("{word} id {number}").into());
    }
    (!routes.is_empty()).then_some(Value::Object(routes))
}
