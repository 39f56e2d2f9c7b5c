//! Real contexts: `data/contexts.txt` says line by line what must be found and what must not.
//!
//! Its tokens are slots, minted here, so that the repository holds nothing shaped like one.

use squelch::detect::Detector;
use squelch::finding::Severity;
use squelch::leak::{Candidate, Confidence};
use squelch::rule::Rules;
use squelch::rule::mint::Mint;
use squelch::rule::template::Sample;

/// Each line is tried with several values: one that fails by chance shows up.
const ROUNDS: u64 = 5;

struct Line<'a> {
    number: usize,
    label: &'a str,
    service: &'a str,
    text: String,
}

fn lines(data: &str) -> Vec<Line<'_>> {
    let numbered = data.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let split = numbered.filter(|(_, line)| !line.is_empty()).map(|(at, line)| {
        let mut parts = line.splitn(3, '\t');
        let mut part = || parts.next().expect("label, service and text with tabs between");
        let (label, service) = (part(), part());
        let text = part().replace('⏎', "\n").replace('␛', "\x1b");
        Line { number: at + 1, label, service, text }
    });
    split.collect()
}

/// What is wrong with what was found, if anything.
fn fault(rules: &Rules, line: &Line<'_>, found: &[Candidate]) -> Option<String> {
    let services: Vec<&str> =
        found.iter().map(|it| rules.rules[it.rule].service.id.as_str()).collect();
    let right = services.contains(&line.service);
    let wrong = match line.label {
        "T" => !right,
        "INFO" => !right || found.iter().any(|it| rules.rules[it.rule].severity != Severity::Info),
        "LOW" => !right || found.iter().any(|it| it.confidence > Confidence::Low),
        "P" | "N" => !found.is_empty(),
        other => panic!("line {}: no label {other}", line.number),
    };
    wrong.then(|| format!("{}: {} {services:?}: {}", line.number, line.label, line.text))
}

#[test]
fn every_context_is_judged_as_the_file_says() {
    let rules = Rules::builtin().expect("built-in rules compile");
    let detector = Detector::new(&rules, false);
    let lines = lines(include_str!("data/contexts.txt"));
    assert!(lines.len() > 150, "only {} lines", lines.len());
    let mut faults = Vec::new();
    for seed in 0..ROUNDS {
        let mut mint = Mint::new(seed);
        for line in &lines {
            let sample =
                Sample::parse(&line.text).unwrap_or_else(|why| panic!("{}: {why}", line.number));
            let text = sample.render(b"", &mut mint);
            faults.extend(fault(&rules, line, &detector.search(&text).candidates));
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
