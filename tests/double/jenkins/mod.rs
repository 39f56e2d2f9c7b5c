//! Jenkins, as its sources say: who is let in ([`auth`]) and what a user's token page shows and
//! does ([`tokens`]).
//!
//! Not from a source: `authenticated` of an anonymous `whoAmI`, the words of the pages, and that a
//! crumb is good for everybody.

mod auth;
mod shown;
mod tokens;

use super::clock::Clock;
use super::http::{Reply, Request};
use super::json::{Json, object};
use super::mint;
use super::proxy::{LOGIN_PAGE, Proxy};
use auth::Session;

#[derive(Clone, Debug)]
pub(crate) struct JenkinsServer {
    pub(crate) version: String,
    pub(crate) proxy: Proxy,
    pub(crate) users: Vec<JenkinsUser>,
    /// The user names that were tried with a password: each is an attempt at the security realm,
    /// which may lock the account.
    pub(crate) password_attempts: Vec<String>,
    pub(crate) crumb: String,
    pub(crate) clock: Clock,
    pub(crate) anonymous: Anonymous,
    /// Names; those who may read see them, unless this is empty.
    pub(crate) jobs: Vec<String>,
}

/// What those may do who have not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anonymous {
    Nothing,
    /// Overall/Read.
    Read,
    /// Overall/Administer.
    Administer,
    /// There is no security at all.
    Unsecured,
}

#[derive(Clone, Debug)]
pub(crate) struct JenkinsUser {
    pub(crate) id: String,
    pub(crate) full_name: String,
    pub(crate) password: Option<String>,
    pub(crate) authorities: Vec<String>,
    /// Overall/Read.
    pub(crate) may_read: bool,
    /// Overall/Administer.
    pub(crate) admin: bool,
    pub(crate) tokens: Vec<JenkinsToken>,
}

#[derive(Clone, Debug)]
pub(crate) struct JenkinsToken {
    pub(crate) uuid: String,
    pub(crate) name: String,
    /// 34 characters; 32 of a legacy token.
    pub(crate) value: String,
    pub(crate) created: i64,
    /// The last day on which it works, as `2026-03-01`.
    pub(crate) expires: Option<String>,
    pub(crate) uses: usize,
    pub(crate) last_use: Option<i64>,
    pub(crate) revoked: bool,
}

impl JenkinsServer {
    pub(crate) fn new(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            proxy: Proxy::Plain,
            users: Vec::new(),
            password_attempts: Vec::new(),
            crumb: mint::hex(64),
            clock: Clock::default(),
            anonymous: Anonymous::Nothing,
            jobs: Vec::new(),
        }
    }

    /// Adds a user who may read, with a password that nobody knows.
    pub(crate) fn add_user(&mut self, id: &str) -> &mut JenkinsUser {
        self.users.push(JenkinsUser {
            id: id.to_owned(),
            full_name: format!("{id} of the tests"),
            password: Some(mint::hex(16)),
            authorities: vec!["authenticated".to_owned()],
            may_read: true,
            admin: false,
            tokens: Vec::new(),
        });
        self.users.last_mut().expect("one was added")
    }

    pub(crate) fn user(&mut self, id: &str) -> &mut JenkinsUser {
        self.users.iter_mut().find(|user| user.id == id).expect("there is such a user")
    }

    pub(crate) fn answer(&mut self, mut request: Request) -> Reply {
        if let Some(reply) = self.proxy.instead(&mut request) {
            return reply.with("Date", self.clock.http_date());
        }
        let reply = match auth::authenticate(self, &request) {
            Ok(session) => self.act(&request, session),
            Err(auth::Rejected) => {
                Reply::html(401, "").with("WWW-Authenticate", "Basic realm=\"Jenkins\"")
            }
        };
        reply.with("X-Jenkins", &self.version).with("Date", self.clock.http_date())
    }

    fn act(&mut self, request: &Request, session: Session) -> Reply {
        let crumb = request.header("jenkins-crumb");
        if request.method == "POST" && !session.by_token && crumb != Some(self.crumb.as_str()) {
            return Reply::html(403, "No valid crumb was included in the request");
        }
        match request.path.as_str() {
            "/whoAmI/api/json" => return self.who_am_i(session),
            "/crumbIssuer/api/json" => return self.issue_crumb(),
            _ => {}
        }
        if let Some(below) = request.path.strip_prefix("/user/") {
            return self.user_page(request, below, session);
        }
        if let Some(refusal) = self.refuse_reader(session) {
            return refusal;
        }
        match (request.path.as_str(), session.user) {
            ("/", _) => Reply::html(200, "<html><title>Dashboard [Jenkins]</title></html>"),
            ("/me/api/json", Some(user)) => self.me(user),
            _ => self.show(request, session),
        }
    }

    fn who_am_i(&self, session: Session) -> Reply {
        let anonymous = ["anonymous".to_owned()];
        let (name, authorities) = match session.user.map(|index| &self.users[index]) {
            Some(user) => (user.id.as_str(), user.authorities.as_slice()),
            None => ("anonymous", anonymous.as_slice()),
        };
        let fields = [
            ("_class", "hudson.security.WhoAmI".into()),
            ("anonymous", session.user.is_none().into()),
            ("authenticated", true.into()),
            ("authorities", authorities.into()),
            ("name", name.into()),
        ];
        Reply::json(200, object(fields))
    }

    fn issue_crumb(&self) -> Reply {
        let fields =
            [("crumb", self.crumb.as_str().into()), ("crumbRequestField", "Jenkins-Crumb".into())];
        Reply::json(200, object(fields))
    }

    fn me(&self, user: usize) -> Reply {
        let user = &self.users[user];
        let fields = [
            ("_class", "hudson.model.User".into()),
            ("absoluteUrl", format!("http://jenkins.invalid/user/{}", user.id).into()),
            ("fullName", user.full_name.as_str().into()),
            ("id", user.id.as_str().into()),
            ("property", Json::List(Vec::new())),
        ];
        Reply::json(200, object(fields))
    }

    /// The refusal that those without Overall/Read get: it names them, so the credential was good.
    fn refuse_reader(&self, session: Session) -> Option<Reply> {
        match session.user.map(|index| &self.users[index]) {
            None => (self.anonymous == Anonymous::Nothing).then(|| Reply::html(403, LOGIN_PAGE)),
            Some(user) => (!user.may_read).then(|| denied(user, "hudson.model.Hudson.Read")),
        }
    }
}

impl JenkinsUser {
    /// Mints a token that was never used.
    pub(crate) fn add_token(&mut self, name: &str, created: i64) -> &mut JenkinsToken {
        self.tokens.push(JenkinsToken {
            uuid: mint::uuid(),
            name: name.to_owned(),
            value: mint::jenkins(),
            created,
            expires: None,
            uses: 0,
            last_use: None,
            revoked: false,
        });
        self.tokens.last_mut().expect("one was added")
    }

    pub(crate) fn token(&mut self, name: &str) -> &mut JenkinsToken {
        self.tokens.iter_mut().find(|token| token.name == name).expect("there is such a token")
    }
}

impl JenkinsToken {
    pub(crate) fn is_legacy(&self) -> bool {
        self.value.len() == 32
    }
}

fn denied(user: &JenkinsUser, permission: &str) -> Reply {
    Reply::html(403, "Access Denied")
        .with("X-You-Are-Authenticated-As", &user.id)
        .with("X-Required-Permission", permission)
}
