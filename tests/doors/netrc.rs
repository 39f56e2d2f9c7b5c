//! What other clients take from the user's files and environment, and squelch does not; and the one
//! variable that it heeds.

use crate::certificates::Authority;
use crate::double::fault::{Fault, FaultKind};
use crate::double::mint;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::stage::{Stage, verdict};

/// The values of all headers of this name that the double got.
fn sent(stage: &Stage, name: &str) -> Vec<String> {
    let heard = stage.double.heard();
    let headers = heard.iter().flat_map(|heard| &heard.headers);
    headers.filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
}

#[test]
fn netrc_has_no_say() {
    let stage = Stage::new();
    let (login, password) = (mint::hex(12), mint::hex(12));
    let text = format!(
        "machine localhost login {login} password {password}\ndefault login {login} password \
         {password}\n"
    );
    for name in [".netrc", "_netrc", "other"] {
        stage.fixture.write(name, &text);
    }
    let file = stage.fixture.path("other");
    let netrc = [("NETRC", file.to_str().expect("a path"))];
    let origin = format!("https://localhost:{}", stage.good_front().port);
    stage.assert_live(&stage.ask_at(&origin, &["--ca", "ca.pem"], &netrc));
    // The first look at the server is without any credential.
    let heard = stage.double.heard();
    let first = heard.first().expect("it was asked");
    assert!(!first.headers.iter().any(|(name, _)| name == "authorization"), "{:?}", first.headers);
    let pair = crate::stage::basic(&login, &password);
    for heard in &heard {
        let text = String::from_utf8_lossy(&heard.raw);
        assert!(!text.contains(&login) && !text.contains(&pair), "{text}");
    }
}

#[test]
fn cookies_are_not_kept() {
    let stage = Stage::new();
    let mut server = SonarServer::new("9.9", true);
    server.add_user("grace", &["scan"]);
    let token = server.add_token("grace", "laptop", TokenKind::User).value.clone();
    stage.double.fault("sonar", Fault::everywhere(FaultKind::SetCookie, server));
    let stage = Stage { token, ..stage };
    stage.assert_live(&stage.ask(stage.good_front().port));
    assert!(stage.double.heard().len() > 2);
    assert_eq!(sent(&stage, "cookie"), Vec::<String>::new());
}

#[test]
fn ssl_cert_file_stands_for_the_systems_authorities() {
    let stage = Stage::new();
    let origin = format!("https://localhost:{}", stage.good_front().port);
    stage.fixture.write("other.pem", Authority::named("Another CA of the tests").pem);
    stage.fixture.write("none.pem", "");
    let path = |name: &str| stage.fixture.path(name).to_string_lossy().into_owned();
    let ask = |more: &[&str], file: &str| {
        stage.ask_at(&origin, more, &[("SSL_CERT_FILE", path(file).as_str())])
    };
    stage.assert_unknown(&ask(&[], "none.pem"), &["no certificates of authorities", "--ca"]);
    stage.assert_unknown(&ask(&[], "other.pem"), &["certificate", "--ca"]);
    // --ca stands for it, and is not added to it.
    stage.assert_unknown(&ask(&["--ca", "other.pem"], "ca.pem"), &["certificate", "--ca"]);
    stage.assert_live(&ask(&[], "ca.pem"));
}

#[test]
fn no_variable_and_no_file_of_another_client_weakens_anything() {
    let stage = Stage::new();
    let origin = format!("https://localhost:{}", stage.good_front().port);
    stage.fixture.write("other.pem", Authority::named("Another CA of the tests").pem);
    stage.fixture.write(".curlrc", "insecure\nlocation-trusted\n");
    stage.fixture.write(".config/curlrc", "insecure\n");
    let path = |name: &str| stage.fixture.path(name).to_string_lossy().into_owned();
    let (home, authority, keys) = (path("."), path("ca.pem"), path("keys.log"));
    let run = stage.ask_at(
        &origin,
        &["--ca", "other.pem"],
        &[
            ("CURL_HOME", &home),
            ("CURL_CA_BUNDLE", &authority),
            ("REQUESTS_CA_BUNDLE", &authority),
            ("NODE_EXTRA_CA_CERTS", &authority),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
            ("PYTHONHTTPSVERIFY", "0"),
            ("GIT_SSL_NO_VERIFY", "1"),
            ("SSLKEYLOGFILE", &keys),
            ("RUST_LOG", "trace"),
        ],
    );
    stage.assert_unknown(&run, &["certificate", "--ca"]);
    // Neither are the keys of a connection written down, nor what goes through it.
    let run = stage.ask_at(
        &origin,
        &["--ca", "ca.pem"],
        &[("SSLKEYLOGFILE", &keys), ("RUST_LOG", "trace")],
    );
    assert_eq!(verdict(&run).0, "live", "{run:#?}");
    assert!(!run.stderr.to_ascii_lowercase().contains("authorization"), "{}", run.stderr);
    assert!(!stage.fixture.path("keys.log").exists());
}
