//! Bitbucket Cloud: the repositories of a workspace.
//!
//! Sources: Atlassian's documents on the REST API of Bitbucket Cloud,
//! developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories, "List repositories in a
//! workspace" (`sort`; `size` in bytes, `parent` of a fork, `links.clone` with a name before `@` in the
//! https one) and …/rest/intro, "Pagination" (`pagelen` up to 100; `next` is the whole address, and is
//! missing at the end); support.atlassian.com/bitbucket-cloud/docs/api-token-permissions (the scope).
//! Whether a repository is archived it does not say.

use serde_json::Value;

use super::listing::{Form, Listing, Row};
use super::{Place, Provider};
use crate::api::json::{owned, rows, text};
use crate::api::{Unread, endpoint, parts, service};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::BITBUCKET,
    name: "Bitbucket",
    scope: "an API token (USER:TOKEN) needs the scope read:repository:bitbucket, a workspace access \
            token Repositories: Read",
    tells: |page| page.host() == "bitbucket.org",
    place,
    list,
};

const FORM: Form =
    Form { rows: |told| rows(told, Some("values")), next: |told| owned(&told.value, "next"), row };

/// `WORKSPACE`.
fn place(page: &Endpoint) -> Result<Place, String> {
    let [workspace, ..] = parts(page)[..] else {
        return Err(format!("{page}: name a workspace: https://bitbucket.org/WORKSPACE"));
    };
    let api = endpoint(page, &["bitbucket.org"], "https://api.bitbucket.org", "");
    Ok(Place::at(page, api, &[workspace]))
}

fn list(listing: &mut Listing<'_>) -> Result<(), Unread> {
    let path = format!("/2.0/repositories/{}", percent_encoded(&listing.names().concat()));
    listing.pages(&path, "sort=created_on&pagelen=100", &FORM)
}

fn row(row: &Value) -> Row<'_> {
    let clones = row.pointer("/links/clone").and_then(Value::as_array);
    let by = |name: &str| {
        let link = clones?.iter().find(|link| text(link, "name") == Some(name));
        link.and_then(|link| text(link, "href"))
    };
    Row {
        name: text(row, "full_name"),
        https: by("https"),
        ssh: by("ssh"),
        size: row.get("size").and_then(Value::as_u64),
        archived: None,
        fork: Some(row.get("parent").is_some_and(|parent| !parent.is_null())),
        private: row.get("is_private").and_then(Value::as_bool),
        last_activity: text(row, "updated_on"),
    }
}
