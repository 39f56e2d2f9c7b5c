//! Gitea and Forgejo: the repositories of an organisation or a user.
//!
//! Sources: go-gitea/gitea `routers/api/v1/user/repo.go` (`orgListRepos`, `userListRepos`: `page`,
//! `limit`, header `Link`; what may not be seen is taken out of a page after it was counted),
//! `services/convert/repository.go` (`size` in units of 1024 bytes); docs.gitea.com/development/api-usage
//! and forgejo.org/docs/latest/user/api-usage (at most 50 rows a page by default, scopes).

use serde_json::Value;

use super::listing::{Form, Listing, Row};
use super::{Place, Provider};
use crate::api::json::{next_page, rows, text};
use crate::api::{Unread, parts, service};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::GITEA,
    name: "Gitea or Forgejo",
    scope: "a token needs the scopes read:organization, read:user and read:repository",
    tells: |page| matches!(page.host(), "codeberg.org" | "gitea.com"),
    place,
    list,
};

const QUERY: &str = "page=1&limit=50";

const FORM: Form = Form { rows: |told| rows(told, None), next: |told| next_page(&told.head), row };

/// `OWNER`, and before it the path below which the server lives.
fn place(page: &Endpoint) -> Result<Place, String> {
    let all = parts(page);
    let Some((owner, context)) = all.split_last() else {
        return Err(format!("{page}: name an organisation or a user: https://codeberg.org/OWNER"));
    };
    let api = page.at_path(&format!("/{}", [context, &["api/v1"]].concat().join("/")));
    Ok(Place::at(page, api, &[owner]))
}

fn list(listing: &mut Listing<'_>) -> Result<(), Unread> {
    let name = percent_encoded(&listing.names().concat());
    match listing.pages(&format!("/orgs/{name}/repos"), QUERY, &FORM) {
        Err(unread) if listing.is_new() && unread.status == 404 => {
            listing.pages(&format!("/users/{name}/repos"), QUERY, &FORM)
        }
        other => other,
    }
}

fn row(row: &Value) -> Row<'_> {
    Row { last_activity: text(row, "updated_at"), ..Row::of_github(row) }
}
