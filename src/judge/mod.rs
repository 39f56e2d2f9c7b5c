//! What looks like a token and is none: each dismissal with its reason in words.

mod key;
mod path;
mod placeholder;
mod syntax;

pub use key::key;
pub use path::{PathJudgement, by_path, documented};
pub use placeholder::{is_filler, value};
pub use syntax::{line, linked};
