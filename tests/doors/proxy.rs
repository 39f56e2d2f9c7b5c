//! Proxies: who is asked through one, and what one gets to see.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::double::mint;
use crate::front::listen;
use crate::stage::{Stage, verdict};
use crate::support::Run;
use crate::tunnel::{Manner, Tunnel};

/// A name that no resolver has: without a proxy nobody is reached.
const ORIGIN: &str = "https://sonar.test.invalid";
const CA: [&str; 2] = ["--ca", "ca.pem"];

/// A stage with a proxy that leads to its good front.
fn stage() -> (Stage, Tunnel) {
    let stage = Stage::new();
    let tunnel = Tunnel::new(Manner::To(([127, 0, 0, 1], stage.good_front().port).into()));
    (stage, tunnel)
}

fn ask(stage: &Stage, environment: &[(&str, &str)]) -> Run {
    stage.ask_at(ORIGIN, &CA, environment)
}

/// That a proxy was asked to connect, and saw nothing of what went through.
#[track_caller]
fn assert_blind(stage: &Stage, tunnel: &Tunnel) {
    for said in tunnel.said() {
        stage.assert_unseen(&said, "what the proxy saw");
        assert!(said.starts_with(b"CONNECT "), "it was asked for {:?}", tunnel.asked());
        let text = String::from_utf8_lossy(&said).to_ascii_lowercase();
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        assert!(!head.contains("\r\nauthorization"), "{head}");
        assert!(!text.contains("get /sonar") && !text.contains("x-gate"), "{head}");
    }
}

#[test]
fn https_goes_through_the_proxy_as_a_tunnel() {
    let (stage, tunnel) = stage();
    stage.assert_live(&ask(&stage, &[("HTTPS_PROXY", &tunnel.url(""))]));
    let asked = tunnel.asked();
    assert!(asked.iter().all(|it| it == "CONNECT sonar.test.invalid:443 HTTP/1.1"), "{asked:?}");
    // The probe, the control, the token and the list.
    assert!(asked.len() >= 2, "{asked:?}");
    assert_blind(&stage, &tunnel);
    // The host is written as it is without a proxy.
    let host = |heard: &crate::double::Heard| {
        heard.headers.iter().any(|(name, value)| name == "host" && value == "sonar.test.invalid")
    };
    assert!(stage.double.heard().iter().all(host));
    let proxied = |(name, _): &(String, String)| name.starts_with("proxy-");
    assert!(!stage.double.heard().iter().any(|heard| heard.headers.iter().any(proxied)));
}

#[test]
fn the_users_own_header_is_for_the_server_and_not_for_the_proxy() {
    let (stage, tunnel) = stage();
    let header = ["--header", "sonarqube-server=X-Gate: ${GATE}"];
    let gate = mint::hex(16);
    let environment = [("HTTPS_PROXY", tunnel.url("")), ("GATE", gate.clone())];
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let run = stage.ask_at(ORIGIN, &[&CA[..], &header].concat(), &environment);
    stage.assert_live(&run);
    assert_blind(&stage, &tunnel);
    let seen = |bytes: &[u8]| bytes.windows(gate.len()).any(|part| part == gate.as_bytes());
    assert!(!tunnel.said().iter().any(|said| seen(said)));
    assert!(stage.double.heard().iter().all(|heard| seen(&heard.raw)));
}

#[test]
fn a_name_and_a_password_are_decoded_once_and_are_shown_to_nobody() {
    let stage = Stage::new();
    let port = stage.good_front().port;
    let secret = mint::hex(12);
    let pair = STANDARD.encode(format!("u@corp:{secret}:%/+"));
    let expected: &'static str = Box::leak(pair.clone().into_boxed_str());
    let tunnel = Tunnel::new(Manner::Guarded(([127, 0, 0, 1], port).into(), expected));
    let good = tunnel.url(&format!("u%40corp:{secret}%3A%25%2F+@"));
    let run = ask(&stage, &[("HTTPS_PROXY", &good)]);
    stage.assert_live(&run);
    let hidden = |run: &Run| {
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains(&secret) && !all.contains(&pair), "{all}");
    };
    hidden(&run);
    assert_blind(&stage, &tunnel);
    let before = stage.told();
    // Twice encoded is another one.
    for wrong in [format!("u%40corp:x{secret}@"), format!("u%2540corp:{secret}%3A%25%2F+@")] {
        let run = ask(&stage, &[("HTTPS_PROXY", &tunnel.url(&wrong))]);
        let (is, why) = verdict(&run);
        assert_eq!(is, "unknown");
        assert!(why.contains("wants a name and a password"), "{why}");
        assert!(why.contains(&tunnel.address.to_string()), "{why}");
        hidden(&run);
    }
    assert_eq!(stage.told(), before);
}

#[test]
fn a_proxy_that_refuses_is_named_and_gets_nothing() {
    let (stage, _) = stage();
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n\
        <html>Please sign in</html>";
    let cases: [(&'static [u8], &[&str]); 8] = [
        (b"HTTP/1.1 407 Authenticate\r\n\r\n", &["name and a password", "HTTPS_PROXY=http://"]),
        (b"HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\nno", &["refuses to connect", "403", "CONNECT"]),
        (b"HTTP/1.1 302 Found\r\nLocation: http://login.test.invalid/\r\n\r\n", &["302"]),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", &["does not reach the server", "502"]),
        (b"HTTP/1.1 503 Busy\r\n\r\n", &["does not reach the server", "503"]),
        (page, &["does not speak TLS"]),
        (b"nothing that is HTTP\r\n\r\n", &["no HTTP"]),
        (b"HTTP/1.1 200", &[]),
    ];
    for (answer, words) in cases {
        let tunnel = Tunnel::new(Manner::Says(answer));
        let run = ask(&stage, &[("HTTPS_PROXY", &tunnel.url(""))]);
        let said = String::from_utf8_lossy(answer);
        let named = format!("through the proxy {} (HTTPS_PROXY): ", tunnel.address);
        stage.assert_unknown(&run, &[&[named.as_str()], words].concat());
        assert!(!tunnel.said().is_empty(), "{said}: nobody came");
        assert_blind(&stage, &tunnel);
    }
    assert_eq!(stage.double.connections(), 0);
}

#[test]
fn a_proxy_that_is_silent_or_gone_is_named() {
    let (stage, _) = stage();
    let silent = Tunnel::new(Manner::Silent);
    let run = stage.ask_at(
        ORIGIN,
        &["--ca", "ca.pem", "--timeout", "1"],
        &[("HTTPS_PROXY", &silent.url(""))],
    );
    stage.assert_unknown(&run, &["through the proxy", "in time", "--timeout"]);
    let hangs_up = listen(drop);
    let address = format!("http://{hangs_up}");
    stage.assert_unknown(&ask(&stage, &[("HTTPS_PROXY", &address)]), &["through the proxy"]);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr();
    let address = format!("http://name:word@{}", free.expect("bound"));
    let run = ask(&stage, &[("HTTPS_PROXY", &address)]);
    stage.assert_unknown(&run, &["through the proxy 127.0.0.1:", "nothing listens there"]);
    assert!(!run.stdout.contains("name:word"), "{}", run.stdout);
    let run = ask(&stage, &[("HTTPS_PROXY", "http://proxy.test.invalid:3128")]);
    stage.assert_unknown(&run, &["through the proxy proxy.test.invalid:3128", "not known"]);
    assert_eq!(stage.double.connections(), 0);
}

#[test]
fn what_is_no_address_of_a_proxy_is_said_without_showing_it() {
    let (stage, _) = stage();
    for (variable, address, words) in [
        ("HTTPS_PROXY", "http://", "is no address"),
        ("HTTPS_PROXY", "http://name:geheim word@host", "is no address"),
        ("https_proxy", "::geheim", "is no address"),
        ("HTTPS_PROXY", "ftp://name:geheim@host:21", "is no address"),
        ("ALL_PROXY", "socks5://name:geheim@127.0.0.1:1080", "SOCKS"),
        ("all_proxy", "socks5h://name:geheim@127.0.0.1:1080", "SOCKS"),
        ("ALL_PROXY", "socks4://127.0.0.1:1080", "SOCKS"),
    ] {
        let run = ask(&stage, &[(variable, address)]);
        let named = format!("({variable})");
        stage.assert_unknown(&run, &[&named, words, "http://HOST:PORT", "NO_PROXY"]);
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains("geheim"), "{all}");
    }
    assert_eq!(stage.double.connections(), 0);
}

#[test]
fn no_proxy_spares_hosts_domains_and_ports() {
    let (stage, tunnel) = stage();
    let url = tunnel.url("");
    for spared in
        ["*", "sonar.test.invalid", ".test.invalid", "a.b, test.invalid", "sonar.test.invalid:443"]
    {
        for variable in ["NO_PROXY", "no_proxy"] {
            let run = ask(&stage, &[("HTTPS_PROXY", &url), (variable, spared)]);
            // Asked without the proxy, nobody knows the name.
            stage.assert_unknown(&run, &["its name is not known here"]);
            assert!(!verdict(&run).1.contains("proxy"), "{spared}");
        }
    }
    assert!(tunnel.said().is_empty(), "{:?}", tunnel.asked());
    for other in ["", "onar.test.invalid", "sonar.test.invalid:8443", "invalid.", "10.0.0.0/8"] {
        let run = ask(&stage, &[("HTTPS_PROXY", &url), ("NO_PROXY", other)]);
        assert_eq!(verdict(&run).0, "live", "{other}: {run:#?}");
    }
    assert_blind(&stage, &tunnel);
}

#[test]
fn names_in_lower_case_come_first_and_the_special_before_the_general() {
    let (stage, tunnel) = stage();
    let (good, bad) = (tunnel.url(""), "http://127.0.0.1:1".to_owned());
    for (first, second) in [
        ("https_proxy", "HTTPS_PROXY"),
        ("HTTPS_PROXY", "ALL_PROXY"),
        ("HTTPS_PROXY", "all_proxy"),
        ("all_proxy", "ALL_PROXY"),
        ("ALL_PROXY", "http_proxy"),
        ("ALL_PROXY", "HTTP_PROXY"),
    ] {
        let run = ask(&stage, &[(first, &good), (second, &bad)]);
        assert_eq!(verdict(&run).0, "live", "{first} before {second}: {run:#?}");
    }
    // An empty one is none.
    let run = ask(&stage, &[("https_proxy", ""), ("ALL_PROXY", &good)]);
    assert_eq!(verdict(&run).0, "live", "{run:#?}");
    let run = ask(&stage, &[("https_proxy", &bad), ("HTTPS_PROXY", &good)]);
    assert!(verdict(&run).1.contains("127.0.0.1:1 (https_proxy)"), "{run:#?}");
}

#[test]
fn this_machine_is_never_asked_through_a_proxy() {
    let (stage, tunnel) = stage();
    let all = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "http_proxy"];
    let url = tunnel.url("");
    let environment: Vec<(&str, &str)> = all.iter().map(|&name| (name, url.as_str())).collect();
    let port = stage.good_front().port;
    let run = stage.ask_at(&format!("https://localhost:{port}"), &CA, &environment);
    stage.assert_live(&run);
    stage.assert_live(&stage.ask_at(&stage.double.url(), &[], &environment));
    assert!(tunnel.said().is_empty(), "{:?}", tunnel.asked());
}

/// Plain http is for this machine, unless `--allow-http` says that whoever is on the way may read
/// the token: a proxy then does.
#[test]
fn plain_http_through_a_proxy_shows_it_the_token() {
    let stage = Stage::new();
    let tunnel = Tunnel::new(Manner::To(stage.double.address()));
    let url = tunnel.url("");
    let origin = "http://sonar.test.invalid:9000";
    let run = stage.ask_at(origin, &[], &[("http_proxy", &url)]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("--allow-http"), "{}", run.stderr);
    // As in curl, since a web server may set the one in capitals from a request's header.
    let run = stage.ask_at(origin, &["--allow-http"], &[("HTTP_PROXY", &url)]);
    stage.assert_unknown(&run, &["its name is not known here"]);
    assert!(tunnel.said().is_empty(), "{:?}", tunnel.asked());
    for variable in ["http_proxy", "ALL_PROXY"] {
        let run = stage.ask_at(origin, &["--allow-http"], &[(variable, &url)]);
        stage.assert_live(&run);
    }
    let asked = tunnel.asked();
    assert!(asked.iter().all(|it| it == "CONNECT sonar.test.invalid:9000 HTTP/1.1"), "{asked:?}");
    assert!(tunnel.said().iter().any(|said| stage.shows(said)), "the proxy can read it");
}

#[test]
fn the_scanned_tree_names_no_proxy() {
    let (stage, tunnel) = stage();
    let spy = Tunnel::new(Manner::Says(b"HTTP/1.1 403 Forbidden\r\n\r\n"));
    let line = |name| format!("{name}={}", spy.url(""));
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy", "NO_PROXY"];
    let lines = names.map(line).join("\n");
    let curl = format!("proxy = \"{}\"\ninsecure\n", spy.url(""));
    for folder in ["tree", "."] {
        stage.fixture.write(&format!("{folder}/.env"), &lines);
        stage.fixture.write(&format!("{folder}/.curlrc"), &curl);
        stage.fixture.write(&format!("{folder}/.netrc"), "default login spy password spy\n");
    }
    stage.fixture.write("tree/build.sh", format!("sonar.login={}\n", stage.token));
    let home = stage.fixture.path("tree");
    let home = home.to_str().expect("a path");
    let scan = |environment: &[(&str, &str)]| {
        let endpoint = format!("sonarqube-server={ORIGIN}/sonar");
        let args = ["scan", "tree", "--verify", "--format", "jsonl", "--endpoint", &endpoint];
        stage.fixture.squelch_with(&[&args[..], &CA].concat(), b"", environment)
    };
    let run = scan(&[("CURL_HOME", home), ("XDG_CONFIG_HOME", home)]);
    assert!(verdict(&run).1.contains("its name is not known here"), "{run:#?}");
    assert_eq!(verdict(&scan(&[("HTTPS_PROXY", &tunnel.url(""))])).0, "live");
    assert!(spy.said().is_empty(), "{:?}", spy.asked());
}
