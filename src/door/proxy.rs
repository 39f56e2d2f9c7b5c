//! Which proxy stands before a server, as the environment says: the variables of curl, and what it
//! understands in `NO_PROXY`, with ports besides.

use core::net::IpAddr;

use super::permit::{Endpoint, is_this_machine};

/// A proxy as it stands in the environment.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) variable: &'static str,
    /// May hold a password: it is in no error.
    pub(crate) address: String,
}

/// The proxy for a server, if there is one.
pub(crate) fn setting(
    endpoint: &Endpoint,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<Setting> {
    let first = |names: &[&'static str]| {
        names.iter().find_map(|&name| Some((name, variable(name).filter(|it| !it.is_empty())?)))
    };
    let names: &[&str] = if endpoint.is_secure() {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        // HTTP_PROXY in capitals can come from a request's header where a web server runs us.
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let (variable, address) = first(names)?;
    let spared = first(&["no_proxy", "NO_PROXY"]).map(|(_, value)| value).unwrap_or_default();
    let mut spared = spared.split([',', ' ']).filter(|entry| !entry.is_empty());
    let is_spared = is_this_machine(endpoint.host()) || spared.any(|it| covers(it, endpoint));
    (!is_spared).then_some(Setting { variable, address })
}

/// Whether an entry of `NO_PROXY` is a server's: `*`, the host itself, a domain that it is in, each
/// with its port or for all, or a network (`10.0.0.0/8`).
fn covers(entry: &str, endpoint: &Endpoint) -> bool {
    let host = endpoint.host().trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<IpAddr>().ok();
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        let parsed = network.parse().ok().zip(bits.parse().ok()).zip(address);
        return parsed.is_some_and(|((network, bits), address)| is_in(address, network, bits));
    }
    let (name, port) = parted(entry);
    if port.is_some_and(|port| port != endpoint.port()) {
        return false;
    }
    if let Some(address) = address {
        return name.parse() == Ok(address);
    }
    let domain = name.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    !domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}")))
}

/// A name and its port. An IPv6 address with a port stands in brackets.
fn parted(entry: &str) -> (&str, Option<u16>) {
    let whole = entry.trim_start_matches('[').trim_end_matches(']');
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
            (name.trim_start_matches('[').trim_end_matches(']'), port.parse().ok())
        }
        _ => (whole, None),
    }
}

fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let (one, other, width) = match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u128::from(one.to_bits()), u128::from(other.to_bits()), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        _ => return false,
    };
    let behind: u32 = width - bits.min(width);
    bits <= width && (one ^ other).checked_shr(behind).unwrap_or(0) == 0
}

/// Why a proxy let nobody through, from what the library says of it.
pub(crate) fn refusal(said: &str, variable: &str) -> String {
    let code = said.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    match code {
        "407" => format!(
            "it wants a name and a password, or other ones: {variable}=http://NAME:PASSWORD@HOST:PORT"
        ),
        "502" | "503" | "504" => format!("it does not reach the server ({code})"),
        "" => "it hung up without an answer".to_owned(),
        _ => format!("it refuses to connect to the server ({code} to CONNECT)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        Endpoint::parse(text, true).expect("an address")
    }

    fn found(text: &str, environment: &[(&str, &str)]) -> Option<&'static str> {
        let variable = |name: &str| {
            let set = environment.iter().find(|(known, _)| *known == name);
            set.map(|(_, value)| (*value).to_owned())
        };
        setting(&endpoint(text), variable).map(|it| it.variable)
    }

    #[test]
    fn the_proxy_is_the_environments() {
        let both = [("HTTPS_PROXY", "a"), ("https_proxy", "b"), ("ALL_PROXY", "c")];
        assert_eq!(found("https://sonar.example.com", &both), Some("https_proxy"));
        assert_eq!(found("https://sonar.example.com", &both[..1]), Some("HTTPS_PROXY"));
        assert_eq!(found("http://sonar.example.com", &both), Some("ALL_PROXY"));
        assert_eq!(found("http://sonar.example.com", &[("HTTP_PROXY", "a")]), None);
        assert_eq!(found("https://sonar.example.com", &[("HTTPS_PROXY", "")]), None);
        for here in ["https://127.0.0.1:9", "https://localhost", "https://[::1]:9"] {
            assert_eq!(found(here, &both), None, "{here}");
        }
    }

    #[test]
    fn no_proxy_spares_whom_it_says() {
        let spares = |entries: &str, text: &str| {
            found(text, &[("HTTPS_PROXY", "a"), ("NO_PROXY", entries)]).is_none()
        };
        for (entries, text) in [
            ("*", "https://sonar.example.com"),
            (".example.com", "https://sonar.example.com"),
            ("example.com", "https://sonar.example.com"),
            ("*.example.com", "https://sonar.example.com"),
            ("a, Sonar.Example.com:443", "https://sonar.example.com"),
            ("a b,sonar.example.com:8443", "https://sonar.example.com:8443"),
            ("10.0.0.0/8", "https://10.200.3.4"),
            ("10.1.2.3", "https://10.1.2.3:9000"),
            ("fd00::/8", "https://[fd12::1]:9000"),
            ("[fd12::1]:9000", "https://[fd12::1]:9000"),
            ("fd12::1", "https://[fd12::1]:9000"),
        ] {
            assert!(spares(entries, text), "{entries}: {text}");
        }
        for (entries, text) in [
            ("", "https://sonar.example.com"),
            (".", "https://sonar.example.com"),
            ("ample.com", "https://sonar.example.com"),
            ("sonar.example.com:443", "https://sonar.example.com:8443"),
            ("10.0.0.0/8", "https://11.0.0.1"),
            ("10.0.0.0/99", "https://10.0.0.1"),
            ("0.0.1", "https://10.0.0.1"),
            ("[fd12::1]:9001", "https://[fd12::1]:9000"),
        ] {
            assert!(!spares(entries, text), "{entries}: {text}");
        }
    }
}
