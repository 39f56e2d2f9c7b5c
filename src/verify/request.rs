//! The header that carries a token, as its service's documents say, and the paths of requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, header};
use zeroize::Zeroizing;

use crate::door::transport::Credential;
use crate::leak::Companion;
use crate::rule::mint::Mint;
use crate::rule::template;
use crate::rule::verify::{Send, Verify};
use crate::secret::Secret;

/// The header that carries this token. `None` if the rule's own header has no name.
pub(crate) fn credential(verify: &Verify, secret: &Secret, user: Option<&str>) -> Credential {
    #[expect(clippy::disallowed_methods, reason = "to ask the service that it belongs to about it")]
    let token = secret.expose();
    let basic = |user: &[u8], password: &[u8]| {
        let pair = Zeroizing::new([user, b":", password].concat());
        Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)))
    };
    let text = || Zeroizing::new(String::from_utf8_lossy(token).into_owned());
    match verify.send {
        Send::BasicUser => Some((header::AUTHORIZATION, basic(token, b""))),
        Send::BasicPair => Some((header::AUTHORIZATION, basic(user?.as_bytes(), token))),
        Send::Bearer => {
            Some((header::AUTHORIZATION, Zeroizing::new(format!("Bearer {}", &*text()))))
        }
        Send::Header => {
            let name = HeaderName::from_bytes(verify.header.as_deref()?.as_bytes()).ok()?;
            Some((name, text()))
        }
    }
}

/// A path with its slots filled: with the user, and with a name that nobody has.
pub(super) fn path(template: &str, user: Option<&str>) -> String {
    let name = Mint::unpredictable().random(b"0123456789abcdefghijklmnopqrstuvwxyz", 20);
    filled(template, user, &format!("squelch-{}", String::from_utf8_lossy(&name)))
}

/// What fills the slots is percent-encoded, since it was scanned.
fn filled(template: &str, user: Option<&str>, random: &str) -> String {
    let slot = |name: &str, value: &str| Companion {
        name: name.to_owned(),
        value: template::percent_encoded(value),
    };
    let mut slots = vec![slot("random", random)];
    slots.extend(user.map(|user| slot("user", user)));
    template::fill(template, &slots, &[])
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
            filled("/user/{user}/x?y={random}", Some("../a b"), "r"),
            "/user/%2E%2E%2Fa%20b/x?y=r"
        );
    }
}
