//! squelch finds leaked analysis tokens and says how to silence them.
//!
//! Bytes flow forward through six nouns, each made by one module from the one before:
//!
//! ```text
//!  Source ──▶ Blob ──▶ Candidate ──▶ Leak ──▶ Finding ──▶ Report
//!  where      bytes +   one match     one       what we     all of it,
//!  to look    Origin    in a blob     token,    say of it   in a fixed
//!                                     all its               order
//!                                     places
//!             source/   detect/ judge/ leak.rs  finding.rs  report/
//!                       └─── hold a Secret ──┘  └─ no Secret from here on ─┘
//! ```
//!
//! Rules (`rules/*.toml`) are compiled once and read by detect, judge and remedy.

pub mod api;
pub mod audit;
pub mod baseline;
pub mod ci;
pub mod cli;
pub mod detect;
pub mod door;
pub mod finding;
#[cfg(test)]
mod fixture;
#[cfg(feature = "fleet")]
pub mod fleet;
pub mod forge;
mod hex;
pub mod identity;
pub mod judge;
pub mod leak;
pub mod line_hash;
pub mod origin;
pub mod problem;
pub mod remedy;
pub mod report;
pub mod revocation;
pub mod revoke;
pub mod rule;
pub mod scan;
pub mod secret;
pub mod selftest;
pub mod severity;
pub mod shell;
mod source;
pub mod span;
pub mod store;
pub mod sweep;
pub mod tally;
pub mod terms;
pub mod trace;
pub mod usage;
pub mod verdict;
pub mod verify;
pub mod view;
pub mod wanted;
mod xml;
mod yaml;
