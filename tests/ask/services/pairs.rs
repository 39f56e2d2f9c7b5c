//! Services that take a token only with its other half.

use squelch::rule::mint::Mint;

use super::cases::{Case, LIMITED, Sent, json};
use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::Stage;

/// The answers of each, as in the other table.
pub(super) fn pairs() -> Vec<Case> {
    let errors = r#"{"errors":["Forbidden"]}"#;
    vec![
        Case {
            rule: "endor-labs-api-secret",
            request: "POST /v1/auth/api-key",
            sent: Sent::Part(r#""secret": "{}"}"#),
            around: "",
            live: vec![json(200, r#"{"token":"t","expirationTime":"2030-01-01T00:00:00Z"}"#)],
            refused: "dead",
            dead: vec![json(401, r#"{"code":16}"#), json(401, "")],
            unknown: [LIMITED, &[json(200, "{}")]].concat(),
        },
        Case {
            rule: "aikido-client-secret",
            request: "POST /api/oauth/token",
            sent: Sent::AnyUser,
            around: "",
            live: vec![json(200, r#"{"access_token":"t","token_type":"bearer"}"#)],
            refused: "dead",
            dead: vec![json(401, r#"{"error":"invalid_client"}"#)],
            unknown: [LIMITED, &[json(200, r#"{"access_token":"t"}"#)]].concat(),
        },
        // The API key beside it may be the one that is refused.
        Case {
            rule: "datadog-application-key",
            request: "GET /api/v2/validate_keys",
            sent: Sent::Header("dd-application-key", ""),
            around: "",
            live: vec![json(200, r#"{"status":"ok"}"#)],
            refused: "unknown",
            dead: vec![json(403, errors), json(401, errors)],
            unknown: vec![json(200, r#"{"status":"no"}"#), json(404, "{}"), json(429, errors)],
        },
    ]
}

/// The other half travels with the token, in a header, and never in an address.
#[test]
fn the_other_half_goes_with_the_token() {
    let mut mint = Mint::new(3);
    let mut hex = |len| String::from_utf8(mint.random(b"0123456789abcdef", len)).expect("ASCII");
    let (api, app) = (hex(32), hex(40));
    let mut stage = Stage::new();
    stage.plant(&app, &format!("DD_API_KEY={api}\nDD_APP_KEY={{token}}\n"));
    let sent = (api.clone(), app.clone());
    let server = Canned::start(move |request| {
        let is = |name: &str, value: &str| request.header(name) == Some(value);
        if is("dd-api-key", &sent.0) && is("dd-application-key", &sent.1) {
            Reply::json(200, r#"{"status":"ok"}"#)
        } else {
            Reply::json(403, r#"{"errors":["Forbidden"]}"#)
        }
    });
    let said = stage.ask(&["--endpoint", &format!("datadog={}", server.url())]);
    assert_eq!(said.state(&app), "live", "{}", said.why(&app));
    assert!(server.heard().iter().all(|it| !it.path.contains(&api) && !it.path.contains(&app)));
}
