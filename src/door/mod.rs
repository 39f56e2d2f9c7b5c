//! The one door to the network: whom a request may go to, how fast, and what came back.
//!
//! ```text
//! an address that a rule or the user named ─▶ permit ─▶ talk (pace, retries) ─▶ transport ─▶ reply
//!                  a place that such a server sends to ─▶ pickup (once) ─▶ transport ─▶ stream
//! ```

mod limits;
pub(crate) mod pace;
pub mod permit;
pub(crate) mod pickup;
mod proxy;
mod reply;
mod stream;
mod strict;
pub(crate) mod talk;
pub mod tls;
pub mod transport;
