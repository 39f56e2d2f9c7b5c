//! Versions by forced authentication by what the group Anyone may do: what is said to be open is
//! what the double, asked by hand, shows.

use crate::double::Double;
use crate::double::lock;
use crate::stage::{Said, open_sonar};

const VERSIONS: [&str; 9] = ["5.6", "7.3", "7.9", "8.4.2", "8.9", "9.1", "9.9", "10.0", "2025.4"];
const ANYONE: [&[&str]; 5] =
    [&[], &["scan"], &["provisioning"], &["scan", "gateadmin"], &["admin"]];

/// What has to be open without a credential, by the facts of each version.
fn expected(version: &str, anyone: &[&str]) -> Vec<&'static str> {
    let number: Vec<u32> = version.split('.').map(|part| part.parse().expect("a number")).collect();
    let since = |major, minor| (number[0], number[1]) >= (major, minor);
    let may = |permission: &str| anyone.contains(&permission);
    let trusted = may("scan") || may("admin");
    let cases = [
        ("sonarqube-anonymous-access", true),
        ("sonarqube-anyone-administers", may("admin")),
        ("sonarqube-anyone-manages", may("provisioning") || may("gateadmin")),
        ("sonarqube-anyone-scans", may("scan")),
        ("sonarqube-plugins", !since(9, 7)),
        ("sonarqube-projects", true),
        ("sonarqube-secret-names", since(9, 1) && trusted),
        ("sonarqube-secured-settings", !since(9, 1) && trusted),
        ("sonarqube-service-settings", true),
        ("sonarqube-system-info", may("admin")),
        ("sonarqube-user-identities", !since(7, 4) || may("admin")),
        ("sonarqube-users", true),
    ];
    cases.into_iter().filter(|(_, open)| *open).map(|(id, _)| id).collect()
}

#[test]
fn what_is_open_is_what_the_version_and_the_permissions_open() {
    for version in VERSIONS {
        let double = Double::start();
        let (url, canaries, server) = open_sonar(&double, version, &[]);
        for anyone in ANYONE {
            let permissions = anyone.iter().map(|&it| it.to_owned()).collect();
            lock(&server).anyone = permissions;
            lock(&server).force_auth = false;
            let said = Said::of(&url, &[]);
            assert_eq!(said.ids("open"), expected(version, anyone), "{version} {anyone:?}");
            assert_eq!(said.ids("unknown"), Vec::<&str>::new(), "{version} {anyone:?}");
            // A vulnerability is named where both the answer and the version show it.
            let secrets = said.get("sonarqube-secured-settings");
            assert_eq!(secrets["cve"].is_string(), secrets["state"] == "open", "{version}");
            let identities = &said.get("sonarqube-user-identities")["cve"];
            assert_eq!(identities.is_string(), ["5.6", "7.3"].contains(&version), "{version}");
            canaries.assert_unseen(&said.run.stdout);
            lock(&server).force_auth = true;
            let said = Said::of(&url, &[]);
            assert_eq!((said.run.code, said.ids("open").len()), (Some(0), 0), "{said:#?}");
        }
    }
}
