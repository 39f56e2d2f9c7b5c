//! Everything that a server, or the network before it, can do wrong: it proves nothing, it is named,
//! it takes no longer than it may, and the rest of the scan goes on.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use crate::canned::sonar_but;
use crate::double::fault::{Fault, FaultKind};
use crate::double::http::Reply;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, mint};
use crate::stage::{Stage, assert_harmless, header};

/// A request may take a second, and a server's fault is tried again twice. With eight connections no
/// fault is in the way of another for long; the rest is patience with a slow machine.
const DEADLINE: Duration = Duration::from_secs(45);

/// A fault, and what has to stand in the reason.
fn faults(elsewhere: &str) -> Vec<(FaultKind, &'static str)> {
    let slow = Duration::from_millis(200);
    let mut all = vec![
        (FaultKind::AnonymousIsValid, "takes any token"),
        (FaultKind::Html200, "200 with a web page"),
        (FaultKind::Html403, "403 with a web page"),
        (FaultKind::ThrottledJunk, "429"),
        (FaultKind::BigBody, "longer than 64 KiB"),
        (FaultKind::SlowHeader(slow), "in time"),
        (FaultKind::SlowBody(slow), "in time"),
        (FaultKind::NoReply, "in time"),
        (FaultKind::Reset, "hung up"),
        (FaultKind::ResetAfterHeaders, "hung up"),
        (FaultKind::ShortBody, "hung up"),
        (FaultKind::BadChunk, "no HTTP as it should be"),
        (FaultKind::GzipBomb, "200, but not in the form"),
        (FaultKind::DoubledKeys, "401, but not as it refuses"),
        (FaultKind::DeepJson, "longer than 64 KiB"),
        (FaultKind::Utf16Json, "401, but not as it refuses"),
        (FaultKind::WrongType, "not in the form"),
        (FaultKind::Array, "401, but not as it refuses"),
        (FaultKind::TrailingBytes, "401, but not as it refuses"),
        (FaultKind::ByteOrderMark, "401, but not as it refuses"),
        (FaultKind::ProxyAuthentication, "a proxy asks for a user"),
        (FaultKind::HugeHeader, "no HTTP as it should be"),
        (FaultKind::ManyHeaders, "no HTTP as it should be"),
        (FaultKind::ContinueForever, "HTTP"),
        (FaultKind::Http09, "hung up"),
    ];
    all.extend([301, 302, 303, 307, 308].map(|status| {
        (FaultKind::Redirect(status, format!("{elsewhere}/api/users/current")), "a redirect")
    }));
    all
}

/// A server with one live token, below a context of its own.
fn honest() -> (SonarServer, String) {
    let mut server = SonarServer::new("2025.4", false);
    server.add_user("grace", &["scan"]);
    let token = server.add_token("grace", "laptop", TokenKind::User).value.clone();
    (server, token)
}

#[test]
fn no_fault_proves_anything_and_each_is_named() {
    let (double, elsewhere) = (Double::start(), Double::start());
    let mut stage = Stage::new();
    // Where a redirect would lead, everything is in order and the token is alive.
    let (server, good) = honest();
    double.sonar("good", server.clone());
    elsewhere.sonar("", server.clone());
    stage.name("sonarqube-server", &format!("{}/good", double.url()));
    stage.plant_sonar(&good, &format!("{}/good", double.url()));
    let mut scenes = Vec::new();
    for (at, (what, why)) in faults(&elsewhere.url()).into_iter().enumerate() {
        for (place, everywhere) in [("current", false), ("all", true)] {
            let mut server = server.clone();
            let token = server.add_token("grace", "other", TokenKind::User).value.clone();
            let fault = if everywhere { Fault::everywhere } else { Fault::new };
            let context = format!("fault-{at}/{place}");
            double.fault(&context, fault(what.clone(), server));
            let url = format!("{}/{context}", double.url());
            stage.name("sonarqube-server", &url);
            stage.plant_sonar(&token, &url);
            scenes.push((what.clone(), everywhere, why, token));
        }
    }
    let started = Instant::now();
    let said = stage.ask(&["--timeout", "1"]);
    let took = started.elapsed();
    assert!(took < DEADLINE, "{took:?}");
    assert_eq!(said.count(), scenes.len() + 1);
    let mut wrong = Vec::new();
    for (what, everywhere, want, token) in &scenes {
        let (verdict, why) = (said.state(token), said.why(token));
        // What a fault does to the first answer of all is said in other words now and then.
        if verdict != "unknown" || (!everywhere && !why.contains(want)) {
            wrong.push(format!("{what:?}, everywhere: {everywhere}: {verdict}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(said.state(&good), "live", "{}", said.why(&good));
    assert_eq!(elsewhere.connections(), 0, "a redirect was followed");
    assert_harmless(&stage, &double);
}

/// Faults for which a server's pace is held, each on a server of its own.
#[test]
fn what_may_pass_is_tried_again_and_what_does_not_is_unknown() {
    let cases = [
        (FaultKind::Unavailable(1), "live", "took it"),
        (FaultKind::Unavailable(2), "live", "took it"),
        (FaultKind::Unavailable(9), "unknown", "503"),
        (FaultKind::ServerError, "unknown", "500"),
        (FaultKind::Throttled(3600), "unknown", "429"),
        (FaultKind::ThrottledUntil(3600), "unknown", "429"),
        (FaultKind::ThrottledUntil(-3600), "unknown", "429"),
        (FaultKind::SetCookie, "live", "took it"),
    ];
    let mut stage = Stage::new();
    let mut scenes = Vec::new();
    for (what, state, why) in cases {
        let double = Double::start();
        let (server, token) = honest();
        double.fault("s", Fault::new(what.clone(), server));
        let url = format!("{}/s", double.url());
        stage.name("sonarqube-server", &url);
        stage.plant_sonar(&token, &url);
        scenes.push((what, state, why, token, double));
    }
    let started = Instant::now();
    let said = stage.ask(&["--timeout", "2"]);
    assert!(started.elapsed() < DEADLINE, "{:?}", started.elapsed());
    for (what, state, why, token, double) in &scenes {
        assert_eq!(said.state(token), *state, "{what:?}: {}", said.why(token));
        assert!(said.why(token).contains(why), "{what:?}: {}", said.why(token));
        // No cookie that was set comes back.
        assert!(double.heard().iter().all(|it| header(it, "cookie").is_none()));
        // The status, and three tries at most of the control and of the token, and the list.
        assert!(double.connections() <= 1 + 3 + 3 + 1, "{what:?}: {}", double.connections());
    }
}

#[test]
fn where_nobody_is_nothing_is_known() {
    let mut stage = Stage::new();
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let (closed, plain) = (bind(), bind());
    let url = |scheme: &str, listener: &TcpListener| {
        format!("{scheme}://{}", listener.local_addr().expect("it is bound"))
    };
    let cases = [
        (url("http", &closed), "nothing listens"),
        // It speaks, but without TLS.
        (url("https", &plain), "no safe connection"),
    ];
    drop(closed);
    let hello = thread::spawn(move || {
        let (mut stream, _) = plain.accept().expect("squelch comes");
        let mut sent = vec![0; 4096];
        let length = stream.read(&mut sent).expect("its hello");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("it listens");
        sent.truncate(length);
        sent
    });
    let tokens = [TokenKind::User.mint(), TokenKind::User.mint()];
    for (token, (url, _)) in tokens.iter().zip(&cases) {
        stage.name("sonarqube-server", url);
        stage.plant_sonar(token, url);
    }
    let said = stage.ask(&["--timeout", "2"]);
    for (token, (url, why)) in tokens.iter().zip(&cases) {
        assert_eq!(said.state(token), "unknown");
        assert!(said.why(token).contains(why), "{url}: {}", said.why(token));
    }
    let sent = hello.join().expect("it was read");
    stage.assert_clean("what went out", &String::from_utf8_lossy(&sent));
    assert!(!sent.starts_with(b"GET"), "not in the clear");
}

/// Answers to the token itself, where the control was refused as it should be.
#[test]
fn after_a_good_control_only_the_exact_answers_count() {
    let json = "application/json";
    let live = r#"{"isLoggedIn":true,"login":"grace","permissions":{"global":[]}}"#;
    let denied = r#"{"errors":[{"msg":"Insufficient privileges"}]}"#;
    let unseen = r#"{"errors":[{"msg":"Authentication is required"}]}"#;
    let cases = [
        ("live", Reply::json(200, live)),
        ("dead", Reply::empty(401)),
        ("unknown", Reply::json(401, unseen)),
        ("unknown", Reply::html(401, "<html>Sign in</html>")),
        ("unknown", Reply::empty(403)),
        ("unknown", Reply::json(403, denied)),
        ("unknown", Reply::json(404, denied)),
        ("unknown", Reply::empty(404)),
        ("unknown", Reply::empty(200)),
        ("unknown", Reply::empty(204).with("Content-Type", json)),
        ("unknown", Reply::html(200, live)),
        ("unknown", Reply::text(200, live)),
        ("unknown", Reply::json(200, r#"{"valid":true}"#)),
        ("unknown", Reply::json(200, live.replace("true", "1"))),
        ("unknown", Reply::json(200, live.replace("true", "\"true\""))),
        ("unknown", Reply::json(200, live.replace("grace", ""))),
        ("unknown", Reply::json(200, r#"{"isLoggedIn":false,"permissions":{}}"#)),
        ("unknown", Reply::json(200, format!("{live}{live}"))),
        ("unknown", Reply::json(200, format!("[{live}]"))),
        ("unknown", Reply::json(200, live.replace("\"login\"", "\"isLoggedIn\":true,\"login\""))),
        ("unknown", Reply::json(201, live)),
        ("unknown", Reply::json(302, live).with("Location", "/api/users/current")),
        ("unknown", Reply::json(407, live)),
        ("unknown", Reply::empty(410)),
        ("unknown", Reply::json(400, live)),
    ];
    let mut stage = Stage::new();
    let mut scenes = Vec::new();
    for (state, reply) in cases {
        let canned = sonar_but({
            let reply = reply.clone();
            move |_| reply.clone()
        });
        let token = format!("squ_{}", mint::hex(40));
        stage.name("sonarqube-server", canned.url());
        stage.plant_sonar(&token, canned.url());
        scenes.push((state, reply, token, canned));
    }
    let said = stage.ask(&[]);
    for (state, reply, token, canned) in &scenes {
        assert_eq!(said.state(token), *state, "{reply:?}: {}", said.why(token));
        let asked = canned.heard().iter().filter(|it| it.path == "/api/users/current").count();
        assert_eq!(asked, 2, "{reply:?}: the control and the token, each once");
    }
}
