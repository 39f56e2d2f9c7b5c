//! A reverse proxy's configuration that lets through to a server, without a credential, exactly
//! what people and scanners need before they have one.
//!
//! Paths are compared as they were sent, in letters that mean the same to every program: `%2e`,
//! `..;` and their like are read in one way by a proxy and in another by the server behind it, so
//! nothing that holds them is on the list.

mod apache;
mod nginx;

use crate::door::permit::Endpoint;
use crate::rule::exposure::AuditRule;
use crate::rule::gate::{Gate, Pass};
use crate::verify::identify::is_since;

/// A reverse proxy for which a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Proxy {
    Nginx,
    Apache,
}

/// What a path below a folder is made of.
const LETTERS: &str = "[A-Za-z0-9._~@+,=/-]";

/// A path in which two programs may see two paths.
const ODD: &str = r"[^? ]*(?:\.\.|//)";

/// One server and what stands before it.
struct Site<'a> {
    rule: &'a AuditRule,
    endpoint: &'a Endpoint,
    version: Option<&'a str>,
}

/// Writes the configuration for a server. The error is why there can be none.
pub fn snippet(
    proxy: Proxy,
    rule: &AuditRule,
    endpoint: &Endpoint,
    version: Option<&str>,
) -> Result<String, String> {
    let plain = |text: &str, more: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    // What stands in a configuration must not say more there than in an address.
    if !plain(endpoint.authority(), ".:-[]") || !plain(endpoint.path(), "/._~-") {
        return Err(format!(
            "{endpoint}: a configuration takes only letters, digits, dots and dashes in a host, and \
             slashes in a path"
        ));
    }
    let site = Site { rule, endpoint, version };
    Ok(match proxy {
        Proxy::Nginx => nginx::write(&site),
        Proxy::Apache => apache::write(&site),
    })
}

impl Site<'_> {
    fn gate(&self) -> &Gate {
        &self.rule.audit.gate
    }

    /// A name for variables and files, which no other service has.
    fn name(&self) -> String {
        self.rule.service.id.replace('-', "_")
    }

    /// What its reader has to know, a comment in both languages.
    fn head(&self, install: &[&str]) -> String {
        let (service, endpoint) = (&self.rule.service.name, self.endpoint);
        let mut out =
            comment("", &format!("{service} at {endpoint}, open as far as it has to be."));
        out.push_str("#\n");
        let all = "Without a credential only the paths listed below get through, each for the reason \
                   that it has there. Browsers that ask for anything else are sent to sign in, \
                   programs get a 401. Whether a credential is good is for the server to say.";
        out.push_str(&comment("", all));
        for note in &self.gate().notes {
            out.push_str("#\n");
            out.push_str(&comment("", note));
        }
        out.push_str("#\n");
        // A command stays on its line, so that it can be copied.
        let line = |text: &&str| match text.strip_prefix("  ") {
            Some(command) => format!("#     {command}\n"),
            None => comment("", text),
        };
        out.extend(install.iter().map(line));
        out
    }

    /// The schemes of `Authorization` that count, as alternatives, and what there is to say of them.
    fn schemes(&self) -> (String, Vec<String>) {
        let (mut names, mut words) = (Vec::new(), Vec::new());
        for scheme in &self.gate().schemes {
            let name = scheme.name.as_str();
            match (&scheme.since, self.version) {
                (Some(since), Some(version)) if !is_since(self.version, since) => {
                    words.push(format!(
                        "{name} does not count: {version} does not read it, and would take its \
                         sender for anybody. Add it from {since} on."
                    ));
                    continue;
                }
                (Some(since), None) => words.push(format!(
                    "{name} is for versions from {since} on: take it out before, since the server \
                     would take its sender for anybody."
                )),
                _ => {}
            }
            names.push(name);
        }
        (names.join("|"), words)
    }

    /// An expression for the header `Cookie` of somebody who signed in.
    fn session(&self) -> String {
        let one = |cookie: &String| match cookie.strip_suffix('*') {
            Some(begin) => format!("{}[A-Za-z0-9_-]+", escaped(begin)),
            None => escaped(cookie),
        };
        let cookies: Vec<String> = self.gate().cookies.iter().map(one).collect();
        format!("(?:^|; ?)(?:{})=[^; ]", cookies.join("|"))
    }

    /// Expressions for the paths of a group, from the method up to where a query may begin.
    fn listed(&self, pass: &Pass) -> Vec<String> {
        let (methods, context) = (pass.methods.join("|"), escaped(self.endpoint.path()));
        let mut all: Vec<String> = pass.paths.iter().map(|path| path_expression(path)).collect();
        if !pass.files.is_empty() {
            let below = pass.not_below.iter().map(|path| escaped(path)).collect::<Vec<_>>();
            let outside = if below.is_empty() {
                String::new()
            } else {
                format!("(?!(?:{}))", below.join("|"))
            };
            let endings = pass.files.join("|");
            all.push(format!(r"{outside}/{LETTERS}*\.(?:{endings})"));
        }
        all.into_iter().map(|path| format!("^(?:{methods}) {context}{path}")).collect()
    }
}

/// A path of the list: itself, all below it, or all that begin so.
fn path_expression(path: &str) -> String {
    match (path.strip_suffix('*'), path.ends_with('/')) {
        (Some(begin), _) => format!("{}[A-Za-z0-9._-]*", escaped(begin)),
        (None, true) => format!("{}{LETTERS}*", escaped(path)),
        (None, false) => escaped(path),
    }
}

/// Letters as they are, of those that a rule or an address may hold.
fn escaped(text: &str) -> String {
    text.replace('.', r"\.")
}

/// A comment in lines of a hundred columns.
fn comment(indent: &str, text: &str) -> String {
    let mut lines = vec![format!("{indent}#")];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.len() + 1 + word.len() > 99 && line.len() > indent.len() + 1 {
            lines.push(format!("{indent}# {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;

    fn of(proxy: Proxy, address: &str, version: Option<&str>) -> Result<String, String> {
        let rules = Rules::builtin().expect("built-in rules compile");
        let rule = rules.audits.iter().find(|it| it.service.id == "sonarqube-server");
        let endpoint = Endpoint::parse(address, true).expect("an address");
        snippet(proxy, rule.expect("a rule"), &endpoint, version)
    }

    #[test]
    fn a_host_says_nothing_but_its_name() {
        for wrong in [
            "https://a;b.example",
            "https://a'b.example",
            "https://a.example/x;y",
            "https://a.example/%0a",
        ] {
            for proxy in [Proxy::Nginx, Proxy::Apache] {
                assert!(of(proxy, wrong, None).is_err(), "{wrong}");
            }
        }
        let text = of(Proxy::Nginx, "https://[::1]:8443/so.nar", None).expect("a host");
        assert!(text.contains("server_name [::1];") && text.contains(r" /so\.nar/api/"), "{text}");
    }

    #[test]
    fn only_schemes_that_the_version_reads_count() {
        for proxy in [Proxy::Nginx, Proxy::Apache] {
            let schemes = |version| {
                let text = of(proxy, "https://a.example", version).expect("a snippet");
                (text.contains("(?:Basic|Bearer) "), text.contains("Bearer does not count"))
            };
            assert_eq!(schemes(Some("9.9.1")), (false, true));
            assert_eq!(schemes(Some("10.0")), (true, false));
            assert_eq!(schemes(None), (true, false));
        }
    }

    #[test]
    fn comments_are_lines_of_a_hundred_columns() {
        let text = comment("    ", &"word ".repeat(60));
        assert!(
            text.lines().all(|line| line.len() < 100 && line.starts_with("    # word")),
            "{text}"
        );
    }
}
