//! What came with which version.

use super::Edition;

#[derive(Clone, Copy, Debug)]
pub(super) struct Version {
    number: (u32, u32),
    edition: Edition,
}

impl Version {
    pub(super) fn new(text: &str, edition: Edition) -> Self {
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
        Self { number: (parts.next().unwrap_or(0), parts.next().unwrap_or(0)), edition }
    }

    pub(super) fn has_last_connection(self) -> bool {
        self.number >= (7, 7)
    }

    /// Types, their prefixes and the project of a project's token.
    pub(super) fn has_token_types(self) -> bool {
        self.number >= (9, 5)
    }

    pub(super) fn has_expiry(self) -> bool {
        self.number >= (9, 6)
    }

    /// Before that the header is not looked at: whoever sends it is anonymous.
    pub(super) fn has_bearer(self) -> bool {
        self.number >= (10, 0) || self.edition == Edition::Cloud
    }

    /// Secured settings are named, and their values returned to nobody.
    pub(super) fn hides_secured_settings(self) -> bool {
        self.number >= (9, 1)
    }

    /// The list of plugins wants somebody who signed in.
    pub(super) fn closes_plugins(self) -> bool {
        self.number >= (9, 7)
    }

    /// Names at other systems are for administrators.
    pub(super) fn hides_identities(self) -> bool {
        self.number >= (7, 4)
    }

    /// How many there are stands in an object of its own.
    pub(super) fn has_paging(self) -> bool {
        self.number >= (6, 4)
    }

    /// The design of 9.5, where analysis tokens reach a few paths only.
    pub(super) fn lists_paths_of_analysis_tokens(self) -> bool {
        self.number == (9, 5)
    }

    /// Since Server 2025.6. Of the Community Builds, which have two digits, those of 2026 surely
    /// have it; those of 2025 are taken to be without.
    pub(super) fn has_user_id(self) -> bool {
        match self.number.0 {
            0..=25 => false,
            26..=99 => true,
            _ => self.number >= (2025, 6),
        }
    }
}
