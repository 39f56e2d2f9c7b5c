//! A list that somebody wrote: variables with the last characters of their values.

use anyhow::bail;

use super::mask::{is_ending, unmask};
use super::{Ledger, Masked, Read, file};

/// The most last characters that a line may have. CI systems show four; what is longer may be a
/// whole secret that has no business in a list.
const MOST: usize = 8;

/// Reads a list.
pub(super) fn read(what: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    let text = file::named(what)?;
    let mut masked = Vec::new();
    let mut hidden = 0;
    for (number, line) in file::lines(&text) {
        let Some((variable, ending)) = parse(line) else {
            // The line itself may be a token.
            bail!(
                "{what}, line {number}: neither NAME=xxxx67b8, NAME ****67b8, NAME: …67b8 nor 67b8, with \
                 at most {MOST} last characters"
            );
        };
        if ending.is_empty() {
            hidden += 1;
            continue;
        }
        masked.push(Masked {
            ending: ending.to_owned(),
            variable: variable.to_owned(),
            place: format!("line {number} of {}", file::short(what)),
            source: what.to_owned(),
            url: None,
            updated: None,
        });
    }
    let note = format!("variables that show no character of their values: {hidden}");
    ledger.read.push(Read {
        source: format!("last characters of {what}"),
        entries: masked.len(),
        notes: (hidden > 0).then_some(note).into_iter().collect(),
    });
    ledger.masked.extend(masked);
    Ok(())
}

/// The variable, if it is named, and the last characters of its value, none if they are hidden.
fn parse(line: &str) -> Option<(&str, &str)> {
    let (name, shown) = match line.split_once(|c: char| matches!(c, '=' | ':') || c.is_whitespace())
    {
        Some((name, shown)) => (name, shown.trim_start_matches([' ', '\t', '=', ':'])),
        None => ("", line),
    };
    let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let ending = unmask(shown).unwrap_or(shown);
    let hidden = ending.is_empty() && !shown.is_empty();
    let fits = hidden || is_ending(ending, MOST);
    (fits && name.chars().all(good)).then_some((name, ending))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::fixture::mint;
    use crate::trace::{SourceKind, read_text};

    fn ledger(text: &str) -> anyhow::Result<Ledger> {
        read_text(SourceKind::Endings, "endings.txt", text)
    }

    #[test]
    fn a_line_is_a_name_and_an_ending() {
        let text =
            "# of 2024\nA=xxxx67b8\n\nB ****67b8\r\nC: …67b8\n  67b8  \nD\t=\txxxx\nE = b8\n";
        let ledger = ledger(text).expect("a list");
        let all: Vec<_> =
            ledger.masked.iter().map(|it| (&it.variable[..], &it.ending[..])).collect();
        assert_eq!(all, [("A", "67b8"), ("B", "67b8"), ("C", "67b8"), ("", "67b8"), ("E", "b8")]);
        assert_eq!(ledger.masked[3].place, "line 6 of endings.txt");
        assert_eq!((ledger.read[0].entries, ledger.read[0].notes.len()), (5, 1));
        let known = ledger.by_ending(|ending| ending == "67b8", &[]);
        assert_eq!(known.len(), 4);
    }

    #[test]
    fn any_other_line_is_refused_by_its_number_and_not_repeated() {
        let token = mint("squ_", 1);
        for line in [format!("A={token}"), token, "A=".to_owned(), "a b c".to_owned()] {
            let error = ledger(&format!("A=xxxx67b8\n{line}\n")).expect_err("no list").to_string();
            assert!(error.contains("line 2") && !error.contains(&line), "{error}");
        }
    }
}
