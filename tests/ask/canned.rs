//! A server of which a test writes each answer: for what the doubles cannot be made to say.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::double::clock::Clock;
use crate::double::http::{Reply, Request};
use crate::double::{Shared, lock};

/// What answers a request. It is called for one at a time, so it may count.
pub(crate) type Script = Box<dyn FnMut(&Request) -> Reply + Send>;

/// The server. It stops listening when it is dropped.
pub(crate) struct Canned {
    url: String,
    listener: std::net::SocketAddr,
    heard: Shared<Vec<Request>>,
    stopped: Arc<AtomicBool>,
}

impl Canned {
    pub(crate) fn start(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let heard = Shared::default();
        let stopped = Arc::new(AtomicBool::new(false));
        let canned = Self {
            url: format!("http://{address}"),
            listener: address,
            heard: Arc::clone(&heard),
            stopped: Arc::clone(&stopped),
        };
        let script: Shared<Script> = Arc::new(Mutex::new(Box::new(script)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (script, heard) = (Arc::clone(&script), Arc::clone(&heard));
                thread::spawn(move || serve(stream, &script, &heard));
            }
        });
        canned
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The requests so far, in the order in which they were answered.
    pub(crate) fn heard(&self) -> Vec<Request> {
        lock(&self.heard).clone()
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is to stop.
        drop(TcpStream::connect(self.listener));
    }
}

fn serve(mut stream: TcpStream, script: &Shared<Script>, heard: &Shared<Vec<Request>>) {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        bytes.push(byte[0]);
    }
    let Some((mut request, target)) = Request::parse_head(&bytes) else { return };
    request.aim(&target);
    request.body = vec![0; request.body_length()];
    if stream.read_exact(&mut request.body).is_err() {
        return;
    }
    let mut script = lock(script);
    let mut reply = script(&request);
    lock(heard).push(request);
    drop(script);
    if !reply.headers.iter().any(|(name, _)| name == "Date") {
        reply = reply.with("Date", Clock::default().http_date());
    }
    let _ = stream.write_all(&reply.bytes());
}

/// A `SonarQube` that is honest about everything but `api/users/current` with the one token that it
/// is asked about: a random one it refuses, as the source says.
#[allow(dead_code, reason = "for the tests of asking")]
pub(crate) fn sonar_but(answer: impl Fn(&Request) -> Reply + Send + 'static) -> Canned {
    let mut with_token = 0;
    Canned::start(move |request| match request.path.as_str() {
        "/api/system/status" => {
            Reply::json(200, r#"{"id":"20150504120436","version":"2025.4","status":"UP"}"#)
        }
        // The control comes first, and once.
        "/api/users/current" if with_token == 0 => {
            with_token += 1;
            Reply::empty(401)
        }
        _ => answer(request),
    })
}
