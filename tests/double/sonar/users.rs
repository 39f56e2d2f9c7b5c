//! `api/users/current`, `api/users/search` and what a token may analyse.

use super::super::http::{Reply, Request};
use super::super::json::{Json, object};
use super::auth::Session;
use super::{SonarServer, SonarUser, TokenKind, error};

const MAX_PAGE: usize = 500;

impl SonarServer {
    pub(super) fn current_user(&self, session: Session) -> Reply {
        let allowed = session.permissions(self);
        let permissions = object([("global", allowed.into())]);
        let Some(user) = session.user.map(|index| &self.users[index]) else {
            let fields = [("isLoggedIn", false.into()), ("permissions", permissions)];
            return Reply::json(200, object(fields));
        };
        let mut fields: Vec<(&'static str, Json)> = vec![
            ("isLoggedIn", true.into()),
            ("login", user.login.as_str().into()),
            ("name", user.name.as_str().into()),
        ];
        fields.extend(user.email.as_deref().map(|email| ("email", email.into())));
        fields.extend([
            ("local", true.into()),
            ("externalIdentity", user.login.as_str().into()),
            ("externalProvider", "sonarqube".into()),
            ("scmAccounts", Json::List(Vec::new())),
            ("groups", user.groups.as_slice().into()),
            ("permissions", permissions),
        ]);
        if self.version().has_user_id() {
            fields.push(("id", "00000000-0000-0000-0000-000000000001".into()));
        }
        Reply::json(200, Json::Object(fields))
    }

    /// Anybody gets logins and names; the rest is for administrators.
    pub(super) fn search_users(&self, request: &Request, session: Session) -> Reply {
        let number = |name| request.param(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("ps").unwrap_or(50).min(MAX_PAGE);
        let page = number("p").unwrap_or(1).max(1);
        let query = request.param("q").unwrap_or_default();
        let fits = |user: &&SonarUser| user.active && user.login.contains(query);
        let found: Vec<&SonarUser> = self.users.iter().filter(fits).collect();
        let rows = found.iter().skip((page - 1) * size).take(size);
        let admin = session.may(self, "admin");
        let users: Vec<Json> = rows.map(|user| self.user_row(user, admin)).collect();
        let paging = object([
            ("pageIndex", page.into()),
            ("pageSize", size.into()),
            ("total", found.len().into()),
        ]);
        if !self.version().has_paging() {
            return Reply::json(
                200,
                object([("total", found.len().into()), ("users", users.into())]),
            );
        }
        Reply::json(200, object([("paging", paging), ("users", users.into())]))
    }

    fn user_row(&self, user: &SonarUser, admin: bool) -> Json {
        let mut fields: Vec<(&'static str, Json)> =
            vec![("login", user.login.as_str().into()), ("name", user.name.as_str().into())];
        if !admin && !self.version().hides_identities() {
            fields.push(("externalIdentity", user.login.as_str().into()));
        }
        if admin {
            let own = self.tokens.iter().filter(|it| it.owner == user.login && !it.revoked);
            fields.extend([
                ("active", user.active.into()),
                ("email", user.email.clone().unwrap_or_default().into()),
                ("groups", user.groups.as_slice().into()),
                ("tokensCount", own.count().into()),
                ("externalIdentity", user.login.as_str().into()),
            ]);
            let last = user.last_connection.map(|at| self.clock.with_offset(at));
            fields.extend(last.map(|date| ("lastConnectionDate", date.into())));
        }
        Json::Object(fields)
    }

    /// The projects that the caller may analyse: the one of a project's token. The names of the
    /// fields are not from a source.
    pub(super) fn scannable_projects(&self, session: Session) -> Reply {
        if session.is_anonymous() {
            return error(401, "Authentication is required");
        }
        let token = session.token.map(|index| &self.tokens[index]);
        let only = token.filter(|it| it.kind == TokenKind::Project).map(|it| it.project.clone());
        let may_scan = session.may(self, "scan");
        let fits = |key: &String| only.as_ref().map_or(may_scan, |only| only.as_ref() == Some(key));
        let projects: Vec<Json> = self
            .projects
            .iter()
            .filter(|(key, _)| fits(key))
            .map(|(key, name)| {
                object([("key", key.as_str().into()), ("name", name.as_str().into())])
            })
            .collect();
        Reply::json(200, object([("projects", projects.into())]))
    }
}
