//! The command line as its users meet it: the real binary on real files and repositories.

mod canary;
mod faults;
mod history;
mod hostile;
mod logs;
mod part;
mod readme;
mod support;
mod worktree;
