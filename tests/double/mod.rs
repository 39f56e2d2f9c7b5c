//! A double of the services that squelch asks about tokens, for tests: it listens on this machine,
//! answers as the vendors' sources say, misbehaves in every way that a network can, and remembers
//! each byte it was sent.
//!
//! What is answered and why stands in the module of each service. What is not settled by source or
//! by a recorded answer is left out, or said there.
//!
//! ```ignore
//! let double = Double::start();
//! let mut server = SonarServer::new("9.9", false);
//! server.add_user("grace", &["scan"]);
//! let token = server.add_token("grace", "laptop", TokenKind::User).value.clone();
//! let server = double.sonar("old", server);      // answers below {url}/old
//! // … have squelch ask {url}/old about the token …
//! assert!(lock(&server).token("laptop").last_connection.is_some());
//! assert!(double.heard().iter().all(|it| it.method == "GET"));
//! ```

#![allow(dead_code, reason = "each test that uses the double needs its part of it")]

pub(crate) mod basic;
pub(crate) mod circleci;
pub(crate) mod clock;
pub(crate) mod cloud;
pub(crate) mod connection;
pub(crate) mod fault;
pub(crate) mod http;
pub(crate) mod jenkins;
pub(crate) mod json;
pub(crate) mod mint;
pub(crate) mod proxy;
pub(crate) mod sonar;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use circleci::CircleCi;
use cloud::SonarCloud;
use connection::Step;
use fault::Fault;
use http::Request;
use jenkins::JenkinsServer;
use sonar::SonarServer;

/// A server that a test mounted and may look into, or change, between two requests. A request to it
/// waits while the test holds the lock.
pub(crate) type Shared<T> = Arc<Mutex<T>>;

/// The double. It stops listening when it is dropped.
pub(crate) struct Double {
    address: SocketAddr,
    inner: Arc<Inner>,
}

/// One request, or whatever else a connection brought.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// The name of the context that it was for; empty if none is mounted there.
    pub(crate) context: String,
    /// Empty if this was no HTTP request.
    pub(crate) method: String,
    /// As it stood in the request line.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Every byte, from the request line to the end of the body.
    pub(crate) raw: Vec<u8>,
    pub(crate) at: Instant,
}

#[derive(Default)]
pub(crate) struct Inner {
    mounts: Mutex<Vec<(String, Service)>>,
    heard: Mutex<Vec<Heard>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    stopped: AtomicBool,
}

/// Counts a connection as open for as long as it is there.
pub(crate) struct Open(Arc<Inner>);

#[derive(Clone)]
enum Service {
    Sonar(Shared<SonarServer>),
    Jenkins(Shared<JenkinsServer>),
    CircleCi(Shared<CircleCi>),
    Cloud(Shared<SonarCloud>),
    Fault(Shared<Fault>),
}

impl Double {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let inner = Arc::new(Inner::default());
        let served = Arc::clone(&inner);
        thread::spawn(move || serve(&listener, &served));
        Self { address, inner }
    }

    /// `http://127.0.0.1:PORT`, without a context path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Mounts a server below `/name`; an empty name mounts it where no other name fits.
    pub(crate) fn sonar(&self, name: &str, server: SonarServer) -> Shared<SonarServer> {
        self.mount(name, server, Service::Sonar)
    }

    pub(crate) fn jenkins(&self, name: &str, server: JenkinsServer) -> Shared<JenkinsServer> {
        self.mount(name, server, Service::Jenkins)
    }

    pub(crate) fn circleci(&self, name: &str, server: CircleCi) -> Shared<CircleCi> {
        self.mount(name, server, Service::CircleCi)
    }

    pub(crate) fn cloud(&self, name: &str, server: SonarCloud) -> Shared<SonarCloud> {
        self.mount(name, server, Service::Cloud)
    }

    pub(crate) fn fault(&self, name: &str, fault: Fault) -> Shared<Fault> {
        self.mount(name, fault, Service::Fault)
    }

    /// Everything that came in, in the order in which it was read.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        lock(&self.inner.heard).clone()
    }

    /// How many connections were made, also those that sent nothing.
    pub(crate) fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }

    /// How many connections were open at one time. One counts until its last byte goes out, or until
    /// it is noticed that the client has hung up, some milliseconds later.
    pub(crate) fn most_at_once(&self) -> usize {
        self.inner.most_open.load(Ordering::SeqCst)
    }

    fn mount<T>(&self, name: &str, server: T, kind: fn(Shared<T>) -> Service) -> Shared<T> {
        let shared = Arc::new(Mutex::new(server));
        let mut mounts = lock(&self.inner.mounts);
        mounts.retain(|(mounted, _)| mounted != name);
        mounts.push((name.to_owned(), kind(Arc::clone(&shared))));
        shared
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is to stop.
        drop(TcpStream::connect(self.address));
    }
}

impl Inner {
    /// The service with the longest name that the target's path begins with, and the rest.
    fn route<'t>(&self, target: &'t str) -> Option<(String, Service, &'t str)> {
        let path = without_origin(target);
        let mounts = lock(&self.mounts);
        let below = |name: &str| {
            if name.is_empty() {
                return Some(path);
            }
            let rest = path.strip_prefix('/')?.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
        };
        let fits = mounts.iter().filter_map(|it| below(&it.0).map(|rest| (it, rest)));
        let ((name, service), rest) = fits.max_by_key(|((name, _), _)| name.len())?;
        Some((name.clone(), service.clone(), rest))
    }
}

impl Open {
    fn new(inner: Arc<Inner>) -> Self {
        let open = inner.open.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most_open.fetch_max(open, Ordering::SeqCst);
        Self(inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Service {
    fn answer(&self, request: Request) -> Vec<Step> {
        let reply = match self {
            Self::Sonar(server) => lock(server).answer(request),
            Self::Jenkins(server) => lock(server).answer(request),
            Self::CircleCi(server) => lock(server).answer(&request),
            Self::Cloud(server) => lock(server).answer(request),
            Self::Fault(fault) => return lock(fault).answer(request),
        };
        vec![Step::Send(reply.bytes())]
    }
}

/// The value behind a lock, also if a test that held it failed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path of a target that a client sent to what it took for a proxy.
fn without_origin(target: &str) -> &str {
    let Some((_, rest)) = target.split_once("://").filter(|_| !target.starts_with('/')) else {
        return target;
    };
    rest.find('/').map_or("/", |slash| &rest[slash..])
}

fn serve(listener: &TcpListener, inner: &Arc<Inner>) {
    for stream in listener.incoming().flatten() {
        if inner.stopped.load(Ordering::SeqCst) {
            return;
        }
        let open = Open::new(Arc::clone(inner));
        inner.connections.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || connection::serve(stream, open));
    }
}
