//! The double as a program, for checks with clients that somebody else wrote: prints its URL and a
//! line of JSON with what it minted, and serves until its standard input is closed. At the end it
//! prints what it heard, without the credentials.

#[path = "mod.rs"]
mod double;

use std::io::{self, Read, Write};

use double::Double;
use double::circleci::CircleCi;
use double::cloud::SonarCloud;
use double::fault::{Fault, FaultKind};
use double::jenkins::JenkinsServer;
use double::json::{Json, object};
use double::sonar::{SonarServer, TokenKind};

fn main() -> io::Result<()> {
    let double = Double::start();
    let minted = object([
        ("sonar", sonar(&double, "sonar", "26.7")),
        ("old", sonar(&double, "old", "7.9")),
        ("cloud", cloud(&double)),
        ("jenkins", jenkins(&double)),
        ("circleci", circleci(&double)),
    ]);
    open(&double);
    faults(&double);
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n{minted}", double.url())?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    for heard in double.heard() {
        writeln!(out, "{} {}", heard.method, heard.target)?;
    }
    Ok(())
}

/// A server where `ada` administers and `grace` has three tokens, one of them expired.
fn sonar(double: &Double, name: &str, version: &str) -> Json {
    let mut server = SonarServer::new(version, true);
    server.add_user("ada", &["admin", "scan"]).password = Some("secret".to_owned());
    server.add_user("grace", &["scan"]);
    let admin = server.add_token("ada", "administration", TokenKind::User).value.clone();
    let user = server.add_token("grace", "laptop", TokenKind::User).value.clone();
    let project = server.add_token("grace", "Project scan on Jenkins", TokenKind::Project);
    let project = project.value.clone();
    let old = server.add_token("grace", "old one", TokenKind::Global);
    old.expires = Some(old.created + 3_600_000);
    let expired = old.value.clone();
    double.sonar(name, server);
    object([
        ("admin", admin.into()),
        ("user", user.into()),
        ("project", project.into()),
        ("expired", expired.into()),
    ])
}

/// A server that anybody may see, and submit analyses to.
fn open(double: &Double) {
    let mut server = SonarServer::new("8.4.2", false);
    server.anyone = vec!["scan".to_owned()];
    server.settings = vec![("email.smtp_password.secured".to_owned(), "secret".to_owned())];
    server.add_user("ada", &["admin"]);
    double.sonar("open", server);
}

fn cloud(double: &Double) -> Json {
    let mut cloud = SonarCloud::new();
    cloud.server.add_user("grace", &[]);
    cloud.add_organization("acme", &["ada", "grace"]);
    let (personal, scoped) = (cloud.add_personal("grace", "laptop"), cloud.add_scoped("acme"));
    double.cloud("cloud", cloud);
    object([("personal", personal.into()), ("scoped", scoped.into())])
}

/// A user with two tokens, an administrator and one who may not even read.
fn jenkins(double: &Double) -> Json {
    let mut server = JenkinsServer::new("2.541");
    let now = server.clock.now();
    let alice = server.add_user("alice");
    let leaked = alice.add_token("leaked", now).clone();
    let kept = alice.add_token("kept", now).value.clone();
    let admin = server.add_user("admin");
    admin.admin = true;
    let password = admin.password.clone().unwrap_or_default();
    let blind = server.add_user("blind");
    blind.may_read = false;
    let blind = blind.add_token("blind one's", now).value.clone();
    double.jenkins("jenkins", server);
    object([
        ("leaked", leaked.value.into()),
        ("leaked_uuid", leaked.uuid.into()),
        ("kept", kept.into()),
        ("admin_password", password.into()),
        ("blind", blind.into()),
    ])
}

fn circleci(double: &Double) -> Json {
    let mut server = CircleCi::default();
    let (personal, project) = (server.add_personal("grace", &["acme"]), server.add_project());
    double.circleci("circleci", server);
    object([("personal", personal.into()), ("project", project.into())])
}

/// Two faults that show whether what was built by hand is what it says.
fn faults(double: &Double) {
    for (name, what) in [("bomb", FaultKind::GzipBomb), ("short", FaultKind::ShortBody)] {
        double.fault(name, Fault::new(what, SonarServer::new("26.7", false)));
    }
}
