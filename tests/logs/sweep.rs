//! Logs of CI systems among the targets of a sweep.

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::{CREDENTIAL, base64, not_found};
use crate::support::Fixture;

const BUILDS: &str = r#"{"allBuilds":[{"number":1,"timestamp":1750000000000,"result":"SUCCESS","building":false,"url":"http://inner/job/shop/1/"}]}"#;

#[test]
fn a_sweep_reads_the_logs_of_a_project_as_they_come() {
    let fixture = Fixture::new();
    let (token, other) = (fixture.token(), fixture.token());
    let text = format!("+ sonar-scanner -Dsonar.token={token}\nFinished: SUCCESS\n");
    let double = Canned::start(move |request| match request.path.as_str() {
        "/job/shop/api/json" => Reply::json(200, BUILDS),
        "/job/shop/1/consoleText" => Reply::text(200, text.clone()),
        _ => not_found(),
    });
    fixture.write("a.env", format!("SONAR_TOKEN={other}\n"));
    let gone = format!("logs:{}/job/gone/", double.url());
    fixture.write("list.txt", format!("a.env\nlogs:{}/job/shop/\n{gone}\n", double.url()));
    let args = ["sweep", "list.txt", "--out", "out", "--format", "jsonl", "--allow-http"];
    let run = fixture.squelch_with(&args, b"", &[("JENKINS_TOKEN", CREDENTIAL)]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let place = run.place(&token);
    assert_eq!(
        (&place["origin"], &place["provider"]),
        (&"log".into(), &"Jenkins".into()),
        "{place}"
    );
    let _ = run.finding(&other);
    assert_eq!(run.problems().len(), 1, "{run:#?}");
    let basic = format!("Basic {}", base64(CREDENTIAL));
    assert!(double.heard().iter().all(|it| it.header("authorization") == Some(basic.as_str())));
    assert!(!format!("{}{}", run.stdout, run.stderr).contains(CREDENTIAL));
}
