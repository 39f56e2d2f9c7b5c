//! What needs no question: tokens that say themselves that they ended, and kinds that nobody takes
//! any more.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use squelch::rule::Rules;
use squelch::rule::mint::Mint;

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::Stage;

fn argo(expires: i64) -> String {
    let body = format!(
        r#"{{"iss":"argocd","sub":"ada:apiKey","exp":{expires},"jti":"0b5a4c1e-7d1f-4a53-9c51-3f1c7d1a2b3c"}}"#
    );
    let mut mint = Mint::new(expires.unsigned_abs());
    let signature = mint.random(b"0123456789abcdefghijklmnopqrstuvwxyz", 43);
    let signature = String::from_utf8(signature).expect("ASCII");
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(body))
}

#[test]
fn a_token_that_ended_is_dead_without_a_request_and_says_whose_it_is() {
    let mut stage = Stage::new();
    let (ended, lasting) = (argo(1_600_000_000), argo(4_102_444_800));
    stage.plant(&ended, "ARGOCD_AUTH_TOKEN={token}\n");
    stage.plant(&lasting, "ARGOCD_AUTH_TOKEN={token}\n");
    let said = stage.offline();
    assert_eq!((said.state(&ended), said.state(&lasting)), ("dead", "unasked"));
    assert_eq!(said.why(&ended), "it says itself that it ended at 2020-09-13T12:26:40Z");
    assert_eq!(said.known(&ended, "owner"), ["ada:apiKey (likely)"]);
    assert_eq!(said.known(&lasting, "expires"), ["2100-01-01T00:00:00Z (likely)"]);
}

#[test]
fn a_kind_that_nobody_takes_any_more_is_info_and_not_sent() {
    let rules = Rules::builtin().expect("built-in rules compile");
    let rule = rules.get("code-climate-reporter-token").expect("a rule");
    let server = Canned::start(|_| Reply::empty(200));
    let mut stage = Stage::new();
    let token = stage.plant_example(rule, &mut Mint::new(5), "");
    stage.name("github", server.url());
    let said = stage.ask(&[]);
    assert_eq!(said.state(&token), "dead");
    assert!(said.why(&token).contains("since 2025-07-18"), "{}", said.why(&token));
    assert_eq!(said.of(&token)["severity"], "info");
    assert!(server.heard().is_empty());
}
