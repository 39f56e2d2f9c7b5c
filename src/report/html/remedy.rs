//! What to do about a token, in the order in which it is done, with commands to copy.

use std::io::{self, Write};

use super::text::{Text, write_address, write_lines};
use crate::remedy::Remedy;
use crate::report::plan::secrets;
use crate::shell::Shell;

pub(super) fn write(remedy: &Remedy, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h5>What to do</h5>")?;
    let steps = remedy.replace.iter().chain(&remedy.steps);
    write_list("ol", steps, out)?;
    if let Some(page) = &remedy.page {
        write!(out, r#"<p class="page">Page: "#)?;
        write_address(page, out)?;
        writeln!(out, "</p>")?;
    }
    for way in &remedy.ways {
        write_command(&format!("Revoke it {}", way.who), &way.command, out)?;
    }
    if remedy.ways.is_empty() {
        write_command("Revoke it", &remedy.command, out)?;
    }
    write_command("Prove it", &remedy.prove, out)?;
    if let Some(proof) = &remedy.proved_by {
        writeln!(out, "<p>Once it is dead, this prints <code>{}</code></p>", Text(proof))?;
    }
    if let Some(message) = &remedy.message {
        write!(out, r#"<h6>What to write to its owner</h6><pre class="copy"><code>"#)?;
        write_lines(message, out)?;
        writeln!(out, "</code></pre>")?;
    }
    if !remedy.levers.is_empty() {
        writeln!(out, "<h6>As long as its owner does not</h6>")?;
        write_list("ul", remedy.levers.iter(), out)?;
    }
    for script in &remedy.scripts {
        write!(
            out,
            r#"<details class="more"><summary>For the server's console: {}</summary><pre class="copy"><code>"#,
            Text(&script.title)
        )?;
        write_lines(&script.text, out)?;
        writeln!(out, "</code></pre></details>")?;
    }
    Ok(())
}

fn write_list<'a>(
    kind: &str,
    texts: impl Iterator<Item = &'a String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, r#"<{kind} class="steps">"#)?;
    for text in texts {
        writeln!(out, "<li>{}</li>", Text(text))?;
    }
    writeln!(out, "</{kind}>")
}

/// A command, and before it how its variables get their values.
fn write_command(label: &str, words: &[String], out: &mut dyn Write) -> io::Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    write!(out, r#"<h6>{}</h6><pre class="copy"><code>"#, Text(label))?;
    for variable in secrets(words) {
        writeln!(out, "{}", Text(&Shell::Bash.ask_for(variable)))?;
    }
    writeln!(out, "{}</code></pre>", Text(&Shell::Bash.line(words)))
}
