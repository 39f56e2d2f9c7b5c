//! Certificates and handshakes that must not be taken: nothing is sent, and nothing is tried in a
//! weaker way.

use std::io::Read;
use std::net::Shutdown;

use crate::certificates::{Authority, Identity, for_many_names, for_names, of_authority};
use crate::double::fault::{Fault, FaultKind};
use crate::double::lock;
use crate::double::sonar::SonarServer;
use crate::front::{Front, answering, listen};
use crate::stage::{Stage, verdict};

/// A front with a certificate of the stage's authority.
fn front(stage: &Stage, identity: &Identity) -> Front {
    Front::new(identity, stage.double.address())
}

/// Asks through a certificate that must not be taken, of which the double must hear nothing at all.
#[track_caller]
fn refused(stage: &Stage, identity: &Identity, words: &[&str]) {
    let run = stage.ask(front(stage, identity).port);
    stage.assert_unknown(&run, words);
    assert_eq!(stage.double.connections(), 0, "something was sent");
}

#[test]
fn a_good_chain_is_taken() {
    let stage = Stage::new();
    stage.assert_live(&stage.ask(stage.good_front().port));
    assert!(stage.double.heard().iter().all(|it| it.method == "GET" && it.context == "sonar"));
}

#[test]
fn scan_goes_out_by_the_same_door() {
    let stage = Stage::new();
    stage.fixture.write("tree/build.sh", format!("sonar.login={}\n", stage.token));
    let scan = |port: u16, ca: &str| {
        let endpoint = format!("sonarqube-server=https://localhost:{port}/sonar");
        let args = ["tree", "--verify", "--endpoint", &endpoint, "--ca", ca];
        stage.fixture.scan(&args)
    };
    stage.fixture.write("other.pem", Authority::new().pem);
    let port = stage.good_front().port;
    let run = scan(port, "other.pem");
    assert_eq!(verdict(&run).0, "unknown", "{run:#?}");
    assert_eq!(stage.told(), 0);
    stage.assert_live(&scan(port, "ca.pem"));
}

#[test]
fn a_chain_with_an_intermediate_is_taken_and_without_it_is_not() {
    let stage = Stage::new();
    let intermediate = stage.authority.intermediate();
    let mut identity = intermediate.server(&["localhost"]);
    stage.assert_live(&stage.ask(front(&stage, &identity).port));
    let stage = Stage { double: Stage::new().double, ..stage };
    identity.chain.truncate(1);
    refused(&stage, &identity, &["certificate", "--ca"]);
}

#[test]
fn an_address_has_a_certificate_of_its_own() {
    let stage = Stage::new();
    let port = front(&stage, &stage.authority.server(&["127.0.0.1"])).port;
    let ask =
        |port: u16| stage.ask_at(&format!("https://127.0.0.1:{port}"), &["--ca", "ca.pem"], &[]);
    stage.assert_live(&ask(port));
    let before = stage.told();
    let run = ask(stage.good_front().port);
    assert!(verdict(&run).1.contains("is not for 127.0.0.1"), "{run:#?}");
    assert_eq!(stage.told(), before);
}

#[test]
fn without_ca_the_systems_authorities_are_asked() {
    let stage = Stage::new();
    let origin = format!("https://localhost:{}", stage.good_front().port);
    // One authority that is not the server's, so that the test does not depend on the machine.
    stage.fixture.write("system.pem", Authority::new().pem);
    let file = stage.fixture.path("system.pem");
    let file = file.to_str().expect("a path");
    let run = stage.ask_at(&origin, &[], &[("SSL_CERT_FILE", file)]);
    stage.assert_unknown(&run, &["certificate", "--ca"]);
    // Whatever the machine has.
    let run = stage.ask_at(&origin, &[], &[]);
    stage.assert_unknown(&run, &["no safe connection", "--ca"]);
}

#[test]
fn a_certificate_has_its_time() {
    let stage = Stage::new();
    let mut params = for_names(&["localhost"]);
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 2, 3);
    refused(
        &stage,
        &stage.authority.sign(&params),
        &["certificate expired", "2002-02-03", "clock"],
    );
    let mut params = for_names(&["localhost"]);
    params.not_before = rcgen::date_time_ymd(2999, 1, 2);
    params.not_after = rcgen::date_time_ymd(3000, 1, 1);
    refused(&stage, &stage.authority.sign(&params), &["certificate", "2999-01-02", "clock"]);
}

#[test]
fn a_certificate_is_for_its_host() {
    let stage = Stage::new();
    let other = stage.authority.server(&["other.test.invalid", "*.localhost"]);
    refused(&stage, &other, &["certificate is not for localhost", "other.test.invalid"]);
    refused(&stage, &stage.authority.server(&[]), &["certificate is not for localhost", "no name"]);
    // A common name counts for nothing.
    let mut params = for_names(&["other.test.invalid"]);
    params.distinguished_name.push(rcgen::DnType::CommonName, "localhost");
    refused(&stage, &stage.authority.sign(&params), &["is not for localhost"]);
}

#[test]
fn nobody_signs_for_himself_or_for_others() {
    let stage = Stage::new();
    let own = Identity::self_signed(&for_names(&["localhost"]));
    refused(&stage, &own, &["certificate", "--ca"]);
    // One of the same name as one that is trusted, and one of another.
    refused(&stage, &Authority::new().server(&["localhost"]), &["certificate", "--ca"]);
    let other = Authority::named("Another CA of the tests");
    refused(&stage, &other.server(&["localhost"]), &["certificate", "--ca"]);
    // A client's certificate is not a server's.
    let mut params = for_names(&["localhost"]);
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    refused(&stage, &stage.authority.sign(&params), &["certificate is not accepted"]);
}

#[test]
fn a_self_signed_certificate_is_taken_where_the_user_names_it() {
    let stage = Stage::new();
    let own = Identity::self_signed(&for_names(&["localhost"]));
    stage.fixture.write("own.pem", &own.pem);
    let ask =
        |port: u16| stage.ask_at(&format!("https://localhost:{port}"), &["--ca", "own.pem"], &[]);
    stage.assert_live(&ask(front(&stage, &own).port));
    // As openssl makes one unless it is told otherwise.
    let stage = Stage { double: Stage::new().double, ..stage };
    let mut params = of_authority("localhost");
    params.subject_alt_names = for_names(&["localhost"]).subject_alt_names;
    let own = Identity::self_signed(&params);
    stage.fixture.write("own.pem", &own.pem);
    let run = stage.ask_at(
        &format!("https://localhost:{}", front(&stage, &own).port),
        &["--ca", "own.pem"],
        &[],
    );
    stage.assert_unknown(&run, &["certificate is a CA's own", "give it one"]);
}

#[test]
fn ten_thousand_names_are_none_too_many_and_are_not_printed() {
    let stage = Stage::new();
    let many = stage.authority.sign(&for_many_names(10_000));
    // 270 KB, where TLS libraries read 64.
    refused(&stage, &many, &["certificates", "larger"]);
    let mut params = for_many_names(1000);
    params.subject_alt_names.remove(0);
    let wrong = stage.authority.sign(&params);
    refused(&stage, &wrong, &["is not for localhost", "host-2.test.invalid", "…"]);
}

/// A record of this version that holds these bytes.
fn record(kind: u8, minor: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a short one").to_be_bytes();
    [&[kind, 3, minor], &length[..], payload].concat()
}

/// A server hello of TLS 1.minor-1, as a server that knows nothing newer says it.
fn old_hello(minor: u8) -> Vec<u8> {
    // Version, random, no session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    let body = [&[3, minor], &[7; 32][..], &[0, 0, 0x2f, 0]].concat();
    let length = u8::try_from(body.len()).expect("a short one");
    record(22, minor, &[&[2, 0, 0, length], &body[..]].concat())
}

#[test]
fn what_is_not_tls_as_it_should_be_gets_nothing() {
    let stage = Stage::new();
    let cases: [(&str, Vec<u8>, &[&str]); 8] = [
        ("TLS 1.0", old_hello(1), &["no TLS that is safe"]),
        ("TLS 1.1", old_hello(2), &["no TLS that is safe"]),
        ("protocol version", record(21, 1, &[2, 70]), &["no TLS that is safe"]),
        ("handshake failure", record(21, 3, &[2, 40]), &["--client-cert"]),
        ("garbage", vec![b'x'; 600], &["does not speak TLS"]),
        ("http", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), &["does not speak TLS", "http"]),
        ("ssh", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), &["does not speak TLS"]),
        ("nothing", Vec::new(), &["hung up"]),
    ];
    for (name, answer, words) in cases {
        let (port, heard) = answering(answer);
        let run = stage.ask(port);
        stage.assert_unknown(&run, words);
        let heard = lock(&heard).clone();
        assert!(!heard.is_empty(), "{name}: nobody came");
        stage.assert_unseen(&heard, name);
        assert!(!heard.windows(4).any(|part| part == b"GET "), "{name}: it went on without TLS");
    }
}

#[test]
fn a_redirect_out_of_tls_or_to_another_host_is_not_followed() {
    let stage = Stage::new();
    let elsewhere = Stage::new();
    let safe = elsewhere.good_front().port;
    for to in [elsewhere.double.url(), format!("https://localhost:{safe}")] {
        let location = format!("{to}/sonar/api/users/current");
        let server = SonarServer::new("9.9", true);
        let redirect = Fault::new(FaultKind::Redirect(307, location), server);
        stage.double.fault("sonar", redirect);
        let run = stage.ask(stage.good_front().port);
        let (is, why) = verdict(&run);
        assert!(is == "unknown" && why.contains("307"), "{is}: {why}");
        assert_eq!(elsewhere.double.connections(), 0);
    }
}

#[test]
fn http_behind_https_is_not_asked_in_clear() {
    let stage = Stage::new();
    let origin = format!("https://localhost:{}", stage.double.address().port());
    let run = stage.ask_at(&origin, &["--ca", "ca.pem", "--timeout", "1"], &[]);
    stage.assert_unknown(&run, &["--timeout"]);
    // A handshake, to which the double waits for an end, and no request.
    assert!(stage.double.heard().iter().all(|it| it.method.is_empty()));
}

#[test]
fn a_connection_may_break_anywhere() {
    let stage = Stage::new();
    let run = stage.ask(answering(record(22, 3, &[2, 0, 1, 0, 3, 3])[..9].to_vec()).0);
    stage.assert_unknown(&run, &["hung up"]);
    let reset = listen(|mut stream| {
        // Closed with bytes unread, which is a reset.
        let _ = stream.read(&mut [0; 8]);
    });
    stage.assert_unknown(&stage.ask(reset.port()), &["hung up"]);
    let silent = listen(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
        let _ = stream.shutdown(Shutdown::Both);
    });
    let run = stage.ask_at(
        &format!("https://localhost:{}", silent.port()),
        &["--ca", "ca.pem", "--timeout", "1"],
        &[],
    );
    stage.assert_unknown(&run, &["in time", "--timeout"]);
    let identity = stage.authority.server(&["localhost"]);
    let cut = Front::cut_after_request(&identity, stage.double.address());
    stage.assert_unknown(&stage.ask(cut.port), &["hung up"]);
    assert_eq!(stage.double.connections(), 0);
}

#[test]
fn a_ca_file_is_looked_at_before_anything_is_asked() {
    let stage = Stage::new();
    let port = stage.good_front().port;
    let damaged = stage.authority.pem.replace("MII", "MIJ");
    let client = stage.authority.client();
    let key = client.key_pem();
    for (name, content, words) in [
        ("empty", "", "no certificate"),
        ("prose", "the CA is on the share", "no certificate"),
        ("key", key.as_str(), "it holds a private key"),
        ("damaged", damaged.as_str(), "certificate 1 in it"),
        ("half", &stage.authority.pem[..200], "damaged"),
    ] {
        let file = format!("{name}.pem");
        stage.fixture.write(&file, content);
        let run = stage.ask_at(&format!("https://localhost:{port}"), &["--ca", &file], &[]);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(&format!("--ca {file}")), "{}", run.stderr);
        assert!(run.stderr.contains(words), "{name}: {}", run.stderr);
    }
    let run = stage.ask_at(&format!("https://localhost:{port}"), &["--ca", "none.pem"], &[]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("--ca none.pem"), "{}", run.stderr);
    assert_eq!(stage.double.connections(), 0);
}
