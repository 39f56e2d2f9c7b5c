//! A sweep by many machines: a NATS server holds the jobs, workers anywhere take one after the
//! other, and what they find comes back by the same way.
//!
//! What may go wrong, and what becomes of it:
//!
//! * A worker dies: it gives no more sign of life, and its job is given to another one.
//! * The server dies: it keeps all in files, and everybody waits until it is back.
//! * A job kills whoever takes it: after four times nobody gets it any more, and the report says that
//!   its target was not read.
//! * Two workers read the same target: the first result counts, the other one is refused.
//!
//! Only masked tokens and fingerprints travel, as in any report, and addresses without credentials.
//!
//! This is the only module that is asynchronous, since the client of NATS is; what it offers is not.

mod collect;
mod job;
mod ledger;
mod link;
mod parcel;
mod status;
mod streams;
mod submit;
mod worker;

use std::fmt;
use std::str::FromStr;

pub use self::collect::collect;
pub use self::link::{Role, Server};
pub use self::status::{Counts, status};
pub use self::submit::{Submission, Submitted, submit};
pub use self::worker::{Bench, End, Told, work};

/// The name of a sweep, which is a part of the names of its messages.
///
/// NATS keeps dots, spaces and wildcards for itself:
/// <https://docs.nats.io/nats-concepts/subjects#characters-allowed-and-recommended-for-subject-names>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fine) {
            return Err("a name has letters, digits, - and _, and at most 64 of them".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Name {
    /// The subject of a job, or of all of them: `*`.
    fn job(&self, id: &str) -> String {
        format!("squelch.{self}.job.{id}")
    }

    /// The subject of the last word on a job, or on all of them: `*`.
    fn result(&self, id: &str) -> String {
        format!("squelch.{self}.result.{id}")
    }

    /// The subject of a part of a result.
    fn part(&self, id: &str, digest: &str, number: usize) -> String {
        format!("squelch.{self}.part.{id}.{digest}.{number}")
    }
}

/// The last word of a subject: of which target it is.
fn id_of(subject: &str) -> &str {
    subject.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_of_a_subject() {
        for name in ["a", "autumn-2026", "A_1"] {
            assert_eq!(name.parse::<Name>().expect(name).to_string(), name);
        }
        for name in ["", "a.b", "*", ">", "a b", "ä", &"a".repeat(65)] {
            assert!(name.parse::<Name>().is_err(), "{name}");
        }
        let name: Name = "a".parse().expect("a name");
        assert_eq!(id_of(&name.result("0f")), "0f");
    }
}
