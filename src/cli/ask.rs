//! What the arguments say of asking services.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::{HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::args::{AskArgs, MeansArgs};
use super::dumps;
use crate::door::permit::{Allowed, Endpoint};
use crate::door::tls::Pem;
use crate::door::transport::Means;
use crate::report::escape::shown;
use crate::rule::Rules;
use crate::verify::{Egress, Settings};

/// How to ask, from the arguments.
pub(crate) fn settings(args: &AskArgs, rules: &Rules, quiet: bool) -> Result<Settings> {
    dumps::forbid();
    let named = args.endpoint.iter().map(|text| endpoint(text, rules, args.means.allow_http));
    let allowed = Allowed::new(named.collect::<Result<Vec<_>>>()?);
    Ok(Settings {
        allowed,
        means: means(&args.means, rules)?,
        every: every(&args.means),
        connections: usize::from(args.connections),
        user: None,
        wait: args.wait,
        dry_run: args.dry_run,
        announce: if quiet && !args.dry_run { |_| () } else { announce },
    })
}

/// How to reach servers, from the arguments.
pub(super) fn means(args: &MeansArgs, rules: &Rules) -> Result<Means> {
    let headers = args.header.iter().map(|text| header(text, rules)).collect::<Result<Vec<_>>>()?;
    let ca = args.tls.ca.as_deref().map(|path| pem("--ca", path)).transpose()?;
    let client = match (&args.tls.client_cert, &args.tls.client_key) {
        (Some(chain), Some(key)) => Some((pem("--client-cert", chain)?, pem("--client-key", key)?)),
        _ => None,
    };
    let client = client.as_ref().map(|(chain, key)| (chain, key));
    let tls = Means::tls(ca.as_ref(), client).map_err(anyhow::Error::msg)?;
    let timeout = Duration::from_secs(u64::from(args.timeout));
    Ok(Means { timeout, tls, headers })
}

/// The time between two requests to one server.
pub(super) fn every(args: &MeansArgs) -> Duration {
    Duration::from_secs(1) / u32::from(args.pace)
}

pub(super) fn pem(flag: &str, path: &Path) -> Result<Pem> {
    let name = format!("{flag} {}", path.display());
    let bytes = fs::read(path).with_context(|| format!("{name}: cannot be read"))?;
    Ok(Pem { name, bytes: Zeroizing::new(bytes) })
}

/// How to ask, if `--verify` is there; an error if it is not and asking was meant.
pub(crate) fn if_wanted(
    verify: bool,
    args: &AskArgs,
    rules: &Rules,
    quiet: bool,
) -> Result<Option<Settings>> {
    if !args.means.header.is_empty() && !verify {
        bail!("--header goes with --verify: nothing is asked without it");
    }
    beside_logs(verify, args, rules, quiet)
}

/// The same where CI systems are asked for logs as well, with the user's headers.
pub(crate) fn beside_logs(
    verify: bool,
    args: &AskArgs,
    rules: &Rules,
    quiet: bool,
) -> Result<Option<Settings>> {
    let meant = !args.endpoint.is_empty() || args.dry_run || args.wait;
    if meant && !verify {
        bail!("--endpoint, --wait and --dry-run go with --verify: no service is asked without it");
    }
    verify.then(|| settings(args, rules, quiet)).transpose()
}

/// The id of a service that some rule can ask, and what follows it.
pub(super) fn of_service<'a>(
    text: &'a str,
    rules: &Rules,
    flag: &str,
) -> Result<(String, &'a str)> {
    let mut known: Vec<&str> = rules
        .rules
        .iter()
        .filter(|rule| !rule.verify.is_empty())
        .map(|rule| rule.service.id.as_str())
        .collect();
    known.dedup();
    let known = known.join(", ");
    let Some((service, rest)) = text.split_once('=') else {
        bail!("{flag} {text}: name the service first: one of {known}");
    };
    if !rules.rules.iter().any(|rule| rule.service.id == service && !rule.verify.is_empty()) {
        bail!("{flag} {text}: no rule asks a service {service:?}: one of {known}");
    }
    Ok((service.to_owned(), rest))
}

fn endpoint(text: &str, rules: &Rules, allow_http: bool) -> Result<(String, Endpoint)> {
    let (service, url) = of_service(text, rules, "--endpoint")?;
    let endpoint = Endpoint::parse(url, allow_http)
        .map_err(|why| anyhow::anyhow!("--endpoint {service}: {why}"))?;
    Ok((service, endpoint))
}

/// A header of the user's own. Errors name the header, never its value.
fn header(text: &str, rules: &Rules) -> Result<(String, HeaderName, HeaderValue)> {
    let flag = "--header";
    let Some((before, _)) = text.split_once(':') else {
        bail!("{flag}: write SERVICE=NAME: VALUE");
    };
    let (service, name) = of_service(before, rules, flag)?;
    let value = text[before.len() + 1..].trim();
    let parsed = HeaderName::from_bytes(name.trim().as_bytes());
    let parsed = parsed.with_context(|| format!("{flag} {service}: {name:?} is no header"))?;
    if parsed == "authorization" || parsed == "cookie" {
        bail!("{flag} {service}: {parsed} is what says who is asking; the token has to say that");
    }
    let mut value = HeaderValue::from_str(&filled(value)?).with_context(|| {
        format!("{flag} {service}: the value of {parsed} is none that a header can have")
    })?;
    value.set_sensitive(true);
    Ok((service, parsed, value))
}

/// Puts variables of the environment in place of `${NAME}`, so that a secret is not typed.
fn filled(text: &str) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            bail!("--header: a ${{ without }}")
        };
        out.push_str(before);
        out.push_str(&env::var(name).with_context(|| format!("--header: ${name} is not set"))?);
        rest = after;
    }
    Ok(out + rest)
}

/// Says on standard error what will be asked, and what that changes.
fn announce(plan: &[Egress]) {
    let mut text = String::new();
    if plan.is_empty() {
        text.push_str("Nothing is asked: no token whose service is known and may be asked.\n");
    }
    for (at, egress) in plan.iter().enumerate() {
        let Egress { endpoint, method, path, count, with_token, changes } = egress;
        if at == 0 || plan[at - 1].endpoint != *endpoint {
            let _ = writeln!(text, "Asking {}", shown(endpoint, true));
        }
        let with = if *with_token { "with a token" } else { "without a token that was found" };
        let _ = writeln!(text, "  {method} {path}  at most {count}, {with}");
        let last = plan.get(at + 1).is_none_or(|next| next.endpoint != *endpoint);
        if let Some(changes) = changes.as_ref().filter(|_| last) {
            let _ = writeln!(text, "  which changes something: {changes}");
        }
    }
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::builtin().expect("built-in rules compile")
    }

    #[test]
    fn endpoints_name_a_service_that_can_be_asked() {
        let parse = |text| endpoint(text, &rules(), false).map_err(|error| error.to_string());
        assert!(parse("sonarqube-server=https://sonar.example.com/sonar").is_ok());
        let why = parse("sonarqube=https://sonar.example.com").expect_err("no such service");
        assert!(why.contains("sonarqube-server") && why.contains("jenkins"), "{why}");
        assert!(parse("npm=https://a.example").is_err(), "no rule asks it");
        assert!(parse("https://sonar.example.com").is_err());
        let why = parse("jenkins=http://ci.example.com").expect_err("plain http");
        assert!(why.contains("--allow-http"), "{why}");
    }

    #[test]
    fn headers_come_from_the_environment_and_errors_do_not_show_them() {
        let parse = |text| header(text, &rules()).map_err(|error| format!("{error:#}"));
        let (service, name, value) = parse("jenkins=X-Gate: a${PATH}").expect("a header");
        assert_eq!((service.as_str(), name.as_str()), ("jenkins", "x-gate"));
        assert!(value.is_sensitive() && value.as_bytes().starts_with(b"a/"));
        for wrong in ["X-Gate: secret", "jenkins=X-Gate", "jenkins=X Gate: secret"] {
            let why = parse(wrong).expect_err("refused");
            assert!(!why.contains("secret"), "{why}");
        }
        assert!(parse("jenkins=Authorization: secret").is_err());
        assert!(parse("jenkins=X-Gate: ${SQUELCH_NO_SUCH_VARIABLE}").is_err());
        assert!(parse("jenkins=X-Gate: a\nb").is_err());
    }
}
