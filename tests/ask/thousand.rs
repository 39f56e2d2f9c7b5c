//! A thousand tokens of five servers: each asked about once, in the pace of its server, and every
//! verdict the right one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, Heard};
use crate::stage::{Stage, assert_harmless, fingerprint, pair};

const SERVERS: usize = 5;
const TOKENS: usize = 1000;
/// Requests a second to one server.
const PACE: u32 = 80;
const CONNECTIONS: usize = 8;

/// A token of one server, and what is true of it.
struct Planted {
    server: usize,
    token: String,
    state: &'static str,
}

/// Of every four tokens one lives, one is revoked, one has expired, one was never there.
fn set_up(stage: &mut Stage, doubles: &[Double]) -> Vec<Planted> {
    let new = |_: &Double| SonarServer::new("2025.4", true);
    let mut servers: Vec<SonarServer> = doubles.iter().map(new).collect();
    let urls: Vec<String> = doubles.iter().map(|it| format!("{}/s", it.url())).collect();
    for url in &urls {
        stage.name("sonarqube-server", url);
    }
    let mut all = Vec::new();
    for at in 0..TOKENS {
        let server = at % SERVERS;
        let (owner, kind) = (format!("user-{at}"), at / SERVERS % 4);
        servers[server].add_user(&owner, &["scan"]);
        let now = servers[server].clock.now();
        let added = servers[server].add_token(&owner, &owner, TokenKind::User);
        added.revoked = kind == 1;
        added.expires = (kind == 2).then_some(now - 1000);
        let token = if kind == 3 { TokenKind::User.mint() } else { added.value.clone() };
        stage.plant_sonar(&token, &urls[server]);
        all.push(Planted { server, token, state: if kind == 0 { "live" } else { "dead" } });
    }
    for (double, server) in doubles.iter().zip(servers) {
        double.sonar("s", server);
    }
    all
}

#[test]
fn a_thousand_tokens_get_their_thousand_verdicts() {
    let doubles: Vec<Double> = (0..SERVERS).map(|_| Double::start()).collect();
    let mut stage = Stage::new();
    let planted = set_up(&mut stage, &doubles);
    let offline = stage.offline();
    assert_eq!(offline.count(), TOKENS);
    let (pace, connections) = (PACE.to_string(), CONNECTIONS.to_string());
    let args =
        ["scan", "--format", "jsonl", "--no-history", "--verify", "--quiet", "--pace", &pace];
    let started = Instant::now();
    let said = stage.run(&[&args[..], &["--connections", &connections]].concat());
    assert_eq!(said.count(), TOKENS);
    for it in &planted {
        assert_eq!(said.state(&it.token), it.state, "{}", said.why(&it.token));
    }
    assert_order(&planted, &offline.order(), &said.order());
    for (at, double) in doubles.iter().enumerate() {
        let own: Vec<&Planted> = planted.iter().filter(|it| it.server == at).collect();
        let heard = double.heard();
        assert_each_once(&own, &heard);
        assert_pace(started, &heard);
        // Those that are open at one server: a connection's last bytes end it, as the double counts.
        assert!(double.most_at_once() <= CONNECTIONS, "{}", double.most_at_once());
        assert_harmless(&stage, double);
    }
}

/// What is dead is less severe, and stands behind what lives; else the order is that of the offline
/// scan, whichever answer came first.
fn assert_order(planted: &[Planted], offline: &[String], online: &[String]) {
    let state: HashMap<String, &str> =
        planted.iter().map(|it| (fingerprint(&it.token), it.state)).collect();
    let of = |order: &[String], wanted: &str| -> Vec<String> {
        order.iter().filter(|it| state[*it] == wanted).cloned().collect()
    };
    let expected = [of(offline, "live"), of(offline, "dead")].concat();
    assert_eq!(online, expected);
}

/// Its own tokens once each, a control, and the lists of those that live: nothing else.
fn assert_each_once(own: &[&Planted], heard: &[Heard]) {
    let mut sent: HashMap<(String, bool), usize> = HashMap::new();
    for (user, it) in heard.iter().filter_map(|it| Some((pair(it)?.0, it))) {
        *sent.entry((user, it.target.ends_with("/users/current"))).or_default() += 1;
    }
    for it in own {
        assert_eq!(sent.remove(&(it.token.clone(), true)), Some(1));
        let lists = sent.remove(&(it.token.clone(), false));
        assert_eq!(lists, (it.state == "live").then_some(1));
    }
    assert_eq!(sent.into_values().collect::<Vec<_>>(), [1], "the control");
    assert_eq!(heard.iter().filter(|it| pair(it).is_none()).count(), 1, "the status");
}

/// No more requests than the pace allows for the time that they took. It is counted from before the
/// run, since the first may be slow to arrive: a machine that is busy fails nothing.
fn assert_pace(started: Instant, heard: &[Heard]) {
    let last = heard.iter().map(|it| it.at).max().expect("requests");
    let gaps = u32::try_from(heard.len() - 1).expect("it fits");
    let took = last - started;
    assert!(took >= Duration::from_secs(1) * gaps / PACE, "{took:?} for {gaps} gaps");
}

/// With fewer connections than servers, and servers that take their time.
#[test]
fn connections_are_counted_over_all_servers() {
    use crate::canned::Canned;
    use crate::double::http::Reply;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut stage = Stage::new();
    let servers: Vec<Canned> = (0..6)
        .map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            Canned::start(move |_| {
                let open = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(open, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(60));
                now.fetch_sub(1, Ordering::SeqCst);
                Reply::empty(404)
            })
        })
        .collect();
    for server in &servers {
        stage.name("sonarqube-server", server.url());
        for _ in 0..4 {
            stage.plant_sonar(&TokenKind::User.mint(), server.url());
        }
    }
    let said = stage.ask(&["--connections", "3"]);
    assert_eq!(said.count(), 24);
    let most = most.load(Ordering::SeqCst);
    assert!((2..=3).contains(&most), "{most} at once");
}
