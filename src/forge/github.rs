//! GitHub: the repositories of an organisation or a user.
//!
//! Sources: GitHub's documents on the REST API, docs.github.com/en/rest/repos/repos, "List organization
//! repositories" (`type`, `sort`, `direction`, pages of 100, fine-grained tokens: "Metadata" read),
//! "List repositories for the authenticated user" (`affiliation`; also private ones) and "List
//! repositories for a user" (public ones only); `size` is in kilobytes ("Repository" in
//! github/rest-api-description); docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
//! (header `Link`, which names the list by another path: `/organizations/ID/repos`).

use serde_json::Value;

use super::listing::{Form, Listing, Row};
use super::{Place, Provider};
use crate::api::json::{next_page, rows, text};
use crate::api::{Unread, endpoint, parts, service};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::GITHUB,
    name: "GitHub",
    scope: "a classic token needs the scope repo, a fine-grained one \"Metadata\" (read) of all \
            repositories, and both the organisation's leave where it has single sign-on",
    tells: |page| HOSTS.contains(&page.host()),
    place,
    list,
};

const HOSTS: [&str; 2] = ["github.com", "www.github.com"];

/// The oldest first: what is made meanwhile moves nothing to another page.
const QUERY: &str = "sort=created&direction=asc&per_page=100";

const FORM: Form = Form { rows: |told| rows(told, None), next: |told| next_page(&told.head), row };

/// `OWNER`, or `orgs/OWNER`. A server of one's own has the API below `/api/v3`.
fn place(page: &Endpoint) -> Result<Place, String> {
    let (["orgs", owner, ..] | [owner, ..]) = parts(page)[..] else {
        return Err(format!("{page}: name an organisation or a user: https://github.com/OWNER"));
    };
    let api = endpoint(page, &HOSTS, "https://api.github.com", "/api/v3");
    let mut place = Place::at(page, api, &[owner]);
    if HOSTS.contains(&page.host()) {
        (place.https, place.ssh) = (vec![HOSTS[0].to_owned()], vec![HOSTS[0].to_owned()]);
    }
    Ok(place)
}

fn list(listing: &mut Listing<'_>) -> Result<(), Unread> {
    let name = listing.names().concat();
    let path = format!("/orgs/{}/repos", percent_encoded(&name));
    match listing.pages(&path, &format!("type=all&{QUERY}"), &FORM) {
        Err(unread) if listing.is_new() && unread.status == 404 => user(listing, &name, unread),
        other => other,
    }
}

/// The same of a user. That there is no such organisation may also mean that it is hidden from who
/// asks: then it is none that can be listed, though its public repositories could be.
fn user(listing: &mut Listing<'_>, name: &str, unread: Unread) -> Result<(), Unread> {
    let encoded = percent_encoded(name);
    let told = listing.session.json(&format!("/users/{encoded}"))?;
    if text(&told.value, "type") == Some("Organization") {
        return Err(unread);
    }
    if listing.is_known() {
        match listing.session.json("/user") {
            Ok(told)
                if text(&told.value, "login").is_some_and(|it| it.eq_ignore_ascii_case(name)) =>
            {
                let query = format!("affiliation=owner&{QUERY}");
                return listing.pages("/user/repos", &query, &FORM);
            }
            // The token of an app or a job is nobody's.
            Err(unread) if !matches!(unread.status, 403 | 404) => return Err(unread),
            _ => {}
        }
    }
    listing.pages(&format!("/users/{encoded}/repos"), &format!("type=owner&{QUERY}"), &FORM)
}

fn row(row: &Value) -> Row<'_> {
    Row { last_activity: text(row, "pushed_at"), ..Row::of_github(row) }
}
