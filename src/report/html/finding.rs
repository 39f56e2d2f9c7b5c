//! One token, in full.

use std::io::{self, Write};

use super::findings::Told;
use super::places;
use super::remedy;
use super::text::{Text, write_address};
use super::timeline::is_there;
use super::words::{capital, count, first_place, severity_word, state_class, state_word};
use crate::finding::Finding;
use crate::identity::{Contender, Known};
use crate::leak::Confidence;
use crate::origin::Removed;
use crate::report::human::{day, used};
use crate::report::paths::short;

/// Values of one kind, and places of use, that are listed.
const LISTED: usize = 12;

pub(super) fn write(
    number: usize,
    finding: &Finding,
    told: &mut Told,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_summary(number, finding, out)?;
    writeln!(out, r#"<div class="body" id="t{number}">"#)?;
    writeln!(out, r#"<p class="why">{}</p>"#, Text(&finding.rule.why))?;
    write_facts(finding, out)?;
    write_identity(finding, out)?;
    match told.get(&finding.rule.id) {
        Some((remedy, same)) if *remedy == finding.remedy => writeln!(
            out,
            r##"<h5>What to do</h5><p>The same as for <a href="#t{same}">number {same}</a>.</p>"##
        )?,
        _ => {
            told.insert(finding.rule.id.clone(), (finding.remedy.clone(), number));
            remedy::write(&finding.remedy, out)?;
        }
    }
    places::write(finding, out)?;
    write_usages(finding, out)?;
    writeln!(out, "</div></details>")
}

/// The line that is there as long as the rest is not opened.
fn write_summary(number: usize, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (state, severity) = (finding.verdict.state, severity_word(finding.severity));
    writeln!(
        out,
        r#"<details class="token {severity}"><summary><span class="number">{number}</span><h4>{} <code>{}</code></h4><b class="badge {}">{}</b>"#,
        Text(&finding.rule.name),
        Text(&finding.redacted),
        state_class(state),
        state_word(state)
    )?;
    let (place, more) = first_place(finding);
    let since = finding.first_seen().map(|day| format!(", since {day}")).unwrap_or_default();
    let gone = || match finding.removed() {
        Some(removed) => format!(", removed from HEAD {}", day(&removed.date)),
        None => ", not in the files of today".to_owned(),
    };
    let there = if is_there(finding) { String::new() } else { gone() };
    writeln!(
        out,
        r#"<span class="where"><code>{}</code>{}{}{}</span></summary>"#,
        Text(&place),
        Text(&more),
        Text(&since),
        Text(&there)
    )
}

fn write_facts(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let verdict = &finding.verdict;
    writeln!(out, r#"<dl class="facts">"#)?;
    write!(out, "<dt>Verdict</dt><dd>{}: {}", state_word(verdict.state), Text(&verdict.why))?;
    if let Some(at) = &verdict.at {
        write!(out, " <span class=\"quiet\">({})</span>", Text(at))?;
    }
    writeln!(out, "</dd>")?;
    if let Some(revocation) = &finding.revocation {
        let by = revocation.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        let text = format!("{}{by}: {}", revocation.outcome, revocation.why);
        write_fact("Revoking", &text, out)?;
    }
    if let Some(Removed { commit, date, .. }) = finding.removed() {
        let (day, commit) = (day(date), short(commit));
        let text = format!(
            "from HEAD on {day} by commit {commit}. History has it still, and every clone."
        );
        write_fact("Removed", &text, out)?;
    }
    write!(out, "<dt>Service</dt><dd>{}", Text(&finding.rule.service.name))?;
    for document in &finding.rule.service.documents {
        write!(out, "<br>")?;
        write_address(document, out)?;
    }
    writeln!(out, "</dd>")?;
    for (name, values) in &finding.companions {
        write_fact(&format!("Beside it: {}", name.replace('_', " ")), &values.join(", "), out)?;
    }
    if finding.confidence != Confidence::High {
        let low = "that it is a token is likely, not certain";
        let lower = "it may be something else that looks like one";
        let text = if finding.confidence == Confidence::Medium { low } else { lower };
        write_fact("Confidence", text, out)?;
    }
    let of = if finding.partial.is_some() { "SHA-256 of what is shown" } else { "SHA-256" };
    let own = (of, finding.fingerprint.to_string());
    let digests = finding.digests.iter().map(|(name, digest)| (name.as_str(), digest.clone()));
    for (name, digest) in std::iter::once(own).chain(digests) {
        let (name, digest) = (Text(name), Text(&digest));
        writeln!(out, r#"<dt>{name}</dt><dd><code class="digest">{digest}</code></dd>"#)?;
    }
    finding.notes.iter().try_for_each(|note| write_fact("Note", note, out))?;
    writeln!(out, "</dl>")
}

fn write_fact(name: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<dt>{}</dt><dd>{}</dd>", Text(name), Text(text))
}

/// Whose it is and which one, each answer with how sure it is.
fn write_identity(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let identity = &finding.identity;
    if identity.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        r#"<h5>Whose it is, and which one</h5><table class="identity"><caption class="hidden">Answers</caption><thead><tr><th scope="col">What</th><th scope="col">Answer</th><th scope="col">How that is known</th></tr></thead><tbody>"#
    )?;
    let same = |a: &Known, b: &Known| (a.about, a.sure, &a.how) == (b.about, b.sure, &b.how);
    for group in identity.known.chunk_by(same) {
        let Some(Known { about, sure, how, .. }) = group.first() else { continue };
        write_answer(&capital(&about.to_string()), &values(group), &format!("{sure}: {how}"), out)?;
    }
    for Contender { name, why } in &identity.contenders {
        write_answer("Perhaps", name, why, out)?;
    }
    writeln!(out, "</tbody></table>")
}

fn write_answer(what: &str, value: &str, how: &str, out: &mut dyn Write) -> io::Result<()> {
    let (what, value, how) = (Text(what), Text(value), Text(how));
    writeln!(
        out,
        r#"<tr><th scope="row">{what}</th><td>{value}</td><td class="quiet">{how}</td></tr>"#
    )
}

fn values(group: &[Known]) -> String {
    let listed = group.iter().take(LISTED).map(|known| known.value.as_str());
    let more = group.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    listed.collect::<Vec<_>>().join(", ") + &more
}

fn write_usages(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    if finding.usages.is_empty() {
        return Ok(());
    }
    writeln!(out, r#"<h5>What may break</h5><ul class="uses">"#)?;
    for usage in finding.usages.iter().take(LISTED) {
        writeln!(out, "<li><code>{}</code> {}</li>", Text(&usage.name), Text(&used(usage)))?;
    }
    let more = finding.usages.len().saturating_sub(LISTED) as u64;
    if more > 0 {
        let more = count(more, "more place");
        writeln!(out, r##"<li>and {more}: see <a href="#breaks">what breaks</a></li>"##)?;
    }
    writeln!(out, "</ul>")
}
