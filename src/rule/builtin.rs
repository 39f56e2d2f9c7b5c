//! The rule files that come with squelch, as `build.rs` found them in `rules/`.

/// Service id and text of each, in the order of their names.
pub(super) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));
