//! All requests to one API: with the user's credential, at its host; and downloads from where it says.

use std::cell::Cell;

use http::HeaderName;
use http::header::ACCEPT;
use zeroize::Zeroizing;

use super::unread::Unread;
use super::{Access, Service, Token};
use crate::door::pace::Pace;
use crate::door::permit::{Endpoint, Permit};
use crate::door::pickup::{Pickup, Told};
use crate::door::talk::Talk;
use crate::door::transport::{Credential, Line, Lost, Message, Reading, Stream};
use crate::problem::ProblemCode;

/// The most of one JSON answer: a hundred runs of GitHub are 2 MB, each with two whole repositories
/// in it; a build with thousands of jobs is ten times that.
const JSON: u64 = 64 << 20;
/// A server that gives no answer so often in a row gets no more questions: each could take as long.
const LOST_IN_A_ROW: usize = 3;

/// Where a file is.
#[derive(Debug)]
pub(crate) enum At {
    /// At the API, in the form that is asked for.
    Api { path: String, accept: &'static str },
    /// Where the API says; or why that is no place.
    Elsewhere(Result<Pickup, String>),
}

impl At {
    /// At the API, as plain text.
    pub(crate) fn api(path: String) -> Self {
        Self::Api { path, accept: "text/plain, */*;q=0.5" }
    }
}

/// All requests to one API.
pub(crate) struct Session<'a> {
    service: &'a Service,
    access: &'a Access,
    permit: Permit,
    short: Line,
    long: Line,
    pace: Pace,
    credential: Credential,
    lost: Cell<usize>,
}

impl<'a> Session<'a> {
    /// Sets up what is asked; an error says what is wrong with the proxy of the environment. Nothing
    /// is sent yet.
    pub(crate) fn new(
        service: &'a Service,
        api: &Endpoint,
        access: &'a Access,
    ) -> Result<Self, String> {
        let permit = Permit::named(api.clone());
        let means = &access.means;
        let short = Line::reading(Reading::Whole, means, service.id, &permit)?;
        let long = Line::reading(Reading::Download, means, service.id, &permit)?;
        let credential = access.token.as_ref().map(|token| {
            #[expect(
                clippy::disallowed_methods,
                reason = "to send it to the host that the user typed"
            )]
            let bytes = token.secret.expose();
            let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
            (service.credential)(&text)
        });
        let pace = Pace::patient(access.every, access.max_wait);
        let lost = Cell::new(0);
        Ok(Self { service, access, permit, short, long, pace, credential, lost })
    }

    /// Asks for JSON. A page for people in its place is an error, never an empty list.
    pub(crate) fn json(&self, path: &str) -> Result<Told, Unread> {
        let stream = self.ask(&self.short, path, "application/json")?;
        match stream.status() {
            200 => {
                let words = stream.head().words();
                let told = Told::read(stream, JSON).map_err(|lost| self.lost(&lost))?;
                told.ok_or_else(|| Unread::new(ProblemCode::Unanswered, words))
            }
            _ => Err(self.refused(&stream)),
        }
    }

    /// Opens a file.
    pub(crate) fn open(&self, at: At) -> Result<Stream, Unread> {
        match at {
            At::Api { path, accept } => self.download(&path, accept),
            At::Elsewhere(pickup) => self.fetch(pickup),
        }
    }

    /// Leave to fetch the file whose address stands at a pointer in an answer.
    pub(crate) fn elsewhere(&self, told: &Told, pointer: &str) -> At {
        At::Elsewhere(told.pickup(pointer, self.access.allow_http))
    }

    fn download(&self, path: &str, accept: &'static str) -> Result<Stream, Unread> {
        let stream = self.ask(&self.long, path, accept)?;
        match stream.status() {
            200 if stream.is_page() => Err(Unread::page()),
            200 => Ok(stream),
            301 | 302 | 303 | 307 | 308 => {
                self.fetch(Pickup::of_redirect(&stream, self.access.allow_http))
            }
            _ => Err(self.refused(&stream)),
        }
    }

    /// Fetches a file from where the API says that it is, without any credential.
    fn fetch(&self, pickup: Result<Pickup, String>) -> Result<Stream, Unread> {
        let pickup = pickup.map_err(|why| Unread::new(ProblemCode::Unanswered, why))?;
        let opened = pickup.open(&self.access.means, &self.pace);
        let stream = opened.map_err(|lost| Unread::new(ProblemCode::Unanswered, lost.why))?;
        match stream.status() {
            200 if stream.is_page() => Err(Unread::page()),
            200 => Ok(stream),
            status => {
                let why = format!(
                    "it is kept at another host, which answered {status}: such addresses are good for \
                     minutes"
                );
                Err(Unread::new(ProblemCode::Unanswered, why).hinted("ask again"))
            }
        }
    }

    fn ask(&self, line: &Line, path: &str, accept: &'static str) -> Result<Stream, Unread> {
        let talk = Talk { line, permit: &self.permit, pace: &self.pace };
        let mut message = Message::get(path, &self.credential);
        message.with.push((ACCEPT, Zeroizing::new(accept.to_owned())));
        let own = self.service.headers.iter();
        let own = own.map(|(name, value)| (HeaderName::from_static(name), (*value).to_owned()));
        message.with.extend(own.map(|(name, value)| (name, Zeroizing::new(value))));
        let stream = talk.open(&message).map_err(|lost| self.lost(&lost))?;
        self.lost.set(0);
        Ok(stream)
    }

    /// No answer: after some in a row, or while the server wants to be left alone, there are no more
    /// questions.
    fn lost(&self, lost: &Lost) -> Unread {
        self.lost.set(self.lost.get() + 1);
        let mut unread = Unread::new(ProblemCode::Unanswered, lost.why.clone());
        unread.ends = lost.until.is_some() || self.lost.get() >= LOST_IN_A_ROW;
        if let Some(until) = lost.until {
            let until = until.strftime("%Y-%m-%dT%H:%M:%SZ");
            unread =
                unread.hinted(format!("go on at {until}, or let it wait longer with --max-wait"));
        }
        unread
    }

    /// An answer that is none, by what its status means at all providers.
    fn refused(&self, stream: &Stream) -> Unread {
        let status = stream.status();
        let variables = self.service.variables.join(" or ");
        let (who, hint) = match &self.access.token {
            Some(Token { variable, .. }) => (
                format!("with the token of ${variable}"),
                format!("check that the token of ${variable} may read this"),
            ),
            None => (
                "without a token".to_owned(),
                format!("put a token into ${variables}, or name its variable with --token-env"),
            ),
        };
        let (code, why) = match status {
            401 => (ProblemCode::Denied, format!("it answered 401 {who}: it does not let that in")),
            403 => (ProblemCode::Denied, format!("it answered 403 {who}: not allowed")),
            404 => (
                ProblemCode::Denied,
                format!("it answered 404 {who}: it is gone, or hidden from who asks so"),
            ),
            410 => (ProblemCode::Expired, "it answered 410: it is gone for good".to_owned()),
            300..=399 => {
                let place = "it sends to another page, to one to sign in, often";
                (ProblemCode::Denied, format!("it answered {status} {who}: {place}"))
            }
            _ => (ProblemCode::Unanswered, stream.head().words()),
        };
        let hinted = Unread::new(code, why);
        let hinted = if code == ProblemCode::Denied { hinted.hinted(hint) } else { hinted };
        Unread { status, ends: status == 401, ..hinted }
    }
}
