//! `api/user_tokens`: list, revoke, generate.
//!
//! The type of the calling token is not asked for: an analysis token may list and revoke its owner's
//! tokens, and even make one. That is inferred from the server's source.

use super::super::clock::midnight;
use super::super::http::{Reply, Request};
use super::super::json::{Json, object};
use super::auth::Session;
use super::{Edition, SonarServer, SonarToken, TokenKind, error};

impl SonarServer {
    pub(super) fn search_tokens(&self, request: &Request, session: Session) -> Reply {
        let login = match self.whose(request, session) {
            Ok(login) => login,
            Err(refusal) => return refusal,
        };
        if !self.users.iter().any(|user| user.login == login) {
            return error(404, &format!("User with login '{login}' doesn't exist"));
        }
        let own = self.tokens.iter().filter(|it| it.owner == login && !it.revoked);
        let mut tokens: Vec<&SonarToken> = own.collect();
        tokens.sort_by_key(|token| -token.created);
        let rows: Vec<Json> = tokens.into_iter().map(|token| self.token_row(token)).collect();
        Reply::json(200, object([("login", login.into()), ("userTokens", rows.into())]))
    }

    /// Says nothing of whether there was such a token.
    pub(super) fn revoke_token(&mut self, request: &Request, session: Session) -> Reply {
        if session.is_anonymous() {
            return error(401, "Authentication is required");
        }
        let Some(name) = request.param("name") else { return missing("name") };
        match self.whose(request, session) {
            Ok(login) => {
                let named = |it: &&mut SonarToken| it.owner == login && it.name == name;
                self.tokens.iter_mut().filter(named).for_each(|it| it.revoked = true);
                Reply::empty(204)
            }
            Err(refusal) => refusal,
        }
    }

    /// Is there so that a test can see that nobody calls it.
    pub(super) fn generate_token(&mut self, request: &Request, session: Session) -> Reply {
        if session.is_anonymous() {
            return error(401, "Authentication is required");
        }
        let Some(name) = request.param("name") else { return missing("name") };
        let login = match self.whose(request, session) {
            Ok(login) => login,
            Err(refusal) => return refusal,
        };
        if self.tokens.iter().any(|it| it.owner == login && it.name == name && !it.revoked) {
            let taken =
                format!("A user token for login '{login}' and name '{name}' already exists");
            return error(400, &taken);
        }
        let kind = match request.param("type") {
            Some("GLOBAL_ANALYSIS_TOKEN") => TokenKind::Global,
            Some("PROJECT_ANALYSIS_TOKEN") => TokenKind::Project,
            _ => TokenKind::User,
        };
        let project = request.param("projectKey").map(str::to_owned);
        if kind == TokenKind::Project && project.is_none() {
            return missing("projectKey");
        }
        let now = self.clock.now();
        let expires = request.param("expirationDate").and_then(midnight);
        let typed = self.version().has_token_types();
        let expires = expires.filter(|_| self.version().has_expiry());
        let date = expires.map(|at| self.clock.with_offset(at));
        let created = self.clock.with_offset(now);
        let token = self.add_token(&login, name, kind);
        (token.created, token.expires, token.project) = (now, expires, project);
        let mut fields: Vec<(&'static str, Json)> =
            vec![("login", login.into()), ("name", name.into()), ("createdAt", created.into())];
        fields.extend(date.map(|date| ("expirationDate", date.into())));
        fields.push(("token", token.value.as_str().into()));
        fields.extend(typed.then(|| ("type", token.kind.name().into())));
        Reply::json(200, Json::Object(fields))
    }

    /// The login whose tokens a request is about, if the caller may ask about them.
    fn whose(&self, request: &Request, session: Session) -> Result<String, Reply> {
        let Some(user) = session.user else {
            return Err(error(401, "Authentication is required"));
        };
        let own = &self.users[user].login;
        // The parameter is deprecated and ignored there.
        let asked = request.param("login").filter(|_| self.edition == Edition::Server);
        match asked {
            Some(login) if login != own && !session.may(self, "admin") => {
                Err(error(403, "Insufficient privileges"))
            }
            Some(login) => Ok(login.to_owned()),
            None => Ok(own.clone()),
        }
    }

    fn token_row(&self, token: &SonarToken) -> Json {
        let (version, clock) = (self.version(), self.clock);
        let mut fields: Vec<(&'static str, Json)> = vec![
            ("name", token.name.as_str().into()),
            ("createdAt", clock.with_offset(token.created).into()),
        ];
        if let Some(at) = token.last_connection.filter(|_| version.has_last_connection()) {
            fields.push(("lastConnectionDate", clock.with_offset(at).into()));
        }
        if version.has_token_types() {
            fields.push(("type", token.kind.name().into()));
            let bound = self.projects.iter().find(|(key, _)| Some(key) == token.project.as_ref());
            fields.extend(bound.map(|(key, name)| {
                let project =
                    object([("key", key.as_str().into()), ("name", name.as_str().into())]);
                ("project", project)
            }));
        }
        if let Some(at) = token.expires.filter(|_| version.has_expiry()) {
            fields.push(("expirationDate", clock.with_offset(at).into()));
            fields.push(("isExpired", (at < clock.now()).into()));
        }
        Json::Object(fields)
    }
}

fn missing(parameter: &str) -> Reply {
    error(400, &format!("The '{parameter}' parameter is missing"))
}
