//! The form for whoever revokes: token by token what to do in which order, or what came of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::human::ink::{Ink, paint};
use super::human::text::{count, shown_line, write_prose};
use super::human::{Lives, facts, severity_word, used, write_facts};
use super::usage::kept;
use super::{Content, Style};
use crate::finding::Finding;
use crate::identity::About;
use crate::remedy::Way;
use crate::revocation::Outcome;
use crate::shell::{Shell, variables};

/// How wide a step is indented.
const INDENT: &str = "     ";
/// So much of a fingerprint tells a token from the others of a report.
const SHORT: usize = 8;

/// Writes the plan of every token, or what came of it, and for which shell commands are.
pub fn write_plan(
    report: &dyn Content,
    shell: Shell,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let tokens = report.head().findings;
    if tokens == 0 {
        return writeln!(out, "No tokens.");
    }
    let (mut lives, mut outcomes) = (Lives::default(), BTreeMap::new());
    for finding in report.findings() {
        let finding = &*finding?;
        lives.add(finding);
        if let Some(revocation) = &finding.revocation {
            *outcomes.entry(revocation.outcome).or_default() += 1;
        }
        write_title(finding, style, out)?;
        if !is_over(finding) {
            Plan { finding, shell, style }.write(out)?;
        }
        writeln!(out)?;
    }
    let tokens = count(tokens as u64, "token");
    let closing = format!("{tokens}{}.", words(&outcomes).unwrap_or_else(|| lives.words()));
    writeln!(out, "{}", paint(style, Ink::Strong, &closing))
}

/// Whether nothing is left to do but to put a new token where the old one was used.
fn is_over(finding: &Finding) -> bool {
    let over = |outcome| matches!(outcome, Outcome::Revoked | Outcome::Dead);
    finding.revocation.as_ref().is_some_and(|it| over(it.outcome))
}

/// How many were revoked, and what came of the others.
fn words(outcomes: &BTreeMap<Outcome, u64>) -> Option<String> {
    let said = outcomes.iter().map(|(outcome, number)| format!("{number} {outcome}"));
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| format!(": {}", said.join("; ")))
}

fn write_title(finding: &Finding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let word = paint(style, Ink::of(finding.severity), severity_word(finding.severity));
    let title = shown_line(&format!("{} {}", finding.rule.name, finding.redacted), style);
    writeln!(out, "{word}: {}", paint(style, Ink::Strong, &title))?;
    let mut places = count(finding.places.len() as u64, "place");
    if let Some(first) = finding.places.first() {
        let at = format!("{}:{}", first.origin.full_path(), first.position.line);
        places = format!("{places}, the first {at}");
    }
    let mut all = facts(finding);
    all.push(("seen in".to_owned(), places));
    all.push(("fingerprint".to_owned(), finding.fingerprint.to_string()));
    write_facts(&all, 4, style, out)
}

/// The steps for one token.
struct Plan<'a> {
    finding: &'a Finding,
    shell: Shell,
    style: &'a Style,
}

impl Plan<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let remedy = &self.finding.remedy;
        let mut number = 0;
        let mut head = |text: &str, out: &mut dyn Write| {
            number += 1;
            writeln!(out, "\n  {number}. {}", paint(self.style, Ink::Strong, text))
        };
        if !remedy.replace.is_empty() {
            head("Get a new one", out)?;
            self.sentences(&remedy.replace, out)?;
        }
        head("Put it where the old one is used", out)?;
        self.usages(out)?;
        head("Revoke the old one", out)?;
        self.revoke(out)?;
        if !remedy.prove.is_empty() {
            head("Prove it", out)?;
            self.command(&remedy.prove, out)?;
            if let Some(proof) = &remedy.proved_by {
                let label = format!("{INDENT}Once it is dead, this prints: ");
                write_prose(&label, proof, self.style, out)?;
            }
        }
        Ok(())
    }

    /// Where it is used, as far as anybody said.
    fn usages(&self, out: &mut dyn Write) -> io::Result<()> {
        let stored: Vec<String> = self
            .finding
            .identity
            .all(About::StoredIn)
            .map(|known| format!("{} ({})", known.value, known.sure))
            .collect();
        let usages = &self.finding.usages;
        if !usages.is_empty() {
            let jobs = count(usages.len() as u64, "place");
            let text =
                format!("{jobs} may use it by name: give each the new one before you revoke.");
            self.sentences(&[text], out)?;
        }
        for usage in usages {
            let name = kept(usage.scope, &usage.name, usage.within.as_deref());
            let text = format!("{name}: {}", used(usage));
            write_prose(&format!("{INDENT}* "), &text, self.style, out)?;
        }
        if stored.is_empty() && usages.is_empty() {
            let unknown = "Where that is, is not known here: name the repositories that may use it (--usage DIR).";
            return self.sentences(&[unknown.to_owned()], out);
        }
        stored
            .iter()
            .try_for_each(|text| write_prose(&format!("{INDENT}* "), text, self.style, out))
    }

    fn revoke(&self, out: &mut dyn Write) -> io::Result<()> {
        let remedy = &self.finding.remedy;
        self.sentences(&remedy.steps, out)?;
        if let Some(page) = &remedy.page {
            let page = paint(self.style, Ink::Command, &shown_line(page, self.style));
            writeln!(out, "{INDENT}Page: {page}")?;
        }
        for Way { who, command } in &remedy.ways {
            writeln!(out, "{INDENT}{}:", capital(&who.to_string()))?;
            self.command(command, out)?;
        }
        if remedy.ways.is_empty() && !remedy.command.is_empty() {
            self.command(&remedy.command, out)?;
        }
        if let Some(message) = &remedy.message {
            writeln!(out, "{INDENT}Write to its owner:")?;
            for line in message.lines() {
                write_prose(&format!("{INDENT}    "), line, self.style, out)?;
            }
        }
        if !remedy.levers.is_empty() {
            writeln!(out, "{INDENT}As long as its owner does not:")?;
            self.sentences(&remedy.levers, out)?;
        }
        if !remedy.scripts.is_empty() {
            writeln!(out, "{INDENT}Programs for the server's console, which only print at first:")?;
        }
        for script in &remedy.scripts {
            let label = format!("{INDENT}    --script {}: ", script.id);
            write_prose(&label, &script.title, self.style, out)?;
        }
        if self.finding.rule.revoke.request.is_some() {
            let fingerprint = self.finding.fingerprint.to_string();
            let flags = format!("--yes --fingerprint {}", &fingerprint[..SHORT]);
            let label = format!("{INDENT}Or let squelch do it and prove it: ");
            writeln!(out, "{label}{}", paint(self.style, Ink::Command, &flags))?;
        }
        Ok(())
    }

    fn sentences(&self, all: &[String], out: &mut dyn Write) -> io::Result<()> {
        let first = if all.len() > 1 { format!("{INDENT}* ") } else { INDENT.to_owned() };
        all.iter().try_for_each(|text| write_prose(&first, text, self.style, out))
    }

    /// A command, and before it how its variables get their values.
    fn command(&self, words: &[String], out: &mut dyn Write) -> io::Result<()> {
        let mut lines: Vec<String> = secrets(words).map(|name| self.shell.ask_for(name)).collect();
        lines.push(self.shell.line(words));
        for line in lines {
            let line = paint(self.style, Ink::Command, &shown_line(&line, self.style));
            writeln!(out, "{INDENT}    {line}")?;
        }
        Ok(())
    }
}

/// The variables of a command that hold a credential: addresses and names are typed as they are.
pub(super) fn secrets(words: &[String]) -> impl Iterator<Item = &str> {
    variables(words).into_iter().filter(|name| name.ends_with("_TOKEN"))
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
