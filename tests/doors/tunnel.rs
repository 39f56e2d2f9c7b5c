//! A proxy that clients ask to connect them, and that keeps every byte they say.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::double::lock;
use crate::front::listen;

/// What it does when it is asked to connect.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Connects to this address, whatever the name: no name here needs a resolver.
    To(SocketAddr),
    /// The same if these credentials come with it, else 407.
    Guarded(SocketAddr, &'static str),
    /// Answers so and hangs up.
    Says(&'static [u8]),
    Silent,
}

pub(crate) struct Tunnel {
    pub(crate) address: SocketAddr,
    said: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Tunnel {
    pub(crate) fn new(manner: Manner) -> Self {
        let said = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&said);
        let address = listen(move |stream| {
            let _ = serve(stream, &manner, &noted);
        });
        Self { address, said }
    }

    /// `http://127.0.0.1:PORT`, with these credentials before the host (`name:password@`).
    pub(crate) fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}{}", self.address)
    }

    /// All that clients said, a connection each.
    pub(crate) fn said(&self) -> Vec<Vec<u8>> {
        lock(&self.said).clone()
    }

    /// The first lines.
    pub(crate) fn asked(&self) -> Vec<String> {
        let line = |said: &Vec<u8>| {
            String::from_utf8_lossy(said).lines().next().unwrap_or_default().to_owned()
        };
        self.said().iter().map(line).collect()
    }
}

fn serve(
    mut client: TcpStream,
    manner: &Manner,
    said: &Arc<Mutex<Vec<Vec<u8>>>>,
) -> std::io::Result<()> {
    let at = {
        let mut said = lock(said);
        said.push(Vec::new());
        said.len() - 1
    };
    let note = |bytes: &[u8]| lock(said)[at].extend_from_slice(bytes);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte)? == 1 {
        head.push(byte[0]);
        note(&byte);
    }
    let to = match manner {
        Manner::To(to) => to,
        Manner::Guarded(to, credentials) if has(&head, credentials) => to,
        Manner::Guarded(..) => return hang_up(&mut client, DENIED, note),
        Manner::Says(answer) => return hang_up(&mut client, answer, note),
        Manner::Silent => return hang_up(&mut client, b"", note),
    };
    let mut server = TcpStream::connect(to)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut back, mut answers) = (client.try_clone()?, server.try_clone()?);
    let answering = thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Write);
    });
    let mut part = [0; 4096];
    loop {
        let length = client.read(&mut part)?;
        if length == 0 {
            break;
        }
        note(&part[..length]);
        server.write_all(&part[..length])?;
    }
    let _ = server.shutdown(Shutdown::Write);
    let _ = answering.join();
    Ok(())
}

const DENIED: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
    Proxy-Authenticate: Basic realm=\"tests\"\r\nContent-Length: 0\r\n\r\n";

fn has(head: &[u8], credentials: &str) -> bool {
    let line = format!("\r\nProxy-Authorization: Basic {credentials}\r\n");
    head.windows(line.len()).any(|part| part.eq_ignore_ascii_case(line.as_bytes()))
}

/// Answers, and writes down what comes all the same. Nothing to say is a wait.
fn hang_up(client: &mut TcpStream, answer: &[u8], note: impl Fn(&[u8])) -> std::io::Result<()> {
    client.write_all(answer)?;
    if !answer.is_empty() {
        client.shutdown(Shutdown::Write)?;
    }
    let mut rest = Vec::new();
    let read = client.read_to_end(&mut rest);
    note(&rest);
    read.map(|_| ())
}
