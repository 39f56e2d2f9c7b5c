//! Who a request comes from: a token first, and what is none is tried as the user's password.

use super::super::basic::{Basic, basic};
use super::super::http::Request;
use super::{JenkinsServer, JenkinsToken};

#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    /// A place in the server's list; `None` is anonymous.
    pub(super) user: Option<usize>,
    /// Whoever is here by a token needs no crumb.
    pub(super) by_token: bool,
}

/// 401, also for a header that makes no sense.
#[derive(Debug)]
pub(super) struct Rejected;

/// Tells who asks. A hit is written into the token's statistics, a miss is an attempt at the realm.
pub(super) fn authenticate(
    server: &mut JenkinsServer,
    request: &Request,
) -> Result<Session, Rejected> {
    if let Some(id) = server.proxy.identity() {
        let user = position(server, id).ok_or(Rejected)?;
        return Ok(Session { user: Some(user), by_token: false });
    }
    let (id, secret) = match request.header("authorization").and_then(basic) {
        None => return Ok(Session { user: None, by_token: false }),
        Some(Basic::Malformed) => return Err(Rejected),
        Some(Basic::Pair(id, secret)) => (id, secret),
    };
    let user = position(server, &id);
    let (now, today) = (server.clock.now(), server.clock.today());
    let tokens = user.map(|user| &mut server.users[user].tokens);
    let hit = tokens.and_then(|tokens| tokens.iter_mut().find(|it| it.is_hit(&secret, &today)));
    if let Some(token) = hit {
        token.uses += 1;
        token.last_use = Some(now);
        return Ok(Session { user, by_token: true });
    }
    server.password_attempts.push(id);
    let password = user.and_then(|user| server.users[user].password.as_ref());
    if password == Some(&secret) {
        return Ok(Session { user, by_token: false });
    }
    Err(Rejected)
}

/// User ids do not differ by case.
pub(super) fn position(server: &JenkinsServer, id: &str) -> Option<usize> {
    server.users.iter().position(|user| user.id.eq_ignore_ascii_case(id))
}

impl JenkinsToken {
    /// Of 34 characters the first two are cut off without a look at them; the rest is what counts.
    fn is_hit(&self, given: &str, today: &str) -> bool {
        let secret = if given.len() == 34 { &given.as_bytes()[2..] } else { given.as_bytes() };
        let own =
            if self.is_legacy() { self.value.as_bytes() } else { &self.value.as_bytes()[2..] };
        let expired = self.expires.as_deref().is_some_and(|last| last < today);
        own == secret && !self.revoked && !expired
    }
}
