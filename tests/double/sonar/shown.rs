//! What the server shows besides users and tokens: settings, projects, code, plugins, webhooks.
//!
//! Not settled by a source: whether users' identities were shown before 7.4 to those, too, who had
//! not signed in (here they are), and whether the list of plugins is closed to them since 9.7, as its
//! list of changes says and a run of 25.6 showed (here it is).

use super::super::http::{Reply, Request};
use super::super::json::{Json, object};
use super::auth::Session;
use super::{SonarServer, error};

const SECURED: &str = ".secured";

impl SonarServer {
    /// Before 9.1 secured settings come with their values, to whoever may scan or administer; since
    /// then only their names do.
    pub(super) fn setting_values(&self, session: Session) -> Reply {
        let trusted = session.may(self, "scan") || session.may(self, "admin");
        let visible = |key: &str| trusted || !key.ends_with(SECURED);
        let hides = self.version().hides_secured_settings();
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for (key, value) in self.settings.iter().filter(|(key, _)| visible(key)) {
            if hides && key.ends_with(SECURED) {
                names.push(Json::from(key.as_str()));
                continue;
            }
            rows.push(object([
                ("key", key.as_str().into()),
                ("value", value.as_str().into()),
                ("inherited", false.into()),
            ]));
        }
        let default = object([
            ("key", "sonar.auth.saml.enabled".into()),
            ("value", "false".into()),
            ("inherited", true.into()),
        ]);
        rows.push(default);
        let mut fields = vec![("settings", Json::List(rows))];
        fields.extend(hides.then_some(("setSecuredSettings", Json::List(names))));
        Reply::json(200, Json::Object(fields))
    }

    pub(super) fn search_projects(&self, session: Session) -> Reply {
        let seen = self.visible_projects(session);
        let row = |(key, name): &(String, String)| {
            object([
                ("key", key.as_str().into()),
                ("name", name.as_str().into()),
                ("qualifier", "TRK".into()),
                ("visibility", "public".into()),
            ])
        };
        let rows: Vec<Json> = seen.iter().take(1).map(row).collect();
        let paging = object([
            ("pageIndex", 1_i64.into()),
            ("pageSize", 1_i64.into()),
            ("total", seen.len().into()),
        ]);
        Reply::json(200, object([("paging", paging), ("components", rows.into())]))
    }

    /// One file of each project.
    pub(super) fn component_tree(&self, request: &Request, session: Session) -> Reply {
        let project = request.param("component").unwrap_or_default();
        if !self.visible_projects(session).iter().any(|(key, _)| key == project) {
            return error(403, "Insufficient privileges");
        }
        let file = object([
            ("key", format!("{project}:src/Main.java").into()),
            ("qualifier", "FIL".into()),
            ("path", "src/Main.java".into()),
        ]);
        Reply::json(200, object([("components", vec![file].into())]))
    }

    pub(super) fn show_source(&self, request: &Request, session: Session) -> Reply {
        let key = request.param("key").unwrap_or_default();
        let project = key.split(':').next().unwrap_or_default();
        if !self.visible_projects(session).iter().any(|(key, _)| key == project) {
            return error(403, "Insufficient privileges");
        }
        let line = Json::List(vec![1_i64.into(), self.source.as_str().into()]);
        Reply::json(200, object([("sources", vec![line].into())]))
    }

    pub(super) fn installed_plugins(&self, session: Session) -> Reply {
        if session.is_anonymous() && self.version().closes_plugins() {
            return error(403, "Insufficient privileges");
        }
        let plugin = object([("key", "java".into()), ("version", "7.33".into())]);
        Reply::json(200, object([("plugins", vec![plugin].into())]))
    }

    /// Anonymous is turned away before anybody looks at permissions.
    pub(super) fn list_webhooks(&self, session: Session) -> Reply {
        if session.is_anonymous() {
            return error(401, "Authentication is required");
        }
        if !session.may(self, "admin") {
            return error(403, "Insufficient privileges");
        }
        let webhook = object([
            ("key", "1".into()),
            ("name", "ci".into()),
            ("url", "https://ci.example.invalid/".into()),
            ("secret", self.source.as_str().into()),
        ]);
        Reply::json(200, object([("webhooks", vec![webhook].into())]))
    }

    pub(super) fn system_info(&self, session: Session) -> Reply {
        if !session.may(self, "admin") {
            return error(403, "Insufficient privileges");
        }
        let system = object([("Version", self.version.as_str().into())]);
        Reply::json(200, object([("System", system)]))
    }

    /// Those that are public, and all to whoever signed in.
    fn visible_projects(&self, session: Session) -> &[(String, String)] {
        if self.private && session.is_anonymous() { &[] } else { &self.projects }
    }
}
