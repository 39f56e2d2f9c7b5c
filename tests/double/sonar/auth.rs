//! Who a request comes from.
//!
//! The order is that of the server: identity from a proxy, token (Bearer, or Basic with an empty
//! password), login and password. A credential that was seen and refused never falls back to
//! anonymous; one in a scheme that the version does not know was not seen.

use super::super::basic::{Basic, after_scheme, basic};
use super::super::http::Request;
use super::{SonarServer, SonarToken, TokenKind};

/// Paths where no credential is looked at. What ends with a slash stands for all below it.
const SKIPPED: [&str; 20] = [
    "/batch/index",
    "/batch/file",
    "/maintenance/",
    "/setup/",
    "/sessions/",
    "/oauth2/callback/",
    "/api/system/db_migration_status",
    "/api/system/status",
    "/api/system/migrate_db",
    "/api/server/version",
    "/api/users/identity_providers",
    "/api/l10n/index",
    "/api/authentication/login",
    "/api/authentication/logout",
    "/api/authentication/validate",
    "/api/project_badges/measure",
    "/api/project_badges/quality_gate",
    "/api/project_badges/ai_code_assurance",
    "/api/settings/login_message",
    "/api/v2/integrations/slack/",
];

/// What 9.5 lets an analysis token do.
const ANALYSIS_PATHS: [&str; 11] = [
    "/api/settings/values",
    "/api/plugins/installed",
    "/api/analysis_cache/get",
    "/api/project_branches/list",
    "/api/project_pull_requests/list",
    "/api/qualityprofiles/search",
    "/api/rules/search",
    "/batch/project",
    "/api/metrics/search",
    "/api/new_code_periods/show",
    "/api/ce/submit",
];

/// Who asks, as places in the server's lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) user: Option<usize>,
    pub(super) token: Option<usize>,
}

/// A credential that was understood and is none: 401 without a body.
#[derive(Debug)]
pub(super) struct Rejected;

enum Credential<'a> {
    Token(&'a str),
    Password(&'a str, &'a str),
}

impl Session {
    pub(super) const ANONYMOUS: Self = Self { user: None, token: None };

    pub(super) fn is_anonymous(self) -> bool {
        self.user.is_none()
    }

    /// The global permissions, cut to what the type of the token allows.
    pub(super) fn permissions(self, server: &SonarServer) -> Vec<String> {
        let Some(user) = self.user else { return server.anyone.clone() };
        let allowed = |permission: &str| match self.token.map(|token| server.tokens[token].kind) {
            Some(TokenKind::Project) => false,
            Some(TokenKind::Global) => matches!(permission, "scan" | "provisioning"),
            _ => true,
        };
        server.users[user].permissions.iter().filter(|it| allowed(it)).cloned().collect()
    }

    pub(super) fn may(self, server: &SonarServer, permission: &str) -> bool {
        self.permissions(server).iter().any(|it| it == permission)
    }
}

pub(super) fn is_skipped(path: &str) -> bool {
    SKIPPED.iter().any(|it| if it.ends_with('/') { path.starts_with(it) } else { path == *it })
}

/// Tells who asks, and writes down that the user and the token were used.
pub(super) fn authenticate(
    server: &mut SonarServer,
    request: &Request,
) -> Result<Session, Rejected> {
    if let Some(login) = server.proxy.identity() {
        let user = active_user(server, login).ok_or(Rejected)?;
        return Ok(Session { user: Some(user), token: None });
    }
    let header = request.header("authorization").unwrap_or_default();
    let bearer = after_scheme(header, "bearer ").filter(|_| server.version().has_bearer());
    let pair = basic(header);
    let credential = match (bearer, &pair) {
        (Some(token), _) => Credential::Token(token.trim()),
        (None, Some(Basic::Pair(token, password))) if password.is_empty() => {
            Credential::Token(token)
        }
        (None, Some(Basic::Pair(login, password))) => Credential::Password(login, password),
        (None, Some(Basic::Malformed)) => return Err(Rejected),
        (None, None) => return Ok(Session::ANONYMOUS),
    };
    let session = log_in(server, request, &credential).ok_or(Rejected)?;
    note_use(server, session);
    Ok(session)
}

fn log_in(server: &SonarServer, request: &Request, credential: &Credential) -> Option<Session> {
    match credential {
        Credential::Token(value) => {
            let alive = |token: &SonarToken| token.value == *value && !token.revoked;
            let index = server.tokens.iter().position(alive)?;
            let token = &server.tokens[index];
            let user = active_user(server, &token.owner)?;
            let end = token.expires.filter(|_| server.version().has_expiry());
            let expired = end.is_some_and(|at| at < server.clock.now());
            let granted = !expired && is_on_the_list(server, token, request);
            granted.then_some(Session { user: Some(user), token: Some(index) })
        }
        Credential::Password(login, password) => {
            let user = active_user(server, login)?;
            let same = server.users[user].password.as_deref() == Some(*password);
            same.then_some(Session { user: Some(user), token: None })
        }
    }
}

/// Whether 9.5 would let this token in here: a project's token has to name its project, too.
fn is_on_the_list(server: &SonarServer, token: &SonarToken, request: &Request) -> bool {
    let listed = ANALYSIS_PATHS.contains(&request.path.as_str());
    match token.kind {
        _ if !server.version().lists_paths_of_analysis_tokens() => true,
        TokenKind::User | TokenKind::Legacy => true,
        TokenKind::Global => listed,
        TokenKind::Project => listed && request.header("project_key") == token.project.as_deref(),
    }
}

fn active_user(server: &SonarServer, login: &str) -> Option<usize> {
    server.users.iter().position(|user| user.login == login && user.active)
}

/// The last use is written when there is none or when the window has passed, before the action.
fn note_use(server: &mut SonarServer, session: Session) {
    if !server.version().has_last_connection() {
        return;
    }
    let (now, window) = (server.clock.now(), server.window_ms);
    let renew = |last: &mut Option<i64>| {
        if last.is_none_or(|last| now - last >= window) {
            *last = Some(now);
        }
    };
    if let Some(user) = session.user {
        renew(&mut server.users[user].last_connection);
    }
    if let Some(token) = session.token {
        renew(&mut server.tokens[token].last_connection);
    }
}
