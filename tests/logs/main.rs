//! The logs of CI systems by their APIs: the real binary against doubles that page, send elsewhere,
//! run out, slow down, and answer with what is no log.

mod azure;
mod buildkite;
#[path = "../ask/canned.rs"]
mod canned;
mod circleci;
#[path = "../double/mod.rs"]
mod double;
mod faults;
mod get;
mod github;
mod gitlab;
mod jenkins;
mod limits;
mod others;
mod stage;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../cli/support.rs"]
mod support;
mod sweep;
