//! `package.json`: its scripts.

use serde_json::Value;

use super::command;
use super::event::Sink;
use super::reference::Syntax;

pub(super) const NAME: &str = "npm";

/// Reads the scripts. An error is a file that is no JSON.
pub(super) fn read(sink: &mut Sink<'_>, text: &str) -> Result<(), String> {
    let parsed: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for (name, script) in parsed["scripts"].as_object().into_iter().flatten() {
        let Some(script) = script.as_str() else { continue };
        let line = line_of(text, name);
        command::read(sink, &[format!("npm run {name}")], line, script, Syntax::Dollar);
    }
    Ok(())
}

/// Where a script stands: JSON's own reader knows no lines.
fn line_of(text: &str, name: &str) -> u64 {
    let scripts = text.find("\"scripts\"").unwrap_or(0);
    let key = format!("\"{name}\"");
    let at = text[scripts..].find(&key).map_or(scripts, |at| scripts + at);
    1 + text[..at].matches('\n').count() as u64
}
