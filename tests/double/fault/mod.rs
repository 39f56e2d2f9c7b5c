//! A server that is `SonarQube` in all but one way: on some paths it, or the network before it,
//! misbehaves.

mod bodies;
mod bomb;

use std::time::Duration;

use super::clock::http_date;
use super::connection::Step;
use super::http::{Reply, Request};
use super::proxy::LOGIN_PAGE;
use super::sonar::SonarServer;

/// The best a verifier can ask.
const CURRENT_USER: &str = "/api/users/current";
/// Long enough to be over any limit of a header line.
const HUGE_LINE: usize = 64 << 10;
const MANY_HEADERS: usize = 10_000;

#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The paths below the context that misbehave; none means all.
    pub(crate) on: Vec<String>,
    pub(crate) what: FaultKind,
    pub(crate) server: SonarServer,
}

/// One way to misbehave. Where it is the body or the framing, status and content are the honest
/// answer's.
#[derive(Clone, Debug)]
pub(crate) enum FaultKind {
    /// Any credential, or none, is a valid one of a logged-in user.
    AnonymousIsValid,
    Html200,
    Html403,
    /// This status with this `Location`.
    Redirect(u16, String),
    /// 429, and how many seconds to wait.
    Throttled(u64),
    /// The same as a date, so many seconds from now.
    ThrottledUntil(i64),
    ThrottledJunk,
    ServerError,
    /// 503 so many times, then the honest answer.
    Unavailable(usize),
    /// JSON that does not end.
    BigBody,
    /// One byte at a time, with this pause, from the status line on.
    SlowHeader(Duration),
    /// The same from the body on.
    SlowBody(Duration),
    NoReply,
    Reset,
    /// A reset when the headers are through.
    ResetAfterHeaders,
    /// Ends before the length that was announced.
    ShortBody,
    BadChunk,
    /// Small as it is sent, large when it is unpacked.
    GzipBomb,
    /// `isLoggedIn` and `valid` twice: true, then false.
    DoubledKeys,
    DeepJson,
    Utf16Json,
    /// `"true"` for true.
    WrongType,
    /// The answer as the one item of a list.
    Array,
    TrailingBytes,
    ByteOrderMark,
    SetCookie,
    ProxyAuthentication,
    HugeHeader,
    ManyHeaders,
    /// 1xx answers that do not end.
    ContinueForever,
    /// A body without a status line.
    Http09,
}

impl Fault {
    /// Misbehaves on `api/users/current` only.
    pub(crate) fn new(what: FaultKind, server: SonarServer) -> Self {
        Self { on: vec![CURRENT_USER.to_owned()], what, server }
    }

    /// Misbehaves on all paths.
    pub(crate) fn everywhere(what: FaultKind, server: SonarServer) -> Self {
        Self { on: Vec::new(), what, server }
    }

    pub(crate) fn answer(&mut self, request: Request) -> Vec<Step> {
        let path = request.path.clone();
        let honest = self.server.answer(request);
        if !self.on.is_empty() && !self.on.contains(&path) {
            return vec![Step::Send(honest.bytes())];
        }
        match self.reply(&path, &honest) {
            Some(reply) => vec![Step::Send(reply.bytes())],
            None => self.steps(&honest),
        }
    }

    /// The answer, if it is one that HTTP allows.
    fn reply(&mut self, path: &str, honest: &Reply) -> Option<Reply> {
        let status = |status| Some(Reply::empty(status));
        let with = |name, value: String| Some(honest.clone().with(name, value));
        let wait = |value: String| Some(Reply::empty(429).with("Retry-After", value));
        match &mut self.what {
            FaultKind::AnonymousIsValid => {
                Some(Reply::json(200, bodies::valid(path.ends_with("/validate"))))
            }
            FaultKind::Html200 => Some(Reply::html(200, LOGIN_PAGE)),
            FaultKind::Html403 => {
                Some(Reply::html(403, "<html><body>Request blocked</body></html>"))
            }
            FaultKind::Redirect(status, to) => {
                Some(Reply::empty(*status).with("Location", to.as_str()))
            }
            FaultKind::Throttled(seconds) => wait(seconds.to_string()),
            FaultKind::ThrottledUntil(ahead) => {
                wait(http_date(self.server.clock.now() + *ahead * 1000))
            }
            FaultKind::ThrottledJunk => wait("soon, or so; -1".to_owned()),
            FaultKind::ServerError => status(500),
            FaultKind::Unavailable(0) => Some(honest.clone()),
            FaultKind::Unavailable(left) => {
                *left -= 1;
                status(503)
            }
            FaultKind::SetCookie => with("Set-Cookie", "JSESSIONID=1; Path=/".to_owned()),
            FaultKind::ProxyAuthentication => {
                Some(Reply::empty(407).with("Proxy-Authenticate", "Basic realm=\"proxy\""))
            }
            FaultKind::HugeHeader => with("X-Huge", "h".repeat(HUGE_LINE)),
            FaultKind::ManyHeaders => {
                let more = |reply: Reply, number| reply.with(&format!("X-Many-{number}"), "1");
                Some((0..MANY_HEADERS).fold(honest.clone(), more))
            }
            FaultKind::GzipBomb => {
                let reply = Reply { body: bomb::gzip(), ..Reply::json(200, "") };
                Some(reply.with("Content-Encoding", "gzip"))
            }
            what => bodies::body(what, honest).map(|body| Reply { body, ..honest.clone() }),
        }
    }

    /// What is sent if it is no proper answer.
    fn steps(&self, honest: &Reply) -> Vec<Step> {
        let end = b"\r\n".to_vec();
        let head = honest.head().into_bytes();
        let part = |text: &str| Step::Send([head.as_slice(), text.as_bytes()].concat());
        let length = honest.body.len();
        match &self.what {
            FaultKind::BigBody => {
                let start = part("\r\n{\"isLoggedIn\":true,\"pad\":\"");
                vec![start, Step::Repeat(vec![b'a'; HUGE_LINE])]
            }
            FaultKind::SlowHeader(pause) => vec![Step::Drip(honest.bytes(), *pause)],
            FaultKind::SlowBody(pause) => {
                let head = part(&format!("Content-Length: {length}\r\n\r\n"));
                vec![head, Step::Drip(honest.body.clone(), *pause)]
            }
            FaultKind::NoReply => vec![Step::Hold],
            FaultKind::Reset => vec![Step::Reset],
            FaultKind::ResetAfterHeaders => {
                vec![part(&format!("Content-Length: {}\r\n\r\n", length + 1)), Step::Reset]
            }
            FaultKind::ShortBody => {
                let announced = part(&format!("Content-Length: {}\r\n\r\n", length + 100));
                vec![announced, Step::Send(honest.body.clone())]
            }
            FaultKind::BadChunk => {
                let chunk = part("Transfer-Encoding: chunked\r\n\r\nzz\r\n");
                vec![chunk, Step::Send([honest.body.as_slice(), &end].concat())]
            }
            FaultKind::ContinueForever => {
                vec![Step::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100))]
            }
            _ => vec![Step::Send(honest.body.clone())],
        }
    }
}
