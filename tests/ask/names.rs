//! Which of its owner's tokens it is: what the list proves, and what it leaves open.

use crate::canned::Canned;
use crate::double::Double;
use crate::double::http::Reply;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::stage::{Said, Stage, pair};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A server of `grace`, and the context below which it will be mounted.
struct Place {
    context: String,
    server: SonarServer,
}

impl Place {
    fn new(context: &str, version: &str) -> Self {
        let mut server = SonarServer::new(version, true);
        server.add_user("grace", &["scan"]);
        Self { context: context.to_owned(), server }
    }

    /// Adds a token that was used a minute ago, so that its last use tells it from no other.
    fn used(&mut self, name: &str, kind: TokenKind) -> String {
        let now = self.server.clock.now();
        let token = self.server.add_token("grace", name, kind);
        token.last_connection = Some(now - 60_000);
        token.value.clone()
    }

    fn url(&self, double: &Double) -> String {
        format!("{}/{}", double.url(), self.context)
    }

    /// Mounts it, and plants a token beside its address.
    fn plant(self, stage: &mut Stage, double: &Double, token: &str) {
        let url = self.url(double);
        stage.name("sonarqube-server", &url);
        stage.plant_sonar(token, &url);
        double.sonar(&self.context, self.server);
    }
}

fn certain(said: &Said, token: &str, name: &str) {
    assert_eq!(said.state(token), "live", "{}", said.why(token));
    assert_eq!(said.known(token, "token_name"), [format!("{name} (certain)")], "{said:?}");
    assert_eq!(said.contenders(token), Vec::<String>::new());
}

fn open(said: &Said, token: &str, names: &[&str]) {
    assert_eq!(said.state(token), "live", "{}", said.why(token));
    assert_eq!(said.known(token, "token_name"), Vec::<String>::new(), "{said:?}");
    assert_eq!(said.contenders(token), names);
}

#[test]
fn kinds_leave_each_other_out() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut place = Place::new("kinds", "26.7");
    let user = place.used("of a user", TokenKind::User);
    let global = place.used("of all projects", TokenKind::Global);
    let project = place.used("of a project", TokenKind::Project);
    let url = place.url(&double);
    stage.plant_sonar(&global, &url);
    stage.plant_sonar(&project, &url);
    // An old one is a user token in the list, too.
    let mut old = Place::new("old", "26.7");
    let bare = old.used("before the update", TokenKind::Legacy);
    old.used("after it", TokenKind::Project);
    old.plant(&mut stage, &double, &bare);
    place.plant(&mut stage, &double, &user);
    let said = stage.ask(&[]);
    certain(&said, &user, "of a user");
    certain(&said, &global, "of all projects");
    certain(&said, &project, "of a project");
    certain(&said, &bare, "before the update");
    assert_eq!(said.known(&project, "project"), ["project-1 (certain)"]);
    assert_eq!(said.known(&global, "token_kind"), ["GLOBAL_ANALYSIS_TOKEN (certain)"]);
}

#[test]
fn a_last_use_long_ago_or_none_leaves_out() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut tokens = Vec::new();
    for version in ["7.9", "8.9", "9.9", "26.7"] {
        for (name, ahead_ms) in [("right", 0), ("ahead", DAY_MS), ("behind", -DAY_MS)] {
            let mut place = Place::new(&format!("{version}/{name}"), version);
            place.server.clock.ahead_ms = ahead_ms;
            place.server.clock.zone_minutes = -210;
            let now = place.server.clock.now();
            let token = place.server.add_token("grace", "leaked", TokenKind::User).value.clone();
            place.server.add_token("grace", "never used", TokenKind::User);
            place.server.add_token("grace", "two hours ago", TokenKind::User).last_connection =
                Some(now - 2 * HOUR_MS);
            // Of another user, whose list is another one.
            place.server.add_user("ada", &["admin"]);
            place.server.add_token("ada", "leaked", TokenKind::User).last_connection = Some(now);
            place.plant(&mut stage, &double, &token);
            tokens.push(token);
        }
    }
    let said = stage.ask(&[]);
    for token in &tokens {
        certain(&said, token, "leaked");
    }
    // One reading of the list each, by the token itself.
    let lists = double.heard().into_iter().filter(|it| it.target.contains("user_tokens"));
    let by: Vec<_> = lists.filter_map(|it| pair(&it)).collect();
    assert_eq!(by.len(), tokens.len());
}

#[test]
fn the_expiry_header_leaves_out_and_so_does_its_absence_where_it_is_always_sent() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut cases = Vec::new();
    for version in ["9.9", "2025.4", "26.7"] {
        for leaked in ["ends soon", "ends late", "never ends"] {
            let mut place = Place::new(&format!("{version}/{}", leaked.replace(' ', "-")), version);
            place.server.clock.zone_minutes = 120;
            let now = place.server.clock.now();
            place.used("ends soon", TokenKind::User);
            place.used("ends late", TokenKind::User);
            place.used("never ends", TokenKind::User);
            place.used("has ended", TokenKind::User);
            place.server.token("ends soon").expires = Some(now + DAY_MS);
            place.server.token("ends late").expires = Some(now + 90 * DAY_MS);
            place.server.token("has ended").expires = Some(now - DAY_MS);
            let token = place.server.token(leaked).value.clone();
            place.plant(&mut stage, &double, &token);
            cases.push((version, leaked, token));
        }
    }
    let said = stage.ask(&[]);
    for (version, leaked, token) in &cases {
        // Not every version that has expiry is known to say it: from silence nothing follows there.
        if *leaked == "never ends" && *version == "9.9" {
            assert_eq!(said.state(token), "live");
            assert_eq!(said.known(token, "token_name"), Vec::<String>::new());
            let mut names = said.contenders(token);
            names.sort();
            assert_eq!(names, ["ends late", "ends soon", "never ends"]);
        } else {
            certain(&said, token, leaked);
        }
    }
}

/// Before 7.7 nothing in the list says which one was used.
#[test]
fn old_servers_name_the_only_token_and_no_other() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut tokens = Vec::new();
    for version in ["5.6", "7.6"] {
        let mut one = Place::new(&format!("{version}/one"), version);
        let mut two = Place::new(&format!("{version}/two"), version);
        let (alone, first) =
            (one.used("alone", TokenKind::User), two.used("first", TokenKind::User));
        two.used("second", TokenKind::User);
        one.plant(&mut stage, &double, &alone);
        two.plant(&mut stage, &double, &first);
        tokens.push((alone, first));
    }
    let said = stage.ask(&[]);
    for (alone, first) in &tokens {
        certain(&said, alone, "alone");
        open(&said, first, &["first", "second"]);
    }
}

/// What stands around a token is no proof: it puts one before the other.
#[test]
fn a_project_beside_the_token_ranks_and_does_not_decide() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut place = Place::new("projects", "26.7");
    place.server.projects.push(("shop".to_owned(), "The shop".to_owned()));
    let token = place.used("Analyze \"Project 1\"", TokenKind::Project);
    place.used("Analyze \"The shop\"", TokenKind::Project);
    place.server.token("Analyze \"The shop\"").project = Some("shop".to_owned());
    let url = place.url(&double);
    stage.name("sonarqube-server", &url);
    stage.plant(
        &token,
        &format!("sonar.host.url={url}\nsonar.projectKey=shop\nsonar.token={{token}}\n"),
    );
    double.sonar("projects", place.server);
    let said = stage.ask(&[]);
    open(&said, &token, &["Analyze \"The shop\"", "Analyze \"Project 1\""]);
    let why = said.of(&token)["identity"]["contenders"][0]["why"].to_string();
    assert!(why.contains("stands beside"), "{why}");
    assert!(said.notes(&token).contains("--wait"), "{}", said.notes(&token));
}

/// A token that was made after the leak was committed is hardly the one, and comes last.
#[test]
fn look_alikes_are_ranked_by_what_the_history_says() {
    let double = Double::start();
    let mut stage = Stage::repository();
    let mut place = Place::new("ranked", "26.7");
    // The fixture's commits are of March 2024.
    let year = |year: i64| (year - 1970) * 365 * DAY_MS + 30 * DAY_MS;
    for (name, made) in [("young", 2026), ("old", 2020), ("older", 2019)] {
        place.used(name, TokenKind::User);
        place.server.token(name).created = year(made);
    }
    let token = place.server.token("old").value.clone();
    place.plant(&mut stage, &double, &token);
    stage.fixture.git(&["add", "-A"]);
    stage.fixture.git(&["commit", "-q", "-m", "A leak"]);
    let said = stage.run(&["scan", "--format", "jsonl", "--verify", "--pace", "1000"]);
    open(&said, &token, &["older", "old", "young"]);
    let contenders = said.of(&token)["identity"]["contenders"].clone();
    assert!(contenders[2]["why"].to_string().contains("hardly"), "{contenders}");
    // Its history and its file are one leak, and it was asked about once.
    let asked = double.heard().into_iter().filter(|it| it.target.ends_with("/users/current"));
    assert_eq!(asked.filter_map(|it| pair(&it)).filter(|(user, _)| *user == token).count(), 1);
}

/// Neither command holds a name that is not certain.
#[test]
fn only_a_certain_name_goes_into_the_command() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut sure = Place::new("sure", "26.7");
    let named = sure.used("laptop", TokenKind::User);
    sure.plant(&mut stage, &double, &named);
    let mut two = Place::new("two", "26.7");
    let unnamed = two.used("first", TokenKind::User);
    two.used("second", TokenKind::User);
    two.plant(&mut stage, &double, &unnamed);
    let said = stage.ask(&[]);
    let command = |token| said.of(token)["remedy"]["command"].to_string();
    assert!(command(&named).contains("name=laptop"), "{}", command(&named));
    let open = command(&unnamed);
    assert!(!open.contains("first") && !open.contains("second"), "{open}");
}

/// A token that was just used has a last use where the server writes them: a list in which no token
/// has one is an old copy, or somebody else's.
#[test]
fn a_list_that_knows_of_no_use_names_nobody() {
    let list = |version: &str| {
        let status = format!(r#"{{"id":"1","version":"{version}","status":"UP"}}"#);
        let mut refused = false;
        let canned = Canned::start(move |request| match request.path.as_str() {
            "/api/system/status" => Reply::json(200, status.clone()),
            "/api/users/current" if std::mem::replace(&mut refused, true) => {
                Reply::json(200, r#"{"isLoggedIn":true,"login":"grace"}"#)
            }
            "/api/users/current" => Reply::empty(401),
            _ => Reply::json(200, r#"{"login":"grace","userTokens":[{"name":"laptop"}]}"#),
        });
        let mut stage = Stage::new();
        let token = TokenKind::Legacy.mint();
        stage.name("sonarqube-server", canned.url());
        stage.plant_sonar(&token, canned.url());
        let said = stage.ask(&[]);
        assert_eq!(said.state(&token), "live", "{}", said.why(&token));
        (said.known(&token, "token_name"), said.notes(&token))
    };
    assert_eq!(list("7.6").0, ["laptop (certain)"], "it does not write them");
    for version in ["7.7", "26.7"] {
        let (name, notes) = list(version);
        assert_eq!(name, Vec::<String>::new(), "{version}");
        assert!(notes.contains("none of its owner's 1 tokens fits"), "{notes}");
    }
}
