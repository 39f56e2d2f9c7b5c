//! Requests about tokens: how a token travels, as its service's documents say, and what fills the
//! slots of paths and bodies.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, Method, header};
use zeroize::Zeroizing;

use crate::door::transport::{Body, Credential, Message};
use crate::leak::Companion;
use crate::rule::mint::Mint;
use crate::rule::sent::{self, Send, SentBody};
use crate::rule::template;
use crate::rule::verify::Verify;
use crate::secret::Secret;

/// What is known of a token besides itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slots<'a> {
    /// Whose it is, where that has to be sent with it.
    pub(crate) user: Option<&'a str>,
    pub(crate) companions: &'a [Companion],
    /// The other halves of a pair: they fill bodies and headers, never an address.
    pub(crate) halves: &'a [(String, Arc<Secret>)],
}

/// The request that asks about this token.
pub(crate) fn message(verify: &Verify, secret: &Secret, slots: Slots<'_>) -> Message {
    Message {
        method: method(verify.method),
        path: path(&verify.path, slots),
        credential: credential(verify, secret, slots.user),
        with: verify.with.iter().filter_map(|(name, text)| header(name, text, slots)).collect(),
        body: body(verify.body(), secret, slots),
    }
}

/// A header that goes with a token, its slots filled.
fn header(name: &str, text: &str, slots: Slots<'_>) -> Option<(HeaderName, Zeroizing<String>)> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let value = filled_slots(text, slots, |text| Zeroizing::new(text.to_owned()));
    Some((name, value))
}

/// A verb as the library has it.
pub(crate) fn method(method: sent::Method) -> Method {
    match method {
        sent::Method::Get => Method::GET,
        sent::Method::Post => Method::POST,
        sent::Method::Put => Method::PUT,
        sent::Method::Delete => Method::DELETE,
    }
}

/// The header that carries this token. `None` if none does, or the rule's own header has no name.
pub(crate) fn credential(verify: &Verify, secret: &Secret, user: Option<&str>) -> Credential {
    let basic = |user: &[u8], password: &[u8]| {
        let pair = Zeroizing::new([user, b":", password].concat());
        Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)))
    };
    let token = exposed(secret);
    let bytes = token.as_bytes();
    match verify.send {
        Send::BasicUser => Some((header::AUTHORIZATION, basic(bytes, b""))),
        Send::BasicPair => Some((header::AUTHORIZATION, basic(user?.as_bytes(), bytes))),
        Send::BasicPassword => Some((header::AUTHORIZATION, basic(b"", bytes))),
        Send::Bearer => {
            Some((header::AUTHORIZATION, Zeroizing::new(format!("Bearer {}", &*token))))
        }
        Send::Header => {
            let name = HeaderName::from_bytes(verify.header.as_deref()?.as_bytes()).ok()?;
            Some((name, Zeroizing::new(format!("{}{}", verify.before, &*token))))
        }
        Send::Body | Send::None => None,
    }
}

/// A token as text, wiped when it is dropped.
pub(super) fn exposed(secret: &Secret) -> Zeroizing<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "to send it to the service that it belongs to, or to read what it says of itself"
    )]
    let token = secret.expose();
    Zeroizing::new(String::from_utf8_lossy(token).into_owned())
}

/// What is sent with a request, its slots filled so that none of them can leave its place.
pub(crate) fn body(body: SentBody<'_>, secret: &Secret, slots: Slots<'_>) -> Option<Body> {
    if let Some(json) = body.json {
        let quoted = |text: &str| {
            let text = Zeroizing::new(serde_json::Value::from(text).to_string());
            Zeroizing::new(text[1..text.len() - 1].to_owned())
        };
        let text = filled_body(json, secret, slots, quoted);
        return Some(Body { kind: "application/json", text });
    }
    let encoded = |text: &str| Zeroizing::new(template::percent_encoded(text));
    let mut form = Zeroizing::new(String::new());
    for (key, value) in body.form {
        let value = filled_body(value, secret, slots, encoded);
        let sign = if form.is_empty() { "" } else { "&" };
        form.extend([sign, key, "=", &value]);
    }
    let kind = "application/x-www-form-urlencoded";
    (!form.is_empty()).then_some(Body { kind, text: form })
}

fn filled_body(
    text: &str,
    secret: &Secret,
    slots: Slots<'_>,
    written: impl Fn(&str) -> Zeroizing<String>,
) -> Zeroizing<String> {
    let mut text = filled_slots(text, slots, &written);
    // The token last: nothing in it can be a slot.
    *text = text.replace("{token}", &written(&exposed(secret)));
    text
}

fn filled_slots(
    text: &str,
    slots: Slots<'_>,
    written: impl Fn(&str) -> Zeroizing<String>,
) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text.to_owned());
    for Companion { name, value } in slots.companions {
        *text = text.replace(&format!("{{{name}}}"), &written(value));
    }
    if let Some(user) = slots.user {
        *text = text.replace("{user}", &written(user));
    }
    for (name, half) in slots.halves {
        *text = text.replace(&format!("{{{name}}}"), &written(&exposed(half)));
    }
    text
}

/// A path with its slots filled, and `{random}` with a name that nobody has.
pub(super) fn path(template: &str, slots: Slots<'_>) -> String {
    let name = Mint::unpredictable().random(b"0123456789abcdefghijklmnopqrstuvwxyz", 20);
    filled(template, slots, &format!("squelch-{}", String::from_utf8_lossy(&name)))
}

/// What fills the slots is percent-encoded, since it was scanned.
fn filled(template: &str, slots: Slots<'_>, random: &str) -> String {
    let slot = |name: &str, value: &str| Companion {
        name: name.to_owned(),
        value: template::percent_encoded(value),
    };
    let mut all = vec![slot("random", random)];
    all.extend(slots.user.map(|user| slot("user", user)));
    all.extend(slots.companions.iter().map(|it| slot(&it.name, &it.value)));
    template::fill(template, &all, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;

    fn sent(rule: &str, user: Option<&str>) -> String {
        let rules = Rules::builtin().expect("built-in rules compile");
        let rule = rules.get(rule).expect("a rule");
        let (name, value) =
            credential(&rule.verify[0], &Secret::new(b"T"), user).expect("a header");
        format!("{name}: {}", &*value)
    }

    #[test]
    fn tokens_travel_as_their_services_want_them() {
        assert_eq!(sent("sonarqube-user-token", None), "authorization: Basic VDo=");
        assert_eq!(sent("jenkins-api-token", Some("ada")), "authorization: Basic YWRhOlQ=");
        assert_eq!(sent("circleci-personal-token", None), "circle-token: T");
        assert_eq!(sent("sonarqube-cloud-organization-token", None), "authorization: Bearer T");
    }

    #[test]
    fn what_was_scanned_stays_one_part_of_a_path() {
        assert_eq!(
            filled(
                "/user/{user}/x?y={random}",
                Slots { user: Some("../a b"), ..Slots::default() },
                "r"
            ),
            "/user/%2E%2E%2Fa%20b/x?y=r"
        );
    }
}
