//! A server that wants to know who comes, by certificate.

use crate::certificates::{Authority, Identity};
use crate::front::Front;
use crate::stage::Stage;
use crate::support::Run;

/// A stage whose front takes clients of its own authority, with a client's files in place.
fn stage() -> (Stage, String, Identity) {
    let stage = Stage::new();
    let server = stage.authority.server(&["localhost"]);
    let front = Front::for_clients_of(&server, &stage.authority.pem, stage.double.address());
    let client = stage.authority.client();
    stage.fixture.write("client.pem", &client.pem);
    stage.fixture.write("client.key", client.key_pem());
    (stage, format!("https://localhost:{}", front.port), client)
}

fn ask(stage: &Stage, origin: &str, certificate: &str, key: &str) -> Run {
    let files = ["--ca", "ca.pem", "--client-cert", certificate, "--client-key", key];
    stage.ask_at(origin, &files, &[])
}

/// The lines of a key that say something.
fn secrets(pem: &str) -> Vec<&str> {
    pem.lines().filter(|line| !line.starts_with("-----") && line.len() > 8).collect()
}

#[track_caller]
fn assert_silent(run: &Run, key: &str) {
    for secret in secrets(key) {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "it prints a key");
    }
}

#[test]
fn with_its_certificate_squelch_is_let_in() {
    let (stage, origin, client) = stage();
    let run = ask(&stage, &origin, "client.pem", "client.key");
    stage.assert_live(&run);
    assert_silent(&run, &client.key_pem());
}

#[test]
fn certificate_and_key_may_stand_in_one_file_in_any_order() {
    let (stage, origin, client) = stage();
    stage.fixture.write("both.pem", client.pem.clone() + &client.key_pem());
    stage.assert_live(&ask(&stage, &origin, "both.pem", "both.pem"));
    stage.fixture.write("turned.pem", client.key_pem() + &client.pem);
    stage.assert_live(&ask(&stage, &origin, "turned.pem", "turned.pem"));
}

#[test]
fn without_one_or_with_a_strangers_it_is_not() {
    let (stage, origin, _) = stage();
    let run = stage.ask_at(&origin, &["--ca", "ca.pem"], &[]);
    stage.assert_unknown(&run, &["client certificate", "--client-cert", "--client-key"]);
    let stranger = Authority::named("Another CA of the tests").client();
    stage.fixture.write("stranger.pem", &stranger.pem);
    stage.fixture.write("stranger.key", stranger.key_pem());
    let run = ask(&stage, &origin, "stranger.pem", "stranger.key");
    stage.assert_unknown(&run, &["client certificate", "--client-cert"]);
    assert_silent(&run, &stranger.key_pem());
    assert_eq!(stage.double.connections(), 0);
}

#[test]
fn a_server_that_does_not_ask_is_shown_none() {
    let (stage, _, _) = stage();
    let origin = format!("https://localhost:{}", stage.good_front().port);
    stage.assert_live(&ask(&stage, &origin, "client.pem", "client.key"));
}

#[test]
fn files_that_are_not_what_they_should_be_are_wrong_usage() {
    let (stage, origin, client) = stage();
    let key = client.key_pem();
    let stranger = stage.authority.client();
    let locked = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let old_locked = key.replace("PRIVATE KEY", "RSA PRIVATE KEY").replacen(
        "-----\n",
        "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
        1,
    );
    let other_kind = key.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    for (name, content) in [
        ("stranger.key", stranger.key_pem().as_str()),
        ("locked.key", &locked),
        ("old-locked.key", &old_locked),
        ("kind.key", &other_kind),
        ("cut.key", &key[..key.len() / 2]),
        ("empty.key", ""),
    ] {
        stage.fixture.write(name, content);
    }
    let passphrase: &[&str] = &["passphrase", "openssl pkey"];
    let cases: [(&str, &str, &str, &[&str]); 10] = [
        ("client.pem", "none.key", "--client-key none.key", &["cannot be read"]),
        ("none.pem", "client.key", "--client-cert none.pem", &["cannot be read"]),
        ("client.pem", "locked.key", "--client-key locked.key", passphrase),
        ("client.pem", "old-locked.key", "--client-key old-locked.key", passphrase),
        (
            "client.pem",
            "client.pem",
            "--client-key client.pem",
            &["no private key", "--client-cert"],
        ),
        ("client.key", "client.key", "--client-cert client.key", &["it holds a private key"]),
        ("client.pem", "stranger.key", "--client-key stranger.key", &["not the key", "client.pem"]),
        ("client.pem", "kind.key", "--client-key kind.key", &["damaged"]),
        ("client.pem", "cut.key", "--client-key cut.key", &["damaged"]),
        ("client.pem", "empty.key", "--client-key empty.key", &["no private key"]),
    ];
    for (certificate, file, named, words) in cases {
        let run = ask(&stage, &origin, certificate, file);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stdout.is_empty(), "{run:#?}");
        for word in words.iter().chain([&named]) {
            assert!(run.stderr.contains(word), "{word:?} is not in {}", run.stderr);
        }
        assert_silent(&run, &key);
        assert_silent(&run, &stranger.key_pem());
    }
    assert_eq!(stage.double.connections(), 0);
}

#[test]
fn one_without_the_other_is_wrong_usage() {
    let (stage, origin, _) = stage();
    for alone in [["--client-cert", "client.pem"], ["--client-key", "client.key"]] {
        let run = stage.ask_at(&origin, &alone, &[]);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains("--client-cert"), "{}", run.stderr);
        assert!(run.stderr.contains("--client-key"), "{}", run.stderr);
    }
}
