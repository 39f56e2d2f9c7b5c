//! A real proxy, started on a port of this machine with a configuration of squelch's, and raw
//! requests to it: a client that tidies a path would test itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::double::Double;
use crate::support::{Fixture, Run};

/// Longer than either needs to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where Debian keeps Apache's modules.
const MODULES: &str = "/usr/lib/apache2/modules";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Apache,
}

pub(crate) const KINDS: [Kind; 2] = [Kind::Nginx, Kind::Apache];

/// A proxy that runs. It ends when it is dropped.
pub(crate) struct Gate {
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    child: Child,
    _fixture: Fixture,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache",
        }
    }

    fn program(self) -> PathBuf {
        let name = match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache2",
        };
        Path::new("/usr/sbin").join(name)
    }

    /// Whether it can be tested here. Where it could be installed, it has to be.
    pub(crate) fn is_there(self) -> bool {
        let program = self.program();
        if program.exists() {
            return true;
        }
        let root = rustix::process::geteuid().is_root();
        assert!(
            !root,
            "install {} for this test: apt-get install nginx-light apache2",
            program.display()
        );
        #[expect(clippy::print_stderr, reason = "what was not looked at is said")]
        {
            eprintln!(
                "SKIPPED: there is no {}, so its configuration was not tried",
                program.display()
            );
        }
        false
    }
}

/// What squelch writes for a server at this address.
pub(crate) fn snippet(kind: Kind, url: &str, service: &str) -> String {
    let run =
        Fixture::new().squelch(&["audit", url, "--service", service, "--snippet", kind.name()]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:#?}");
    run.stdout
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// Does what the reader of a snippet is told to do: puts in where the server listens. And keeps the
/// test on this machine.
pub(crate) fn installed(snippet: &str, port: u16, backend: SocketAddr) -> String {
    let inner =
        if snippet.contains("127.0.0.1:9000") { "127.0.0.1:9000" } else { "127.0.0.1:8080" };
    assert!(snippet.contains(inner), "no place for the server in:\n{snippet}");
    snippet
        .replace(inner, &backend.to_string())
        .replace(&format!("    listen {port}"), &format!("    listen 127.0.0.1:{port}"))
        .replace(&format!("Listen {port}"), &format!("Listen 127.0.0.1:{port}"))
}

impl Gate {
    /// Without a credential what is listed reaches the double as it was sent, and of the others
    /// not even a connection.
    pub(crate) fn lets_through_exactly(&self, pass: &[&str], refused: &[&str], double: &Double) {
        let kind = self.kind;
        for line in pass {
            let before = double.heard().len();
            let answer = self.ask(line, &[]);
            let heard = double.heard();
            assert_eq!(heard.len(), before + 1, "{kind:?} keeps back {line}: {answer:?}");
            let last = &heard[before];
            assert_eq!(format!("{} {}", last.method, last.target), *line, "{kind:?} changes it");
        }
        let before = double.connections();
        for line in refused {
            let answer = self.ask(line, &[]);
            // What is no request for the proxy itself it refuses in a way of its own.
            assert!(matches!(answer.status, 400..=405), "{kind:?} {line}: {answer:?}");
            assert_eq!(double.connections(), before, "{kind:?} lets {line} through: {answer:?}");
        }
    }

    /// A gate before the service at `/context` of the double.
    pub(crate) fn before(kind: Kind, double: &Double, context: &str, service: &str) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}{context}");
        let text = installed(&snippet(kind, &url, service), port, double.address());
        Self::start(kind, port, &text, Fixture::new())
    }

    pub(crate) fn start(kind: Kind, port: u16, snippet: &str, fixture: Fixture) -> Self {
        let root = fixture.root().display().to_string();
        fixture.write("gate.conf", snippet);
        fixture.write("server.conf", frame(kind, &root));
        let mut child = Command::new(kind.program())
            .args(arguments(kind, &root))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the proxy starts");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = child.try_wait().expect("a child").is_some();
            if ended || begun.elapsed() > PATIENCE {
                let _ = child.kill();
                let mut said = String::new();
                let _ = child.stderr.take().expect("a pipe").read_to_string(&mut said);
                let log = std::fs::read_to_string(fixture.path("error.log")).unwrap_or_default();
                panic!("{kind:?} does not take it: {said}{log}\n{snippet}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { kind, port, child, _fixture: fixture }
    }

    /// Sends a request line and headers as they are.
    pub(crate) fn ask(&self, line: &str, headers: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        // Nobody closes a connection that was to become a web socket.
        let upgrades = headers.iter().any(|header| header.starts_with("Upgrade"));
        let patience = if upgrades { Duration::from_secs(1) } else { PATIENCE };
        stream.set_read_timeout(Some(patience)).expect("a time");
        let more: Vec<String> = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let more = more.concat();
        let length = if line.starts_with("POST") { "Content-Length: 0\r\n" } else { "" };
        let close = if upgrades { "" } else { "Connection: close\r\n" };
        let request = format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{close}{length}{more}\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("{:?} says to {line}: {text:?}", self.kind));
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// The rest of a configuration, as a distribution has it.
fn frame(kind: Kind, root: &str) -> String {
    match kind {
        // One process, so that it ends with the test.
        Kind::Nginx => format!(
            "daemon off;\nmaster_process off;\npid {root}/pid;\nerror_log {root}/error.log;\n\
             events {{}}\nhttp {{\n    access_log off;\n    client_body_temp_path {root}/body;\n    \
             proxy_temp_path {root}/proxy;\n    fastcgi_temp_path {root}/fastcgi;\n    \
             uwsgi_temp_path {root}/uwsgi;\n    scgi_temp_path {root}/scgi;\n    \
             include {root}/gate.conf;\n}}\n"
        ),
        Kind::Apache => {
            let modules =
                ["mpm_event", "authz_core", "headers", "proxy", "proxy_http", "rewrite", "ssl"];
            let load = |name: &&str| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n");
            let load = modules.iter().map(load).collect::<Vec<_>>().concat();
            // Started as root it wants to become somebody else.
            let user = if rustix::process::geteuid().is_root() {
                "User www-data\nGroup www-data\n"
            } else {
                ""
            };
            format!(
                "ServerRoot {root}\nDefaultRuntimeDir {root}\nPidFile {root}/pid\n\
                 ErrorLog {root}/error.log\nServerName localhost\n{load}{user}Include {root}/gate.conf\n"
            )
        }
    }
}

fn arguments(kind: Kind, root: &str) -> Vec<String> {
    let conf = format!("{root}/server.conf");
    match kind {
        Kind::Nginx => ["-p", root, "-c", &conf].map(str::to_owned).to_vec(),
        Kind::Apache => ["-X", "-f", &conf].map(str::to_owned).to_vec(),
    }
}

/// Runs `squelch` with these arguments, and a fast pace.
pub(crate) fn squelch(args: &[&str], stdin: &[u8]) -> Run {
    Fixture::new().squelch_with(&[args, &["--pace", "1000"]].concat(), stdin, &[])
}
