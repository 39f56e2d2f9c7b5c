//! A double, squelch looking at it, and what it says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::double::sonar::SonarServer;
use crate::double::{Double, Shared, mint};
use crate::support::{Fixture, Run};

/// Whatever is asked besides this machine's addresses goes to this proxy, where nobody listens: no
/// test can reach a server of the real world.
pub(crate) const NOBODY: [(&str, &str); 2] =
    [("https_proxy", "http://127.0.0.1:9"), ("http_proxy", "http://127.0.0.1:9")];

/// Runs `squelch audit` with these arguments.
pub(crate) fn audit(args: &[&str]) -> Run {
    let fast: &[&str] = if args.contains(&"--pace") { &[] } else { &["--pace", "1000"] };
    Fixture::new().squelch_with(&[&["audit"], fast, args].concat(), b"", &NOBODY)
}

/// What was said of a server.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) run: Run,
    /// By the rule's id.
    exposures: BTreeMap<String, Value>,
    pub(crate) summary: Value,
}

impl Said {
    pub(crate) fn of(url: &str, more: &[&str]) -> Self {
        Self::new(audit(&[&["--format", "jsonl", url], more].concat()))
    }

    pub(crate) fn new(run: Run) -> Self {
        let id = |line: Value| (line["rule"].as_str().expect("an id").to_owned(), line);
        let lines = run.lines("exposure");
        let exposures: BTreeMap<String, Value> = lines.iter().cloned().map(id).collect();
        assert_eq!(exposures.len(), lines.len(), "an exposure twice: {run:#?}");
        let summaries = run.lines("summary");
        assert_eq!(summaries.len(), 1, "{run:#?}");
        Self { run, exposures, summary: summaries[0].clone() }
    }

    #[track_caller]
    pub(crate) fn get(&self, id: &str) -> &Value {
        self.exposures.get(id).unwrap_or_else(|| panic!("nothing of {id}: {self:#?}"))
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.exposures.contains_key(id)
    }

    #[track_caller]
    pub(crate) fn observed(&self, id: &str) -> &str {
        self.get(id)["observed"].as_str().expect("words")
    }

    /// The ids in a state, those of mere facts left out.
    pub(crate) fn ids(&self, state: &str) -> Vec<&str> {
        let is = |line: &&Value| line["state"] == state && line["severity"] != "info";
        self.exposures.values().filter(is).map(|it| it["rule"].as_str().expect("an id")).collect()
    }
}

/// A server whose secrets are known: none of them may be printed.
pub(crate) struct Canaries(pub(crate) Vec<String>);

impl Canaries {
    /// Plants them in settings, in code, in names and in addresses of people.
    pub(crate) fn plant(server: &mut SonarServer) -> Self {
        let secret = || mint::hex(24);
        let all: Vec<String> = (0..5).map(|_| secret()).collect();
        server.settings = vec![
            ("email.smtp_password.secured".to_owned(), all[0].clone()),
            ("sonar.auth.github.clientSecret.secured".to_owned(), all[1].clone()),
            ("sonar.svn.username".to_owned(), all[2].clone()),
        ];
        server.source.clone_from(&all[3]);
        let user = server.add_user("grace", &["admin"]);
        user.email = Some(format!("{}@example.invalid", all[4]));
        Self(all)
    }

    #[track_caller]
    pub(crate) fn assert_unseen(&self, text: &str) {
        let leak = self.0.iter().find(|it| text.contains(it.as_str()));
        assert_eq!(leak, None, "{text}");
    }
}

/// A server that shows as much as it can of this version, below `/sonar`.
pub(crate) fn open_sonar(
    double: &Double,
    version: &str,
    anyone: &[&str],
) -> (String, Canaries, Shared<SonarServer>) {
    let mut server = SonarServer::new(version, false);
    server.anyone = anyone.iter().map(|&it| it.to_owned()).collect();
    let canaries = Canaries::plant(&mut server);
    let url = format!("{}/sonar", double.url());
    (url, canaries, double.sonar("sonar", server))
}
