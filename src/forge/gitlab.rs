//! GitLab: the projects of a group and of all groups in it, or of a user.
//!
//! Sources: GitLab's documents, docs.gitlab.com/api/groups, "List a group's projects"
//! (`include_subgroups`, `with_shared`, `order_by=id`, archived ones too unless `archived` says
//! otherwise; no `statistics`: a group's list has no sizes) and docs.gitlab.com/api/projects, "List a
//! user's projects" (`statistics`, with `repository_size` in bytes, for who is at least Reporter);
//! docs.gitlab.com/api/rest, "Pagination" (pages of 100, header `Link`); scope `read_api`.

use serde_json::Value;

use super::listing::{Form, Listing, Row};
use super::{Place, Provider};
use crate::api::json::{next_page, rows, text};
use crate::api::{Unread, parts, service};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::GITLAB,
    name: "GitLab",
    scope: "a token needs the scope read_api, and sees what its user or group is a member of",
    tells: |page| page.host() == "gitlab.com",
    place,
    list,
};

/// The oldest first: what is made meanwhile moves nothing to another page.
const QUERY: &str = "order_by=id&sort=asc&per_page=100";

const FORM: Form = Form { rows: |told| rows(told, None), next: |told| next_page(&told.head), row };

/// `GROUP/…/GROUP` or `USER`, and behind it `-`. The API is at the root of the host.
fn place(page: &Endpoint) -> Result<Place, String> {
    let all = parts(page);
    let all = all.strip_prefix(&["groups"]).unwrap_or(&all);
    let end = all.iter().position(|part| *part == "-").unwrap_or(all.len());
    if end == 0 {
        return Err(format!("{page}: name a group or a user: https://gitlab.com/GROUP"));
    }
    Ok(Place::at(page, page.at_path("/api/v4"), &all[..end]))
}

fn list(listing: &mut Listing<'_>) -> Result<(), Unread> {
    let names = listing.names();
    let encoded = percent_encoded(&names.join("/"));
    let query = format!("include_subgroups=true&with_shared=false&{QUERY}");
    match listing.pages(&format!("/groups/{encoded}/projects"), &query, &FORM) {
        // No group has this name: a user may.
        Err(unread) if listing.is_new() && unread.status == 404 && names.len() == 1 => {
            let path = format!("/users/{encoded}/projects");
            listing.pages(&path, &format!("statistics=true&{QUERY}"), &FORM)
        }
        other => other,
    }
}

fn row(row: &Value) -> Row<'_> {
    Row {
        name: text(row, "path_with_namespace"),
        https: text(row, "http_url_to_repo"),
        ssh: text(row, "ssh_url_to_repo"),
        size: row.pointer("/statistics/repository_size").and_then(Value::as_u64),
        archived: row.get("archived").and_then(Value::as_bool),
        fork: Some(row.get("forked_from_project").is_some_and(|of| !of.is_null())),
        private: text(row, "visibility").map(|it| it != "public"),
        last_activity: text(row, "last_activity_at"),
    }
}
