//! The double itself: what it must get right, or tests that rely on it prove nothing.

mod double;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use double::Double;
use double::circleci::CircleCi;
use double::cloud::SonarCloud;
use double::fault::{Fault, FaultKind};
use double::jenkins::JenkinsServer;
use double::proxy::Proxy;
use double::sonar::{SonarServer, TokenKind};

const HOUR_MS: i64 = 3_600_000;
const VALIDATE: &str = "/s/api/authentication/validate";
const CURRENT: &str = "/s/api/users/current";
const LOGIN_NEEDED: &str = r#"{"errors":[{"msg":"Authentication is required"}]}"#;
const NO_HEADER: &str = "";
const ENOUGH: u64 = 1 << 20;

/// What came back: the status, the headers as text, the body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// Sends one request on a socket of its own; the header may be empty.
fn ask(double: &Double, method: &str, target: &str, header: &str) -> Answer {
    let line = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    let text = send(double, &format!("{method} {target} HTTP/1.1\r\nHost: double\r\n{line}\r\n"));
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn send(double: &Double, request: &str) -> String {
    String::from_utf8_lossy(&hear(double, request, Duration::from_secs(5))).into_owned()
}

/// What comes back until an end, a reset, a silence of so long, or a megabyte.
fn hear(double: &Double, request: &str, silence: Duration) -> Vec<u8> {
    let mut stream = TcpStream::connect(double.address()).expect("it listens");
    stream.set_read_timeout(Some(silence)).expect("a socket");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    let _ = stream.take(ENOUGH).read_to_end(&mut answer);
    answer
}

fn get(double: &Double, target: &str, header: &str) -> (u16, String) {
    let answer = ask(double, "GET", target, header);
    (answer.status, answer.body)
}

/// The header for what `curl -u` is given.
fn basic(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let byte = |index| usize::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |place: usize| {
            let bits = bits >> (18 - 6 * place) & 63;
            if place <= chunk.len() { char::from(DIGITS[bits]) } else { '=' }
        };
        (0..4).map(digit).collect::<String>()
    };
    format!("Authorization: Basic {}", text.as_bytes().chunks(3).map(group).collect::<String>())
}

/// A server with one user and one token, which is the second value.
fn sonar(version: &str, force_auth: bool) -> (SonarServer, String) {
    let mut server = SonarServer::new(version, force_auth);
    server.add_user("grace", &["scan"]);
    let token = server.add_token("grace", "laptop", TokenKind::User).value.clone();
    (server, token)
}

#[test]
fn validate_says_true_to_nobody_unless_everybody_has_to_log_in() {
    let double = Double::start();
    for version in ["5.6", "7.6", "7.9", "8.9", "9.5", "9.9", "10.0", "2025.4", "26.7"] {
        for force_auth in [true, false] {
            let (server, token) = sonar(version, force_auth);
            double.sonar("s", server);
            let valid = |value: bool| (200, format!("{{\"valid\":{value}}}"));
            let bearer = format!("Authorization: Bearer {token}");
            let known = matches!(version, "10.0" | "2025.4" | "26.7");
            assert_eq!(get(&double, VALIDATE, NO_HEADER), valid(!force_auth), "{version}");
            assert_eq!(get(&double, VALIDATE, &basic(&format!("{token}:"))), valid(true));
            assert_eq!(get(&double, VALIDATE, &basic(&token)), valid(false));
            assert_eq!(get(&double, VALIDATE, &basic(&format!("{token}:x"))), valid(false));
            assert_eq!(get(&double, VALIDATE, &bearer), valid(known || !force_auth), "{version}");
        }
    }
}

#[test]
fn refused_is_empty_and_not_seen_is_json() {
    let double = Double::start();
    let (server, token) = sonar("9.9", false);
    let shared = double.sonar("s", server);
    let search = "/s/api/user_tokens/search";
    let bearer = format!("Authorization: Bearer {token}");
    let good = basic(&format!("{token}:"));
    assert_eq!(get(&double, search, NO_HEADER), (401, LOGIN_NEEDED.to_owned()));
    assert_eq!(get(&double, search, &bearer), (401, LOGIN_NEEDED.to_owned()));
    assert_eq!(get(&double, search, &basic("nobody:")), (401, String::new()));
    assert_eq!(get(&double, CURRENT, &basic("nobody:")), (401, String::new()));
    assert!(get(&double, CURRENT, &bearer).1.starts_with("{\"isLoggedIn\":false,"));
    assert!(get(&double, CURRENT, &good).1.starts_with("{\"isLoggedIn\":true,\"login\":\"grace\""));
    double::lock(&shared).proxy = Proxy::StripsAuthorization;
    assert!(get(&double, CURRENT, &good).1.starts_with("{\"isLoggedIn\":false,"));
    double::lock(&shared).proxy = Proxy::InjectsIdentity("grace".to_owned());
    assert_eq!(get(&double, CURRENT, &basic("nobody:")).0, 200);
    double::lock(&shared).proxy = Proxy::Plain;
    double::lock(&shared).force_auth = true;
    assert_eq!(get(&double, search, NO_HEADER), (401, String::new()));
    double::lock(&shared).user("grace").active = false;
    assert_eq!(get(&double, CURRENT, &good), (401, String::new()));
    assert_eq!(get(&double, "/s/api/system/status", &basic("nobody:")).0, 200);
    let unknown = r#"{"errors":[{"msg":"Unknown url : /api/nothing"}]}"#.to_owned();
    double::lock(&shared).user("grace").active = true;
    assert_eq!(get(&double, "/s/api/nothing", &good), (404, unknown));
}

#[test]
fn expiry_is_told_until_it_has_passed() {
    let double = Double::start();
    let (mut server, token) = sonar("26.7", true);
    server.clock.zone_minutes = 150;
    let at = server.clock.now() + HOUR_MS;
    server.token("laptop").expires = Some(at);
    let date = server.clock.with_offset(at);
    assert!(date.ends_with("+0230"), "{date}");
    let shared = double.sonar("s", server);
    let header = basic(&format!("{token}:"));
    let answer = ask(&double, "GET", CURRENT, &header);
    let told = format!("SonarQube-Authentication-Token-Expiration: {date}");
    assert!(answer.head.contains(&told), "{}", answer.head);
    let rows = get(&double, "/s/api/user_tokens/search", &header).1;
    assert!(rows.contains(&format!("\"expirationDate\":\"{date}\",\"isExpired\":false")), "{rows}");
    assert!(!ask(&double, "GET", VALIDATE, &header).head.contains("Expiration"));
    double::lock(&shared).clock.ahead_ms = 2 * HOUR_MS;
    assert_eq!(get(&double, CURRENT, &header), (401, String::new()));
}

#[test]
fn a_last_use_is_written_once_an_hour_and_before_the_answer() {
    let double = Double::start();
    let (server, token) = sonar("7.9", true);
    let shared = double.sonar("s", server);
    let header = basic(&format!("{token}:"));
    let last = || double::lock(&shared).token("laptop").last_connection;
    assert_eq!(last(), None);
    let rows = get(&double, "/s/api/user_tokens/search", &header).1;
    let first = last().expect("it was used");
    let date = double::lock(&shared).clock.with_offset(first);
    assert!(rows.contains(&format!("\"lastConnectionDate\":\"{date}\"")), "{rows}");
    assert!(!rows.contains("\"type\""), "types came with 9.5: {rows}");
    double::lock(&shared).clock.ahead_ms = HOUR_MS / 2;
    get(&double, CURRENT, &header);
    assert_eq!(last(), Some(first));
    double::lock(&shared).clock.ahead_ms = HOUR_MS;
    get(&double, VALIDATE, &header);
    assert!(last() >= Some(first + HOUR_MS));
}

#[test]
fn a_revoked_name_proves_nothing_and_a_token_revokes_itself() {
    let double = Double::start();
    let (server, token) = sonar("2025.4", false);
    double.sonar("s", server);
    let header = basic(&format!("{token}:"));
    let revoke = |name: &str, method: &str| {
        ask(&double, method, &format!("/s/api/user_tokens/revoke?name={name}"), &header).status
    };
    assert_eq!(revoke("laptop", "GET"), 405);
    assert_eq!(revoke("", "POST"), 400);
    assert_eq!(revoke("nothing", "POST"), 204);
    assert_eq!(revoke("laptop&login=ada", "POST"), 403);
    assert_eq!(get(&double, CURRENT, &header).0, 200);
    assert_eq!(revoke("laptop", "POST"), 204);
    assert_eq!(get(&double, CURRENT, &header), (401, String::new()));
}

#[test]
fn version_9_5_holds_analysis_tokens_to_its_list() {
    let double = Double::start();
    let (mut server, _) = sonar("9.5", true);
    let project = server.add_token("grace", "of a project", TokenKind::Project).value.clone();
    double.sonar("s", server);
    let header = basic(&format!("{project}:"));
    let settings = "/s/api/settings/values?keys=sonar.exclusions";
    assert_eq!(get(&double, CURRENT, &header), (401, String::new()));
    assert_eq!(get(&double, VALIDATE, &header).1, "{\"valid\":false}");
    assert_eq!(get(&double, settings, &header).0, 401);
    assert_eq!(get(&double, settings, &format!("{header}\r\nPROJECT_KEY: project-1")).0, 200);
}

#[test]
fn jenkins_cuts_two_characters_and_tries_a_miss_as_a_password() {
    let double = Double::start();
    let mut server = JenkinsServer::new("2.541");
    let now = server.clock.now();
    let token = server.add_user("alice").add_token("leaked", now).clone();
    let shared = double.jenkins("j", server);
    let who = |secret: &str| get(&double, "/j/whoAmI/api/json", &basic(secret));
    let secret = &token.value[2..];
    for given in [&token.value, secret, &format!("zz{secret}")] {
        assert!(who(&format!("Alice:{given}")).1.contains("\"anonymous\":false"));
    }
    assert_eq!(double::lock(&shared).user("alice").token("leaked").uses, 3);
    assert_eq!(double::lock(&shared).password_attempts.len(), 0);
    assert_eq!(who(&format!("alice:{}", token.value.to_uppercase())).0, 401);
    assert_eq!(who(&format!("alice:z{secret}")).0, 401);
    assert_eq!(double::lock(&shared).password_attempts, ["alice", "alice"]);
    let nobody = ask(&double, "GET", "/j/whoAmI/api/json", NO_HEADER);
    assert!(nobody.status == 200 && nobody.body.contains("\"anonymous\":true"));
    assert!(nobody.head.contains("X-Jenkins: 2.541"), "{}", nobody.head);
}

#[test]
fn jenkins_revokes_by_uuid_and_does_not_say_whether_it_did() {
    let double = Double::start();
    let mut server = JenkinsServer::new("2.541");
    let now = server.clock.now();
    let token = server.add_user("alice").add_token("leaked", now).clone();
    let shared = double.jenkins("j", server);
    let header = basic(&format!("alice:{}", token.value));
    let property = "/j/user/alice/descriptorByName/jenkins.security.ApiTokenProperty";
    let revoke = |method: &str, uuid: &str| {
        ask(&double, method, &format!("{property}/revoke?tokenUuid={uuid}"), &header).status
    };
    let card = get(&double, "/j/user/alice/security/", &header).1;
    assert!(card.contains(&format!("id=\"{}\"", token.uuid)), "{card}");
    assert!(card.contains("<span class=\"token-use-counter\">1</span>"), "{card}");
    assert_eq!(revoke("GET", &token.uuid), 405);
    assert_eq!(revoke("POST", ""), 400);
    assert_eq!(revoke("POST", "nothing"), 200);
    double::lock(&shared).user("alice").may_read = false;
    let me = ask(&double, "GET", "/j/me/api/json", &header);
    assert!(me.status == 403 && me.head.contains("X-You-Are-Authenticated-As: alice"));
    double::lock(&shared).user("alice").may_read = true;
    assert_eq!(revoke("POST", &token.uuid), 200);
    assert_eq!(get(&double, "/j/whoAmI/api/json", &header).0, 401);
    let password = double::lock(&shared).user("alice").password.clone().expect("one");
    let by_password = basic(&format!("alice:{password}"));
    assert_eq!(ask(&double, "POST", &format!("{property}/revokeAll"), &by_password).status, 403);
}

#[test]
fn circleci_and_the_cloud_answer_by_kind() {
    let double = Double::start();
    let (mut circle, mut cloud) = (CircleCi::default(), SonarCloud::new());
    let (person, project) = (circle.add_personal("grace", &["acme"]), circle.add_project());
    let circle = double.circleci("c", circle);
    let circle_token = |value: &str| format!("Circle-Token: {value}");
    assert_eq!(get(&double, "/c/api/v2/me", &circle_token(&person)).0, 200);
    assert_eq!(get(&double, "/c/api/v2/me", &circle_token(&project)).0, 401);
    assert_eq!(get(&double, "/c/api/v1.1/project/none", &circle_token(&project)).0, 404);
    assert_eq!(get(&double, "/c/api/v1.1/project/none", &circle_token("no")).0, 401);
    double::lock(&circle).throttled = 1;
    assert_eq!(get(&double, "/c/api/v2/me", &circle_token(&person)).0, 429);

    cloud.server.add_user("grace", &[]);
    cloud.add_organization("acme", &["ada", "grace"]);
    let (personal, scoped) = (cloud.add_personal("grace", "laptop"), cloud.add_scoped("acme"));
    double.cloud("s", cloud);
    let bearer = |value: &str| format!("Authorization: Bearer {value}");
    let projects = |key: &str, token: &str| {
        get(&double, &format!("/s/api/projects/search?organization={key}"), &bearer(token)).0
    };
    assert!(get(&double, CURRENT, NO_HEADER).1.starts_with("{\"isLoggedIn\":false"));
    assert_eq!(get(&double, CURRENT, &bearer(&personal)).0, 200);
    assert_eq!(get(&double, CURRENT, &basic("nobody:")), (401, String::new()));
    assert_eq!(projects("none", &scoped), 404);
    assert_eq!(projects("acme", &scoped), 200);
    assert_eq!(projects("acme", &personal), 403);
    assert_eq!(projects("none", &double::mint::scoped_organization()), 401);
}

#[test]
fn a_fault_is_on_one_path_and_everything_is_heard() {
    let double = Double::start();
    let (server, token) = sonar("26.7", false);
    let header = basic(&format!("{token}:"));
    double.fault("s", Fault::new(FaultKind::Reset, server.clone()));
    assert_eq!(get(&double, "/s/api/system/status", NO_HEADER).0, 200);
    assert_eq!(send(&double, &format!("GET {CURRENT} HTTP/1.1\r\n{header}\r\n\r\n")), "");
    double.fault("s", Fault::new(FaultKind::Unavailable(1), server.clone()));
    assert_eq!(get(&double, CURRENT, &header).0, 503);
    assert_eq!(get(&double, CURRENT, &header).0, 200);
    double.fault("s", Fault::new(FaultKind::WrongType, server));
    assert!(get(&double, CURRENT, &header).1.starts_with("{\"isLoggedIn\":\"true\","));

    send(&double, "POST http://double/s/x?a=1 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
    send(&double, "no HTTP\r\n\r\n");
    let heard = double.heard();
    let [.., posted, junk] = &heard[..] else { panic!("{} requests", heard.len()) };
    assert_eq!((posted.context.as_str(), posted.method.as_str()), ("s", "POST"));
    assert_eq!(
        (posted.body.as_slice(), posted.raw.ends_with(b"\r\n\r\nbody")),
        (&b"body"[..], true)
    );
    assert_eq!((junk.method.as_str(), junk.raw.as_slice()), ("", &b"no HTTP\r\n\r\n"[..]));
    assert_eq!((double.connections(), heard.len()), (7, 7));
    assert_eq!(double.most_at_once(), 1);
}

#[test]
fn silent_connections_count_and_a_context_that_is_not_there_is_404() {
    let double = Double::start();
    double.sonar("s", SonarServer::new("26.7", false));
    for target in ["/s2/api/system/status", "/", "*"] {
        assert_eq!(get(&double, target, NO_HEADER).0, 404);
    }
    assert_eq!((double.heard()[0].context.as_str(), double.most_at_once()), ("", 1));
    let connect = |_| TcpStream::connect(double.address()).expect("it listens");
    let streams: Vec<TcpStream> = (0..3).map(connect).collect();
    while double.connections() < 6 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!((double.most_at_once(), double.heard().len(), streams.len()), (3, 3, 3));
}

/// A fault, and what has to stand in an answer of which at least so many bytes have to come.
fn faults() -> Vec<(FaultKind, &'static str, u64)> {
    let pause = Duration::from_millis(1);
    let other = "http://other.invalid/".to_owned();
    vec![
        (FaultKind::AnonymousIsValid, "\r\n\r\n{\"isLoggedIn\":true,", 1),
        (FaultKind::Html200, "200 OK\r\nContent-Type: text/html", 1),
        (FaultKind::Html403, "403 Forbidden\r\nContent-Type: text/html", 1),
        (FaultKind::Redirect(308, other), "Redirect\r\nLocation: http://other.invalid/\r\n", 1),
        (FaultKind::Throttled(7), "Retry-After: 7\r\n", 1),
        (FaultKind::ThrottledUntil(60), " GMT\r\nConnection", 1),
        (FaultKind::ThrottledJunk, "Retry-After: soon", 1),
        (FaultKind::ServerError, "HTTP/1.1 500 ", 1),
        (FaultKind::BigBody, "\r\n\r\n{\"isLoggedIn\":true,", ENOUGH),
        (FaultKind::SlowHeader(pause), "{\"isLoggedIn\":false,", 1),
        (FaultKind::SlowBody(pause), "{\"global\":[]}}", 1),
        (FaultKind::ShortBody, "Content-Length: 148\r\n\r\n{\"isLoggedIn\":false,", 1),
        (FaultKind::BadChunk, "chunked\r\n\r\nzz\r\n{", 1),
        (FaultKind::GzipBomb, "Content-Encoding: gzip", 60_000),
        (FaultKind::DoubledKeys, ",\"isLoggedIn\":false}", 1),
        (FaultKind::DeepJson, "[[[]]]", 200_000),
        (FaultKind::Utf16Json, "i\0s\0L\0", 1),
        (FaultKind::Array, "\r\n\r\n[{", 1),
        (FaultKind::TrailingBytes, "}}<!--", 1),
        (FaultKind::ByteOrderMark, "\r\n\r\n\u{feff}{", 1),
        (FaultKind::SetCookie, "\r\nSet-Cookie: ", 1),
        (FaultKind::ProxyAuthentication, "HTTP/1.1 407 ", 1),
        (FaultKind::HugeHeader, "X-Huge: hhh", 65_536),
        (FaultKind::ManyHeaders, "\r\nX-Many-9999: ", 100_000),
        (FaultKind::ContinueForever, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100", ENOUGH),
    ]
}

#[test]
fn each_fault_is_what_it_says() {
    let double = Double::start();
    let request = format!("GET {CURRENT} HTTP/1.1\r\n\r\n");
    let hear = |what: FaultKind, silence| {
        double.fault("s", Fault::new(what, SonarServer::new("26.7", false)));
        let bytes = hear(&double, &request, Duration::from_millis(silence));
        (bytes.len() as u64, String::from_utf8_lossy(&bytes).into_owned())
    };
    for (what, part, least) in faults() {
        let (length, text) = hear(what.clone(), 5000);
        let start: String = text.chars().take(500).collect();
        assert!(text.contains(part) && length >= least, "{what:?}: {length} bytes, {start}");
    }
    assert_eq!(hear(FaultKind::NoReply, 100).0, 0);
    assert_eq!(hear(FaultKind::Reset, 5000).0, 0);
    assert!(!hear(FaultKind::ResetAfterHeaders, 5000).1.contains("isLoggedIn"));
    assert!(hear(FaultKind::Http09, 5000).1.starts_with('{'));
}
