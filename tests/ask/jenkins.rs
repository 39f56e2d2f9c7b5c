//! Jenkins: a refused token is tried as its user's password, so each request counts.

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::double::jenkins::JenkinsServer;
use crate::double::proxy::Proxy;
use crate::double::{Double, Heard, Shared, lock, mint};
use crate::stage::{Said, Stage, assert_harmless, pair};

const WHO: &str = "/whoAmI/api/json";
const DAY_MS: i64 = 24 * 3_600_000;

/// A server with `alice`, who has a token that was leaked and one that was not.
fn server(version: &str) -> (JenkinsServer, String) {
    let mut server = JenkinsServer::new(version);
    let now = server.clock.now();
    let alice = server.add_user("alice");
    alice.authorities = vec!["authenticated".to_owned(), "builders".to_owned()];
    let leaked = alice.add_token("leaked & known", now).value.clone();
    alice.add_token("kept", now).uses = 40;
    (server, leaked)
}

/// Mounts a server and plants a token beside its address.
fn mount(
    stage: &mut Stage,
    double: &Double,
    context: &str,
    server: JenkinsServer,
    (token, user): (&str, &str),
) -> Shared<JenkinsServer> {
    let url = format!("{}/{context}", double.url());
    stage.name("jenkins", &url);
    stage.plant_jenkins(token, user, &url);
    double.jenkins(context, server)
}

/// The requests to `whoAmI` of a context that carried a token, and those that did not.
fn asked(double: &Double, context: &str) -> (Vec<Heard>, usize) {
    let here = |it: &Heard| it.context == context && it.target.ends_with(WHO);
    let all: Vec<Heard> = double.heard().into_iter().filter(here).collect();
    let (with, without): (Vec<Heard>, Vec<Heard>) =
        all.into_iter().partition(|it| pair(it).is_some());
    (with, without.len())
}

#[test]
fn a_live_token_costs_no_attempt_to_log_in_and_a_dead_one_costs_one() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (live_server, live) = server("2.541");
    let (dead_server, dead) = (server("2.541").0, mint::jenkins());
    let live_server = mount(&mut stage, &double, "ci/live", live_server, (&live, "Alice"));
    let dead_server = mount(&mut stage, &double, "ci/dead", dead_server, (&dead, "alice"));
    // Once more in other files: it is asked about once.
    stage.plant_jenkins(&live, "Alice", &format!("{}/ci/live", double.url()));
    stage.plant_jenkins(&dead, "alice", &format!("{}/ci/dead", double.url()));
    let said = stage.ask(&[]);
    assert_eq!((said.state(&live), said.state(&dead)), ("live", "dead"), "{said:?}");
    assert!(said.why(&dead).contains("alice"), "{}", said.why(&dead));
    assert_eq!(said.known(&live, "owner"), ["alice (certain)"]);
    assert_eq!(said.known(&live, "group"), ["authenticated (certain)", "builders (certain)"]);
    assert!(said.notes(&live).contains("counts each use"), "{}", said.notes(&live));
    assert_eq!(lock(&live_server).password_attempts, Vec::<String>::new());
    assert_eq!(lock(&dead_server).password_attempts, ["alice"]);
    for (context, token) in [("ci/live", &live), ("ci/dead", &dead)] {
        let (with, without) = asked(&double, context);
        let sent: Vec<_> = with.iter().filter_map(pair).map(|(_, password)| password).collect();
        assert_eq!((sent.as_slice(), without), ([token.clone()].as_slice(), 1), "{context}");
    }
    assert_harmless(&stage, &double);
}

/// What is found by the counters is the right one, on servers that show them.
#[test]
fn the_counter_that_grew_names_the_token() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (new, token) = server("2.541");
    let (old, old_token) = server("2.263");
    let new = mount(&mut stage, &double, "new", new, (&token, "alice"));
    mount(&mut stage, &double, "old", old, (&old_token, "alice"));
    let said = stage.ask(&[]);
    let uuid = lock(&new).user("alice").token("leaked & known").uuid.clone();
    assert_eq!(said.known(&token, "token_id"), [format!("{uuid} (likely)")], "{said:?}");
    assert_eq!(said.known(&token, "token_name"), ["leaked & known (likely)"]);
    // Its page shows no counters: alive, and nothing is made up.
    assert_eq!(said.state(&old_token), "live");
    assert_eq!(said.known(&old_token, "token_id"), Vec::<String>::new());
    assert!(double.heard().iter().all(|it| !it.target.starts_with("/old/user/")));
}

#[test]
fn proxies_and_strangers_prove_nothing() {
    let double = Double::start();
    let mut stage = Stage::new();
    let fronts = [
        ("stripped", Proxy::StripsAuthorization),
        ("sso", Proxy::InjectsIdentity("alice".to_owned())),
        ("to-login", Proxy::RedirectsToLogin("http://127.0.0.1:9".to_owned())),
        ("html", Proxy::HtmlLogin),
    ];
    let mut tokens = Vec::new();
    for (context, proxy) in fronts {
        let (mut server, token) = server("2.541");
        server.proxy = proxy;
        let server = mount(&mut stage, &double, context, server, (&token, "alice"));
        tokens.push((context, token, server));
    }
    let said = stage.ask(&[]);
    for (context, token, server) in &tokens {
        assert_eq!(said.state(token), "unknown", "{context}: {}", said.why(token));
        assert_eq!(lock(server).password_attempts, Vec::<String>::new(), "{context}");
        let (with, without) = asked(&double, context);
        // Only behind the first of them does the server look like one to nobody.
        assert_eq!((with.len(), without), (usize::from(*context == "stripped"), 1), "{context}");
    }
}

/// Whoever does not say that it is Jenkins gets no token.
#[test]
fn a_server_without_its_header_gets_no_token() {
    let stranger = Canned::start(|_| Reply::json(200, who("anonymous", true)));
    let mut stage = Stage::new();
    let token = mint::jenkins();
    stage.name("jenkins", stranger.url());
    stage.plant_jenkins(&token, "alice", stranger.url());
    let said = stage.ask(&[]);
    assert_eq!(said.state(&token), "unknown");
    assert!(said.why(&token).contains("does not answer as Jenkins"), "{}", said.why(&token));
    let heard = stranger.heard();
    assert_eq!((heard.len(), heard[0].header("authorization")), (1, None));
}

#[test]
fn a_token_with_two_users_near_is_tried_for_one_and_not_called_dead() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut both = server("2.541").0;
    let now = both.clock.now();
    let bobs = both.add_user("bob").add_token("bob's", now).value.clone();
    let both = mount(&mut stage, &double, "two", both, (&bobs, "alice"));
    stage.plant_jenkins(&bobs, "bob", &format!("{}/two", double.url()));
    let said = stage.ask(&[]);
    assert_eq!(said.state(&bobs), "unknown", "{said:?}");
    assert!(said.why(&bobs).contains("bob"), "{}", said.why(&bobs));
    assert_eq!(lock(&both).password_attempts, ["alice"], "one guess and no more");
    assert_eq!(asked(&double, "two").0.len(), 1);
}

#[test]
fn a_token_without_its_user_is_not_asked_about() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (server, token) = server("2.541");
    let url = format!("{}/ci", double.url());
    let server = double.jenkins("ci", server);
    stage.name("jenkins", &url);
    stage.plant(&token, &format!("JENKINS_URL={url}\nJENKINS_API_TOKEN={{token}}\n"));
    let said = stage.ask(&[]);
    assert_eq!(said.state(&token), "unasked");
    assert!(said.why(&token).contains("squelch verify --user NAME"), "{}", said.why(&token));
    assert_eq!(double.connections(), 0);
    // As it says: the user by hand, the token from standard input.
    let args = ["verify", "--user", "alice", "--format", "jsonl"];
    let run = stage.plain(&args, token.as_bytes());
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(run.lines("finding")[0]["verdict"]["state"], "live");
    assert_eq!(lock(&server).password_attempts, Vec::<String>::new());
    assert_eq!(asked(&double, "ci").0.len(), 1);
}

#[test]
fn an_expired_token_is_dead_and_its_last_day_counts() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut tokens = Vec::new();
    for (context, ahead_ms) in [("yesterday", DAY_MS), ("today", 0)] {
        let (mut server, token) = server("2.548");
        let last = server.clock.today();
        server.user("alice").token("leaked & known").expires = Some(last);
        // A day later by the server's own clock.
        server.clock.ahead_ms = ahead_ms;
        mount(&mut stage, &double, context, server, (&token, "alice"));
        tokens.push(token);
    }
    let said = stage.ask(&[]);
    assert_eq!(said.state(&tokens[0]), "dead", "{said:?}");
    // Midnight may pass while this runs, and then both are over.
    assert!(["live", "dead"].contains(&said.state(&tokens[1])), "{said:?}");
}

fn who(name: &str, anonymous: bool) -> String {
    format!(
        r#"{{"_class":"hudson.security.WhoAmI","anonymous":{anonymous},"authenticated":true,"authorities":["authenticated"],"name":"{name}"}}"#
    )
}

/// A Jenkins that answers a request with a token so.
fn answers(reply: impl Fn(&Request) -> Reply + Send + 'static) -> Canned {
    Canned::start(move |request| {
        let reply = match request.header("authorization") {
            None => Reply::json(200, who("anonymous", true)),
            Some(_) => reply(request),
        };
        reply.with("X-Jenkins", "2.541")
    })
}

/// Plants a token of `alice` beside a canned server, asks, and counts the requests with it.
fn ask_canned(canned: &Canned) -> (Said, String, usize) {
    let mut stage = Stage::new();
    let token = mint::jenkins();
    stage.name("jenkins", canned.url());
    stage.plant_jenkins(&token, "alice", canned.url());
    let said = stage.ask(&[]);
    let with = |it: &&Request| it.path == WHO && it.header("authorization").is_some();
    let times = canned.heard().iter().filter(with).count();
    (said, token, times)
}

/// What Jenkins says to a token that it took, and nothing else, is live.
#[test]
fn only_what_names_the_user_is_live() {
    let name = "X-You-Are-Authenticated-As";
    let refusal = "WWW-Authenticate";
    let cases: [(&str, Reply); 12] = [
        ("live", Reply::json(200, who("alice", false))),
        ("live", Reply::json(200, who("ALICE", false))),
        ("unknown", Reply::json(200, who("bob", false))),
        ("unknown", Reply::json(200, who("alice", true))),
        ("unknown", Reply::html(200, who("alice", false))),
        // Valid, without Overall/Read.
        ("live", Reply::html(403, "Access Denied").with(name, "alice")),
        ("unknown", Reply::html(403, "Access Denied").with(name, "bob")),
        ("unknown", Reply::html(403, "Request blocked")),
        ("dead", Reply::html(401, "").with(refusal, "Basic realm=\"Jenkins\"")),
        // Without its header it is not how Jenkins refuses.
        ("unknown", Reply::html(401, "")),
        ("unknown", Reply::empty(404)),
        // Each request counts, so nothing is tried again.
        ("unknown", Reply::empty(503).with("Retry-After", "1")),
    ];
    for (state, reply) in cases {
        let canned = answers({
            let reply = reply.clone();
            move |_| reply.clone()
        });
        let (said, token, times) = ask_canned(&canned);
        assert_eq!(said.state(&token), state, "{reply:?}: {}", said.why(&token));
        assert_eq!(times, 1, "{reply:?}");
    }
}

fn card(uuid: &str, name: &str, uses: usize) -> String {
    format!(
        "<div class=\"token-card \" id=\"{uuid}\"><div><span class=\"token-name\">{name}</span> \
         <span class=\"token-use-counter\">{uses}</span></div></div>\n"
    )
}

/// Somebody works with another of her tokens at the same time: both counters grow.
#[test]
fn another_token_in_use_leaves_both_as_contenders() {
    let (one, two, three) = (mint::uuid(), mint::uuid(), mint::uuid());
    let reads = std::sync::atomic::AtomicUsize::new(0);
    let canned = answers(move |request| {
        if request.path == WHO {
            return Reply::json(200, who("alice", false));
        }
        assert_eq!(request.path, "/user/alice/security/");
        let read = reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let cards = [card(&one, "one", 4 + read), card(&two, "two", 9 + 2 * read)];
        Reply::html(200, format!("<html>{}{}</html>", cards.concat(), card(&three, "three", 7)))
    });
    let (said, token, times) = ask_canned(&canned);
    assert_eq!((said.state(&token), times), ("live", 1), "{said:?}");
    assert_eq!(said.contenders(&token), ["one", "two"]);
    assert_eq!(said.known(&token, "token_id"), Vec::<String>::new());
}
