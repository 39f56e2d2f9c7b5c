//! Whether git may be sent to an address that an API gave.
//!
//! The answer of an API chooses no host: an address is cloned from the organisation's own, by https or
//! ssh, and holds nothing that a shell, a terminal or git would take for more than an address. What is
//! refused is not shown: it may hold a credential.

use http::Uri;

use super::{CloneBy, Place};
use crate::door::permit::Endpoint;

/// The longest address: servers take no longer ones.
const LONGEST: usize = 2000;

/// The address, as git gets it; or why git does not.
pub(super) fn checked(text: &str, by: CloneBy, place: &Place) -> Result<String, String> {
    let odd = |c: char| !c.is_ascii_graphic() || "\"'`<>{}|\\^?#".contains(c);
    if text.contains(odd) || text.len() > LONGEST {
        return Err("the address to clone it has characters that no address has".to_owned());
    }
    match by {
        CloneBy::Https => https(text, &place.https),
        CloneBy::Ssh => ssh(text, &place.ssh),
    }
}

fn https(text: &str, own: &[String]) -> Result<String, String> {
    let (user, rest) = split(text.strip_prefix("https://").ok_or("it cannot be cloned by https")?);
    // Azure DevOps and Bitbucket write a name there, which is no more than a greeting.
    if user.is_some_and(|user| user.contains(':')) {
        return Err("there is a credential in the address to clone it".to_owned());
    }
    let address = format!("https://{rest}");
    let server = Endpoint::parse(&address, false).map_err(|_| "the address to clone it is none")?;
    same(server.authority(), own)?;
    Ok(address)
}

/// `ssh://git@host:22/path`, or `git@host:path`.
fn ssh(text: &str, own: &[String]) -> Result<String, String> {
    let (user, host) = if let Some(rest) = text.strip_prefix("ssh://") {
        let (user, rest) = split(rest);
        let uri: Uri = format!("ssh://{rest}").parse().map_err(|_| "the address is none")?;
        (user, uri.host().unwrap_or_default().to_ascii_lowercase())
    } else {
        let (host, path) = text.split_once(':').ok_or("it cannot be cloned by ssh")?;
        let (user, host) = host.split_once('@').ok_or("it cannot be cloned by ssh")?;
        // `ext::` and the like name programs that git would run.
        if path.starts_with(':') || path.contains("://") {
            return Err("it cannot be cloned by ssh".to_owned());
        }
        (Some(user), host.to_ascii_lowercase())
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if user.is_some_and(|user| !user.starts_with(char::is_alphanumeric) || !user.chars().all(plain))
    {
        return Err("there is a credential in the address to clone it".to_owned());
    }
    same(&host, own)?;
    Ok(text.to_owned())
}

/// What stands before an `@` of the authority, and the rest.
fn split(text: &str) -> (Option<&str>, &str) {
    let authority = text.split('/').next().unwrap_or_default();
    match authority.rfind('@') {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    }
}

fn same(host: &str, own: &[String]) -> Result<(), String> {
    if own.iter().any(|it| it == host) {
        return Ok(());
    }
    let own = own.join(" or ");
    Err(format!("the address to clone it is at another host, {host:?}, not at {own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, by: CloneBy) -> Result<String, String> {
        let page = Endpoint::parse("https://git.example:8443/acme", false).expect("an address");
        checked(text, by, &Place::at(&page, page.clone(), &["acme"]))
    }

    #[test]
    fn git_is_sent_to_the_organisations_host_alone() {
        let https = |text| of(text, CloneBy::Https);
        let good = "https://git.example:8443/acme/shop.git";
        assert_eq!(https(good), Ok(good.to_owned()));
        assert_eq!(https("https://acme@git.example:8443/acme/shop.git"), Ok(good.to_owned()));
        for hostile in [
            "https://evil.example/acme/shop.git",
            "https://git.example/acme/shop.git",
            "https://git.example:8443@evil.example/acme/shop.git",
            "https://git.example:8443.evil.example/acme/shop.git",
            "https://evil.example\\@git.example:8443/acme/shop.git",
            "http://git.example:8443/acme/shop.git",
            "file:///etc",
            "/etc",
            "ext::sh -c id",
            "ext::https://git.example:8443/acme/shop.git",
            "--upload-pack=id",
            "git@git.example:acme/shop.git",
            "https://git.example:8443/a\nb",
            "https://git.example:8443/a\u{202e}b",
            "https://git.example:8443/a?b#c",
            "",
        ] {
            assert!(https(hostile).is_err(), "{hostile}");
        }
        let why = https("https://ada:hunter2@git.example:8443/acme/shop.git").expect_err("refused");
        assert!(why.contains("credential") && !why.contains("hunter2"), "{why}");
    }

    #[test]
    fn ssh_has_ports_and_users_of_its_own() {
        let ssh = |text| of(text, CloneBy::Ssh);
        for good in [
            "git@git.example:acme/shop.git",
            "ssh://git@git.example:2222/acme/shop.git",
            "ssh://git.example/acme/shop.git",
        ] {
            assert_eq!(ssh(good), Ok(good.to_owned()));
        }
        for hostile in [
            "git@evil.example:acme/shop.git",
            "ssh://git@evil.example/acme/shop.git",
            "ssh://git:secret@git.example/acme/shop.git",
            "ssh://-oProxyCommand=id/x",
            "-oProxyCommand=id@git.example:x",
            "git@git.example",
            "ext::sh",
            "git@git.example::x",
            "git@git.example:x://y",
            "https://git.example:8443/acme/shop.git",
        ] {
            assert!(ssh(hostile).is_err(), "{hostile}");
        }
    }
}
