//! Requests as they came and answers as they go out.

use std::iter;

/// One request, below the context path of the service it is for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Begins with a slash; without the query.
    pub(crate) path: String,
    /// Of the query and of a form in the body, decoded.
    pub(crate) params: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a service answers.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The method, the target and the headers of a head, if it is one.
    pub(crate) fn parse_head(head: &[u8]) -> Option<(Self, String)> {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
        if !first.next()?.starts_with("HTTP/1.") {
            return None;
        }
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.filter_map(header).collect();
        Some((Self { method, headers, ..Self::default() }, target))
    }

    /// Takes the path and the parameters from a target below the context.
    pub(crate) fn aim(&mut self, below: &str) {
        let (path, query) = below.split_once('?').unwrap_or((below, ""));
        self.path = if path.is_empty() { "/".to_owned() } else { decode(path, false) };
        self.params = pairs(query);
        let form = "application/x-www-form-urlencoded";
        if self.header("content-type").is_some_and(|kind| kind.starts_with(form)) {
            let body = String::from_utf8_lossy(&self.body).into_owned();
            self.params.extend(pairs(&body));
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is there and not blank.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn body_length(&self) -> usize {
        self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
    }
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "application/json", body)
    }

    pub(crate) fn html(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "text/html;charset=utf-8", body)
    }

    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "text/plain", body)
    }

    pub(crate) fn of(status: u16, kind: &str, body: impl Into<String>) -> Self {
        let body = body.into().into_bytes();
        Self { status, headers: Vec::new(), body }.with("Content-Type", kind)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The status line and the headers, without the empty line and without any that frame the body.
    pub(crate) fn head(&self) -> String {
        let first = format!("HTTP/1.1 {} {}", self.status, reason(self.status));
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        let lines = iter::once(first).chain(headers).chain(["Connection: close".to_owned()]);
        lines.map(|line| line + "\r\n").collect()
    }

    /// The whole answer, as an honest server sends it; with a length of its own, as a liar does.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = match self.status {
            _ if self.headers.iter().any(|(name, _)| name == "Content-Length") => String::new(),
            204 | 304 => String::new(),
            _ => format!("Content-Length: {}\r\n", self.body.len()),
        };
        let mut bytes = format!("{}{length}\r\n", self.head()).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        410 => "Gone",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (decode(name, true), decode(value, true))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// Percent-decodes; in a query and a form a plus is a space.
fn decode(text: &str, plus: bool) -> String {
    let (bytes, mut decoded, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 2;
            }
            (b'+', _) if plus => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
