//! Where a place is, as a relative path and as a URI.

use std::fmt::Write as _;

use crate::finding::RepositoryRead;
use crate::origin::{Origin, OriginKind};

/// Turns origins into relative paths.
///
/// Where one repository was read, paths inside it are relative to its root, which is what code
/// scanning services expect, wherever the scan was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paths<'a> {
    only: Option<&'a RepositoryRead>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(repositories: &'a [RepositoryRead]) -> Self {
        match repositories {
            [only] => Self { only: Some(only) },
            _ => Self { only: None },
        }
    }

    /// The repository whose root the paths are relative to.
    pub(super) fn only(self) -> Option<&'a RepositoryRead> {
        self.only
    }

    /// A relative path without `.` and `..`; an object without a path gets one that cannot be
    /// a tracked file's.
    pub(super) fn relative(self, origin: &Origin) -> String {
        let path = match &origin.history {
            _ if origin.kind == OriginKind::Stdin => "stdin".to_owned(),
            Some(history) => {
                let inside = history.path.clone().unwrap_or_else(|| {
                    format!(".git/objects/{}/{}", history.object_kind, history.object)
                });
                self.below_repository(origin, &inside)
            }
            None => self.inside_repository(origin).to_owned(),
        };
        normal(&path)
    }

    /// The relative path as a URI reference, and behind `!/`, as in the URLs of Java, the member
    /// of an archive: validators take no fragment of a relative path.
    pub(super) fn uri(self, origin: &Origin) -> String {
        encode(&self.relative(origin)) + &member(origin)
    }

    fn below_repository(self, origin: &Origin, inside: &str) -> String {
        if self.only.is_some() || origin.repository.is_empty() {
            return inside.to_owned();
        }
        format!("{}/{inside}", origin.repository)
    }

    fn inside_repository(self, origin: &Origin) -> &str {
        let path = origin.path.as_str();
        if self.only.is_none() || origin.repository.is_empty() {
            return path;
        }
        match path.strip_prefix(origin.repository.trim_end_matches('/')) {
            Some(inside) if inside.starts_with('/') => inside,
            _ => path,
        }
    }
}

/// What a URI says of the member of an archive.
pub(super) fn member(origin: &Origin) -> String {
    origin
        .member
        .as_ref()
        .map(|member| format!("!/{}", encode(&normal(member))))
        .unwrap_or_default()
}

/// A path without empty, `.` and `..` parts, never empty.
pub(super) fn normal(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    if parts.is_empty() { "unnamed".to_owned() } else { parts.join("/") }
}

/// Percent-encodes a relative path (RFC 3986, section 3.3). A colon is encoded, too: in the first
/// segment it would read as a scheme.
pub(super) fn encode(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// The form of a commit id that people read.
pub(super) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, repository: &str) -> Origin {
        Origin { repository: repository.to_owned(), ..Origin::file(path) }
    }

    #[test]
    fn paths_are_relative_to_the_one_repository() {
        let only = RepositoryRead { path: "../app".to_owned(), ..RepositoryRead::default() };
        let one = Paths { only: Some(&only) };
        assert_eq!(one.relative(&file("../app/src/x", "../app")), "src/x");
        assert_eq!(one.relative(&file("../application/x", "../app")), "application/x");
        let many = Paths { only: None };
        assert_eq!(many.relative(&file("../app/src/x", "../app")), "app/src/x");
        assert_eq!(many.relative(&file("/srv//./a", "")), "srv/a");
        assert_eq!(many.relative(&file("..", "")), "unnamed");
    }

    #[test]
    fn a_member_stands_behind_its_archive() {
        let origin = Origin { member: Some("../a/b c#1".to_owned()), ..Origin::file("x.zip") };
        assert_eq!(Paths { only: None }.uri(&origin), "x.zip!/a/b%20c%231");
    }

    #[test]
    fn uris_hold_only_what_rfc_3986_allows() {
        assert_eq!(encode("a:b/c d/é%\\[#?"), "a%3Ab/c%20d/%C3%A9%25%5C%5B%23%3F");
    }
}
