//! Minted tokens that say what their rule wants them to, so that no file holds one.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::Claims;
use super::form::{Form, RANDOM, decoded, json_part, jwt_payload};

/// A day that squelch will not see: 2100-01-01, in seconds.
const LATE: u64 = 4_102_444_800;
/// How many characters a filler at least has, so that no two tokens are one.
const FILLER: usize = 8;

/// Writes the claims into `token`, as long as what stood there as far as that can be: not every length
/// can, so it is a little shorter, or a little `longer`.
pub(super) fn seal(claims: &Claims, token: &mut Vec<u8>, skip: usize, prefix: usize, longer: bool) {
    let more = usize::from(longer);
    let random = HEXLOWER.encode(&Sha256::digest(&*token));
    match claims.form {
        Form::Jwt => {
            if let Some(at) = jwt_payload(token) {
                let body = object(claims, &random, at.len() * 3 / 4 + more);
                replace(token, at, URL_SAFE_NO_PAD.encode(body).as_bytes());
            }
        }
        Form::Base64Json => {
            if let Some(at) = json_part(token) {
                // In threes, so that nothing has to be filled up with `=`.
                let body = object(claims, &random, (at.len() / 4 + more) * 3);
                replace(token, at, STANDARD.encode(body).as_bytes());
            }
        }
        Form::Base64Fields => {
            let text = fields(claims, &random, token.len() / 4 * 3);
            *token = STANDARD.encode(text).into_bytes();
        }
        Form::Macaroon => {
            let mut body = token[skip..].to_vec();
            if body.len() % 4 == 1 {
                // No bytes are that long in base 64.
                body.resize(if longer { body.len() + 1 } else { body.len() - 1 }, b'0');
            }
            if let Some(sealed) = macaroon(&body, prefix - skip, &random) {
                token.truncate(skip);
                token.extend(sealed);
            }
        }
        Form::Routable => {
            if let Some(len) = memchr::memchr(b'.', &token[skip..]) {
                let payload =
                    routable(&random, len * 3 / 4 + more, is_versioned(&token[skip + len..]));
                replace(token, skip..skip + len, URL_SAFE_NO_PAD.encode(payload).as_bytes());
            }
        }
        Form::Dotted | Form::Stamped => {}
    }
}

fn replace(token: &mut Vec<u8>, at: Range<usize>, text: &[u8]) {
    token.splice(at, text.iter().copied());
}

/// An object with what is required, `len` bytes long or as short as it can be.
fn object(claims: &Claims, random: &str, len: usize) -> String {
    let mut top = Value::Object(Map::new());
    for (at, wanted) in &claims.require {
        put(&mut top, at, required(wanted, random));
    }
    if let Some(at) = &claims.expires {
        put(&mut top, at, LATE.into());
    }
    put(&mut top, "/jti", String::new().into());
    let bare = top.to_string().len();
    let filler = len.saturating_sub(bare).max(FILLER);
    put(&mut top, "/jti", random.chars().cycle().take(filler).collect::<String>().into());
    top.to_string()
}

fn required(wanted: &str, random: &str) -> Value {
    match wanted {
        "string" => random[..FILLER].into(),
        "number" => 1_600_000_000.into(),
        "array" => Value::Array(Vec::new()),
        "object" => Value::Object(Map::new()),
        text => text.strip_prefix("starts:").unwrap_or(text).into(),
    }
}

/// Puts a value at a pointer, with the objects around it.
fn put(top: &mut Value, at: &str, value: Value) {
    let mut here = top;
    for part in at.trim_start_matches('/').split('/') {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        here = &mut here[part.replace("~1", "/").replace("~0", "~")];
    }
    *here = value;
}

/// Fields between colons, of which the last fills them up to `len` characters.
fn fields(claims: &Claims, random: &str, len: usize) -> String {
    let index = |at: &String| at.trim_start_matches('/').parse::<usize>().ok();
    let last = claims.require.keys().chain(&claims.expires).filter_map(index).max().unwrap_or(0);
    let field = |at: usize| {
        let here = |it: &&String| index(it) == Some(at);
        if claims.expires.iter().any(|it| here(&it)) {
            return LATE.to_string();
        }
        let wanted = claims.require.iter().find(|(it, _)| here(it)).map(|(_, wanted)| wanted);
        match wanted.map(|wanted| required(wanted, random)) {
            Some(Value::String(text)) if at < last => text,
            _ => String::new(),
        }
    };
    let mut text = (0..=last).map(field).collect::<Vec<_>>().join(":");
    let more = len.saturating_sub(text.len());
    text.extend(random.chars().cycle().take(more));
    text
}

/// A macaroon that begins as `body` does in its first `fixed` characters, and is as long.
fn macaroon(body: &[u8], fixed: usize, random: &str) -> Option<Vec<u8>> {
    let start = decoded(&body[..fixed])?;
    let location = usize::from(*start.get(2)?);
    let mut bytes = decoded(body)?;
    let len = bytes.len();
    bytes.truncate(3 + location);
    let add = |bytes: &mut Vec<u8>, kind: u8, text: &[u8]| {
        bytes.extend([kind, text.len() as u8]);
        bytes.extend_from_slice(text);
    };
    add(&mut bytes, 2, &random.as_bytes()[..36]);
    bytes.push(0);
    // Two zeros end the caveats; the signature has 34 bytes.
    let left = len.checked_sub(bytes.len() + 2 + 1 + 1 + 34)?;
    let caveat = format!(
        "[3,\"{}\"]",
        random.chars().cycle().take(left.checked_sub(6)?.min(120)).collect::<String>()
    );
    add(&mut bytes, 2, caveat.as_bytes());
    bytes.extend([0, 0]);
    let signature: Vec<u8> = random.bytes().cycle().take(32).collect();
    add(&mut bytes, 6, &signature);
    bytes.extend(random.bytes().cycle().take(len.saturating_sub(bytes.len())));
    let text = URL_SAFE_NO_PAD.encode(bytes).into_bytes();
    text.starts_with(&body[..fixed]).then_some(text)
}

/// Whether two digits of a version stand between the payload and the checksum.
fn is_versioned(rest: &[u8]) -> bool {
    memchr::memchr_iter(b'.', rest).count() == 2
}

/// A routable payload of `len` bytes.
fn routable(random: &str, len: usize, versioned: bool) -> Vec<u8> {
    let room = len.saturating_sub(RANDOM + 1).max(7);
    // A number in base 36 that leads with zeros is as long as wanted.
    let digits = room - "o:1\nu:".len();
    let text = format!("o:1\nu:{:0>digits$}", &random[..digits.min(4)]);
    let random = &random.as_bytes()[..RANDOM];
    if versioned {
        return [random, text.as_bytes(), &[text.len() as u8]].concat();
    }
    [text.as_bytes(), random, &[RANDOM as u8]].concat()
}
