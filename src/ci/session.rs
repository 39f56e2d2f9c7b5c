//! Asking one provider: with the user's credential, at its host; and downloads from where it says.

use std::cell::Cell;
use std::env;

use http::HeaderName;
use http::header::ACCEPT;
use zeroize::Zeroizing;

use super::reader::LogReader;
use super::{Filter, Settings, Target};
use crate::door::pace::Pace;
use crate::door::permit::Permit;
use crate::door::pickup::{Pickup, Told};
use crate::door::talk::Talk;
use crate::door::transport::{Credential, Line, Lost, Message, Reading, Stream};
use crate::problem::{Problem, ProblemCode};
use crate::secret::Secret;

/// The most of one JSON answer: a hundred runs of GitHub are 2 MB, each with two whole repositories
/// in it; a build with thousands of jobs is ten times that.
const JSON: u64 = 64 << 20;
/// A server that gives no answer so often in a row gets no more questions: each could take as long.
const LOST_IN_A_ROW: usize = 3;

/// A credential, and the variable that it came from.
#[derive(Debug)]
pub struct Token {
    variable: String,
    secret: Secret,
}

impl Token {
    /// Takes it from a variable of the environment, if that is set.
    pub fn of_variable(name: &str) -> Option<Self> {
        let value = Zeroizing::new(env::var(name).ok()?);
        let token = value.trim();
        let secret = Secret::new(token.as_bytes());
        (!token.is_empty()).then(|| Self { variable: name.to_owned(), secret })
    }

    /// The variable that it came from.
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

/// Where a log is.
#[derive(Debug)]
pub(super) enum At {
    /// At the API, in the form that is asked for.
    Api { path: String, accept: &'static str },
    /// Where the API says; or why that is no place.
    Elsewhere(Result<Pickup, String>),
}

impl At {
    /// At the API, as plain text.
    pub(super) fn api(path: String) -> Self {
        Self::Api { path, accept: "text/plain, */*;q=0.5" }
    }
}

/// All requests of a walk.
pub(super) struct Session<'a> {
    pub(super) target: &'a Target,
    settings: &'a Settings,
    permit: Permit,
    short: Line,
    long: Line,
    pace: Pace,
    credential: Credential,
    lost: Cell<usize>,
}

impl<'a> Session<'a> {
    pub(super) fn new(target: &'a Target, settings: &'a Settings) -> Result<Self, String> {
        let permit = Permit::named(target.place.api.clone());
        let (means, service) = (&settings.means, target.provider.id);
        let short = Line::reading(Reading::Whole, means, service, &permit)?;
        let long = Line::reading(Reading::Download, means, service, &permit)?;
        let credential = settings.token.as_ref().map(|token| {
            #[expect(
                clippy::disallowed_methods,
                reason = "to send it to the host that the user typed"
            )]
            let bytes = token.secret.expose();
            let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
            (target.provider.credential)(&text)
        });
        let pace = Pace::patient(settings.every, settings.max_wait);
        let lost = Cell::new(0);
        Ok(Self { target, settings, permit, short, long, pace, credential, lost })
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.settings.filter
    }

    /// Asks for JSON. A page for people in its place is an error, never an empty list.
    pub(super) fn json(&self, path: &str) -> Result<Told, Unread> {
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

    /// Opens a log.
    pub(super) fn log(&self, at: At) -> Result<LogReader, Unread> {
        let stream = match at {
            At::Api { path, accept } => self.download(&path, accept)?,
            At::Elsewhere(pickup) => self.fetch(pickup)?,
        };
        LogReader::new(stream, self.target.provider.cut)
    }

    /// Leave to fetch the file whose address stands at a pointer in an answer.
    pub(super) fn elsewhere(&self, told: &Told, pointer: &str) -> At {
        At::Elsewhere(told.pickup(pointer, self.settings.allow_http))
    }

    fn download(&self, path: &str, accept: &'static str) -> Result<Stream, Unread> {
        let stream = self.ask(&self.long, path, accept)?;
        match stream.status() {
            200 if stream.is_page() => Err(Unread::page()),
            200 => Ok(stream),
            301 | 302 | 303 | 307 | 308 => {
                self.fetch(Pickup::of_redirect(&stream, self.settings.allow_http))
            }
            _ => Err(self.refused(&stream)),
        }
    }

    /// Fetches a file from where the API says that it is, without any credential.
    fn fetch(&self, pickup: Result<Pickup, String>) -> Result<Stream, Unread> {
        let pickup = pickup.map_err(|why| Unread::new(ProblemCode::Unanswered, why))?;
        let opened = pickup.open(&self.settings.means, &self.pace);
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
        let own = self.target.provider.headers.iter();
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
        let variables = self.target.provider.variables.join(" or ");
        let (who, hint) = match &self.settings.token {
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
            410 => {
                let why = "it answered 410: the log has expired, and is kept no longer";
                let hint = "nothing of it can be read any more; --since asks for newer ones only";
                return Unread { status, ..Unread::new(ProblemCode::Expired, why).hinted(hint) };
            }
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

/// Why something was not read.
#[derive(Debug)]
pub(super) struct Unread {
    code: ProblemCode,
    why: String,
    hint: Option<String>,
    /// Of the answer, if there was one.
    pub(super) status: u16,
    /// Whether nothing else can be read either.
    pub(super) ends: bool,
}

impl Unread {
    pub(super) fn new(code: ProblemCode, why: impl Into<String>) -> Self {
        Self { code, why: why.into(), hint: None, status: 0, ends: false }
    }

    pub(super) fn hinted(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// A page for people where a log should be.
    pub(super) fn page() -> Self {
        let why = "it answered with a web page: a page to sign in, or a firewall's";
        Self::new(ProblemCode::Denied, why).hinted("check the address and the token")
    }

    /// JSON that is not as the provider's documents say.
    pub(super) fn shapeless() -> Self {
        let why = "its answer is not in the form that the provider's documents say";
        Self::new(ProblemCode::Unanswered, why)
    }

    pub(super) fn at(self, place: &str) -> Problem {
        let problem = Problem::new(self.code, place, self.why);
        match self.hint {
            Some(hint) => problem.hinted(hint),
            None => problem,
        }
    }
}
