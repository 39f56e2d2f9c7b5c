//! `SonarQube`'s table of tokens in its `PostgreSQL` database, which only the user can name.
//!
//! This is the one file that speaks to a network. It only reads: the session is read-only, and the
//! transaction is. It speaks in the clear, so it leaves this machine only where the user says so.

use std::sync::mpsc;
use std::time::Duration;
use std::{env, thread};

use anyhow::{Context as _, anyhow, bail};
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow, Transaction};

use super::table::Row;
use super::{Ledger, sonar_tokens};
use crate::problem::{Problem, ProblemCode};

/// How long the server may take to answer a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// What is asked of the session. The time is for one statement, and that for a table of some
/// thousand rows.
const SESSION: &str = "-c default_transaction_read_only=on -c statement_timeout=60s";

/// How long all of it may take, since a server that never answers is waited for otherwise.
const ALL: Duration = Duration::from_mins(5);

/// More tokens than this are not read, since they are held in memory, with up to a kilobyte each.
const MAX_ROWS: usize = 1_000_000;

/// Whether it is the address of a database, and not the name of a file.
pub(super) fn is_url(what: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| what.starts_with(scheme))
}

/// Reads the table of tokens.
pub(super) fn read(url: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    let config = config(url, env::var("PGPASSWORD").ok())?;
    let name = name(&config);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more if it took too long.
        let _ = sender.send(fetch(&config));
    });
    let answer = receiver.recv_timeout(ALL).map_err(|_| anyhow!("it does not answer"));
    let mut rows = answer.flatten().with_context(|| format!("cannot read {name}"))?;
    if rows.len() > MAX_ROWS {
        rows.truncate(MAX_ROWS);
        let why = format!("it has more than {MAX_ROWS} tokens, and the rest is not read");
        let problem = Problem::new(ProblemCode::TooMany, name.as_str(), why);
        ledger.problems.push(problem.hinted("export the table in parts"));
    }
    sonar_tokens::add(&rows, &name, ledger);
    Ok(())
}

/// How to connect. No error repeats the address, which has a password in it.
fn config(url: &str, password: Option<String>) -> anyhow::Result<Config> {
    let parsed = url.parse::<Config>();
    // Behind the first @ of a password, the rest of it is taken for a host, a name or an option.
    let of_password = |config: &Config| {
        let tcp = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
        config.get_hosts().iter().any(tcp) || config.get_dbname().is_some_and(|it| it.contains('@'))
    };
    if url.matches('@').count() > 1 && parsed.as_ref().map_or(true, of_password) {
        bail!("the database's address has more than one @: write that of a password as %40");
    }
    let mut config = parsed.context("it is no address of a PostgreSQL database")?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        bail!(
            "the database's address has no host: write postgres://user@localhost/sonarqube, or \
             postgres:///sonarqube?host=/var/run/postgresql for the socket of this machine"
        );
    }
    match config.get_ssl_mode() {
        SslMode::Disable => {}
        SslMode::Prefer if is_local(&config) => {}
        _ => bail!(
            "this reads a database without TLS only: lead it through an SSH tunnel to localhost, \
             add sslmode=disable where you trust the network, or export the table:\n{}",
            sonar_tokens::QUERY
        ),
    }
    if let (None, Some(password)) = (config.get_password(), password) {
        config.password(password);
    }
    // What comes last counts.
    let options = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
    config.options(&format!("{options}{SESSION}"));
    config.ssl_mode(SslMode::Disable).connect_timeout(CONNECT).application_name("squelch");
    Ok(config)
}

/// Whether all that is said to the server stays on this machine.
fn is_local(config: &Config) -> bool {
    // An address is what counts where there is one: the host is then a name to show.
    if !config.get_hostaddrs().is_empty() {
        return !config.get_hostaddrs().iter().any(|address| !address.is_loopback());
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

/// What the database is called in a report: without user and password.
fn name(config: &Config) -> String {
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.to_string_lossy().into_owned(),
    });
    let host = host.or_else(|| config.get_hostaddrs().first().map(ToString::to_string));
    let database = config.get_dbname().or(config.get_user()).unwrap_or("postgres");
    format!("the database {database} at {}", host.unwrap_or_default())
}

fn fetch(config: &Config) -> anyhow::Result<Vec<Row>> {
    let mut client: Client = config.connect(NoTls)?;
    let mut transaction = client.build_transaction().read_only(true).start()?;
    let has = |table: &str, transaction: &mut Transaction<'_>| columns(table, transaction);
    let tokens = has("user_tokens", &mut transaction)?;
    let users = has("users", &mut transaction)?;
    let projects = has("projects", &mut transaction)?;
    if !tokens.iter().any(|column| column == "token_hash") {
        bail!(
            "it has no table user_tokens with a column token_hash that this user may read: name \
             SonarQube's own database, and add options=-c%20search_path%3DNAME if its tables are \
             in a schema of another name than public"
        );
    }
    let rows = transaction.simple_query(&select(&tokens, &users, &projects))?;
    let rows = rows.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(to_row(&row)),
        _ => None,
    });
    Ok(rows.collect())
}

/// The columns of a table that the user may read; none if there is no such table.
fn columns(table: &str, transaction: &mut Transaction<'_>) -> anyhow::Result<Vec<String>> {
    let query = "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1::text) \
                 AND attnum > 0 AND NOT attisdropped \
                 AND has_column_privilege(attrelid, attnum, 'SELECT')";
    let rows = transaction.query(query, &[&table])?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Asks for what the tables of this version have.
fn select(tokens: &[String], users: &[String], projects: &[String]) -> String {
    let has = |table: &[String], column: &str| table.iter().any(|name| name == column);
    let mut fields = vec!["t.token_hash".to_owned()];
    let mut joins = String::new();
    for column in ["type", "created_at", "last_connection_date", "expiration_date", "user_uuid"] {
        if has(tokens, column) {
            fields.push(format!("t.{column}"));
        }
    }
    if has(tokens, "name") {
        fields.push("t.name AS token_name".to_owned());
    }
    // Before 7.2 a token had its owner's login, and since then the uuid.
    let owner = [("user_uuid", "uuid"), ("login", "login")]
        .into_iter()
        .find(|(own, other)| has(tokens, own) && has(users, other));
    if let Some((own, other)) = owner {
        joins = format!(" LEFT JOIN users u ON u.{other} = t.{own}");
        let of_user = ["login", "name", "email", "active"].into_iter();
        fields.extend(of_user.filter(|name| has(users, name)).map(|name| format!("u.{name}")));
    } else if has(tokens, "login") {
        fields.push("t.login".to_owned());
    }
    // From 10.1 on the project is known by uuid, and the key is what it once was.
    if has(tokens, "project_uuid") && has(projects, "uuid") && has(projects, "kee") {
        joins += " LEFT JOIN projects p ON p.uuid = t.project_uuid";
        fields.push("p.kee AS project_key".to_owned());
    } else {
        let own = ["project_key", "project_uuid"].into_iter();
        fields.extend(own.filter(|name| has(tokens, name)).map(|name| format!("t.{name}")));
    }
    let fields = fields.join(", ");
    let limit = MAX_ROWS + 1;
    format!("SELECT {fields} FROM user_tokens t{joins} ORDER BY t.token_hash LIMIT {limit}")
}

fn to_row(row: &SimpleQueryRow) -> Row {
    let cells = row.columns().iter().enumerate().filter_map(|(at, column)| {
        let cell = row.try_get(at).ok().flatten()?;
        Some((column.name().to_owned(), cell.to_owned()))
    });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        format!("{:#}", config(url, None).expect_err("refused"))
    }

    #[test]
    fn no_error_and_no_name_has_the_password() {
        for url in [
            "postgres://u:not@hunter2@localhost/db",
            "postgres://u:not@x/hunter2@localhost/db",
            "postgres://u:not@x?hunter2=1@localhost/db",
            "postgres://u:hunter2@/db",
            "postgres://u:hunter2@localhost:port/db",
            "postgres://u:hunter2@localhost/db?sslmode=hunter",
            "postgres://u:hunter2@localhost/db?nothing=1",
            "postgres://u:hunter2@db.example.org/db",
            "postgres://u:hunter2@localhost/db?sslmode=require",
            "postgres://u:hunter2@localhost:1/db",
        ] {
            let mut ledger = Ledger::default();
            let error = format!("{:#}", read(url, &mut ledger).expect_err("refused"));
            assert!(!error.contains("hunter2"), "{error}");
        }
        let config = config("postgres://u:hunter2@localhost/db", None).expect("a database");
        assert_eq!(name(&config), "the database db at localhost");
    }

    #[test]
    fn it_leaves_the_machine_in_the_clear_only_where_that_is_said() {
        for host in ["db.example.org", "localhost,db.example.org", "10.0.0.1", "127.0.0.1.example"]
        {
            assert!(refused(&format!("postgres://u@{host}/db")).contains("TLS"), "{host}");
        }
        let fronted = "postgres://u@localhost/db?hostaddr=192.0.2.1";
        assert!(refused(fronted).contains("TLS"));
        for url in [
            "postgresql://u@127.0.0.1:5433/db",
            "postgres://u@[::1]/db",
            "postgres:///db?host=/var/run/postgresql",
            "postgres://u@db.example.org/db?sslmode=disable",
        ] {
            assert!(config(url, None).is_ok(), "{url}");
        }
    }

    #[test]
    fn the_password_is_the_addresss_or_else_that_of_the_environment() {
        let password = |url| {
            let config = config(url, Some("env".to_owned())).expect("a database");
            config.get_password().map(<[u8]>::to_vec)
        };
        assert_eq!(password("postgres://u:own@localhost/db"), Some(b"own".to_vec()));
        assert_eq!(password("postgres://u@localhost/db"), Some(b"env".to_vec()));
    }
}
