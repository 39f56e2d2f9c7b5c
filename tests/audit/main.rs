//! `squelch audit`, as its users meet it: the real binary against doubles that show more or less to
//! anyone, and the reverse proxies that it writes configurations for.

#[allow(dead_code, reason = "the tests of the way out need the rest of it")]
#[path = "../doors/certificates.rs"]
mod certificates;
#[path = "../double/mod.rs"]
mod double;
mod faults;
mod forms;
#[allow(dead_code, reason = "the tests of the way out need the rest of it")]
#[path = "../doors/front.rs"]
mod front;
mod harmless;
mod jenkins;
mod matrix;
mod servers;
mod sonar;
mod stage;
#[allow(dead_code, reason = "the tests of the command line need the rest of it")]
#[path = "../cli/support.rs"]
mod support;
#[allow(dead_code, reason = "the tests of the way out need the rest of it")]
#[path = "../doors/tunnel.rs"]
mod tunnel;
