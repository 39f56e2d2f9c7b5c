//! What administrators have: exports of a server's own data about tokens.

use sha2::{Digest, Sha256, Sha384};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

pub(crate) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

pub(crate) fn sha384(text: &str) -> String {
    hex(&Sha384::digest(text.as_bytes()))
}

/// A user of Jenkins, as the server keeps one.
pub(crate) fn jenkins_user(id: &str, uuid: &str, name: &str, token: &str) -> String {
    format!(
        "<?xml version='1.1' encoding='UTF-8'?>\n<user>\n  <version>10</version>\n  <id>{id}</id>\n  \
         <fullName>{id} of the tests</fullName>\n  <properties>\n    \
         <jenkins.security.ApiTokenProperty>\n      <tokenStore>\n        <tokenList>\n          \
         <jenkins.security.apitoken.ApiTokenStore_-HashedToken>\n            <uuid>{uuid}</uuid>\n            \
         <name>{name}</name>\n            <creationDate>2022-08-18 09:50:55.535 UTC</creationDate>\n            \
         <value>\n              <version>11</version>\n              <hash>{}</hash>\n            \
         </value>\n          </jenkins.security.apitoken.ApiTokenStore_-HashedToken>\n        \
         </tokenList>\n      </tokenStore>\n    </jenkins.security.ApiTokenProperty>\n  \
         </properties>\n</user>\n",
        sha256(&token[2..])
    )
}

/// An export of `SonarQube`'s table of tokens: owner, name, and the token itself.
pub(crate) fn sonar_tokens(rows: &[(&str, &str, &str)]) -> String {
    let head = "login,name,email,active,token_name,type,created_at,last_connection_date,expiration_date,project_key,token_hash\n";
    let row = |(login, name, token): &(&str, &str, &str)| {
        let (mail, hash) = (format!("{login}@example.invalid"), sha384(token));
        format!("{login},{login},{mail},true,{name},USER_TOKEN,,,,,{hash}\n")
    };
    head.to_owned() + &rows.iter().map(row).collect::<String>()
}
