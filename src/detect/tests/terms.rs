//! What need not be read again after a rule changed, against reading it.

use std::collections::BTreeSet;

use super::*;
use crate::rule::RuleFile;
use crate::rule::mint::Size;
use crate::terms::TermSet;

const NAMES: [&str; 3] = ["alpha", "bravo", "charlie"];

/// Rules of another scanner, of which each finds its word and digits. The one of `changed` wants
/// more of them than there are.
fn foreign(changed: Option<usize>) -> String {
    let rule = |at: usize| {
        let digits = if changed == Some(at) { 40 } else { 9 };
        let name = NAMES[at];
        format!(
            "[[rules]]\nid = \"{name}\"\nregex = '''{name}([0-9]{{{digits}}})'''\nkeywords = [\"{name}\"]\n"
        )
    };
    (0..3).map(rule).collect()
}

/// The files of the rules that come with squelch.
fn files() -> Vec<(String, toml::Table)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("rules")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|it| it == "toml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("read");
            let id = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (id, text.parse().expect("TOML"))
        })
        .collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

/// Those rules, and the ones of another scanner.
fn compiled(files: &[(String, toml::Table)], foreign: &str) -> Option<Rules> {
    let texts: Vec<String> =
        files.iter().map(|(_, table)| toml::to_string(table).expect("TOML")).collect();
    let named = files.iter().zip(&texts);
    let own: Vec<RuleFile<'_>> =
        named.map(|((id, _), text)| RuleFile { path: id, id, text }).collect();
    let mut rules = Rules::compile(&own).ok()?;
    let theirs = RuleFile { path: "team.toml", id: "team", text: foreign };
    let with = Rules::with_all(&[theirs], &|_| unreachable!("it extends nothing")).ok()?;
    rules.rules.extend(with.rules.iter().filter(|rule| rule.foreign.is_some()).cloned());
    Some(rules)
}

/// Changes a rule, so that it finds nothing any more: its tokens end in what none does.
fn end(token: &mut toml::Value) {
    let token = token.as_table_mut().expect("a token");
    let pattern = format!("{}QZQZ", token["pattern"].as_str().expect("a pattern"));
    token.insert("pattern".to_owned(), pattern.into());
}

/// Changes some rules in that way. Returns which.
fn narrow(files: &mut [(String, toml::Table)], mint: &mut Mint, count: usize) -> Vec<String> {
    let one = |_| {
        let (_, file) = &mut files[mint.below(files.len())];
        let tokens = file["token"].as_array_mut().expect("tokens");
        let at = mint.below(tokens.len());
        end(&mut tokens[at]);
        tokens[at]["id"].as_str().expect("an id").to_owned()
    };
    (0..count).map(one).collect()
}

/// A text of a few lines, in some of which something stands that a rule finds, as it is or hidden. Most
/// are rules of these.
fn text(rules: &Rules, mint: &mut Mint, ids: &[String]) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..=mint.below(3) {
        let any = ids.is_empty() || mint.below(4) == 0;
        let rule = if any {
            &rules.rules[mint.below(rules.rules.len())]
        } else {
            rules.get(&ids[mint.below(ids.len())]).expect("a rule")
        };
        let token = if rule.foreign.is_some() {
            let digits = mint.random(b"0123456789", 9);
            [rule.name.as_bytes(), &digits].concat()
        } else {
            rule.mint(mint, Size::Any, |_| true)
        };
        let key = ["", "SONAR_TOKEN=", "  token: ", "x = ", "-u ada:", "sonar.login="];
        let key = key[mint.below(key.len())].as_bytes();
        let line = [key, &token].concat();
        match mint.below(14) {
            0 => text.extend(base64(&String::from_utf8_lossy(&line)).bytes()),
            1 => text.extend(hex(&line).bytes()),
            2 => text.extend(line.iter().flat_map(|byte| format!("%{byte:02x}").into_bytes())),
            3 => text.extend(line.iter().flat_map(|byte| [*byte, 0])),
            4 => {
                // In what the token begins with, or anywhere.
                let head = key.len() + 1 + mint.below(3);
                let cut = [head, mint.below(line.len())][mint.below(2)];
                text.extend([&line[..cut], b"\n", &line[cut..]].concat());
            }
            5 => {
                let cut = mint.below(line.len());
                text.extend([&line[..cut], b"\x1b[1m", &line[cut..]].concat());
            }
            6 => text.extend([&line[..line.len() / 2], b"\\n", &line[line.len() / 2..]].concat()),
            7 => text.extend(mint.random(b"abc def-ghi.\n", 90)),
            _ => text.extend(&line),
        }
        text.push(b'\n');
    }
    text
}

/// Of what was quiet, nothing is passed over in which the changed rules find something; and what is
/// passed over has the terms that a search of now sees in it.
#[test]
fn what_is_passed_over_holds_nothing() {
    let files = files();
    let rules = compiled(&files, &foreign(None)).expect("they compile");
    let now = Detector::new(&rules, false);
    let (mut mint, mut passed, mut again, mut found) = (Mint::new(23), 0, 0, 0);
    let mut rounds = 0;
    while rounds < 10 {
        let mut narrowed = files.clone();
        let count = 1 + mint.below(40);
        let mut ids = narrow(&mut narrowed, &mut mint, count);
        let theirs = (mint.below(2) == 0).then(|| mint.below(3));
        ids.extend(theirs.map(|at| format!("team-{}", NAMES[at])));
        let theirs = foreign(theirs);
        // Some shapes cannot have such an end.
        let Some(before) = compiled(&narrowed, &theirs) else { continue };
        rounds += 1;
        let before = Detector::new(&before, false);
        let change = now.terms().since(&before.terms()).expect("all is known by its terms");
        for _ in 0..150 {
            let text = text(&rules, &mut mint, &ids);
            let (first, marks) = before.search_delta(&text, None);
            if !first.candidates.is_empty() || first.capped || first.deeper {
                continue;
            }
            let (second, of_now) = now.search_delta(&text, None);
            let shown = || String::from_utf8_lossy(&text).into_owned();
            match change.carry(marks.terms()) {
                Some(terms) => {
                    assert!(second.candidates.is_empty() && !second.deeper, "{}", shown());
                    assert_eq!(terms, of_now.terms(), "{}", shown());
                    passed += 1;
                }
                None => again += 1,
            }
            found += usize::from(!second.candidates.is_empty());
        }
    }
    assert!(passed > 50 && found > 50 && again >= found, "{passed} {again} {found}");
}

/// A word that a line break cuts is put together only where it is a token then, as the rules have it,
/// and what it begins with stands nowhere in the text.
#[test]
fn a_torn_token_is_read_again() {
    let mut narrowed = files();
    let tokens = narrowed.iter_mut().filter_map(|(_, file)| file["token"].as_array_mut());
    let is_it = |token: &&mut toml::Value| token["id"].as_str() == Some("sonarqube-user-token");
    end(tokens.flatten().find(is_it).expect("a rule"));
    let before = Detector::new(&compiled(&narrowed, &foreign(None)).expect("they compile"), false);
    let mut samples = Samples::new(43);
    for cut in 1..4 {
        let token = samples.user();
        let text = format!("echo {}\n{} done\n", &token[..cut], &token[cut..]);
        assert_eq!(samples.search(text.as_bytes()).candidates.len(), 1, "{cut}");
        let (found, marks) = before.search_delta(text.as_bytes(), None);
        assert!(found.candidates.is_empty() && marks.terms().meets(TermSet::HIDDEN), "{cut}");
    }
}

/// A column of ids is one as long as all of its values are of rules that take them: when one of these
/// changes, the rest may be few enough to be tokens.
#[test]
fn what_was_let_go_is_read_again() {
    let mut samples = Samples::new(41);
    let ids: Vec<String> = (0..30).map(|_| format!("sonar.login={}\n", samples.hex(40))).collect();
    let (found, marks) = samples.detector.search_delta(ids.concat().as_bytes(), None);
    assert!(found.candidates.is_empty() && marks.terms().meets(TermSet::HIDDEN));
    let (_, marks) =
        samples.detector.search_delta(ids.concat().replace("sonar", "x").as_bytes(), None);
    assert_eq!(marks.terms(), TermSet::RUN);
}

/// Rules that are gone, in any number, leave what was quiet quiet where nothing was hidden in it.
#[test]
fn without_a_rule_nothing_more_is_found() {
    let files = files();
    let all = compiled(&files, &foreign(None)).expect("they compile");
    let before = Detector::new(&all, false);
    let (mut mint, mut passed) = (Mint::new(29), 0);
    for _ in 0..4 {
        let gone: BTreeSet<usize> = (0..20).map(|_| mint.below(files.len())).collect();
        let left: Vec<_> = (0..files.len()).filter(|at| !gone.contains(at)).collect();
        let left: Vec<_> = left.into_iter().map(|at| files[at].clone()).collect();
        let now = Detector::new(&compiled(&left, &foreign(None)).expect("they compile"), false);
        let change = now.terms().since(&before.terms()).expect("nothing is new");
        assert_eq!(change.carry(TermSet::default()), Some(TermSet::default()));
        for _ in 0..100 {
            let text = text(&all, &mut mint, &[]);
            let (first, marks) = before.search_delta(&text, None);
            let quiet = first.candidates.is_empty() && !first.capped && !first.deeper;
            let Some(terms) = change.carry(marks.terms()).filter(|_| quiet) else { continue };
            let (second, of_now) = now.search_delta(&text, None);
            assert!(second.candidates.is_empty(), "{}", String::from_utf8_lossy(&text));
            assert_eq!(terms, of_now.terms(), "{}", String::from_utf8_lossy(&text));
            passed += 1;
        }
    }
    assert!(passed > 50, "{passed}");
}
