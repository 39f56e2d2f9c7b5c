//! The way to the server: who one is, over TLS, and again where it was cut.

use std::fmt::{Display, Write as _};
use std::future::Future;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use async_nats::jetstream::{self, Context as Jetstream};
use async_nats::{Client, ConnectOptions, Event};
use tokio::sync::Notify;
use zeroize::Zeroizing;

/// How long to wait before something is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Which of the three users of a fleet speaks: each gets its answers under a name of its own, so that
/// a server can keep them from reading each other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Submit,
    Worker,
    Collect,
}

impl Role {
    /// Where answers go to.
    fn inbox(self) -> &'static str {
        match self {
            Self::Submit => "_INBOX.squelch-submit",
            Self::Worker => "_INBOX.squelch-worker",
            Self::Collect => "_INBOX.squelch-collect",
        }
    }
}

/// A server, and how it is reached.
#[derive(Debug, Default)]
pub struct Server {
    /// Its addresses: several where they are one cluster.
    pub urls: Vec<String>,
    /// A file of NATS credentials: a JWT and its NKEY.
    pub creds: Option<PathBuf>,
    /// A user and a password.
    pub login: Option<(String, Zeroizing<String>)>,
    /// Certificate authorities instead of the system's.
    pub ca: Option<PathBuf>,
    /// A certificate of one's own, and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Whether everybody on the way may read along.
    pub plain: bool,
    /// Whether to say when the connection is lost and found.
    pub quiet: bool,
}

/// A connection.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) jetstream: Jetstream,
    heard: Arc<Heard>,
    /// How long to wait for a server that does not answer.
    patience: Duration,
    /// Whether to say that it is waited for.
    quiet: bool,
}

/// What came of a connection.
#[derive(Debug, Default)]
struct Heard {
    /// What the server refused, which no patience helps against.
    refused: Mutex<Option<String>>,
    /// Told of it.
    refusal: Notify,
    lost: AtomicBool,
}

impl Server {
    /// Runs something with a connection.
    pub(super) fn with<T, F: Future<Output = Result<T>>>(
        &self,
        role: Role,
        patience: Duration,
        run: impl FnOnce(Link) -> F,
    ) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async { run(self.connect(role, patience).await?).await })
    }

    async fn connect(&self, role: Role, patience: Duration) -> Result<Link> {
        let heard = Arc::new(Heard::default());
        let options = self.options(role, Arc::clone(&heard)).await?;
        let addresses = self.addresses()?;
        let shown = self.urls.join(", ");
        let client = options.connect(addresses).await.map_err(|error| {
            anyhow::anyhow!("there is no connection to {shown}: {}", advised(&causes(&error)))
        })?;
        let jetstream = jetstream::new(client.clone());
        Ok(Link { client, jetstream, heard, patience, quiet: self.quiet })
    }

    async fn options(&self, role: Role, heard: Arc<Heard>) -> Result<ConnectOptions> {
        let quiet = self.quiet;
        let mut options = ConnectOptions::new()
            .name("squelch")
            .custom_inbox_prefix(role.inbox())
            // Only the hosts that the user named are spoken to.
            .ignore_discovered_servers()
            .event_callback(move |event| {
                note(&event, quiet, &heard);
                async {}
            });
        if let Some((user, password)) = &self.login {
            options = options.user_and_password(user.clone(), password.to_string());
        }
        if let Some(path) = &self.creds {
            let read = options.credentials_file(path).await;
            options = read.with_context(|| format!("--creds {}", path.display()))?;
        }
        if let Some(path) = &self.ca {
            options = options.add_root_certificates(path.clone());
        }
        if let Some((certificate, key)) = &self.certificate {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        // Whoever names certificates means TLS.
        let named = self.ca.is_some() || self.certificate.is_some();
        let loopback = self.urls.iter().all(|url| is_loopback(url));
        Ok(options.require_tls(named || !self.plain && !loopback))
    }

    fn addresses(&self) -> Result<Vec<async_nats::ServerAddr>> {
        if self.urls.is_empty() {
            bail!("no server is named: --nats tls://nats.example.com");
        }
        let address = |url: &String| {
            let scheme = url.split_once("://").map(|(scheme, _)| scheme);
            if !matches!(scheme, Some("nats" | "tls")) {
                bail!("--nats: an address begins with tls:// or nats://");
            }
            let address: async_nats::ServerAddr =
                url.parse().map_err(|_| anyhow::anyhow!("--nats: this is no address"))?;
            if address.has_user_pass() || address.password().is_some() {
                bail!("--nats: a credential in an address is seen by all who can list processes");
            }
            Ok(address)
        };
        self.urls.iter().map(address).collect()
    }
}

/// Whether a connection stays on this machine.
fn is_loopback(url: &str) -> bool {
    let Ok(address) = url.parse::<async_nats::ServerAddr>() else { return false };
    let host = address.host().trim_start_matches('[').trim_end_matches(']');
    let ip = host.parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// Tells what becomes of a connection, and keeps what the server does not let us do.
fn note(event: &Event, quiet: bool, heard: &Heard) {
    match event {
        Event::ServerError(error) if error.to_string().contains("Permissions Violation") => {
            *heard.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            heard.refusal.notify_one();
            return;
        }
        Event::Connected if !heard.lost.swap(false, Ordering::Relaxed) => return,
        Event::Disconnected => heard.lost.store(true, Ordering::Relaxed),
        Event::Connected | Event::ServerError(_) => (),
        _ => return,
    }
    if !quiet {
        say(format_args!("nats: {event}"));
    }
}

impl Link {
    /// Tries something until it works, as long as the server may come back.
    pub(super) async fn until_done<T, E, F>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T>
    where
        E: std::error::Error + 'static,
        F: Future<Output = std::result::Result<T, E>>,
    {
        let started = Instant::now();
        let mut said = self.quiet;
        loop {
            // The server drops what it refuses, and says so beside: no answer would come.
            let error = tokio::select! {
                tried = attempt() => match tried {
                    Ok(done) => return Ok(done),
                    Err(error) => causes(&error),
                },
                () = self.heard.refusal.notified() => String::new(),
            };
            self.check(what)?;
            if started.elapsed() > self.patience {
                bail!("{what}: {}", advised(&error));
            }
            if !said {
                said = true;
                let seconds = self.patience.as_secs();
                say(format_args!("{what}: {error}; tried again, for {seconds} s at most"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// An error if the server has refused something to this user.
    pub(super) fn check(&self, what: &str) -> Result<()> {
        match &*self.heard.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(why) => bail!("{what}: this user may not ({why})"),
            None => Ok(()),
        }
    }
}

/// The words of the library, and what they mean for whoever has to do something about it.
fn advised(error: &str) -> String {
    let has = |words: &[&str]| words.iter().any(|word| error.contains(word));
    let advice = if has(&["authorization violation"]) {
        "\n  help: $SQUELCH_NATS_USER and $SQUELCH_NATS_PASSWORD, --creds or --nats-cert say who asks"
    } else if has(&["InvalidContentType"]) {
        "\n  help: it does not speak TLS there: has its configuration a tls { } block?"
    } else if has(&["JetStream resource does not exist", "jetstream unavailable"]) {
        "\n  help: JetStream has to be on there: a jetstream { } block in its configuration"
    } else {
        ""
    };
    format!("{error}{advice}")
}

/// An error with all that led to it.
pub(super) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // Or the same with the name of who said it: `nats: authorization violation`.
        if !text.contains(cause_text.trim_start_matches("nats: ")) {
            let _ = write!(text, ": {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// Says something to whoever watches.
pub(super) fn say(line: impl Display) {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_on_this_machine_goes_without_tls() {
        for url in ["nats://localhost", "nats://127.0.0.1:4222", "nats://[::1]:4222"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "nats://nats.example.com",
            "nats://10.0.0.1",
            "nats://localhost.example.com",
            "nats://",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
