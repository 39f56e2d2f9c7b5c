//! One connection: a request is read and written down, the answer goes out step by step, and the
//! connection is closed.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use std::{iter, thread};

use super::http::{Reply, Request};
use super::{Heard, Inner, Open, lock};

/// More than any client should send.
const MAX_HEAD: usize = 1 << 20;
const MAX_BODY: usize = 16 << 20;
/// A client that says nothing for so long has gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a step that waits looks whether it still has to.
const TICK: Duration = Duration::from_millis(20);

/// A part of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// One byte at a time, with this pause after each.
    Drip(Vec<u8>, Duration),
    /// The same again until the client hangs up.
    Repeat(Vec<u8>),
    /// Says nothing until the client hangs up.
    Hold,
    /// Breaks the connection off, so that the client sees a reset and no end.
    Reset,
}

impl Step {
    /// Parts the last byte of a drip from the others.
    fn split(self) -> Vec<Self> {
        match self {
            Self::Drip(mut bytes, pause) => {
                let last = bytes.pop().into_iter().collect();
                vec![Self::Drip(bytes, pause), Self::Send(last)]
            }
            step => vec![step],
        }
    }
}

pub(crate) fn serve(mut stream: TcpStream, open: Open) {
    let inner = Arc::clone(&open.0);
    // Neither can fail on a connection that was just accepted, nor does it matter if it does.
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let mut raw = Vec::new();
    let complete = read_head(&mut stream, &mut raw);
    if raw.is_empty() {
        return;
    }
    let at = Instant::now();
    let Some((mut request, target)) = Request::parse_head(&raw).filter(|_| complete) else {
        note(&inner, String::new(), &Request::default(), String::new(), raw, at);
        let _ = stream.write_all(&Reply::empty(400).bytes());
        return;
    };
    let route = inner.route(&target);
    let context = route.as_ref().map(|(name, ..)| name.clone()).unwrap_or_default();
    let length = request.body_length();
    let body = read_body(&mut stream, &mut raw, length);
    request.body = raw[raw.len().saturating_sub(body)..].to_vec();
    note(&inner, context, &request, target.clone(), raw, at);
    let head_only = request.method == "HEAD";
    let steps = match route {
        Some((_, service, below)) => {
            request.aim(below);
            service.answer(request)
        }
        None => vec![Step::Send(Reply::empty(404).bytes())],
    };
    if !steps.iter().any(|step| matches!(step, Step::Reset)) {
        read_some(&mut stream, &mut [0]);
    }
    run(&mut stream, open, steps, head_only);
}

/// Reads up to the empty line, byte for byte, since nothing behind it is to be taken yet.
fn read_head(stream: &mut TcpStream, raw: &mut Vec<u8>) -> bool {
    let mut byte = [0];
    while raw.len() < MAX_HEAD && matches!(stream.read(&mut byte), Ok(1)) {
        raw.push(byte[0]);
        // The line feed is left where it is: a connection that closes with a byte unread is reset.
        if raw.ends_with(b"\r\n\r") {
            raw.push(b'\n');
            return true;
        }
    }
    false
}

/// Reads the body except for the last byte of all, and says how long the body is.
fn read_body(stream: &mut TcpStream, raw: &mut Vec<u8>, length: usize) -> usize {
    let mut body = vec![0; length.min(MAX_BODY)];
    let read = read_some(stream, &mut body);
    // The first byte read is the line feed that ended the head.
    raw.extend_from_slice(&body[read.min(1)..read]);
    if length > 0 && read == length {
        let mut last = [0];
        if matches!(stream.peek(&mut last), Ok(1)) {
            raw.push(last[0]);
            return read;
        }
    }
    read.saturating_sub(1)
}

fn read_some(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    let mut read = 0;
    while read < buffer.len() {
        match stream.read(&mut buffer[read..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => read += count,
        }
    }
    read
}

fn note(
    inner: &Inner,
    context: String,
    request: &Request,
    target: String,
    raw: Vec<u8>,
    at: Instant,
) {
    let Request { method, headers, body, .. } = request.clone();
    lock(&inner.heard).push(Heard { context, method, target, headers, body, raw, at });
}

/// Takes the steps until one fails, which means that the client has hung up. The connection no
/// longer counts as open when its last bytes go out: a client that has them may open the next.
fn run(stream: &mut TcpStream, open: Open, steps: Vec<Step>, head_only: bool) {
    let inner = Arc::clone(&open.0);
    let mut open = Some(open);
    let mut steps = steps.into_iter().flat_map(Step::split).peekable();
    while let Some(step) = steps.next() {
        if let Step::Reset = step {
            return;
        }
        if steps.peek().is_none() && matches!(step, Step::Send(_)) {
            drop(open.take());
        }
        if !take(stream, &inner, step, head_only) {
            break;
        }
    }
    drop(open);
    let _ = stream.shutdown(Shutdown::Write);
}

fn take(stream: &mut TcpStream, inner: &Inner, step: Step, head_only: bool) -> bool {
    match step {
        Step::Send(mut bytes) => {
            let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = head.filter(|_| head_only) {
                bytes.truncate(end + 4);
            }
            stream.write_all(&bytes).is_ok()
        }
        Step::Drip(bytes, pause) => bytes
            .iter()
            .all(|byte| stream.write_all(&[*byte]).is_ok() && wait(stream, inner, Some(pause))),
        Step::Repeat(bytes) => {
            let going = || !inner.stopped.load(Ordering::SeqCst);
            iter::repeat_with(|| stream.write_all(&bytes)).all(|sent| sent.is_ok() && going());
            false
        }
        Step::Hold => wait(stream, inner, None),
        Step::Reset => false,
    }
}

/// Waits for so long, or for ever; false as soon as the client has hung up or the double stops.
fn wait(stream: &TcpStream, inner: &Inner, pause: Option<Duration>) -> bool {
    let start = Instant::now();
    while pause.is_none_or(|pause| start.elapsed() < pause) {
        if inner.stopped.load(Ordering::SeqCst) || hung_up(stream) {
            return false;
        }
        thread::sleep(pause.map_or(TICK, |pause| TICK.min(pause)));
    }
    true
}

/// Whether the client has closed its side.
fn hung_up(stream: &TcpStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let end = match stream.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    let _ = stream.set_nonblocking(false);
    end
}
