//! What tokens say of themselves: some carry their owner, their project or their last day in them,
//! readable to everybody who holds one. Nothing of it is believed that could choose a host.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use self::form::Form;
use super::pointer;
use super::shape::Shape;
use crate::identity::About;

mod form;
mod mint;

/// More values than this of one kind are not taken.
const VALUES: usize = 50;
/// A larger number is a time in milliseconds: in seconds it would be the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

/// What tokens of one kind say of themselves, and what they must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    form: Form,
    /// How many characters stand before what is written in that form; the fixed start, if nothing
    /// is said.
    skip: Option<usize>,
    /// What must stand at pointers into it: this very text, or `string`, `number`, `array`, `object`;
    /// `starts:` begins so.
    #[serde(default)]
    require: BTreeMap<String, String>,
    /// When it ends: seconds or milliseconds since 1970, of which 0 is never, or a date.
    expires: Option<String>,
    created: Option<String>,
    #[serde(default)]
    identity: BTreeMap<About, String>,
}

/// What one token says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub expires: Option<Timestamp>,
    pub known: Vec<(About, String)>,
}

impl Claims {
    /// Says what is wrong with it.
    pub(super) fn check(&self) -> Result<(), String> {
        let all = self.require.keys().chain(&self.expires).chain(&self.created);
        match all.chain(self.identity.values()).find(|it| !it.starts_with('/')) {
            Some(pointer) => Err(format!("{pointer:?} is no pointer")),
            None => Ok(()),
        }
    }

    /// What `token`, whose first `prefix` characters are fixed, says. `None` if it cannot be read,
    /// or does not say what every token of its kind does: then nobody issued it.
    pub fn read(&self, token: &[u8], prefix: usize) -> Option<Said> {
        let value = self.form.read(token, self.skip.unwrap_or(prefix))?;
        let holds = |(at, wanted): (&String, &String)| {
            value.pointer(at).is_some_and(|value| fits(value, wanted))
        };
        if !self.require.iter().all(holds) {
            return None;
        }
        let time = |at: &Option<String>| at.as_ref().and_then(|at| time(value.pointer(at)?));
        let expires = time(&self.expires);
        let mut known: Vec<(About, String)> = Vec::new();
        for (about, at) in &self.identity {
            let values = pointer::texts(&value, at).into_iter().take(VALUES);
            known.extend(values.map(|value| (*about, value)));
        }
        known.extend(expires.map(|time| (About::Expires, time.to_string())));
        known.extend(time(&self.created).map(|time| (About::Created, time.to_string())));
        Some(Said { expires, known })
    }

    /// Makes a minted `token` say what it must, and keep its shape.
    pub fn seal(&self, token: &mut Vec<u8>, shape: &Shape) {
        let prefix = shape.prefix().len();
        let skip = self.skip.unwrap_or(prefix);
        for longer in [false, true] {
            let mut sealed = token.clone();
            mint::seal(self, &mut sealed, skip, prefix, longer);
            if longer || shape.match_at(&sealed, 0) == Some(sealed.len()) {
                *token = sealed;
                break;
            }
        }
    }
}

fn fits(value: &Value, wanted: &str) -> bool {
    match wanted {
        "string" => value.as_str().is_some_and(|text| !text.is_empty()),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        text => value.as_str().is_some_and(|value| match text.strip_prefix("starts:") {
            Some(begin) => value.starts_with(begin),
            None => value == text,
        }),
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    let number = match value {
        Value::Number(number) => number.as_f64().map(|seconds| seconds as i64),
        Value::String(text) => match text.parse::<i64>() {
            Ok(number) => Some(number),
            Err(_) => return text.parse().ok(),
        },
        _ => None,
    }?;
    match number {
        ..=0 => None,
        MILLISECONDS.. => Timestamp::from_millisecond(number).ok(),
        _ => Timestamp::from_second(number).ok(),
    }
}

#[cfg(test)]
mod tests;
