//! Tokens that are one of a pair: one finding, which shows the other half as well.

use serde_json::Value;

use crate::support::Fixture;

#[test]
fn a_pair_is_one_finding_with_two_places_and_no_half_is_shown() {
    let f = Fixture::repository();
    let (key, secret, api, app) = (f.hex(16), f.hex(16), f.hex(32), f.hex(40));
    let endor = |half: &str| format!("endr{}{half}", '+');
    f.commit(
        "old.sh",
        &format!("endorctl --api-key {} --api-secret {}\n", endor(&key), endor(&secret)),
        "a pair",
    );
    f.write("dd.env", format!("# é\r\nDD_API_KEY={api}\nX=1\n DD_APP_KEY={app}\n"));
    let run = f.scan(&[]);
    let pair = run.finding(&secret);
    assert_eq!(pair["rule"], "endor-labs-api-secret");
    let places = pair["locations"].as_array().expect("places");
    for place in places {
        let half = &place["halves"][0];
        assert_eq!(
            (&half["name"], &half["line"], &half["column"]),
            (&"key".into(), &1.into(), &20.into())
        );
        assert_eq!(half["shown"], format!("…{}", &key[12..]));
        let line = half["snippet"].as_str().expect("a line");
        assert!(line.contains(&key[12..]) && line.contains(&secret[12..]), "{line}");
    }
    let half = run.place(&app)["halves"][0].clone();
    assert_eq!(
        (&half["line"], &half["column"], &half["end_column"]),
        (&2.into(), &12.into(), &44.into())
    );
    // An API key opens something by itself, too.
    assert_eq!(run.finding(&api)["rule"], "datadog-api-key");
    assert_eq!(run.lines("finding").len(), 3);
    for format in ["human", "jsonl", "sarif", "csv"] {
        let run = f.squelch(&["scan", "--format", format]);
        for half in [&key, &secret, &api, &app] {
            let shown = format!("{}{}", run.stdout, run.stderr);
            assert!(!shown.contains(&half[..half.len() - 4]), "{format}: {shown}");
        }
        if format == "human" {
            assert!(run.stdout.contains("its other half, the api key"), "{}", run.stdout);
        }
        if format == "sarif" {
            let log: Value = serde_json::from_str(&run.stdout).expect("JSON");
            let results = log["runs"][0]["results"].as_array().expect("results");
            let is_app = |it: &&Value| it["ruleId"] == "datadog-application-key";
            let related = &results.iter().find(is_app).expect("a result")["relatedLocations"][0];
            assert_eq!(related["message"]["text"], "Its other half, the api key.");
            assert_eq!(related["physicalLocation"]["region"]["startLine"], 2);
            assert_eq!(related["id"], 1);
        }
    }
}

/// A half far away, or none, leaves a finding of one place.
#[test]
fn without_its_other_half_a_token_stands_alone() {
    let f = Fixture::new();
    let (api, app) = (f.hex(32), f.hex(40));
    let far = "# nothing\n".repeat(600);
    f.write("dd.env", format!("DD_API_KEY={api}\n{far}DD_APP_KEY={app}\n"));
    assert_eq!(f.scan(&["dd.env"]).place(&app).get("halves"), None);
}
