//! Asking services, as its users meet it: the real binary against doubles of the services, in every
//! state that they can be in and behind everything that may stand before them.

mod canary;
mod canned;
mod circleci;
mod cloud;
#[path = "../double/mod.rs"]
mod double;
mod egress;
mod faults;
mod jenkins;
mod known;
mod matrix;
mod names;
mod offline;
mod services;
mod stage;
#[allow(dead_code, reason = "the tests of the command line need the rest of it")]
#[path = "../cli/support.rs"]
mod support;
mod thousand;
mod ties;
