//! `CircleCI`: `v2/me` for personal tokens, `v1.1/project` for those of a project. There is no call
//! that revokes either. The texts of the errors are not from a source, nor is it that a personal
//! token passes at `v1.1/project`.

use super::clock::Clock;
use super::http::{Reply, Request};
use super::json::{Json, object};
use super::mint;

#[derive(Clone, Debug, Default)]
pub(crate) struct CircleCi {
    pub(crate) personal: Vec<PersonalToken>,
    /// Values of live project tokens.
    pub(crate) project: Vec<String>,
    /// How many of the next requests are told to come back later.
    pub(crate) throttled: usize,
    /// What their `Retry-After` says.
    pub(crate) retry_after: String,
    pub(crate) clock: Clock,
}

#[derive(Clone, Debug)]
pub(crate) struct PersonalToken {
    pub(crate) value: String,
    pub(crate) login: String,
    pub(crate) id: String,
    /// Names of the organisations that its user works in.
    pub(crate) organizations: Vec<String>,
    pub(crate) revoked: bool,
}

impl CircleCi {
    /// Mints a personal token.
    pub(crate) fn add_personal(&mut self, login: &str, organizations: &[&str]) -> String {
        let (value, login) = (mint::circle("PAT"), login.to_owned());
        let organizations = organizations.iter().map(|&it| it.to_owned()).collect();
        let id = mint::uuid();
        let token =
            PersonalToken { value: value.clone(), login, id, organizations, revoked: false };
        self.personal.push(token);
        value
    }

    /// Mints a token of a project.
    pub(crate) fn add_project(&mut self) -> String {
        self.project.push(mint::circle("PRJ"));
        self.project.last().expect("one was added").clone()
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Reply {
        self.act(request).with("Date", self.clock.http_date())
    }

    fn act(&mut self, request: &Request) -> Reply {
        if self.throttled > 0 {
            self.throttled -= 1;
            return message(429, "Too many requests").with("Retry-After", &self.retry_after);
        }
        let value = request.header("circle-token").unwrap_or_default();
        let person = self.personal.iter().find(|it| it.value == value && !it.revoked);
        let project = self.project.iter().any(|it| it == value);
        match (request.path.as_str(), person) {
            ("/api/v2/me", Some(person)) => person.me(),
            ("/api/v2/me/collaborations", Some(person)) => person.collaborations(),
            (path, person) if path.starts_with("/api/v1.1/project/") => {
                let live = project || person.is_some();
                if live { message(404, "Not found") } else { message(401, "Unauthorized") }
            }
            (path, None) if path.starts_with("/api/v2/me") => message(401, "Unauthorized"),
            _ => message(404, "Not found"),
        }
    }
}

impl PersonalToken {
    fn me(&self) -> Reply {
        let fields = [
            ("name", format!("{} of the tests", self.login).into()),
            ("login", self.login.as_str().into()),
            ("id", self.id.as_str().into()),
            ("avatar_url", "https://avatars.invalid/1".into()),
        ];
        Reply::json(200, object(fields))
    }

    fn collaborations(&self) -> Reply {
        let row = |name: &String| {
            object([
                ("id", mint::uuid().into()),
                ("name", name.as_str().into()),
                ("vcs_type", "github".into()),
                ("avatar_url", "https://avatars.invalid/2".into()),
                ("slug", format!("gh/{name}").into()),
            ])
        };
        Reply::json(200, Json::List(self.organizations.iter().map(row).collect()))
    }
}

fn message(status: u16, text: &str) -> Reply {
    Reply::json(status, object([("message", text.into())]))
}
