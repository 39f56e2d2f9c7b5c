//! A result on its way: in parts that a server takes, then a last word that says what they make.
//!
//! Parts go by the digest of the whole, so that those of two workers are either the same or never
//! mixed, and only the first last word of a target counts.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Name;
use super::link::Link;
use super::submit::once;
use crate::hex::hex;

/// The largest part: what a server takes by default is one mebibyte, and headers need room.
const PART: usize = 512 << 10;

/// The most parts of a result: four gibibytes of it would be no report.
const MOST_PARTS: usize = 8192;

/// The last word.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    schema: u8,
    /// The SHA-256 of the result.
    sha256: String,
    pub(super) parts: usize,
}

impl Seal {
    fn of(text: &[u8], part: usize) -> Self {
        let parts = text.chunks(part).count();
        Self { schema: 1, sha256: hex(&Sha256::digest(text)), parts }
    }

    pub(super) fn read(text: &[u8]) -> Result<Self> {
        let seal: Self = serde_json::from_slice(text).context("its last word is none")?;
        let hex = |text: &str| text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
        ensure!(seal.schema == 1, "it is of a later squelch");
        ensure!(hex(&seal.sha256) && seal.parts <= MOST_PARTS, "its last word is none");
        Ok(seal)
    }

    /// The subject of a part.
    pub(super) fn part(&self, name: &Name, id: &str, number: usize) -> String {
        name.part(id, &self.sha256[..32], number)
    }

    /// Whether these are all parts, as they were sent.
    pub(super) fn check(&self, text: &[u8]) -> Result<()> {
        ensure!(hex(&Sha256::digest(text)) == self.sha256, "its parts are not what was sent");
        Ok(())
    }
}

/// Sends the result of a target; tells whether it is the first one.
pub(super) async fn send(link: &Link, name: &Name, id: &str, text: &[u8]) -> Result<bool> {
    let room = link.client.server_info().max_payload;
    let part = PART.min(room.saturating_sub(4096)).max(1);
    let seal = Seal::of(text, part);
    if seal.parts > MOST_PARTS {
        bail!("the result is too large: {} bytes", text.len());
    }
    for (number, part) in text.chunks(part).enumerate() {
        once(link, seal.part(name, id, number), part.to_vec()).await?;
    }
    once(link, name.result(id), serde_json::to_vec(&seal)?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_of_one_text() {
        let seal = Seal::of(b"result", 4);
        assert_eq!(seal.parts, 2);
        assert!(seal.check(b"result").is_ok() && seal.check(b"another").is_err());
        let text = serde_json::to_vec(&seal).expect("JSON");
        assert_eq!(Seal::read(&text).expect("a seal"), seal);
        let name: Name = "a".parse().expect("a name");
        assert!(seal.part(&name, "0f", 1).starts_with("squelch.a.part.0f."));
    }

    #[test]
    fn what_is_no_seal_is_refused() {
        let digest = "0".repeat(64);
        for text in [
            "{}".to_owned(),
            format!(r#"{{"schema":2,"sha256":"{digest}","parts":1}}"#),
            format!(r#"{{"schema":1,"sha256":"{digest}","parts":9999}}"#),
            r#"{"schema":1,"sha256":"*.>","parts":1}"#.to_owned(),
        ] {
            assert!(Seal::read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
