//! Reads the table of tokens from a real `PostgreSQL`, started for these tests, as all versions of
//! `SonarQube` lay it out. A test proves that nothing can be written on the way.
//!
//! `PostgreSQL` is needed: without it these tests fail, unless `SQUELCH_SKIP_POSTGRES` is set.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use postgres::{Client, NoTls};
use sha2::{Digest as _, Sha384};
use squelch::identity::{About, Identity, Sure};
use squelch::trace::{Ledger, SourceKind, read};
use tempfile::TempDir;

/// The password of the server's one user.
const PASSWORD: &str = "not-for-a-report";

/// A server of its own, at a socket in its own folder. It stops when dropped.
struct Server {
    programs: PathBuf,
    folder: TempDir,
}

impl Server {
    /// Starts one, or says that the tests are to be left out.
    fn start() -> Option<Self> {
        if std::env::var_os("SQUELCH_SKIP_POSTGRES").is_some() {
            return None;
        }
        let programs = programs().expect("PostgreSQL: install it, or set SQUELCH_SKIP_POSTGRES");
        // A socket's path has to be short, so not where the build's temporary files are.
        let folder = tempfile::Builder::new().prefix("sq").tempdir_in("/tmp").expect("a folder");
        let server = Self { programs, folder };
        server.prepare();
        let (data, password) = (server.path("data"), server.path("password"));
        let mut init = server.program("initdb");
        init.args(["--auth=scram-sha-256", "--username=sonar", "--encoding=UTF8", "--no-locale"]);
        init.args(["--no-sync", "--pwfile"]).arg(password).arg("--pgdata").arg(&data);
        done(&mut init);
        let options = format!("-c listen_addresses='' -k '{}' -F", server.folder.path().display());
        let mut start = server.program("pg_ctl");
        start.arg("--pgdata").arg(&data).args(["--wait", "--silent", "--log"]);
        done(start.arg(server.path("log")).args(["--options", &options, "start"]));
        Some(server)
    }

    /// Lays the folder for the user that runs the server.
    fn prepare(&self) {
        let all = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.folder.path(), all).expect("allowed");
        fs::write(self.path("password"), PASSWORD).expect("written");
        if is_root() {
            let id = |kind| text(&done(Command::new("id").args([kind, "nobody"]))).parse().ok();
            chown(self.folder.path(), id("-u"), id("-g")).expect("given away");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// One of the server's programs. They refuse to be run by root, so nobody does it instead.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if !is_root() {
            Command::new(program)
        } else if in_path("setpriv").is_some() {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=nobody",
                "--regid",
                &text(&done(&mut group())),
                "--clear-groups",
            ]);
            command.arg(program);
            command
        } else {
            let mut command = Command::new("runuser");
            command.args(["-u", "nobody", "--"]).arg(program);
            command
        };
        command.current_dir("/");
        command
    }

    fn url(&self, database: &str) -> String {
        let host = self.folder.path().display();
        format!("postgres://sonar:{PASSWORD}@/{database}?host={host}")
    }

    /// A new database with these tables.
    fn database(&self, name: &str, tables: &str) -> String {
        let mut client = Client::connect(&self.url("postgres"), NoTls).expect("a server");
        client.batch_execute(&format!("CREATE DATABASE {name}")).expect("made");
        let url = self.url(name);
        let mut client = Client::connect(&url, NoTls).expect("a database");
        client.batch_execute(tables).expect("made");
        url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.arg("--pgdata").arg(self.path("data")).args(["--mode=immediate", "--silent", "stop"]);
        // A server that never started cannot be stopped.
        let _ = stop.output();
    }
}

fn group() -> Command {
    let mut command = Command::new("id");
    command.args(["-g", "nobody"]);
    command
}

/// Runs a program that has to succeed.
fn done(command: &mut Command) -> Output {
    // A server that it starts would keep a pipe open, and a file it does not.
    let told = tempfile::NamedTempFile::new().expect("a file");
    command.stderr(told.reopen().expect("a file"));
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = fs::read_to_string(told.path()).expect("readable");
    assert!(done.status.success(), "{command:?}: {} {told}", done.status);
    done
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn is_root() -> bool {
    text(&done(Command::new("id").arg("-u"))) == "0"
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|it| it.is_file())
}

/// The folder of the server's programs: where `initdb` leads, or where Debian puts them.
fn programs() -> Option<PathBuf> {
    let named = in_path("initdb").and_then(|initdb| fs::canonicalize(initdb).ok());
    let debian = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let newest = versions.map(|it| it.path().join("bin/initdb")).filter(|it| it.is_file());
        newest.max()
    };
    named.or_else(debian)?.parent().map(Path::to_owned)
}

/// A token of this run and its SHA-384: none is ever in a file.
fn minted(prefix: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a random name");
    let seed = folder.path().to_string_lossy().into_owned();
    let token = format!("{prefix}{}", &hex(&seed)[..40]);
    let hash = hex(&token);
    (token, hash)
}

/// The SHA-384 of a text, in lower-case hex.
fn hex(text: &str) -> String {
    Sha384::digest(text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn ask(url: &str, hash: &str) -> Identity {
    let mut ledger = Ledger::default();
    read(SourceKind::SonarTokens, url, &mut ledger).expect("a table");
    assert_eq!(ledger.problems, []);
    let said = format!("{ledger:?}");
    assert!(!said.contains(PASSWORD), "{said}");
    ledger.by_digest(&[hash.to_owned()])
}

fn answers(identity: &Identity) -> Vec<(About, &str)> {
    identity.known.iter().map(|known| (known.about, known.value.as_str())).collect()
}

/// The columns that all versions have.
const FIRST: &str = "name text, token_hash text UNIQUE, created_at bigint";
const USERS: &str =
    "CREATE TABLE users (uuid text, login text, name text, email text, active bool);
    INSERT INTO users VALUES ('AX1', 'ada', 'Ada L.', 'ada@example.org', true);";
const PROJECTS: &str = "CREATE TABLE projects (uuid text, kee text);
    INSERT INTO projects VALUES ('AY2', 'acme:web');";

const OWNER: [(About, &str); 4] = [
    (About::Owner, "ada"),
    (About::OwnerName, "Ada L."),
    (About::Email, "ada@example.org"),
    (About::OwnerActive, "true"),
];
const NAME: (About, &str) = (About::TokenName, "ci");
const KIND: (About, &str) = (About::TokenKind, "PROJECT_ANALYSIS_TOKEN");
const CREATED: (About, &str) = (About::Created, "2023-11-14T22:13:20Z");
const USED: (About, &str) = (About::LastUsed, "2023-11-14T22:13:21Z");
const EXPIRES: (About, &str) = (About::Expires, "2027-01-15T08:00:00Z");

#[test]
fn every_version_of_the_table_tells_whose_token_it_is() {
    let Some(server) = Server::start() else { return };
    let layouts = [
        ("v5_3", "id int, login text", "1, 'ada'", vec![NAME, CREATED]),
        (
            "v7_7",
            "id int, user_uuid text, last_connection_date bigint",
            "1, 'AX1', 1700000001000",
            vec![NAME, CREATED, USED],
        ),
        (
            "v9_5",
            "uuid text, user_uuid text, last_connection_date bigint, project_key text, type text",
            "'1', 'AX1', NULL, 'acme:web', 'PROJECT_ANALYSIS_TOKEN'",
            vec![(About::Project, "acme:web"), NAME, KIND, CREATED],
        ),
        (
            "v9_6",
            "uuid text, user_uuid text, last_connection_date bigint, project_key text, type text, \
             expiration_date bigint",
            "'1', 'AX1', 1700000001000, 'acme:web', 'PROJECT_ANALYSIS_TOKEN', 1800000000000",
            vec![(About::Project, "acme:web"), NAME, KIND, CREATED, USED, EXPIRES],
        ),
        (
            "v10_1",
            "uuid text, user_uuid text, last_connection_date bigint, project_key text, type text, \
             expiration_date bigint, project_uuid text",
            "'1', 'AX1', NULL, 'its old key', 'PROJECT_ANALYSIS_TOKEN', NULL, 'AY2'",
            vec![(About::Project, "acme:web"), NAME, KIND, CREATED],
        ),
    ];
    for (version, columns, values, said) in layouts {
        let (_, hash) = minted("sqp_");
        let tables = format!(
            "{USERS} {PROJECTS} CREATE TABLE user_tokens ({FIRST}, {columns});
             INSERT INTO user_tokens VALUES ('ci', '{hash}', 1700000000000, {values});
             INSERT INTO user_tokens (name, token_hash) VALUES ('other', '{}');",
            minted("squ_").1
        );
        let identity = ask(&server.database(version, &tables), &hash);
        assert_eq!(answers(&identity), [&OWNER[..], &said].concat(), "{version}");
        let certain = identity.known.iter().all(|known| known.sure == Sure::Certain);
        assert!(certain, "{version}: {identity:?}");
    }
}

#[test]
fn nothing_can_be_written_on_the_way() {
    let Some(server) = Server::start() else { return };
    let (_, hash) = minted("squ_");
    // A view that writes when it is read.
    let spy = format!(
        "{USERS} CREATE TABLE log (at int);
         CREATE FUNCTION spy() RETURNS bigint LANGUAGE sql VOLATILE
         AS 'INSERT INTO log VALUES (1) RETURNING 1::bigint';
         CREATE VIEW user_tokens AS
         SELECT '{hash}' AS token_hash, 'ci' AS name, 'AX1' AS user_uuid, spy() AS created_at"
    );
    let url = server.database("spy", &spy);
    let mut ledger = Ledger::default();
    let error = read(SourceKind::SonarTokens, &url, &mut ledger).expect_err("it writes");
    let error = format!("{error:#}");
    assert!(error.contains("cannot execute INSERT in a read-only transaction"), "{error}");
    assert!(!error.contains(PASSWORD), "{error}");
    let mut client = Client::connect(&url, NoTls).expect("a database");
    let count = |client: &mut Client| -> i64 {
        client.query_one("SELECT count(*) FROM log", &[]).expect("a table").get(0)
    };
    assert_eq!(count(&mut client), 0);
    client.batch_execute("SELECT * FROM user_tokens").expect("else it writes");
    assert_eq!(count(&mut client), 1);

    // What the session says of itself. Of what a URL asks for, that is kept which does no harm.
    let settings = format!(
        "CREATE SCHEMA other; CREATE VIEW other.user_tokens AS
         SELECT '{hash}' AS token_hash, current_setting('default_transaction_read_only')
         || ' ' || current_setting('transaction_read_only')
         || ' ' || current_setting('statement_timeout') AS name"
    );
    let url = server.database("settings", &settings);
    let given = "options=-c%20search_path%3Dother%20-c%20default_transaction_read_only%3Doff";
    let identity = ask(&format!("{url}&{given}"), &hash);
    assert_eq!(identity.certain(About::TokenName), Some("on on 1min"));
}

#[test]
fn what_cannot_be_read_is_said_without_the_password() {
    let Some(server) = Server::start() else { return };
    let refused = |url: &str| {
        let mut ledger = Ledger::default();
        let error = read(SourceKind::SonarTokens, url, &mut ledger).expect_err("refused");
        assert!(ledger.read.is_empty());
        let error = format!("{error:#}");
        assert!(!error.contains(PASSWORD), "{error}");
        error
    };
    let url = server.database("empty", "");
    assert!(refused(&url).contains("no table user_tokens"));
    assert!(refused(&url.replace("/empty", "/none")).contains("database \"none\" does not exist"));
    let wrong = url.replace(PASSWORD, "wrong");
    assert!(refused(&wrong).contains("password authentication failed"));
    assert!(refused(&url.replace("host=/tmp", "host=/nowhere")).contains("cannot read"));

    // A user who may read the tokens and not who owns them.
    let (_, hash) = minted("squ_");
    let tables = format!(
        "{USERS} CREATE TABLE user_tokens ({FIRST}, user_uuid text);
         INSERT INTO user_tokens VALUES ('ci', '{hash}', 1700000000000, 'AX1');
         CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ON user_tokens TO reader"
    );
    let url = server.database("shy", &tables).replace("sonar:", "reader:");
    let identity = ask(&url, &hash);
    let likely = (About::Owner, "the user with the uuid AX1");
    assert_eq!(answers(&identity), [likely, NAME, CREATED]);
    assert_eq!(identity.certain(About::Owner), None);
}
