//! What an answer means: live, dead, or nothing. A rule names the exact forms of the first two;
//! whatever else comes proves nothing.

use serde_json::Value;

use crate::door::transport::Reply;
use crate::rule::verify::{Body, Expect, Shape, Verify};

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    /// With the JSON that it was said in, if any.
    Live(Value),
    Dead,
    /// In words, for people.
    Nothing(String),
}

/// Reads an answer as the rule says; `user` is what was sent as such, `version` the server's.
pub(super) fn meaning(
    verify: &Verify,
    reply: &Reply,
    user: Option<&str>,
    version: Option<&str>,
) -> Meaning {
    let json = reply.json();
    let is = |shape: &&Shape| has_shape(shape, reply, json.as_ref(), user);
    if verify.live.iter().any(|shape| is(&shape)) {
        return Meaning::Live(json.unwrap_or(Value::Null));
    }
    let Some(dead) = verify.dead.iter().find(is) else { return Meaning::Nothing(reply.words()) };
    let of = |begin: &&String| version.is_some_and(|version| begins(version, begin));
    match dead.not_version.iter().find(of) {
        None => Meaning::Dead,
        Some(begin) => Meaning::Nothing(format!(
            "it refused the token, which version {begin} may do to one that is alive"
        )),
    }
}

/// Whether `version` is of the line `begin`: 9.5.1 is of 9.5, 9.51 is not.
fn begins(version: &str, begin: &str) -> bool {
    version.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether an answer is all that a rule says of it.
pub(crate) fn has_shape(
    shape: &Shape,
    reply: &Reply,
    json: Option<&Value>,
    user: Option<&str>,
) -> bool {
    let body = match shape.body {
        Body::Empty => reply.body.is_empty(),
        Body::Json => json.is_some(),
        Body::Any => true,
    };
    let value = |(pointer, expect): (&String, &Expect)| {
        json.and_then(|json| json.pointer(pointer)).is_some_and(|value| fits(value, expect, user))
    };
    let header = |(name, expect): (&String, &String)| {
        reply.header(name).is_some_and(|value| match expect.as_str() {
            "" => true,
            "={user}" => is_user(value, user),
            text => value == text,
        })
    };
    body && shape.status.contains(&reply.status)
        && shape.json.iter().all(value)
        && shape.headers.iter().all(header)
}

fn fits(value: &Value, expect: &Expect, user: Option<&str>) -> bool {
    match expect {
        Expect::Is(wanted) => value.as_bool() == Some(*wanted),
        Expect::Kind(kind) => match kind.as_str() {
            "string" => value.as_str().is_some_and(|text| !text.is_empty()),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "number" => value.is_number(),
            "={user}" => value.as_str().is_some_and(|text| is_user(text, user)),
            text => value.as_str() == text.strip_prefix('='),
        },
    }
}

/// Services compare login names in any case.
fn is_user(text: &str, user: Option<&str>) -> bool {
    user.is_some_and(|user| !user.is_empty() && text.to_lowercase() == user.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;
    use crate::rule::mint::Mint;

    fn reply(status: u16, kind: &str, body: &[u8]) -> Reply {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Reply { status, headers, body: body.to_vec() }
    }

    fn sonarqube() -> Verify {
        let rules = Rules::builtin().expect("built-in rules compile");
        (*rules.get("sonarqube-user-token").expect("a rule").verify[0]).clone()
    }

    const LIVE: &[u8] = br#"{"isLoggedIn":true,"login":"ada","permissions":{"global":[]}}"#;

    #[test]
    fn only_the_exact_form_is_live_or_dead() {
        let verify = sonarqube();
        let of = |reply: &Reply, version| meaning(&verify, reply, None, version);
        let json = "application/json;charset=utf-8";
        assert!(matches!(of(&reply(200, json, LIVE), None), Meaning::Live(_)));
        assert_eq!(of(&reply(401, json, b""), None), Meaning::Dead);
        assert_eq!(of(&reply(401, json, b""), Some("9.51")), Meaning::Dead);
        let others = [
            reply(401, json, br#"{"errors":[{"msg":"Authentication is required"}]}"#),
            reply(200, json, br#"{"isLoggedIn":false,"login":"ada"}"#),
            reply(200, json, br#"{"isLoggedIn":"true","login":"ada"}"#),
            reply(200, json, br#"{"isLoggedIn":true,"login":""}"#),
            reply(200, json, br#"{"isLoggedIn":true}"#),
            reply(200, json, br#"{"isLoggedIn":true,"isLoggedIn":true,"login":"ada"}"#),
            reply(200, json, br#"[{"isLoggedIn":true,"login":"ada"}]"#),
            reply(200, "text/html", LIVE),
            reply(200, "application/jsonp", LIVE),
            reply(201, json, LIVE),
            reply(403, json, LIVE),
            reply(404, json, b""),
        ];
        for other in &others {
            assert!(matches!(of(other, None), Meaning::Nothing(_)), "{other:?}");
        }
        assert!(matches!(of(&reply(401, json, b""), Some("9.5.0.56709")), Meaning::Nothing(_)));
    }

    /// Bodies that were live once, with something done to each: none is live unless it still says
    /// all of it.
    #[test]
    fn no_body_whatever_is_live_without_the_exact_form() {
        let verify = sonarqube();
        let mut mint = Mint::new(41);
        let mut lived = 0;
        for round in 0..200_000 {
            let mut body = LIVE.to_vec();
            for _ in 0..=mint.below(3) {
                let at = mint.below(body.len().max(1));
                match mint.below(4) {
                    0 if !body.is_empty() => drop(body.remove(at)),
                    1 => body.insert(at, mint.bits() as u8),
                    2 if !body.is_empty() => body[at] = mint.bits() as u8,
                    _ => body.truncate(at),
                }
            }
            let status = [200, 200, 401, 403][round % 4];
            let answer = reply(status, "application/json", &body);
            if let Meaning::Live(value) = meaning(&verify, &answer, None, None) {
                lived += 1;
                assert_eq!(status, 200);
                assert_eq!(value["isLoggedIn"], true, "{}", String::from_utf8_lossy(&body));
                let login = value["login"].as_str().expect("a text");
                assert!(!login.is_empty());
                // Read by another reader, it says the same, and says it once.
                let again: Value = serde_json::from_slice(&body).expect("JSON");
                assert_eq!(again, value);
                let names = body.windows(12).filter(|it| it == b"\"isLoggedIn\"").count();
                let body = body.trim_ascii();
                assert!(names <= 1 && body.starts_with(b"{") && body.ends_with(b"}"));
            }
        }
        assert!(lived > 100, "changes that keep the form are taken: {lived}");
    }
}
