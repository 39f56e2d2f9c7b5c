//! A token that a baseline has is asked about like any other, and is a finding again if it is
//! alive.

use crate::double::Double;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::stage::{Stage, fingerprint};

#[test]
fn what_is_alive_is_not_suppressed() {
    let double = Double::start();
    let mut server = SonarServer::new("2026.1", true);
    server.add_user("grace", &["scan"]);
    let alive = server.add_token("grace", "CI", TokenKind::User).value.clone();
    let dead = TokenKind::User.mint();
    let mut stage = Stage::new();
    stage.name("sonarqube-server", &double.url());
    stage.plant_sonar(&alive, &double.url());
    stage.plant_sonar(&dead, &double.url());
    double.sonar("", server);
    let written = stage.fixture.squelch(&["baseline", "write", "known"]);
    assert_eq!(written.code, Some(0), "{written:#?}");
    stage.assert_file_is_clean("known");

    let run = stage.fixture.scan(&["--baseline", "known"]);
    assert_eq!((run.code, run.lines("suppressed").len()), (Some(0), 2), "nobody was asked");
    let said = stage.ask(&["--baseline", "known"]);
    assert_eq!((said.run.code, said.count()), (Some(1), 1), "{said:?}");
    let note = said.of(&alive)["notes"][0].as_str().expect("the first note").to_owned();
    assert_eq!(note, "ALIVE, though known would suppress it: revoke it.");
    let suppressed = said.run.lines("suppressed");
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["fingerprint"], fingerprint(&dead));
    assert_eq!(suppressed[0]["verdict"]["state"], "dead");
    let live = stage.ask(&["--baseline", "known", "--fail-on", "live"]);
    assert_eq!(live.run.code, Some(1), "{live:?}");
}
