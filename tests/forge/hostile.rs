//! Addresses that an API names and git must not get.

use serde_json::json;

use crate::canned::Canned;
use crate::support::Fixture;
use crate::{host, listed, page, repos};

#[test]
fn git_gets_no_address_of_another_host_nor_what_is_none() {
    let hub = Canned::start(|request| {
        let host = host(request);
        let hostile = [
            "https://evil.example/acme/a.git".to_owned(),
            format!("https://{host}@evil.example/a.git"),
            format!("https://ada:hunter2@{host}/acme/b.git"),
            format!("http://{host}/acme/c.git"),
            "ext::sh -c touch% pwned".to_owned(),
            "file:///etc".to_owned(),
            "/etc".to_owned(),
            "--upload-pack=touch pwned".to_owned(),
            format!("https://{host}/acme/\u{1b}[2Jd.git"),
            format!("https://{host}/acme/\u{202e}e.git"),
            "org:https://github.com/acme".to_owned(),
        ];
        let row = |(at, url): (usize, &String)| json!({"full_name": format!("acme/\u{1b}]0;{at}\u{7}"), "clone_url": url, "size": 1});
        let mut rows: Vec<_> = hostile.iter().enumerate().map(row).collect();
        rows.push(json!({"full_name": "acme/none", "clone_url": null}));
        rows.push(json!(7));
        rows.push(json!({"clone_url": format!("https://{host}/acme/shop.git"), "size": "big"}));
        page(&rows, None)
    });
    let fixture = Fixture::new();
    let target = format!("github+{}/acme", hub.url());
    let run = repos(&fixture, &[&target], "GITHUB_TOKEN");
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(listed(&run, &hub), ["https://HOST/acme/shop.git,,,,,"]);
    assert_eq!(run.stderr.matches("[repository]").count(), 13, "{}", run.stderr);
    assert!(run.stderr.contains("at another host, \"evil.example\""), "{}", run.stderr);
    assert!(!run.stderr.contains("hunter2") && !run.stderr.contains('\u{1b}'), "{}", run.stderr);
    let ssh = repos(&fixture, &[&target, "--clone-by", "ssh"], "GITHUB_TOKEN");
    assert_eq!((ssh.code, listed(&ssh, &hub).len()), (Some(3), 0), "{ssh:#?}");
    assert!(!fixture.path("pwned").exists());
}

#[test]
fn a_repository_that_has_a_token_for_a_name_is_not_named() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let named = token.clone();
    let hub = Canned::start(move |request| {
        let row = |name: &str| {
            let url = format!("https://{}/acme/{name}.git", host(request));
            json!({"full_name": format!("acme/{name}"), "clone_url": url})
        };
        let elsewhere = json!({"full_name": named, "clone_url": format!("https://x/{named}")});
        page(&[row("shop"), row(&named), elsewhere], None)
    });
    let run = repos(&fixture, &[&format!("github+{}/acme", hub.url())], "GITHUB_TOKEN");
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(listed(&run, &hub), ["https://HOST/acme/shop.git,,,,,"]);
    assert!(!format!("{run:?}").contains(&token[4..40]), "{run:#?}");
    assert!(run.stderr.contains("a token is in its name"), "{}", run.stderr);
}
