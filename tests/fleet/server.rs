//! A real server, which can be killed and started again.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::wait_until;

/// A server that is ended when the test is.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    pub(crate) port: u16,
    pub(crate) scheme: &'static str,
}

/// The environment that the documented configuration wants.
const ENV: [(&str, &str); 4] = [
    ("SQUELCH_STORE_KEY", "key-of-the-store"),
    ("SUBMIT_PASSWORD", "submits"),
    ("WORKER_PASSWORD", "works"),
    ("COLLECT_PASSWORD", "collects"),
];

impl Server {
    /// Starts a server in a folder that has a `nats-server.conf`; nothing where there is no such
    /// program.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let port = free_port();
        let Some(child) = spawn(folder, port) else {
            assert!(std::env::var_os("SQUELCH_NATS").is_none(), "nats-server does not start");
            #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
            {
                eprintln!("skipped: there is no nats-server");
            }
            return None;
        };
        let mut server = Self { child, folder: folder.to_owned(), port, scheme: "nats" };
        server.wait();
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port)
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Starts it again, with the files that it left.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&self.folder, self.port).expect("it starts again");
        self.wait();
    }

    fn wait(&mut self) {
        wait_until("the server does not start", || {
            let ended = self.child.try_wait().expect("a status");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
        });
    }

    /// Says something by the protocol itself, and returns what the server answered.
    pub(crate) fn says(&self, login: &str, lines: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
        let (user, password) = login.split_once(':').unwrap_or_default();
        let connect = format!(
            "CONNECT {{\"verbose\":false,\"user\":\"{user}\",\"pass\":\"{password}\",\"headers\":true}}\r\n"
        );
        let all = format!("{connect}{lines}PING\r\n");
        stream.write_all(all.as_bytes()).expect("written");
        let (mut answer, mut part) = (String::new(), [0; 4096]);
        while !answer.contains("PONG\r\n") {
            let read = stream.read(&mut part).expect("an answer");
            assert!(read > 0, "it hung up: {answer}");
            answer.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16) -> Option<Child> {
    let program = std::env::var_os("SQUELCH_NATS").unwrap_or_else(|| "nats-server".into());
    Command::new(program)
        .current_dir(folder)
        .args(["-c", "nats-server.conf", "-a", "127.0.0.1", "-p", &port.to_string()])
        .args(["-l", "nats-server.log"])
        .envs(ENV)
        .stdin(Stdio::null())
        .spawn()
        .ok()
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}
