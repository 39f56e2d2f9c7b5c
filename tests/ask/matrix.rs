//! `SonarQube` Server, all of it: each version with something new about tokens, with and without
//! anonymous access, behind each kind of proxy, for each state that a token can be in.

use std::collections::HashMap;

use crate::double::Double;
use crate::double::proxy::Proxy;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::stage::{Stage, assert_harmless, header, pair};

const VERSIONS: [&str; 9] = ["5.6", "7.6", "7.9", "8.9", "9.5", "9.9", "10.0", "2025.4", "26.7"];
const FRONTS: [Front; 5] = [Front::Plain, Front::Strips, Front::Sso, Front::Redirects, Front::Html];
const HOUR_MS: i64 = 3_600_000;

/// What stands before a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    Plain,
    Strips,
    Sso,
    Redirects,
    Html,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    User,
    Global,
    Project,
    Legacy,
    Expired,
    Revoked,
    OwnerGone,
}

/// One token at one server.
#[derive(Clone, Debug)]
struct Scene {
    version: &'static str,
    forced: bool,
    front: Front,
    state: State,
    context: String,
    token: String,
}

impl Scene {
    /// What may be said of it, by what is known of the servers and not by how squelch goes about it.
    fn allowed(&self) -> &'static [&'static str] {
        match self.front {
            // The server itself is not to be seen, or everybody is somebody there: what works for
            // this token works for any.
            Front::Redirects | Front::Html | Front::Sso => &["unknown"],
            // 200 and `isLoggedIn: false` for everybody: the token was not seen.
            Front::Strips if !self.forced => &["unknown"],
            // An empty 401 is what this server says to nobody and to a wrong token alike, and no
            // other request tells the two apart. "Dead" is true of this address, at which nobody
            // can use the token. It must not be live.
            Front::Strips => &["dead", "unknown"],
            Front::Plain => self.allowed_without_proxy(),
        }
    }

    fn allowed_without_proxy(&self) -> &'static [&'static str] {
        let is_9_5 = self.version == "9.5";
        match self.state {
            // It may refuse analysis tokens that are alive.
            State::Global | State::Project if is_9_5 => &["unknown"],
            State::User | State::Global | State::Project | State::Legacy => &["live"],
            // A refused user token is dead there, too; not to say so is no lie.
            _ if is_9_5 => &["dead", "unknown"],
            // Nobody outside can tell one of these from the other.
            State::Expired | State::Revoked | State::OwnerGone => &["dead"],
        }
    }

    /// Whether the server shows that it is one that a token may be sent to.
    fn is_asked(&self) -> bool {
        match self.front {
            Front::Plain => true,
            Front::Strips => self.forced,
            Front::Sso | Front::Redirects | Front::Html => false,
        }
    }
}

/// The states that a version knows.
fn states(version: &str) -> &'static [State] {
    use State::{Expired, Global, Legacy, OwnerGone, Project, Revoked, User};
    match version {
        "5.6" | "7.6" | "7.9" | "8.9" => &[Legacy, Revoked, OwnerGone],
        // Expiry came with 9.6.
        "9.5" => &[User, Global, Project, Legacy, Revoked, OwnerGone],
        _ => &[User, Global, Project, Legacy, Expired, Revoked, OwnerGone],
    }
}

fn add(server: &mut SonarServer, state: State) -> String {
    let owner = if state == State::OwnerGone { "gone" } else { "grace" };
    let kind = match state {
        State::Global => TokenKind::Global,
        State::Project => TokenKind::Project,
        State::Legacy => TokenKind::Legacy,
        _ => TokenKind::User,
    };
    let now = server.clock.now();
    let token = server.add_token(owner, &format!("{state:?}"), kind);
    token.revoked = state == State::Revoked;
    token.expires = (state == State::Expired).then_some(now - HOUR_MS);
    token.value.clone()
}

/// All scenes, each planted twice. Redirects lead to the second double.
fn set_up(stage: &mut Stage, double: &Double, elsewhere: &Double) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for version in VERSIONS {
        for (forced, front) in [true, false].into_iter().flat_map(|it| FRONTS.map(|f| (it, f))) {
            let mut server = SonarServer::new(version, forced);
            server.add_user("grace", &["scan"]);
            server.add_user("gone", &["scan"]).active = false;
            server.proxy = match front {
                Front::Plain => Proxy::Plain,
                Front::Strips => Proxy::StripsAuthorization,
                Front::Sso => Proxy::InjectsIdentity("grace".to_owned()),
                Front::Redirects => Proxy::RedirectsToLogin(elsewhere.url()),
                Front::Html => Proxy::HtmlLogin,
            };
            let context = format!("v{version}/forced-{forced}/{front:?}").to_lowercase();
            let url = format!("{}/{context}", double.url());
            stage.name("sonarqube-server", &url);
            for &state in states(version) {
                let token = add(&mut server, state);
                stage.plant_sonar(&token, &url);
                stage.plant_sonar(&token, &url);
                let context = context.clone();
                scenes.push(Scene { version, forced, front, state, context, token });
            }
            double.sonar(&context, server);
        }
    }
    scenes
}

#[test]
fn each_verdict_is_one_that_the_servers_prove() {
    let (double, elsewhere) = (Double::start(), Double::start());
    let mut stage = Stage::new();
    let scenes = set_up(&mut stage, &double, &elsewhere);
    assert_eq!(scenes.len(), 4 * 3 * 10 + 6 * 10 + 4 * 7 * 10);
    let said = stage.ask(&[]);
    assert_eq!(said.count(), scenes.len());
    let mut wrong = Vec::new();
    for scene in &scenes {
        let (verdict, allowed) = (said.state(&scene.token), scene.allowed());
        if !allowed.contains(&verdict) {
            let why = said.why(&scene.token);
            let Scene { context, state: token, .. } = scene;
            wrong.push(format!("{context} {token:?}: {verdict}, not {allowed:?}: {why}"));
        }
        if verdict == "live" {
            assert_eq!(said.known(&scene.token, "owner"), ["grace (certain)"]);
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), scenes.len(), wrong.join("\n"));
    assert_eq!(elsewhere.connections(), 0, "a redirect was followed");
    assert_harmless(&stage, &double);
    assert_requests(&double, &scenes);
}

/// What was sent, request by request.
fn assert_requests(double: &Double, scenes: &[Scene]) {
    let mut probes: HashMap<String, usize> = HashMap::new();
    let mut controls: HashMap<String, usize> = HashMap::new();
    let mut asked: HashMap<String, usize> = HashMap::new();
    let known: HashMap<&str, &Scene> = scenes.iter().map(|it| (it.token.as_str(), it)).collect();
    for heard in double.heard() {
        let scheme = header(&heard, "authorization").map(str::to_lowercase);
        assert!(scheme.is_none_or(|it| it.starts_with("basic ")), "only Basic is known to all");
        let path = heard.target.strip_prefix(&format!("/{}", heard.context)).expect("its context");
        match (path, pair(&heard)) {
            ("/api/system/status", None) => *probes.entry(heard.context).or_default() += 1,
            ("/api/users/current", Some((token, password))) => {
                assert_eq!(password, "", "a token is the user, and the password is empty");
                match known.get(token.as_str()) {
                    Some(scene) => {
                        assert_eq!(scene.context, heard.context, "only its own server gets it");
                        *asked.entry(token).or_default() += 1;
                    }
                    None => *controls.entry(heard.context).or_default() += 1,
                }
            }
            ("/api/user_tokens/search", Some(_)) => {}
            (path, _) => panic!("{path}"),
        }
    }
    for scene in scenes {
        let times = asked.get(&scene.token).copied().unwrap_or_default();
        assert_eq!(times, usize::from(scene.is_asked()), "{scene:?}");
        assert_eq!(probes.get(&scene.context), Some(&1), "{scene:?}");
        let shown = !matches!(scene.front, Front::Redirects | Front::Html);
        let times = controls.get(&scene.context).copied().unwrap_or_default();
        assert_eq!(times, usize::from(shown), "{scene:?}");
    }
}
