//! How squelch goes out and comes in: TLS with every certificate that must not be taken, client
//! certificates, proxies, and what a process shows of the token that it asks about.
//!
//! A [`Front`](front::Front) speaks TLS before a [`Double`](double::Double): what the double heard is
//! what got through.

mod certificates;
mod client_cert;
#[path = "../double/mod.rs"]
mod double;
mod front;
mod netrc;
mod process;
mod proxy;
mod stage;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../cli/support.rs"]
mod support;
mod tls;
mod tunnel;
