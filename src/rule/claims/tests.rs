use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;
use crate::rule::mint::{Mint, Size};
use crate::rule::shape::Shape;

fn claims(text: &str) -> Claims {
    let claims: Claims = toml::from_str(text).expect("claims");
    claims.check().expect("they are sound");
    claims
}

fn known(said: &Said, about: About) -> Vec<&str> {
    said.known.iter().filter(|(own, _)| *own == about).map(|(_, it)| it.as_str()).collect()
}

#[test]
fn a_jwt_says_whose_it_is_and_when_it_ends() {
    let claims = claims(
        r#"
        form = "jwt"
        require = { "/iss" = "argocd", "/sub" = "string" }
        expires = "/exp"
        created = "/iat"
        identity = { owner = "/sub", group = "/groups/*/name" }
        "#,
    );
    let token = |body: &str| {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(body)).into_bytes()
    };
    let body = r#"{"iss":"argocd","sub":"ada:apiKey","exp":1600000000,"iat":"1500000000",
        "groups":[{"name":"ops"},{"name":"dev"}]}"#;
    let said = claims.read(&token(body), 0).expect("it says all");
    assert_eq!(said.expires, Timestamp::from_second(1_600_000_000).ok());
    assert_eq!(known(&said, About::Owner), ["ada:apiKey"]);
    assert_eq!(known(&said, About::Group), ["ops", "dev"]);
    assert_eq!(known(&said, About::Created), ["2017-07-14T02:40:00Z"]);
    for wrong in [
        r#"{"iss":"other","sub":"ada"}"#,
        r#"{"iss":"argocd","sub":""}"#,
        r#"{"iss":"argocd"}"#,
        r#"["argocd"]"#,
        "no JSON",
    ] {
        assert_eq!(claims.read(&token(wrong), 0), None, "{wrong}");
    }
    assert_eq!(claims.read(b"eyJhbGciOiJIUzI1NiJ9.%%.c2ln", 0), None);
}

#[test]
fn times_are_seconds_milliseconds_or_dates_and_zero_is_never() {
    let at = |value: Value| time(&value).map(|time| time.to_string());
    let day = Some("2020-09-13T12:26:40Z".to_owned());
    for value in [1_600_000_000_i64.into(), 1_600_000_000_000_i64.into(), "1600000000".into()] {
        assert_eq!(at(value), day);
    }
    assert_eq!(at("2020-09-13T12:26:40Z".into()), day);
    assert_eq!((at(0.into()), at("0000000000".into()), at(Value::Null)), (None, None, None));
}

#[test]
fn an_object_in_base_64_ends_where_the_token_says() {
    let sentry = claims(
        "form = \"base64-json\"\nrequire = { \"/org\" = \"string\" }\nidentity = { organization = \"/org\" }",
    );
    let body = STANDARD.encode(r#"{"iat":1.5,"url":"https://s.invalid","org":"acme"}"#);
    for token in
        [format!("abc_{body}_c2VjcmV0"), format!("abc_{body}"), format!("abc_9.{body}.x_y")]
    {
        let said = sentry.read(token.as_bytes(), 4).expect(&token);
        assert_eq!(known(&said, About::Organization), ["acme"]);
    }
    assert_eq!(sentry.read(b"abc_bm90aGluZw", 4), None);
}

#[test]
fn fields_of_a_reference_token() {
    let claims = claims(
        "form = \"base64-fields\"\nrequire = { \"/0\" = \"reftkn\", \"/1\" = \"01\", \"/3\" = \"string\" }\nexpires = \"/2\"",
    );
    let of = |text: &str| claims.read(STANDARD.encode(text).as_bytes(), 0);
    let dead = of("reftkn:01:1600000000:abcdefghijklmnopqrstuvwxyz0").expect("a token");
    assert_eq!(dead.expires, Timestamp::from_second(1_600_000_000).ok());
    let lasting = of("reftkn:01:0000000000:abcdefghijklmnopqrstuvwxyz0").expect("a token");
    assert_eq!(lasting.expires, None);
    assert_eq!(of("reftkn:02:0000000000:abc"), None);
}

/// Made by the reference library for macaroons, and taken apart here by hand: a location, an
/// identifier, a caveat of a project, one of a time.
#[test]
fn a_macaroon_says_its_projects_and_its_end() {
    let mut bytes = vec![2, 1, 4];
    bytes.extend(b"here");
    bytes.extend([2, 3]);
    bytes.extend(b"one");
    bytes.push(0);
    for caveat in ["[1,[\"alpha\",\"beta\"]]", "[0,1600000000,1500000000]"] {
        bytes.extend([2, caveat.len() as u8]);
        bytes.extend(caveat.as_bytes());
        bytes.push(0);
    }
    bytes.push(0);
    bytes.extend([6, 32]);
    bytes.extend([7; 32]);
    let token = ["pre-", &URL_SAFE_NO_PAD.encode(&bytes)].concat();
    let claims = claims(
        "form = \"macaroon\"\nskip = 4\nrequire = { \"/location\" = \"here\" }\nexpires = \"/caveats/0/0\"\nidentity = { project = \"/caveats/1/0\" }",
    );
    let said = claims.read(token.as_bytes(), 4).expect("it is one");
    assert_eq!(known(&said, About::Project), ["alpha", "beta"]);
    assert_eq!(said.expires, Timestamp::from_second(1_600_000_000).ok());
    let cut = &token.as_bytes()[..40];
    assert_eq!(claims.read(cut, 4), None, "its sections do not end");
}

#[test]
fn a_routable_token_says_ids_in_both_versions() {
    let claims =
        claims("form = \"routable\"\nidentity = { owner = \"/u\", organization = \"/o\" }");
    let text = b"o:1\nu:iwbh4";
    let first = [[7; 16].as_slice(), text, &[text.len() as u8]].concat();
    let older = [text, [7; 16].as_slice(), &[16]].concat();
    for (payload, rest) in [(first, ".01.120abcdefg"), (older, ".120abcdefg")] {
        let token = ["glpat-", &URL_SAFE_NO_PAD.encode(payload), rest].concat();
        let said = claims.read(token.as_bytes(), 6).expect(&token);
        assert_eq!(known(&said, About::Owner), ["user id 31740952"]);
        assert_eq!(known(&said, About::Organization), ["organization id 1"]);
    }
    let token = ["glpat-", &URL_SAFE_NO_PAD.encode([7; 28]), ".01.120abcdefg"].concat();
    assert_eq!(claims.read(token.as_bytes(), 6), None);
}

/// Whatever a rule wants a token to say, a minted one says it, and keeps its form.
#[test]
fn minted_tokens_say_what_they_must() {
    for (pattern, text) in [
        (
            r"eyJ[0-9A-Za-z_-]{20,60}\.eyJ[0-9A-Za-z_-]{60,400}\.[0-9A-Za-z_-]{43}",
            "form = \"jwt\"\nrequire = { \"/iss\" = \"starts:https://\", \"/azp\" = \"string\" }\nexpires = \"/exp\"",
        ),
        (
            "abcdes_eyJ[0-9A-Za-z+]{80,200}_[0-9A-Za-z+]{43}",
            "form = \"base64-json\"\nrequire = { \"/org\" = \"string\", \"/m/r\" = \"string\" }",
        ),
        (
            "cmVmdGtuOjAx[0-9A-Za-z]{52}",
            "form = \"base64-fields\"\nrequire = { \"/0\" = \"reftkn\", \"/1\" = \"01\", \"/3\" = \"string\" }\nexpires = \"/2\"",
        ),
        ("pre-AgEEaGVyZQ[0-9A-Za-z_-]{150,220}", "form = \"macaroon\"\nskip = 4"),
        (r"glpat-[0-9A-Za-z_-]{32,90}\.01\.[0-9a-z]{9}", "form = \"routable\""),
        (r"glpat-[0-9A-Za-z_-]{32,90}\.[0-9a-z]{9}", "form = \"routable\""),
    ] {
        let (shape, claims) = (Shape::parse(pattern).expect(pattern), claims(text));
        let mut mint = Mint::new(3);
        let prefix = shape.prefix().len();
        for round in 0..60 {
            let size = [Size::Shortest, Size::Any, Size::Longest][round % 3];
            let mut token = mint.token(&shape, size, |_| true);
            assert_eq!(claims.read(&token, prefix), None, "random characters say nothing");
            claims.seal(&mut token, &shape);
            let shown = String::from_utf8_lossy(&token);
            assert!(claims.read(&token, prefix).is_some(), "{pattern}: {shown}");
            assert_eq!(shape.match_at(&token, 0), Some(token.len()), "{pattern}: {shown}");
        }
    }
}
