//! `SonarQube` Cloud: personal tokens of users, scoped tokens of organisations.
//!
//! Personal tokens are asked about as on a server, where anonymous is always let in. What
//! `api/system/status` says there, whether rows of `api/user_tokens/search` have a type, and what
//! any path but `api/projects/search` answers to a scoped token, no source says: the version is a
//! made-up one whose rows have no type, and a scoped token is refused elsewhere.

use super::basic::after_scheme;
use super::clock::Clock;
use super::http::{Reply, Request};
use super::json::{Json, object};
use super::mint;
use super::sonar::{Edition, SonarServer, TokenKind, error};

#[derive(Clone, Debug)]
pub(crate) struct SonarCloud {
    /// Users, their personal tokens, the clock and the proxy.
    pub(crate) server: SonarServer,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) scoped: Vec<ScopedToken>,
}

#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) key: String,
    /// Logins; the first is the administrator.
    pub(crate) members: Vec<String>,
}

/// Belongs to an organisation and to no user.
#[derive(Clone, Debug)]
pub(crate) struct ScopedToken {
    pub(crate) value: String,
    pub(crate) organization: String,
    pub(crate) expires: Option<i64>,
    pub(crate) revoked: bool,
}

enum Caller {
    User(String),
    Organization(String),
}

impl SonarCloud {
    pub(crate) fn new() -> Self {
        let mut server = SonarServer::new("8.0", false);
        server.edition = Edition::Cloud;
        Self { server, organizations: Vec::new(), scoped: Vec::new() }
    }

    pub(crate) fn add_organization(&mut self, key: &str, members: &[&str]) {
        let members = members.iter().map(|&it| it.to_owned()).collect();
        self.organizations.push(Organization { key: key.to_owned(), members });
    }

    /// Mints a personal access token.
    pub(crate) fn add_personal(&mut self, owner: &str, name: &str) -> String {
        self.server.add_token(owner, name, TokenKind::Legacy).value.clone()
    }

    /// Mints a scoped organisation token.
    pub(crate) fn add_scoped(&mut self, organization: &str) -> String {
        let (value, organization) = (mint::scoped_organization(), organization.to_owned());
        self.scoped.push(ScopedToken {
            value: value.clone(),
            organization,
            expires: None,
            revoked: false,
        });
        value
    }

    pub(crate) fn answer(&mut self, mut request: Request) -> Reply {
        if let Some(reply) = self.server.proxy.instead(&mut request) {
            return reply.with("Date", self.server.clock.http_date());
        }
        let own = match request.path.as_str() {
            "/api/projects/search" => self.search_projects(&request),
            "/api/organizations/search" => self.search_organizations(&request),
            _ => return self.server.answer(request),
        };
        own.unwrap_or_else(|refusal| refusal).with("Date", self.server.clock.http_date())
    }

    /// The one path that a scoped token is known to reach.
    fn search_projects(&mut self, request: &Request) -> Result<Reply, Reply> {
        let header = request.header("authorization").unwrap_or_default();
        let scoped = after_scheme(header, "bearer ").filter(|it| it.starts_with("sqco_"));
        let caller = match scoped {
            Some(value) => self.scoped_caller(value)?,
            None => Caller::User(self.login(request)?),
        };
        let Some(key) = request.param("organization") else {
            return Err(error(400, "The 'organization' parameter is missing"));
        };
        let Some(organization) = self.organizations.iter().find(|it| it.key == key) else {
            return Err(error(404, &format!("No organization for key '{key}'")));
        };
        let granted = match caller {
            Caller::User(login) => organization.members.first() == Some(&login),
            Caller::Organization(home) => home == key,
        };
        if !granted {
            return Err(error(403, "Insufficient privileges"));
        }
        let fields = [("paging", paging(0)), ("components", Json::List(Vec::new()))];
        Ok(Reply::json(200, object(fields)))
    }

    fn search_organizations(&mut self, request: &Request) -> Result<Reply, Reply> {
        let login = self.login(request)?;
        let own = self.organizations.iter().filter(|it| it.members.contains(&login));
        let row = |it: &Organization| {
            object([("key", it.key.as_str().into()), ("name", it.key.as_str().into())])
        };
        let rows: Vec<Json> = own.map(row).collect();
        let paging = paging(rows.len());
        Ok(Reply::json(200, object([("organizations", rows.into()), ("paging", paging)])))
    }

    fn scoped_caller(&self, value: &str) -> Result<Caller, Reply> {
        let live = self.scoped.iter().find(|it| it.is(value, self.server.clock));
        let token = live.ok_or_else(|| Reply::empty(401))?;
        Ok(Caller::Organization(token.organization.clone()))
    }

    /// The login of a personal token.
    fn login(&mut self, request: &Request) -> Result<String, Reply> {
        self.server.login_of(request)?.ok_or_else(|| error(401, "Authentication is required"))
    }
}

impl ScopedToken {
    fn is(&self, value: &str, clock: Clock) -> bool {
        let expired = self.expires.is_some_and(|at| at < clock.now());
        self.value == value.trim() && !self.revoked && !expired
    }
}

fn paging(total: usize) -> Json {
    object([("pageIndex", 1_i64.into()), ("pageSize", 50_i64.into()), ("total", total.into())])
}
