//! `SonarQube` Server from 5.6 to 2026, as its sources say: who is let in ([`auth`]), what each
//! version has ([`version`]), and the actions ([`users`], [`tokens`], [`shown`]).
//!
//! Left out, since no source was read: the text of the pages outside of `/api`, `v2` but for
//! `analysis/version`, and how the fields of `users/current` grew, except for `id`.

mod auth;
mod shown;
mod tokens;
mod users;
mod version;

use super::clock::Clock;
use super::http::{Reply, Request};
use super::json::object;
use super::mint;
use super::proxy::Proxy;
use auth::Session;
use version::Version;

const HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Debug)]
pub(crate) struct SonarServer {
    /// As `api/system/status` shows it.
    pub(crate) version: String,
    pub(crate) edition: Edition,
    /// Whether nobody gets in without a credential.
    pub(crate) force_auth: bool,
    pub(crate) proxy: Proxy,
    pub(crate) users: Vec<SonarUser>,
    pub(crate) tokens: Vec<SonarToken>,
    /// Key and name.
    pub(crate) projects: Vec<(String, String)>,
    /// Whether the projects are private.
    pub(crate) private: bool,
    /// Key and value.
    pub(crate) settings: Vec<(String, String)>,
    /// A line of code, and whatever else nobody should print.
    pub(crate) source: String,
    /// What the group Anyone may do.
    pub(crate) anyone: Vec<String>,
    pub(crate) clock: Clock,
    /// A token's last use is written down again after so long.
    pub(crate) window_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    Server,
    Cloud,
}

#[derive(Clone, Debug)]
pub(crate) struct SonarUser {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) groups: Vec<String>,
    /// Global permissions: `admin`, `scan`, …
    pub(crate) permissions: Vec<String>,
    pub(crate) active: bool,
    pub(crate) last_connection: Option<i64>,
}

/// Times are milliseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct SonarToken {
    pub(crate) value: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) kind: TokenKind,
    /// The key of the one project of a project analysis token.
    pub(crate) project: Option<String>,
    pub(crate) created: i64,
    pub(crate) expires: Option<i64>,
    pub(crate) last_connection: Option<i64>,
    pub(crate) revoked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    User,
    Global,
    Project,
    /// Made before 9.5: 40 hex digits and no prefix.
    Legacy,
}

impl SonarServer {
    pub(crate) fn new(version: &str, force_auth: bool) -> Self {
        Self {
            version: version.to_owned(),
            edition: Edition::Server,
            force_auth,
            proxy: Proxy::Plain,
            users: Vec::new(),
            tokens: Vec::new(),
            projects: vec![("project-1".to_owned(), "Project 1".to_owned())],
            private: false,
            settings: Vec::new(),
            source: "class Main {}".to_owned(),
            anyone: Vec::new(),
            clock: Clock::default(),
            window_ms: HOUR_MS,
        }
    }

    /// Adds a user with these global permissions, and with a password that nobody knows.
    pub(crate) fn add_user(&mut self, login: &str, permissions: &[&str]) -> &mut SonarUser {
        self.users.push(SonarUser {
            login: login.to_owned(),
            name: format!("{login} of the tests"),
            email: Some(format!("{login}@example.invalid")),
            password: Some(mint::hex(16)),
            groups: vec!["sonar-users".to_owned()],
            permissions: permissions.iter().map(|&it| it.to_owned()).collect(),
            active: true,
            last_connection: None,
        });
        self.users.last_mut().expect("one was added")
    }

    /// Mints a token as this version does, a day old and never used: before 9.5 all are legacy ones.
    pub(crate) fn add_token(
        &mut self,
        owner: &str,
        name: &str,
        kind: TokenKind,
    ) -> &mut SonarToken {
        let kind = if self.version().has_token_types() { kind } else { TokenKind::Legacy };
        self.tokens.push(SonarToken {
            value: kind.mint(),
            owner: owner.to_owned(),
            name: name.to_owned(),
            kind,
            project: (kind == TokenKind::Project).then(|| self.projects[0].0.clone()),
            created: self.clock.now() - 24 * HOUR_MS,
            expires: None,
            last_connection: None,
            revoked: false,
        });
        self.tokens.last_mut().expect("one was added")
    }

    pub(crate) fn user(&mut self, login: &str) -> &mut SonarUser {
        self.users.iter_mut().find(|user| user.login == login).expect("there is such a user")
    }

    pub(crate) fn token(&mut self, name: &str) -> &mut SonarToken {
        self.tokens.iter_mut().find(|token| token.name == name).expect("there is such a token")
    }

    /// What the server, or the proxy in front of it, answers.
    pub(crate) fn answer(&mut self, mut request: Request) -> Reply {
        let reply = match self.proxy.instead(&mut request) {
            Some(reply) => reply,
            None => self.let_in(&request),
        };
        reply.with("Date", self.clock.http_date())
    }

    /// Authenticates, unless the path is one of those where no credential is looked at.
    fn let_in(&mut self, request: &Request) -> Reply {
        if auth::is_skipped(&request.path) {
            return self.act(request, Session::ANONYMOUS);
        }
        let session = match auth::authenticate(self, request) {
            Ok(session) if session.is_anonymous() && self.force_auth => return Reply::empty(401),
            Ok(session) => session,
            Err(auth::Rejected) => return Reply::empty(401),
        };
        let reply = self.act(request, session);
        let expires = session.token.and_then(|token| self.tokens[token].expires);
        match expires.filter(|_| self.version().has_expiry()) {
            Some(at) => {
                let date = self.clock.with_offset(at);
                reply.with("SonarQube-Authentication-Token-Expiration", date)
            }
            None => reply,
        }
    }

    fn act(&mut self, request: &Request, session: Session) -> Reply {
        let version = self.version();
        match request.path.as_str() {
            "/api/system/status" => self.status(),
            "/api/server/version" => Reply::text(200, &self.version),
            "/api/authentication/validate" => self.validate(request),
            "/api/users/current" => self.current_user(session),
            "/api/users/search" => self.search_users(request, session),
            "/api/user_tokens/search" => self.search_tokens(request, session),
            "/api/user_tokens/revoke" => post(request, |it| self.revoke_token(it, session)),
            "/api/user_tokens/generate" => post(request, |it| self.generate_token(it, session)),
            "/api/projects/search_my_scannable_projects" if version.has_token_types() => {
                self.scannable_projects(session)
            }
            "/api/settings/values" => self.setting_values(session),
            "/api/components/search_projects" => self.search_projects(session),
            "/api/components/tree" => self.component_tree(request, session),
            "/api/sources/show" => self.show_source(request, session),
            "/api/plugins/installed" => self.installed_plugins(session),
            "/api/webhooks/list" => self.list_webhooks(session),
            "/api/system/info" => self.system_info(session),
            "/batch/index" => Reply::text(200, "scanner.jar|0123\n"),
            "/api/v2/analysis/version" if version.has_bearer() => Reply::text(200, &self.version),
            path if path.starts_with("/api/") => error(404, &format!("Unknown url : {path}")),
            _ => Reply::empty(404),
        }
    }

    fn status(&self) -> Reply {
        let fields = [
            ("id", "20150504120436".into()),
            ("version", self.version.as_str().into()),
            ("status", "UP".into()),
        ];
        Reply::json(200, object(fields))
    }

    /// Says `true` to everybody who shows no credential, as long as nobody has to show one.
    fn validate(&mut self, request: &Request) -> Reply {
        let valid = auth::authenticate(self, request)
            .is_ok_and(|session| !session.is_anonymous() || !self.force_auth);
        Reply::json(200, object([("valid", valid.into())]))
    }

    /// The login that a request is made with, or the refusal of its credential.
    pub(super) fn login_of(&mut self, request: &Request) -> Result<Option<String>, Reply> {
        let session = auth::authenticate(self, request).map_err(|_| Reply::empty(401))?;
        Ok(session.user.map(|user| self.users[user].login.clone()))
    }

    fn version(&self) -> Version {
        Version::new(&self.version, self.edition)
    }
}

impl TokenKind {
    /// As `api/user_tokens/search` calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User | Self::Legacy => "USER_TOKEN",
            Self::Global => "GLOBAL_ANALYSIS_TOKEN",
            Self::Project => "PROJECT_ANALYSIS_TOKEN",
        }
    }

    pub(crate) fn mint(self) -> String {
        let letter = match self {
            Self::User => 'u',
            Self::Global => 'a',
            Self::Project => 'p',
            Self::Legacy => return mint::hex(40),
        };
        format!("sq{letter}_{}", mint::hex(40))
    }
}

/// An action that changes something and is not reached by any other method.
fn post(request: &Request, action: impl FnOnce(&Request) -> Reply) -> Reply {
    if request.method == "POST" {
        action(request)
    } else {
        error(405, "HTTP method POST is required")
    }
}

pub(super) fn error(status: u16, message: &str) -> Reply {
    Reply::json(status, object([("errors", vec![object([("msg", message.into())])].into())]))
}
