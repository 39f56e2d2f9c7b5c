//! What those see who may read, or administer: the jobs, the people (until 2.452), the pages of the
//! administration. Of Jenkins' source: `Jenkins.doScript`, `ManageJenkinsAction`,
//! `AdministrativeMonitor.getTarget`, `View.AsynchPeople`, `PeopleRedirect`.

use super::super::http::{Reply, Request};
use super::super::json::{Json, object};
use super::super::proxy::LOGIN_PAGE;
use super::auth::Session;
use super::{Anonymous, JenkinsServer, denied};

impl JenkinsServer {
    pub(super) fn show(&self, request: &Request, session: Session) -> Reply {
        match request.path.as_str() {
            "/api/json" => self.front_page(),
            "/asynchPeople/api/json" if !self.is_since(452) => self.people(),
            "/script" if request.param("script").is_some() && request.method != "POST" => {
                Reply::html(405, "requires POST")
            }
            "/script" | "/manage/" | "/administrativeMonitor/legacyApiToken/manage" => {
                self.administration(session)
            }
            _ => Reply::html(404, ""),
        }
    }

    fn front_page(&self) -> Reply {
        let job = |name: &String| {
            let class = "hudson.model.FreeStyleProject";
            object([("_class", class.into()), ("name", name.as_str().into())])
        };
        let jobs: Vec<Json> = self.jobs.iter().map(job).collect();
        let secured = self.anonymous != Anonymous::Unsecured;
        let fields = [
            ("_class", "hudson.model.Hudson".into()),
            ("jobs", jobs.into()),
            ("useSecurity", secured.into()),
        ];
        Reply::json(200, object(fields))
    }

    fn people(&self) -> Reply {
        let one = |name: &String| object([("user", object([("fullName", name.as_str().into())]))]);
        let names: Vec<String> = self.users.iter().map(|user| user.full_name.clone()).collect();
        let people: Vec<Json> = names.iter().map(one).collect();
        let class = "hudson.model.View$AsynchPeople$People";
        Reply::json(200, object([("_class", class.into()), ("users", people.into())]))
    }

    /// A page for administrators. Whoever has not signed in is asked to.
    fn administration(&self, session: Session) -> Reply {
        let page = Reply::html(200, "<html><title>Manage Jenkins</title></html>");
        match session.user.map(|index| &self.users[index]) {
            Some(user) if user.admin => page,
            Some(user) => denied(user, "hudson.model.Hudson.Administer"),
            None => match self.anonymous {
                Anonymous::Administer | Anonymous::Unsecured => page,
                Anonymous::Nothing | Anonymous::Read => Reply::html(403, LOGIN_PAGE),
            },
        }
    }
}
