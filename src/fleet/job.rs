//! One job: read this target.

use serde::{Deserialize, Serialize};

use crate::sweep::manifest::{self, Target};
use crate::sweep::results::id;

/// A job as it travels.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    schema: u8,
    target: String,
}

/// The text of a job. An error is a name that would not be understood as the same target.
pub(super) fn text(target: &Target) -> anyhow::Result<Vec<u8>> {
    let name = target.name();
    anyhow::ensure!(
        manifest::named(&name)?.what == target.what,
        "{name:?} cannot be told to a worker: rename it"
    );
    Ok(serde_json::to_vec(&Job { schema: 1, target: name })?)
}

/// What to read. It comes from others, and is taken for a target only if a list could name it:
/// a worker clones by https, ssh and file, whoever fills the queue.
pub(super) fn target(text: &[u8], id_of_job: &str) -> Result<Target, String> {
    let job: Job = serde_json::from_slice(text).map_err(|_| "it is no job".to_owned())?;
    if job.schema != 1 {
        return Err("it is of a later squelch".to_owned());
    }
    if id(&job.target) != id_of_job {
        return Err("it goes by the name of another target".to_owned());
    }
    manifest::named(&job.target).map_err(|why| format!("{why:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_what_a_list_could_name() {
        let there = manifest::named("https://git.example/acme/shop").expect("a target");
        let job = text(&there).expect("a job");
        assert_eq!(target(&job, &id(&there.name())), Ok(there));
        let of = |name: &str| {
            let job = format!(r#"{{"schema":1,"target":{name:?}}}"#);
            target(job.as_bytes(), &id(name))
        };
        assert!(of("clones/a").is_ok());
        for name in ["ext::sh -c id", "https://user:secret@git.example/a", ""] {
            assert!(of(name).is_err(), "{name}");
        }
        assert!(target(br#"{"schema":1,"target":"a"}"#, "0f").is_err(), "of another target");
        assert!(target(br#"{"schema":2,"target":"a"}"#, &id("a")).is_err());
        assert!(target(b"not json", &id("a")).is_err());
    }
}
