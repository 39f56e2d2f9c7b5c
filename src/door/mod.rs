//! The one door to the network: whom a request may go to, how fast, and what came back.
//!
//! ```text
//! an address that a rule or the user named ─▶ permit ─▶ talk (pace, retries) ─▶ transport ─▶ reply
//! ```

pub(crate) mod pace;
pub mod permit;
mod proxy;
mod reply;
mod strict;
pub(crate) mod talk;
pub mod tls;
pub mod transport;
