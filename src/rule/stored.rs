//! How a service keeps a token: the digest by which an administrator's own data names it.

use crate::secret::Hash;

/// One digest of a token, as a rule file says it: `sha384`, `sha256:2` without the first two
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// As the file says it: the digest's name in reports.
    pub name: String,
    pub hash: Hash,
    /// How many leading characters are left out.
    pub skip: usize,
}

impl Stored {
    /// Reads `sha256`, `sha384` or one of them with `:N`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, skip) = text.split_once(':').unwrap_or((text, "0"));
        let hash = match name {
            "sha256" => Hash::Sha256,
            "sha384" => Hash::Sha384,
            other => return Err(format!("{other:?}: sha256 and sha384 are known")),
        };
        let skip = skip.parse().ok().filter(|skip| *skip <= 16);
        let skip = skip.ok_or_else(|| format!("{text:?}: leave out 16 characters at most"))?;
        Ok(Self { name: text.to_owned(), hash, skip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_hash_and_what_is_left_out() {
        let stored = Stored::parse("sha256:2").expect("a digest");
        assert_eq!((stored.hash, stored.skip), (Hash::Sha256, 2));
        assert_eq!(Stored::parse("sha384").map(|stored| stored.skip), Ok(0));
        assert!(Stored::parse("md5").is_err() && Stored::parse("sha256:x").is_err());
    }
}
