//! Azure DevOps: the repositories of an organisation, or of one project.
//!
//! Sources: Microsoft's documents on the REST API of Azure DevOps,
//! learn.microsoft.com/en-us/rest/api/azure/devops/git/repositories/list (`api-version=7.1`,
//! `includeHidden`; one answer without pages; scope `vso.code`) and
//! …/javascript/api/azure-devops-extension-api/gitrepository (`size`: compressed, in bytes; `isDisabled`,
//! `isFork`); learn.microsoft.com/en-us/azure/devops/repos/git/use-ssh-keys-to-authenticate (the hosts
//! for ssh). It says nothing of the last push.

use serde_json::Value;

use super::listing::{Form, Listing, Row};
use super::{Place, Provider};
use crate::api::json::{rows, text};
use crate::api::{Unread, parts, service};
use crate::door::permit::Endpoint;

pub(super) const PROVIDER: Provider = Provider {
    service: service::AZURE_DEVOPS,
    name: "Azure DevOps",
    scope: "a personal access token needs Code (Read)",
    tells: |page| page.host() == HOST || page.host().ends_with(OLD),
    place,
    list,
};

const HOST: &str = "dev.azure.com";
/// The end of what organisations had for a host before, and some have still.
const OLD: &str = ".visualstudio.com";

const FORM: Form = Form {
    rows: |told| rows(told, Some("value")),
    // The documents know no second page: if there is one, the list is not whole.
    next: |told| told.head.header("x-ms-continuationtoken").map(|_| String::new()),
    row,
};

/// `ORGANIZATION` or `ORGANIZATION/PROJECT`, and behind it what begins with `_`. On a server of one's
/// own the path of a collection stands for the organization.
fn place(page: &Endpoint) -> Result<Place, String> {
    let all = parts(page);
    let end = all.iter().position(|part| part.starts_with('_')).unwrap_or(all.len());
    let old = page.host().strip_suffix(OLD);
    if end == 0 && old.is_none() {
        return Err(format!("{page}: name an organization: https://dev.azure.com/ORGANIZATION"));
    }
    let mut place = Place::at(page, page.at_path(""), &all[..end]);
    let other = match old {
        Some(_) => Some(HOST.to_owned()),
        None => (page.host() == HOST).then(|| format!("{}{OLD}", all[0].to_ascii_lowercase())),
    };
    if let Some(other) = other {
        place.https.push(other);
        place.ssh = ["ssh.dev.azure.com", "vs-ssh.visualstudio.com"].map(str::to_owned).to_vec();
    }
    Ok(place)
}

/// Hidden ones as well: wikis are kept in them, and what people write there leaks, too.
fn list(listing: &mut Listing<'_>) -> Result<(), Unread> {
    // As it was typed: it may have percent codes already.
    let mut path = listing.names().to_vec();
    path.push("_apis/git/repositories".to_owned());
    let path = format!("/{}", path.join("/"));
    listing.pages(&path, "includeHidden=true&api-version=7.1", &FORM)
}

fn row(row: &Value) -> Row<'_> {
    let project = row.get("project");
    Row {
        name: text(row, "name"),
        https: text(row, "remoteUrl"),
        ssh: text(row, "sshUrl"),
        size: row.get("size").and_then(Value::as_u64),
        // What is disabled cannot be cloned: the closest that it has to an archive.
        archived: row.get("isDisabled").and_then(Value::as_bool),
        fork: Some(row.get("isFork").and_then(Value::as_bool).unwrap_or(false)),
        private: project.and_then(|it| text(it, "visibility")).map(|it| it != "public"),
        last_activity: None,
    }
}
