//! What the commands do, apart from the parsing of their arguments.

pub mod rules;
