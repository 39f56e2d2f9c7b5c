//! Exactly what each provider is asked, to the end of its list, and what is made of the rows.

use serde_json::{Value, json};

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::stage::{CREDENTIAL, asked, base64, not_found};
use crate::support::Fixture;
use crate::{host, listed, page, repos};

fn github_row(request: &Request, name: &str, more: &Value) -> Value {
    let host = host(request);
    let mut row = json!({
        "full_name": format!("acme/{name}"), "private": true, "fork": false, "archived": false,
        "size": 12, "pushed_at": "2025-07-04T14:32:00Z",
        "clone_url": format!("https://{host}/acme/{name}.git"),
        "ssh_url": format!("git@127.0.0.1:acme/{name}.git"),
    });
    let more = more.as_object().expect("an object").clone();
    row.as_object_mut().expect("an object").extend(more);
    row
}

/// Three pages, as GitHub names them: by the number of the organisation.
fn hub(request: &Request) -> Reply {
    if request.header("authorization") != Some(&format!("Bearer {CREDENTIAL}")) {
        return Reply::json(401, "{}");
    }
    let row = |name: &str, more: Value| github_row(request, name, &more);
    let next = |number: u8| {
        format!("http://{}/api/v3/organizations/7/repos?per_page=100&page={number}", host(request))
    };
    match (request.path.as_str(), request.param("page")) {
        ("/api/v3/orgs/acme/repos", None) => {
            page(&[row("shop", json!({})), row("fork", json!({"fork": true}))], Some(&next(2)))
        }
        ("/api/v3/orgs/acme/repos", Some("2")) => page(&[], Some(&next(3))),
        ("/api/v3/orgs/acme/repos", Some("3")) => {
            let odd = json!({"archived": true, "private": false, "size": 0, "pushed_at": "=1+1"});
            page(&[row("old", odd)], None)
        }
        ("/api/v3/users/ada", _) => Reply::json(200, r#"{"login":"ada","type":"User"}"#),
        ("/api/v3/users/bob", _) => Reply::json(200, r#"{"login":"bob","type":"User"}"#),
        ("/api/v3/users/hidden", _) => Reply::json(200, r#"{"type":"Organization"}"#),
        ("/api/v3/user", _) => Reply::json(200, r#"{"login":"Ada"}"#),
        ("/api/v3/user/repos" | "/api/v3/users/bob/repos", _) => {
            page(&[row("dots", json!({}))], None)
        }
        _ => not_found(),
    }
}

#[test]
fn github_lists_an_organisation_to_its_end() {
    let (fixture, hub) = (Fixture::new(), Canned::start(hub));
    let target = format!("github+{}/acme", hub.url());
    let run = repos(&fixture, &[&target], "GITHUB_TOKEN");
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(
        listed(&run, &hub),
        [
            "https://HOST/acme/fork.git,12288,false,true,true,2025-07-04T14:32:00Z",
            "https://HOST/acme/old.git,0,true,false,false,",
            "https://HOST/acme/shop.git,12288,false,false,true,2025-07-04T14:32:00Z",
        ]
    );
    let base = "GET /api/v3/orgs/acme/repos";
    assert_eq!(
        asked(&hub),
        [
            format!("{base}?type=all&sort=created&direction=asc&per_page=100"),
            format!("{base}?per_page=100&page=2"),
            format!("{base}?per_page=100&page=3"),
        ]
    );
    assert!(run.stderr.contains("with the token of $GITHUB_TOKEN, by GET only"), "{}", run.stderr);
}

#[test]
fn forks_and_archived_ones_are_left_out_and_ssh_is_cloned() {
    let (fixture, hub) = (Fixture::new(), Canned::start(hub));
    let target = format!("org:github+{}/orgs/acme/repositories", hub.url());
    let args =
        [&target, "--skip-forks", "--skip-archived", "--clone-by", "ssh", "--format", "json"];
    let run = repos(&fixture, &args, "GH_TOKEN");
    assert_eq!(run.code, Some(0), "{run:#?}");
    let rows: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let want = json!([{
        "target": "git@127.0.0.1:acme/shop.git", "size": 12288, "archived": false, "fork": false,
        "private": true, "last_activity": "2025-07-04T14:32:00Z",
    }]);
    assert_eq!(rows, want);
}

#[test]
fn github_lists_a_user_and_ones_own_repositories_whole() {
    let fixture = Fixture::new();
    for (user, list) in [
        ("ada", "GET /api/v3/user/repos?affiliation=owner&"),
        ("bob", "GET /api/v3/users/bob/repos?type=owner&"),
    ] {
        let hub = Canned::start(hub);
        let run = repos(&fixture, &[&format!("github+{}/{user}", hub.url())], "GITHUB_TOKEN");
        assert_eq!((run.code, listed(&run, &hub).len()), (Some(0), 1), "{run:#?}");
        let asked = asked(&hub);
        assert_eq!(
            asked[1..3],
            [format!("GET /api/v3/users/{user}"), "GET /api/v3/user".to_owned()]
        );
        assert_eq!(asked[3], format!("{list}sort=created&direction=asc&per_page=100"));
    }
    let hub = Canned::start(hub);
    let run = repos(&fixture, &[&format!("github+{}/hidden", hub.url())], "GITHUB_TOKEN");
    assert_eq!(run.code, Some(3), "an organisation is no user: {run:#?}");
    assert!(run.stderr.contains("404 with the token of $GITHUB_TOKEN"), "{}", run.stderr);
}

fn gitlab_row(request: &Request, path: &str, more: &Value) -> Value {
    let host = host(request);
    let mut row = json!({
        "path_with_namespace": path, "visibility": "internal", "archived": false,
        "last_activity_at": "2025-07-04T16:32:00.123+02:00",
        "http_url_to_repo": format!("https://{host}/{path}.git"),
        "ssh_url_to_repo": format!("git@127.0.0.1:{path}.git"),
    });
    let more = more.as_object().expect("an object").clone();
    row.as_object_mut().expect("an object").extend(more);
    row
}

fn lab(request: &Request) -> Reply {
    if request.header("private-token") != Some(CREDENTIAL) {
        return Reply::json(401, "{}");
    }
    let row = |path: &str, more: Value| gitlab_row(request, path, &more);
    match (request.path.as_str(), request.param("page")) {
        ("/api/v4/groups/acme/web/projects", None) => {
            let next = format!("http://{}{}?page=2&per_page=100", host(request), request.path);
            let fork = json!({"forked_from_project": {"id": 1}, "archived": true});
            page(&[row("acme/web/shop", json!({})), row("acme/web/a/till", fork)], Some(&next))
        }
        ("/api/v4/groups/acme/web/projects", Some("2")) => {
            page(&[row("acme/web/site", json!({"visibility": "public"}))], None)
        }
        ("/api/v4/users/ada/projects", _) => {
            page(&[row("ada/dots", json!({"statistics": {"repository_size": 4096}}))], None)
        }
        _ => not_found(),
    }
}

#[test]
fn gitlab_lists_a_group_with_its_groups_or_a_user_with_sizes() {
    let (fixture, lab) = (Fixture::new(), Canned::start(lab));
    let target = format!("gitlab+{}/groups/acme/web/-/children", lab.url());
    let user = format!("gitlab+{}/ada", lab.url());
    let run = repos(&fixture, &[&target, &user], "GITLAB_TOKEN");
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(
        listed(&run, &lab),
        [
            "https://HOST/acme/web/a/till.git,,true,true,true,2025-07-04T14:32:00Z",
            "https://HOST/acme/web/shop.git,,false,false,true,2025-07-04T14:32:00Z",
            "https://HOST/acme/web/site.git,,false,false,false,2025-07-04T14:32:00Z",
            "https://HOST/ada/dots.git,4096,false,false,true,2025-07-04T14:32:00Z",
        ]
    );
    let order = "order_by=id&sort=asc&per_page=100";
    assert_eq!(
        asked(&lab),
        [
            format!(
                "GET /api/v4/groups/acme/web/projects?include_subgroups=true&with_shared=false&{order}"
            ),
            "GET /api/v4/groups/acme/web/projects?page=2&per_page=100".to_owned(),
            format!(
                "GET /api/v4/groups/ada/projects?include_subgroups=true&with_shared=false&{order}"
            ),
            format!("GET /api/v4/users/ada/projects?statistics=true&{order}"),
        ]
    );
}

#[test]
fn bitbucket_lists_a_workspace_by_the_address_of_each_next_page() {
    let fixture = Fixture::new();
    let bucket = Canned::start(|request| {
        let basic = format!("Basic {}", base64(CREDENTIAL));
        if request.header("authorization") != Some(basic.as_str()) {
            return Reply::json(401, "{}");
        }
        let host = host(request);
        let row = |name: &str, parent: Value| {
            json!({
                "full_name": format!("acme/{name}"), "is_private": true, "size": 77, "parent": parent,
                "updated_on": "2025-07-04T14:32:00.5+00:00",
                "links": {"clone": [
                    {"name": "https", "href": format!("https://ada@{host}/acme/{name}.git")},
                    {"name": "ssh", "href": format!("git@127.0.0.1:acme/{name}.git")},
                ]},
            })
        };
        match (request.path.as_str(), request.param("page")) {
            ("/2.0/repositories/acme", None) => {
                let next = format!("http://{host}/2.0/repositories/acme?pagelen=100&page=2");
                let rows = [row("shop", Value::Null)];
                Reply::json(200, json!({"values": rows, "next": next}).to_string())
            }
            ("/2.0/repositories/acme", Some("2")) => {
                let rows = [row("fork", json!({"full_name": "x/fork"}))];
                Reply::json(200, json!({"values": rows}).to_string())
            }
            _ => not_found(),
        }
    });
    let target = format!("bitbucket+{}/acme/workspace/repositories", bucket.url());
    let run = repos(&fixture, &[&target, "--skip-archived"], "BITBUCKET_TOKEN");
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(
        listed(&run, &bucket),
        [
            "https://HOST/acme/fork.git,77,,true,true,2025-07-04T14:32:00Z",
            "https://HOST/acme/shop.git,77,,false,true,2025-07-04T14:32:00Z",
        ]
    );
    let base = "GET /2.0/repositories/acme";
    assert_eq!(
        asked(&bucket),
        [format!("{base}?sort=created_on&pagelen=100"), format!("{base}?pagelen=100&page=2")]
    );
}

#[test]
fn azure_lists_an_organization_or_a_project_without_pages() {
    let fixture = Fixture::new();
    let azure = Canned::start(|request| {
        let basic = format!("Basic {}", base64(&format!(":{CREDENTIAL}")));
        if request.header("authorization") != Some(basic.as_str()) {
            return Reply::html(203, "<html>Sign in</html>");
        }
        let host = host(request);
        let row = |name: &str, disabled: bool| {
            json!({
                "name": name, "size": 9, "isDisabled": disabled, "project": {"visibility": "private"},
                "remoteUrl": format!("https://acme@{host}/acme/My%20Shop/_git/{name}"),
                "sshUrl": format!("git@ssh.dev.azure.com:v3/acme/My%20Shop/{name}"),
            })
        };
        let more = request.path.contains("/more/");
        match request.path.as_str() {
            "/acme/_apis/git/repositories" | "/acme/My Shop/_apis/git/repositories" => {
                let rows = [row("shop", false), row("off", true)];
                Reply::json(200, json!({"count": 2, "value": rows}).to_string())
            }
            _ if more => Reply::json(200, json!({"value": [row("shop", false)]}).to_string())
                .with("X-MS-ContinuationToken", "abc"),
            _ => not_found(),
        }
    });
    let run = |path: &str, more: &[&str], variable: &str| {
        let target = format!("azure-devops+{}/{path}", azure.url());
        repos(&fixture, &[&[target.as_str()], more].concat(), variable)
    };
    let whole = run("acme", &[], "AZURE_DEVOPS_EXT_PAT");
    assert_eq!(whole.code, Some(0), "{whole:#?}");
    assert_eq!(
        listed(&whole, &azure),
        [
            "https://HOST/acme/My%20Shop/_git/off,9,true,false,true,",
            "https://HOST/acme/My%20Shop/_git/shop,9,false,false,true,",
        ]
    );
    let project = run("acme/My%20Shop/_git/shop", &["--skip-archived"], "AZURE_DEVOPS_TOKEN");
    assert_eq!((project.code, listed(&project, &azure).len()), (Some(0), 1), "{project:#?}");
    let query = "_apis/git/repositories?includeHidden=true&api-version=7.1";
    assert_eq!(asked(&azure), [format!("GET /acme/{query}"), format!("GET /acme/My Shop/{query}")]);
    let more = run("acme/more", &[], "AZURE_DEVOPS_EXT_PAT");
    assert_eq!((more.code, listed(&more, &azure).len()), (Some(3), 1), "{more:#?}");
    assert!(more.stderr.contains("is not whole"), "{}", more.stderr);
    let stranger = run("acme", &[], "OTHER");
    assert_eq!(stranger.code, Some(3), "{stranger:#?}");
    assert!(stranger.stderr.contains("Code (Read)"), "{}", stranger.stderr);
}

#[test]
fn gitea_lists_an_organisation_or_a_user_past_empty_pages() {
    let fixture = Fixture::new();
    let tea = Canned::start(|request| {
        if request.header("authorization") != Some(&format!("token {CREDENTIAL}")) {
            return Reply::json(401, "{}");
        }
        let host = host(request);
        let row = |name: &str| {
            json!({
                "full_name": format!("acme/{name}"), "private": false, "fork": false, "size": 3,
                "archived": false, "updated_at": "2025-07-04T14:32:00Z",
                "clone_url": format!("https://{host}/git/acme/{name}.git"),
            })
        };
        let next = |number: u8| format!("http://{host}{}?limit=50&page={number}", request.path);
        match (request.path.as_str(), request.param("page")) {
            ("/git/api/v1/orgs/acme/repos", Some("1")) => page(&[row("shop")], Some(&next(2))),
            ("/git/api/v1/orgs/acme/repos", Some("2")) => page(&[], Some(&next(3))),
            ("/git/api/v1/orgs/acme/repos", Some("3")) => page(&[row("till")], None),
            ("/git/api/v1/users/ada/repos", _) => page(&[row("dots")], None),
            _ => not_found(),
        }
    });
    let targets = ["acme", "ada"].map(|name| format!("forgejo+{}/git/{name}", tea.url()));
    let run = repos(&fixture, &[&targets[0], &targets[1]], "FORGEJO_TOKEN");
    assert_eq!(run.code, Some(0), "{run:#?}");
    let line = |name: &str| {
        format!("https://HOST/git/acme/{name}.git,3072,false,false,false,2025-07-04T14:32:00Z")
    };
    assert_eq!(listed(&run, &tea), ["dots", "shop", "till"].map(line));
    assert_eq!(
        asked(&tea),
        [
            "GET /git/api/v1/orgs/acme/repos?page=1&limit=50",
            "GET /git/api/v1/orgs/acme/repos?limit=50&page=2",
            "GET /git/api/v1/orgs/acme/repos?limit=50&page=3",
            "GET /git/api/v1/orgs/ada/repos?page=1&limit=50",
            "GET /git/api/v1/users/ada/repos?page=1&limit=50",
        ]
    );
}
