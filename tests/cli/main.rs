//! The command line as its users meet it: the real binary on real files and repositories.

mod archives;
mod ask;
mod baseline;
mod canary;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../ask/canned.rs"]
mod canned;
#[path = "../double/mod.rs"]
mod double;
mod exports;
mod faults;
mod foreign;
mod history;
mod hostile;
mod html;
mod logs;
mod merge;
mod pack;
mod pairs;
mod part;
mod places;
mod readme;
mod removed;
mod store;
mod support;
mod sweep;
mod texts;
mod trace;
mod worktree;
