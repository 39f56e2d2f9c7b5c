//! The beginning of the page: a policy under which a browser loads nothing and runs nothing, and
//! the one style sheet.

use std::io::{self, Write};

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::text::Text;

const STYLE: &str = include_str!("style.css");

/// Writes all that comes before the page's content.
pub(super) fn write(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="squelch {}">
<title>{}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#findings">To the findings</a>"##,
        policy(),
        env!("CARGO_PKG_VERSION"),
        Text(title)
    )
}

/// No script, no request, no form: only the style sheet with this digest.
fn policy() -> String {
    let digest = BASE64.encode(&Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; \
         form-action 'none'"
    )
}
