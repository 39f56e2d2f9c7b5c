use sha2::{Digest as _, Sha256};

use super::super::{SourceKind, read};
use super::*;
use crate::fixture::mint;
use crate::hex::hex;
use crate::identity::Identity;

/// A modern token: `11` and 32 digits.
fn minted(seed: u64) -> String {
    mint("11", seed)[..34].to_owned()
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// One token as Jenkins writes it.
fn element(uuid: &str, name: &str, version: &str, hash: &str) -> String {
    let class = "jenkins.security.apitoken.ApiTokenStore_-HashedToken";
    format!(
        "<{class}>\n<uuid>{uuid}</uuid>\n<name>{name}</name>\n\
         <creationDate>2022-08-18 09:50:55.535 UTC</creationDate>\n\
         <expirationDate>2030-03-01</expirationDate>\n\
         <value>\n<version>{version}</version>\n<hash>{hash}</hash>\n</value>\n</{class}>"
    )
}

fn config(head: &str, tokens: &str) -> String {
    format!(
        "<?xml version='1.1' encoding='UTF-8'?>\n<user>\n<version>10</version>\n{head}\n\
         <properties>\n<jenkins.security.ApiTokenProperty>\n<tokenStore>\n<tokenList>\n{tokens}\n\
         </tokenList>\n</tokenStore>\n</jenkins.security.ApiTokenProperty>\n</properties>\n</user>"
    )
}

fn stats(uses: &[(&str, &str, u32)]) -> String {
    let class = "jenkins.security.apitoken.ApiTokenStats_-SingleTokenStats";
    let one = |(uuid, last, count): &(&str, &str, u32)| {
        format!(
            "<{class}><tokenUuid>{uuid}</tokenUuid><lastUseDate>{last}</lastUseDate>\
             <useCounter>{count}</useCounter></{class}>"
        )
    };
    let list = uses.iter().map(one).collect::<Vec<_>>().concat();
    format!(
        "<?xml version='1.1'?>\n<x.ApiTokenStats><tokenStats>{list}</tokenStats></x.ApiTokenStats>"
    )
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

fn ledger(path: &Path) -> Ledger {
    let mut ledger = Ledger::default();
    read(SourceKind::JenkinsHome, &path.to_string_lossy(), &mut ledger).expect("a source");
    ledger
}

fn values(identity: &Identity, about: About) -> Vec<(&str, Sure)> {
    identity.all(about).map(|known| (known.value.as_str(), known.sure)).collect()
}

#[test]
fn a_token_is_known_by_its_last_32_characters_with_owner_name_and_use() {
    let home = tempfile::tempdir().expect("a folder");
    let users = home.path().join("users");
    let (modern, legacy) = (minted(1), minted(2)[2..].to_owned());
    let tokens = [
        element("u-1", "deploy &amp; scan", "11", &sha256(&modern[2..]).to_uppercase()),
        element("u-2", "Legacy Token", "10", &sha256(&legacy)),
    ];
    let head = "<id>Ada</id><fullName>Ada L.</fullName>";
    write(&users.join("other_0123/config.xml"), &config(head, &tokens.concat()));
    let counted = [
        ("u-1", "2026-01-05 10:11:12.345 UTC", 17),
        ("u-1", "2025-01-05 10:11:12.345 UTC", 3),
        ("u-9", "2026-02-05 10:11:12.345 UTC", 1),
    ];
    write(&users.join("other_0123/apiTokenStats.xml"), &stats(&counted));
    // A home has a file of the same name that is about no user.
    write(&home.path().join("config.xml"), "<?xml version='1.1'?><hudson><id>x</id></hudson>");
    for source in [home.path(), &users, &users.join("other_0123")] {
        let ledger = ledger(source);
        assert_eq!(ledger.problems, [], "{source:?}");
        assert_eq!((ledger.read[0].entries, &ledger.read[0].notes[0][..]), (2, "1 user"));
        let identity = ledger.by_digest(&[sha256(&modern), sha256(&modern[2..])]);
        for (about, value) in [
            (About::Owner, "Ada"),
            (About::OwnerName, "Ada L."),
            (About::TokenId, "u-1"),
            (About::TokenName, "deploy & scan"),
            (About::TokenKind, "API token"),
            (About::Created, "2022-08-18T09:50:55.535Z"),
            (About::Expires, "2030-03-01"),
            (About::LastUsed, "2026-01-05T10:11:12.345Z"),
            (About::Uses, "17"),
        ] {
            assert_eq!(identity.certain(about), Some(value), "{about}");
        }
        let identity = ledger.by_digest(&[sha256(&legacy)]);
        assert_eq!(identity.certain(About::TokenKind), Some("legacy"));
        assert_eq!(identity.certain(About::Uses), None);
        assert!(ledger.by_digest(&[sha256(&modern)]).is_empty(), "not the whole token");
    }
    let file = users.join("other_0123/config.xml");
    assert_eq!(ledger(&file).records, ledger(&users).records);
}

#[test]
fn without_an_id_the_owner_is_a_guess_and_no_uuid_is_made_up() {
    let home = tempfile::tempdir().expect("a folder");
    let token = minted(3);
    let element = element("", "ci", "11", &sha256(&token[2..]));
    let digests = [sha256(&token[2..])];
    write(&home.path().join("users/bob_77/config.xml"), &config("", &element));
    let identity = ledger(home.path()).by_digest(&digests);
    assert_eq!(values(&identity, About::Owner), [("bob", Sure::Likely)]);
    assert_eq!(values(&identity, About::TokenId), []);
    let named = config("<id/><fullName>Bob B.</fullName>", &element);
    write(&home.path().join("users/bob_77/config.xml"), &named);
    let identity = ledger(home.path()).by_digest(&digests);
    assert_eq!(values(&identity, About::Owner), [("Bob B.", Sure::Likely)]);
    assert_eq!(values(&identity, About::OwnerName), [("Bob B.", Sure::Certain)]);
}

#[test]
fn a_hash_in_the_wrong_place_is_no_token_and_a_broken_file_is_a_problem() {
    let home = tempfile::tempdir().expect("a folder");
    let token = minted(4);
    let hash = sha256(&token);
    let odd = element("u", "seed", "11", &hash)
        .replace(&format!("<version>11</version>\n<hash>{hash}</hash>"), &hash);
    write(&home.path().join("users/a_1/config.xml"), &config("<id>a</id>", &odd));
    let whole = config("<id>b</id>", &element("u", "ci", "11", &sha256(&token[2..])));
    write(&home.path().join("users/b_1/config.xml"), &whole.replace("</properties>\n</user>", ""));
    write(&home.path().join("users/c_1/config.xml"), "");
    fs::create_dir_all(home.path().join("users/d_1/config.xml")).expect("made");
    let ledger = ledger(home.path());
    assert!(ledger.by_digest(&[hash]).is_empty());
    assert_eq!(ledger.by_digest(&[sha256(&token[2..])]).certain(About::Owner), Some("b"));
    let problems: Vec<_> = ledger.problems.iter().map(|problem| problem.code).collect();
    let damaged = ProblemCode::Damaged;
    assert_eq!(problems, [damaged, damaged, ProblemCode::Unreadable], "{:?}", ledger.problems);
    assert_eq!(ledger.problems[0].why, "it ends in the middle");
}

#[test]
fn what_is_no_jenkins_is_refused_with_what_to_name() {
    let home = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::default();
    let mut refused = |path: &Path| {
        let kind = SourceKind::JenkinsHome;
        format!("{:#}", read(kind, &path.to_string_lossy(), &mut ledger).expect_err("refused"))
    };
    assert!(refused(home.path()).contains("its folder `users`"));
    assert!(refused(&home.path().join("none")).contains("cannot open"));
    write(&home.path().join("config.xml"), "<hudson></hudson>");
    assert!(refused(home.path()).contains("no user of Jenkins"));
    assert!(refused(&home.path().join("config.xml")).contains("no user of Jenkins"));
    assert!(ledger.read.is_empty());
}

#[cfg(unix)]
#[test]
fn no_link_is_followed() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().expect("a folder");
    let users = home.path().join("users");
    let token = minted(5);
    let file = config("<id>a</id>", &element("u", "ci", "11", &sha256(&token[2..])));
    write(&home.path().join("away/config.xml"), &file);
    fs::create_dir_all(users.join("b_1")).expect("made");
    symlink(home.path().join("away"), users.join("a_1")).expect("linked");
    symlink(home.path().join("away/config.xml"), users.join("b_1/config.xml")).expect("linked");
    let ledger = ledger(home.path());
    assert_eq!((ledger.records.len(), ledger.problems.len()), (0, 2));
    assert!(ledger.problems.iter().all(|problem| problem.why.contains("link")));
    let other = tempfile::tempdir().expect("a folder");
    symlink(&users, other.path().join("users")).expect("linked");
    let mut ledger = Ledger::default();
    assert!(read(SourceKind::JenkinsHome, &other.path().to_string_lossy(), &mut ledger).is_err());
}
