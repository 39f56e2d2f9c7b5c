//! The configurations of reverse proxies that squelch writes, loaded into the real nginx and Apache
//! before a double: exactly what they list gets through without a credential.

#[allow(dead_code, reason = "the tests of the way out need the rest of it")]
#[path = "../doors/certificates.rs"]
mod certificates;
#[path = "../double/mod.rs"]
mod double;
mod gate;
mod jenkins;
mod sonar;
#[allow(dead_code, reason = "the tests of the command line need the rest of it")]
#[path = "../cli/support.rs"]
mod support;
mod together;
