//! A file that a permitted server says lies elsewhere: the pre-signed address of a storage host.
//!
//! GitHub answers a question for a log with 302 and such an address (it lives for a minute), CircleCI
//! writes one into its JSON. A [`Pickup`] is leave to fetch exactly that file: by GET, once, without
//! any credential and without the user's own headers, over https. Only an answer of a server that the
//! user or a rule named makes one. So nothing that was scanned can, nor can a server that was reached
//! by a `Pickup`: it sends nobody further.

use std::fmt;

use http::Uri;

use super::pace::Pace;
use super::permit::{Endpoint, Permit, is_this_machine};
use super::reply::Reply;
use super::transport::{Line, Lost, Means, Message, Reading, Stream};

/// Leave to fetch one file. It has no `Clone`: what is followed is followed once.
pub(crate) struct Pickup {
    permit: Permit,
    /// Path and query. The query is a credential by itself.
    path: String,
}

/// JSON that a permitted server answered with.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) value: serde_json::Value,
    /// Its status and headers.
    pub(crate) head: Reply,
    from: Permit,
}

impl Told {
    /// Reads an answer of at most `cap` bytes. `Ok(None)` where it is no JSON, or does not say that it
    /// is.
    pub(crate) fn read(stream: Stream, cap: u64) -> Result<Option<Self>, Lost> {
        let (from, head) = (stream.from.clone(), stream.head());
        let value = stream.whole(cap)?.json();
        Ok(value.map(|value| Self { value, head, from }))
    }

    /// Leave to fetch the file whose address stands at a JSON pointer.
    pub(crate) fn pickup(&self, pointer: &str, allow_http: bool) -> Result<Pickup, String> {
        let address = self.value.pointer(pointer).and_then(|it| it.as_str());
        Pickup::at(address.ok_or("it names no address")?, &self.from, allow_http)
    }
}

impl Pickup {
    /// Leave to fetch the file that a redirect points at.
    pub(crate) fn of_redirect(stream: &Stream, allow_http: bool) -> Result<Self, String> {
        let to = stream.header("location").ok_or("it answered with a redirect to nowhere")?;
        Self::at(to, &stream.from, allow_http)
    }

    fn at(address: &str, from: &Permit, allow_http: bool) -> Result<Self, String> {
        let no = |why: &str| Err(format!("it sends to another place, {why}"));
        if !from.may_pass_on() {
            return no("and was itself such a place: that is not followed further");
        }
        let address = address.split('#').next().unwrap_or_default();
        let Ok(uri) = address.parse::<Uri>() else { return no("which is no address") };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return no("on its own pages: to one to sign in, often");
        };
        let Ok(endpoint) = Endpoint::parse(&format!("{scheme}://{authority}"), true) else {
            return no("which is none that can be fetched");
        };
        let (sender, host) = (from.endpoint().host(), endpoint.host());
        if endpoint.authority() == from.endpoint().authority() {
            return no("on its own pages: to one to sign in, often");
        }
        if is_this_machine(host) && !is_this_machine(sender) {
            return no("on this machine, which no other may choose");
        }
        if !(endpoint.is_secure() || allow_http && is_this_machine(host)) {
            return no("which is reached over http: that is not followed");
        }
        let path = uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        Ok(Self { permit: Permit::passed_on(endpoint), path })
    }

    /// Fetches the file. What came in its place is for the caller to see; nothing is tried again,
    /// since the address may have been good for once.
    pub(crate) fn open(self, means: &Means, pace: &Pace) -> Result<Stream, Lost> {
        let line =
            Line::reading(Reading::Download, means, "", &self.permit).map_err(Lost::whole)?;
        if !pace.wait(self.permit.endpoint().authority()) {
            return Err(Lost::left_alone(None));
        }
        line.open(&self.permit, &Message::get(&self.path, &None))
    }
}

/// Without what stands behind the host: it opens the file to whoever reads it.
impl fmt::Debug for Pickup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pickup({})", self.permit.endpoint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(server: &str) -> Permit {
        Permit::named(Endpoint::parse(server, true).expect("an address"))
    }

    fn answer(from: Permit, location: &str) -> Stream {
        let headers = vec![("location".to_owned(), location.to_owned())];
        Stream { status: 302, headers, from, body: Box::new(std::io::empty()) }
    }

    fn follows(server: &str, location: &str, allow_http: bool) -> bool {
        Pickup::of_redirect(&answer(from(server), location), allow_http).is_ok()
    }

    #[test]
    fn a_file_is_fetched_from_another_host_by_https() {
        let forge = "https://api.forge.example";
        let stream = answer(from(forge), "https://Blob.example:443/a/b/?sig=x%2F#y");
        let pickup = Pickup::of_redirect(&stream, false).expect("a place");
        assert_eq!(pickup.path, "/a/b/?sig=x%2F");
        assert_eq!(format!("{pickup:?}"), "Pickup(https://blob.example)", "nothing signed");
        assert!(!pickup.permit.is_named() && !format!("{stream:?}").contains("sig"));
        for wrong in [
            "http://blob.example/a",
            "http://127.0.0.1:9/a",
            "https://127.0.0.1:9/a",
            "https://u:p@blob.example/a",
            "https://api.forge.example/login",
            "/login",
            "//blob.example/a",
            "file:///etc/passwd",
            "",
        ] {
            assert!(!follows(forge, wrong, true), "{wrong}");
        }
    }

    #[test]
    fn http_is_for_doubles_on_this_machine() {
        let double = "http://127.0.0.1:8080";
        assert!(follows(double, "http://127.0.0.1:8081/a", true));
        assert!(!follows(double, "http://127.0.0.1:8081/a", false));
        assert!(!follows(double, "http://blob.example/a", true));
    }

    #[test]
    fn nobody_is_sent_further() {
        let place = Permit::passed_on(Endpoint::parse("https://blob.example", false).expect("one"));
        let stream = answer(place, "https://other.example/a");
        let why = Pickup::of_redirect(&stream, true).expect_err("refused");
        assert!(why.contains("not followed further"), "{why}");
    }
}
