//! The rule catalogue, with the recipe to revoke as its help, and the CWE taxonomy.

use super::model::{
    ComponentReference, Configuration, Descriptor, Message, Relationship, RuleProperties, Taxon,
    TaxonReference, Taxonomy, Text,
};
use crate::finding::Severity;
use crate::remedy::{Remedy, Way};
use crate::report::escape::{markdown, markdown_code, markdown_fence, shown};
use crate::rule::Rule;
use crate::shell::Shell;

/// GitHub shows this many characters of a description.
const DESCRIPTION: usize = 1024;

pub(super) fn descriptor(rule: &Rule) -> Descriptor<'_> {
    let short = format!("A {} is stored in plain text.", rule.name);
    Descriptor {
        id: &rule.id,
        name: pascal_case(&rule.id),
        short_description: Message::plain(limited(&short, DESCRIPTION)),
        full_description: Message::plain(limited(&rule.why, DESCRIPTION)),
        help_uri: rule.service.documents.first().map(String::as_str),
        help: Message { text: help_text(rule), markdown: Some(help_markdown(rule)) },
        default_configuration: Configuration { level: level(rule.severity) },
        relationships: [Relationship { target: hard_coded(), kinds: ["superset"] }],
        properties: RuleProperties {
            tags: tags(rule),
            precision: if rule.bare { "medium" } else { "very-high" },
            security_severity: format!("{:.1}", score(rule.severity)),
        },
    }
}

/// Ten at most: GitHub and GitLab show no more. GitLab knows a secret by the plain `CWE-798`.
fn tags(rule: &Rule) -> Vec<String> {
    let fixed = ["security", "secret", "CWE-798", "external/cwe/cwe-798"];
    let own = [rule.service.id.as_str(), rule.kind.as_str()];
    fixed.into_iter().chain(own).map(str::to_owned).collect()
}

/// `sonarqube-user-token` as `SonarqubeUserToken`.
pub(super) fn pascal_case(id: &str) -> String {
    id.split(|c: char| !c.is_ascii_alphanumeric()).map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// On CVSS's scale, whose bands GitHub and GitLab name as we do.
pub(super) fn score(severity: Severity) -> f64 {
    match severity {
        Severity::Critical => 9.5,
        Severity::High => 8.0,
        Severity::Medium => 5.5,
        Severity::Low => 3.0,
        Severity::Info => 0.1,
    }
}

fn help_text(rule: &Rule) -> String {
    let Remedy { page, command, prove, proved_by, .. } = &rule.remedy;
    let mut parts = vec![format!("{}\n\nWhat to do:\n", rule.why)];
    let steps = rule.remedy.replace.iter().chain(&rule.remedy.steps);
    parts.extend(steps.zip(1..).map(|(step, number)| format!("{number}. {step}\n")));
    parts.extend(page.as_ref().map(|page| format!("Page: {page}\n")));
    if !command.is_empty() {
        parts.push(format!("Revoke it: {}\n", Shell::Bash.line(command)));
    }
    if !prove.is_empty() {
        parts.push(format!("Prove it: {}\n", Shell::Bash.line(prove)));
    }
    parts
        .extend(proved_by.as_ref().map(|proof| format!("Once it is dead, this prints: {proof}\n")));
    parts.concat()
}

fn help_markdown(rule: &Rule) -> String {
    let mut parts = vec![format!("{}\n\n", markdown(&rule.why)), remedy_markdown(&rule.remedy)];
    let documents = &rule.service.documents;
    if !documents.is_empty() {
        parts.push("\n### Documents of the vendor\n\n".to_owned());
        parts.extend(documents.iter().map(|url| format!("* <{}>\n", shown(url, true))));
    }
    parts.concat()
}

/// The recipe: steps, page, commands, proof, and what to write to whom. Companions may stand in it,
/// so all of it is text.
pub(super) fn remedy_markdown(remedy: &Remedy) -> String {
    let Remedy { page, steps, command, prove, proved_by, replace, ways, message, levers, .. } =
        remedy;
    let mut parts = vec!["### What to do\n\n".to_owned()];
    let numbered = replace.iter().chain(steps).zip(1..);
    parts.extend(numbered.map(|(step, number)| format!("{number}. {}\n", markdown(step))));
    parts.extend(page.as_ref().map(|page| format!("\nPage: {}\n", markdown(page))));
    if ways.is_empty() && !command.is_empty() {
        parts.push(fenced("Revoke it:", command));
    }
    let way = |way: &Way| fenced(&format!("Revoke it {}:", way.who), &way.command);
    parts.extend(ways.iter().map(way));
    if !prove.is_empty() {
        parts.push(fenced("Prove it:", prove));
    }
    let proof = proved_by.as_ref();
    parts.extend(
        proof.map(|proof| format!("\nOnce it is dead, this prints: {}\n", markdown_code(proof))),
    );
    let message = message.as_ref();
    parts.extend(
        message.map(|text| format!("\nWrite to its owner:\n\n{}", markdown_fence("text", text))),
    );
    if !levers.is_empty() {
        parts.push("\nAs long as its owner does not:\n\n".to_owned());
        parts.extend(levers.iter().map(|lever| format!("* {}\n", markdown(lever))));
    }
    parts.concat()
}

fn fenced(label: &str, words: &[String]) -> String {
    format!("\n{label}\n\n{}", markdown_fence("sh", &Shell::Bash.line(words)))
}

/// The first `most` characters.
pub(super) fn limited(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most - 1).collect();
    cut.push('…');
    cut
}

pub(super) fn cwe() -> ComponentReference {
    ComponentReference { name: "CWE", index: 0 }
}

/// CWE-798. `DefectDojo` looks for `cwe-` and the number in the id.
pub(super) fn hard_coded() -> TaxonReference {
    TaxonReference { id: "CWE-798".into(), index: 0, tool_component: cwe() }
}

pub(super) fn taxonomy() -> Taxonomy {
    taxonomy_of(vec![
        Taxon {
            id: "CWE-798".into(),
            name: "UseOfHardCodedCredentials",
            short_description: Text { text: "Use of Hard-coded Credentials." },
            help_uri: "https://cwe.mitre.org/data/definitions/798.html".into(),
        },
        Taxon {
            id: "CWE-532".into(),
            name: "InsertionOfSensitiveInformationIntoLogFile",
            short_description: Text { text: "Insertion of Sensitive Information into Log File." },
            help_uri: "https://cwe.mitre.org/data/definitions/532.html".into(),
        },
    ])
}

/// MITRE's list, with the weaknesses that a run names.
pub(super) fn taxonomy_of(taxa: Vec<Taxon>) -> Taxonomy {
    Taxonomy {
        name: "CWE",
        version: "4.17",
        organization: "MITRE",
        information_uri: "https://cwe.mitre.org/",
        short_description: Text { text: "The MITRE Common Weakness Enumeration." },
        is_comprehensive: false,
        taxa,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pascal_case() {
        assert_eq!(pascal_case("sonarqube-user-token"), "SonarqubeUserToken");
        assert_eq!(pascal_case("circleci-v2.token"), "CircleciV2Token");
    }

    #[test]
    fn limits_count_characters() {
        assert_eq!(limited("äöü", 3), "äöü");
        assert_eq!(limited("äöüß", 3), "äö…");
    }
}
