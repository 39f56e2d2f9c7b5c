//! A list of digests, one a line: what a server's files were searched for, so that nothing else of
//! them has to leave it.

use anyhow::bail;

use super::{Digest, Ledger, Read, Record, file};
use crate::identity::{About, Known};

/// Reads a list.
pub(super) fn read(what: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    let text = file::named(what)?;
    let mut records = Vec::new();
    for (number, line) in file::lines(&text) {
        let Some((digest, label)) = parse(line) else {
            bail!(
                "{what}, line {number}: no digest: write SHA-256 or SHA-384 in hex, or SHA-256 in base64, \
                 one a line, with a name behind it if you like"
            );
        };
        let how = format!("its digest in line {number} of {what}");
        let known = (!label.is_empty()).then(|| Known::certain(About::StoredIn, label, how));
        records.push(Record { digest, known: known.into_iter().collect() });
    }
    ledger.read.push(Read {
        source: format!("digests of {what}"),
        entries: records.len(),
        notes: Vec::new(),
    });
    ledger.records.extend(records);
    Ok(())
}

/// The digest of a line, and its label. As `sha256sum` writes it, a star says that a file was read
/// as binary. As `grep -r` finds it in Jenkins' files, it is in its element, behind the file's name.
fn parse(line: &str) -> Option<(Digest, &str)> {
    if let Some((before, rest)) = line.split_once("<hash>") {
        let (hash, _) = rest.split_once("</hash>").unwrap_or((rest, ""));
        return Some((Digest::parse(hash.trim())?, before.trim().trim_end_matches(':')));
    }
    let (digest, label) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let label = label.trim_start();
    Some((Digest::parse(digest)?, label.strip_prefix('*').unwrap_or(label)))
}

#[cfg(test)]
mod tests {

    use base64::Engine as _;
    use sha2::{Digest as _, Sha256, Sha384};

    use super::*;
    use crate::fixture::mint;
    use crate::hex::hex;
    use crate::trace::{SourceKind, read_text};

    fn ledger(text: &str) -> anyhow::Result<Ledger> {
        read_text(SourceKind::Hashes, "hashes.txt", text)
    }

    #[test]
    fn a_digest_is_found_in_whichever_way_it_is_written() {
        let token = mint("11", 1);
        let (short, long) = (Sha256::digest(&token), Sha384::digest(&token));
        let base64 = base64::engine::general_purpose::STANDARD.encode(short);
        let (short, long) = (hex(&short), hex(&long));
        for (line, digest, label) in [
            (short.clone(), &short, None),
            (short.to_uppercase(), &short, None),
            (format!("{long}\tof the  old server "), &long, Some("of the  old server")),
            (base64, &short, None),
            (format!("{short} *a.txt"), &short, Some("a.txt")),
            (format!("{short}  a.txt"), &short, Some("a.txt")),
            (format!("  <hash>{short}</hash>"), &short, None),
            (format!("<hash>{short}"), &short, None),
            (
                format!("users/a_1/config.xml:   <hash>{short}</hash>"),
                &short,
                Some("users/a_1/config.xml"),
            ),
        ] {
            let ledger = ledger(&format!("# comment\n\n{line}\n")).expect("a list");
            assert!(ledger.holds(std::slice::from_ref(digest)), "{line}");
            assert!(!ledger.holds(&[hex(&Sha256::digest("other"))]), "{line}");
            let identity = ledger.by_digest(std::slice::from_ref(digest));
            assert_eq!(identity.certain(About::StoredIn), label, "{line}");
        }
    }

    #[test]
    fn a_line_without_a_digest_is_refused_by_its_number() {
        for line in ["abc".to_owned(), mint("squ_", 2), "<hash>ab</hash>".to_owned()] {
            let error = ledger(&format!("\n{line}\n")).expect_err("no digest").to_string();
            assert!(error.contains("line 2") && !error.contains(&line), "{error}");
        }
    }
}
