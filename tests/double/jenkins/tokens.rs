//! The pages of a user: the list of tokens, which is HTML only, and what changes them.

use super::super::http::{Reply, Request};
use super::super::json::object;
use super::auth::{Session, position};
use super::{JenkinsServer, JenkinsToken, denied};

const PROPERTY: &str = "/descriptorByName/jenkins.security.ApiTokenProperty/";

impl JenkinsServer {
    /// Whatever is below `/user/`: to those without Overall/Read there is no such thing.
    pub(super) fn user_page(&mut self, request: &Request, below: &str, session: Session) -> Reply {
        let Some(caller) = session.user else {
            return Reply::html(403, super::LOGIN_PAGE);
        };
        let (id, page) = below.split_at(below.find('/').unwrap_or(below.len()));
        let owner = position(self, id).filter(|_| self.users[caller].may_read);
        let Some(owner) = owner else { return Reply::html(404, "") };
        if let Some(action) = page.strip_prefix(PROPERTY) {
            return self.change_tokens(request, action, caller, owner);
        }
        let cards = self.is_since(468);
        let shown = match page.trim_end_matches('/') {
            "/security" => cards,
            "/configure" => !cards,
            _ => false,
        };
        if !shown {
            return Reply::html(404, "");
        }
        if owner != caller && !self.users[caller].admin {
            return denied(&self.users[caller], "hudson.model.Hudson.Administer");
        }
        let tokens = self.users[owner].tokens.iter().filter(|token| !token.revoked);
        let rows: String = tokens.map(if cards { card } else { input }).collect();
        Reply::html(200, format!("<!DOCTYPE html><html><body>\n{rows}</body></html>\n"))
    }

    fn change_tokens(&mut self, request: &Request, action: &str, me: usize, of: usize) -> Reply {
        let known = match action {
            "generateNewToken" | "revoke" => true,
            "revokeAll" | "revokeAllExcept" => self.is_since(260),
            _ => false,
        };
        if !known {
            return Reply::html(404, "");
        }
        if request.method != "POST" {
            return Reply::html(405, "");
        }
        let may =
            if action == "generateNewToken" { me == of } else { me == of || self.users[me].admin };
        if !may {
            return denied(&self.users[me], "hudson.model.Hudson.Administer");
        }
        let uuid = request.param("tokenUuid");
        match (action, uuid) {
            ("generateNewToken", _) => self.generate_token(request, of),
            ("revoke" | "revokeAllExcept", None) => {
                Reply::html(400, "The tokenUuid cannot be empty")
            }
            _ if self.users[of].tokens.is_empty() => Reply::html(
                400,
                "The user does not have any ApiToken yet, try generating one before.",
            ),
            _ => {
                let goes = |token: &&mut JenkinsToken| match action {
                    "revoke" => Some(token.uuid.as_str()) == uuid,
                    _ => Some(token.uuid.as_str()) != uuid,
                };
                self.users[of].tokens.iter_mut().filter(goes).for_each(|it| it.revoked = true);
                Reply::html(200, "")
            }
        }
    }

    /// Is there so that a test can see that nobody calls it.
    fn generate_token(&mut self, request: &Request, owner: usize) -> Reply {
        let now = self.clock.now();
        let name = request.param("newTokenName").unwrap_or("Token created by the tests");
        let token = self.users[owner].add_token(name, now);
        let data = object([
            ("tokenUuid", token.uuid.as_str().into()),
            ("tokenName", token.name.as_str().into()),
            ("tokenValue", token.value.as_str().into()),
            ("expirationDate", "never".into()),
            ("aboutToExpire", false.into()),
        ]);
        Reply::json(200, object([("status", "ok".into()), ("data", data)]))
    }

    /// Whether this is 2.`minor` or newer.
    pub(super) fn is_since(&self, minor: u32) -> bool {
        let own = self.version.split('.').nth(1).and_then(|part| part.parse().ok());
        own.is_some_and(|own: u32| own >= minor)
    }
}

/// As seen in 2.541.
fn card(token: &JenkinsToken) -> String {
    let class = if token.is_legacy() { "token-card legacy-token" } else { "token-card " };
    let (uuid, name, uses) = (&token.uuid, escape(&token.name), token.uses);
    format!(
        "<div class=\"{class}\" id=\"{uuid}\"><div><span class=\"token-name\">{name}</span> \
         <span class=\"token-use-counter\">{uses}</span></div></div>\n"
    )
}

/// As seen in 2.263.
fn input(token: &JenkinsToken) -> String {
    let (uuid, name) = (&token.uuid, escape(&token.name));
    format!(
        "<div><input type=\"hidden\" class=\"token-uuid-input\" name=\"tokenUuid\" \
         value=\"{uuid}\"><input type=\"text\" name=\"tokenName\" value=\"{name}\"></div>\n"
    )
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
