//! What a process shows of the token that it asks about, while it does.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::double::lock;
use crate::front::listen;
use crate::stage::Stage;

/// Long enough for a machine under load.
const PATIENCE: Duration = Duration::from_secs(20);

/// Hands requests on to a double, but holds the first that has the token until it is let go.
struct Gate {
    port: u16,
    came: Receiver<()>,
    open: Arc<(Mutex<bool>, Condvar)>,
}

impl Gate {
    fn new(stage: &Stage) -> Self {
        let (tell, came) = channel();
        let open = Arc::new((Mutex::new(false), Condvar::new()));
        let (gate, to, spellings) = (Arc::clone(&open), stage.double.address(), stage.spellings());
        let address = listen(move |mut client| {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && matches!(client.read(&mut byte), Ok(1)) {
                head.push(byte[0]);
            }
            let holds = |needle: &Vec<u8>| head.windows(needle.len()).any(|part| part == needle);
            if spellings.iter().any(holds) {
                let _ = tell.send(());
                let (is_open, bell) = &*gate;
                let shut = |is_open: &mut bool| !*is_open;
                drop(bell.wait_timeout_while(lock(is_open), PATIENCE, shut));
            }
            let Ok(mut server) = TcpStream::connect(to) else { return };
            let mut answer = Vec::new();
            let _ = server.write_all(&head).and_then(|()| server.read_to_end(&mut answer));
            let _ = client.write_all(&answer);
        });
        Self { port: address.port(), came, open }
    }

    fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn let_go(&self) {
        *lock(&self.open.0) = true;
        self.open.1.notify_all();
    }
}

/// Starts a command, gives it the token, and waits until it has sent it.
fn asking(stage: &Stage, gate: &Gate, command: &mut Command) -> Child {
    let mut child = command.spawn().expect("squelch starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(stage.token.as_bytes()).expect("it reads");
    drop(input);
    gate.came.recv_timeout(PATIENCE).expect("the token was sent");
    child
}

/// A file of the process, or nothing where nobody may read it.
fn of_process(child: &Child, name: &str) -> Vec<u8> {
    fs::read(format!("/proc/{}/{name}", child.id())).unwrap_or_default()
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status();
    assert!(status.expect("a shell").success());
}

/// Every file below a folder.
fn files(folder: &Path, all: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, all);
        } else {
            all.push(fs::read(&path).expect("a file"));
        }
    }
}

#[test]
fn the_token_is_in_no_argument_no_variable_and_no_file() {
    let stage = Stage::new();
    let gate = Gate::new(&stage);
    let child = asking(&stage, &gate, &mut stage.command(&gate.origin()));
    let arguments = of_process(&child, "cmdline");
    assert!(arguments.windows(6).any(|part| part == b"verify"), "not even its name");
    stage.assert_unseen(&arguments, "an argument");
    stage.assert_unseen(&of_process(&child, "environ"), "a variable");
    stage.assert_unseen(&of_process(&child, "comm"), "the name of the process");
    let children = of_process(&child, &format!("task/{}/children", child.id()));
    assert!(children.is_empty(), "it runs {}", String::from_utf8_lossy(&children));
    // HOME, TMPDIR and the current folder.
    let mut left = Vec::new();
    files(stage.fixture.root(), &mut left);
    assert_eq!(left.len(), 1, "the CA's file is all there is");
    // Nor a file elsewhere, or one without a name.
    let open = fs::read_dir(format!("/proc/{}/fd", child.id()));
    for entry in open.into_iter().flatten().flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let is_file = fs::metadata(entry.path()).is_ok_and(|it| it.is_file());
        assert!(!is_file, "{} is open", target.display());
    }
    gate.let_go();
    let Output { stdout, stderr, status } = child.wait_with_output().expect("it ends");
    assert_eq!(status.code(), Some(1), "{}", String::from_utf8_lossy(&stderr));
    stage.assert_unseen(&stdout, "what it printed");
    stage.assert_unseen(&stderr, "what it said");
    left.clear();
    files(stage.fixture.root(), &mut left);
    assert_eq!(left.len(), 1, "the CA's file is all there is");
}

#[test]
fn a_crash_leaves_no_core() {
    let stage = Stage::new();
    for scans in [false, true] {
        let gate = Gate::new(&stage);
        let mut plain = stage.command(&gate.origin());
        if scans {
            plain = scan(&stage, &gate);
        }
        let mut command = with_cores(&plain);
        let child = asking(&stage, &gate, &mut command);
        let limits = String::from_utf8(of_process(&child, "limits")).expect("text");
        let core = limits.lines().find(|line| line.starts_with("Max core file size"));
        let numbers: Vec<&str> = core.expect("a limit").split_whitespace().skip(4).collect();
        assert_eq!(numbers[..2], ["0", "0"], "soft and hard");
        // What no other process of the user may look into is root's.
        let environ = fs::metadata(format!("/proc/{}/environ", child.id())).expect("it is there");
        assert_eq!(environ.uid(), 0, "other processes may read its memory");
        signal(&child, "ABRT");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.signal(), Some(6), "{:?}", output.status);
        assert!(!output.status.core_dumped());
        gate.let_go();
    }
}

/// `squelch scan --verify` of what the test writes to standard input.
fn scan(stage: &Stage, gate: &Gate) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squelch"));
    let endpoint = format!("sonarqube-server={}/sonar", gate.origin());
    command.current_dir(stage.fixture.root()).args(["scan", "-", "--verify", "--endpoint"]);
    command.arg(endpoint);
    command
}

/// The same, from a shell that allows cores, in an empty environment.
fn with_cores(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .current_dir(command.get_current_dir().expect("one was set"))
        .args(["-c", "ulimit -c $(ulimit -H -c); exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}
